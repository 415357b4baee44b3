package dev.javf.daemon;

import dev.javf.iavf.Difference;
import dev.javf.iavf.LifecycleState;
import dev.javf.iavf.VirtualFunction;
import dev.javf.iavf.VirtualFunctionListener;
import dev.javf.packet.PacketPool;
import dev.javf.vfio.PciDevice;
import dev.javf.virtchnl.EthStatistics;
import dev.javf.virtchnl.VlanRequestResult;
import dev.javf.virtchnl.VlanSet;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * A virtual function as the rest of the process sees it. Any thread may call; nothing here waits.
 * What is asked for is done by the conductor, and the future completes on its thread: a stage
 * behind it must not block.
 */
public final class FunctionClient {
    private final String name;
    private final Conductor conductor;
    private final PollerQueueOwner owner;
    private final CounterPlaces places;
    private final int firstPoller;

    /** Who waits for which state. For the conductor's thread. */
    private final List<Waiter> waiters = new ArrayList<>();

    /** Guests of this function's ports. For the conductor's thread. */
    private final List<GuestWants> guests = new ArrayList<>();

    private final List<GuestNetwork> guestNetworks = new ArrayList<>();

    /** Clients of ring ports. For the conductor's thread. */
    private final List<ClientNetwork> clients = new ArrayList<>();

    /** Opens a device for this client. */
    private final Function<PciDevice, VirtualFunction> opener;

    /** Written by the conductor only. */
    private volatile @Nullable VirtualFunction function;

    private record Waiter(LifecycleState state, CompletableFuture<LifecycleState> future) {}

    FunctionClient(
            final String name,
            final Conductor conductor,
            final PollerQueueOwner owner,
            final CounterPlaces places,
            final Function<Opening, VirtualFunction> opener) {
        this.name = name;
        this.conductor = conductor;
        this.owner = owner;
        this.places = places;
        firstPoller = owner.pollerOf(0);
        this.opener = device -> opener.apply(new Opening(device, this));
    }

    /**
     * What to open.
     *
     * @param device the function.
     * @param client whose it will be.
     */
    record Opening(PciDevice device, FunctionClient client) {}

    /** Opens the function for the first time, before the conductor's thread starts or on it. */
    void open(final PciDevice device) {
        final VirtualFunction opened = opener.apply(device);
        conductor.add(opened);
        function = opened;
    }

    /** What wakes those who wait for a state, besides telling whoever else listens. */
    VirtualFunctionListener listener(final VirtualFunctionListener next) {
        return new WakingListener(next);
    }

    /** The name that the function was given: {@code sim:0/1}. */
    public String name() {
        return name;
    }

    /**
     * Counters for one of this function's ports, which go on from where an earlier port of that
     * name has left them.
     *
     * @param port its name.
     * @return the counters.
     */
    public PortCounters portCounters(final String port) {
        return new PortCounters(places.port(name, port));
    }

    /**
     * Waits for a state.
     *
     * @param state which.
     * @return completes when the function is in that state, at once if it is already; exceptionally
     *     when it is removed.
     */
    public CompletableFuture<LifecycleState> state(final LifecycleState state) {
        final CompletableFuture<LifecycleState> future = new CompletableFuture<>();
        return askTo(
                future,
                vf -> {
                    if (vf.state() == state) {
                        future.complete(state);
                    } else {
                        waiters.add(new Waiter(state, future));
                    }
                });
    }

    /**
     * Reads something of the function, on the conductor's thread.
     *
     * @param <T> what is read.
     * @param question asks the function; must not keep it, nor block.
     * @return the answer.
     */
    public <T extends @Nullable Object> CompletableFuture<T> ask(
            final Function<VirtualFunction, T> question) {
        final CompletableFuture<T> future = new CompletableFuture<>();
        return askTo(future, vf -> future.complete(question.apply(vf)));
    }

    /**
     * Wants VLANs.
     *
     * @param vlans which.
     * @return completes when the PF has answered for each of them, refusals included.
     */
    public CompletableFuture<VlanRequestResult> addVlans(final VlanSet vlans) {
        final CompletableFuture<VlanRequestResult> future = new CompletableFuture<>();
        return askTo(future, vf -> vf.addVlans(vlans, future::complete));
    }

    /**
     * Wants VLANs no longer.
     *
     * @param vlans which.
     * @return completes when the PF has answered for each of them.
     */
    public CompletableFuture<VlanRequestResult> removeVlans(final VlanSet vlans) {
        final CompletableFuture<VlanRequestResult> future = new CompletableFuture<>();
        return askTo(future, vf -> vf.removeVlans(vlans, future::complete));
    }

    /** Wants packets to flow. {@link #state} tells when they do. */
    public void up() {
        conductor.execute(() -> required().up());
    }

