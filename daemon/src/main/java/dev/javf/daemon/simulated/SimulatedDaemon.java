package dev.javf.daemon.simulated;

import dev.javf.daemon.FunctionClient;
import dev.javf.daemon.Javfd;
import dev.javf.daemon.JavfdContext;
import dev.javf.daemon.PortBinding;
import dev.javf.daemon.PortCounters;
import dev.javf.iavf.LifecycleState;
import dev.javf.iavf.VirtualFunctionContext;
import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketPort;
import dev.javf.sim.SimulatedDelays;
import dev.javf.sim.SimulatedPhysicalFunction;
import dev.javf.sim.SimulatedPhysicalFunctionContext;
import dev.javf.sim.SimulatedVirtualFunction;
import dev.javf.vfio.InProcessDoor;

import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.SystemNanoClock;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiFunction;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;

/**
 * A daemon that drives virtual functions of a simulated PF; {@link #close} says whether anything
 * went wrong. Either everything is on the caller's thread under a virtual clock, which goes on
 * while the caller waits for something, or there are threads and the system's clock.
 */
public final class SimulatedDaemon implements AutoCloseable {
    /** What a duty cycle takes on the virtual clock. */
    public static final long CYCLE_NS = 10_000;

    private static final int CYCLES_MAX = 2_000_000;
    private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(60);
    private static final long NAP_NS = 20_000;

    private final boolean isThreaded;
    private final NanoClock clock;
    private final SimulatedPhysicalFunction simulator;
    private final Javfd daemon;
    private long nowNs = 1;

    SimulatedDaemon(
            final boolean isThreaded,
            final UnaryOperator<SimulatedPhysicalFunctionContext> simulatorSettings,
            final BiFunction<JavfdContext, NanoClock, JavfdContext> daemonSettings,
            final List<UnaryOperator<VirtualFunctionContext>> functionSettings) {
        this.isThreaded = isThreaded;
        clock = isThreaded ? SystemNanoClock.INSTANCE : () -> nowNs;
        simulator =
                new SimulatedPhysicalFunction(
                        simulatorSettings.apply(
                                new SimulatedPhysicalFunctionContext()
                                        .virtualFunctions(functionSettings.size())
                                        .nanoClock(clock)
                                        .delays(SimulatedDelays.TYPICAL)));
        final JavfdContext context =
                daemonSettings
                        .apply(new JavfdContext(), clock)
                        .invoker(!isThreaded)
                        .nanoClock(isThreaded ? clock : () -> nowNs += CYCLE_NS)
                        .simulator(simulator);
        for (int i = 0; i < functionSettings.size(); i++) {
            context.device(
                    new InProcessDoor(simulator.virtualFunction(i)), functionSettings.get(i));
        }
        daemon = Javfd.launch(context);
        for (final FunctionClient function : daemon.functions()) {
            await(function.state(LifecycleState.DOWN));
        }
    }

    /** Two plain functions, everything on one thread. */
    public static SimulatedDaemon onOneThread() {
        return new SimulatedDaemonContext().launch();
    }

    /** The daemon. */
    public Javfd daemon() {
        return daemon;
    }

    /** The PF, for an administrator's commands and faults. */
    public SimulatedPhysicalFunction simulator() {
        return simulator;
    }

    /** The first function. */
    public FunctionClient left() {
        return daemon.functions().get(0);
    }

    /** The second function. */
    public FunctionClient right() {
        return daemon.functions().get(1);
    }

    /** The time that it is; looking at it takes none. */
    public NanoClock clock() {
        return clock;
    }

    /** Lets everything work for a moment: a duty cycle each, or a nap of the caller. */
    public void work() {
        if (isThreaded) {
            LockSupport.parkNanos(NAP_NS);
        } else {
            daemon.doWork();
        }
    }

    /**
     * Has everything work for some duty cycles; one thread only.
     *
     * @param cycles how many.
     */
    public void run(final int cycles) {
        for (int i = 0; i < cycles; i++) {
            daemon.doWork();
        }
    }

