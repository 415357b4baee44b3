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

import java.lang.foreign.MemorySegment;

/**
 * A port whose other end is a network device of the kernel. Frames pass as they are: for an access
 * port, untagged; those that are longer than a buffer in up to {@link RxQueue#PIECES_MAX} of them,
 * without a copy.
 */
public final class TapPort implements PacketPort {
    private static final int TOO_LONG = -Libc.EMSGSIZE();

    private final String name;
    private final TapDevice tap;
    private final PacketPool pool;
    private final MemorySegment memory;
    private final PortCounters counters;
    private final IoVectors vectors = new IoVectors(RxQueue.PIECES_MAX);

    /** Buffers for the next frame. */
    private final int[] pieces = new int[RxQueue.PIECES_MAX];

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
            if (held == 0) {
                break;
            }
            final int lengthBytes = tap.read(vectors, held);
            if (lengthBytes <= 0) {
                if (lengthBytes == TOO_LONG) {
                    counters.rxTooLong().increment();
                    continue;
                }
                if (lengthBytes < 0) {
                    counters.rxErrors().increment();
                }
                break;
            }
            if (lengthBytes < Ethernet.HEADER_BYTES) {
                counters.rxTooShort().increment();
                continue;
            }
            held = add(vector, lengthBytes, held);
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

    /** Has as many buffers for the next frame as there are; returns how many. */
    private int hold(final int held) {
        final int count = Math.min(held + pool.available(), pieces.length);
        if (count > held) {
            pool.allocate(pieces, held, count - held);
            for (int i = held; i < count; i++) {
                vectors.set(i, memory, pool.dataOffset(pieces[i]), pool.dataCapacityBytes());
            }
        }
        return count;
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
        final int rest = held - used;
        for (int i = 0; i < rest; i++) {
            pieces[i] = pieces[used + i];
            vectors.set(i, memory, pool.dataOffset(pieces[i]), capacityBytes);
        }
        return rest;
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
        final long start = pool.bufferOffset(vector.buffer(i)) + vector.offsetBytes(i);
        if ((vector.flags(i) & PacketVector.FLAG_SEGMENTED) == 0) {
            return tap.write(memory, start, vector.lengthBytes(i));
        }
        vectors.set(0, memory, start, vector.lengthBytes(i));
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

    @Override
    public void close() {
        tap.close();
    }
}
