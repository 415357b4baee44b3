package dev.javf.sim;

import static dev.javf.sim.RawDriver.ERR_PARAM;
import static dev.javf.sim.RawDriver.NOT_SUPPORTED;
import static dev.javf.sim.RawDriver.bytes;
import static dev.javf.sim.Vlans.inner;
import static dev.javf.sim.Vlans.keys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.javf.packet.MacAddress;
import dev.javf.virtchnl.RssHashConfig;

import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** Resets, step by step. */
class ResetTest {
    private static final long TO_VF_NS = 100;
    private static final long VF_RESET_NS = 10_000;
    private static final long HARDWARE_NS = 3_000;
    private static final long PF_RESET_NS = 50_000;
    private static final String RESET_IMPENDING = "020000000000000000000000ff000000";

    private static final SimulatedDelays DELAYS =
            SimulatedDelays.NONE
                    .withMailbox(0, TO_VF_NS)
                    .withResets(VF_RESET_NS, HARDWARE_NS, PF_RESET_NS);

    /** All VFs active under {@link #DELAYS}, VF 0 with VLANs, addresses, queues and RSS set. */
    private static PfRig busy(final Consumer<SimulatedPhysicalFunctionContext> settings) {
        final PfRig rig =
                PfRig.withMailbox(context -> {
                    context.delays(DELAYS).queuePairsPerVf(2);
                    settings.accept(context);
                });
        for (int vf = 0; vf < rig.drivers.size(); vf++) {
            rig.say(vf, 1, bytes().u32(1).u32(1).done());
            rig.say(vf, 3, bytes().u32(RawDriver.LINUX_CAPABILITIES).done());
        }
        rig.say(0, 51, new byte[0]);
        rig.say(0, 52, inner(1, 100, 101));
        rig.say(0, 54, bytes().u32(0).u32(1).u16(1).zeros(6).done());
        rig.say(0, 10, bytes().u16(1).u16(1).hex("020000000001").u8(1).u8(0).zeros(8).done());
        rig.say(0, 10, bytes().u16(1).u16(1).hex("333300000001").u8(2).u8(0).zeros(8).done());
        rig.say(0, 6, QueueTest.queues(1, QueueTest.Pair.of(0)));
        rig.say(0, 8, QueueTest.select(1, 1));
        rig.say(0, 23, bytes().u16(1).u16(52).zeros(53).done());
        rig.say(0, 24, bytes().u16(1).u16(64).zeros(65).done());
        rig.say(0, 26, bytes().u64(2).done());
        final VfSnapshot before = rig.snapshot();
        assertThat(before.vlans()).isEqualTo(keys(100, 101));
        assertThat(before.macs()).hasSize(3);
        assertThat(before.rxQueues()).isEqualTo(1);
        assertThat(before.rssPacketTypes()).isEqualTo(2);
        assertThat(before.isLinkUp()).isTrue();
        return rig;
    }

    private static void assertMailboxAlive(final RawDriver driver) {
        assertThat(driver.read(RawDriver.ARQLEN)).isNegative();
        assertThat(driver.read(RawDriver.ATQLEN)).isNegative();
        assertThat(driver.read(RawDriver.RSTAT)).isEqualTo(2);
    }

    private static void assertMailboxDead(final RawDriver driver) {
        assertThat(driver.read(RawDriver.ARQLEN)).isZero();
        assertThat(driver.read(RawDriver.ATQLEN)).isZero();
        assertThat(driver.read(RawDriver.RSTAT)).isZero();
    }

