package dev.javf.virtio.driver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.linux.Descriptor;
import dev.javf.linux.EventFd;
import dev.javf.linux.PageSize;
import dev.javf.linux.SharedMemory;
import dev.javf.linux.UnixSocket;
import dev.javf.linux.libc.Libc;
import dev.javf.vfio.DmaMapping;
import dev.javf.virtio.Feature;
import dev.javf.virtio.queue.QueueSettings;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A vhost-user front-end with a guest's driver behind it, for tests. It says things in the orders
 * that QEMU's and DPDK's front-ends were seen to say them in; rings lie where only it knows.
 */
public final class VhostFrontEnd implements AutoCloseable {
    public static final int NEED_REPLY = 1 << 3;

    private static final long GUEST_BASE = 0x1_0000_0000L;
    private static final long USER_BASE = 0x7F12_3400_0000L;
    private static final int GUEST_BYTES = 16 << 20;
    private static final int QUEUE_SIZE = 128;
    private static final int PATIENCE = 100_000;
    private static final int HEADER_BYTES = 12;

    /** Whose order things are said in. */
    public enum Order {
        /** QEMU 11. */
        QEMU,
        /** QEMU 7.2, which resets before it asks for positions. */
        QEMU_7,
        /** DPDK's virtio-user. */
        DPDK
    }

    private final UnixSocket socket;
    private final Runnable step;
    private final SharedMemory guest;
    private final Arena fileArena = Arena.ofShared();
    private GuestMemory memory;
    private Descriptor file;
    private final MemorySegment in = Arena.ofAuto().allocate(4096, 8);
    private final List<DriverRing> rings = new ArrayList<>();
    private final List<PacketQueue> queues = new ArrayList<>();
    private final List<EventFd> calls = new ArrayList<>();
    private Order order = Order.QEMU;
    private long features;

    /**
     * A front-end that has said nothing yet.
     *
     * @param socket connected.
     * @param step run while an answer is awaited.
     */
    public VhostFrontEnd(final UnixSocket socket, final Runnable step) {
        this.socket = socket;
        this.step = step;
        guest = SharedMemory.allocate("vhost-guest", GUEST_BYTES, PageSize.PLAIN_4K);
        guest.seal();
        memory = new GuestMemory(new DmaMapping(guest.segment(), GUEST_BASE));
        file = guest.descriptor();
    }

    /** Goes on with another front-end's guest, whose back-end has gone. */
    public void takeOver(final VhostFrontEnd other) {
        memory = other.memory;
        file = other.file;
        order = other.order;
        features = other.features;
        rings.addAll(other.rings);
        queues.addAll(other.queues);
        assertThat(ask(1) & features).isEqualTo(features);
        send(16, 0, word(ask(15)));
        for (int ring = 0; ring < rings.size(); ring++) {
            calls.add(EventFd.create());
            send(13, 0, word(ring), calls.get(ring).descriptor());
        }
    }

    /** Moves the guest's memory to a file, which can be cut off, and its rings with it. */
    public void useFile(final Path path) throws IOException {
        try (RandomAccessFile made = new RandomAccessFile(path.toFile(), "rw")) {
            made.setLength(GUEST_BYTES);
        }
        final int[] positions = stop();
        file = Descriptor.open(path.toString(), Libc.O_RDWR());
        final MemorySegment mapped =
                file.map(0, GUEST_BYTES, Libc.PROT_READ() | Libc.PROT_WRITE(), fileArena);
        mapped.copyFrom(memory.segment());
        memory.moveTo(new DmaMapping(mapped, GUEST_BASE));
        start(positions, 0);
    }

    /** Cuts the whole file off. */
    public void truncate(final Path path) throws IOException {
        try (RandomAccessFile made = new RandomAccessFile(path.toFile(), "rw")) {
            made.setLength(0);
        }
    }

    // ---- Messages ----

    public static byte[] word(final long value) {
        return ByteBuffer.allocate(8).order(ByteOrder.nativeOrder()).putLong(value).array();
    }

