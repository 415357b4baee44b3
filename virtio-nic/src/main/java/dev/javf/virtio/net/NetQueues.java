package dev.javf.virtio.net;

import dev.javf.packet.PacketPool;
import dev.javf.vfio.DmaSpace;
import dev.javf.vfio.IommuFault;
import dev.javf.virtio.DeviceHost;
import dev.javf.virtio.Feature;
import dev.javf.virtio.queue.QueueFault;
import dev.javf.virtio.queue.QueueSettings;
import dev.javf.virtio.queue.Virtqueue;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/**
 * The queues of a device (VirtIO 1.2, 5.1.2): receive and transmit in pairs, and the control queue
 * behind those that there can be. Also what decides whether they may be touched. For one thread.
 */
final class NetQueues {
    private final NetSettings settings;
    private final PacketPool pool;
    private final DmaSpace dma;
    private final DeviceHost host;
    private final NetCounters counters;
    private final List<@Nullable Virtqueue> queues = new ArrayList<>();
    private final List<ReceiveRing> receiveRings = new ArrayList<>();
    private final List<TransmitRing> transmitRings = new ArrayList<>();
    private @Nullable ControlQueue control;
    private long features;
    private int activePairs = 1;
    private boolean isLive;

    NetQueues(
            final NetSettings settings,
            final PacketPool pool,
            final DmaSpace dma,
            final DeviceHost host,
            final NetCounters counters) {
        this.settings = settings;
        this.pool = pool;
        this.dma = dma;
        this.host = host;
        this.counters = counters;
        for (int queue = 0; queue < count(); queue++) {
            queues.add(null);
        }
        activePairs(1);
    }

    static int receiveIndex(final int pair) {
        return 2 * pair;
    }

    static int transmitIndex(final int pair) {
        return 2 * pair + 1;
    }

    /** Queues that there can be, whatever the driver chooses. */
    int count() {
        return 2 * settings.maxQueuePairs() + 1;
    }

    // ---- What the driver agrees on ----

    /**
     * Makes pairs.
     *
     * @param chosen the features.
     * @param pairs how many.
     */
    void makePairs(final long chosen, final int pairs) {
        features = chosen;
        final int size = settings.maxQueueSize();
        for (int pair = 0; pair < pairs; pair++) {
            final Virtqueue receive = Virtqueue.of(dma, size, chosen);
            final Virtqueue transmit = Virtqueue.of(dma, size, chosen);
            queues.set(receiveIndex(pair), receive);
            queues.set(transmitIndex(pair), transmit);
            receiveRings.add(new ReceiveRing(dma, receive, size, chosen, pool));
            transmitRings.add(new TransmitRing(dma, transmit, settings, chosen, pool, counters));
        }
    }

    /** Makes the control queue, right after the pairs that there can be: at index 2 without MQ. */
    void makeControl(final ControlQueue.Handler handler) {
        final Virtqueue queue = Virtqueue.of(dma, ControlQueue.MAX_SIZE, features);
        queues.set(2 * receiveRings.size(), queue);
        control = new ControlQueue(dma, queue, handler, settings.controlTimeoutNs(), counters);
    }

    /** Forgets everything. */
    void reset() {
        live(false);
        final ControlQueue current = control;
        if (current != null) {
            current.abandon();
        }
        control = null;
        for (int queue = 0; queue < queues.size(); queue++) {
            final Virtqueue ring = queues.get(queue);
            if (ring != null) {
                ring.close();
            }
            queues.set(queue, null);
        }
        receiveRings.clear();
        transmitRings.clear();
        features = 0;
        activePairs(1);
    }

    long features() {
        return features;
    }

    boolean has(final Feature feature) {
        return feature.isIn(features);
    }

    int activePairs() {
        return activePairs;
    }

    void activePairs(final int pairs) {
        activePairs = pairs;
        counters.queuePairs().set(pairs);
    }

    void live(final boolean isOn) {
        isLive = isOn;
        counters.ready().set(isOn ? 1 : 0);
    }

    boolean isLive() {
        return isLive;
    }

    /** Whether packets may move. */
    boolean isRunning() {
        return isLive && host.mayAccessMemory();
    }

    // ---- One queue ----

    /**
     * The largest size of a queue; as with all features until they are agreed on.
     *
     * @param queue its index.
     * @return descriptors; 0 when there is no such queue.
     */
    int maxSize(final int queue) {
        if (queue < 0 || queue >= count()) {
            return 0;
        }
        if (features == 0) {
            return queue == count() - 1 ? ControlQueue.MAX_SIZE : settings.maxQueueSize();
        }
        final Virtqueue ring = queues.get(queue);
        if (ring == null) {
            return 0;
        }
        final ControlQueue current = control;
        return current != null && ring.equals(current.queue())
                ? ControlQueue.MAX_SIZE
                : settings.maxQueueSize();
    }

    QueueFault open(final int queue, final QueueSettings queueSettings) {
        final Virtqueue ring = find(queue);
        return ring == null ? QueueFault.SIZE : ring.open(queueSettings);
    }

    QueueFault resume(final int queue, final QueueSettings queueSettings, final int position) {
        final Virtqueue ring = find(queue);
        return ring == null ? QueueFault.SIZE : ring.resume(queueSettings, position);
    }

    void close(final int queue) {
        final Virtqueue ring = find(queue);
        if (ring == null) {
            return;
        }
        ring.close();
        final ControlQueue current = control;
        if (current != null && ring.equals(current.queue())) {
            current.abandon();
        }
    }

    boolean isOpen(final int queue) {
        final Virtqueue ring = find(queue);
        return ring != null && ring.isOpen();
    }

    int position(final int queue) {
        return Objects.requireNonNull(queues.get(queue)).position();
    }

    private @Nullable Virtqueue find(final int queue) {
        return queue < queues.size() ? queues.get(queue) : null;
    }

    /** Pairs that were made. */
    int pairs() {
        return receiveRings.size();
    }

    ReceiveRing receiveRing(final int pair) {
        return receiveRings.get(pair);
    }

    TransmitRing transmitRing(final int pair) {
        return transmitRings.get(pair);
    }

    @Nullable ControlQueue control() {
        return control;
    }

    /** Shows the driver what a burst has used, and tells it if it wants to be told. */
    void publish(final int queue, final Virtqueue ring) {
        if (ring.publish()) {
            counters.interrupts().increment();
            host.interrupt(queue);
        }
        check(queue, ring);
    }

    /** Stops the device if something is wrong with a queue. */
    void check(final int queue, final Virtqueue ring) {
        final QueueFault fault = ring.fault();
        if (fault == QueueFault.NONE || !isLive) {
            return;
        }
        live(false);
        if (fault == QueueFault.BUFFER_ADDRESS) {
            dma.recordFault(new IommuFault(settings.name(), ring.faultAddress(), 1, fault.text()));
        }
        host.needsReset(
                String.format(
                        Locale.ROOT,
                        "queue %d: %s (0x%x)",
                        queue,
                        fault.text(),
                        ring.faultAddress()));
    }

    /** Serves the control queue, if there is one. */
    int control(final long nowNs) {
        final ControlQueue current = control;
        if (current == null) {
            return 0;
        }
        final int workCount = current.doWork(nowNs);
        publish(queues.indexOf(current.queue()), current.queue());
        return workCount;
    }
}
