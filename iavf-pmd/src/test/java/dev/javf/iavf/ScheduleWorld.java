package dev.javf.iavf;

import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketPool;
import dev.javf.sim.HostAdministrator;
import dev.javf.sim.SimulatedDelays;
import dev.javf.sim.SimulatedPhysicalFunction;
import dev.javf.sim.SimulatedPhysicalFunctionContext;
import dev.javf.sim.SimulatedVirtualFunction;
import dev.javf.sim.SimulationObserver;
import dev.javf.sim.VfSnapshot;
import dev.javf.vfio.InProcessDoor;
import dev.javf.virtchnl.Event;

import org.jspecify.annotations.Nullable;

import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;

/**
 * A VF over the simulated PF under a virtual clock, which jumps to the next thing that is due. For
 * one thread; any number of them may run beside each other.
 */
final class ScheduleWorld implements AutoCloseable {
    /** The driver's VF. */
    static final int VF = 0;

    /** A VF without driver, whose resets keep the PF busy. */
    static final int OTHER_VF = 1;

    static final MacAddress OWN_MAC = new MacAddress(0x0200_0000_0042L);

    private static final long MS = 1_000_000;
    private static final SimulatedDelays DELAYS =
            SimulatedDelays.TYPICAL.withResets(5 * MS, MS, 20 * MS);

    /** How late the driver's thread may be. */
    private static final long[] LATENCIES_NS = {1, 1, MS / 4, 3 * MS};

    /** How often a driver looks at registers: while it waits for a reset, and otherwise. */
    private static final long RESET_TICK_NS = MS;

    private static final long TICK_NS = 10 * MS;
    private static final int SPIN_LIMIT = 1_000;
    private static final long PATIENCE_NS = 300_000 * MS;

    private final PacketPool pool;
    private final LogLines log = new LogLines();
    private final SplittableRandom random;
    private final long latencyNs;
    private final MessageLedger ledger;
    private final ScheduleFaults faults;
    private final SchedulePromises promises = new SchedulePromises();
    private final ScheduleWishes wishes = new ScheduleWishes();
    private final SimulatedPhysicalFunction pf;
    private final SimulatedVirtualFunction model;
    private final WatchedDevice device;
    private final VirtualFunction vf;
    private long nowNs = 1_000 * MS;

    /**
     * A world, with the VF about to be opened.
     *
     * @param schedule says which.
     * @param pool is shared by all worlds of a thread, one at a time.
     * @param timeouts of the driver.
     * @param trace told of everything, for a replay; null for speed.
     */
    ScheduleWorld(
            final Schedule schedule,
            final PacketPool pool,
            final Timeouts timeouts,
            final @Nullable ScheduleTrace trace) {
        this.pool = pool;
        random = new SplittableRandom(schedule.seed());
        latencyNs = LATENCIES_NS[random.nextInt(LATENCIES_NS.length)];
        ledger = new MessageLedger(trace == null ? SimulationObserver.NONE : trace.atPf());
        faults = new ScheduleFaults(schedule.mode(), ledger);
        pf =
                new SimulatedPhysicalFunction(
                        new SimulatedPhysicalFunctionContext()
                                .mode(schedule.mode())
                                .vectorsPerVf(4)
                                .queuePairsPerVf(2)
                                .totalQueuePairs(6)
                                .delays(DELAYS)
                                .faultPlan(faults)
                                .observer(ledger)
                                .nanoClock(this::nowNs));
        model = pf.virtualFunction(VF);
        ledger.function(model);
        device = new WatchedDevice(new InProcessDoor(model));
        vf =
                VirtualFunction.open(
                        new VirtualFunctionContext()
                                .device(device)
                                .nanoClock(this::nowNs)
                                .queueOwner(new DriverRig.Owner())
                                .packetPool(pool)
                                .macAddress(OWN_MAC)
                                .rxRingLength(64)
                                .txRingLength(64)
                                .timeouts(timeouts)
                                .exchangeListener(trace == null ? null : trace.atVf(this::nowNs))
                                .logger(log));
    }

    VirtualFunction vf() {
        return vf;
    }

    /** What is between driver and VF. */
    WatchedDevice device() {
        return device;
    }

    /** The PF tells the VF something, true or not. */
    void event(final Event event) {
        pf.inject().event(VF, event);
    }

    HostAdministrator host() {
        return pf.host();
    }

    ScheduleFaults faults() {
        return faults;
    }

    SchedulePromises promises() {
        return promises;
    }

    ScheduleWishes wishes() {
        return wishes;
    }

    MessageLedger ledger() {
        return ledger;
    }

    LogLines log() {
        return log;
    }

    PacketPool pool() {
        return pool;
    }

    /** What the PF holds for the VF. */
    VfSnapshot held() {
        return model.snapshot();
    }

    /** Accesses of the device to memory that isn't mapped. */
    long dmaFaults() {
        return model.dma().faultCount();
    }

    long nowNs() {
        return nowNs;
    }

    /** Lets time pass. */
    void run(final long forNs) {
        final long endNs = nowNs + forNs;
        work();
        while (nowNs < endNs) {
            advance(endNs);
            work();
        }
    }

    /** Lets time pass until something is so; false when it never is. */
    boolean runUntil(final BooleanSupplier condition) {
        final long endNs = nowNs + PATIENCE_NS;
        work();
        while (!condition.getAsBoolean()) {
            if (nowNs >= endNs) {
                return false;
            }
            advance(endNs);
            work();
        }
        return true;
    }

    private void advance(final long endNs) {
        final long tickNs = isQuick() ? RESET_TICK_NS : TICK_NS;
        long dueNs = Math.min(nowNs + tickNs, pf.nextWorkNs());
        dueNs = Math.max(dueNs, nowNs) + random.nextLong(latencyNs);
        nowNs = Math.min(Math.max(dueNs, nowNs + 1), endNs);
    }

    private boolean isQuick() {
        return switch (vf.state()) {
            case OPENING, RESETTING, NEEDS_RESET, CLOSING -> true;
            default -> false;
        };
    }

    /** All that is to be done at one point in time. */
    private void work() {
        int spins = 0;
        while (vf.doWork(nowNs) + pf.doWork(nowNs) > 0) {
            if (++spins > SPIN_LIMIT) {
                throw new AssertionError("the driver is never done, in " + vf.state());
            }
        }
    }

    @Override
    public void close() {
        pf.close();
    }
}
