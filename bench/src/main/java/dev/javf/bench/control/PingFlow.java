package dev.javf.bench.control;

import dev.javf.iavf.QueueOwner;
import dev.javf.iavf.QueueSet;
import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketVector;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.Supplier;

/**
 * Sends a numbered frame every millisecond and looks for it to come back. The outage is the longest
 * time between two frames, one after the other among those that were answered, less the millisecond
 * that is always between them.
 */
final class PingFlow implements QueueOwner {
    private static final long INTERVAL_NS = 1_000_000;
    private static final int FRAME_BYTES = 60;
    private static final int SENT_AT = 16;

    /** Local experimental EtherType 1 (IEEE 802). */
    private static final int ETHER_TYPE = 0x88B5;

    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(java.nio.ByteOrder.BIG_ENDIAN);

    private final PacketPool pool;
    private final Supplier<MacAddress> destination;
    private final PacketVector burst = new PacketVector();
    private @Nullable QueueSet queues;
    private MacAddress source = MacAddress.ZERO;
    private int vlan;
    private boolean isOn;
    private long nextNs;
    private long lastAnsweredNs;
    private long longestNs;
    private long answers;

    PingFlow(final PacketPool pool, final Supplier<MacAddress> destination) {
        this.pool = pool;
        this.destination = destination;
    }

    /**
     * Starts to send.
     *
     * @param from the sender's address.
     * @param inVlan 1 to 4094; 0 for untagged.
     * @param nowNs the time.
     */
    void start(final MacAddress from, final int inVlan, final long nowNs) {
        source = from;
        vlan = inVlan;
        isOn = true;
        nextNs = nowNs;
        forget(nowNs);
    }

    /** Measures from now on. */
    void forget(final long nowNs) {
        lastAnsweredNs = nowNs;
        longestNs = 0;
        answers = 0;
    }

    /** The outage so far, in nanoseconds. */
    long outageNs() {
        return Math.max(0, longestNs - INTERVAL_NS);
    }

    /** Answers since the last {@link #forget}. */
    long answers() {
        return answers;
    }

    /** When the last frame was sent that was answered. */
    long lastAnsweredNs() {
        return lastAnsweredNs;
    }

    @Override
    public void prepare(final QueueSet given, final Runnable done) {
        Reflector.start(given);
        queues = given;
        done.run();
    }

    @Override
    public void revoke(final QueueSet taken, final Runnable done) {
        queues = null;
        done.run();
    }

    @Override
    public void reclaim(final QueueSet taken, final Runnable done) {
        Reflector.takeBuffers(taken);
        done.run();
    }

    void doWork(final long nowNs) {
        final QueueSet polled = queues;
        if (polled == null) {
            return;
        }
        for (int i = 0; i < polled.pairs(); i++) {
            polled.tx(i).freeDone();
            if (polled.rx(i).receive(burst) > 0) {
                for (int packet = 0; packet < burst.size(); packet++) {
                    answered(packet);
                }
                pool.free(burst);
            }
        }
        if (isOn && nowNs >= nextNs) {
            nextNs = nowNs + INTERVAL_NS;
            send(polled, nowNs);
        }
    }

    private void answered(final int packet) {
        final MemorySegment memory = pool.memory();
        final long at = pool.bufferOffset(burst.buffer(packet)) + burst.offsetBytes(packet);
        final long sentNs = memory.get(ValueLayout.JAVA_LONG_UNALIGNED, at + SENT_AT);
        if (sentNs > lastAnsweredNs) {
            longestNs = Math.max(longestNs, sentNs - lastAnsweredNs);
            lastAnsweredNs = sentNs;
            answers++;
        }
    }

    private void send(final QueueSet to, final long nowNs) {
        final int buffer = pool.allocate();
        if (buffer == PacketPool.NONE) {
            throw new IllegalStateException("no packet buffers left");
        }
        final long at = pool.dataOffset(buffer);
        final MemorySegment memory = pool.memory();
        memory.asSlice(at, FRAME_BYTES).fill((byte) 0);
        destination.get().write(memory, at);
        source.write(memory, at + 6);
        memory.set(SHORT, at + 12, (short) ETHER_TYPE);
        memory.set(ValueLayout.JAVA_LONG_UNALIGNED, at + SENT_AT, nowNs);
        burst.add(
                buffer,
                pool.headroomBytes(),
                FRAME_BYTES,
                vlan,
                vlan == 0 ? 0 : PacketVector.FLAG_VLAN,
                0);
        to.tx(0).transmit(burst);
        pool.free(burst);
    }
}