    /** What a reset leaves of what the VF had set up: its address, and nothing else. */
    private static void assertForgotten(final PfRig rig) {
        final VfSnapshot after = rig.snapshot();
        assertThat(after.phase()).isEqualTo(VfPhase.INITIALIZED);
        assertThat(after.vlans()).isEmpty();
        assertThat(after.countedVlans()).isZero();
        assertThat(after.maxVlans()).isZero();
        assertThat(after.capabilities()).isZero();
        assertThat(after.vlanOffloads()).isEqualTo(VlanOffloadState.afterReset(false, false));
        assertThat(after.macs())
                .containsExactly(MacAddress.BROADCAST, MacAddress.of("02:00:00:00:00:01"));
        assertThat(after.rxQueues()).isZero();
        assertThat(after.txQueues()).isZero();
        assertThat(after.rssKey()).isNull();
        assertThat(after.rssLut()).isNull();
        assertThat(after.rssPacketTypes()).isEqualTo(RssHashConfig.DEFAULT_PACKET_TYPES);
        assertThat(after.isLinkUp()).isFalse();
        assertThat(after.allowList().allows(3)).isTrue();
        assertThat(after.allowList().allows(51)).isFalse();
        final SwitchPort port = rig.pf.ethernetSwitch().ports().getFirst();
        assertThat(port.vlanCount()).isEqualTo(1);
        assertThat(port.hasVlan(0, 0)).isTrue();
        assertThat(port.txVlanFiltering()).isFalse();
        assertThat(rig.pf.virtualFunction(0).queues().isAnyEnabled()).isFalse();
    }

    @Test
    void shouldPlayAnnouncedReset() {
        try (PfRig rig = busy(context -> {})) {
            final RawDriver driver = rig.driver();
            final CompletionStage<Void> done = rig.pf.host().trust(0, true);
            rig.run();
            assertMailboxAlive(driver);
            assertThat(rig.snapshot().phase()).isEqualTo(VfPhase.IN_RESET);
            assertThat(driver.receive()).isEmpty();

            rig.advance(TO_VF_NS - 1);
            assertMailboxAlive(driver);
            rig.advance(1);
            assertMailboxDead(driver);
            final List<RawDriver.Received> events = driver.receive();
            assertThat(events).hasSize(1);
            assertThat(events.getFirst().hex()).isEqualTo(RESET_IMPENDING);
            assertThat(rig.pf.virtualFunction(0).queues().isAnyEnabled()).isFalse();

            rig.advance(VF_RESET_NS - 1);
            assertMailboxDead(driver);
            assertThat(done).isNotDone();
            rig.advance(1);
            assertThat(driver.read(RawDriver.RSTAT)).isEqualTo(2);
            assertThat(driver.read(RawDriver.ARQLEN)).isZero();
            assertThat(done).isCompleted();
            assertForgotten(rig);
            assertThat(rig.snapshot().isTrusted()).isTrue();
            assertThat(driver.isBusMaster()).isTrue();
            assertThat(rig.snapshot(1).phase()).isEqualTo(VfPhase.ACTIVE);
        }
    }

    @Test
    void shouldRefuseMessagesOnceResetIsAnnounced() {
        try (PfRig rig =
                busy(context ->
                        context.faultPlan(
                                new PlannedFaults()
                                        .onNextReset(0, new ResetFault(5_000, 0, false))))) {
            rig.pf.host().trust(0, true);
            rig.run();
            rig.driver().send(15, bytes().u16(1).zeros(10).done());
            rig.advance(1_000);
            assertMailboxAlive(rig.driver());
            assertThat(rig.driver().receive())
                    .extracting(RawDriver.Received::opcode)
                    .containsExactly(17);
            // The PF is busy with the reset; the message is looked at when the VF is new again.
            rig.advance(20_000);
            assertThat(rig.snapshot().phase()).isEqualTo(VfPhase.INITIALIZED);
        }
    }

    @Test
    void shouldPlayResetThatTheVfAsksFor() {
        try (PfRig rig = busy(context -> {})) {
            rig.driver().send(2, new byte[0]);
            rig.run();
            assertMailboxDead(rig.driver());
            rig.advance(VF_RESET_NS);
            assertThat(rig.driver().receive()).isEmpty();
            assertThat(rig.driver().read(RawDriver.RSTAT)).isEqualTo(2);
            assertForgotten(rig);
        }
    }

    @Test
    void shouldPlayFunctionLevelReset() {
        try (PfRig rig = busy(context -> {})) {
            final RawDriver driver = rig.driver();
            driver.vf.functionLevelReset();
            assertMailboxDead(driver);
            assertThat(driver.isBusMaster()).isFalse();
            driver.write(RawDriver.ATQLEN, 32 | RawDriver.ENABLE);
            assertMailboxDead(driver);

            rig.run();
            assertMailboxDead(driver);
            assertThat(rig.snapshot().phase()).isEqualTo(VfPhase.IN_RESET);
            assertThat(rig.pf.virtualFunction(0).queues().isAnyEnabled()).isFalse();
            rig.advance(VF_RESET_NS - 1);
            assertMailboxDead(driver);
            rig.advance(1);
            assertThat(driver.read(RawDriver.RSTAT)).isEqualTo(2);
            assertThat(driver.isBusMaster()).isFalse();
            driver.enableBusMaster();
            assertThat(driver.receive()).isEmpty();
            assertForgotten(rig);
        }
    }