    public static byte[] pair(final int first, final int second) {
        return ByteBuffer.allocate(8)
                .order(ByteOrder.nativeOrder())
                .putInt(first)
                .putInt(second)
                .array();
    }

    /** Sends a message whatever it is. */
    public void send(
            final int request, final int flags, final byte[] payload, final Descriptor... passed) {
        final ByteBuffer message =
                ByteBuffer.allocate(HEADER_BYTES + payload.length).order(ByteOrder.nativeOrder());
        message.putInt(request).putInt(1 | flags).putInt(payload.length).put(payload);
        raw(message.array(), passed);
    }

    /** Sends bytes; what can't be sent because the peer is gone is lost. */
    public void raw(final byte[] bytes, final Descriptor... passed) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment out = arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes);
            socket.send(out, 0, bytes.length, List.of(passed));
        }
    }

    /** A request that has an answer of its own. */
    public long ask(final int request, final byte... payload) {
        send(request, 0, payload);
        return answer(request);
    }

    /** A request, and what it is acknowledged with. */
    public long acknowledged(final int request, final byte[] payload, final Descriptor... passed) {
        send(request, NEED_REPLY, payload, passed);
        return answer(request);
    }

    private long answer(final int request) {
        for (int i = 0; i < PATIENCE; i++) {
            final int result = socket.receive(in, 0, 20);
            if (result > 0) {
                assertThat(result).isEqualTo(20);
                assertThat(in.get(ValueLayout.JAVA_INT, 0)).isEqualTo(request);
                assertThat(in.get(ValueLayout.JAVA_INT, 4)).as("DPDK wants exactly 5").isEqualTo(5);
                return in.get(ValueLayout.JAVA_LONG_UNALIGNED, HEADER_BYTES);
            }
            assertThat(result).as("connected, for %d", request).isEqualTo(UnixSocket.WOULD_BLOCK);
            step.run();
        }
        throw new AssertionError("no answer to request " + request);
    }

    /** Whether the back-end has closed the connection, after a while. */
    public boolean isCutOff() {
        for (int i = 0; i < 1000; i++) {
            step.run();
            final int result = socket.receive(in, 0, 1);
            if (result != UnixSocket.WOULD_BLOCK && result <= 0) {
                return true;
            }
        }
        return false;
    }

    // ---- Bringing the device up ----

    public static byte[] region(final long guestAddress, final long lengthBytes, final long user) {
        return ByteBuffer.allocate(40)
                .order(ByteOrder.nativeOrder())
                .putLong(0)
                .putLong(guestAddress)
                .putLong(lengthBytes)
                .putLong(user)
                .putLong(0)
                .array();
    }

    /** The table that has all of the guest's memory. */
    public byte[] table() {
        final byte[] table = region(GUEST_BASE, GUEST_BYTES, USER_BASE);
        table[0] = 1;
        return table;
    }

    public Descriptor file() {
        return file;
    }

    /** From the first message to a device that is live, with its rings new. */
    public void initialize(final long wanted, final int pairs, final Order saidBy) {
        order = saidBy;
        features = wanted;
        final long protocol = 1 << 0 | 1 << 3 | 1 << 16;
        if (saidBy == Order.DPDK) {
            send(3, 0, new byte[0]);
            assertThat(ask(1) & wanted).isEqualTo(wanted);
        } else {
            assertThat(ask(1) & wanted).isEqualTo(wanted);
        }
        assertThat(ask(15) & protocol).isEqualTo(protocol);
        send(16, 0, word(protocol));
        if (saidBy != Order.DPDK) {
            assertThat(ask(17)).isGreaterThanOrEqualTo(pairs);
            send(3, 0, new byte[0]);
        }
        while (calls.size() < 2 * pairs) {
            calls.add(EventFd.create());
        }
        for (int ring = 0; ring < 2 * pairs; ring++) {
            send(13, 0, word(ring), calls.get(ring).descriptor());
            send(14, 0, word(ring | 1 << 8));
        }
        memory.clear();
        rings.clear();
        queues.clear();
        for (int ring = 0; ring < 2 * pairs; ring++) {
            final DriverRing made = DriverRing.of(memory, QUEUE_SIZE, DriverRing.Format.of(wanted));
            rings.add(made);
            queues.add(new PacketQueue(memory, made, ring % 2 == 0));
        }
        final int fresh = Feature.RING_PACKED.isIn(wanted) ? 1 << 15 : 0;
        start(new int[2 * pairs], fresh);
        for (int ring = 0; ring < queues.size(); ring += 2) {
            queues.get(ring).fill();
        }
    }

    /** Tells everything about the rings, which are at these positions, each combined with bits. */
    public void start(final int[] positions, final int freshBits) {
        if (order != Order.DPDK) {
            enable(true);
        }
        send(2, 0, word(features | 1L << 30));
        if (order == Order.DPDK) {
            assertThat(acknowledged(39, word(0x0B))).isZero();
            assertThat(ask(40)).isEqualTo(0x0B);
        } else {
            assertThat(ask(40)).isZero();
            send(39, 0, word(0x08));
        }
        assertThat(acknowledged(5, table(), file())).isZero();
        for (int ring = 0; ring < rings.size(); ring++) {
            if (ring == 2 && order != Order.DPDK) {
                send(2, 0, word(features | 1L << 30));
                assertThat(ask(40)).isEqualTo(0x08);
            }
            send(8, 0, pair(ring, QUEUE_SIZE));
            send(10, 0, pair(ring, positions[ring] | freshBits));
            send(9, 0, addresses(ring));
            send(12, 0, word(ring | 1 << 8));
        }
        if (order == Order.DPDK) {
            enable(true);
            assertThat(acknowledged(39, word(0x0F))).isZero();
        } else {
            assertThat(ask(40)).isEqualTo(0x08);
            send(39, 0, word(0x0F));
        }
        assertThat(ask(40)).isEqualTo(0x0F);
    }

    public byte[] addresses(final int ring) {
        final QueueSettings settings = rings.get(ring).settings();
        final long shift = USER_BASE - GUEST_BASE;
        return ByteBuffer.allocate(40)
                .order(ByteOrder.nativeOrder())
                .putInt(ring)
                .putInt(0)
                .putLong(settings.descriptorArea() + shift)
                .putLong(settings.deviceArea() + shift)
                .putLong(settings.driverArea() + shift)
                .putLong(0)
                .array();
    }

    private void enable(final boolean isOn) {
        for (int ring = 0; ring < rings.size(); ring++) {
            send(18, 0, pair(ring, isOn ? 1 : 0));
        }
    }

    /** Stops all rings as the front-end does; where they are. */
    public int[] stop() {
        if (order == Order.QEMU_7) {
            send(39, 0, word(0));
        }
        if (order == Order.DPDK) {
            enable(false);
        }
        final int[] positions = new int[rings.size()];
        for (int ring = 0; ring < positions.length; ring++) {
            final long answer = ask(11, pair(ring, 0xDEAD));
            assertThat((int) answer).isEqualTo(ring);
            positions[ring] = (int) (answer >>> 32);
        }
        if (order == Order.QEMU) {
            send(39, 0, word(0));
        }
        return positions;
    }

    // ---- Traffic ----

    public boolean transmit(final int pair, final byte[] frame) {
        return queues.get(2 * pair + 1).send(frame);
    }

    public List<byte[]> receive(final int pair) {
        return queues.get(2 * pair).receive(Feature.MRG_RXBUF.isIn(features));
    }

    public PacketQueue queue(final int ring) {
        return queues.get(ring);
    }

    public DriverRing ring(final int ring) {
        return rings.get(ring);
    }

    public GuestMemory memory() {
        return memory;
    }

    /** How often a ring's driver was called since the last time. */
    public long calls(final int ring) {
        return calls.get(ring).drain();
    }

    private boolean isOwner() {
        return memory.segment().scope().equals(fileArena.scope());
    }

    @Override
    public void close() {
        socket.close();
        calls.forEach(EventFd::close);
        if (isOwner()) {
            file.close();
        }
        fileArena.close();
        guest.close();
    }
}
