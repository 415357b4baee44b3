package dev.javf.daemon.ring;

import dev.javf.client.RingDirection;
import dev.javf.client.RingLayout;
import dev.javf.client.RingSocket;
import dev.javf.linux.Descriptor;
import dev.javf.linux.OpenFile;
import dev.javf.linux.SharedMemory;
import dev.javf.linux.UnixAddress;
import dev.javf.linux.UnixSocket;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** A client without the library: it can write what it likes into the shared memory. */
final class RawClient implements AutoCloseable {
    static final int SLOTS = 64;

    private final RingSocket socket;
    private @Nullable SharedMemory rings;
    private @Nullable SharedMemory pool;
    private List<Descriptor> descriptors = List.of();
    private long tail;

    RawClient(final UnixAddress address) {
        socket = new RingSocket(UnixSocket.connect(UnixSocket.Kind.SEQPACKET, address));
    }

    /** What the daemon says next; empty if nothing. */
    String hear() {
        final String message = socket.receive(UnixSocket.MAX_DESCRIPTORS);
        if (message != null && message.startsWith("welcome")) {
            descriptors = socket.takeDescriptors();
            rings = SharedMemory.map(descriptors.get(0), 0, RingLayout.lengthBytes(SLOTS, 1));
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

    /** The right descriptor of a packet in a Tx slot. */
    static long place(final int slot, final int lengthBytes) {
        return RingLayout.place(SLOTS + slot, 0, lengthBytes);
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
