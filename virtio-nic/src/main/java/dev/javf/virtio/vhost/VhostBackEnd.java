package dev.javf.virtio.vhost;

import dev.javf.linux.Descriptor;
import dev.javf.linux.EventFd;
import dev.javf.linux.OpenFile;
import dev.javf.packet.PacketPool;
import dev.javf.vfio.DmaSpace;
import dev.javf.virtio.DeviceHost;
import dev.javf.virtio.DeviceStatus;
import dev.javf.virtio.DeviceStatus.Action;
import dev.javf.virtio.DeviceStatus.Change;
import dev.javf.virtio.Feature;
import dev.javf.virtio.net.NetSettings;
import dev.javf.virtio.net.NetworkControl;
import dev.javf.virtio.net.VirtioNet;
import dev.javf.virtio.queue.QueueFault;
import dev.javf.virtio.queue.QueueSettings;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * What a vhost-user front-end's requests do to the device, whatever socket they come over. Nothing
 * in them is believed; a request that can't be is refused with a reason, and changes nothing.
 *
 * <p>Front-ends agree on no order (QEMU enables rings before it sets features, and sets FEATURES_OK
 * before ACKNOWLEDGE; DPDK never resets), so each request is looked at for itself, and a ring
 * starts when everything is there that it needs. What a front-end that doesn't reset leaves out is
 * taken from what it does: a new connection, an owner, or new features after all rings were stopped
 * begin with status 0. For one thread.
 */
final class VhostBackEnd implements AutoCloseable {
    /** Tells that protocol features can be asked for; never a feature of the guest's. */
    private static final long PROTOCOL_FEATURES = 1L << 30;

    private static final int PROTOCOL_MQ = 0;
    private static final int PROTOCOL_REPLY_ACK = 3;
    private static final int PROTOCOL_MTU = 4;
    private static final int PROTOCOL_RESET_DEVICE = 13;
    private static final int PROTOCOL_CONFIGURE_MEM_SLOTS = 15;
    private static final int PROTOCOL_STATUS = 16;
    private static final long PROTOCOL_OFFERED =
            1L << PROTOCOL_MQ
                    | 1L << PROTOCOL_REPLY_ACK
                    | 1L << PROTOCOL_MTU
                    | 1L << PROTOCOL_RESET_DEVICE
                    | 1L << PROTOCOL_CONFIGURE_MEM_SLOTS
                    | 1L << PROTOCOL_STATUS;

    /** In KICK, CALL and ERR: no descriptor comes with it. */
    private static final long NO_DESCRIPTOR = 1 << 8;

    private static final int RING_MASK = 0xFF;
    private static final int REGION_OFFSET = 8;
    private static final int MIN_MTU = 68;
    private static final long MAX_STATUS = 0xFF;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;

    private final NetSettings settings;
    private final DmaSpace dma = new DmaSpace();
    private final VirtioNet device;
    private final FrontEndMemory memory;
    private final Vring[] vrings;
    private long features;
    private long protocolFeatures;
    private int status;
    private long reply;
    private String failure = "";

    /**
     * A device that no front-end has touched yet.
     *
     * @param settings of the network device.
     * @param pool where received packets' buffers come from, and where sent ones' go.
     * @param network told what a guest wants that can't ask.
     * @param isUnsealedMemoryAllowed whether to take memory that the front-end could shrink.
     */
    VhostBackEnd(
            final NetSettings settings,
            final PacketPool pool,
            final NetworkControl network,
            final boolean isUnsealedMemoryAllowed) {
        this.settings = settings;
        device = new VirtioNet(settings, pool, network, dma, new Host());
        device.activePairs(0);
        memory = new FrontEndMemory(dma, isUnsealedMemoryAllowed);
        vrings = new Vring[2 * settings.maxQueuePairs()];
        for (int ring = 0; ring < vrings.length; ring++) {
            vrings[ring] = new Vring();
        }
    }

    VirtioNet device() {
        return device;
    }

    DmaSpace dma() {
        return dma;
    }

    int status() {
        return status;
    }

    /** Whether the front-end may ask for an acknowledgement of each request. */
    boolean hasReplyAck() {
        return hasProtocol(PROTOCOL_REPLY_ACK);
    }

    /** What the last request is answered with, if it has an answer. */
    long reply() {
        return reply;
    }

    /** Why the device can't go on with this front-end; empty if it can. */
    String failure() {
        return failure;
    }

    private boolean hasProtocol(final int feature) {
        return (protocolFeatures >>> feature & 1) != 0;
    }

