package dev.javf.sim;

import static dev.javf.sim.RawDriver.bytes;
import static dev.javf.sim.Vlans.ADD_V2;
import static dev.javf.sim.Vlans.CAPS_V2;
import static dev.javf.sim.Vlans.DEL_V2;
import static dev.javf.sim.Vlans.inner;
import static dev.javf.sim.Vlans.keys;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.virtchnl.Event;
import dev.javf.virtchnl.Opcode;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** What can go wrong with messages. */
class FaultTest {
    private final PlannedFaults faults = new PlannedFaults();

    private PfRig active() {
        final PfRig rig = PfRig.active(context -> context.faultPlan(faults));
        rig.ask(CAPS_V2, new byte[0]);
        return rig;
    }

    @Test
    void shouldLoseRequest() {
        faults.on(Opcode.ADD_VLAN_V2, new Fault.LoseRequest());
        try (PfRig rig = active()) {
            assertThat(rig.send(ADD_V2, inner(1, 100))).isEmpty();
            assertThat(rig.snapshot().vlans()).isEmpty();
            assertThat(rig.statusOf(ADD_V2, inner(1, 100))).isZero();
        }
    }

    @Test
    void shouldLoseAnswerOfWhatWasDone() {
        faults.on(Opcode.ADD_VLAN_V2, new Fault.LoseAnswer());
        try (PfRig rig = active()) {
            assertThat(rig.send(ADD_V2, inner(1, 100))).isEmpty();
            assertThat(rig.snapshot().vlans()).isEqualTo(keys(100));
        }
    }

    @Test
    void shouldDelayRequestSoThatLaterOnesOvertakeIt() {
        faults.on(Opcode.ADD_VLAN_V2, new Fault.DelayRequest(500));
        try (PfRig rig = active()) {
            rig.driver().send(ADD_V2, inner(1, 100));
            rig.driver().send(DEL_V2, inner(1, 100));
            rig.run();
            assertThat(rig.driver().receive())
                    .extracting(RawDriver.Received::opcode)
                    .containsExactly(DEL_V2);
            rig.advance(500);
            assertThat(rig.driver().receive())
                    .extracting(RawDriver.Received::opcode)
                    .containsExactly(ADD_V2);
            assertThat(rig.snapshot().vlans()).isEqualTo(keys(100));
        }
    }

    @Test
    void shouldDelayAnswer() {
        faults.on(Opcode.ADD_VLAN_V2, new Fault.DelayAnswer(500, false));
        try (PfRig rig = active()) {
            rig.driver().send(ADD_V2, inner(1, 100));
            rig.driver().send(DEL_V2, inner(1, 200));
            rig.run();
            assertThat(rig.driver().receive())
                    .extracting(RawDriver.Received::opcode)
                    .containsExactly(DEL_V2);
            rig.advance(499);
            assertThat(rig.driver().receive()).isEmpty();
            rig.advance(1);
            assertThat(rig.driver().receive())
                    .extracting(RawDriver.Received::opcode)
                    .containsExactly(ADD_V2);
        }
    }

    @Test
    void shouldLetDelayedAnswerSurviveAResetOnlyIfWanted() {
        for (final boolean survives : new boolean[] {false, true}) {
            faults.on(Opcode.ADD_VLAN_V2, new Fault.DelayAnswer(500, survives));
            try (PfRig rig = active()) {
                rig.send(ADD_V2, inner(1, 100));
                rig.driver().vf.functionLevelReset();
                rig.run();
                Vlans.reactivate(rig);
                rig.advance(500);
                assertThat(rig.driver().receive()).hasSize(survives ? 1 : 0);
            }
        }
    }

    @Test
    void shouldDuplicateAnswer() {
        faults.on(Opcode.ADD_VLAN_V2, new Fault.DuplicateAnswer(300));
        try (PfRig rig = active()) {
            assertThat(rig.send(ADD_V2, inner(1, 100))).hasSize(1);
            rig.advance(300);
            final List<RawDriver.Received> again = rig.driver().receive();
            assertThat(again).hasSize(1);
            assertThat(again.getFirst().opcode()).isEqualTo(ADD_V2);
        }
    }

    @Test
    void shouldFailWithAnyStatusAndDoNothing() {
        faults.on(Opcode.ADD_VLAN_V2, new Fault.Fail(-4));
        try (PfRig rig = active()) {
            assertThat(rig.statusOf(ADD_V2, inner(1, 100))).isEqualTo(-4);
            assertThat(rig.snapshot().vlans()).isEmpty();
        }
    }

