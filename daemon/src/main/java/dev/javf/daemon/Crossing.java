package dev.javf.daemon;

import dev.javf.packet.Counter;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketVector;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The way from one poller to another for the packets of one virtual function: a ring of packets
 * with one writer and one reader. Each is for one port, or for the function's Tx queue, or it is a
 * free buffer that goes back to where it came from. The pollers' pools share their memory, so that
 * only indexes cross.
 *
 * <pre>
 *       head                 tail
 *        v                    v
 *  ------+--------------------+-----------
 *        | written, not read  |              (a circle)
 *  ------+--------------------+-----------
 *    reader -->           writer -->
 * </pre>
 *
 * One store publishes a burst, one gives the places of a burst back; nothing is allocated. There is
 * room for packets, not for bursts: packets that come one by one while the reader's thread is
 * stopped must not find less room than those that come together.
 */
final class Crossing {
    /** In place of a port: the packets are for the function to send. */
    static final int TO_FUNCTION = -1;

    /** In place of a port: free buffers. */
    static final int FREE_BUFFERS = -2;

    /** Packets there is room for: several Rx rings of the usual length. */
    static final int CAPACITY = 2048;

    private static final int MASK = CAPACITY - 1;
    private static final VarHandle HEAD;
    private static final VarHandle TAIL;

    static {
        try {
            final MethodHandles.Lookup lookup = MethodHandles.lookup();
            HEAD = lookup.findVarHandle(Crossing.class, "head", int.class);
            TAIL = lookup.findVarHandle(Crossing.class, "tail", int.class);
        } catch (final ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final PacketVector ring = new PacketVector(CAPACITY);

    /** Whose the packet in each place is: generation of the list of ports, and place in it. */
    private final long[] targets = new long[CAPACITY];

    private final PacketPool pool;
    private final Poller reader;
    private final Counter crossed;

    /** For the writer: all buffers that have gone this way. */
    private long sentBuffers;

    /** For the writer: where the head was when it last looked. */
    private int seenHead;

    /** For the reader: what it has taken out and not dealt with. */
    private final PacketVector arrived = new PacketVector();

    private long arrivedTarget;

    /** For the reader: all buffers that have come this way. */
    private long readBuffers;

    @SuppressWarnings("unused") // By way of HEAD.
    private int head;

    @SuppressWarnings("unused") // By way of TAIL.
    private int tail;

    /**
     * An empty one.
     *
     * @param pool of the writer; the reader's shares its memory.
     * @param reader is woken when something comes.
     * @param crossed counts packets, for the writer.
     */
    Crossing(final PacketPool pool, final Poller reader, final Counter crossed) {
        this.pool = pool;
        this.reader = reader;
        this.crossed = crossed;
    }

    /**
     * Writer: sends packets, as many as there is room for.
     *
     * @param packets those that are sent leave the vector.
     * @param port whose they are: a port's place in the list of ports, or one of the above.
     * @param generation of the list of ports.
     * @return how many.
     */
    int offer(final PacketVector packets, final int port, final int generation) {
        final int at = (int) TAIL.get(this);
        final int count = Math.min(packets.size(), room(at, packets.size()));
        if (count == 0) {
            return 0;
        }
        final long target = (long) generation << 32 | (port & 0xFFFF_FFFFL);
        for (int i = 0; i < count; i++) {
            final int to = (at + i) & MASK;
            ring.put(to, packets, i);
            targets[to] = target;
            sentBuffers += buffers(packets, i);
        }
        TAIL.setRelease(this, at + count);
        packets.removeFirst(count);
        if (port != FREE_BUFFERS) {
            crossed.add(count);
        }
        reader.wakeUp();
        return count;
    }

    private int room(final int at, final int wanted) {
        int room = CAPACITY - (at - seenHead);
        if (room < wanted) {
            seenHead = (int) HEAD.getAcquire(this);
            room = CAPACITY - (at - seenHead);
        }
        return room;
    }

    private int buffers(final PacketVector packets, final int i) {
        int count = 1;
        if ((packets.flags(i) & PacketVector.FLAG_SEGMENTED) != 0) {
            int buffer = pool.next(packets.buffer(i));
            for (; buffer != PacketPool.NONE; buffer = pool.next(buffer)) {
                count++;
            }
        }
        return count;
    }

    /** Writer: all buffers that have gone this way. */
    long sentBuffers() {
        return sentBuffers;
    }

    /** Reader: all buffers that have come this way. */
    long readBuffers() {
        return readBuffers;
    }

    /** Reader: whether there is something to deal with. */
    boolean hasBurst() {
        return arrived.size() > 0 || (int) HEAD.get(this) != (int) TAIL.getAcquire(this);
    }

    /**
     * Reader: the oldest packets, all for the same port. Those that are left in the vector come
     * first the next time, before any other.
     *
     * @return empty if there are none.
     */
    PacketVector read() {
        if (arrived.size() == 0) {
            final int from = (int) HEAD.get(this);
            final int end = (int) TAIL.getAcquire(this);
            int at = from;
            arrivedTarget = targets[at & MASK];
            while (at != end && arrived.room() > 0 && targets[at & MASK] == arrivedTarget) {
                arrived.add(ring, at & MASK);
                readBuffers += buffers(ring, at & MASK);
                at++;
            }
            HEAD.setRelease(this, at);
        }
        return arrived;
    }

    /** Reader: whose the packets of the last {@link #read} are, as {@link #offer} has it. */
    int port() {
        return (int) arrivedTarget;
    }

    /** Reader: of which list of ports. */
    int generation() {
        return (int) (arrivedTarget >> 32);
    }
}
