package dev.javf.iavf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.vfio.InProcessDoor;
import dev.javf.vfio.PciDeviceCondition;
import dev.javf.virtchnl.Event;
import dev.javf.virtchnl.Opcode;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.List;

/**
 * Every way in which a VF can go away, and how soon and as what it is noticed. What is done about
 * it afterwards is VirtualFunctionResetTest's.
 */
class LossDetectionTest {
    private static final long MS = 1_000_000;
    private static final long POLL_NS = 10 * MS + DriverRig.STEP_NS;

    private final DriverRig rig = new DriverRig();
    private final WatchedDevice device = new WatchedDevice(new InProcessDoor(rig.pf));

    @BeforeEach
    void up() {
        rig.context.device(device);
        rig.up();
        rig.states.clear();
        rig.pf.vfResets = 0;
    }

    @AfterEach
    void close() {
        device.condition = PciDeviceCondition.PRESENT;
        rig.close();
        assertThat(rig.pf.violations).isEmpty();
        assertThat(rig.pf.dma().faults()).isEmpty();
        assertThat(rig.vf().lifecycle().violationCount()).isZero();
    }

    private long timeUntil(final LifecycleState state) {
        final long before = rig.nowNs;
        rig.runUntil(state);
        return rig.nowNs - before;
    }

    /** It may be over within a duty cycle, so it is the listener who knows. */
    private long timeUntilFailure() {
        final long before = rig.nowNs;
        rig.runUntil(() -> rig.states.contains("NEEDS_RESET"));
        return rig.nowNs - before;
    }

    private long resets(final ResetCause cause) {
        return rig.vf().counters().resets(cause);
    }

    @Test
    void shouldNoticeAnAnnouncedResetInTheDutyCycleInWhichItBegins() {
        rig.pf.event(new Event.ResetImpending());
        rig.run(20 * MS);
        rig.pf.reset();
        assertThat(timeUntil(LifecycleState.RESETTING)).isEqualTo(DriverRig.STEP_NS);
        rig.runUntil(LifecycleState.UP);
        assertThat(resets(ResetCause.ANNOUNCED)).isEqualTo(1);
    }

    @Test
    void shouldNoticeThatThePfsDriverClosesAndComesBack() {
        rig.pf.event(new Event.PfDriverClose());
        rig.run(20 * MS);
        rig.pf.resetsEnd = false;
        rig.pf.reset();
        assertThat(timeUntil(LifecycleState.RESETTING)).isEqualTo(DriverRig.STEP_NS);
        // The module is loaded again some time later, longer than any reset takes.
        rig.run(60_000 * MS);
        assertThat(rig.vf().state()).isIn(LifecycleState.RESETTING, LifecycleState.NEEDS_RESET);
        rig.pf.resetsEnd = true;
        rig.runUntil(LifecycleState.UP);
        assertThat(resets(ResetCause.ANNOUNCED)).isEqualTo(1);
    }

    @Test
    void shouldNoticeASilentFunctionLevelResetAtTheNextPoll() {
        rig.pf.functionLevelReset();
        assertThat(timeUntil(LifecycleState.RESETTING)).isLessThanOrEqualTo(POLL_NS);
        rig.runUntil(LifecycleState.UP);
        assertThat(resets(ResetCause.SILENT)).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {Registers.RSTAT_IN_PROGRESS, Registers.RSTAT_COMPLETED, 3})
    void shouldNoticeAResetStatusOtherThanActive(final int status) {
        rig.pf.set(Registers.VFGEN_RSTAT, status);
        assertThat(timeUntil(LifecycleState.RESETTING)).isLessThanOrEqualTo(POLL_NS);
        rig.pf.reset();
        rig.runUntil(LifecycleState.UP);
        assertThat(resets(ResetCause.SILENT)).isEqualTo(1);
    }

