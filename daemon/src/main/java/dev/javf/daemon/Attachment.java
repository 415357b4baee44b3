package dev.javf.daemon;

import dev.javf.iavf.QueueSet;
import dev.javf.iavf.QueueVector;
import dev.javf.packet.Counter;
import dev.javf.packet.Counters;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketPort;
import dev.javf.packet.PacketVector;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * One poller's part of a virtual function: those of its queues that the poller has, and those of
 * its ports that belong to the poller. What is for a port of another poller crosses to that one;
 * what comes from a port leaves by a queue of the same poller, or crosses to the one with the
 * function's first queue when this poller has none. For the poller's thread.
 */
final class Attachment {
    private static final QueuePair[] NO_QUEUES = {};
    private static final int[] NO_PORTS = {};

    private final PacketPool pool;
    private final int number;
    private final CrossingRings rings;
    private final CrossingRings.Reader reader = this::readCrossing;
    private final PacketVector burst = new PacketVector();
    private final PacketVector crossing = new PacketVector();
    private final Counter txFull;
    private final Counter noPort;

    /** The port that is served first in the next round, so that a full ring starves none. */
    private int firstPort;

    /**
     * Each with what its Tx queue had no room for yet. As long as there is any, nothing is taken
     * from the ports that the queue serves: what waits, waits with them.
     */
    private QueuePair[] queues = NO_QUEUES;

    /**
     * Whether the PF has enabled the queues. Until then the device takes no doorbells: they would
     * be lost, and a ring that has been filled meanwhile never gets another one.
     */
    private boolean isUp;

    /** The poller that has the function's first queue. */
    private int home;

    private Forwarder forwarder;

    /** Places of this poller's ports. */
    private int[] ownPorts = NO_PORTS;

    /** Of the list of ports. */
    private int generation;

    private @Nullable QueueSet queueSet;
    private @Nullable InterruptWait waiting;

    /**
     * No queues, no ports.
     *
     * @param pool of the poller.
     * @param number of the poller.
     * @param rings to and from the other pollers.
     * @param counters of the function.
     */
    Attachment(
            final PacketPool pool,
            final int number,
            final CrossingRings rings,
            final Counters counters) {
        this.pool = pool;
        this.number = number;
        this.rings = rings;
        txFull = counters.counter(DaemonCounterTypes.QUEUES_GONE, number, Counters.NONE);
        noPort = counters.counter(DaemonCounterTypes.NO_PORT, number, Counters.NONE);
        forwarder = new Forwarder(pool, List.of(), noPort);
    }

    /**
     * A forwarder as this poller has it: ports of other pollers are seen from afar. Any thread.
     *
     * @param ports of the function.
     * @param places counters of the ports as they are seen from afar.
     * @param nextGeneration of the list of ports.
     * @throws IllegalArgumentException when two ports share a VLAN and an address.
     */
    Forwarder forwarderOf(
            final List<PortBinding> ports, final PortPlaces places, final int nextGeneration) {
        final List<PortBinding> seen = new ArrayList<>();
        for (int i = 0; i < ports.size(); i++) {
            final PortBinding binding = ports.get(i);
            final String name = binding.port().name();
            seen.add(
                    binding.poller() == number
                            ? binding
                            : binding.seenFromAfar(
                                    new RemotePort(
                                            name, rings.to(binding.poller()), i, nextGeneration),
                                    places.seenFrom(name, number)));
        }
        return new Forwarder(pool, seen, noPort);
    }

    /** Where the counters are that a poller has of ports which aren't its own. */
    @FunctionalInterface
    interface PortPlaces {
        /**
         * Counters.
         *
         * @param port its name.
         * @param poller that sees it.
         * @return for that poller alone to write.
         */
        PortCounters seenFrom(String port, int poller);
    }

    /** Publishes how full the rings are. */
    void publishLevels() {
        for (final QueuePair pair : queues) {
            pair.rx().publishLevels();
            pair.tx().publishLevels();
        }
    }

