package dev.javf.iavf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.sim.SimulatedPhysicalFunctionContext;
import dev.javf.testing.Allocations;
import dev.javf.virtchnl.VlanSet;

import org.junit.jupiter.api.Test;

/** A VF that is up and has nothing to do. */
class IdleTest {
    private static final long MS = 1_000_000;
    private static final long STEP_NS = 20_000;
    private static final int CYCLES = 1_000;
    private static final int WARM_UP_RUNS = 300;

    /** 20 ms at a time, with looks at the registers in them, but no message to the PF. */
    @Test
    void shouldAllocateNothingInIdleDutyCycles() {
        try (SimulatedRig rig =
                new SimulatedRig(
                        new SimulatedPhysicalFunctionContext().virtualFunctions(1),
                        settings -> settings.statisticsPeriodNs(3_600_000 * MS))) {
            rig.vf().addVlans(VlanSet.parse("100-107"), result -> {});
            rig.vf().up();
            rig.runUntil(rig::isComplete);
            rig.run(50 * MS);
            rig.stepNs(STEP_NS);
            final Runnable idle =
                    () -> {
                        for (int i = 0; i < CYCLES; i++) {
                            rig.stepVf();
                        }
                    };
            for (int i = 0; i < WARM_UP_RUNS; i++) {
                idle.run();
            }
            assertThat(Allocations.ofSteady(idle)).isZero();
        }
    }
}
