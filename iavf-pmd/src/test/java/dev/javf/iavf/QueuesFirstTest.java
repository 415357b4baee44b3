package dev.javf.iavf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.sim.SimulatedDelays;
import dev.javf.sim.SimulatedPhysicalFunctionContext;
import dev.javf.virtchnl.VlanSet;

import org.junit.jupiter.api.Test;

/** After a reset the queues start behind the first message of VLANs, if their poller takes them. */
class QueuesFirstTest {
    private static final VlanSet ALL = VlanSet.range(1, 4094);

    private static SimulatedRig upWithAllVlans() {
        final SimulatedRig rig =
                new SimulatedRig(
                        new SimulatedPhysicalFunctionContext().delays(SimulatedDelays.TYPICAL));
        rig.ask(rig.pf().host().trust(0, true));
        rig.runUntil(LifecycleState.DOWN);
        rig.vf().addVlans(ALL, result -> {});
        rig.vf().up();
        rig.runUntil(rig::isComplete);
        return rig;
    }

    @Test
    void shouldStartTheQueuesBeforeMostVlans() {
        try (SimulatedRig rig = upWithAllVlans()) {
            rig.pf().host().resetVirtualFunction(0);
            rig.runUntil(LifecycleState.STARTING);
            rig.runUntil(LifecycleState.UP);
            assertThat(rig.heldVlans().size()).isBetween(1, 2000);
            rig.runUntil(rig::isComplete);
            rig.assertClean();
        }
    }

    @Test
    void shouldNotKeepVlansFromThePfBecauseAPollerDoesNotTakeItsQueues() {
        try (SimulatedRig rig = upWithAllVlans()) {
            rig.pf().host().resetVirtualFunction(0);
            rig.runUntil(LifecycleState.RESETTING);
            rig.runUntil(LifecycleState.CONFIGURING);
            rig.owner.delayed = true;
            rig.runUntil(() -> rig.heldVlans().equals(ALL));
            assertThat(rig.vf().state()).isEqualTo(LifecycleState.STARTING);
            rig.owner.delayed = false;
            rig.owner.runDelayed();
            rig.runUntil(rig::isComplete);
            rig.assertClean();
        }
    }
}