    @Test
    void shouldResetByTheCapabilityOfTheConfigurationSpace() {
        try (PfRig rig = busy(context -> {})) {
            final int express = rig.driver().vf.config().read(0x34, 1);
            rig.driver().vf.config().write(express + 8, 2, 0x8000);
            assertMailboxDead(rig.driver());
        }
    }

    @Test
    void shouldMakeOneOfSeveralFunctionLevelResets() {
        try (PfRig rig = busy(context -> {})) {
            rig.driver().vf.functionLevelReset();
            rig.driver().vf.functionLevelReset();
            rig.run();
            rig.advance(VF_RESET_NS);
            assertThat(rig.snapshot().resets()).isEqualTo(1);
        }
    }

    @Test
    void shouldNotBeActiveBetweenTwoFunctionLevelResets() {
        try (PfRig rig = busy(context -> {})) {
            rig.driver().vf.functionLevelReset();
            rig.run();
            rig.advance(VF_RESET_NS - 1);
            rig.driver().vf.functionLevelReset();
            rig.advance(1);
            assertMailboxDead(rig.driver());
            rig.advance(VF_RESET_NS - 1);
            assertMailboxDead(rig.driver());
            rig.advance(1);
            assertThat(rig.driver().read(RawDriver.RSTAT)).isEqualTo(2);
        }
    }

    @Test
    void shouldClearInterruptAndMailboxRegistersButNotTheOthers() {
        try (PfRig rig = busy(context -> {})) {
            final RawDriver driver = rig.driver();
            final int[] cleared = {0x2800, 0x28BC, 0x4C00, 0x4C08, RawDriver.DYN_CTL01, 0x3800};
            final int[] kept = {0x2000, 0x0004, RawDriver.ATQBAL, 0xC400, 0xCC30, 0xD03C};
            for (final int register : cleared) {
                driver.write(register, 1);
            }
            for (final int register : kept) {
                driver.write(register, 1);
            }
            driver.vf.functionLevelReset();
            rig.run();
            for (final int register : cleared) {
                assertThat(driver.read(register)).as("0x%x", register).isZero();
            }
            for (final int register : kept) {
                assertThat(driver.read(register)).as("0x%x", register).isEqualTo(1);
            }
        }
    }

    @Test
    void shouldPlayResetOfThePhysicalFunction() {
        try (PfRig rig = busy(context -> {})) {
            final CompletionStage<Void> done = rig.pf.host().resetPhysicalFunction();
            rig.run();
            rig.drivers.forEach(ResetTest::assertMailboxAlive);
            rig.advance(TO_VF_NS);
            for (final RawDriver driver : rig.drivers) {
                assertThat(driver.read(RawDriver.RSTAT)).isEqualTo(0xDEADBEEF);
                assertThat(driver.read(RawDriver.ARQLEN)).isEqualTo(0xDEADBEEF);
                assertThat(driver.read(0x9000)).isEqualTo(0xDEADBEEF);
                driver.write(RawDriver.ATQLEN, 32 | RawDriver.ENABLE);
            }
            rig.advance(HARDWARE_NS);
            rig.drivers.forEach(ResetTest::assertMailboxDead);
            for (final RawDriver driver : rig.drivers) {
                assertThat(driver.read(RawDriver.ATQBAL)).isZero();
                assertThat(driver.hex(RawDriver.arqDescriptor(0), 0)).isEmpty();
            }
            rig.advance(PF_RESET_NS + VF_RESET_NS - 1);
            rig.drivers.forEach(ResetTest::assertMailboxDead);
            assertThat(done).isNotDone();
            rig.advance(1);
            for (final RawDriver driver : rig.drivers) {
                assertThat(driver.read(RawDriver.RSTAT)).isEqualTo(2);
            }
            assertThat(done).isCompleted();
            assertForgotten(rig);
        }
    }

