package dev.javf.virtio.driver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.linux.EventFd;
import dev.javf.vfio.PciBar;
import dev.javf.vfio.PciDevice;
import dev.javf.virtio.Feature;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * A driver that brings a modern virtio network function up by the numbered steps of VirtIO 1.2,
 * 3.1.1, finds its registers through the capabilities as 4.1.4 says, lays its rings out in memory,
 * and moves packets. It knows the function only through its door.
 */
public final class VirtioDriver implements AutoCloseable {
    /** Bytes before each packet. */
    public static final int HEADER_BYTES = 12;

    private static final int ACKNOWLEDGE = 1;
    private static final int DRIVER = 2;
    private static final int DRIVER_OK = 4;
    private static final int FEATURES_OK = 8;
    private static final int NEEDS_RESET = 0x40;
    private static final int FAILED = 0x80;
    private static final int QUEUE_SIZE = 128;

    private final PciDevice device;
    private final GuestMemory memory;
    private final Runnable step;
    private final RegisterWindow common;
    private final RegisterWindow notify;
    private final RegisterWindow configuration;
    private final int notifyMultiplier;
    private final List<PacketQueue> receiveQueues = new ArrayList<>();
    private final List<PacketQueue> transmitQueues = new ArrayList<>();
    private final List<EventFd> eventFds = new ArrayList<>();
    private @Nullable ControlPath control;
    private long features;
    private int pairs;

    /** Registers that a capability points to. */
    private record RegisterWindow(PciBar bar, long offset, long lengthBytes) {
        int read(final int at, final int widthBytes) {
            return bar.read(offset + at, widthBytes);
        }

        void write(final int at, final int widthBytes, final int value) {
            bar.write(offset + at, widthBytes, value);
        }
    }

    /**
     * A driver that hasn't touched the function yet, but for its configuration space.
     *
     * @param device the function.
     * @param memory the guest's memory, mapped for DMA.
     * @param step run while an answer of the device is awaited.
     */
    public VirtioDriver(final PciDevice device, final GuestMemory memory, final Runnable step) {
        this.device = device;
        this.memory = memory;
        this.step = step;
        common = window(1);
        notify = window(2);
        configuration = window(4);
        notifyMultiplier = device.config().read(capability(2) + 16, 4);
        device.config().enableBusMaster();
        for (int vector = 0; vector < device.interruptVectors(); vector++) {
            final EventFd eventFd = EventFd.create();
            eventFds.add(eventFd);
            device.interrupt(vector, eventFd);
        }
    }

    /** The capability of a type; every one must be there. */
    private int capability(final int type) {
        for (int at = device.config().read(0x34, 1);
                at != 0;
                at = device.config().read(at + 1, 1)) {
            if (device.config().read(at, 1) == 9 && device.config().read(at + 3, 1) == type) {
                return at;
            }
        }
        throw new AssertionError("no virtio capability of type " + type);
    }

    private RegisterWindow window(final int type) {
        final int at = capability(type);
        return new RegisterWindow(
                device.bar(device.config().read(at + 4, 1)),
                Integer.toUnsignedLong(device.config().read(at + 8, 4)),
                Integer.toUnsignedLong(device.config().read(at + 12, 4)));
    }

    // ---- Registers ----

    public int status() {
        return common.read(0x14, 1);
    }

    public void status(final int value) {
        common.write(0x14, 1, value);
    }

    /** Reads the status, adds bits, and writes it. */
    public void addStatus(final int bits) {
        status(status() | bits);
    }

    public int read(final int register, final int widthBytes) {
        return common.read(register, widthBytes);
    }

    public void write(final int register, final int widthBytes, final int value) {
        common.write(register, widthBytes, value);
    }

    public int configuration(final int offset, final int widthBytes) {
        return configuration.read(offset, widthBytes);
    }

    public long offeredFeatures() {
        common.write(0x00, 4, 0);
        final long low = Integer.toUnsignedLong(common.read(0x04, 4));
        common.write(0x00, 4, 1);
        return low | (long) common.read(0x04, 4) << 32;
    }

    public void chooseFeatures(final long chosen) {
        common.write(0x08, 4, 0);
        common.write(0x0C, 4, (int) chosen);
        common.write(0x08, 4, 1);
        common.write(0x0C, 4, (int) (chosen >>> 32));
    }

    /** How often a vector was signalled since the last time. */
    public long interrupts(final int vector) {
        return eventFds.get(vector).drain();
    }

    public void assertStatusIsGood() {
        assertThat(status() & (NEEDS_RESET | FAILED)).as("NEEDS_RESET and FAILED").isZero();
    }

    // ---- Initialization ----