    /** Lets only time pass and the simulator work, for who runs a poller himself; one thread. */
    public void simulate() {
        nowNs += CYCLE_NS;
        simulator.doWork(nowNs);
    }

    /**
     * Waits.
     *
     * @param what for what, for the message.
     * @param condition asked before each moment of work; it may do what belongs to it.
     * @throws IllegalStateException when it isn't so after two million duty cycles, or a minute.
     */
    public void awaitUntil(final String what, final BooleanSupplier condition) {
        final long startNs = System.nanoTime();
        int cycles = 0;
        while (!condition.getAsBoolean()) {
            if (isThreaded ? System.nanoTime() - startNs > PATIENCE_NS : ++cycles > CYCLES_MAX) {
                throw new IllegalStateException("waited for " + what + " in vain");
            }
            work();
        }
    }

    /**
     * Waits for an answer.
     *
     * @param <T> of it.
     * @param future what is awaited.
     * @return the answer.
     * @throws java.util.concurrent.CompletionException when it is an error.
     * @throws IllegalStateException when there is none, as of {@link #awaitUntil}.
     */
    public <T> T await(final CompletableFuture<T> future) {
        awaitUntil("an answer", future::isDone);
        return future.join();
    }

    /**
     * A function's own address.
     *
     * @param function of this daemon's.
     * @return the address.
     */
    public MacAddress mac(final FunctionClient function) {
        return await(function.ask(vf -> Objects.requireNonNull(vf.macAddress())));
    }

    /**
     * A port's place at a function, with the function's address.
     *
     * @param function of this daemon's.
     * @param port the port.
     * @param vlan its VLAN; 0 for frames without a tag.
     * @return the place.
     */
    public PortBinding bind(final FunctionClient function, final PacketPort port, final int vlan) {
        return new PortBinding(port, vlan, mac(function), new PortCounters());
    }

    /**
     * Gives a function ports and takes it up.
     *
     * @param function of this daemon's.
     * @param bindings the ports' places.
     */
    public void up(final FunctionClient function, final PortBinding... bindings) {
        await(function.ports(List.of(bindings)));
        function.up();
        await(function.state(LifecycleState.UP));
    }

    /**
     * Resets a function as the PF's administrator can, and waits until it is up again.
     *
     * @param function of this daemon's, which is up.
     */
    public void reset(final FunctionClient function) {
        final CompletableFuture<LifecycleState> resetting =
                function.state(LifecycleState.RESETTING);
        model(function).functionLevelReset();
        await(resetting);
        await(function.state(LifecycleState.UP));
    }

    /**
     * The simulator's side of a function.
     *
     * @param function of this daemon's.
     * @return its model.
     */
    public SimulatedVirtualFunction model(final FunctionClient function) {
        return simulator.virtualFunctions().stream()
                .filter(each -> each.name().equals(function.name()))
                .findFirst()
                .orElseThrow();
    }

    /**
     * Stops everything.
     *
     * @throws IllegalStateException when a duty cycle ended with an error, a packet buffer has not
     *     come back, or a function touched memory that was not mapped for it.
     */
    @Override
    public void close() {
        daemon.close();
        final List<String> trouble = new ArrayList<>();
        if (daemon.errorCount() != 0) {
            trouble.add(daemon.errorCount() + " errors in duty cycles");
        }
        final Set<PacketPool> pools = new HashSet<>();
        for (int i = 0; i < daemon.pollerCount(); i++) {
            pools.add(daemon.packetPool(i));
            for (final FunctionClient function : daemon.functions()) {
                pools.add(function.packetPool(i));
            }
        }
        final int missing =
                pools.stream().mapToInt(pool -> pool.capacity() - pool.available()).sum();
        if (missing != 0) {
            trouble.add(missing + " packet buffers did not come back");
        }
        for (final SimulatedVirtualFunction function : simulator.virtualFunctions()) {
            if (function.dma().faultCount() > 0) {
                trouble.add(function + " touched " + function.dma().faults());
            }
        }
        simulator.close();
        if (!trouble.isEmpty()) {
            throw new IllegalStateException(String.join("; ", trouble));
        }
    }
}