    @Test
    void shouldTellAllVfsOfAResetOfThePhysicalFunction() {
        try (PfRig rig = busy(context -> {})) {
            rig.pf.host().resetPhysicalFunction();
            rig.run();
            rig.advance(TO_VF_NS - 1);
            rig.pf.virtualFunctions().forEach(vf -> assertThat(vf.snapshot().resets()).isZero());
            rig.advance(1);
            rig.advance(HARDWARE_NS);
            for (final RawDriver driver : rig.drivers) {
                assertThat(driver.lastEvent()).isEqualTo(RESET_IMPENDING);
            }
        }
    }

    @Test
    void shouldBringVfsBackOneAfterTheOther() {
        try (PfRig rig =
                PfRig.withMailbox(context ->
                        context.virtualFunctions(3)
                                .delays(SimulatedDelays.NONE.withWork(10, 90)))) {
            rig.pf.host().resetPhysicalFunctionSilently();
            rig.run();
            assertThat(active(rig)).isEqualTo(1);
            rig.advance(99);
            assertThat(active(rig)).isEqualTo(1);
            rig.advance(1);
            assertThat(active(rig)).isEqualTo(2);
            rig.advance(100);
            assertThat(active(rig)).isEqualTo(3);
        }
    }

    private static long active(final PfRig rig) {
        return rig.drivers.stream().filter(driver -> driver.read(RawDriver.RSTAT) == 2).count();
    }

    @Test
    void shouldTellNobodyOfASilentReset() {
        try (PfRig rig = busy(context -> {})) {
            final CompletionStage<Void> done = rig.pf.host().resetPhysicalFunctionSilently();
            rig.run();
            assertThat(rig.driver().read(RawDriver.RSTAT)).isEqualTo(0xDEADBEEF);
            rig.advance(HARDWARE_NS + PF_RESET_NS + VF_RESET_NS);
            assertThat(done).isCompleted();
            assertThat(rig.driver().lastEvent()).isNotEqualTo(RESET_IMPENDING);
            assertForgotten(rig);
        }
    }

    @Test
    void shouldCompleteWhatWaitedForAVfWhenThePhysicalFunctionIsReset() {
        try (PfRig rig = busy(context -> {})) {
            final CompletionStage<Void> pfReset = rig.pf.host().resetPhysicalFunction();
            final CompletionStage<Void> trust = rig.pf.host().trust(1, true);
            rig.run();
            rig.advance(TO_VF_NS);
            rig.advance(HARDWARE_NS + PF_RESET_NS + VF_RESET_NS);
            rig.advance(TO_VF_NS + VF_RESET_NS);
            assertThat(pfReset).isCompleted();
            assertThat(trust).isCompleted();
            assertThat(rig.snapshot(1).isTrusted()).isTrue();
        }
    }

    @Test
    void shouldShowCompletedBeforeActiveForI40e() {
        try (PfRig rig =
                PfRig.withMailbox(context -> context.mode(PfMode.I40E_V1).delays(DELAYS))) {
            rig.driver().vf.functionLevelReset();
            rig.run();
            rig.advance(VF_RESET_NS / 2 - 1);
            assertThat(rig.driver().read(RawDriver.RSTAT)).isZero();
            rig.advance(1);
            assertThat(rig.driver().read(RawDriver.RSTAT)).isEqualTo(1);
            rig.advance(VF_RESET_NS / 2);
            assertThat(rig.driver().read(RawDriver.RSTAT)).isEqualTo(2);
        }
    }

    @Test
    void shouldNotDeliverAnswersOfBeforeTheReset() {
        try (PfRig rig = busy(context -> context.delays(DELAYS.withMailbox(0, 100_000)))) {
            rig.driver().send(51, new byte[0]);
            rig.run();
            rig.driver().vf.functionLevelReset();
            rig.run();
            rig.advance(VF_RESET_NS);
            rig.driver().enableBusMaster();
            rig.driver().startMailbox();
            rig.advance(200_000);
            assertThat(rig.driver().receive()).isEmpty();
        }
    }

