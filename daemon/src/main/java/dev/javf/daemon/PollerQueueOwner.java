package dev.javf.daemon;

import dev.javf.iavf.QueueOwner;
import dev.javf.iavf.QueueSet;
import dev.javf.packet.Counters;
import dev.javf.packet.PacketPool;

import org.jspecify.annotations.Nullable;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.IntUnaryOperator;

/**
 * Hands a virtual function's queues to their pollers and takes them back, by commands in both
 * directions. What concerns the queues is done one after the other, so that none is on its way from
 * one poller to another when all of them are wanted back. All methods are for the conductor's
 * thread.
 */
final class PollerQueueOwner implements QueueOwner {
    /** Rx and Tx rings of the usual length. */
    private static final int BUFFERS_OF_A_PAIR = 1024;

    private final Conductor conductor;
    private final Poller[] pollers;

    /** Of each poller's packets of this function: the poller's own, or one of the function's. */
    private final List<PacketPool> pools;

    private final boolean hasOwnPools;
    private final Attachment[] attachments;
    private final Executor closer;
    private final IntUnaryOperator choice;
    private final Attachment.PortPlaces portPlaces;
    private final ArrayDeque<Consumer<Runnable>> waiting = new ArrayDeque<>();
    private List<PortBinding> ports = List.of();

    /** Queue to poller. */
    private int[] assignment = {};

    private @Nullable QueueSet prepared;
    private boolean isBusy;
    private int generation;

    /**
     * A function without ports, at one poller.
     *
     * @param conductor that asks.
     * @param poller that polls.
     * @param closer runs what may block.
     * @param counters of the function.
     */
    PollerQueueOwner(
            final Conductor conductor,
            final Poller poller,
            final Executor closer,
            final Counters counters) {
        this(
                conductor,
                new Poller[] {poller},
                List.of(),
                queue -> 0,
                closer,
                counters,
                (port, from) -> new PortCounters());
    }

    /**
     * A function without ports.
     *
     * @param conductor that asks.
     * @param pollers all of them; their pools share one memory.
     * @param ownPools the function's own, one for each poller, which become this object's; empty if
     *     it uses the pollers'.
     * @param choice gives each queue its first poller.
     * @param closer runs what may block.
     * @param counters of the function.
     * @param portPlaces counters of ports as other pollers see them.
     */
    PollerQueueOwner(
            final Conductor conductor,
            final Poller[] pollers,
            final List<PacketPool> ownPools,
            final IntUnaryOperator choice,
            final Executor closer,
            final Counters counters,
            final Attachment.PortPlaces portPlaces) {
        this.conductor = conductor;
        this.pollers = pollers.clone();
        hasOwnPools = !ownPools.isEmpty();
        pools =
                hasOwnPools
                        ? List.copyOf(ownPools)
                        : Arrays.stream(pollers).map(Poller::pool).toList();
        this.choice = choice;
        this.closer = closer;
        this.portPlaces = portPlaces;
        final CrossingRings[] rings = CrossingRings.between(pollers, pools, counters);
        attachments = new Attachment[pollers.length];
        for (int i = 0; i < pollers.length; i++) {
            final Attachment attachment = new Attachment(pools.get(i), i, rings[i], counters);
            attachments[i] = attachment;
            final Poller poller = pollers[i];
            poller.execute(() -> poller.add(attachment));
        }
        assign(1);
    }

    /** Gives queues that are new a poller. */
    private void assign(final int pairs) {
        final int before = assignment.length;
        if (pairs > before) {
            assignment = Arrays.copyOf(assignment, pairs);
            for (int queue = before; queue < pairs; queue++) {
                assignment[queue] = Math.floorMod(choice.applyAsInt(queue), pollers.length);
            }
        }
        if (before == 0) {
            tellHome();
        }
    }

    private void tellHome() {
        final int home = assignment[0];
        for (int i = 0; i < pollers.length; i++) {
            final Attachment attachment = attachments[i];
            pollers[i].execute(() -> attachment.home(home));
        }
    }