    /** Wants packets to stop. VLANs, addresses and all else stay as they are at the PF. */
    public void down() {
        conductor.execute(() -> required().down());
    }

    /**
     * Serves these ports from now on, and no others; earlier ones that are not among them are
     * closed. The daemon owns them from here on.
     *
     * @param bindings the ports, made with the daemon's packet pool.
     * @return completes when the poller serves them; exceptionally when two share a VLAN and an
     *     address.
     */
    public CompletableFuture<Void> ports(final List<PortBinding> bindings) {
        final CompletableFuture<Void> future = new CompletableFuture<>();
        final List<PortBinding> copy = List.copyOf(bindings);
        return askTo(future, vf -> owner.ports(copy, () -> future.complete(null)));
    }

    /**
     * Has another poller poll one of the queue pairs, without losing a packet.
     *
     * @param queue its number.
     * @param poller the number of the poller.
     * @return completes when the poller has it; exceptionally with an {@link
     *     IllegalArgumentException} when there is no such queue or poller.
     */
    public CompletableFuture<Void> moveQueue(final int queue, final int poller) {
        final CompletableFuture<Void> future = new CompletableFuture<>();
        return askTo(future, vf -> owner.move(queue, poller, () -> future.complete(null)));
    }

    /**
     * The pool that one of the function's ports must be made with.
     *
     * @param poller the number of the port's poller.
     * @return the pool.
     */
    public PacketPool packetPool(final int poller) {
        return owner.pool(poller);
    }

    /** Whether no other function's packets are in the memory of its {@link #packetPool}. */
    public boolean hasOwnPools() {
        return owner.hasOwnPools();
    }

    /** Frees the memory of its own pools, if it has any. The pollers have stopped. */
    void closePools() {
        owner.closePools();
    }

    /** The poller that the function's first queue has to begin with. */
    public int firstPoller() {
        return firstPoller;
    }

    /**
     * Which poller has a queue pair. On the conductor's thread, as in {@link #ask}.
     *
     * @param queue its number.
     * @return the number of the poller.
     */
    public int pollerOf(final int queue) {
        return owner.pollerOf(queue);
    }

    /**
     * A guest's way to this function: what the guest asks for, the function is asked for.
     *
     * @param settings of the guest's port.
     * @return completes with it when the function has been asked for what the port starts with.
     */
    CompletableFuture<GuestNetwork> guest(final GuestPort settings) {
        final CompletableFuture<GuestNetwork> future = new CompletableFuture<>();
        return askTo(
                future,
                vf -> {
                    final Sharing sharing = new Sharing();
                    final GuestWants wants = new GuestWants(settings, vf, sharing);
                    final GuestNetwork network = new GuestNetwork(settings, conductor, wants);
                    sharing.network = network;
                    guests.add(wants);
                    guestNetworks.add(network);
                    network.link(vf.isLinkUp());
                    future.complete(network);
                });
    }

    /**
     * A ring port's client's way to this function.
     *
     * @return completes with it, when it knows whether the link is there.
     */
    public CompletableFuture<ClientNetwork> clientNetwork() {
        final ClientNetwork network = new ClientNetwork(this);
        return ask(vf -> {
            clients.add(network);
            network.link(vf.isLinkUp());
            return network;
        });
    }

    /** A client is gone. */
    void forget(final ClientNetwork network) {
        final var _ = ask(vf -> clients.remove(network));
    }

    /** The VF has one receive mode for all guests. */
    private void updateReceiveMode(final VirtualFunction vf) {
        final boolean isPromiscuous = guests.stream().anyMatch(GuestWants::isPromiscuous);
        vf.promiscuous(
                isPromiscuous,
                isPromiscuous || guests.stream().anyMatch(GuestWants::isAllMulticast));
    }

    /**
     * Takes a device that was let go, or another one in its place. It begins without VLANs or
     * addresses of its own and down; the ports stay.
     *
     * @param device the function; the daemon closes it.
     * @return completes when it is being opened; exceptionally with an {@link
     *     IllegalStateException} when {@link #close} has not completed.
     */
    public CompletableFuture<LifecycleState> reopen(final PciDevice device) {
        final CompletableFuture<LifecycleState> future = new CompletableFuture<>();
        return askTo(
                future,
                closed -> {
                    if (!closed.isClosed()) {
                        throw new IllegalStateException(
                                name + " is " + closed.state() + "; close it before reopening");
                    }
                    final VirtualFunction opened = opener.apply(device);
                    conductor.replace(closed, opened);
                    function = opened;
                    guests.forEach(guest -> guest.moveTo(opened));
                    clients.forEach(other -> other.moveTo(opened));
                    updateReceiveMode(opened);
                    future.complete(opened.state());
                });
    }

