package dev.javf.client;

import dev.javf.linux.UnixSocket;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;

/**
 * What a queue uses of a connection.
 *
 * @param session the connection; {@link #leave} lets go of it.
 * @param number of the queue.
 * @param rx packets from the daemon.
 * @param tx packets to the daemon.
 * @param memory the buffers.
 * @param strideBytes from one buffer to the next.
 * @param headroomBytes before a packet that the client sends.
 * @param capacityBytes longest packet.
 */
record SessionQueue(
        Session session,
        int number,
        RingConsumer rx,
        RingProducer tx,
        MemorySegment memory,
        int strideBytes,
        int headroomBytes,
        int capacityBytes) {
    /** Null when the connection has ended already. */
    static @Nullable SessionQueue of(final Session session, final int number) {
        final Welcome welcome = session.welcome();
        if (number >= welcome.queues() || !session.use()) {
            return null;
        }
        return new SessionQueue(
                session,
                number,
                session.rx(number),
                session.tx(number),
                session.memory(),
                welcome.strideBytes(),
                welcome.headroomBytes(),
                welcome.capacityBytes());
    }

    /** What wakes the queue's thread up; null if nothing does. */
    @Nullable UnixSocket wakeUp() {
        return session.wakeUp(number);
    }

    /** Says whether the queue's thread sleeps. */
    void sleeps(final boolean sleeps) {
        session.sleeps(number, sleeps);
    }

    /** Touches the memory no more. */
    void leave() {
        session.leave();
    }
}