    /**
     * Posts receive buffers and polls the queues from now on.
     *
     * @param set of the virtual function.
     * @param indexes of the queues that are this poller's.
     */
    void start(final QueueSet set, final int[] indexes) {
        dropPending();
        final QueuePair[] started = new QueuePair[indexes.length];
        for (int i = 0; i < indexes.length; i++) {
            final QueuePair pair =
                    new QueuePair(set.rx(indexes[i]), set.tx(indexes[i]), new PacketVector());
            pair.pool(pool);
            pair.rx().start();
            pair.tx().start();
            started[i] = pair;
        }
        queues = started;
        isUp = false;
        queueSet = set;
    }

    /** Takes packets from the ports from now on: the PF has enabled the queues. */
    void up() {
        isUp = true;
        watch();
    }

    /** Tells a poller that sleeps what to wait for; it is told again whenever that changes. */
    void waiting(final InterruptWait wait) {
        waiting = wait;
    }

    private void watch() {
        if (waiting != null) {
            waiting.changed();
        }
    }

    /** Interrupt vectors to arm and to wait for; none while the queues aren't enabled. */
    List<QueueVector> vectors() {
        final QueueSet set = queueSet;
        if (!isUp || set == null || set.vectors().isEmpty()) {
            return List.of();
        }
        return Arrays.stream(queues)
                .map(pair -> set.vectors().get(pair.index() % set.vectors().size()))
                .distinct()
                .toList();
    }

    /** Whether another poller may take an interrupt away: there are more queues than vectors. */
    boolean sharesVectors() {
        final QueueSet set = queueSet;
        return set != null && rings.hasOthers() && set.vectors().size() < set.pairs();
    }

    /** Ports that are polled now. */
    List<PacketPort> ports() {
        final List<PacketPort> ports = new ArrayList<>();
        if (isUp) {
            for (final int port : ownPorts) {
                ports.add(forwarder.port(port));
            }
        }
        return ports;
    }

    /** Takes what other pollers have sent up to now. */
    void readCrossings() {
        rings.read(reader);
    }

    /** Whether packets wait for room in a Tx ring. */
    boolean hasPending() {
        for (final QueuePair pair : queues) {
            if (pair.pending().size() > 0) {
                return true;
            }
        }
        return crossing.size() > 0;
    }

