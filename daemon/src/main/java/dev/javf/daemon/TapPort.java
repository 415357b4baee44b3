package dev.javf.daemon;

import dev.javf.linux.TapDevice;
import dev.javf.linux.libc.Libc;
import dev.javf.packet.Ethernet;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketPort;
import dev.javf.packet.PacketVector;

import java.lang.foreign.MemorySegment;

/**
 * A port whose other end is a network device of the kernel. Frames pass as they are: for an access
 * port, untagged.
 */
public final class TapPort implements PacketPort {
    private static final int TOO_LONG = -Libc.EMSGSIZE();

    private final String name;
    private final TapDevice tap;
    private final PacketPool pool;
    private final MemorySegment memory;
    private final PortCounters counters = new PortCounters();

    /**
     * A port over an open TAP device, which it closes.
     *
     * @param name of the port.
     * @param tap the device.
     * @param pool where received packets' buffers come from, and where sent ones' go.
     */
    public TapPort(final String name, final TapDevice tap, final PacketPool pool) {
        this.name = name;
        this.tap = tap;
        this.pool = pool;
        memory = pool.memory();
    }

    @Override
    public String name() {
        return name;
    }

    /** What passed, and what did not. */
    public PortCounters counters() {
        return counters;
    }

    @Override
    public int receive(final PacketVector vector) {
        final int capacityBytes = pool.dataCapacityBytes();
        int packets = 0;
        long bytes = 0;
        while (vector.room() > 0) {
            final int buffer = pool.allocate();
            if (buffer == PacketPool.NONE) {
                break;
            }
            final int lengthBytes = tap.read(memory, pool.dataOffset(buffer), capacityBytes);
            if (lengthBytes <= 0) {
                pool.free(buffer);
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
                pool.free(buffer);
                continue;
            }
            vector.add(buffer, pool.headroomBytes(), lengthBytes, 0, 0, 0);
            packets++;
            bytes += lengthBytes;
        }
        if (packets > 0) {
            counters.rxPackets().add(packets);
            counters.rxBytes().add(bytes);
        }
        return packets;
    }

    @Override
    public int transmit(final PacketVector vector) {
        final int size = vector.size();
        int taken = 0;
        int packets = 0;
        long bytes = 0;
        while (taken < size) {
            final int buffer = vector.buffer(taken);
            final int lengthBytes = vector.lengthBytes(taken);
            final int written =
                    tap.write(
                            memory,
                            pool.bufferOffset(buffer) + vector.offsetBytes(taken),
                            lengthBytes);
            if (written == 0) {
                break;
            }
            if (written < 0) {
                counters.txErrors().increment();
            } else {
                packets++;
                bytes += lengthBytes;
            }
            pool.free(buffer);
            taken++;
        }
        vector.removeFirst(taken);
        if (packets > 0) {
            counters.txPackets().add(packets);
            counters.txBytes().add(bytes);
        }
        return taken;
    }

    @Override
    public void close() {
        tap.close();
    }
}
