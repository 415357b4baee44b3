package dev.javf.daemon;

import dev.javf.iavf.QueueSet;
import dev.javf.iavf.RxQueue;
import dev.javf.iavf.TxQueue;
import dev.javf.packet.Counter;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketVector;

/**
 * A virtual function's queues and the ports behind them, as one poller moves packets between them.
 */
final class Attachment {
    private final QueueSet queues;
    private final RxQueue[] rxQueues;
    private final TxQueue[] txQueues;
    private final Forwarder forwarder;
    private final PacketPool pool;
    private final PacketVector burst = new PacketVector();
    private final Counter txFull = new Counter();

    /**
     * Queues and ports.
     *
     * @param queues of the virtual function.
     * @param forwarder that knows its ports.
     * @param pool that all packets are from.
     */
    Attachment(final QueueSet queues, final Forwarder forwarder, final PacketPool pool) {
        this.queues = queues;
        this.forwarder = forwarder;
        this.pool = pool;
        rxQueues = queues.rxQueues().toArray(RxQueue[]::new);
        txQueues = queues.txQueues().toArray(TxQueue[]::new);
    }

    QueueSet queues() {
        return queues;
    }

    /**
     * One round: a burst from every queue, and one from every port.
     *
     * @return packets moved.
     */
    int poll() {
        int work = 0;
        for (final RxQueue queue : rxQueues) {
            final int received = queue.receive(burst);
            if (received > 0) {
                work += received;
                forwarder.toPorts(burst);
            }
        }
        for (final TxQueue queue : txQueues) {
            queue.freeDone();
        }
        for (int port = 0, ports = forwarder.portCount(); port < ports; port++) {
            final TxQueue queue = txQueues[port % txQueues.length];
            // A packet may need two descriptors. What doesn't fit now waits in the port.
            if (queue.available() >= 2 * burst.capacity()) {
                work += forwarder.fromPort(port, burst);
                if (burst.size() > 0) {
                    transmit(queue);
                }
            }
        }
        return work;
    }

    private void transmit(final TxQueue queue) {
        queue.transmit(burst);
        if (burst.size() > 0) {
            txFull.add(burst.size());
            pool.free(burst);
        }
    }
}
