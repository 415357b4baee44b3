package dev.javf.daemon;

import dev.javf.iavf.QueueSet;
import dev.javf.iavf.QueueVector;
import dev.javf.iavf.RxQueue;
import dev.javf.iavf.TxQueue;
import dev.javf.packet.Counter;
import dev.javf.packet.Counters;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketPort;
import dev.javf.packet.PacketVector;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A virtual function's queues, while the poller has them, and the ports behind them. For the
 * poller's thread, except {@link #txFull}.
 */
final class Attachment {
    private static final RxQueue[] NO_RX_QUEUES = {};
    private static final TxQueue[] NO_TX_QUEUES = {};

    private static final PacketVector[] NO_VECTORS = {};

    private final PacketPool pool;
    private final PacketVector burst = new PacketVector();
    private final Counter txFull;
    private final Counter noPort;

    /**
     * For each Tx queue what it had no room for yet. As long as there is any, nothing is taken from
     * the ports that the queue serves: what waits, waits with them.
     */
    private PacketVector[] pending = NO_VECTORS;

    /** The port that is served first in the next round, so that a full ring starves none. */
    private int firstPort;

    private RxQueue[] rxQueues = NO_RX_QUEUES;
    private TxQueue[] txQueues = NO_TX_QUEUES;

    /**
     * Whether the PF has enabled the queues. Until then the device takes no doorbells: they would
     * be lost, and a ring that has been filled meanwhile never gets another one.
     */
    private boolean isUp;

    private Forwarder forwarder;
    private @Nullable QueueSet queueSet;
    private @Nullable InterruptWait waiting;

    /**
     * No queues, no ports.
     *
     * @param pool that all packets are from.
     * @param counters of the function.
     */
    Attachment(final PacketPool pool, final Counters counters) {
        this.pool = pool;
        txFull = counters.counter(DaemonCounterTypes.QUEUES_GONE);
        noPort = counters.counter(DaemonCounterTypes.NO_PORT);
        forwarder = forwarderOf(List.of());
    }

    /**
     * A forwarder that counts with this function. Any thread.
     *
     * @param ports of the function.
     * @throws IllegalArgumentException when two ports share a VLAN and an address.
     */
    Forwarder forwarderOf(final List<PortBinding> ports) {
        return new Forwarder(pool, ports, noPort);
    }

    /** Publishes how full the rings are. */
    void publishLevels() {
        for (final RxQueue queue : rxQueues) {
            queue.publishLevels();
        }
        for (final TxQueue queue : txQueues) {
            queue.publishLevels();
        }
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
        dropPending();
        if (pending.length != queues.pairs()) {
            pending = new PacketVector[queues.pairs()];
            Arrays.setAll(pending, i -> new PacketVector());
        }
        rxQueues = rx;
        txQueues = tx;
        isUp = false;
        queueSet = queues;
    }

    /** Takes packets from the ports from now on: the PF has enabled the queues. */
    void up() {
        isUp = true;
        watch();
    }

    /** Tells a poller that sleeps what to wait for; it is told again whenever that changes. */
    void waiting(final InterruptWait wait) {
        waiting = wait;
    }

    private void watch() {
        if (waiting != null) {
            waiting.changed();
        }
    }

    /** Interrupt vectors to arm and to wait for; none while the queues aren't enabled. */
    List<QueueVector> vectors() {
        final QueueSet set = queueSet;
        return isUp && set != null && rxQueues.length > 0 ? set.vectors() : List.of();
    }

    /** Ports that are polled now. */
    List<PacketPort> ports() {
        final List<PacketPort> ports = new ArrayList<>();
        for (int port = 0; isUp && txQueues.length > 0 && port < forwarder.portCount(); port++) {
            ports.add(forwarder.port(port));
        }
        return ports;
    }

    /** Whether packets wait for room in a Tx ring. */
    boolean hasPending() {
        for (final PacketVector vector : pending) {
            if (vector.size() > 0) {
                return true;
            }
        }
        return false;
    }

    /**
     * Touches no queue any more. Their buffers stay with them, since the device may still use them.
     */
    void stop() {
        dropPending();
        rxQueues = NO_RX_QUEUES;
        txQueues = NO_TX_QUEUES;
        isUp = false;
        watch();
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
        watch();
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
        return queues.length == 0 || !isUp ? work : work + pollPorts(queues);
    }

    private int pollPorts(final TxQueue[] queues) {
        int work = 0;
        for (int i = 0; i < queues.length; i++) {
            if (pending[i].size() > 0) {
                work += queues[i].transmit(pending[i]);
            }
        }
        final int ports = forwarder.portCount();
        int port = firstPort < ports ? firstPort : 0;
        firstPort = port + 1;
        for (int i = 0; i < ports; i++) {
            final int pair = port % queues.length;
            final PacketVector vector = pending[pair];
            if (vector.size() == 0 && queues[pair].available() > 0) {
                work += forwarder.fromPort(port, vector);
                if (vector.size() > 0) {
                    queues[pair].transmit(vector);
                }
            }
            port = port + 1 == ports ? 0 : port + 1;
        }
        return work;
    }

    /**
     * Packets from ports that were dropped because the queues were taken away before the device had
     * room for them; any thread may read it.
     */
    Counter txFull() {
        return txFull;
    }

    private void dropPending() {
        for (final PacketVector vector : pending) {
            txFull.add(vector.size());
            pool.free(vector);
        }
    }
}