    /**
     * The features that rings and packets depend on, and those that DPDK's and QEMU's front-ends
     * need to be offered to do themselves what belongs to them. Not CTRL_VLAN: no front-end hands
     * the control queue on, and DPDK's would tell its application that a filter is set.
     */
    private long offeredFeatures() {
        return Feature.maskOf(
                        Feature.CSUM,
                        Feature.GUEST_CSUM,
                        Feature.MTU,
                        Feature.GUEST_TSO4,
                        Feature.GUEST_TSO6,
                        Feature.HOST_TSO4,
                        Feature.HOST_TSO6,
                        Feature.MRG_RXBUF,
                        Feature.CTRL_VQ,
                        Feature.CTRL_RX,
                        Feature.GUEST_ANNOUNCE,
                        Feature.INDIRECT_DESC,
                        Feature.EVENT_IDX,
                        Feature.VERSION_1,
                        Feature.RING_PACKED,
                        Feature.IN_ORDER,
                        Feature.RING_RESET)
                | (settings.maxQueuePairs() > 1 ? Feature.MQ.mask() : 0)
                | PROTOCOL_FEATURES;
    }

    /**
     * Does what is asked for.
     *
     * @param request of a known kind.
     * @param payload of the kind's length.
     * @param descriptors that came with it, no more than the kind allows; one that is taken is
     *     removed.
     * @return why it can't be done, or null if it was.
     */
    @Nullable String handle(
            final VhostRequest request,
            final MemorySegment payload,
            final List<Descriptor> descriptors) {
        reply = 0;
        return switch (request) {
            case GET_FEATURES -> answer(offeredFeatures());
            case SET_FEATURES -> setFeatures(payload.get(LONG, 0));
            case SET_OWNER -> {
                implicitReset();
                yield null;
            }
            case RESET_OWNER -> {
                implicitReset();
                for (final Vring vring : vrings) {
                    vring.enabled(false);
                }
                updatePairs();
                yield null;
            }
            case GET_PROTOCOL_FEATURES -> answer(PROTOCOL_OFFERED);
            case SET_PROTOCOL_FEATURES -> setProtocolFeatures(payload.get(LONG, 0));
            case GET_QUEUE_NUM -> answer(settings.maxQueuePairs());
            case NET_SET_MTU -> setMtu(payload.get(LONG, 0));
            case RESET_DEVICE -> {
                reset();
                yield null;
            }
            case GET_STATUS -> answer(status);
            case SET_STATUS -> setStatus(payload.get(LONG, 0));
            case SET_MEM_TABLE -> setMemoryTable(payload, descriptors);
            case GET_MAX_MEM_SLOTS -> answer(FrontEndMemory.MAX_REGIONS);
            case ADD_MEM_REG -> addMemory(payload, descriptors);
            case REM_MEM_REG -> removeMemory(payload);
            case SET_VRING_KICK, SET_VRING_CALL, SET_VRING_ERR ->
                    setEvent(request, payload.get(LONG, 0), descriptors);
            case SET_VRING_NUM, SET_VRING_ADDR, SET_VRING_BASE, GET_VRING_BASE, SET_VRING_ENABLE ->
                    setRing(request, payload);
        };
    }

    private @Nullable String answer(final long value) {
        reply = value;
        return null;
    }

    private @Nullable String setFeatures(final long wanted) {
        if ((wanted & ~offeredFeatures()) != 0) {
            return "features 0x"
                    + Long.toHexString(wanted & ~offeredFeatures())
                    + " weren't offered";
        }
        if (!Feature.VERSION_1.isIn(wanted)) {
            return "VERSION_1 is missing; this is no device of before VirtIO 1.0";
        }
        if (wanted != features) {
            if (isAnyRingOpen()) {
                return "features can't change while rings run";
            }
            implicitReset();
            device.reset();
            device.applyRingFeatures(wanted);
            features = wanted;
        }
        if ((wanted & PROTOCOL_FEATURES) == 0) {
            for (final Vring vring : vrings) {
                vring.enabled(true);
            }
        }
        updatePairs();
        startRings();
        return null;
    }

    private @Nullable String setProtocolFeatures(final long wanted) {
        if ((wanted & ~PROTOCOL_OFFERED) != 0) {
            return "protocol features 0x"
                    + Long.toHexString(wanted & ~PROTOCOL_OFFERED)
                    + " weren't offered";
        }
        protocolFeatures = wanted;
        return null;
    }

    private @Nullable String setMtu(final long mtu) {
        return mtu < MIN_MTU || mtu > settings.mtu()
                ? "MTU " + mtu + ", must be " + MIN_MTU + " to " + settings.mtu()
                : null;
    }