    @Test
    void shouldPretend() {
        faults.on(Opcode.ADD_VLAN_V2, new Fault.Pretend());
        try (PfRig rig = active()) {
            assertThat(rig.statusOf(ADD_V2, inner(1, 100))).isZero();
            assertThat(rig.snapshot().vlans()).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource(Fault.Point.class)
    void shouldResetVfAroundAMessage(final Fault.Point point) {
        for (final ResetKind kind : ResetKind.values()) {
            faults.on(Opcode.ADD_VLAN_V2, new Fault.Reset(kind, point));
            try (PfRig rig = active()) {
                final List<RawDriver.Received> received =
                        new ArrayList<>(rig.send(ADD_V2, inner(1, 100)));
                received.removeIf(message -> message.opcode() == PfRig.EVENT);
                assertThat(rig.snapshot().resets()).as("%s %s", kind, point).isEqualTo(1);
                assertThat(rig.snapshot().phase()).isEqualTo(VfPhase.INITIALIZED);
                assertThat(rig.snapshot().vlans()).isEmpty();
                assertThat(rig.driver().read(RawDriver.RSTAT)).isEqualTo(2);
                if (point == Fault.Point.AFTER_ANSWER) {
                    assertThat(received).extracting(RawDriver.Received::status).containsExactly(0);
                } else {
                    assertThat(received).isEmpty();
                }
            }
        }
    }

    @Test
    void shouldLookAtTheMessageAfterTheResetThatCameBefore() {
        faults.on(
                Opcode.GET_OFFLOAD_VLAN_V2_CAPS,
                new Fault.Reset(ResetKind.REQUESTED, Fault.Point.BEFORE_WORK));
        final List<Integer> requests = new ArrayList<>();
        final SimulationObserver observer =
                new SimulationObserver() {
                    @Override
                    public void onRequest(
                            final long timeNs,
                            final int virtualFunction,
                            final int opcode,
                            final MemorySegment body) {
                        requests.add(opcode);
                    }
                };
        try (PfRig rig = PfRig.active(context -> context.faultPlan(faults).observer(observer))) {
            requests.clear();
            rig.send(CAPS_V2, new byte[0]);
            assertThat(requests).containsExactly(CAPS_V2);
            assertThat(rig.snapshot().maxVlans()).isZero();
        }
    }

    @Test
    void shouldTellOfThingsThatAreNotSo() {
        faults.on(Opcode.ADD_VLAN_V2, new Fault.StaleEvent(true, 100))
                .on(Opcode.ADD_VLAN_V2, new Fault.StaleEvent(false, 0));
        try (PfRig rig = active()) {
            rig.send(ADD_V2, inner(1, 100));
            rig.advance(100);
            assertThat(rig.driver().receive().getFirst().hex()).startsWith("02000000");
            assertThat(rig.snapshot().phase()).isEqualTo(VfPhase.ACTIVE);
            final RawDriver.Received link = rig.send(ADD_V2, inner(1, 100)).get(1);
            assertThat(link.hex()).startsWith("01000000");
            assertThat(link.u8(8)).isEqualTo(1);
            assertThat(rig.snapshot().isLinkUp()).isFalse();
        }
    }

    @Test
    void shouldPlanForOneVfAndTheNthMessage() {
        faults.on(1, Opcode.GET_STATS, 2, 2, new Fault.Fail(-1));
        try (PfRig rig = active()) {
            final byte[] body = bytes().u16(1).zeros(10).done();
            final List<Integer> statuses = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                assertThat(rig.ask(0, 15, body).status()).isZero();
                statuses.add(rig.ask(1, 15, body).status());
            }
            assertThat(statuses).containsExactly(0, 0, -1, -1, 0, 0);
        }
    }

    @Test
    void shouldDoTheSameForTheSameSeed() {
        assertThat(trace(7)).isEqualTo(trace(7)).isNotEqualTo(trace(8));
    }

    /** What two VFs see of a PF that goes wrong half of the time. */
    private static List<String> trace(final long seed) {
        final List<String> trace = new ArrayList<>();
        final SimulationObserver observer =
                new SimulationObserver() {
                    @Override
                    public void onAnswer(
                            final long timeNs,
                            final int virtualFunction,
                            final int opcode,
                            final int status,
                            final MemorySegment body) {
                        trace.add(timeNs + " " + virtualFunction + " " + opcode + " " + status);
                    }

                    @Override
                    public void onFault(
                            final long timeNs,
                            final int virtualFunction,
                            final int opcode,
                            final Fault fault) {
                        trace.add(timeNs + " " + virtualFunction + " " + fault);
                    }
                };
        try (PfRig rig =
                PfRig.withMailbox(context ->
                        context.delays(SimulatedDelays.TYPICAL)
                                .faultPlan(new SeededFaults(seed, 500, 500, 10_000_000))
                                .observer(observer))) {
            for (int i = 0; i < 300; i++) {
                for (final RawDriver driver : rig.drivers) {
                    driver.receive();
                    if (driver.read(RawDriver.ATQLEN) >= 0 && driver.read(RawDriver.RSTAT) == 2) {
                        driver.enableBusMaster();
                        driver.startMailbox();
                    }
                    if (driver.read(RawDriver.ATQLEN) == (32 | RawDriver.ENABLE)) {
                        driver.send(1, bytes().u32(1).u32(1).done());
                        driver.send(3, bytes().u32(-1).done());
                        driver.send(CAPS_V2, new byte[0]);
                        driver.send(ADD_V2, inner(1, i + 1));
                    }
                }
                rig.advance(5_000_000);
            }
            assertThat(rig.driver().vf.dma().faultCount()).isZero();
        }
        return trace;
    }

    @Test
    void shouldInjectEventsMessagesAndLosses() {
        try (PfRig rig = active()) {
            rig.ask(ADD_V2, inner(1, 100, 101));
            rig.pf.inject().event(0, new Event.ResetImpending());
            rig.pf.inject().message(0, 99, -77, MemorySegment.ofArray(new byte[] {1, 2, 3}));
            rig.pf.inject().deleteVlan(0, new VlanKey(0x8100, 100));
            rig.run();
            final List<RawDriver.Received> received = rig.driver().receive();
            assertThat(received).hasSize(2);
            assertThat(received.get(0).hex()).startsWith("02000000");
            assertThat(received.get(1).opcode()).isEqualTo(99);
            assertThat(received.get(1).status()).isEqualTo(-77);
            assertThat(received.get(1).hex()).isEqualTo("010203");
            assertThat(rig.snapshot().vlans()).isEqualTo(keys(101));
            assertThat(rig.snapshot().countedVlans()).isEqualTo(1);
        }
    }
}
