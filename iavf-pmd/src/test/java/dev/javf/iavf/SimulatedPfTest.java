package dev.javf.iavf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.packet.Ethernet;
import dev.javf.packet.MacAddress;
import dev.javf.sim.Fault;
import dev.javf.sim.PfMode;
import dev.javf.sim.PlannedFaults;
import dev.javf.sim.PortVlan;
import dev.javf.sim.ResetFault;
import dev.javf.sim.ResetKind;
import dev.javf.sim.SimulatedDelays;
import dev.javf.sim.SimulatedPhysicalFunctionContext;
import dev.javf.sim.VfPhase;
import dev.javf.virtchnl.Opcode;
import dev.javf.virtchnl.VlanRequestResult;
import dev.javf.virtchnl.VlanSet;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;

class SimulatedPfTest {
    private static final VlanSet VLANS = VlanSet.range(100, 106);
    private static final long MS = 1_000_000;

    private static SimulatedRig rig() {
        return rig(new SimulatedPhysicalFunctionContext());
    }

    private static SimulatedRig rig(final SimulatedPhysicalFunctionContext context) {
        return new SimulatedRig(context);
    }

    private static void up(final SimulatedRig rig) {
        rig.vf().up();
        rig.vf().addVlans(VLANS, result -> {});
        rig.vf().addMac(MacAddress.of("02:00:00:00:00:55"), (address, installed, reason) -> {});
        rig.runUntil(rig::isComplete);
    }

    /** The host does it in its own time; it must not refuse at once. */
    private static void ask(final CompletionStage<Void> request) {
        assertThat(request.toCompletableFuture()).isNotCompletedExceptionally();
    }

    private static void assertClean(final SimulatedRig rig) {
        assertThat(rig.faults()).isZero();
        assertThat(rig.snapshot().isMalicious()).isFalse();
        assertThat(rig.vf().lifecycle().violationCount()).isZero();
        rig.vf().close();
        rig.runUntil(rig.vf()::isClosed);
        assertThat(rig.pool().available()).isEqualTo(rig.pool().capacity());
        assertThat(rig.faults()).isZero();
    }

    @ParameterizedTest
    @EnumSource(PfMode.class)
    void shouldComeUpOnEveryPf(final PfMode mode) {
        try (SimulatedRig rig = rig(new SimulatedPhysicalFunctionContext().mode(mode))) {
            up(rig);
            assertThat(rig.heldVlans()).isEqualTo(VLANS);
            assertThat(rig.snapshot().macs()).contains(MacAddress.of("02:00:00:00:00:55"));
            rig.vf().down();
            rig.runUntil(LifecycleState.DOWN);
            assertThat(rig.snapshot().rxQueues()).isZero();
            assertThat(rig.heldVlans()).isEqualTo(VLANS);
            rig.vf().up();
            rig.runUntil(rig::isComplete);
            assertClean(rig);
        }
    }

    @ParameterizedTest
    @EnumSource(PfMode.class)
    void shouldBeWhatItWasAfterEveryKindOfReset(final PfMode mode) {
        try (SimulatedRig rig = rig(new SimulatedPhysicalFunctionContext().mode(mode))) {
            up(rig);
            final MacAddress assigned = MacAddress.of("02:00:00:00:00:77");
            final List<Runnable> resets =
                    List.of(
                            () -> rig.pf().host().resetVirtualFunction(0),
                            () -> ask(rig.pf().host().trust(0, true)),
                            () -> ask(rig.pf().host().mac(0, assigned)),
                            () -> ask(rig.pf().host().resetPhysicalFunction()),
                            () -> ask(rig.pf().host().resetPhysicalFunctionSilently()));
            for (final Runnable reset : resets) {
                reset.run();
                rig.run(30 * MS);
                assertThat(rig.vf().state()).isNotEqualTo(LifecycleState.UP);
                rig.runUntil(rig::isComplete);
                assertThat(rig.heldVlans()).isEqualTo(VLANS);
            }
            assertThat(rig.vf().macAddress()).isEqualTo(assigned);
            assertThat(rig.vf().counters().get(DriverCounter.FAILURES)).isZero();
            assertClean(rig);
        }
    }

    @Test
    void shouldRecoverSoonAfterThePfIsReady() {
        try (SimulatedRig rig = rig()) {
            up(rig);
            rig.pf().host().resetVirtualFunction(0);
            rig.runUntil(() -> rig.snapshot().phase() == VfPhase.IN_RESET);
            rig.runUntil(() -> rig.snapshot().phase() != VfPhase.IN_RESET);
            final long readyNs = rig.nowNs();
            rig.runUntil(rig::isComplete);
            assertThat(rig.nowNs() - readyNs).isLessThan(50 * MS);
            assertClean(rig);
        }
    }

    @Test
    void shouldUseTheLimitsOfAPortVlanAndRegainTheOthersAfterIt() {
        try (SimulatedRig rig = rig()) {
            up(rig);
            ask(rig.pf().host().portVlan(0, new PortVlan(0x8100, 7, 0)));
            rig.run(200 * MS);
            rig.runUntil(() -> rig.vf().state() == LifecycleState.UP);
            assertThat(rig.vf().vlans().rejections().getFirst().vlans()).isEqualTo(VLANS);
            ask(rig.pf().host().portVlan(0, null));
            rig.run(200 * MS);
            rig.runUntil(rig::isComplete);
            assertThat(rig.heldVlans()).isEqualTo(VLANS);
            assertClean(rig);
        }
    }