    /**
     * Stops the function and lets its device go.
     *
     * @return completes when that is done.
     */
    public CompletableFuture<LifecycleState> close() {
        conductor.execute(() -> required().close());
        return state(LifecycleState.CLOSED);
    }

    /**
     * Is conducted and polled no longer.
     *
     * @return completes when that is so; exceptionally with an {@link IllegalStateException} when
     *     {@link #close} has not completed.
     */
    CompletableFuture<Void> leave() {
        final CompletableFuture<Void> future = new CompletableFuture<>();
        return askTo(
                future,
                closed -> {
                    if (!closed.isClosed()) {
                        throw new IllegalStateException(
                                name + " is " + closed.state() + "; close it before leaving it");
                    }
                    conductor.remove(closed);
                    owner.leave(() -> {
                        owner.closePools();
                        future.complete(null);
                    });
                });
    }

    /**
     * What may be read of the function without asking anybody.
     *
     * @return of the function that is open now; {@link #reopen} makes another one.
     */
    public FunctionMonitor monitor() {
        final VirtualFunction open = required();
        return new FunctionMonitor(
                open.counters(), open.traffic(), open.pfStatistics(), open.flightRecorder());
    }

    /** The function that is open. */
    VirtualFunction required() {
        final VirtualFunction open = function;
        if (open == null) {
            throw new IllegalStateException(name + " is not open");
        }
        return open;
    }

    /**
     * Asks the function for something that takes long, on the conductor's thread: a part in a duty
     * cycle, before anything that is asked for later.
     *
     * @param future completed by the last part, now or later; what a part throws completes it and
     *     is the end.
     * @param part does the next part; false after the last.
     */
    public void askInParts(
            final CompletableFuture<?> future, final Predicate<VirtualFunction> part) {
        conductor.execute(
                new Conductor.InParts() {
                    private boolean isDone;

                    @Override
                    public void run() {
                        isDone = true;
                        try {
                            isDone = !part.test(required());
                        } catch (final RuntimeException e) {
                            future.completeExceptionally(e);
                        }
                    }

                    @Override
                    public boolean isDone() {
                        return isDone;
                    }
                });
    }

    /** Has the conductor do something that completes a future; what it throws does too. */
    <T extends @Nullable Object> CompletableFuture<T> askTo(
            final CompletableFuture<T> future, final Consumer<VirtualFunction> request) {
        conductor.execute(() -> {
            try {
                request.accept(required());
            } catch (final RuntimeException e) {
                future.completeExceptionally(e);
            }
        });
        return future;
    }

    /** What the guests of this function have in common. */
    private final class Sharing implements GuestSharing {
        private @Nullable GuestNetwork network;

        @Override
        public void onReceiveMode() {
            updateReceiveMode(required());
        }

        @Override
        public void onClosed(final GuestWants wants) {
            guests.remove(wants);
            guestNetworks.remove(network);
        }
    }

    private final class WakingListener implements VirtualFunctionListener {
        private final VirtualFunctionListener next;

        WakingListener(final VirtualFunctionListener next) {
            this.next = next;
        }

        @Override
        public void onStateChange(
                final VirtualFunction virtualFunction,
                final LifecycleState from,
                final LifecycleState to,
                final String reason) {
            if (to == LifecycleState.UP) {
                owner.up();
            }
            next.onStateChange(virtualFunction, from, to, reason);
            for (final Waiter waiter : List.copyOf(waiters)) {
                if (waiter.state() == to) {
                    waiters.remove(waiter);
                    waiter.future().complete(to);
                } else if (to == LifecycleState.REMOVED) {
                    waiters.remove(waiter);
                    waiter.future()
                            .completeExceptionally(
                                    new IllegalStateException(name + " was removed: " + reason));
                }
            }
        }

        @Override
        public void onLinkChange(
                final VirtualFunction virtualFunction, final boolean up, final int speedMbps) {
            guestNetworks.forEach(network -> network.link(up));
            clients.forEach(network -> network.link(up));
            next.onLinkChange(virtualFunction, up, speedMbps);
        }

        @Override
        public void onDifference(
                final VirtualFunction virtualFunction, final Difference difference) {
            next.onDifference(virtualFunction, difference);
        }

        @Override
        public void onDifferenceResolved(
                final VirtualFunction virtualFunction, final Difference difference) {
            next.onDifferenceResolved(virtualFunction, difference);
        }

        @Override
        public void onNotice(final VirtualFunction virtualFunction, final String what) {
            next.onNotice(virtualFunction, what);
        }

        @Override
        public void onAlarm(final VirtualFunction virtualFunction, final String what) {
            next.onAlarm(virtualFunction, what);
        }

        @Override
        public void onStatistics(
                final VirtualFunction virtualFunction, final EthStatistics statistics) {
            next.onStatistics(virtualFunction, statistics);
        }
    }
}