    @Test
    void shouldTakeAllOnesForAResetWhenTheDeviceAnswersAgain() {
        rig.pf.allRegisters = Registers.NO_ANSWER;
        assertThat(timeUntil(LifecycleState.RESETTING)).isLessThanOrEqualTo(POLL_NS);
        assertThat(resets(ResetCause.NO_ANSWER)).isEqualTo(1);
        rig.run(9_000 * MS);
        assertThat(rig.vf().state()).isEqualTo(LifecycleState.RESETTING);
        rig.pf.allRegisters = 0;
        rig.pf.reset();
        rig.runUntil(LifecycleState.UP);
    }

    @Test
    void shouldTakeAllOnesForARemovalWhenTheyStay() {
        rig.pf.allRegisters = Registers.NO_ANSWER;
        assertThat(timeUntil(LifecycleState.REMOVED)).isBetween(10_000 * MS, 10_100 * MS);
        assertThat(rig.states).containsExactly("RESETTING", "REMOVED");
    }

    @Test
    void shouldNeverTakeDeadbeefForARemoval() {
        rig.pf.allRegisters = Registers.IN_RESET;
        assertThat(timeUntil(LifecycleState.RESETTING)).isLessThanOrEqualTo(POLL_NS);
        rig.run(300_000 * MS);
        assertThat(rig.states).doesNotContain("REMOVED");
        rig.pf.allRegisters = 0;
        rig.pf.reset();
        rig.runUntil(LifecycleState.UP);
    }

    @Test
    void shouldBelieveTheSystemAtOnceThatTheDeviceIsGone() {
        device.condition = PciDeviceCondition.GONE;
        rig.pf.allRegisters = Registers.NO_ANSWER;
        assertThat(timeUntil(LifecycleState.REMOVED)).isEqualTo(DriverRig.STEP_NS);
        rig.vf().close();
        final long before = rig.nowNs;
        rig.runUntil(rig.vf()::isClosed);
        assertThat(rig.nowNs - before).isLessThan(10 * MS);
        assertThat(rig.pool.available()).isEqualTo(rig.pool.capacity());
        assertThat(device.mappings).isZero();
    }

    @Test
    void shouldGiveTheDeviceBackInOrderWhenTheSystemWantsIt() {
        rig.pf.all.clear();
        device.condition = PciDeviceCondition.RELEASE_REQUESTED;
        assertThat(timeUntil(LifecycleState.CLOSED)).isLessThan(100 * MS);
        assertThat(rig.pf.all)
                .extracting(message -> Opcode.nameOf(message.opcode()))
                .containsExactly("DISABLE_QUEUES", "RESET_VF");
        assertThat(rig.notices).containsExactly("the system wants the device back; closing the VF");
        assertThat(rig.pool.available()).isEqualTo(rig.pool.capacity());
        assertThat(device.mappings).isZero();
    }

    @Test
    void shouldGiveTheDeviceBackAtTheDeadlineWhateverThePfDoes() {
        rig.pf.mute.addAll(List.of(Opcode.values()));
        device.condition = PciDeviceCondition.RELEASE_REQUESTED;
        assertThat(timeUntil(LifecycleState.CLOSED)).isBetween(1_000 * MS, 1_010 * MS);
        assertThat(rig.pool.available()).isEqualTo(rig.pool.capacity());
        assertThat(device.mappings).isZero();
    }

    @Test
    void shouldGiveTheDeviceBackWhenTheSystemThatWantsItRefusesResets() {
        // The kernel holds the device's lock until we let go, and so can't reset it.
        device.refusesReset = true;
        rig.pf.mute.addAll(List.of(Opcode.values()));
        device.condition = PciDeviceCondition.RELEASE_REQUESTED;
        assertThat(timeUntil(LifecycleState.CLOSED)).isBetween(1_000 * MS, 1_010 * MS);
        assertThat(device.mappings).isZero();
    }

    @Test
    void shouldLetGoInTimeWhenItWasBeingClosedAlready() {
        rig.pf.mute.addAll(List.of(Opcode.values()));
        rig.vf().close();
        rig.run(10 * MS);
        device.condition = PciDeviceCondition.RELEASE_REQUESTED;
        assertThat(timeUntil(LifecycleState.CLOSED)).isBetween(1_000 * MS, 1_010 * MS);
    }