    /** The poller of a queue, its first one if the queue has never been in use. */
    int pollerOf(final int queue) {
        return queue < assignment.length
                ? assignment[queue]
                : Math.floorMod(choice.applyAsInt(queue), pollers.length);
    }

    private int[] queuesOf(final int poller, final int pairs) {
        final int[] queues = new int[pairs];
        int count = 0;
        for (int queue = 0; queue < pairs; queue++) {
            if (assignment[queue] == poller) {
                queues[count++] = queue;
            }
        }
        return Arrays.copyOf(queues, count);
    }

    @Override
    public void prepare(final QueueSet queues, final Runnable done) {
        inTurn(end -> {
            assign(queues.pairs());
            onEach(
                    i -> {
                        final int[] own = queuesOf(i, queues.pairs());
                        return () -> attachments[i].start(queues, own);
                    },
                    () -> {
                        prepared = queues;
                        end.run();
                        done.run();
                    });
        });
    }

    @Override
    public boolean wantsInterrupts() {
        return Arrays.stream(pollers).anyMatch(Poller::sleeps);
    }

    /**
     * Is polled no longer: it has neither queues nor ports.
     *
     * @param done run on the conductor's thread when no poller touches it any more.
     */
    void leave(final Runnable done) {
        onEach(i -> () -> pollers[i].remove(attachments[i]), done);
    }

    /** The pool that the function's packets at a poller are from. */
    PacketPool pool(final int poller) {
        return pools.get(poller);
    }

    /** Whether no other function's packets are in the memory of its pools. */
    boolean hasOwnPools() {
        return hasOwnPools;
    }

    /** Frees pools of its own. No poller touches it any more. */
    void closePools() {
        if (hasOwnPools) {
            pools.forEach(PacketPool::close);
        }
    }

    /** The PF has enabled the queues that were prepared last. */
    void up() {
        for (int i = 0; i < pollers.length; i++) {
            pollers[i].execute(attachments[i]::up);
        }
    }

    @Override
    public void revoke(final QueueSet queues, final Runnable done) {
        inTurn(end ->
                onEach(
                        i -> attachments[i]::stop,
                        () -> {
                            prepared = null;
                            end.run();
                            done.run();
                        }));
    }

    @Override
    public void reclaim(final QueueSet queues, final Runnable done) {
        inTurn(end ->
                onEach(
                        i -> {
                            final int[] own = queuesOf(i, queues.pairs());
                            return () -> attachments[i].reclaim(queues, own);
                        },
                        () -> {
                            end.run();
                            done.run();
                        }));
    }

    /**
     * Has another poller poll a queue pair from now on. While it moves, what arrives waits in its
     * ring; nothing is lost, and what was received keeps its order. What is sent may overtake once:
     * a port whose poller gets or loses a queue may send by another one from then on.
     *
     * @param queue its number, one that has been in use.
     * @param target number of the poller.
     * @param done run on the conductor's thread when the poller has it.
     * @throws IllegalArgumentException when there is no such queue or poller.
     */
    void move(final int queue, final int target, final Runnable done) {
        if (target < 0 || target >= pollers.length) {
            throw new IllegalArgumentException(
                    "there is no poller "
                            + target
                            + "; there are 0 to "
                            + (pollers.length - 1)
                            + " (daemon.pollers)");
        }
        if (queue < 0 || queue >= assignment.length) {
            throw new IllegalArgumentException(
                    "there is no queue "
                            + queue
                            + "; there are 0 to "
                            + (assignment.length - 1)
                            + " (queue-pairs)");
        }
        inTurn(end -> {
            final Runnable moved =
                    () -> {
                        assignment[queue] = target;
                        if (queue == 0) {
                            tellHome();
                        }
                        end.run();
                        done.run();
                    };
            final int source = assignment[queue];
            final QueueSet set = prepared;
            if (source == target) {
                end.run();
                done.run();
            } else if (set != null && queue < set.pairs()) {
                moveLive(queue, source, target, set, moved);
            } else {
                moveStopped(source, target, moved);
            }
        });
    }