    @Test
    void shouldFillThePfWhenItsHostTrustsTheVf() {
        final List<VlanRequestResult> results = new ArrayList<>();
        try (SimulatedRig rig =
                rig(
                        new SimulatedPhysicalFunctionContext()
                                .delays(SimulatedDelays.TYPICAL.withWork(1000, 1000)))) {
            up(rig);
            rig.vf().addVlans(VlanSet.range(1, 4094), results::add);
            rig.runUntil(() -> results.size() == 1);
            assertThat(results.getFirst().rejected().size()).isEqualTo(4094 - 8);
            ask(rig.pf().host().trust(0, true));
            rig.run(30 * MS);
            rig.runUntil(rig::isComplete);
            assertThat(rig.heldVlans().size()).isEqualTo(4094);
            assertThat(rig.vf().vlans().acknowledged(Ethernet.TPID_8021Q).size()).isEqualTo(4094);
            assertClean(rig);
        }
    }

    @ParameterizedTest
    @EnumSource(Fault.Point.class)
    void shouldSurviveAResetAtEachMessage(final Fault.Point point) {
        for (final ResetKind kind :
                new ResetKind[] {
                    ResetKind.NOTIFIED, ResetKind.FUNCTION_LEVEL, ResetKind.PHYSICAL_FUNCTION
                }) {
            for (final Opcode opcode :
                    new Opcode[] {
                        Opcode.VERSION,
                        Opcode.GET_VF_RESOURCES,
                        Opcode.GET_OFFLOAD_VLAN_V2_CAPS,
                        Opcode.GET_SUPPORTED_RXDIDS,
                        Opcode.ENABLE_VLAN_STRIPPING_V2,
                        Opcode.ENABLE_VLAN_INSERTION_V2,
                        Opcode.ADD_ETH_ADDR,
                        Opcode.ADD_VLAN_V2,
                        Opcode.CONFIG_VSI_QUEUES,
                        Opcode.CONFIG_IRQ_MAP,
                        Opcode.ENABLE_QUEUES
                    }) {
                final PlannedFaults faults =
                        new PlannedFaults().on(opcode, new Fault.Reset(kind, point));
                try (SimulatedRig rig =
                        rig(new SimulatedPhysicalFunctionContext().faultPlan(faults))) {
                    rig.stepNs(500_000);
                    up(rig);
                    rig.run(1_500 * MS);
                    rig.runUntil(rig::isComplete);
                    assertThat(rig.heldVlans()).isEqualTo(VLANS);
                    assertClean(rig);
                }
            }
        }
    }

    @Test
    void shouldSurviveEveryLostAnswer() {
        for (final Opcode opcode :
                new Opcode[] {
                    Opcode.VERSION,
                    Opcode.GET_VF_RESOURCES,
                    Opcode.GET_OFFLOAD_VLAN_V2_CAPS,
                    Opcode.GET_SUPPORTED_RXDIDS,
                    Opcode.ENABLE_VLAN_STRIPPING_V2,
                    Opcode.ENABLE_VLAN_INSERTION_V2,
                    Opcode.ADD_ETH_ADDR,
                    Opcode.ADD_VLAN_V2,
                    Opcode.CONFIG_VSI_QUEUES,
                    Opcode.CONFIG_IRQ_MAP,
                    Opcode.ENABLE_QUEUES
                }) {
            for (final Fault fault :
                    new Fault[] {
                        new Fault.LoseRequest(),
                        new Fault.LoseAnswer(),
                        new Fault.Fail(-5),
                        new Fault.DelayAnswer(3_000 * MS, false)
                    }) {
                final PlannedFaults faults = new PlannedFaults().on(opcode, fault);
                try (SimulatedRig rig =
                        rig(new SimulatedPhysicalFunctionContext().faultPlan(faults))) {
                    rig.stepNs(500_000);
                    up(rig);
                    assertThat(rig.heldVlans()).isEqualTo(VLANS);
                    assertClean(rig);
                }
            }
        }
    }

    @Test
    void shouldNotBelieveThatAResetIsOverBeforeItHasBegun() {
        final PlannedFaults faults =
                new PlannedFaults().onNextReset(0, new ResetFault(300 * MS, 0, false));
        try (SimulatedRig rig = rig(new SimulatedPhysicalFunctionContext().faultPlan(faults))) {
            up(rig);
            faults.onNextReset(0, new ResetFault(300 * MS, 0, false));
            ask(rig.pf().host().trust(0, true));
            rig.run(200 * MS);
            rig.runUntil(() -> rig.snapshot().isTrusted() && rig.isComplete());
            assertThat(rig.heldVlans()).isEqualTo(VLANS);
            assertClean(rig);
        }
    }

    @Test
    void shouldFreeItselfFromAResetThatNeverEnds() {
        final PlannedFaults faults = new PlannedFaults();
        try (SimulatedRig rig = rig(new SimulatedPhysicalFunctionContext().faultPlan(faults))) {
            rig.stepNs(500_000);
            up(rig);
            faults.onNextReset(0, new ResetFault(0, 0, true));
            rig.pf().host().resetVirtualFunction(0);
            rig.run(20 * MS);
            rig.runUntil(rig::isComplete);
            assertThat(rig.vf().counters().resets(ResetCause.FUNCTION_LEVEL_RESET)).isEqualTo(1);
            assertClean(rig);
        }
    }
}
