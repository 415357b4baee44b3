package dev.javf.daemon.ring;

import dev.javf.client.RingDirection;
import dev.javf.client.RingLayout;
import dev.javf.client.RingSocket;
import dev.javf.linux.Descriptor;
import dev.javf.linux.OpenFile;
import dev.javf.linux.SharedMemory;
import dev.javf.linux.UnixAddress;
import dev.javf.linux.UnixSocket;
import dev.javf.packet.Ethernet;
import dev.javf.packet.MacAddress;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A client without the library: it can write what it likes into the shared memory. */
final class RawClient implements AutoCloseable {
    static final int SLOTS = 64;
    static final MacAddress MAC = MacAddress.of("02:00:00:00:00:01");

    private final RingSocket socket;
    private @Nullable SharedMemory rings;
    private @Nullable SharedMemory pool;
    private List<Descriptor> descriptors = List.of();
    private String welcome = "";
    private long tail;

    RawClient(final UnixAddress address) {
        socket = new RingSocket(UnixSocket.connect(UnixSocket.Kind.SEQPACKET, address));
    }

    /** What the daemon says next; empty if nothing. */
    String hear() {
        final String message = socket.receive(UnixSocket.MAX_DESCRIPTORS);
        if (message != null && message.startsWith("welcome")) {
            welcome = message;
            descriptors = socket.takeDescriptors();
            rings =
                    SharedMemory.map(
                            descriptors.get(0), 0, RingLayout.lengthBytes(SLOTS, number("queues")));
            pool =
                    SharedMemory.map(
                            descriptors.get(1), 0, OpenFile.of(descriptors.get(1)).lengthBytes());
        }
        return message == null ? "" : message;
    }

    boolean say(final String message) {
        return socket.send(message, List.of());
    }

    boolean isEnded() {
        return socket.isEnded();
    }

    Descriptor ringsFile() {
        return descriptors.get(0);
    }

    MemorySegment rings() {
        return java.util.Objects.requireNonNull(rings).segment();
    }

    MemorySegment pool() {
        return java.util.Objects.requireNonNull(pool).segment();
    }

    /** Whatever is in a received packet's slot gets another buffer. */
    void rxBuffer(final int slot, final int buffer) {
        rings().set(
                        ValueLayout.JAVA_LONG,
                        RingDirection.RX.slotsOffset(SLOTS) + (long) slot * RingLayout.SLOT_BYTES,
                        RingLayout.place(buffer, 0, 0));
    }

    void position(final int offset, final long value) {
        ValueLayout.JAVA_LONG.varHandle().setRelease(rings(), (long) offset, value);
    }

    /** Writes a Tx slot. */
    void slot(final int slot, final long place, final long kind) {
        final long offset =
                RingDirection.TX.slotsOffset(SLOTS) + (long) slot * RingLayout.SLOT_BYTES;
        rings().set(ValueLayout.JAVA_LONG, offset, place);
        rings().set(ValueLayout.JAVA_LONG, offset + Long.BYTES, kind);
    }

    private int number(final String key) {
        final Matcher matcher = Pattern.compile(key + "=(\\d+)").matcher(welcome);
        return matcher.find() ? Integer.parseInt(matcher.group(1)) : 0;
    }

    /** The buffer that a Tx slot of the first queue has. */
    int txBuffer(final int slot) {
        return buffer(RingDirection.TX, slot);
    }

    /** The buffer that a slot of the first queue has. */
    int buffer(final RingDirection direction, final int slot) {
        return RingLayout.buffer(
                rings().get(
                                ValueLayout.JAVA_LONG,
                                direction.slotsOffset(SLOTS)
                                        + (long) slot * RingLayout.SLOT_BYTES));
    }

    /** The right descriptor of a packet in a Tx slot. */
    long place(final int slot, final int lengthBytes) {
        return place(txBuffer(slot), number("headroom"), lengthBytes);
    }

    /** A descriptor of a packet, whose source address it writes, if the buffer is one. */
    long place(final int buffer, final int offsetBytes, final int lengthBytes) {
        final long source = (long) buffer * number("stride") + offsetBytes + Ethernet.SOURCE_OFFSET;
        if (source >= 0 && source + Long.BYTES <= pool().byteSize()) {
            MAC.write(pool(), source);
        }
        return RingLayout.place(buffer, offsetBytes, lengthBytes);
    }

    /** Sends packets as it ought to be done. */
    void send(final int packets) {
        for (int i = 0; i < packets; i++) {
            final int slot = (int) (tail + i) & (SLOTS - 1);
            slot(slot, place(slot, 60), 0);
        }
        tail += packets;
        position(RingLayout.TX_TAIL_OFFSET, tail);
    }

    /** Changes a descriptor that is right to one that is wrong, and back, until it is over. */
    Thread keepChanging(final int slot, final AtomicBoolean isOver) {
        final long good = place(slot, 60);
        return Thread.ofPlatform()
                .start(() -> {
                    while (!isOver.get()) {
                        slot(slot, RingLayout.place(-1, 65535, 65535), RingLayout.kind(-1, -1));
                        slot(slot, good, 0);
                    }
                });
    }

    /** Writes anything anywhere in the rings, more often where the positions are. */
    void scribble(final SplittableRandom random) {
        final long anywhere = random.nextLong(rings().byteSize() / 8) * 8;
        rings().set(
                        ValueLayout.JAVA_LONG,
                        random.nextInt(4) == 0 ? random.nextInt(5) * 128L : anywhere,
                        random.nextInt(3) == 0 ? random.nextLong() : random.nextLong(SLOTS * 2L));
    }

    @Override
    public void close() {
        descriptors.forEach(Descriptor::close);
        if (rings != null) {
            rings.close();
        }
        if (pool != null) {
            pool.close();
        }
        socket.close();
    }
}
