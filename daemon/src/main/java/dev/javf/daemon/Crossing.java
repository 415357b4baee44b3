package dev.javf.daemon;

import dev.javf.packet.Counter;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketVector;

import org.jspecify.annotations.Nullable;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The way from one poller to another for the packets of one virtual function: a ring of bursts with
 * one writer and one reader. A burst is for one port, or for the function's Tx queue, or it is free
 * buffers that go back to where they came from. The pollers' pools share their memory, so that only
 * indexes cross.
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
 * One store publishes a burst, one gives its place back; nothing is allocated.
 */
final class Crossing {
    /** In place of a port: the packets are for the function to send. */
    static final int TO_FUNCTION = -1;

    /** In place of a port: no packets, but free buffers. */
    static final int FREE_BUFFERS = -2;

    /** Free buffers that go in one burst. */
    static final int BUFFERS = 64;

    private static final int SLOTS = 32;
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

    private final Slot[] slots = new Slot[SLOTS];
    private final PacketPool pool;
    private final Poller reader;
    private final Counter crossed;

    /** For the writer: all buffers that have gone this way. */
    private long sentBuffers;

    /** For the reader: all buffers that have come this way. */
    private long readBuffers;

    @SuppressWarnings("unused") // By way of HEAD.
    private int head;

    @SuppressWarnings("unused") // By way of TAIL.
    private int tail;

    /** A burst. */
    static final class Slot {
        private final PacketVector packets = new PacketVector();
        private final int[] buffers = new int[BUFFERS];
        private int port;
        private int generation;
        private int bufferCount;

        /** The packets; the reader empties it. */
        PacketVector packets() {
            return packets;
        }

        /** Whose the packets are: a port's place in the list of ports, or one of the above. */
        int port() {
            return port;
        }

        /** Of which list of ports. */
        int generation() {
            return generation;
        }

        /** {@link #BUFFERS} free buffers. */
        int[] buffers() {
            return buffers;
        }
    }

    /**
     * An empty one.
     *
     * @param pool of the writer.
     * @param reader is woken when something comes.
     * @param crossed counts packets, for the writer.
     */
    Crossing(final PacketPool pool, final Poller reader, final Counter crossed) {
        this.pool = pool;
        this.reader = reader;
        this.crossed = crossed;
        for (int i = 0; i < SLOTS; i++) {
            slots[i] = new Slot();
        }
    }

    /**
     * Writer: sends packets, if there is room.
     *
     * @param packets all of them or none leave the vector.
     * @param port whose they are.
     * @param generation of the list of ports.
     * @return how many.
     */
    int offer(final PacketVector packets, final int port, final int generation) {
        final int size = packets.size();
        final Slot slot = size == 0 ? null : next();
        if (slot == null) {
            return 0;
        }
        int buffers = size;
        for (int i = 0; i < size; i++) {
            slot.packets.add(packets, i);
            if ((packets.flags(i) & PacketVector.FLAG_SEGMENTED) != 0) {
                buffers += furtherBuffers(packets.buffer(i));
            }
        }
        packets.clear();
        crossed.add(size);
        publish(slot, port, generation, buffers);
        return size;
    }

    /**
     * Writer: sends {@link #BUFFERS} free buffers back, if there is room. Its pool has so many.
     *
     * @return whether they went.
     */
    boolean offerBuffers() {
        final Slot slot = next();
        if (slot == null) {
            return false;
        }
        pool.allocate(slot.buffers, 0, BUFFERS);
        publish(slot, FREE_BUFFERS, 0, BUFFERS);
        return true;
    }

    private @Nullable Slot next() {
        final int at = (int) TAIL.get(this);
        return at - (int) HEAD.getAcquire(this) == SLOTS ? null : slots[at & (SLOTS - 1)];
    }

    private int furtherBuffers(final int first) {
        int count = 0;
        for (int buffer = pool.next(first); buffer != PacketPool.NONE; buffer = pool.next(buffer)) {
            count++;
        }
        return count;
    }

    private void publish(
            final Slot slot, final int port, final int generation, final int bufferCount) {
        sentBuffers += bufferCount;
        slot.bufferCount = bufferCount;
        slot.port = port;
        slot.generation = generation;
        TAIL.setRelease(this, (int) TAIL.get(this) + 1);
        reader.wakeUp();
    }

    /** Writer: all buffers that have gone this way. */
    long sentBuffers() {
        return sentBuffers;
    }

    /** Reader: all buffers that have come this way. */
    long readBuffers() {
        return readBuffers;
    }

    /** Reader: whether a burst is there. */
    boolean hasBurst() {
        return peek() != null;
    }

    /** Reader: the oldest burst, which stays until {@link #done}; null if there is none. */
    @Nullable Slot peek() {
        final int at = (int) HEAD.get(this);
        return at == (int) TAIL.getAcquire(this) ? null : slots[at & (SLOTS - 1)];
    }

    /** Reader: has dealt with the oldest burst, whose vector is empty. */
    void done() {
        readBuffers += slots[(int) HEAD.get(this) & (SLOTS - 1)].bufferCount;
        HEAD.setRelease(this, (int) HEAD.get(this) + 1);
    }
}