    @Test
    void shouldResetAfterAPciExpressError() {
        device.condition = PciDeviceCondition.ERROR;
        assertThat(timeUntilFailure()).isEqualTo(DriverRig.STEP_NS);
        assertThat(rig.vf().failure()).contains("PCI Express error");
        rig.runUntil(LifecycleState.UP);
        assertThat(rig.pf.vfResets).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({
        "VFE, 0x6800",
        "VFE, 0x8000",
        "OVFL, 0x6800",
        "OVFL, 0x8000",
        "CRIT, 0x6800",
        "CRIT, 0x8000"
    })
    void shouldHeedTheMailboxsErrorBits(final String name, final int register) {
        final int bit =
                switch (name) {
                    case "VFE" -> Registers.LEN_VFE;
                    case "OVFL" -> Registers.LEN_OVFL;
                    default -> Registers.LEN_CRIT;
                };
        rig.pf.set(register, rig.pf.get(register) | bit);
        rig.run(POLL_NS);
        assertThat(rig.pf.get(register) & bit).isZero();
        assertThat(rig.vf().counters().get(DriverCounter.MAILBOX_ERRORS)).isEqualTo(1);
        assertThat(rig.log.lines).anyMatch(line -> line.endsWith("reports an error: " + name));
        if (name.equals("CRIT")) {
            assertThat(rig.states).contains("NEEDS_RESET");
            rig.runUntil(LifecycleState.UP);
        } else {
            assertThat(rig.states).isEmpty();
        }
    }

    @Test
    void shouldNoticeAPfThatStopsAnsweringByItsDeadlines() {
        rig.pf.mute.addAll(List.of(Opcode.values()));
        rig.vf().requestStatistics();
        assertThat(timeUntilFailure()).isBetween(2_000 * MS, 4_100 * MS);
        rig.pf.mute.clear();
        rig.runUntil(LifecycleState.UP);
    }

    @Test
    void shouldGoOnTryingWhenTheSystemRefusesFunctionLevelResets() {
        device.refusesReset = true;
        rig.pf.mute.addAll(List.of(Opcode.values()));
        rig.vf().requestStatistics();
        rig.runUntil(() -> rig.vf().failure().contains("function-level reset failed"));
        rig.run(60_000 * MS);
        // Two without a pause, then after 0.1, 0.2, 0.4, ... s.
        assertThat(rig.states.stream().filter("RESETTING"::equals)).hasSizeBetween(8, 16);
        device.refusesReset = false;
        rig.pf.mute.clear();
        rig.runUntil(LifecycleState.UP);
    }

    @Test
    void shouldBreakALoopOfResetsAndRaiseOneAlarm() {
        for (int i = 0; i < 40; i++) {
            rig.pf.reset();
            rig.runUntil(LifecycleState.RESETTING);
            rig.runUntil(LifecycleState.UP);
        }
        assertThat(rig.alarms).hasSize(1);
        assertThat(rig.alarms.getFirst()).contains("more than 32 resets within a minute");
        assertThat(rig.vf().counters().get(DriverCounter.RESET_STORMS)).isEqualTo(1);
        rig.pf.reset();
        rig.runUntil(LifecycleState.RESETTING);
        final long sent = rig.vf().counters().get(DriverCounter.MESSAGES_SENT);
        rig.run(10_000 * MS);
        // The tenth reset of the storm: 51.2 s by doubling, 30 s at most.
        assertThat(rig.vf().counters().get(DriverCounter.MESSAGES_SENT)).isEqualTo(sent);
        assertThat(timeUntil(LifecycleState.UP)).isLessThan(20_100 * MS);
    }

    @Test
    void shouldTellEveryNextStorm() {
        for (int storm = 1; storm <= 2; storm++) {
            for (int i = 0; i < 33; i++) {
                rig.pf.reset();
                rig.runUntil(LifecycleState.RESETTING);
                rig.runUntil(LifecycleState.UP);
            }
            assertThat(rig.alarms).hasSize(storm);
            rig.run(61_000 * MS);
        }
    }
}
