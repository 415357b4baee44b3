package dev.javf.client;

import dev.javf.linux.Descriptor;
import dev.javf.linux.SharedMemory;
import dev.javf.linux.UncheckedMemory;
import dev.javf.linux.UnixSocket;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.ValueLayout;
import java.util.List;

/** A connection that the daemon has accepted, with the memory that came with it. One thread. */
final class Session implements AutoCloseable {
    private final RingSocket socket;
    private final Welcome welcome;
    private final SharedMemory rings;
    private final SharedMemory pool;
    private final @Nullable UnixSocket wakeUp;
    private final RingConsumer rx;
    private final RingProducer tx;
    private final long sleepAddress;

    /**
     * Maps what came.
     *
     * @param socket the connection; becomes this object's.
     * @param welcome what the daemon said.
     * @param descriptors rings, buffers, and what wakes the client up if it wants that.
     */
    Session(final RingSocket socket, final Welcome welcome, final List<Descriptor> descriptors) {
        if (descriptors.size() < 2) {
            throw new JavfPortException("javfd passed no memory with its welcome");
        }
        this.socket = socket;
        this.welcome = welcome;
        final int slots = welcome.slots();
        try (Descriptor ringsFile = descriptors.get(0);
                Descriptor poolFile = descriptors.get(1)) {
            rings = SharedMemory.map(ringsFile, 0, RingLayout.lengthBytes(slots));
            pool =
                    SharedMemory.map(
                            poolFile, 0, dev.javf.linux.OpenFile.of(poolFile).lengthBytes());
        }
        wakeUp = descriptors.size() > 2 ? UnixSocket.of(descriptors.get(2)) : null;
        final long base = rings.segment().address();
        rx =
                new RingConsumer(
                        base + RingLayout.SLOTS_OFFSET,
                        base + RingLayout.RX_TAIL_OFFSET,
                        base + RingLayout.RX_HEAD_OFFSET,
                        slots);
        tx =
                new RingProducer(
                        base + RingLayout.txSlotsOffset(slots),
                        base + RingLayout.TX_TAIL_OFFSET,
                        base + RingLayout.TX_HEAD_OFFSET,
                        slots);
        sleepAddress = base + RingLayout.RX_SLEEP_OFFSET;
    }

    RingSocket socket() {
        return socket;
    }

    Welcome welcome() {
        return welcome;
    }

    SharedMemory pool() {
        return pool;
    }

    @Nullable UnixSocket wakeUp() {
        return wakeUp;
    }

    RingConsumer rx() {
        return rx;
    }

    RingProducer tx() {
        return tx;
    }

    /** Says whether this side sleeps. */
    void sleeps(final boolean sleeps) {
        ValueLayout.JAVA_INT
                .varHandle()
                .setVolatile(UncheckedMemory.ALL, sleepAddress, sleeps ? 1 : 0);
    }

    @Override
    public void close() {
        if (wakeUp != null) {
            wakeUp.close();
        }
        socket.close();
        rings.close();
        pool.close();
    }
}
