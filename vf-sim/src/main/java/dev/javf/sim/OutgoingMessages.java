package dev.javf.sim;

import java.util.PriorityQueue;

/** Messages on their way to VFs, by the time at which they arrive. For the model's thread. */
final class OutgoingMessages {
    private final PriorityQueue<Delivery> queue = new PriorityQueue<>();
    private long sequence;

    /**
     * A message on its way.
     *
     * @param timeNs when it arrives.
     * @param sequence orders what arrives at one time.
     * @param message what.
     * @param epoch of the VF when it was sent; a reset in between stops the message.
     * @param survivesReset whether no reset stops it.
     */
    record Delivery(
            long timeNs, long sequence, MailboxMessage message, int epoch, boolean survivesReset)
            implements Comparable<Delivery> {
        @Override
        public int compareTo(final Delivery other) {
            return timeNs != other.timeNs
                    ? Long.compare(timeNs, other.timeNs)
                    : Long.compare(sequence, other.sequence);
        }
    }

    void send(
            final long timeNs,
            final MailboxMessage message,
            final int epoch,
            final boolean survivesReset) {
        queue.add(new Delivery(timeNs, sequence++, message, epoch, survivesReset));
    }

    /** When the next message arrives; {@link Long#MAX_VALUE} if there is none. */
    long nextNs() {
        final Delivery next = queue.peek();
        return next == null ? Long.MAX_VALUE : next.timeNs();
    }

    Delivery take() {
        return queue.remove();
    }
}
