package dev.javf.daemon;

import dev.javf.packet.Counter;
import dev.javf.packet.Counters;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketVector;

import org.jspecify.annotations.Nullable;

import java.util.List;

/**
 * One poller's ends of all the ways between it and the others, for one virtual function. Buffers
 * that have come with packets and were freed here go back in blocks, so that no poller runs dry
 * because its packets end at another one. For the poller's thread, once it is made.
 */
final class CrossingRings {
    /** Free buffers that go back at a time. */
    private static final int BUFFERS = 64;

    /** As many buffers another poller may be owed. */
    private static final int DEBT = 2 * BUFFERS;

    private final PacketPool pool;
    private final int own;
    private final @Nullable Crossing[] incoming;
    private final @Nullable Crossing[] outgoing;
    private final Counter dropped;
    private final PacketVector free = new PacketVector(BUFFERS);

    /** What a burst is given to. */
    interface Reader {
        /**
         * Packets from another poller.
         *
         * @param packets all that are taken or dropped leave it; those that stay wait, and all
         *     behind them.
         * @param port whose they are.
         * @param generation of the list of ports.
         */
        void read(PacketVector packets, int port, int generation);
    }

    /**
     * All rings between all pollers.
     *
     * @param pollers all of them.
     * @param pools of the function's packets at each of them; they share one memory.
     * @param counters of the function.
     * @return for each poller its ends.
     */
    static CrossingRings[] between(
            final Poller[] pollers, final List<PacketPool> pools, final Counters counters) {
        final CrossingRings[] all = new CrossingRings[pollers.length];
        for (int i = 0; i < all.length; i++) {
            all[i] =
                    new CrossingRings(
                            pools.get(i),
                            i,
                            all.length,
                            counters.counter(DaemonCounterTypes.CROSSING_DROPS, i, Counters.NONE));
        }
        for (int from = 0; from < all.length; from++) {
            for (int to = 0; to < all.length; to++) {
                if (from != to) {
                    final Crossing crossing =
                            new Crossing(
                                    pools.get(from),
                                    pollers[to],
                                    counters.counter(DaemonCounterTypes.CROSSED, from, to));
                    all[from].outgoing[to] = crossing;
                    all[to].incoming[from] = crossing;
                }
            }
        }
        return all;
    }

    private CrossingRings(
            final PacketPool pool, final int own, final int pollers, final Counter dropped) {
        this.pool = pool;
        this.own = own;
        this.dropped = dropped;
        incoming = new Crossing[pollers];
        outgoing = new Crossing[pollers];
    }

    /** The way to another poller. */
    Crossing to(final int poller) {
        final Crossing crossing = outgoing[poller];
        if (crossing == null) {
            throw new IllegalArgumentException("poller " + own + " is poller " + poller);
        }
        return crossing;
    }

    /** Whether there are other pollers. */
    boolean hasOthers() {
        return incoming.length > 1;
    }

    /** Whether anything has come. */
    boolean hasBurst() {
        for (final Crossing crossing : incoming) {
            if (crossing != null && crossing.hasBurst()) {
                return true;
            }
        }
        return false;
    }

    /**
     * Takes what has come.
     *
     * @param reader gets the packets.
     * @return how much it was.
     */
    int read(final Reader reader) {
        int work = 0;
        for (int other = 0; other < incoming.length; other++) {
            final Crossing crossing = incoming[other];
            if (crossing != null) {
                work += read(crossing, reader);
                payBack(crossing, outgoing[other]);
            }
        }
        return work;
    }

    private int read(final Crossing crossing, final Reader reader) {
        int work = 0;
        for (PacketVector packets = crossing.read();
                packets.size() > 0;
                packets = crossing.read()) {
            final int before = packets.size();
            if (crossing.port() == Crossing.FREE_BUFFERS) {
                pool.free(packets);
            } else {
                reader.read(packets, crossing.port(), crossing.generation());
            }
            work += before - packets.size();
            if (packets.size() > 0) {
                return work;
            }
        }
        return work;
    }

    private void payBack(final Crossing crossing, final @Nullable Crossing back) {
        if (back == null
                || crossing.readBuffers() - back.sentBuffers() < DEBT
                || pool.available() < DEBT) {
            return;
        }
        while (free.room() > 0) {
            free.add(pool.allocate(), 0, 0, 0, 0, 0);
        }
        back.offer(free, Crossing.FREE_BUFFERS, 0);
        pool.free(free);
    }

    /** Drops packets whose port is gone, or was never theirs. */
    void drop(final PacketVector packets) {
        dropped.add(packets.size());
        pool.free(packets);
    }
}
