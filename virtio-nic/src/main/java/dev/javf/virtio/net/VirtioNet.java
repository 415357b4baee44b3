package dev.javf.virtio.net;

import dev.javf.linux.virtio.Virtio;
import dev.javf.packet.AddressFilter;
import dev.javf.packet.Ethernet;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketPort;
import dev.javf.packet.PacketVector;
import dev.javf.vfio.DmaSpace;
import dev.javf.vfio.IommuFault;
import dev.javf.virtio.DeviceHost;
import dev.javf.virtio.Feature;
import dev.javf.virtio.net.NetworkControl.Answer;
import dev.javf.virtio.queue.QueueFault;
import dev.javf.virtio.queue.QueueSettings;
import dev.javf.virtio.queue.Virtqueue;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

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
    /** Tag and header that are put before a frame. */
    private static final int MIN_HEADROOM_BYTES = NetHeader.LENGTH_BYTES + Ethernet.VLAN_TAG_BYTES;

    private static final int NO_TAG = -1;

    private static final long RING_FEATURES =
            Feature.maskOf(
                    Feature.GUEST_CSUM,
                    Feature.MTU,
                    Feature.MRG_RXBUF,
                    Feature.INDIRECT_DESC,
                    Feature.EVENT_IDX,
                    Feature.VERSION_1,
                    Feature.RING_PACKED,
                    Feature.IN_ORDER,
                    Feature.NOTIFICATION_DATA,
                    Feature.RING_RESET);

    private final NetSettings settings;
    private final PacketPool pool;
    private final MemorySegment memory;
    private final NetworkControl network;
    private final DmaSpace dma;
    private final DeviceHost host;
    private final NetCounters counters = new NetCounters();
    private final NetConfiguration configuration;
    private final VlanTable vlans = new VlanTable();
    private final StationAddresses addresses;
    private final List<@Nullable Virtqueue> queues = new ArrayList<>();
    private final List<ReceiveRing> receiveRings = new ArrayList<>();
    private final List<TransmitRing> transmitRings = new ArrayList<>();
    private final PendingBursts pendingBursts = new PendingBursts();
    private @Nullable ControlQueue control;
    private long features;
    private int activePairs = 1;
    private int nextPair;
    private boolean isLive;

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
        if (pool.headroomBytes() < MIN_HEADROOM_BYTES) {
            throw new IllegalArgumentException(
                    settings.name()
                            + ": the packet pool's headroom is "
                            + pool.headroomBytes()
                            + " bytes, at least "
                            + MIN_HEADROOM_BYTES
                            + " are needed");
        }
        this.settings = settings;
        this.pool = pool;
        this.network = network;
        this.dma = dma;
        this.host = host;
        memory = pool.memory();
        configuration = new NetConfiguration(settings);
        addresses = new StationAddresses(settings.mac());
        for (int queue = 0; queue < queueCount(); queue++) {
            queues.add(null);
        }
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
        final long always =
                Feature.maskOf(
                        Feature.GUEST_CSUM,
                        Feature.MTU,
                        Feature.MAC,
                        Feature.MRG_RXBUF,
                        Feature.STATUS,
                        Feature.CTRL_VQ,
                        Feature.CTRL_RX,
                        Feature.GUEST_ANNOUNCE,
                        Feature.CTRL_MAC_ADDR,
                        Feature.SPEED_DUPLEX,
                        Feature.INDIRECT_DESC,
                        Feature.EVENT_IDX,
                        Feature.VERSION_1,
                        Feature.RING_PACKED,
                        Feature.IN_ORDER,
                        Feature.NOTIFICATION_DATA,
                        Feature.RING_RESET);
        return always
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
        final int pairs = Feature.MQ.isIn(chosen) ? settings.maxQueuePairs() : 1;
        makePairs(chosen, pairs);
        if (Feature.CTRL_VQ.isIn(chosen)) {
            // Right after the pairs that there can be, so at index 2 without MQ (5.1.2).
            final Virtqueue queue = Virtqueue.of(dma, ControlQueue.MAX_SIZE, chosen);
            queues.set(2 * pairs, queue);
            control =
                    new ControlQueue(
                            dma, queue, new Requests(), settings.controlTimeoutNs(), counters);
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
        makePairs(chosen & RING_FEATURES, settings.maxQueuePairs());
    }

    private void makePairs(final long chosen, final int pairs) {
        features = chosen;
        for (int pair = 0; pair < pairs; pair++) {
            final int size = settings.maxQueueSize();
            final Virtqueue receive = Virtqueue.of(dma, size, chosen);
            final Virtqueue transmit = Virtqueue.of(dma, size, chosen);
            queues.set(receiveIndex(pair), receive);
            queues.set(transmitIndex(pair), transmit);
            receiveRings.add(new ReceiveRing(dma, receive, size, Feature.MRG_RXBUF.isIn(chosen)));
            transmitRings.add(
                    new TransmitRing(dma, transmit, size, pool, maxFrameBytes(), counters));
        }
    }

    /** Queues that there can be, whatever the driver chooses. */
    public int queueCount() {
        return 2 * settings.maxQueuePairs() + 1;
    }

    /**
     * The largest size of a queue.
     *
     * @param queue its index.
     * @return descriptors; 0 when there is no such queue. Until the features are agreed on, as it
     *     would be with all of them.
     */
    public int maxQueueSize(final int queue) {
        if (queue < 0 || queue >= queueCount()) {
            return 0;
        }
        final ControlQueue current = control;
        if (features == 0) {
            return queue == queueCount() - 1 ? ControlQueue.MAX_SIZE : settings.maxQueueSize();
        }
        final Virtqueue ring = queues.get(queue);
        if (ring == null) {
            return 0;
        }
        return current != null && ring.equals(current.queue())
                ? ControlQueue.MAX_SIZE
                : settings.maxQueueSize();
    }

    /**
     * The driver has set a queue up.
     *
     * @param queue its index.
     * @param queueSettings nothing in it is believed.
     * @return what is wrong with them; NONE if the queue works as soon as the device is live.
     */
    public QueueFault enableQueue(final int queue, final QueueSettings queueSettings) {
        final Virtqueue ring = queue < queues.size() ? queues.get(queue) : null;
        return ring == null ? QueueFault.SIZE : ring.open(queueSettings);
    }

    /**
     * The driver takes a queue back (RING_RESET): the device doesn't touch its memory any more.
     *
     * @param queue its index.
     */
    public void resetQueue(final int queue) {
        final Virtqueue ring = queue < queues.size() ? queues.get(queue) : null;
        if (ring == null) {
            return;
        }
        ring.close();
        final ControlQueue current = control;
        if (current != null && ring.equals(current.queue())) {
            current.abandon();
        }
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
        final Virtqueue ring = queue < queues.size() ? queues.get(queue) : null;
        return ring == null ? QueueFault.SIZE : ring.resume(queueSettings, position);
    }

    /** Whether a queue is set up, and nothing has gone wrong with it. */
    public boolean isQueueOpen(final int queue) {
        final Virtqueue ring = queue < queues.size() ? queues.get(queue) : null;
        return ring != null && ring.isOpen();
    }

    /**
     * Where an open queue is.
     *
     * @param queue its index.
     * @return in the words of vhost-user's SET_VRING_BASE.
     */
    public int queuePosition(final int queue) {
        return Objects.requireNonNull(queues.get(queue)).position();
    }

    /**
     * Uses so many queue pairs from now on.
     *
     * @param pairs 0 to the most there can be.
     */
    public void activePairs(final int pairs) {
        activePairs = pairs;
    }

    /** Packets may move. What the driver can't say that it wants, it gets (5.1.6.5.1, .3). */
    public void start() {
        if (isLive) {
            return;
        }
        isLive = true;
        if (settings.isTrunk() && !Feature.CTRL_VLAN.isIn(features)) {
            network.allVlans();
        }
        if (!Feature.CTRL_RX.isIn(features)) {
            addresses.mode(false, true);
            network.allMulticast();
        }
    }

    /** Packets don't move any more, and the guest's memory isn't touched. */
    public void stop() {
        isLive = false;
    }

    /** As at the beginning. What the guest wanted of the network isn't wanted any more. */
    public void reset() {
        isLive = false;
        pendingBursts.clear();
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
        activePairs = 1;
        nextPair = 0;
        addresses.reset(settings.mac());
        vlans.clear();
        configuration.mac(settings.mac());
        configuration.status(configuration.status() & ~Virtio.VIRTIO_NET_S_ANNOUNCE());
        network.reset();
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
        return activePairs;
    }

    private boolean isRunning() {
        return isLive && host.mayAccessMemory();
    }

    /** The features that are agreed on; 0 if none are. */
    public long features() {
        return features;
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
        if (Feature.GUEST_ANNOUNCE.isIn(features)) {
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
        final ControlQueue current = control;
        if (!isRunning() || current == null) {
            return 0;
        }
        final int workCount = current.doWork(nowNs);
        if (current.queue().publish()) {
            host.interrupt(queues.indexOf(current.queue()));
        }
        checkFault(current.queue());
        return workCount;
    }

    @Override
    public int receive(final PacketVector vector) {
        if (!isRunning()) {
            return 0;
        }
        final int before = vector.size();
        for (int i = 0; i < activePairs && vector.room() > 0; i++) {
            nextPair = nextPair + 1 >= activePairs ? 0 : nextPair + 1;
            receive(vector, nextPair);
            if (!isLive) {
                break;
            }
        }
        final int packets = vector.size() - before;
        if (packets > 0) {
            account(vector, before);
        }
        return packets;
    }

    private void receive(final PacketVector vector, final int pair) {
        final Virtqueue queue = queues.get(transmitIndex(pair));
        if (queue == null) {
            return;
        }
        if (queue.begin()) {
            transmitRings.get(pair).take(vector);
            if (queue.publish()) {
                host.interrupt(transmitIndex(pair));
            }
        }
        checkFault(queue);
    }

    private void account(final PacketVector vector, final int from) {
        long bytes = 0;
        for (int i = from; i < vector.size(); i++) {
            bytes += vector.lengthBytes(i);
            if (settings.isTrunk()) {
                takeTagOut(vector, i);
            }
        }
        counters.rxPackets().add(vector.size() - from);
        counters.rxBytes().add(bytes);
    }

    private void takeTagOut(final PacketVector vector, final int i) {
        final long start = pool.bufferOffset(vector.buffer(i)) + vector.offsetBytes(i);
        final int tag = VlanTags.tag(memory, start, vector.lengthBytes(i));
        if (tag != NO_TAG) {
            VlanTags.remove(memory, start);
            vector.tag(i, tag);
            vector.strip(i, Ethernet.VLAN_TAG_BYTES);
        }
    }

    @Override
    public int transmit(final PacketVector vector) {
        final int size = vector.size();
        int taken = 0;
        try {
            while (taken < size && transmit(vector, taken)) {
                pool.free(vector, taken);
                taken++;
            }
        } finally {
            // Also when a page of the guest's memory is gone: what was freed isn't the caller's.
            vector.removeFirst(taken);
        }
        while (!pendingBursts.isEmpty()) {
            publish(pendingBursts.removeFirst());
        }
        return taken;
    }

    private void publish(final int pair) {
        final Virtqueue queue = queues.get(receiveIndex(pair));
        if (queue != null) {
            if (queue.publish()) {
                host.interrupt(receiveIndex(pair));
            }
            checkFault(queue);
        }
    }

    /** False if there is no room for the packet now. */
    private boolean transmit(final PacketVector vector, final int i) {
        if (!isRunning() || activePairs == 0) {
            counters.txStopped().increment();
            return true;
        }
        if (!isVlanWanted(vector, i)) {
            counters.txVlan().increment();
            return true;
        }
        final boolean isTagged = isTagged(vector, i);
        final int frameBytes = vector.lengthBytes(i) + (isTagged ? Ethernet.VLAN_TAG_BYTES : 0);
        final int pair = pairFor(vector, i);
        final Virtqueue queue = queues.get(receiveIndex(pair));
        if (frameBytes > maxFrameBytes()
                || frameBytes > pool.dataCapacityBytes() + Ethernet.VLAN_TAG_BYTES
                || (vector.flags(i) & PacketVector.FLAG_SEGMENTED) != 0) {
            counters.txTooLong().increment();
            return true;
        }
        if (queue == null || (!pendingBursts.contains(pair) && !queue.begin())) {
            counters.txStopped().increment();
            return true;
        }
        pendingBursts.add(pair);
        long start = pool.bufferOffset(vector.buffer(i)) + frameOffset(vector, i);
        if (isTagged) {
            VlanTags.insert(memory, start, vector.vlan(i));
            start -= Ethernet.VLAN_TAG_BYTES;
        }
        start -= NetHeader.LENGTH_BYTES;
        NetHeader.write(memory, start, headerFlags(vector.flags(i)));
        return switch (receiveRings.get(pair).give(memory, start, frameBytes)) {
            case GIVEN -> {
                counters.txPackets().increment();
                counters.txBytes().add(vector.lengthBytes(i));
                yield true;
            }
            case TOO_LONG -> {
                counters.txTooLong().increment();
                yield true;
            }
            case FAULT -> {
                checkFault(queue);
                counters.txStopped().increment();
                yield true;
            }
            case FULL -> {
                // The caller keeps the packet, as it was.
                if (isTagged) {
                    VlanTags.remove(memory, start + NetHeader.LENGTH_BYTES);
                }
                yield false;
            }
        };
    }

    /** Where the frame starts in its buffer, after it was moved if there was no room before it. */
    private long frameOffset(final PacketVector vector, final int i) {
        final int offset = vector.offsetBytes(i);
        if (offset >= MIN_HEADROOM_BYTES) {
            return offset;
        }
        final long buffer = pool.bufferOffset(vector.buffer(i));
        MemorySegment.copy(
                memory,
                buffer + offset,
                memory,
                buffer + pool.headroomBytes(),
                vector.lengthBytes(i));
        vector.moved(i, pool.headroomBytes());
        return pool.headroomBytes();
    }

    /** Flows that the NIC has told apart keep to one pair each. */
    private int pairFor(final PacketVector vector, final int i) {
        return activePairs > 1 && (vector.flags(i) & PacketVector.FLAG_HASH) != 0
                ? Integer.remainderUnsigned(vector.hash(i), activePairs)
                : 0;
    }

    private int headerFlags(final int packetFlags) {
        return (packetFlags & PacketVector.FLAG_L4_CHECKSUM_GOOD) != 0
                        && Feature.GUEST_CSUM.isIn(features)
                ? NetHeader.DATA_VALID
                : 0;
    }

    private boolean isTagged(final PacketVector vector, final int i) {
        return settings.isTrunk() && (vector.flags(i) & PacketVector.FLAG_VLAN) != 0;
    }

    /** With CTRL_VLAN the table of VLANs starts empty; without it all are welcome (5.1.6.5.3). */
    private boolean isVlanWanted(final PacketVector vector, final int i) {
        final int vlan = vector.vlan(i) & Ethernet.VLAN_ID_MASK;
        return !Feature.CTRL_VLAN.isIn(features)
                || !isTagged(vector, i)
                || vlan == 0
                || vlans.contains(vlan);
    }

    private int maxFrameBytes() {
        return settings.mtu()
                + Ethernet.HEADER_BYTES
                + (settings.isTrunk() ? Ethernet.VLAN_TAG_BYTES : 0);
    }

    private static int receiveIndex(final int pair) {
        return 2 * pair;
    }

    private static int transmitIndex(final int pair) {
        return 2 * pair + 1;
    }

    private void checkFault(final Virtqueue queue) {
        if (queue.fault() != QueueFault.NONE && isLive) {
            isLive = false;
            counters.violations().increment();
            if (queue.fault() == QueueFault.BUFFER_ADDRESS) {
                dma.recordFault(
                        new IommuFault(name(), queue.faultAddress(), 1, queue.fault().text()));
            }
            host.needsReset(
                    String.format(
                            Locale.ROOT,
                            "queue %d: %s (0x%x)",
                            queues.indexOf(queue),
                            queue.fault().text(),
                            queue.faultAddress()));
        }
    }

    @Override
    public void close() {
        reset();
        network.close();
    }

    /** What the control queue asks for. */
    private final class Requests implements ControlQueue.Handler {
        @Override
        public Answer handle(final ControlRequest request) {
            return switch (request) {
                case ControlRequest.ReceiveMode mode -> receiveMode(mode);
                case ControlRequest.Addresses table ->
                        Feature.CTRL_RX.isIn(features)
                                ? network.addresses(table.unicast(), table.multicast())
                                : NetworkControl.REFUSED;
                case ControlRequest.Address address ->
                        Feature.CTRL_MAC_ADDR.isIn(features)
                                ? network.address(address.mac())
                                : NetworkControl.REFUSED;
                case ControlRequest.Vlan vlan -> vlan(vlan);
                case ControlRequest.Announced announced ->
                        Feature.GUEST_ANNOUNCE.isIn(features)
                                ? NetworkControl.DONE
                                : NetworkControl.REFUSED;
                case ControlRequest.QueuePairs pairs ->
                        Feature.MQ.isIn(features)
                                        && pairs.pairs() >= 1
                                        && pairs.pairs() <= settings.maxQueuePairs()
                                ? NetworkControl.DONE
                                : NetworkControl.REFUSED;
            };
        }

        private Answer receiveMode(final ControlRequest.ReceiveMode mode) {
            if (!Feature.CTRL_RX.isIn(features)) {
                return NetworkControl.REFUSED;
            }
            return mode.isAllMulticast()
                    ? network.receiveMode(addresses.isPromiscuous(), mode.isOn())
                    : network.receiveMode(mode.isOn(), addresses.isAllMulticast());
        }

        /** VLAN 0 means frames with a priority only, and what is so already is done. */
        private Answer vlan(final ControlRequest.Vlan request) {
            if (!Feature.CTRL_VLAN.isIn(features)) {
                return NetworkControl.REFUSED;
            }
            return request.vlan() == 0 || vlans.contains(request.vlan()) == request.isWanted()
                    ? NetworkControl.DONE
                    : network.vlan(request.vlan(), request.isWanted());
        }

        @Override
        public void done(final ControlRequest request) {
            switch (request) {
                case ControlRequest.ReceiveMode mode -> {
                    if (mode.isAllMulticast()) {
                        addresses.mode(addresses.isPromiscuous(), mode.isOn());
                    } else {
                        addresses.mode(mode.isOn(), addresses.isAllMulticast());
                    }
                }
                case ControlRequest.Address address -> {
                    configuration.mac(address.mac());
                    addresses.own(address.mac());
                }
                case ControlRequest.Vlan vlan -> vlans.set(vlan.vlan(), vlan.isWanted());
                case ControlRequest.Announced announced ->
                        configuration.status(
                                configuration.status() & ~Virtio.VIRTIO_NET_S_ANNOUNCE());
                case ControlRequest.QueuePairs pairs -> activePairs = pairs.pairs();
                case ControlRequest.Addresses table ->
                        addresses.table(table.unicast(), table.multicast());
            }
        }
    }
}
