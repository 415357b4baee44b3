package dev.javf.virtio.net;

import dev.javf.linux.virtio.Virtio;
import dev.javf.packet.AddressFilter;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketPort;
import dev.javf.packet.PacketVector;
import dev.javf.vfio.DmaSpace;
import dev.javf.virtio.DeviceHost;
import dev.javf.virtio.DeviceStatus;
import dev.javf.virtio.Feature;
import dev.javf.virtio.queue.QueueFault;
import dev.javf.virtio.queue.QueueSettings;

import org.jspecify.annotations.Nullable;

/**
 * A virtio network device (VirtIO 1.2, 5.1) without the door that shows it to a guest. To the
 * poller it is a port: what the guest transmits is received from it, and what is transmitted to it
 * the guest receives. To its door it is features, a configuration and queues; the door keeps the
 * device status and calls nothing that the status forbids.
 *
 * <p>Everything is for one thread, the poller's, which also runs the door. A packet costs no
 * allocation, lock or exception.
 */
public final class VirtioNet implements PacketPort {
    /** What rings and packets depend on, whoever has the control queue. */
    private static final long RING_FEATURES =
            Feature.maskOf(
                    Feature.CSUM,
                    Feature.GUEST_CSUM,
                    Feature.MTU,
                    Feature.GUEST_TSO4,
                    Feature.GUEST_TSO6,
                    Feature.HOST_TSO4,
                    Feature.HOST_TSO6,
                    Feature.MRG_RXBUF,
                    Feature.INDIRECT_DESC,
                    Feature.EVENT_IDX,
                    Feature.VERSION_1,
                    Feature.RING_PACKED,
                    Feature.IN_ORDER,
                    Feature.NOTIFICATION_DATA,
                    Feature.RING_RESET);

    private static final long ALWAYS_OFFERED =
            RING_FEATURES
                    | Feature.maskOf(
                            Feature.MAC,
                            Feature.STATUS,
                            Feature.CTRL_VQ,
                            Feature.CTRL_RX,
                            Feature.GUEST_ANNOUNCE,
                            Feature.CTRL_MAC_ADDR,
                            Feature.SPEED_DUPLEX);

    private final NetSettings settings;
    private final NetworkControl network;
    private final DeviceHost host;
    private final NetCounters counters = new NetCounters();
    private final NetConfiguration configuration;
    private final VlanTable vlans = new VlanTable();
    private final StationAddresses addresses;
    private final NetQueues queues;
    private final GuestTransmission transmission;
    private final GuestReception reception;

    /**
     * A device that no driver has touched yet.
     *
     * @param settings what it is like.
     * @param pool where received packets' buffers come from, and where sent ones' go; its headroom
     *     must be 16 bytes or more.
     * @param network told what the guest wants.
     * @param dma the guest's memory.
     * @param host the door.
     */
    public VirtioNet(
            final NetSettings settings,
            final PacketPool pool,
            final NetworkControl network,
            final DmaSpace dma,
            final DeviceHost host) {
        if (pool.headroomBytes() < GuestReception.MIN_HEADROOM_BYTES) {
            throw new IllegalArgumentException(
                    settings.name()
                            + ": the packet pool's headroom is "
                            + pool.headroomBytes()
                            + " bytes, at least "
                            + GuestReception.MIN_HEADROOM_BYTES
                            + " are needed");
        }
        this.settings = settings;
        this.network = network;
        this.host = host;
        configuration = new NetConfiguration(settings);
        addresses = new StationAddresses(settings.mac());
        queues = new NetQueues(settings, pool, dma, host, counters);
        transmission = new GuestTransmission(queues, counters);
        reception = new GuestReception(settings, queues, vlans, pool, counters);
    }

    @Override
    public String name() {
        return settings.name();
    }

    /** The addresses that the guest has and listens to, as it says itself. */
    public AddressFilter addresses() {
        return addresses;
    }

    /** What passed, and what did not. */
    public NetCounters counters() {
        return counters;
    }

    // ---- The door's side ----

    /** The features that a driver may choose from; the same at all times. */
    public long offeredFeatures() {
        return ALWAYS_OFFERED
                | (settings.maxQueuePairs() > 1 ? Feature.MQ.mask() : 0)
                | (settings.isTrunk() ? Feature.CTRL_VLAN.mask() : 0);
    }

    /**
     * The driver has chosen: the device becomes what it is with these features. Once after each
     * {@link #reset}.
     *
     * @param chosen the driver's choice.
     * @return why it can't be had, or null if it can.
     */
    public @Nullable String applyFeatures(final long chosen) {
        final String objection = Feature.objection(offeredFeatures(), chosen);
        if (objection != null) {
            return objection;
        }
        queues.makePairs(chosen, Feature.MQ.isIn(chosen) ? settings.maxQueuePairs() : 1);
        if (Feature.CTRL_VQ.isIn(chosen)) {
            queues.makeControl(
                    new ControlRequests(
                            settings, queues, network, configuration, addresses, vlans));
        }
        return null;
    }

    /**
     * A front-end, which has the configuration and the control queue, has agreed with the driver on
     * what the rings are like: the device has all its pairs and no control queue. Once after each
     * {@link #reset}.
     *
     * @param chosen features that were offered; those that rings and packets don't depend on don't
     *     count.
     */
    public void applyRingFeatures(final long chosen) {
        queues.makePairs(chosen & RING_FEATURES, settings.maxQueuePairs());
    }