    /**
     * A message that waits in the PF's mailbox over a reset is one of a VF that has nothing yet.
     */
    @Test
    void shouldAnswerOldMessagesAsTheNewVf() {
        try (PfRig rig = busy(context -> context.delays(DELAYS.withMailbox(50_000, TO_VF_NS)))) {
            rig.driver().send(51, new byte[0]);
            rig.run();
            rig.driver().vf.functionLevelReset();
            rig.run();
            rig.advance(VF_RESET_NS);
            rig.driver().enableBusMaster();
            rig.driver().startMailbox();
            rig.advance(40_000);
            rig.advance(TO_VF_NS);
            assertThat(rig.driver().receive())
                    .extracting(RawDriver.Received::status)
                    .containsExactly(NOT_SUPPORTED);
        }
    }

    @Test
    void shouldStayInResetForEverWhenStuckUntilTheNextOne() {
        final PlannedFaults faults = new PlannedFaults().onNextReset(0, new ResetFault(0, 0, true));
        try (PfRig rig = busy(context -> context.faultPlan(faults))) {
            final CompletionStage<Void> trust = rig.pf.host().trust(0, true);
            rig.run();
            rig.advance(TO_VF_NS + VF_RESET_NS);
            assertThat(trust).isCompletedExceptionally();
            final CompletionStage<Void> again = rig.pf.host().trust(0, false);
            rig.advance(5);
            rig.advance(799_999_999);
            assertThat(again).isNotDone();
            assertMailboxDead(rig.driver());
            rig.advance(1);
            assertThatThrownBy(() -> again.toCompletableFuture().join())
                    .hasMessageContaining("reset it again");

            rig.driver().vf.functionLevelReset();
            rig.run();
            rig.advance(VF_RESET_NS);
            assertThat(rig.driver().read(RawDriver.RSTAT)).isEqualTo(2);
        }
    }

    @Test
    void shouldTakeLongerWhenAFaultWantsIt() {
        final PlannedFaults faults =
                new PlannedFaults().onNextReset(0, new ResetFault(700, 5_000, false));
        try (PfRig rig = busy(context -> context.faultPlan(faults))) {
            rig.driver().send(2, new byte[0]);
            rig.run();
            rig.advance(699);
            assertMailboxAlive(rig.driver());
            rig.advance(1);
            assertMailboxDead(rig.driver());
            rig.advance(VF_RESET_NS + 4_999);
            assertMailboxDead(rig.driver());
            rig.advance(1);
            assertThat(rig.driver().read(RawDriver.RSTAT)).isEqualTo(2);
        }
    }

    @Test
    void shouldKeepWhatTheHostHasSet() {
        try (PfRig rig = busy(context -> {})) {
            final HostAdministrator host = rig.pf.host();
            host.spoofCheck(0, false);
            host.linkMode(0, LinkMode.ENABLE);
            host.mac(0, MacAddress.of("02:00:00:00:00:99"));
            host.portVlan(0, new PortVlan(0x8100, 77, 5));
            rig.advance(0);
            rig.advance(10 * VF_RESET_NS);
            rig.driver().vf.functionLevelReset();
            rig.run();
            rig.advance(VF_RESET_NS);
            final VfSnapshot after = rig.snapshot();
            assertThat(after.isSpoofChecked()).isFalse();
            assertThat(after.portVlan()).isEqualTo(new PortVlan(0x8100, 77, 5));
            assertThat(after.macs())
                    .containsExactly(MacAddress.BROADCAST, MacAddress.of("02:00:00:00:00:99"));
            final SwitchPort port = rig.pf.ethernetSwitch().ports().getFirst();
            assertThat(port.portVlanTag()).isEqualTo(0x8100_A04D);
            assertThat(port.vlanCount()).isZero();
            assertThat(port.macSpoofCheck()).isFalse();
        }
    }

    @Test
    void shouldRefuseMessagesOfVfInReset() {
        final PlannedFaults faults = new PlannedFaults().onNextReset(0, new ResetFault(0, 0, true));
        try (PfRig rig = PfRig.active(context -> context.faultPlan(faults))) {
            rig.driver().vf.functionLevelReset();
            rig.run();
            rig.driver().enableBusMaster();
            rig.driver().startMailbox();
            assertThat(rig.statusOf(3, bytes().u32(0).done())).isEqualTo(ERR_PARAM);
        }
    }
}