    private void moveLive(
            final int queue,
            final int source,
            final int target,
            final QueueSet set,
            final Runnable moved) {
        pollers[source].execute(() -> {
            final QueuePair pair = attachments[source].release(queue);
            // What the source has sent across must not be overtaken by what the target receives.
            conductor.execute(() ->
                    onEach(
                            i -> attachments[i]::readCrossings,
                            () ->
                                    pollers[target].execute(() -> {
                                        attachments[target].take(pair, set);
                                        conductor.execute(moved);
                                    })));
        });
    }

    /** The buffers that a queue's rings had go with it, up to half of those that are free. */
    private void moveStopped(final int source, final int target, final Runnable moved) {
        pollers[source].execute(() -> {
            final PacketPool pool = pools.get(source);
            final int[] buffers = new int[Math.min(pool.available() / 2, BUFFERS_OF_A_PAIR)];
            pool.allocate(buffers, 0, buffers.length);
            conductor.execute(() ->
                    pollers[target].execute(() -> {
                        pools.get(target).free(buffers, 0, buffers.length);
                        conductor.execute(moved);
                    }));
        });
    }

    /**
     * Serves these ports from now on, and no others.
     *
     * @param bindings the ports, each made with the pool of its poller.
     * @param done run on the conductor's thread when the pollers have them, and the earlier ones
     *     are closed.
     * @throws IllegalArgumentException when two of them share a VLAN and an address.
     */
    void ports(final List<PortBinding> bindings, final Runnable done) {
        generation++;
        final int next = generation;
        final Forwarder[] forwarders = new Forwarder[pollers.length];
        for (int i = 0; i < pollers.length; i++) {
            forwarders[i] = attachments[i].forwarderOf(bindings, portPlaces, next);
        }
        final List<PortBinding> earlier = new ArrayList<>(ports);
        earlier.removeAll(bindings);
        ports = bindings;
        onEach(
                i -> {
                    final int[] own = portsOf(i, bindings);
                    return () -> {
                        attachments[i].forwarder(forwarders[i], own, next);
                        for (final PortBinding binding : earlier) {
                            if (binding.poller() == i) {
                                binding.port().releaseBuffers();
                            }
                        }
                    };
                },
                () ->
                        closer.execute(() -> {
                            earlier.forEach(binding -> binding.port().close());
                            conductor.execute(done);
                        }));
    }

    private static int[] portsOf(final int poller, final List<PortBinding> bindings) {
        final int[] own = new int[bindings.size()];
        int count = 0;
        for (int i = 0; i < own.length; i++) {
            if (bindings.get(i).poller() == poller) {
                own[count++] = i;
            }
        }
        return Arrays.copyOf(own, count);
    }

    /** Runs something when nothing else is under way; it must run its argument when it ends. */
    private void inTurn(final Consumer<Runnable> operation) {
        waiting.add(operation);
        runNext();
    }

    private void runNext() {
        if (!isBusy) {
            final Consumer<Runnable> next = waiting.poll();
            if (next != null) {
                isBusy = true;
                next.accept(() -> {
                    isBusy = false;
                    conductor.execute(this::runNext);
                });
            }
        }
    }

    /** What each poller is to do. */
    @FunctionalInterface
    private interface Commands {
        /** For a poller; made on the conductor's thread. */
        Runnable of(int poller);
    }

    /** Has every poller do something; {@code done} runs when the last one has. */
    private void onEach(final Commands commands, final Runnable done) {
        final int[] left = {pollers.length};
        final Runnable one =
                () -> {
                    left[0]--;
                    if (left[0] == 0) {
                        done.run();
                    }
                };
        for (int i = 0; i < pollers.length; i++) {
            final Runnable command = commands.of(i);
            pollers[i].execute(() -> {
                command.run();
                conductor.execute(one);
            });
        }
    }
}
