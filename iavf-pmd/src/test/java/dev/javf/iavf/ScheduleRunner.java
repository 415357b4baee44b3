package dev.javf.iavf;

import dev.javf.packet.PacketPool;
import dev.javf.sim.LinkMode;

import org.jspecify.annotations.Nullable;

import java.util.List;

/** Runs schedules, one after the other. For one thread. */
final class ScheduleRunner implements AutoCloseable {
    private static final long MS = 1_000_000;
    private static final int BUFFERS = 384;

    /** Answers that come twice do so within this time, and resets that were asked for begin. */
    private static final long AFTERMATH_NS = 100 * MS;

    private final PacketPool pool = new PacketPool("schedules", BUFFERS);
    private final Timeouts timeouts;

    ScheduleRunner() {
        this(Timeouts.DEFAULTS);
    }

    /** Runs schedules over a driver with other timeouts. */
    ScheduleRunner(final Timeouts timeouts) {
        this.timeouts = timeouts;
    }

    /**
     * Runs a schedule.
     *
     * @throws AssertionError if something isn't as it must be.
     */
    void run(final Schedule schedule) {
        run(schedule, null);
    }

    /** Runs a schedule again and tells what passed between VF and PF, up to its failure if any. */
    List<String> trace(final Schedule schedule) {
        final ScheduleTrace trace = new ScheduleTrace();
        try {
            run(schedule, trace);
        } catch (final AssertionError e) {
            trace.lines().add(String.valueOf(e.getMessage()));
        }
        return trace.lines();
    }

    private void run(final Schedule schedule, final @Nullable ScheduleTrace trace) {
        final ScheduleInvariants invariants = new ScheduleInvariants(schedule.mode());
        try (ScheduleWorld world = new ScheduleWorld(schedule, pool, timeouts, trace)) {
            try {
                for (final ScheduleStep step : schedule.steps()) {
                    world.run(step.pauseNs());
                    step.action().run(world);
                    world.run(0);
                    invariants.always(world);
                }
                settle(world, invariants);
                invariants.atRest(world);
            } finally {
                world.vf().close();
                world.runUntil(world.vf()::isClosed);
            }
            invariants.afterClose(world);
        }
    }

    private static void settle(final ScheduleWorld world, final ScheduleInvariants invariants) {
        world.faults().off();
        world.vf().up();
        expectRest(world, false);
        world.run(AFTERMATH_NS);
        expectRest(world, false);
        // A false event about the link is corrected by the next true one, and during a reset that
        // doesn't end the host's commands fail.
        world.host().linkMode(ScheduleWorld.VF, LinkMode.AUTO);
        world.host().portLink(true);
        world.run(AFTERMATH_NS);
        invariants.always(world);
        expectRest(world, true);
    }

    private static void expectRest(final ScheduleWorld world, final boolean withLink) {
        final VirtualFunction vf = world.vf();
        if (!world.runUntil(
                () ->
                        vf.isSettled()
                                && (vf.isLinkUp() || !withLink)
                                && vf.vlans().isSettled()
                                && world.promises().open() == 0)) {
            throw new AssertionError(
                    "no rest: "
                            + vf.state()
                            + ", failure '"
                            + vf.failure()
                            + "', settled "
                            + vf.isSettled()
                            + ", differences "
                            + vf.differences()
                            + ", link "
                            + vf.isLinkUp()
                            + ", VLANs settled "
                            + vf.vlans().isSettled()
                            + ", requests open "
                            + world.promises().open()
                            + ", log "
                            + world.log().lines);
        }
    }

    @Override
    public void close() {
        pool.close();
    }
}
