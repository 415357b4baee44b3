package dev.javf.client;

import dev.javf.linux.Descriptor;
import dev.javf.linux.OpenFile;
import dev.javf.linux.SharedMemory;
import dev.javf.linux.UncheckedMemory;
import dev.javf.linux.UnixSocket;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A connection that the daemon has accepted, with the memory that came with it. The memory stays
 * until everybody who uses it has let go: the port, and those of its queues that are in use.
 */
final class Session {
    private static final int FILES = 2;

    private final RingSocket socket;
    private final Welcome welcome;
    private final SharedMemory rings;
    private final SharedMemory pool;
    private final List<UnixSocket> wakeUps = new ArrayList<>();
    private final AtomicInteger users = new AtomicInteger(1);

    /**
     * Maps what came.
     *
     * @param socket the connection; becomes this object's.
     * @param welcome what the daemon said.
     * @param descriptors rings, buffers, and what wakes each queue up if it wants that.
     */
    Session(final RingSocket socket, final Welcome welcome, final List<Descriptor> descriptors) {
        if (descriptors.size() < FILES) {
            throw new JavfPortException("javfd passed no memory with its welcome");
        }
        this.socket = socket;
        this.welcome = welcome;
        try (Descriptor ringsFile = descriptors.get(0);
                Descriptor poolFile = descriptors.get(1)) {
            rings =
                    SharedMemory.map(
                            ringsFile,
                            0,
                            RingLayout.lengthBytes(welcome.slots(), welcome.queues()));
            pool = SharedMemory.map(poolFile, 0, OpenFile.of(poolFile).lengthBytes());
        }
        for (int i = FILES; i < descriptors.size(); i++) {
            wakeUps.add(UnixSocket.of(descriptors.get(i)));
        }
    }

    RingSocket socket() {
        return socket;
    }

    Welcome welcome() {
        return welcome;
    }

    /** The packets' buffers. */
    MemorySegment memory() {
        return pool.segment();
    }

    /** What wakes a queue's thread up; null if nothing does. */
    @Nullable UnixSocket wakeUp(final int queue) {
        return queue < wakeUps.size() ? wakeUps.get(queue) : null;
    }

    private long base(final int queue) {
        return rings.segment().address() + RingLayout.queueOffset(welcome.slots(), queue);
    }

    RingConsumer rx(final int queue) {
        return new RingConsumer(base(queue), RingDirection.RX, welcome.slots());
    }

    RingProducer tx(final int queue) {
        return new RingProducer(base(queue), RingDirection.TX, welcome.slots());
    }

    /** Says whether a queue's thread sleeps. */
    void sleeps(final int queue, final boolean sleeps) {
        ValueLayout.JAVA_INT
                .varHandle()
                .setVolatile(
                        UncheckedMemory.ALL,
                        base(queue) + RingLayout.RX_SLEEP_OFFSET,
                        sleeps ? 1 : 0);
    }

    /** One more uses the memory; false if it is gone already. Any thread. */
    boolean use() {
        return users.getAndUpdate(count -> count == 0 ? 0 : count + 1) > 0;
    }

    /** One uses the memory no more; the last one frees it. Any thread. */
    void leave() {
        if (users.decrementAndGet() == 0) {
            wakeUps.forEach(UnixSocket::close);
            rings.close();
            pool.close();
        }
    }
}
