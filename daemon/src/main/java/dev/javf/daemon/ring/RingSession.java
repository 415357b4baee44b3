package dev.javf.daemon.ring;

import dev.javf.client.RingConsumer;
import dev.javf.client.RingLayout;
import dev.javf.client.RingProducer;
import dev.javf.linux.Descriptor;
import dev.javf.linux.PageSize;
import dev.javf.linux.SharedMemory;
import dev.javf.linux.UnixSocket;
import dev.javf.packet.PacketPool;
import dev.javf.virtchnl.VlanSet;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The memory that one client shares with the daemon, from its connecting to its end. Each client
 * gets memory of its own, never used before: what a client has passed on to others is worth nothing
 * when it is gone.
 *
 * <pre>
 *            poller takes it            poller lets it go
 *  OFFERED -------------------> TAKEN ---------------------> LEFT, then freed
 *     |                                                       ^
 *     +-------------------------------------------------------+
 *            withdrawn before the poller has seen it
 * </pre>
 */
final class RingSession implements AutoCloseable {
    private static final int WAKE_UP_BYTES = 1;

    private enum State {
        OFFERED,
        TAKEN,
        LEFT
    }

    private final AtomicReference<State> state = new AtomicReference<>(State.OFFERED);
    private final int slots;
    private final int strideBytes;
    private final SharedMemory rings;
    private final SharedMemory pool;
    private final @Nullable List<UnixSocket> wakeUp;
    private final MemorySegment wakeUpByte;
    private final RingProducer rx;
    private final RingConsumer tx;
    private volatile @Nullable Violation violation;
    private volatile VlanSet granted = VlanSet.EMPTY;

    /**
     * New memory, sealed so that nobody can shrink it.
     *
     * @param name for /proc/PID/maps.
     * @param slots of each ring.
     * @param capacityBytes longest packet.
     * @param wakesUp whether the client may sleep.
     * @throws dev.javf.linux.LinuxException when there isn't enough memory.
     */
    RingSession(
            final String name, final int slots, final int capacityBytes, final boolean wakesUp) {
        this.slots = slots;
        strideBytes =
                (capacityBytes + PacketPool.GRANULARITY_BYTES - 1) & -PacketPool.GRANULARITY_BYTES;
        rings =
                SharedMemory.allocate(
                        "javf ring " + name, RingLayout.lengthBytes(slots), PageSize.PLAIN_4K);
        try {
            pool =
                    SharedMemory.allocate(
                            "javf ring buffers " + name,
                            2L * slots * strideBytes,
                            PageSize.HUGE_2M);
        } catch (final RuntimeException e) {
            rings.close();
            throw e;
        }
        rings.seal();
        pool.seal();
        wakeUp = wakesUp ? UnixSocket.pair(UnixSocket.Kind.SEQPACKET) : null;
        wakeUpByte = java.lang.foreign.Arena.ofAuto().allocate(WAKE_UP_BYTES);
        final long base = rings.segment().address();
        rx =
                new RingProducer(
                        base + RingLayout.SLOTS_OFFSET,
                        base + RingLayout.RX_TAIL_OFFSET,
                        base + RingLayout.RX_HEAD_OFFSET,
                        slots);
        final long txSlots = base + RingLayout.txSlotsOffset(slots);
        tx =
                new RingConsumer(
                        txSlots,
                        base + RingLayout.TX_TAIL_OFFSET,
                        base + RingLayout.TX_HEAD_OFFSET,
                        slots);
        for (int slot = 0; slot < slots; slot++) {
            tx.replace(slot, RingLayout.place(txBuffer(slot), 0, 0));
        }
    }

    /** What the client gets: rings, buffers, and what wakes it up. */
    List<Descriptor> descriptors() {
        final List<Descriptor> passed =
                new ArrayList<>(List.of(rings.descriptor(), pool.descriptor()));
        final List<UnixSocket> pair = wakeUp;
        if (pair != null) {
            passed.add(pair.get(1).descriptor());
        }
        return passed;
    }

    /** The buffer of an Rx slot. */
    int rxBuffer(final int slot) {
        return slot;
    }

    /** The buffer of a Tx slot. */
    int txBuffer(final int slot) {
        return slots + slot;
    }

    /** Where a buffer is. */
    long address(final int buffer) {
        return pool.segment().address() + (long) buffer * strideBytes;
    }

    int strideBytes() {
        return strideBytes;
    }

    /** Why the buffers aren't in huge pages; null if they are. */
    @Nullable String fallbackReason() {
        return pool.fallbackReason();
    }

    /** Packets for the client. */
    RingProducer rx() {
        return rx;
    }

    /** Packets from the client. */
    RingConsumer tx() {
        return tx;
    }

    /** The VLANs of a trunk that the client has now. */
    VlanSet granted() {
        return granted;
    }

    /** It has these from now on. */
    void granted(final VlanSet vlans) {
        granted = vlans;
    }

    /**
     * Wakes the client up if it sleeps; after packets were published.
     *
     * @return whether it slept.
     */
    boolean wakeUp() {
        final List<UnixSocket> pair = wakeUp;
        if (pair == null) {
            return false;
        }
        java.lang.invoke.VarHandle.fullFence();
        final MemorySegment memory = rings.segment();
        if (memory.get(ValueLayout.JAVA_INT, RingLayout.RX_SLEEP_OFFSET) == 0) {
            return false;
        }
        memory.set(ValueLayout.JAVA_INT, RingLayout.RX_SLEEP_OFFSET, 0);
        // A socket's flags are each end's own; those of an eventfd are its holders' common ones, so
        // that a client could make the daemon's write to it wait.
        final int _ = pair.get(0).send(wakeUpByte, 0, WAKE_UP_BYTES);
        return true;
    }

    /** The client has lied. On the poller's thread, which touches the memory no more. */
    void violate(final Violation what) {
        violation = what;
    }

    /** What the client has lied about; null if it hasn't. */
    @Nullable Violation violation() {
        return violation;
    }

    /** On the poller's thread: it uses the memory from now on; false if it must not. */
    boolean take() {
        return state.compareAndSet(State.OFFERED, State.TAKEN);
    }

    /** On the poller's thread: it never touches the memory again. */
    void leave() {
        state.set(State.LEFT);
    }

    /** Whether no poller touches the memory, now or later. */
    boolean isLeft() {
        state.compareAndSet(State.OFFERED, State.LEFT);
        return state.get() == State.LEFT;
    }

    @Override
    public void close() {
        if (wakeUp != null) {
            wakeUp.forEach(UnixSocket::close);
        }
        rings.close();
        pool.close();
    }
}
