package dev.javf.bench.control;

import dev.javf.iavf.QueueOwner;
import dev.javf.packet.PacketPool;
import dev.javf.sim.SimulatedDelays;
import dev.javf.sim.SimulatedPhysicalFunction;
import dev.javf.sim.SimulatedPhysicalFunctionContext;
import dev.javf.sim.VfPhase;
import dev.javf.sim.VfSnapshot;
import dev.javf.vfio.InProcessDoor;

import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.SystemNanoClock;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;

/**
 * A contestant on VF 0 of a simulated PF, up, trusted and without VLANs; and, if there is to be
 * traffic, javf on VF 1. One thread does everything in turn. The clock is either the system's, or
 * one that goes on by a fixed step with every turn: then the figures are those of the protocol, to
 * the step, on every machine.
 */
final class ControlRig implements AutoCloseable {
    /** Between two resets: with more than 32 a minute javf takes them for a storm, and waits. */
    static final int BETWEEN_RESETS_NS = 2_000_000_000;

    private static final int PACKET_BUFFERS = 8192;
    private static final long PAUSE_STEP_NS = 100_000;
    private static final long PATIENCE_NS = 300_000_000_000L;

    private final PacketPool pool = new PacketPool("benchmark", PACKET_BUFFERS);
    private final Reflector reflector = new Reflector();
    private final SimulatedPhysicalFunction pf;
    private final List<Contestant> contestants = new ArrayList<>();
    private final PingFlow flow;
    private final long stepNs;
    private long nowNs = 1_000_000;

    /**
     * A rig that is ready.
     *
     * @param rule who drives VF 0.
     * @param delays of the PF.
     * @param stepNs of the virtual clock, in nanoseconds; 0 for the system's.
     * @param hasPeer whether there is a VF 1 with traffic.
     */
    ControlRig(
            final Rule rule,
            final SimulatedDelays delays,
            final long stepNs,
            final boolean hasPeer) {
        this.stepNs = stepNs;
        final NanoClock clock = stepNs == 0 ? SystemNanoClock.INSTANCE : () -> nowNs;
        pf =
                new SimulatedPhysicalFunction(
                        new SimulatedPhysicalFunctionContext()
                                .virtualFunctions(2)
                                .delays(delays)
                                .nanoClock(clock));
        flow = new PingFlow(pool, () -> pf.virtualFunction(0).snapshot().defaultMac());
        await(pf.host().trust(0, true));
        contestants.add(contestant(rule, clock, reflector, 0));
        if (hasPeer) {
            contestants.add(contestant(Rule.JAVF, clock, flow, 1));
        }
        contestants.forEach(this::startUp);
    }

    private Contestant contestant(
            final Rule rule, final NanoClock clock, final QueueOwner owner, final int index) {
        final InProcessDoor door = new InProcessDoor(pf.virtualFunction(index));
        return switch (rule) {
            case JAVF -> new JavfContestant(door, owner, pool, clock);
            case SYNCHRONOUS ->
                    new SynchronousContestant(new JavfContestant(door, owner, pool, clock));
            case LINUX -> new LinuxContestant(door, owner, pool);
        };
    }

    private void startUp(final Contestant starting) {
        runUntil(() -> starting.isDown() && starting.isSettled());
        starting.up();
        runUntil(() -> starting.isUp() && starting.isSettled());
    }

    SimulatedPhysicalFunction pf() {
        return pf;
    }

    Contestant contestant() {
        return contestants.getFirst();
    }

    /** javf on VF 1, if there is one. */
    Contestant peer() {
        return contestants.get(1);
    }

    PingFlow flow() {
        return flow;
    }

    VfSnapshot snapshot() {
        return pf.virtualFunction(0).snapshot();
    }

    long nowNs() {
        return stepNs == 0 ? System.nanoTime() : nowNs;
    }

    /** One turn of everything. */
    void step() {
        nowNs += stepNs;
        final long time = nowNs();
        pf.doWork(time);
        for (int i = 0; i < contestants.size(); i++) {
            contestants.get(i).doWork(time);
        }
        reflector.doWork();
        flow.doWork(time);
    }

    /** Lets time pass in which nothing is measured: in steps that are longer. */
    void pause(final long forNs) {
        final long endNs = nowNs() + forNs;
        while (nowNs() < endNs) {
            if (stepNs > 0) {
                nowNs += Math.min(PAUSE_STEP_NS, endNs - nowNs) - stepNs;
            }
            step();
        }
    }

    /**
     * Runs until something is so.
     *
     * @return how long that took, in nanoseconds.
     */
    long runUntil(final BooleanSupplier condition) {
        final long startNs = nowNs();
        while (!condition.getAsBoolean()) {
            if (nowNs() - startNs > PATIENCE_NS) {
                throw new IllegalStateException(
                        "nothing has happened for 300 s; the PF holds " + snapshot());
            }
            step();
        }
        return nowNs() - startNs;
    }

    void await(final CompletionStage<?> stage) {
        runUntil(() -> stage.toCompletableFuture().isDone());
    }

    /** Whether everything is at the PF, and the contestant knows. */
    boolean isComplete(final int vlans) {
        final VfSnapshot held = snapshot();
        return contestant().isUp()
                && contestant().isSettled()
                && held.phase() == VfPhase.ACTIVE
                && held.rxQueues().signum() > 0
                && held.vlans().size() == vlans;
    }

    @Override
    public void close() {
        // The devices go with the simulator: nobody looks at them any more.
        pf.close();
        pool.close();
    }
}
