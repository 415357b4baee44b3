package dev.javf.bench.ring;

import dev.javf.client.RingConsumer;
import dev.javf.client.RingDirection;
import dev.javf.client.RingLayout;
import dev.javf.client.RingProducer;

import java.lang.foreign.Arena;

/** The rings of a ring port, with the checks of the daemon's side. */
final class JavfRing implements RingContestant {
    private static final int FRAME_BYTES = 1518;
    private static final int LENGTH_BYTES = 64;

    private final RingProducer producer;
    private final RingConsumer consumer;

    JavfRing(final Arena arena) {
        final long base = arena.allocate(RingLayout.lengthBytes(CAPACITY, 1), 4096).address();
        producer = new RingProducer(base, RingDirection.RX, CAPACITY);
        consumer = new RingConsumer(base, RingDirection.RX, CAPACITY);
    }

    @Override
    public String name() {
        return "javf";
    }

    @Override
    public int write(final long first, final int burst) {
        final int room = producer.room(burst);
        for (int i = 0; i < room; i++) {
            producer.put(i, RingLayout.place(producer.slot(i), 0, LENGTH_BYTES), first + i);
        }
        if (room > 0) {
            producer.publish(room);
        }
        return room;
    }

    @Override
    public int read(final long first, final int burst) {
        final int count = consumer.available(burst);
        for (int i = 0; i < count; i++) {
            final long place = consumer.place(i);
            if (RingLayout.buffer(place) != consumer.slot(i)
                    || RingLayout.offsetBytes(place) + RingLayout.lengthBytes(place) > FRAME_BYTES
                    || consumer.kind(i) != first + i) {
                throw new IllegalStateException("a descriptor was lost");
            }
        }
        if (count > 0) {
            consumer.release(count);
        }
        return count;
    }
}
