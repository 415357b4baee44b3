package dev.javf.iavf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.packet.MacAddress;
import dev.javf.sim.Fault;
import dev.javf.sim.FaultPlan;
import dev.javf.sim.ResetFault;
import dev.javf.sim.ResetKind;
import dev.javf.sim.SimulatedDelays;
import dev.javf.sim.SimulatedPhysicalFunctionContext;
import dev.javf.testing.Seed;
import dev.javf.virtchnl.VlanSet;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletionStage;

/** Random requests, random faults, random resets: in the end the PF holds what is wanted. */
class SimulatedSchedulesTest {
    private static final long MS = 1_000_000;
    private static final List<ResetKind> KINDS = List.of(ResetKind.values());
    private static final List<Fault.Point> POINTS = List.of(Fault.Point.values());

    /** Faults after which a driver can know the truth: no PF that lies, no answers out of order. */
    private static final class Faults implements FaultPlan {
        private final SplittableRandom random;
        private boolean on = true;
        private long quietUntilNs;

        Faults(final SplittableRandom random) {
            this.random = random;
        }

        @Override
        public @Nullable Fault onMessage(
                final int virtualFunction, final int opcode, final long nowNs) {
            if (!on || random.nextInt(20) > 0) {
                return null;
            }
            if (nowNs - quietUntilNs < 0) {
                return null;
            }
            final int kind = random.nextInt(7);
            if (kind == 2) {
                // One answer too many and one too few look like none of either.
                quietUntilNs = nowNs + 5_000 * MS;
            }
            return switch (kind) {
                case 0 -> new Fault.LoseRequest();
                case 1 -> new Fault.LoseAnswer();
                case 2 -> new Fault.DuplicateAnswer(random.nextLong(20 * MS));
                case 3 -> new Fault.Fail(random.nextBoolean() ? -5 : -53);
                case 4 -> new Fault.FailElement(random.nextInt(4));
                case 5 ->
                        new Fault.Reset(
                                KINDS.get(random.nextInt(KINDS.size())),
                                POINTS.get(random.nextInt(POINTS.size())));
                default -> new Fault.StaleEvent(random.nextBoolean(), random.nextLong(5 * MS));
            };
        }

        @Override
        public ResetFault onReset(
                final int virtualFunction, final ResetKind kind, final long nowNs) {
            return on && random.nextInt(5) == 0
                    ? new ResetFault(random.nextLong(50 * MS), random.nextLong(100 * MS), false)
                    : ResetFault.NONE;
        }
    }

    @Test
    void shouldHoldWhatIsWantedInTheEnd() {
        Seed.forEach(1, 60, SimulatedSchedulesTest::run);
    }

    @Test
    @Tag("proof")
    void shouldHoldWhatIsWantedInTheEndManyTimes() {
        Seed.forEach(1_000, 10_000, SimulatedSchedulesTest::run);
    }

    private static void run(final SplittableRandom random) {
        final Faults faults = new Faults(random.split());
        final int[] open = new int[1];
        try (SimulatedRig rig =
                new SimulatedRig(
                        new SimulatedPhysicalFunctionContext()
                                .faultPlan(faults)
                                .delays(SimulatedDelays.TYPICAL.withResets(5 * MS, MS, 20 * MS)))) {
            rig.stepNs(250_000);
            for (int i = 0; i < 40; i++) {
                request(rig, random, open);
                rig.run(random.nextLong(40 * MS));
            }
            rig.vf().up();
            faults.on = false;
            rig.runUntil(() -> rig.vf().state() == LifecycleState.UP);
            // A false event about the link is corrected by the next true one.
            ask(rig.pf().host().portLink(false));
            rig.run(10 * MS);
            ask(rig.pf().host().portLink(true));
            rig.runUntil(() -> rig.isComplete() && open[0] == 0);
            assertThat(rig.faults()).isZero();
            assertThat(rig.snapshot().isMalicious()).isFalse();
            assertThat(rig.vf().lifecycle().violationCount()).isZero();
            rig.vf().close();
            rig.runUntil(rig.vf()::isClosed);
            assertThat(rig.pool().available()).isEqualTo(rig.pool().capacity());
            assertThat(rig.faults()).isZero();
        }
    }

    private static void request(
            final SimulatedRig rig, final SplittableRandom random, final int[] open) {
        final int first = random.nextInt(1, 12);
        final VlanSet vlans = VlanSet.range(first, first + random.nextInt(4));
        final MacAddress mac = new MacAddress(0x0200_0000_0100L + random.nextInt(4));
        switch (random.nextInt(10)) {
            case 0, 1 -> rig.vf().up();
            case 2 -> rig.vf().down();
            case 3, 4, 5 -> {
                open[0]++;
                rig.vf().addVlans(vlans, result -> open[0]--);
            }
            case 6, 7 -> {
                open[0]++;
                rig.vf().removeVlans(vlans, result -> open[0]--);
            }
            case 8 -> {
                open[0]++;
                rig.vf().addMac(mac, (address, installed, reason) -> open[0]--);
            }
            default -> {
                if (random.nextInt(4) == 0) {
                    rig.pf().host().resetVirtualFunction(0);
                } else {
                    rig.vf().requestStatistics();
                }
            }
        }
    }

    private static void ask(final CompletionStage<Void> request) {
        assertThat(request.toCompletableFuture()).isNotCompletedExceptionally();
    }
}
