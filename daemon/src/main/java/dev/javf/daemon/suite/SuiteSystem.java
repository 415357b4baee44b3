package dev.javf.daemon.suite;

import dev.javf.packet.PacketPool;
import dev.javf.sim.PfMode;
import dev.javf.sim.SimulatedPhysicalFunction;
import dev.javf.sim.SimulatedPhysicalFunctionContext;
import dev.javf.sim.SimulatedVirtualFunction;
import dev.javf.sim.VlanKey;
import dev.javf.virtchnl.VlanSet;

import org.agrona.concurrent.NanoClock;
import org.jspecify.annotations.Nullable;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/** A simulated PF with two virtual functions, the driver under test, and a host behind each. */
final class SuiteSystem implements AutoCloseable {
    /** How long anything at all may take before the case has failed. */
    private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(15);

    private static final long PAUSE_NS = TimeUnit.MICROSECONDS.toNanos(500);
    private final Pace pace;
    private final SimulatedPhysicalFunction simulator;
    private final SuiteDriver driver;
    private final Hosts hosts;

    /** Starts the driver under test on a simulator's virtual functions. */
    @FunctionalInterface
    interface DriverFactory {
        SuiteDriver start(SimulatedPhysicalFunction simulator, Pace pace);
    }

    /**
     * Starts it all.
     *
     * @param mode of the PF.
     * @param pace passes the time.
     * @param driver what is under test.
     * @param hosts makes the hosts behind the virtual functions.
     */
    SuiteSystem(
            final PfMode mode,
            final Pace pace,
            final DriverFactory driver,
            final Function<PacketPool, Hosts> hosts) {
        this.pace = pace;
        simulator =
                new SimulatedPhysicalFunction(
                        new SimulatedPhysicalFunctionContext()
                                .mode(mode)
                                .virtualFunctions(2)
                                .nanoClock(pace.clock()));
        this.driver = driver.start(simulator, pace);
        pace.attach(this.driver);
        try {
            this.hosts = hosts.apply(this.driver.packetPool());
        } catch (final RuntimeException e) {
            this.driver.close();
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

    SuiteFunction function(final int side) {
        return driver.functions().get(side);
    }

    /** VLANs that the PF has installed for a virtual function. */
    VlanSet held(final int side) {
        final VlanSet.Builder held = new VlanSet.Builder();
        simulator.virtualFunction(side).snapshot().vlans().stream()
                .map(VlanKey::vlanId)
                .forEach(held::add);
        return held.build();
    }

    /** The clock of the whole system. */
    NanoClock clock() {
        return pace.clock();
    }

    /** The pool that ports must be made with. */
    PacketPool packetPool() {
        return driver.packetPool();
    }

    VfView view(final int side) throws InterruptedException {
        return await(function(side).view(), "the driver's state");
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
        final String ofDriver = driver.trouble();
        if (!ofDriver.isEmpty()) {
            return ofDriver;
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
        return await(function(side).trouble(), "the driver's counters");
    }

    @Override
    public void close() {
        driver.close();
        hosts.close();
        simulator.close();
    }
}
