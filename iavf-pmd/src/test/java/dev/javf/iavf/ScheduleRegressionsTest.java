package dev.javf.iavf;

import dev.javf.packet.Ethernet;
import dev.javf.sim.Fault;
import dev.javf.sim.LinkMode;
import dev.javf.sim.PfMode;
import dev.javf.sim.ResetFault;
import dev.javf.virtchnl.VlanSet;

import org.junit.jupiter.api.Test;

import java.util.List;

/** Schedules that once failed, as small as they could be made; named after what was wrong. */
class ScheduleRegressionsTest {
    private static final long MS = 1_000_000;

    private static void run(final long seed, final PfMode mode, final ScheduleStep... steps) {
        try (ScheduleRunner runner = new ScheduleRunner()) {
            runner.run(new Schedule(seed, mode, List.of(steps)));
        }
    }

    private static ScheduleStep step(final double pauseMs, final ScheduleStep.Action action) {
        return new ScheduleStep((long) (pauseMs * MS), action);
    }

    private static ScheduleStep.Action add(final String vlans) {
        return new ScheduleActions.AddVlans(Ethernet.TPID_8021Q, VlanSet.parse(vlans));
    }

    private static ScheduleStep.Action remove(final String vlans) {
        return new ScheduleActions.RemoveVlans(Ethernet.TPID_8021Q, VlanSet.parse(vlans));
    }

    /**
     * Seed 13737 of an older generator: a lost request, and soon after it an answer that came
     * twice. The PF gave as many answers as there were requests, so the driver saw what it would
     * have seen had nothing gone wrong: see {@code VlanExchangeTest}. Such pairs are kept apart
     * now.
     */
    @Test
    void seed13737LostRequestThenDoubledAnswer() {
        run(
                13_737,
                PfMode.ICE_V2_SVM,
                step(0, new ScheduleActions.Up()),
                step(60, new ScheduleActions.Disturb(0, new Fault.LoseRequest())),
                step(0, add("10-11")),
                step(36, new ScheduleActions.Disturb(0, new Fault.DuplicateAnswer(19_316_670))),
                step(0, add("8-9")));
    }

    /** An answer that came twice, after a port VLAN had left the VF without filters. */
    @Test
    void seed66FenceWithoutFilters() {
        run(
                66,
                PfMode.ICE_V2_DVM,
                step(36.933, new ScheduleActions.Disturb(0, new Fault.DuplicateAnswer(3_294_268))),
                step(0, add("33-34")),
                step(0, new ScheduleActions.InPortVlan(7)));
    }

    /** What a full V1 PF had confirmed and not done was not done when it had room again. */
    @Test
    void seed1816SilentlyFullThenRoom() {
        run(
                1_816,
                PfMode.I40E_V1,
                step(5.606, add("4-116")),
                step(7.894, remove("3-200")),
                step(0, add("3-6")));
    }

    /** The host's command fails while a reset doesn't end. */
    @Test
    void seed1426ResetThatNeverEnds() {
        run(
                1_426,
                PfMode.ICE_OLD,
                step(
                        0,
                        new ScheduleActions.DisturbReset(
                                new ResetFault(18_195_436, 76_489_960, true))),
                step(13.967, new ScheduleActions.Down()),
                step(0, new ScheduleActions.Link(LinkMode.DISABLE)),
                step(0, new ScheduleActions.FunctionLevelReset()),
                step(0.631, add("1-4")));
    }
}
