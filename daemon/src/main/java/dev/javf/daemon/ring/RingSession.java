package dev.javf.daemon.ring;

import dev.javf.client.RingLayout;
import dev.javf.linux.Descriptor;
import dev.javf.linux.PageSize;
import dev.javf.linux.SharedMemory;
import dev.javf.linux.UnixSocket;
import dev.javf.packet.PacketPool;
import dev.javf.virtchnl.VlanSet;

import org.agrona.CloseHelper;
import org.jspecify.annotations.Nullable;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The memory that one client shares with the daemon, from its connecting to its end. Each client
 * gets memory of its own, never used before: what a client has passed on to others is worth nothing
 * when it is gone. Only the buffers of a zero-copy port are the function's, and every client's.
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
    private final RingSettings settings;
    private final int strideBytes;
    private final SharedMemory rings;

    /** The client's own buffers; null if it has those of the function. */
    private final @Nullable SharedMemory buffers;

    private final Descriptor buffersFile;
    private final List<List<UnixSocket>> wakeUps;
    private final MemorySegment wakeUpByte;
    private final RingQueue[] queues;
    private volatile boolean isReady;
    private volatile @Nullable Violation violation;
    private volatile VlanSet granted = VlanSet.EMPTY;

    private RingSession(
            final RingPort port,
            final int queueCount,
            final SharedMemory rings,
            final @Nullable SharedMemory buffers,
            final Descriptor buffersFile,
            final List<List<UnixSocket>> wakeUps) {
        settings = port.settings();
        this.rings = rings;
        this.buffers = buffers;
        this.buffersFile = buffersFile;
        this.wakeUps = wakeUps;
        wakeUpByte = Arena.ofAuto().allocate(WAKE_UP_BYTES);
        strideBytes = buffers == null ? port.pool().strideBytes() : strideBytes(settings);
        isReady = buffers != null;
        queues = new RingQueue[queueCount];
        final byte[] owners = new byte[buffers == null ? port.pool().wholeCapacity() : 0];
        for (int i = 0; i < queueCount; i++) {
            queues[i] =
                    buffers == null
                            ? new ZeroCopyQueue(port, this, i, owners)
                            : new CopyQueue(port, this, i, buffers.segment(), strideBytes);
        }
    }

    /**
     * New memory, sealed so that nobody can shrink it; with {@link RingSettings#isZeroCopy} new
     * rings for buffers of the function.
     *
     * @param port whose client it is for.
     * @param queueCount queues of the client.
     * @param wakesUp whether the client may sleep.
     * @throws dev.javf.linux.LinuxException when there isn't enough memory, or no descriptor left.
     */
    static RingSession open(final RingPort port, final int queueCount, final boolean wakesUp) {
        final RingSettings settings = port.settings();
        final List<AutoCloseable> opened = new ArrayList<>();
        try {
            final SharedMemory rings =
                    SharedMemory.allocate(
                            "javf ring " + settings.name(),
                            RingLayout.lengthBytes(settings.slots(), queueCount),
                            PageSize.PLAIN_4K);
            opened.add(rings);
            rings.seal();
            SharedMemory buffers = null;
            if (!settings.isZeroCopy()) {
                buffers =
                        SharedMemory.allocate(
                                "javf ring buffers " + settings.name(),
                                2L * settings.slots() * queueCount * strideBytes(settings),
                                PageSize.HUGE_2M);
                opened.add(buffers);
                buffers.seal();
            }
            final Descriptor file =
                    buffers == null
                            ? port.pool().sharedMemory().descriptor().dup()
                            : buffers.descriptor();
            opened.add(file);
            final List<List<UnixSocket>> wakeUps = new ArrayList<>();
            for (int i = 0; wakesUp && i < queueCount; i++) {
                final List<UnixSocket> pair = UnixSocket.pair(UnixSocket.Kind.SEQPACKET);
                opened.addAll(pair);
                wakeUps.add(pair);
            }
            return new RingSession(port, queueCount, rings, buffers, file, wakeUps);
        } catch (final RuntimeException e) {
            CloseHelper.quietCloseAll(opened);
            throw e;
        }
    }

    private static int strideBytes(final RingSettings settings) {
        return (settings.maxFrameBytes() + PacketPool.GRANULARITY_BYTES - 1)
                & -PacketPool.GRANULARITY_BYTES;
    }

    /** What the client gets: rings, buffers, and what wakes each queue up. */
    List<Descriptor> descriptors() {
        final List<Descriptor> passed = new ArrayList<>(List.of(rings.descriptor(), buffersFile));
        wakeUps.forEach(pair -> passed.add(pair.get(1).descriptor()));
        return passed;
    }

    /** Where a queue's rings are. */
    long ringsAddress(final int queue) {
        return rings.segment().address() + RingLayout.queueOffset(settings.slots(), queue);
    }

    int strideBytes() {
        return strideBytes;
    }

    /** The queues, for the poller's thread. */
    RingQueue[] queues() {
        return queues;
    }

    /**
     * On the poller's thread, which has taken it: gives the client's queues what they need.
     *
     * @return false if that can't be done yet, because the pool has run short.
     */
    boolean start() {
        for (final RingQueue queue : queues) {
            if (!queue.start()) {
                leaveQueues();
                return false;
            }
        }
        isReady = true;
        return true;
    }

    private void leaveQueues() {
        for (final RingQueue queue : queues) {
            queue.leave();
        }
    }

    /** Whether the client can be told. Any thread. */
    boolean isReady() {
        return isReady;
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
     * Wakes a queue's thread up if it sleeps; after packets were published.
     *
     * @return whether it slept.
     */
    boolean wakeUp(final int queue) {
        if (wakeUps.isEmpty()) {
            return false;
        }
        VarHandle.fullFence();
        final MemorySegment memory = rings.segment();
        final long word =
                RingLayout.queueOffset(settings.slots(), queue) + RingLayout.RX_SLEEP_OFFSET;
        if (memory.get(ValueLayout.JAVA_INT, word) == 0) {
            return false;
        }
        memory.set(ValueLayout.JAVA_INT, word, 0);
        // A socket's flags are each end's own; those of an eventfd are its holders' common ones, so
        // that a client could make the daemon's write to it wait.
        final int _ = wakeUps.get(queue).get(0).send(wakeUpByte, 0, WAKE_UP_BYTES);
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

    /** On the poller's thread: it takes all buffers back, and never touches the memory again. */
    void leave() {
        leaveQueues();
        state.set(State.LEFT);
    }

    /** Whether no poller touches the memory, now or later. */
    boolean isLeft() {
        state.compareAndSet(State.OFFERED, State.LEFT);
        return state.get() == State.LEFT;
    }

    @Override
    public void close() {
        wakeUps.forEach(pair -> pair.forEach(UnixSocket::close));
        rings.close();
        if (buffers == null) {
            buffersFile.close();
        } else {
            buffers.close();
        }
    }
}
