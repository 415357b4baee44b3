package dev.javf.daemon;

import dev.javf.iavf.RxQueue;
import dev.javf.linux.Descriptor;
import dev.javf.linux.IoVectors;
import dev.javf.linux.TapDevice;
import dev.javf.linux.libc.Libc;
import dev.javf.packet.Ethernet;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketPort;
import dev.javf.packet.PacketVector;
import dev.javf.packet.VirtioHeader;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * A port whose other end is a network device of the kernel. Frames pass as they are: for an access
 * port, untagged; those that are longer than a buffer in up to {@link RxQueue#PIECES_MAX} of them,
 * without a copy.
 *
 * <p>If the device has offloads ({@link TapDevice#hasHeaders}), the kernel leaves the checksums and
 * the segmentation of what it sends to the VF, in packets of up to 64 KiB. Of what the VF has
 * checked it is told so, as the header has it (DATA_VALID); Linux' TAP devices look at it again all
 * the same.
 */
public final class TapPort implements PacketPort {
    private static final int TOO_LONG = -Libc.EMSGSIZE();
    private static final int INVALID = -Libc.EINVAL();
    private static final int FRAME_BYTES_MAX = 9728;

    /** An IP packet of the greatest length, an Ethernet header and a tag. */
    private static final int PACKET_BYTES_MAX = 65_535 + 14 + 4;

    private final String name;
    private final TapDevice tap;
    private final PacketPool pool;
    private final MemorySegment memory;
    private final PortCounters counters;
    private final IoVectors vectors;

    /** Bytes before each frame that are the kernel's and ours alone. */
    private final int headerBytes;

    private final int maxFrameBytes;

    /** Buffers for the next frame. */
    private final int[] pieces;

    /** The buffers that {@link #vectors} has in its places. */
    private final int[] shown;

    /**
     * A port over an open TAP device, which it closes.
     *
     * @param name of the port.
     * @param tap the device.
     * @param pool where received packets' buffers come from, and where sent ones' go.
     */
    public TapPort(final String name, final TapDevice tap, final PacketPool pool) {
        this(name, tap, pool, new PortCounters());
    }

    /**
     * The same with counters that are somewhere already.
     *
     * @param name of the port.
     * @param tap the device.
     * @param pool of all packets.
     * @param counters of the port.
     */
    public TapPort(
            final String name,
            final TapDevice tap,
            final PacketPool pool,
            final PortCounters counters) {
        this(name, tap, pool, counters, FRAME_BYTES_MAX);
    }

    /**
     * The same for a function whose frames have a length.
     *
     * @param name of the port.
     * @param tap the device.
     * @param pool of all packets.
     * @param counters of the port.
     * @param maxFrameBytes longest frame that segments may be.
     */
    public TapPort(
            final String name,
            final TapDevice tap,
            final PacketPool pool,
            final PortCounters counters,
            final int maxFrameBytes) {
        headerBytes = tap.hasHeaders() ? VirtioHeader.LENGTH_BYTES : 0;
        final int capacityBytes = pool.dataCapacityBytes();
        final int most =
                tap.hasHeaders()
                        ? (PACKET_BYTES_MAX + capacityBytes) / capacityBytes
                        : RxQueue.PIECES_MAX;
        this.maxFrameBytes = maxFrameBytes;
        vectors = new IoVectors(most);
        pieces = new int[most];
        shown = new int[most];
        Arrays.fill(shown, PacketPool.NONE);
        this.counters = counters;
        this.name = name;
        this.tap = tap;
        this.pool = pool;
        memory = pool.memory();
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Descriptor readiness() {
        return tap.descriptor();
    }

    /** What passed, and what did not. */
    public PortCounters counters() {
        return counters;
    }

    @Override
    public int receive(final PacketVector vector) {
        int packets = 0;
        long bytes = 0;
        int held = 0;
        while (vector.room() > 0) {
            held = hold(held);
            // What the kernel doesn't cut would be lost without room for all of it; it can wait.
            if (held == 0 || (headerBytes > 0 && held < pieces.length)) {
                break;
            }
            final int read = tap.read(vectors, held);
            if (read <= 0) {
                if (read == TOO_LONG) {
                    counters.rxTooLong().increment();
                    continue;
                }
                if (read < 0) {
                    counters.rxErrors().increment();
                }
                break;
            }
            final int lengthBytes = read - headerBytes;
            if (lengthBytes < Ethernet.HEADER_BYTES) {
                counters.rxTooShort().increment();
                continue;
            }
            held = add(vector, lengthBytes, held);
            if (headerBytes > 0 && !takeRequest(vector, vector.size() - 1)) {
                counters.rxErrors().increment();
                pool.free(vector, vector.size() - 1);
                vector.size(vector.size() - 1);
                continue;
            }
            packets++;
            bytes += lengthBytes;
        }
        pool.free(pieces, 0, held);
        if (packets > 0) {
            counters.rxPackets().add(packets);
            counters.rxBytes().add(bytes);
        }
        return packets;
    }

    /** Does what the kernel asks for, or has the VF do it; false if it makes no sense. */
    private boolean takeRequest(final PacketVector vector, final int i) {
        final long header =
                pool.bufferOffset(vector.buffer(i)) + vector.offsetBytes(i) - headerBytes;
        return VirtioHeader.isPlain(memory, header)
                || VirtioHeader.take(pool, header, vector, i, 0, maxFrameBytes);
    }

    /** Has as many buffers for the next frame as there are; returns how many. */
    private int hold(final int held) {
        final int count = Math.min(held + pool.available(), pieces.length);
        if (count > held) {
            pool.allocate(pieces, held, count - held);
            show(held, count);
        }
        return count;
    }

    /** The same buffers come back from the pool when nothing was read, which then costs nothing. */
    private void show(final int from, final int end) {
        final int capacityBytes = pool.dataCapacityBytes();
        for (int i = from; i < end; i++) {
            if (shown[i] != pieces[i]) {
                shown[i] = pieces[i];
                final int before = i == 0 ? headerBytes : 0;
                vectors.set(i, memory, pool.dataOffset(pieces[i]) - before, capacityBytes + before);
            }
        }
    }

    /** Appends the frame that was read; returns how many buffers are left over. */
    private int add(final PacketVector vector, final int lengthBytes, final int held) {
        final int headroomBytes = pool.headroomBytes();
        final int capacityBytes = pool.dataCapacityBytes();
        final int first = pieces[0];
        int used = 1;
        if (lengthBytes <= capacityBytes) {
            vector.add(first, headroomBytes, lengthBytes, 0, 0, 0);
        } else {
            int left = lengthBytes - capacityBytes;
            vector.addSegmented(first, headroomBytes, capacityBytes, left, 0, 0, 0);
            pool.begin(first);
            for (; left > 0; used++, left -= capacityBytes) {
                final int pieceBytes = Math.min(left, capacityBytes);
                pool.append(pieces[used - 1], pieces[used], headroomBytes, pieceBytes);
            }
        }
        // The last ones take the places of those that are gone.
        final int rest = held - used;
        final int moved = Math.min(used, rest);
        System.arraycopy(pieces, held - moved, pieces, 0, moved);
        if (rest > 0) {
            show(0, moved);
        }
        return rest;
    }

    @Override
    public int offloads() {
        return headerBytes > 0 ? PacketVector.FLAGS_TX_OFFLOAD : 0;
    }

    @Override
    public int transmit(final PacketVector vector) {
        final int size = vector.size();
        int taken = 0;
        int packets = 0;
        long bytes = 0;
        while (taken < size) {
            final int written = write(vector, taken);
            if (written == 0) {
                break;
            }
            if (written < 0) {
                counters.txErrors().increment();
            } else {
                packets++;
                bytes += vector.totalBytes(taken);
            }
            pool.free(vector, taken);
            taken++;
        }
        vector.removeFirst(taken);
        if (packets > 0) {
            counters.txPackets().add(packets);
            counters.txBytes().add(bytes);
        }
        return taken;
    }

    /** Gives the kernel a packet; returns its length, 0 or a negated errno. */
    private int write(final PacketVector vector, final int i) {
        final long start =
                pool.bufferOffset(vector.buffer(i)) + vector.offsetBytes(i) - headerBytes;
        if (headerBytes > 0 && !writeHeader(vector, i, start)) {
            return INVALID;
        }
        final int firstBytes = headerBytes + vector.lengthBytes(i);
        if ((vector.flags(i) & PacketVector.FLAG_SEGMENTED) == 0) {
            return tap.write(memory, start, firstBytes);
        }
        Arrays.fill(shown, PacketPool.NONE);
        vectors.set(0, memory, start, firstBytes);
        int count = 1;
        int buffer = pool.next(vector.buffer(i));
        while (buffer != PacketPool.NONE) {
            if (count == vectors.capacity()) {
                return TOO_LONG;
            }
            vectors.set(
                    count++,
                    memory,
                    pool.bufferOffset(buffer) + pool.pieceOffsetBytes(buffer),
                    pool.pieceLengthBytes(buffer));
            buffer = pool.next(buffer);
        }
        return tap.write(vectors, count);
    }

    /** Says before the frame what it asks for, or what the VF says of its checksum. */
    private boolean writeHeader(final PacketVector vector, final int i, final long header) {
        if (vector.offsetBytes(i) < headerBytes) {
            return false;
        }
        final int flags = vector.flags(i);
        if ((flags & PacketVector.FLAGS_TX_OFFLOAD) != 0) {
            return VirtioHeader.writeRequest(pool, header, vector, i, 0);
        }
        VirtioHeader.write(
                memory,
                header,
                (flags & PacketVector.FLAG_L4_CHECKSUM_GOOD) == 0 ? 0 : VirtioHeader.DATA_VALID);
        return true;
    }

    @Override
    public void close() {
        tap.close();
    }
}