    private @Nullable String setStatus(final long value) {
        if (Long.compareUnsigned(value, MAX_STATUS) > 0) {
            return "status 0x" + Long.toHexString(value) + " is no byte";
        }
        change(DeviceStatus.write(status, (int) value));
        return null;
    }

    private void change(final Change change) {
        if (change.actions().contains(Action.RESET)) {
            // Rings stay: a front-end may ask for their positions after it.
            device.stop();
            enter(0);
            return;
        }
        if (change.actions().contains(Action.APPLY_FEATURES) && features == 0) {
            change(DeviceStatus.deviceNeedsReset(status));
            return;
        }
        enter(change.status());
        updateLive();
    }

    private void enter(final int next) {
        device.statusChanged(status, next);
        status = next;
    }

    /** A front-end that doesn't speak of the status is ready when it starts rings. */
    private void updateLive() {
        final boolean isLive =
                hasProtocol(PROTOCOL_STATUS)
                        ? DeviceStatus.isLive(status)
                        : (status & DeviceStatus.NEEDS_RESET) == 0 && isAnyRingOpen();
        if (isLive) {
            device.start();
        } else {
            device.stop();
        }
    }

    private void implicitReset() {
        if (!isAnyRingOpen()) {
            enter(0);
            device.stop();
        }
    }

    // ---- Memory ----