    /** Queues that there can be, whatever the driver chooses. */
    public int queueCount() {
        return queues.count();
    }

    /**
     * The largest size of a queue.
     *
     * @param queue its index.
     * @return descriptors; 0 when there is no such queue. Until the features are agreed on, as it
     *     would be with all of them.
     */
    public int maxQueueSize(final int queue) {
        return queues.maxSize(queue);
    }

    /**
     * The driver has set a queue up.
     *
     * @param queue its index.
     * @param queueSettings nothing in it is believed.
     * @return what is wrong with them; NONE if the queue works as soon as the device is live.
     */
    public QueueFault enableQueue(final int queue, final QueueSettings queueSettings) {
        return queues.open(queue, queueSettings);
    }

    /**
     * The driver takes a queue back (RING_RESET): the device doesn't touch its memory any more.
     *
     * @param queue its index.
     */
    public void resetQueue(final int queue) {
        queues.close(queue);
    }

    /**
     * A queue goes on where it was.
     *
     * @param queue its index.
     * @param queueSettings nothing in it is believed.
     * @param position as {@link #queuePosition} said.
     * @return what is wrong; NONE if the queue works as soon as the device is live.
     */
    public QueueFault resumeQueue(
            final int queue, final QueueSettings queueSettings, final int position) {
        return queues.resume(queue, queueSettings, position);
    }

    /** Whether a queue is set up, and nothing has gone wrong with it. */
    public boolean isQueueOpen(final int queue) {
        return queues.isOpen(queue);
    }

    /**
     * Where an open queue is.
     *
     * @param queue its index.
     * @return in the words of vhost-user's SET_VRING_BASE.
     */
    public int queuePosition(final int queue) {
        return queues.position(queue);
    }

    /**
     * Uses so many queue pairs from now on.
     *
     * @param pairs 0 to the most there can be.
     */
    public void activePairs(final int pairs) {
        queues.activePairs(pairs);
    }

    /** Packets may move. What the driver can't say that it wants, it gets (5.1.6.5.1, .3). */
    public void start() {
        if (queues.isLive()) {
            return;
        }
        queues.live(true);
        counters.starts().increment();
        if (settings.isTrunk() && !queues.has(Feature.CTRL_VLAN)) {
            network.allVlans();
        }
        if (!queues.has(Feature.CTRL_RX)) {
            addresses.mode(false, true);
            network.allMulticast();
        }
    }

    /** Packets don't move any more, and the guest's memory isn't touched. */
    public void stop() {
        queues.live(false);
    }

    /** As at the beginning. What the guest wanted of the network isn't wanted any more. */
    public void reset() {
        queues.reset();
        transmission.reset();
        reception.reset();
        addresses.reset(settings.mac());
        vlans.clear();
        configuration.mac(settings.mac());
        configuration.status(configuration.status() & ~Virtio.VIRTIO_NET_S_ANNOUNCE());
        network.reset();
    }

    /**
     * The device status has changed, for the counters.
     *
     * @param before as {@link DeviceStatus} reads it.
     * @param after likewise.
     */
    public void statusChanged(final int before, final int after) {
        if ((after & ~before & DeviceStatus.NEEDS_RESET) != 0) {
            counters.needsReset().increment();
        }
        if (after == 0 && before != 0) {
            counters.resets().increment();
        }
    }

    /**
     * Reads the device configuration.
     *
     * @param offset in bytes.
     * @return one byte, 0 to 255; 0 beyond the end.
     */
    public int readConfiguration(final long offset) {
        return configuration.read(offset);
    }

    /** Queue pairs that the guest uses: 1 until it says otherwise. */
    public int activePairs() {
        return queues.activePairs();
    }

    /** The features that are agreed on; 0 if none are. */
    public long features() {
        return queues.features();
    }

    // ---- The network's side ----

    /**
     * The link has come or gone.
     *
     * @param isUp whether it is there.
     */
    public void link(final boolean isUp) {
        final int up = Virtio.VIRTIO_NET_S_LINK_UP();
        status((configuration.status() & ~up) | (isUp ? up : 0));
    }

    /** Asks the guest to announce itself, as after its VF has been replaced. */
    public void announce() {
        if (queues.has(Feature.GUEST_ANNOUNCE)) {
            status(configuration.status() | Virtio.VIRTIO_NET_S_ANNOUNCE());
        }
    }

    private void status(final int status) {
        if (status != configuration.status()) {
            configuration.status(status);
            host.configurationChanged();
        }
    }

    // ---- The poller's side ----

    /**
     * Serves the control queue.
     *
     * @param nowNs the time.
     * @return how much there was to do; 0 if nothing.
     */
    public int doWork(final long nowNs) {
        return queues.isRunning() ? queues.control(nowNs) : 0;
    }

    @Override
    public int receive(final PacketVector vector) {
        return transmission.take(vector);
    }

    @Override
    public int transmit(final PacketVector vector) {
        return reception.give(vector);
    }

    @Override
    public int offloads() {
        return reception.offloads();
    }

    @Override
    public void close() {
        reset();
        network.close();
    }
}
