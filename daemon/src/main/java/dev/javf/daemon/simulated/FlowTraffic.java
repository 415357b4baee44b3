package dev.javf.daemon.simulated;

import dev.javf.packet.Counter;
import dev.javf.packet.Ethernet;
import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketPort;
import dev.javf.packet.PacketVector;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * UDP datagrams of several flows, numbered in each, so that a NIC spreads them over its queues and
 * a sink can tell whether any is missing, double, or out of its flow's order.
 */
public final class FlowTraffic {
    /** How many flows there are. */
    public static final int FLOWS = 64;

    private static final int FRAME_BYTES = 64;
    private static final int IP = Ethernet.HEADER_BYTES;
    private static final int UDP = IP + 20;
    private static final int NUMBER = UDP + 8;
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfInt INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private FlowTraffic() {}

    /**
     * Sends frames and waits until each has come.
     *
     * @param system that carries them.
     * @param source where they begin; what it has sent before has come.
     * @param sink where they end.
     * @param frames how many.
     * @param window how many may be on their way; no ring may be too short for them.
     * @throws IllegalStateException when one is missing or double.
     */
    public static void carry(
            final SimulatedDaemon system,
            final Source source,
            final Sink sink,
            final long frames,
            final int window) {
        final long end = sink.received() + frames;
        system.awaitUntil(
                "frames",
                () -> {
                    source.allowUpTo(Math.min(end, sink.received() + window));
                    return sink.received() >= end;
                });
        if (!sink.isComplete(end)) {
            throw new IllegalStateException(
                    sink.received() + " frames have come of " + end + ", not each of them once");
        }
    }

    /** Sends what it is allowed to. */
    public static final class Source implements PacketPort {
        private final PacketPool pool;
        private final MemorySegment memory;
        private final MacAddress from;
        private final MacAddress to;
        private final int[] next = new int[FLOWS];
        private volatile long allowed;
        private long sent;

        /**
         * A source.
         *
         * @param pool of the poller that it will be at.
         * @param from the address that it sends from.
         * @param to the address that it sends to.
         */
        public Source(final PacketPool pool, final MacAddress from, final MacAddress to) {
            this.pool = pool;
            memory = pool.memory();
            this.from = from;
            this.to = to;
        }

        /**
         * May send until it has sent so many in all. Any thread, one at a time.
         *
         * @param frames since it was made.
         */
        public void allowUpTo(final long frames) {
            allowed = frames;
        }

        @Override
        public String name() {
            return "source";
        }

        @Override
        public int receive(final PacketVector vector) {
            int count = 0;
            while (count < 32 && vector.room() > 0 && sent < allowed) {
                final int buffer = pool.allocate();
                if (buffer == PacketPool.NONE) {
                    break;
                }
                write(pool.dataOffset(buffer), (int) (sent % FLOWS));
                vector.add(buffer, pool.headroomBytes(), FRAME_BYTES, 0, 0, 0);
                sent++;
                count++;
            }
            return count;
        }

        private void write(final long start, final int flow) {
            to.write(memory, start);
            from.write(memory, start + Ethernet.SOURCE_OFFSET);
            memory.set(SHORT, start + Ethernet.TYPE_OFFSET, (short) 0x0800);
            memory.set(SHORT, start + IP, (short) 0x4500);
            memory.set(SHORT, start + IP + 2, (short) (FRAME_BYTES - IP));
            memory.set(INT, start + IP + 4, 0);
            memory.set(SHORT, start + IP + 8, (short) 0x4011);
            memory.set(SHORT, start + IP + 10, (short) 0);
            memory.set(INT, start + IP + 12, 0x0A000001 + flow * 0x10101);
            memory.set(INT, start + IP + 16, 0x0A010001);
            memory.set(SHORT, start + UDP, (short) (1000 + flow));
            memory.set(SHORT, start + UDP + 2, (short) 9);
            memory.set(SHORT, start + UDP + 4, (short) (FRAME_BYTES - UDP));
            memory.set(SHORT, start + UDP + 6, (short) 0);
            memory.set(INT, start + NUMBER, next[flow]++);
        }

        @Override
        public int transmit(final PacketVector vector) {
            final int count = vector.size();
            pool.free(vector);
            return count;
        }

        @Override
        public void close() {
            // Nothing is behind it.
        }
    }

    /** Checks what comes. */
    public static final class Sink implements PacketPort {
        private final PacketPool pool;
        private final MemorySegment memory;
        private final int[] next = new int[FLOWS];
        private final Counter received = new Counter();
        private final Counter misplaced = new Counter();
        private long sum;

        /**
         * A sink.
         *
         * @param pool of the poller that it will be at.
         */
        public Sink(final PacketPool pool) {
            this.pool = pool;
            memory = pool.memory();
        }

        /** Frames that have come. Any thread. */
        public long received() {
            return received.value();
        }

        /** Frames that were not the next of their flow. Any thread. */
        public long misplaced() {
            return misplaced.value();
        }

        /**
         * Whether each of so many frames, and no other, has come, in whatever order.
         *
         * @param frames that were sent.
         */
        public boolean isComplete(final long frames) {
            long expected = 0;
            for (int flow = 0; flow < FLOWS; flow++) {
                final long count = (frames - flow + FLOWS - 1) / FLOWS;
                expected += count * (count - 1) / 2;
            }
            return received.value() == frames && sum == expected;
        }

        @Override
        public String name() {
            return "sink";
        }

        @Override
        public int receive(final PacketVector vector) {
            return 0;
        }

        @Override
        public int transmit(final PacketVector vector) {
            final int count = vector.size();
            for (int i = 0; i < count; i++) {
                final long start = pool.bufferOffset(vector.buffer(i)) + vector.offsetBytes(i);
                final int flow = memory.get(SHORT, start + UDP) - 1000;
                final int number = memory.get(INT, start + NUMBER);
                if (number != next[flow]) {
                    misplaced.increment();
                }
                next[flow] = number + 1;
                sum += number;
            }
            pool.free(vector);
            received.add(count);
            return count;
        }

        @Override
        public void close() {
            // Nothing is behind it.
        }
    }
}