    private @Nullable String setMemoryTable(
            final MemorySegment payload, final List<Descriptor> descriptors) {
        final int count = payload.get(INT, 0);
        if (payload.byteSize() != REGION_OFFSET + (long) count * MemoryRegion.LENGTH_BYTES
                || descriptors.size() != count) {
            return "a table of "
                    + count
                    + " regions came with "
                    + payload.byteSize()
                    + " bytes and "
                    + descriptors.size()
                    + " descriptors";
        }
        final List<MemoryRegion> table = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            table.add(
                    MemoryRegion.decode(
                            payload, REGION_OFFSET + (long) i * MemoryRegion.LENGTH_BYTES));
        }
        if (memory.isSame(table, descriptors)) {
            return null;
        }
        closeRings();
        memory.close();
        for (int i = 0; i < count; i++) {
            final String error = memory.add(table.get(i), descriptors.get(i));
            if (error != null) {
                memory.close();
                return error;
            }
        }
        startRings();
        return null;
    }

    private @Nullable String addMemory(
            final MemorySegment payload, final List<Descriptor> descriptors) {
        if (descriptors.size() != 1) {
            return "a memory region came without its file";
        }
        final String error =
                memory.add(MemoryRegion.decode(payload, REGION_OFFSET), descriptors.getFirst());
        if (error == null) {
            startRings();
        }
        return error;
    }

    private @Nullable String removeMemory(final MemorySegment payload) {
        closeRings();
        final boolean isRemoved = memory.remove(MemoryRegion.decode(payload, REGION_OFFSET));
        startRings();
        return isRemoved ? null : "no such memory region";
    }

    // ---- Rings ----

    private @Nullable String setEvent(
            final VhostRequest request, final long word, final List<Descriptor> descriptors) {
        final int ring = (int) word & RING_MASK;
        if (ring >= vrings.length || (word & ~(RING_MASK | NO_DESCRIPTOR)) != 0) {
            return "there is no ring " + word;
        }
        if (((word & NO_DESCRIPTOR) != 0) != descriptors.isEmpty()) {
            return request + " of ring " + ring + " has a descriptor or not, against its word";
        }
        if (request == VhostRequest.SET_VRING_CALL) {
            return setCall(ring, descriptors);
        }
        if (request == VhostRequest.SET_VRING_KICK) {
            // Rings are polled, so nobody has to kick; what counts is that the ring starts.
            vrings[ring].kicked(true);
            return startRing(ring);
        }
        return null;
    }

    private @Nullable String setCall(final int ring, final List<Descriptor> descriptors) {
        if (descriptors.isEmpty()) {
            vrings[ring].call(null);
            return null;
        }
        if (!OpenFile.isEventFd(descriptors.getFirst())) {
            return "SET_VRING_CALL of ring " + ring + " came with what is no eventfd";
        }
        vrings[ring].call(EventFd.create(descriptors.removeFirst()));
        return null;
    }

    private @Nullable String setRing(final VhostRequest request, final MemorySegment payload) {
        final int ring = payload.get(INT, 0);
        if (ring < 0 || ring >= vrings.length) {
            return "there is no ring " + Integer.toUnsignedString(ring);
        }
        final Vring vring = vrings[ring];
        final int value = payload.get(INT, Integer.BYTES);
        return switch (request) {
            case SET_VRING_NUM -> {
                if (device.isQueueOpen(ring)) {
                    yield "ring " + ring + " can't change its size while it runs";
                }
                if (value < 1 || value > settings.maxQueueSize()) {
                    yield "ring "
                            + ring
                            + ": size "
                            + Integer.toUnsignedString(value)
                            + ", must be 1 to "
                            + settings.maxQueueSize();
                }
                vring.size(value);
                yield null;
            }
            case SET_VRING_BASE -> {
                if (device.isQueueOpen(ring)) {
                    yield "ring " + ring + " can't be moved while it runs";
                }
                vring.position(value);
                yield null;
            }
            case GET_VRING_BASE -> {
                closeRing(ring);
                vring.kicked(false);
                updateLive();
                yield answer(Integer.toUnsignedLong(vring.position()) << Integer.SIZE | ring);
            }
            case SET_VRING_ENABLE -> {
                if (value != 0 && value != 1) {
                    yield "ring " + ring + ": enable " + Integer.toUnsignedString(value);
                }
                vring.enabled(value == 1);
                updatePairs();
                yield null;
            }
            default -> place(ring, payload);
        };
    }

    private @Nullable String place(final int ring, final MemorySegment payload) {
        final int flags = payload.get(INT, 4);
        final long descriptors = payload.get(LONG, 8);
        final long used = payload.get(LONG, 16);
        final long available = payload.get(LONG, 24);
        if (flags != 0) {
            return "ring " + ring + ": flags 0x" + Integer.toHexString(flags) + "; there is no log";
        }
        if (device.isQueueOpen(ring) && vrings[ring].isAt(descriptors, available, used)) {
            return null;
        }
        closeRing(ring);
        vrings[ring].place(descriptors, available, used);
        return startRing(ring);
    }

    private void startRings() {
        for (int ring = 0; ring < vrings.length; ring++) {
            startRing(ring);
        }
    }

    /** Starts a ring if all is there that it needs. What is wrong with it stays with the ring. */
    private @Nullable String startRing(final int ring) {
        final Vring vring = vrings[ring];
        if (!vring.isReady() || features == 0 || memory.size() == 0 || device.isQueueOpen(ring)) {
            return null;
        }
        if (!memory.hasUser(vring.descriptorAddress())
                || !memory.hasUser(vring.availableAddress())
                || !memory.hasUser(vring.usedAddress())) {
            return "ring " + ring + ": " + QueueFault.RING_ADDRESS.text();
        }
        final QueueFault fault =
                device.resumeQueue(
                        ring,
                        new QueueSettings(
                                vring.size(),
                                memory.guestAddress(vring.descriptorAddress()),
                                memory.guestAddress(vring.availableAddress()),
                                memory.guestAddress(vring.usedAddress())),
                        vring.position());
        if (fault != QueueFault.NONE) {
            return "ring " + ring + ": " + fault.text();
        }
        updateLive();
        return null;
    }

    private void closeRings() {
        for (int ring = 0; ring < vrings.length; ring++) {
            closeRing(ring);
        }
    }

    private void closeRing(final int ring) {
        if (device.isQueueOpen(ring)) {
            vrings[ring].position(device.queuePosition(ring));
            device.resetQueue(ring);
        }
    }

    private boolean isAnyRingOpen() {
        for (int ring = 0; ring < vrings.length; ring++) {
            if (device.isQueueOpen(ring)) {
                return true;
            }
        }
        return false;
    }

    /** Pairs are enabled from the first one on, whoever enables them. */
    private void updatePairs() {
        int pairs = 0;
        while (2 * pairs < vrings.length
                && vrings[2 * pairs].isEnabled()
                && vrings[2 * pairs + 1].isEnabled()) {
            pairs++;
        }
        device.activePairs(pairs);
    }

    /** Everything as at the beginning, but for the guest's memory and what was negotiated. */
    private void reset() {
        closeRings();
        for (final Vring vring : vrings) {
            vring.reset();
        }
        device.reset();
        device.activePairs(0);
        features = 0;
        enter(0);
    }

    /** The front-end is gone. Another one may come. */
    void disconnect() {
        reset();
        memory.close();
        protocolFeatures = 0;
        failure = "";
    }

    @Override
    public void close() {
        disconnect();
        device.close();
    }

    /** What the device needs of its door. */
    private final class Host implements DeviceHost {
        @Override
        public void interrupt(final int queue) {
            vrings[queue].signal();
        }

        @Override
        public boolean mayAccessMemory() {
            return true;
        }

        @Override
        public void configurationChanged() {
            // The configuration is the front-end's.
        }

        @Override
        public void needsReset(final String reason) {
            enter(DeviceStatus.deviceNeedsReset(status).status());
            failure = reason;
        }
    }
}