    /** Whether a queue that interrupts has packets. */
    boolean hasReceived() {
        if (isUp) {
            for (final QueuePair pair : queues) {
                if (pair.rx().hasReady()) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Whether another poller has sent something. */
    boolean hasCrossed() {
        return rings.hasBurst();
    }

    /**
     * Touches no queue any more. Their buffers stay with them, since the device may still use them.
     */
    void stop() {
        dropPending();
        queues = NO_QUEUES;
        isUp = false;
        watch();
    }

    /**
     * Lets go of a queue pair whose device goes on. Until another poller has taken it, what arrives
     * waits in its ring.
     *
     * @param index of the pair.
     * @return the pair.
     */
    QueuePair release(final int index) {
        for (int i = 0; i < queues.length; i++) {
            if (queues[i].index() == index) {
                final QueuePair released = queues[i];
                final QueuePair[] rest = new QueuePair[queues.length - 1];
                System.arraycopy(queues, 0, rest, 0, i);
                System.arraycopy(queues, i + 1, rest, i, rest.length - i);
                queues = rest;
                watch();
                return released;
            }
        }
        throw new IllegalStateException("poller " + number + " has no queue " + index);
    }

    /**
     * Polls a queue pair that another poller has let go of.
     *
     * @param pair as it was let go of.
     * @param set of the virtual function.
     */
    void take(final QueuePair pair, final QueueSet set) {
        pair.pool(pool);
        queues = Arrays.copyOf(queues, queues.length + 1);
        queues[queues.length - 1] = pair;
        queueSet = set;
        watch();
    }

    /** Says which poller has the function's first queue. */
    void home(final int poller) {
        home = poller;
    }

    /**
     * Takes all buffers out of queues that no device uses any more.
     *
     * @param set of the virtual function.
     * @param indexes of the queues that were this poller's.
     */
    void reclaim(final QueueSet set, final int[] indexes) {
        for (final int index : indexes) {
            set.rx(index).reclaim();
            set.tx(index).reclaim();
        }
    }

    /**
     * Serves other ports from the next burst on, and touches the earlier ones no more.
     *
     * @param next knows the ports.
     * @param own places of those that are this poller's.
     * @param nextGeneration of the list of ports.
     */
    void forwarder(final Forwarder next, final int[] own, final int nextGeneration) {
        forwarder = next;
        ownPorts = own;
        generation = nextGeneration;
        txFull.add(crossing.size());
        pool.free(crossing);
        watch();
    }

    /**
     * One round: what other pollers have sent, a burst from every queue, and one from every port.
     *
     * @return packets moved, or more.
     */
    int poll() {
        int work = forwarder.serve() + rings.read(reader);
        final QueuePair[] pairs = queues;
        for (final QueuePair pair : pairs) {
            final int received = pair.rx().receive(burst);
            if (received > 0) {
                work += received;
                forwarder.toPorts(burst);
            }
        }
        for (final QueuePair pair : pairs) {
            pair.tx().freeDone();
        }
        if (!isUp) {
            return work;
        }
        return work + (pairs.length == 0 ? sendAcross() : pollPorts(pairs));
    }

    private int pollPorts(final QueuePair[] pairs) {
        int work = 0;
        for (final QueuePair pair : pairs) {
            if (pair.pending().size() > 0) {
                work += pair.tx().transmit(pair.pending());
            }
        }
        final int[] ports = ownPorts;
        int next = firstPort < ports.length ? firstPort : 0;
        firstPort = next + 1;
        for (int i = 0; i < ports.length; i++) {
            final QueuePair pair = pairs[next % pairs.length];
            final PacketVector vector = pair.pending();
            if (vector.size() == 0 && pair.tx().available() > 0) {
                work += forwarder.fromPort(ports[next], vector);
                if (vector.size() > 0) {
                    pair.tx().transmit(vector);
                }
            }
            next = next + 1 == ports.length ? 0 : next + 1;
        }
        return work;
    }

    /** Ports without a queue of their poller: the first queue's poller sends for them. */
    private int sendAcross() {
        final int[] ports = ownPorts;
        if (ports.length == 0 || home == number) {
            return 0;
        }
        final Crossing way = rings.to(home);
        int work = way.offer(crossing, Crossing.TO_FUNCTION, generation);
        int next = firstPort < ports.length ? firstPort : 0;
        firstPort = next + 1;
        for (int i = 0; i < ports.length && crossing.size() == 0; i++) {
            work += forwarder.fromPort(ports[next], crossing);
            way.offer(crossing, Crossing.TO_FUNCTION, generation);
            next = next + 1 == ports.length ? 0 : next + 1;
        }
        return work;
    }

    private void readCrossing(
            final PacketVector packets, final int port, final int portsGeneration) {
        if (port == Crossing.TO_FUNCTION) {
            readForFunction(packets);
        } else if (portsGeneration == generation) {
            forwarder.transmit(port, packets);
        } else if (portsGeneration - generation < 0) {
            rings.drop(packets);
        }
        // Else this poller is about to be told of these ports.
    }

    private void readForFunction(final PacketVector packets) {
        if (!isUp) {
            txFull.add(packets.size());
            pool.free(packets);
        } else if (queues.length > 0) {
            if (queues[0].pending().size() == 0) {
                queues[0].tx().transmit(packets);
            }
        } else if (home != number) {
            // The first queue is elsewhere now, or on its way.
            rings.to(home).offer(packets, Crossing.TO_FUNCTION, generation);
        }
    }

    /**
     * Packets from ports that were dropped because the queues were taken away before the device had
     * room for them; any thread may read it.
     */
    Counter txFull() {
        return txFull;
    }

    private void dropPending() {
        for (final QueuePair pair : queues) {
            txFull.add(pair.pending().size());
            pool.free(pair.pending());
        }
        txFull.add(crossing.size());
        pool.free(crossing);
    }
}