    /** Steps 1 to 6: the features are agreed on. */
    public void negotiate(final long wanted) {
        status(0);
        assertThat(status()).as("1. reset").isZero();
        memory.clear();
        receiveQueues.clear();
        transmitQueues.clear();
        control = null;
        addStatus(ACKNOWLEDGE);
        addStatus(DRIVER);
        assertThat(offeredFeatures() & wanted).as("4. what is wanted is offered").isEqualTo(wanted);
        chooseFeatures(wanted);
        addStatus(FEATURES_OK);
        assertThat(status()).as("6. the features are agreed on").isEqualTo(0x0B);
        features = wanted;
        pairs = Feature.MQ.isIn(wanted) ? configuration(8, 2) : 1;
    }

    /** Steps 1 to 8: the device is live. */
    public void initialize(final long wanted) {
        negotiate(wanted);
        for (int pair = 0; pair < pairs; pair++) {
            receiveQueues.add(new PacketQueue(memory, setUpQueue(2 * pair, QUEUE_SIZE), true));
            transmitQueues.add(
                    new PacketQueue(memory, setUpQueue(2 * pair + 1, QUEUE_SIZE), false));
        }
        if (Feature.CTRL_VQ.isIn(wanted)) {
            control =
                    new ControlPath(
                            memory, setUpQueue(controlIndex(), 32), this::kickControl, step);
        }
        common.write(0x10, 2, 0);
        assertThat(common.read(0x10, 2)).isZero();
        addStatus(DRIVER_OK);
        assertThat(status()).as("8. it is live").isEqualTo(0x0F);
        receiveQueues.forEach(PacketQueue::fill);
    }

    /** Step 7, for one queue: a ring in memory, its addresses, its vector, enabled. */
    public DriverRing setUpQueue(final int queue, final int wantedSize) {
        assertThat(queue).isLessThan(common.read(0x12, 2));
        common.write(0x16, 2, queue);
        assertThat(common.read(0x1C, 2)).as("queue %d isn't enabled", queue).isZero();
        final int maxSize = common.read(0x18, 2);
        assertThat(maxSize).as("size of queue %d", queue).isBetween(1, 32768);
        final int size = Math.min(maxSize, wantedSize);
        common.write(0x18, 2, size);
        assertThat(common.read(0x18, 2)).isEqualTo(size);
        final DriverRing ring = DriverRing.of(memory, size, format());
        address(0x20, ring.settings().descriptorArea());
        address(0x28, ring.settings().driverArea());
        address(0x30, ring.settings().deviceArea());
        common.write(0x1C, 2, 1);
        assertThat(common.read(0x1C, 2)).as("queue %d is enabled", queue).isEqualTo(1);
        common.write(0x1A, 2, 1 + queue);
        assertThat(common.read(0x1A, 2)).isEqualTo(1 + queue);
        assertStatusIsGood();
        return ring;
    }

    private DriverRing.Format format() {
        return DriverRing.Format.of(features);
    }

    private void address(final int register, final long value) {
        common.write(register, 4, (int) value);
        common.write(register + 4, 4, (int) (value >>> 32));
    }

    /** The control queue follows the pairs that there can be: at index 2 without MQ. */
    public int controlIndex() {
        return 2 * pairs;
    }

    // ---- Traffic ----

    /** Queue pairs that were set up. */
    public int pairs() {
        return pairs;
    }

    public ControlPath control() {
        return Objects.requireNonNull(control, "no control queue");
    }

    /** Puts a frame into a transmit queue; false if it is full. */
    public boolean transmit(final int pair, final byte[] frame) {
        final boolean isSent = transmitQueues.get(pair).send(frame);
        kick(2 * pair + 1);
        return isSent;
    }

    /** Puts a frame with a virtio header of its own into a transmit queue; false if it is full. */
    public boolean transmit(final int pair, final byte[] header, final byte[] frame) {
        final boolean isSent = transmitQueues.get(pair).send(header, frame);
        kick(2 * pair + 1);
        return isSent;
    }

    /** Frames that have come, and their buffers back to the ring. */
    public List<byte[]> receive(final int pair) {
        return receiveQueues.get(pair).receive(Feature.MRG_RXBUF.isIn(features));
    }

    public PacketQueue receiveQueue(final int pair) {
        return receiveQueues.get(pair);
    }

    private void kickControl() {
        kick(controlIndex());
    }

    private void kick(final int queue) {
        if (Feature.NOTIFICATION_DATA.isIn(features)) {
            notify.write(notifyMultiplier * queue, 4, queue);
        } else {
            notify.write(notifyMultiplier * queue, 2, queue);
        }
    }

    @Override
    public void close() {
        eventFds.forEach(EventFd::close);
    }
}
