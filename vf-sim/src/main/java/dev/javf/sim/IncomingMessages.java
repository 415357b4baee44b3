package dev.javf.sim;

import org.jspecify.annotations.Nullable;

import java.util.PriorityQueue;

/**
 * Messages of VFs on their way to the PF's driver, or waiting there, by the time at which they
 * arrive. For the model's thread.
 */
final class IncomingMessages {
    private final PriorityQueue<Arrival> queue = new PriorityQueue<>();
    private long sequence;

    /**
     * A message on its way.
     *
     * @param timeNs when it arrives.
     * @param sequence orders what arrives at one time.
     * @param message what.
     * @param fault what goes wrong with it later on.
     */
    record Arrival(long timeNs, long sequence, MailboxMessage message, @Nullable Fault fault)
            implements Comparable<Arrival> {
        @Override
        public int compareTo(final Arrival other) {
            return timeNs != other.timeNs
                    ? Long.compare(timeNs, other.timeNs)
                    : Long.compare(sequence, other.sequence);
        }
    }

    void add(final long timeNs, final MailboxMessage message, final @Nullable Fault fault) {
        queue.add(new Arrival(timeNs, sequence++, message, fault));
    }

    /** Puts a message back to where it was, without its fault. */
    void putBack(final Arrival arrival) {
        queue.add(new Arrival(arrival.timeNs(), arrival.sequence(), arrival.message(), null));
    }

    /** When the next message arrives; {@link Long#MAX_VALUE} if there is none. */
    long nextNs() {
        final Arrival next = queue.peek();
        return next == null ? Long.MAX_VALUE : next.timeNs();
    }

    Arrival take() {
        return queue.remove();
    }

    /** A reset of the PF empties its mailbox. */
    void clear() {
        queue.clear();
    }
}
