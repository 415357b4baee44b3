package dev.javf.daemon.ring;

import dev.javf.client.RingLayout;
import dev.javf.daemon.PortCounters;
import dev.javf.linux.MemoryFault;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketPort;
import dev.javf.packet.PacketVector;

import org.jspecify.annotations.Nullable;

import java.util.Arrays;

/**
 * A port whose other end is an application's {@link dev.javf.client.JavfPort}. The poller's side:
 * it moves packets between the pool and the queues ({@link RingQueue}), and that is all it does. A
 * client that lies ends its session, and nobody else notices.
 */
public final class RingPort implements PacketPort {
    private static final RingQueue[] NO_QUEUES = {};

    private final RingSettings settings;
    private final PacketPool pool;
    private final PortCounters counters;
    private final RingCounters ringCounters = new RingCounters();
    private final RingAddresses addresses;
    private final int[] done = new int[PacketVector.CAPACITY_DEFAULT];
    private int doneCount;
    private @Nullable RingDoor door;

    /** What the ring thread wants the poller to serve. */
    private volatile @Nullable RingSession offered;

    // For the poller's thread.
    private @Nullable RingSession seen;
    private @Nullable RingSession current;

    /** Of the current session, once it has been started. */
    private RingQueue[] queues = NO_QUEUES;

    /** For each: whether a burst is being put. */
    private final boolean[] isBegun = new boolean[RingLayout.QUEUES_MAX];

    /** The queue that is asked first in the next round. */
    private int firstQueue;

    /**
     * A port without client.
     *
     * @param settings of the port.
     * @param pool where received packets' buffers come from, and where sent ones' go.
     * @param counters of the port.
     */
    RingPort(final RingSettings settings, final PacketPool pool, final PortCounters counters) {
        this.counters = counters;
        this.settings = settings;
        this.pool = pool;
        addresses = new RingAddresses(settings.mac());
    }

    /** Before the port is served. */
    void door(final RingDoor serving) {
        door = serving;
    }

    RingSettings settings() {
        return settings;
    }

    PacketPool pool() {
        return pool;
    }

    /** The addresses behind the port. */
    RingAddresses addresses() {
        return addresses;
    }

    @Override
    public String name() {
        return settings.name();
    }

    /** What passed, and what did not. */
    public PortCounters counters() {
        return counters;
    }

    /** What else has happened. */
    public RingCounters ringCounters() {
        return ringCounters;
    }

    /** Who is connected, for people; empty if nobody is. */
    public String client() {
        final RingDoor serving = door;
        return serving == null ? "" : serving.client();
    }

    /** Whether the client has the function's own buffers. */
    public boolean isZeroCopy() {
        return settings.isZeroCopy();
    }

    /** Free buffers of the function at the port's poller, as far as another thread can tell. */
    public int freeBuffers() {
        return pool.available();
    }

    /** Whether it serves nobody any more, and never will. Any thread. */
    boolean isGone() {
        final RingDoor serving = door;
        return serving != null && serving.isGone();
    }

    /** On the ring thread: another session takes the place of the one before. */
    void offer(final @Nullable RingSession session) {
        offered = session;
    }

    @Override
    public boolean checksHeaders() {
        return settings.isZeroCopy();
    }

    @Override
    public int doWork() {
        final RingSession next = offered;
        if (next != seen) {
            leave();
            seen = next;
            if (next != null && next.take()) {
                current = next;
            }
        }
        final RingSession session = current;
        if (session == null) {
            return 0;
        }
        try {
            if (queues.length == 0) {
                // Buffers come back sooner or later.
                queues = session.start() ? session.queues() : NO_QUEUES;
            }
            for (final RingQueue queue : queues) {
                if (hasLied(session, queue.doWork())) {
                    break;
                }
            }
        } catch (final InternalError e) {
            lose(session, e);
        }
        return 0;
    }

    private void leave() {
        final RingSession before = current;
        current = null;
        queues = NO_QUEUES;
        if (before != null) {
            before.leave();
        }
    }

