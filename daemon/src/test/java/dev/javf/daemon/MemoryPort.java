package dev.javf.daemon;

import dev.javf.daemon.simulated.SimulatedDaemon;
import dev.javf.packet.Ethernet;
import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketPort;
import dev.javf.packet.PacketVector;

import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A port that a test stands behind: it says what arrives and sees what leaves. */
final class MemoryPort implements PacketPort {
    /** Where a frame's number is, for tests that follow frames. */
    static final int NUMBER_OFFSET = Ethernet.HEADER_BYTES;

    private final String name;
    private final PacketPool pool;
    private final Deque<Integer> arriving = new ArrayDeque<>();
    private final Map<Integer, Integer> tags = new HashMap<>();
    private final List<Integer> left = new ArrayList<>();
    private MacAddress source = MacAddress.ZERO;
    private int room = Integer.MAX_VALUE;

    MemoryPort(final String name, final PacketPool pool) {
        this.name = name;
        this.pool = pool;
    }

    /** A port of a function's first poller that sends from the function's address. */
    static MemoryPort of(
            final SimulatedDaemon system, final FunctionClient function, final String name) {
        final MemoryPort port = new MemoryPort(name, system.daemon().packetPool());
        port.source(system.mac(function));
        return port;
    }

    /** A frame in a buffer of the pool. */
    static int frame(
            final PacketPool pool, final MacAddress destination, final int type, final int number) {
        final int buffer = pool.allocate();
        final long start = pool.dataOffset(buffer);
        destination.write(pool.memory(), start);
        pool.memory()
                .set(
                        ValueLayout.JAVA_SHORT_UNALIGNED,
                        start + Ethernet.TYPE_OFFSET,
                        Short.reverseBytes((short) type));
        pool.memory().set(ValueLayout.JAVA_INT_UNALIGNED, start + NUMBER_OFFSET, number);
        return buffer;
    }

    /** Lets a frame arrive at the port. */
    void arrive(final MacAddress destination, final int type, final int number) {
        final int buffer = frame(pool, destination, type, number);
        source.write(pool.memory(), pool.dataOffset(buffer) + Ethernet.SOURCE_OFFSET);
        arriving.add(buffer);
    }

    /** Lets a frame arrive whose tag has been taken out of it, as from a trunk. */
    void arrive(final MacAddress destination, final int type, final int number, final int tag) {
        arrive(destination, type, number);
        tags.put(arriving.getLast(), tag);
    }

    /** What arrives comes from this address. */
    void source(final MacAddress address) {
        source = address;
    }

    /** Takes only so many frames more. */
    void room(final int frames) {
        room = frames;
    }

    /** Numbers of the frames that left by the port, in order. */
    List<Integer> left() {
        return left;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int receive(final PacketVector vector) {
        int count = 0;
        while (vector.room() > 0 && !arriving.isEmpty()) {
            final int buffer = arriving.remove();
            vector.add(buffer, pool.headroomBytes(), 60, 0, 0, 0);
            final Integer tag = tags.remove(buffer);
            if (tag != null) {
                vector.tag(vector.size() - 1, tag);
            }
            count++;
        }
        return count;
    }

    @Override
    public int transmit(final PacketVector vector) {
        final int count = Math.min(vector.size(), room);
        for (int i = 0; i < count; i++) {
            left.add(
                    pool.memory()
                            .get(
                                    ValueLayout.JAVA_INT_UNALIGNED,
                                    pool.bufferOffset(vector.buffer(i))
                                            + vector.offsetBytes(i)
                                            + NUMBER_OFFSET));
            pool.free(vector.buffer(i));
        }
        vector.removeFirst(count);
        room -= count;
        return count;
    }

    @Override
    public void releaseBuffers() {
        arriving.forEach(pool::free);
        arriving.clear();
    }

    @Override
    public void close() {}
}
