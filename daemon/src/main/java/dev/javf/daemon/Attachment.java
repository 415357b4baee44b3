package dev.javf.daemon;

import dev.javf.iavf.QueueSet;
import dev.javf.iavf.RxQueue;
import dev.javf.iavf.TxQueue;
import dev.javf.packet.Counter;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketVector;

import java.util.List;

/**
 * A virtual function's queues, while the poller has them, and the ports behind them. For the
 * poller's thread, except {@link #txFull}.
 */
final class Attachment {
    private static final RxQueue[] NO_RX_QUEUES = {};
    private static final TxQueue[] NO_TX_QUEUES = {};

    private final PacketPool pool;
    private final PacketVector burst = new PacketVector();
    private final Counter txFull = new Counter();
    private RxQueue[] rxQueues = NO_RX_QUEUES;
    private TxQueue[] txQueues = NO_TX_QUEUES;

    /**
     * Whether the PF has enabled the queues. Until then the device takes no doorbells: they would
     * be lost, and a ring that has been filled meanwhile never gets another one.
     */
    private boolean isUp;

    private Forwarder forwarder;

    /**
     * No queues, no ports.
     *
     * @param pool that all packets are from.
     */
    Attachment(final PacketPool pool) {
        this.pool = pool;
        forwarder = new Forwarder(pool, List.of());
    }

    /**
     * Posts receive buffers and polls the queues from now on.
     *
     * @param queues of the virtual function.
     */
    void start(final QueueSet queues) {
        final RxQueue[] rx = new RxQueue[queues.pairs()];
        final TxQueue[] tx = new TxQueue[queues.pairs()];
        for (int i = 0; i < queues.pairs(); i++) {
            rx[i] = queues.rx(i);
            rx[i].start();
            tx[i] = queues.tx(i);
            tx[i].start();
        }
        rxQueues = rx;
        txQueues = tx;
        isUp = false;
    }

    /** Takes packets from the ports from now on: the PF has enabled the queues. */
    void up() {
        isUp = true;
    }

    /**
     * Touches no queue any more. Their buffers stay with them, since the device may still use them.
     */
    void stop() {
        rxQueues = NO_RX_QUEUES;
        txQueues = NO_TX_QUEUES;
    }

    /**
     * Takes all buffers out of queues that no device uses any more.
     *
     * @param queues of the virtual function.
     */
    void reclaim(final QueueSet queues) {
        for (int i = 0; i < queues.pairs(); i++) {
            queues.rx(i).reclaim();
            queues.tx(i).reclaim();
        }
    }

    /**
     * Serves other ports from the next burst on, and touches the earlier ones no more.
     *
     * @param next knows the ports.
     */
    void forwarder(final Forwarder next) {
        forwarder = next;
    }

    /**
     * One round: a burst from every queue, and one from every port.
     *
     * @return packets moved.
     */
    int poll() {
        int work = forwarder.serve();
        for (final RxQueue queue : rxQueues) {
            final int received = queue.receive(burst);
            if (received > 0) {
                work += received;
                forwarder.toPorts(burst);
            }
        }
        final TxQueue[] queues = txQueues;
        for (final TxQueue queue : queues) {
            queue.freeDone();
        }
        final int ports = queues.length == 0 || !isUp ? 0 : forwarder.portCount();
        for (int port = 0; port < ports; port++) {
            final TxQueue queue = queues[port % queues.length];
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

    /**
     * Packets from ports that were dropped because the device has no room; any thread may read it.
     */
    Counter txFull() {
        return txFull;
    }

    private void transmit(final TxQueue queue) {
        queue.transmit(burst);
        if (burst.size() > 0) {
            txFull.add(burst.size());
            pool.free(burst);
        }
    }
}