    /** Nothing of a client that has lied is touched until the ring thread offers another. */
    private boolean hasLied(final RingSession session, final @Nullable Violation violation) {
        if (violation == null) {
            return false;
        }
        ringCounters.violations(violation).increment();
        session.violate(violation);
        leave();
        return true;
    }

    /** The memory has lost a page, and there is none to put in its place. */
    private void lose(final RingSession session, final InternalError error) {
        if (!MemoryFault.isCauseOf(error)) {
            throw error;
        }
        for (final RingQueue queue : queues) {
            queue.abandon();
        }
        hasLied(session, Violation.MEMORY);
    }

    @Override
    public int receive(final PacketVector vector) {
        final RingSession session = current;
        if (session == null) {
            return 0;
        }
        final int before = vector.size();
        final RingQueue[] all = queues;
        int next = firstQueue < all.length ? firstQueue : 0;
        firstQueue = next + 1;
        try {
            for (int i = 0; i < all.length && vector.room() > 0; i++) {
                if (hasLied(session, all[next].receive(vector))) {
                    break;
                }
                next = next + 1 == all.length ? 0 : next + 1;
            }
        } catch (final InternalError e) {
            lose(session, e);
        }
        return vector.size() - before;
    }

    @Override
    public int transmit(final PacketVector vector) {
        final int size = vector.size();
        final int put = queues.length == 0 ? 0 : put(vector, 0, true);
        if (put < size) {
            // Nobody is there, or not any more.
            ringCounters.withoutClient().add(size - put);
            for (int i = put; i < size; i++) {
                free(vector, i);
            }
        }
        flush();
        vector.clear();
        return size;
    }

    /** Copies packets to the client without taking them: somebody else sends them. */
    void mirror(final PacketVector vector, final int from) {
        // Who has just connected sees the next packet already.
        doWork();
        if (queues.length > 0) {
            put(vector, from, false);
        }
    }

    /**
     * Puts packets for the client, as many as there is room for; the rest is dropped and counted.
     *
     * @param from first of them.
     * @param frees whether buffers that the client doesn't keep are freed.
     * @return the first that hasn't been dealt with, because the client has lied: all packets if it
     *     hasn't.
     */
    private int put(final PacketVector vector, final int from, final boolean frees) {
        final RingSession session = current;
        final RingQueue[] all = queues;
        final int size = vector.size();
        int i = from;
        try {
            for (; i < size; i++) {
                final int number = all.length == 1 ? 0 : queueOf(vector, i, all.length);
                final RingQueue queue = all[number];
                if (!isBegun[number]) {
                    if (session == null || hasLied(session, queue.begin(size - from))) {
                        break;
                    }
                    isBegun[number] = true;
                }
                if (!queue.put(vector, i) && frees) {
                    free(vector, i);
                }
            }
            for (int number = 0; number < all.length; number++) {
                if (isBegun[number] && current == session) {
                    all[number].publish();
                }
                isBegun[number] = false;
            }
        } catch (final InternalError e) {
            Arrays.fill(isBegun, false);
            if (session != null) {
                lose(session, e);
            }
        }
        return i;
    }

    /** A flow's queue: by its RSS hash; what the device has no hash of goes to the first. */
    private static int queueOf(final PacketVector vector, final int i, final int count) {
        return (vector.flags(i) & PacketVector.FLAG_HASH) == 0
                ? 0
                : (int) (((vector.hash(i) & 0xFFFF_FFFFL) * count) >>> Integer.SIZE);
    }

    private void free(final PacketVector vector, final int i) {
        if ((vector.flags(i) & PacketVector.FLAG_SEGMENTED) != 0) {
            pool.free(vector, i);
            return;
        }
        if (doneCount == done.length) {
            flush();
        }
        done[doneCount++] = vector.buffer(i);
    }

    private void flush() {
        pool.free(done, 0, doneCount);
        doneCount = 0;
    }

    @Override
    public void releaseBuffers() {
        leave();
    }

    @Override
    public void close() {
        final RingDoor serving = door;
        if (serving != null) {
            serving.close();
        }
    }
}
