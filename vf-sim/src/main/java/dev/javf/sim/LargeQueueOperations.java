package dev.javf.sim;

import dev.javf.virtchnl.QueueVectorMap;
import dev.javf.virtchnl.QueuesV2;

/**
 * Queues and their interrupt vectors for a VF of more than 16 queue pairs, which the messages of
 * {@link QueueOperations} have no room for. A message is checked as a whole, and then done element
 * by element.
 */
final class LargeQueueOperations {
    private LargeQueueOperations() {}

    static void enableQueues(final Exchange exchange) {
        exchange.tellLink();
        final QueuesV2 queues = QueuesV2.decode(exchange.body(), 0, exchange.lengthBytes());
        exchange.answer(
                isValid(exchange.vf(), queues)
                        && forEach(
                                exchange,
                                queues,
                                QueueOperations::enableRx,
                                QueueOperations::enableTx));
    }

    static void disableQueues(final Exchange exchange) {
        final QueuesV2 queues = QueuesV2.decode(exchange.body(), 0, exchange.lengthBytes());
        exchange.answer(
                isValid(exchange.vf(), queues)
                        && forEach(
                                exchange,
                                queues,
                                QueueOperations::disableRx,
                                QueueOperations::disableTx));
    }

    private static boolean isValid(final VfControl vf, final QueuesV2 queues) {
        return vf.isActive(queues.vportId())
                && queues.chunks().stream()
                        .allMatch(chunk ->
                                isQueueType(chunk.type())
                                        && chunk.queues() > 0
                                        && chunk.firstQueueId() + chunk.queues()
                                                <= vf.host.queuePairs);
    }

    private static boolean isQueueType(final int type) {
        return type == QueueVectorMap.TX || type == QueueVectorMap.RX;
    }

    /** What is done to one queue. */
    @FunctionalInterface
    private interface Change {
        /** Does it, and says whether it could be done. */
        boolean apply(Exchange exchange, int queue);
    }

    private static boolean forEach(
            final Exchange exchange, final QueuesV2 queues, final Change rx, final Change tx) {
        for (final QueuesV2.Chunk chunk : queues.chunks()) {
            final Change change = chunk.type() == QueueVectorMap.RX ? rx : tx;
            for (int i = 0; i < chunk.queues(); i++) {
                if (!change.apply(exchange, chunk.firstQueueId() + i)) {
                    return false;
                }
            }
        }
        return true;
    }

    static void mapQueueVector(final Exchange exchange) {
        final QueueVectorMap map =
                QueueVectorMap.decode(exchange.body(), 0, exchange.lengthBytes());
        final VfControl vf = exchange.vf();
        final boolean isGood =
                vf.isActive(map.vportId())
                        && map.entries().stream().allMatch(entry -> isValid(vf, entry))
                        && map.entries().stream().allMatch(entry -> mapQueue(exchange, entry));
        exchange.answer(isGood);
    }

    private static boolean isValid(final VfControl vf, final QueueVectorMap.Entry entry) {
        return isQueueType(entry.queueType())
                && entry.queueId() < vf.host.queuePairs
                && entry.vectorId() > MailboxInterrupt.VECTOR
                && entry.vectorId() < vf.function.interruptVectors();
    }

    private static boolean mapQueue(final Exchange exchange, final QueueVectorMap.Entry entry) {
        if (!exchange.changeRule()) {
            return false;
        }
        final VfQueues queues = exchange.vf().rules.queues();
        final int itr = entry.itrIndex() & 3;
        if (entry.queueType() == QueueVectorMap.RX) {
            queues.mapRx(entry.queueId(), entry.vectorId(), itr);
        } else {
            queues.mapTx(entry.queueId(), entry.vectorId(), itr);
        }
        return true;
    }
}
