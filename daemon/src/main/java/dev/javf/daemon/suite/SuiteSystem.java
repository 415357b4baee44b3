package dev.javf.daemon.suite;

import dev.javf.daemon.FunctionClient;
import dev.javf.daemon.Javfd;
import dev.javf.iavf.DriverCounter;
import dev.javf.sim.PfMode;
import dev.javf.sim.SimulatedPhysicalFunction;
import dev.javf.sim.SimulatedPhysicalFunctionContext;
import dev.javf.sim.SimulatedVirtualFunction;
import dev.javf.sim.VlanKey;
import dev.javf.vfio.InProcessDoor;
import dev.javf.virtchnl.VlanSet;

import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/**
 * A simulated PF with two virtual functions, the daemon that drives them, and a host behind each.
 */
final class SuiteSystem implements AutoCloseable {
    /** How long anything at all may take before the case has failed. */
    private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(15);

    private static final long PAUSE_NS = TimeUnit.MICROSECONDS.toNanos(500);
    private static final List<DriverCounter> SHOULD_BE_ZERO =
            List.of(
                    DriverCounter.LIFECYCLE_VIOLATIONS,
                    DriverCounter.MALFORMED_MESSAGES,
                    DriverCounter.UNKNOWN_OPCODES,
                    DriverCounter.GARBAGE_DESCRIPTORS,
                    DriverCounter.TIMEOUTS);

    private final Pace pace;
    private final SimulatedPhysicalFunction simulator;
    private final Javfd daemon;
    private final Hosts hosts;

    /**
     * Starts it all.
     *
     * @param mode of the PF.
     * @param pace passes the time.
     * @param hosts makes the hosts behind the virtual functions.
     */
    SuiteSystem(final PfMode mode, final Pace pace, final Function<Javfd, Hosts> hosts) {
        this.pace = pace;
        final SimulatedPhysicalFunctionContext simulated =
                new SimulatedPhysicalFunctionContext().mode(mode).virtualFunctions(2);
        final Javfd.Context context = new Javfd.Context();
        pace.configure(simulated, context);
        simulator = new SimulatedPhysicalFunction(simulated);
        context.simulator(simulator);
        for (final SimulatedVirtualFunction function : simulator.virtualFunctions()) {
            context.device(new InProcessDoor(function));
        }
        daemon = Javfd.launch(context);
        pace.attach(daemon);
        try {
            this.hosts = hosts.apply(daemon);
        } catch (final RuntimeException e) {
            daemon.close();
            simulator.close();
            throw e;
        }
    }

    SimulatedPhysicalFunction simulator() {
        return simulator;
    }

    Hosts hosts() {
        return hosts;
    }

    FunctionClient client(final int side) {
        return daemon.functions().get(side);
    }

    /** VLANs that the PF has installed for a virtual function. */
    VlanSet held(final int side) {
        final VlanSet.Builder held = new VlanSet.Builder();
        simulator.virtualFunction(side).snapshot().vlans().stream()
                .map(VlanKey::vlanId)
                .forEach(held::add);
        return held.build();
    }

    VfView view(final int side) throws InterruptedException {
        return await(client(side).ask(VfView::of), "the driver's state");
    }

    /** Lets time pass. */
    void pass(final long ns) throws InterruptedException {
        pace.await(new CompletableFuture<@Nullable Void>(), ns);
    }

    <T extends @Nullable Object> T await(final CompletionStage<T> stage, final String what)
            throws InterruptedException {
        final CompletableFuture<T> future = stage.toCompletableFuture();
        if (!pace.await(future, PATIENCE_NS)) {
            throw new CaseFailedException("no sign of " + what);
        }
        return future.join();
    }

    /** Whether a future is done in time. */
    boolean await(final CompletableFuture<?> future, final long timeoutNs)
            throws InterruptedException {
        return pace.await(future, timeoutNs);
    }

    void await(final BooleanSupplier condition, final String what) throws InterruptedException {
        for (long waitedNs = 0; !condition.getAsBoolean(); waitedNs += PAUSE_NS) {
            if (waitedNs > PATIENCE_NS) {
                throw new CaseFailedException("no sign of " + what);
            }
            pass(PAUSE_NS);
        }
    }

    /**
     * What has gone wrong under the surface.
     *
     * @return empty if nothing has.
     */
    String trouble() {
        if (daemon.errorCount() != 0) {
            return daemon.errorCount() + " errors in the daemon's duty cycles";
        }
        for (final SimulatedVirtualFunction function : simulator.virtualFunctions()) {
            if (function.dma().faultCount() != 0) {
                return function.name() + ": IOMMU faults: " + function.dma().faults();
            }
            if (function.snapshot().isMalicious()) {
                return function.name() + " is ignored as malicious";
            }
        }
        return "";
    }

    /** The same, of one driver's counters. */
    String driverTrouble(final int side) throws InterruptedException {
        final StringBuilder text = new StringBuilder();
        for (final DriverCounter counter : SHOULD_BE_ZERO) {
            final long count =
                    await(client(side).ask(vf -> vf.counters().get(counter)), "a counter");
            if (count != 0) {
                text.append(client(side).name()).append(": ").append(count).append(' ');
                text.append(counter.label()).append("; ");
            }
        }
        return text.toString();
    }

    @Override
    public void close() {
        daemon.close();
        hosts.close();
        simulator.close();
    }
}
