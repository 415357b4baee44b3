package dev.javf.daemon;

import dev.javf.iavf.ExchangeListener;
import dev.javf.iavf.VirtualFunction;
import dev.javf.iavf.VirtualFunctionContext;
import dev.javf.packet.PacketPool;
import dev.javf.vfio.PciDevice;

import org.agrona.CloseHelper;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.AgentRunner;
import org.agrona.concurrent.IdleStrategy;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.IntUnaryOperator;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * The daemon in a process: a conductor thread, a poller thread, and a thread for each simulator.
 * {@link #launch} starts them; {@link #close} takes the virtual functions down in order and stops
 * them. With {@link JavfdContext#invoker} there are no threads, and the caller's {@link #doWork} is
 * every agent's duty cycle: that is how tests run the whole system under a clock of their own.
 */
public final class Javfd implements AutoCloseable {
    private static final System.Logger LOGGER = System.getLogger(Javfd.class.getName());

    private final JavfdContext context;
    private final Conductor conductor;
    private final Poller[] pollers;

    /** Copied to be changed; the last one to be changed by whoever holds this object's lock. */
    private volatile Map<String, FunctionClient> functions = Map.of();

    private final DistinctErrors errors = new DistinctErrors(LOGGER);
    private final List<AgentRunner> runners = new ArrayList<>();
    private final List<Agent> invoked = new ArrayList<>();
    private final List<StallTracker> stallTrackers = new ArrayList<>();
    private boolean isClosed;

    private Javfd(final JavfdContext context) {
        this.context = context;
        conductor = new Conductor(context.nanoClock());
        pollers = makePollers(context);
        final IdleStrategy[] pollerWaiting = new IdleStrategy[pollers.length];
        for (int i = 0; i < pollers.length; i++) {
            pollerWaiting[i] = waiting(pollers[i], context.waiting(i));
        }
        for (final PciDevice device : context.devices()) {
            open(device);
        }
        // What the conductor needs has to be there before it: the simulators answer it, the poller
        // takes its queues.
        context.simulators().forEach(simulator -> start(simulator, context.idleStrategy()));
        pollers[0].warmUp(context.warmUp());
        for (int i = 0; i < pollers.length; i++) {
            startTracked(pollers[i], pollerWaiting[i]);
        }
        startTracked(conductor, context.idleStrategy());
    }

    /**
     * Starts a daemon.
     *
     * @param context what it is to drive, and how; {@link JavfdContext#conclude} is called on it.
     * @return the daemon; its virtual functions are being opened.
     */
    public static Javfd launch(final JavfdContext context) {
        return new Javfd(context.conclude());
    }

    private static Poller[] makePollers(final JavfdContext context) {
        final int[] shares = context.shares();
        final List<PacketPool> pools =
                shares.length == 1
                        ? List.of(new PacketPool("javf packets", shares[0]))
                        : PacketPool.split("javf packets", shares);
        final Poller[] made = new Poller[shares.length];
        for (int i = 0; i < made.length; i++) {
            final String name = "javf-poller-" + i;
            made[i] = new Poller(name, pools.get(i), context.counters().thread(name));
        }
        return made;
    }

    private IdleStrategy waiting(final Poller poller, final @Nullable PollerWaiting how) {
        return switch (how) {
            case null -> context.idleStrategy();
            case BUSY_SPIN -> PollerWaiting.busySpin();
            case BACK_OFF -> PollerWaiting.backOff();
            case INTERRUPT -> poller.sleepUntilInterrupt(conductor);
        };
    }

    private void open(final PciDevice device) {
        final String name = device.name();
        final CounterPlaces places = context.counters();
        final PollerQueueOwner owner =
                new PollerQueueOwner(
                        conductor,
                        pollers,
                        ownPools(name),
                        context.pollerChoice(name),
                        context.closer(),
                        places.function(name),
                        (port, from) -> PortCounters.seenFrom(places.port(name, port), from));
        final FunctionClient client =
                new FunctionClient(
                        name,
                        conductor,
                        owner,
                        context.counters(),
                        opening -> open(opening, owner));
        try {
            client.open(device);
        } catch (final RuntimeException e) {
            client.closePools();
            throw e;
        }
        put(name, client);
    }

    private List<PacketPool> ownPools(final String name) {
        final int buffers = context.ownBuffers(name);
        final int[] shares = new int[pollers.length];
        Arrays.fill(shares, buffers);
        return buffers == 0 ? List.of() : PacketPool.splitForOthers("javf packets " + name, shares);
    }

    private synchronized void put(final String name, final @Nullable FunctionClient client) {
        final Map<String, FunctionClient> next = new LinkedHashMap<>(functions);
        if (client == null) {
            next.remove(name);
        } else {
            next.put(name, client);
        }
        functions = Collections.unmodifiableMap(next);
    }

    /**
     * Drives one more device. Any thread may ask.
     *
     * @param device the function; the daemon closes it.
     * @param settings as of {@link JavfdContext#device(PciDevice, UnaryOperator)}.
     * @param pollerChoice as of {@link JavfdContext#pollerChoice}.
     * @param ownBuffers as of {@link JavfdContext#ownBuffers}.
     * @param listener to its messages; null for none.
     * @return completes with how to talk to it when it is being opened.
     * @throws IllegalArgumentException when there is a function of that name already.
     */
    public CompletableFuture<FunctionClient> add(
            final PciDevice device,
            final UnaryOperator<VirtualFunctionContext> settings,
            final IntUnaryOperator pollerChoice,
            final int ownBuffers,
            final @Nullable ExchangeListener listener) {
        final String name = device.name();
        if (functions.containsKey(name)) {
            throw new IllegalArgumentException(name + " is driven already");
        }
        context.settings(name, settings);
        context.pollerChoice(name, pollerChoice);
        context.ownBuffers(name, ownBuffers);
        if (listener != null) {
            context.exchangeListener(name, listener);
        }
        final CompletableFuture<FunctionClient> added = new CompletableFuture<>();
        conductor.execute(() -> {
            try {
                open(device);
                added.complete(function(name));
            } catch (final RuntimeException e) {
                device.close();
                added.completeExceptionally(e);
            }
        });
        return added;
    }

    /**
     * Closes a function's ports, takes it down, lets its device go and forgets it. Any thread may
     * ask.
     *
     * @param name of its device.
     * @return completes when that is done.
     * @throws IllegalArgumentException when there is none of that name.
     */
    public CompletableFuture<Void> remove(final String name) {
        final FunctionClient client = function(name);
        return client.ports(List.of())
                .thenCompose(none -> client.close())
                .thenCompose(closed -> client.leave())
                .thenRun(() -> {
                    put(name, null);
                    context.forget(name);
                });
    }

    private VirtualFunction open(
            final FunctionClient.Opening opening, final PollerQueueOwner owner) {
        final FunctionClient client = opening.client();
        final UnaryOperator<VirtualFunctionContext> settings = context.settings(client.name());
        return VirtualFunction.open(
                settings.apply(new VirtualFunctionContext())
                        .device(opening.device())
                        .queueOwner(owner)
                        .packetPool(owner.pool(0))
                        .nanoClock(context.nanoClock())
                        .counters(context.counters().function(client.name()))
                        .listener(client.listener(context.functionListener()))
                        .exchangeListener(context.exchangeListener(client.name())));
    }

    private void startTracked(final Agent agent, final IdleStrategy waiting) {
        final StallTracker tracker =
                new StallTracker(
                        agent.roleName(),
                        context.stallThresholdNs(),
                        context.counters().thread(agent.roleName()));
        stallTrackers.add(tracker);
        start(new TrackedAgent(agent, context.nanoClock(), tracker), waiting);
    }

    private void start(final Agent agent, final IdleStrategy waiting) {
        if (context.isInvoker()) {
            invoked.add(agent);
            return;
        }
        final AgentRunner runner = new AgentRunner(waiting, errors, null, agent);
        runners.addFirst(runner);
        AgentRunner.startOnThread(runner);
    }

    /**
     * A virtual function.
     *
     * @param name of its device.
     * @return how to talk to it.
     * @throws IllegalArgumentException when there is none of that name.
     */
    public FunctionClient function(final String name) {
        final FunctionClient client = functions.get(name);
        if (client == null) {
            throw new IllegalArgumentException(
                    "no virtual function '" + name + "'; there are " + functions.keySet());
        }
        return client;
    }

    /** All virtual functions, in the order in which their devices were given. */
    public List<FunctionClient> functions() {
        return List.copyOf(functions.values());
    }

    /** The first poller's pool, for its ports of functions that haven't their own. */
    public PacketPool packetPool() {
        return pollers[0].pool();
    }

    /**
     * A poller's pool; {@link FunctionClient#packetPool} is what a port must be made with.
     *
     * @param poller its number.
     * @return the pool.
     */
    public PacketPool packetPool(final int poller) {
        return pollers[poller].pool();
    }

    /** Number of pollers. */
    public int pollerCount() {
        return pollers.length;
    }

    /**
     * Makes a port for a virtual machine. Its door is served as soon as {@link
     * FunctionClient#ports} gives it to its poller.
     *
     * @param function that the guest shares; it must be known what the guest's network is.
     * @param settings of the port.
     * @return completes with the port and its place; exceptionally with a {@link
     *     dev.javf.linux.LinuxException} when the socket is in use or not permitted.
     */
    public CompletableFuture<PortBinding> guestPort(
            final FunctionClient function, final GuestPort settings) {
        return settings.open(function, function.packetPool(0), context.nanoClock()::nanoTime);
    }

    /** Errors that an agent threw; there should be none. */
    public long errorCount() {
        return errors.count();
    }

    /** Which of the conductor and the pollers have stalled, for people; empty if none has. */
    public String stalls() {
        return stallTrackers.stream()
                .map(StallTracker::describe)
                .filter(text -> !text.isEmpty())
                .collect(Collectors.joining("; "));
    }

    /** How the duty cycles of the conductor and the pollers go. */
    public List<DutyCycle> dutyCycles() {
        return stallTrackers.stream().<DutyCycle>map(tracker -> tracker).toList();
    }

    /** The first poller, for tests that measure it. */
    Poller poller() {
        return pollers[0];
    }

    /** A poller, for tests that measure it. */
    Poller poller(final int number) {
        return pollers[number];
    }

    /**
     * One duty cycle of every agent, in invoker mode.
     *
     * @return how much was done.
     * @throws IllegalStateException when the agents have threads of their own.
     */
    public int doWork() {
        if (!context.isInvoker()) {
            throw new IllegalStateException("the agents run on threads of their own");
        }
        int work = 0;
        for (final Agent agent : invoked) {
            try {
                work += agent.doWork();
            } catch (final Exception e) {
                errors.onError(e);
            }
        }
        return work;
    }

    /**
     * Closes all ports, takes the virtual functions down and lets their devices go, each after the
     * PF has answered or the time is over; then stops the threads. In invoker mode the caller's
     * clock must go on meanwhile.
     */
    @Override
    public void close() {
        if (isClosed) {
            return;
        }
        isClosed = true;
        final List<CompletableFuture<?>> closed = new ArrayList<>();
        for (final FunctionClient function : functions.values()) {
            closed.add(function.ports(List.of()));
            closed.add(function.close());
        }
        final CompletableFuture<?> all =
                CompletableFuture.allOf(closed.toArray(CompletableFuture[]::new));
        if (context.isInvoker()) {
            final long deadlineNs = context.nanoClock().nanoTime() + context.closeTimeoutNs();
            while (!all.isDone() && context.nanoClock().nanoTime() - deadlineNs < 0) {
                doWork();
            }
        }
        try {
            all.get(context.isInvoker() ? 0 : context.closeTimeoutNs(), TimeUnit.NANOSECONDS);
        } catch (final TimeoutException | ExecutionException e) {
            LOGGER.log(
                    System.Logger.Level.ERROR,
                    "not all virtual functions could be closed in order; going on without",
                    e);
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        for (final Poller poller : pollers) {
            poller.sleepNoMore();
        }
        CloseHelper.closeAll(runners);
        invoked.forEach(Agent::onClose);
        functions.values().forEach(FunctionClient::closePools);
    }
}
