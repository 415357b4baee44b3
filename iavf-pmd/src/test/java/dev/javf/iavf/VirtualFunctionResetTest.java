package dev.javf.iavf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.packet.Ethernet;
import dev.javf.packet.MacAddress;
import dev.javf.virtchnl.Event;
import dev.javf.virtchnl.Opcode;
import dev.javf.virtchnl.VlanRequestResult;
import dev.javf.virtchnl.VlanSet;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.util.ArrayList;
import java.util.List;

class VirtualFunctionResetTest {
    private static final VlanSet VLANS = VlanSet.range(100, 107);
    private static final MacAddress EXTRA = MacAddress.of("02:00:00:00:00:55");
    private static final long MS = 1_000_000;

    private final DriverRig rig = new DriverRig();

    /** How a VF can be lost. */
    enum Loss {
        ANNOUNCED {
            @Override
            void happen(final PfStub pf) {
                pf.event(new Event.ResetImpending());
                pf.reset();
            }
        },
        SILENT {
            @Override
            void happen(final PfStub pf) {
                pf.functionLevelReset();
            }
        },
        ANNOUNCED_BEFORE_IT_HAPPENS {
            @Override
            void happen(final PfStub pf) {
                pf.event(new Event.ResetImpending());
                pf.event(new Event.ResetImpending());
            }

            @Override
            void happenLater(final PfStub pf) {
                pf.reset();
            }
        },
        DRIVER_CLOSES {
            @Override
            void happen(final PfStub pf) {
                pf.event(new Event.PfDriverClose());
                pf.reset();
            }
        },
        NO_ANSWER_FOR_A_WHILE {
            @Override
            void happen(final PfStub pf) {
                pf.allRegisters = Registers.NO_ANSWER;
            }

            @Override
            void happenLater(final PfStub pf) {
                pf.allRegisters = 0;
                pf.reset();
            }
        },
        GARBAGE_FOR_A_WHILE {
            @Override
            void happen(final PfStub pf) {
                pf.allRegisters = Registers.IN_RESET;
            }

            @Override
            void happenLater(final PfStub pf) {
                pf.allRegisters = 0;
                pf.reset();
            }
        };

        abstract void happen(PfStub pf);

        void happenLater(final PfStub pf) {}
    }

    @AfterEach
    void close() {
        rig.close();
        assertThat(rig.pf.violations).isEmpty();
        assertThat(rig.pf.dma().faults()).isEmpty();
        assertThat(rig.log.lines).noneMatch(line -> line.contains("refused:"));
    }

    private List<String> sent() {
        return rig.pf.all.stream().map(message -> Opcode.nameOf(message.opcode())).toList();
    }

    private void upWithFilters() {
        rig.up();
        rig.vf().addVlans(VLANS, result -> {});
        rig.vf().addMac(EXTRA, (address, installed, reason) -> {});
        rig.vf().promiscuous(false, true);
        rig.runUntil(this::isComplete);
        rig.pf.all.clear();
        rig.pf.vfResets = 0;
        rig.states.clear();
        rig.owner.calls.clear();
    }

    private boolean isComplete() {
        return rig.vf().state() == LifecycleState.UP
                && rig.vf().isLinkUp()
                && rig.vf().vlans().isSettled()
                && rig.vf().vlans().acknowledged(Ethernet.TPID_8021Q).equals(VLANS)
                && rig.vf().acknowledgedMacs().equals(List.of(PfStub.DEFAULT_MAC, EXTRA))
                && rig.pf.count(Opcode.CONFIG_PROMISCUOUS_MODE) > 0;
    }

    @ParameterizedTest
    @EnumSource
    void shouldBeWhatItWasAfterAnyLoss(final Loss loss) {
        upWithFilters();
        rig.pf.resetsEnd = false;
        loss.happen(rig.pf);
        rig.run(50 * MS);
        loss.happenLater(rig.pf);
        rig.run(50 * MS);
        assertThat(rig.vf().state()).isEqualTo(LifecycleState.RESETTING);
        assertThat(rig.vf().isLinkUp()).isFalse();
        assertThat(rig.owner.calls).containsExactly("revoke");
        rig.pf.resetsEnd = true;
        rig.runUntil(this::isComplete);
        assertThat(rig.states)
                .containsExactly(
                        "RESETTING", "NEGOTIATING", "CONFIGURING", "DOWN", "STARTING", "UP");
        assertThat(rig.owner.calls).containsExactly("revoke", "prepare");
        assertThat(rig.pf.config().isBusMaster()).isTrue();
        assertThat(rig.pf.get(Registers.VFINT_DYN_CTLN1)).isEqualTo(0x40000020);
    }

    @Test
    void shouldReplayInOrderAndBeginWithResources() {
        upWithFilters();
        rig.pf.reset();
        rig.runUntil(this::isComplete);
        assertThat(sent())
                .containsExactly(
                        "GET_VF_RESOURCES",
                        "GET_OFFLOAD_VLAN_V2_CAPS",
                        "GET_SUPPORTED_RXDIDS",
                        "ENABLE_VLAN_STRIPPING_V2",
                        "ENABLE_VLAN_INSERTION_V2",
                        "CONFIG_PROMISCUOUS_MODE",
                        "ADD_ETH_ADDR",
                        "ADD_VLAN_V2",
                        "CONFIG_VSI_QUEUES",
                        "CONFIG_IRQ_MAP",
                        "ENABLE_QUEUES");
    }

    @Test
    void shouldNoticeASilentResetWithinOnePollInterval() {
        upWithFilters();
        rig.pf.resetsEnd = false;
        final long before = rig.nowNs;
        rig.pf.functionLevelReset();
        rig.runUntil(LifecycleState.RESETTING);
        assertThat(rig.nowNs - before).isLessThanOrEqualTo(10 * MS + DriverRig.STEP_NS);
        rig.pf.resetsEnd = true;
        rig.runUntil(this::isComplete);
        assertThat(rig.vf().counters().resets(ResetCause.SILENT)).isEqualTo(1);
    }

    @Test
    void shouldGoOnWithoutOutageWhenAnAnnouncementWasStale() {
        upWithFilters();
        rig.pf.event(new Event.ResetImpending());
        rig.run(10 * MS);
        rig.vf().addVlans(VlanSet.of(100), result -> {});
        rig.vf().requestStatistics();
        rig.run(500 * MS);
        assertThat(sent()).isEmpty();
        rig.run(600 * MS);
        assertThat(sent()).containsExactly("GET_STATS");
        assertThat(rig.states).isEmpty();
        assertThat(rig.owner.calls).isEmpty();
        assertThat(rig.vf().isLinkUp()).isTrue();
        assertThat(rig.vf().counters().get(DriverCounter.RESETS_ANNOUNCED)).isEqualTo(1);
        assertThat(rig.vf().counters().get(DriverCounter.STALE_ANNOUNCEMENTS)).isEqualTo(1);
        assertThat(rig.vf().counters().resets()).isEqualTo(1);
    }

    @Test
    void shouldNotBeDisturbedByAnAnnouncementThatIsRepeatedAfterTheReset() {
        upWithFilters();
        rig.pf.event(new Event.ResetImpending());
        rig.pf.reset();
        rig.runUntil(LifecycleState.NEGOTIATING);
        rig.pf.event(new Event.ResetImpending());
        rig.runUntil(this::isComplete);
        rig.pf.event(new Event.ResetImpending());
        rig.run(3_000 * MS);
        assertThat(isComplete()).isTrue();
        assertThat(rig.vf().counters().resets()).isEqualTo(2);
        assertThat(rig.vf().counters().get(DriverCounter.STALE_ANNOUNCEMENTS)).isEqualTo(2);
    }

    @Test
    void shouldTouchNothingBeforeThePollerHasGivenTheQueuesBack() {
        upWithFilters();
        rig.owner.delayed = true;
        rig.pf.reset();
        rig.run(200 * MS);
        assertThat(rig.vf().state()).isEqualTo(LifecycleState.RESETTING);
        assertThat(rig.pf.get(Registers.VF_ARQLEN1)).isZero();
        assertThat(rig.owner.calls).containsExactly("revoke");
        rig.owner.delayed = false;
        rig.owner.runDelayed();
        rig.runUntil(this::isComplete);
    }

    @Test
    void shouldSurviveAResetWhileTheQueuesAreBeingPrepared() {
        rig.owner.delayed = true;
        rig.open().vf().up();
        rig.runUntil(LifecycleState.STARTING);
        rig.pf.reset();
        rig.run(100 * MS);
        assertThat(rig.owner.calls).containsExactly("prepare");
        assertThat(rig.vf().state()).isEqualTo(LifecycleState.RESETTING);
        rig.owner.runDelayed();
        assertThat(rig.owner.calls).containsExactly("prepare", "revoke");
        rig.owner.delayed = false;
        rig.owner.runDelayed();
        rig.runUntil(LifecycleState.UP);
    }

    @Test
    void shouldRecoverFromAResetAtEveryStepOfComingUp() {
        for (int step = 1; step < 400; step++) {
            try (DriverRig each = new DriverRig()) {
                each.open().vf().up();
                each.vf().addVlans(VLANS, result -> {});
                each.run(step * DriverRig.STEP_NS);
                each.pf.reset();
                each.run(20 * MS);
                each.runUntil(() ->
                        each.vf().state() == LifecycleState.UP
                                && each.vf()
                                        .vlans()
                                        .acknowledged(Ethernet.TPID_8021Q)
                                        .equals(VLANS));
                assertThat(each.pf.queuesEnabled).isPositive();
                assertThat(each.pf.violations).isEmpty();
                assertThat(each.vf().counters().get(DriverCounter.FAILURES)).isZero();
                assertThat(each.vf().lifecycle().violationCount()).isZero();
            }
        }
    }

    @Test
    void shouldAdoptAnAddressThatAnAdministratorHasChanged() {
        rig.up();
        rig.pf.defaultMac = MacAddress.of("02:00:00:00:00:77");
        rig.pf.event(new Event.ResetImpending());
        rig.pf.reset();
        rig.runUntil(LifecycleState.RESETTING);
        rig.runUntil(LifecycleState.UP);
        assertThat(rig.vf().acknowledgedMacs()).containsExactly(rig.pf.defaultMac);
        assertThat(rig.notices)
                .containsExactly(
                        "administrator changed the VF's MAC address: from "
                                + PfStub.DEFAULT_MAC
                                + " to 02:00:00:00:00:77");
    }

    @Test
    void shouldEscalateFromVfResetToFunctionLevelResetToPauses() {
        upWithFilters();
        rig.pf.mute.add(Opcode.DISABLE_QUEUES);
        rig.vf().down();
        rig.runUntil(() -> rig.states.contains("NEEDS_RESET"));
        assertThat(rig.vf().failure()).contains("DISABLE_QUEUES");
        rig.runUntil(LifecycleState.DOWN);
        assertThat(rig.pf.vfResets).isEqualTo(1);
        assertThat(rig.vf().counters().resets(ResetCause.VF_RESET)).isEqualTo(1);

        rig.pf.mute.add(Opcode.CONFIG_VSI_QUEUES);
        rig.vf().up();
        rig.states.clear();
        rig.runUntil(() -> rig.states.contains("NEEDS_RESET"));
        rig.runUntil(LifecycleState.DOWN);
        assertThat(rig.vf().counters().resets(ResetCause.FUNCTION_LEVEL_RESET)).isEqualTo(1);

        // From now on with ever longer pauses, but never giving up.
        rig.run(120_000 * MS);
        assertThat(rig.vf().counters().resets(ResetCause.FUNCTION_LEVEL_RESET)).isBetween(8L, 20L);
        rig.pf.mute.clear();
        rig.runUntil(() -> rig.vf().state() == LifecycleState.UP);
    }

    @Test
    void shouldNotGiveUpOnAPfThatNeverAnswers() {
        rig.pf.mute.addAll(List.of(Opcode.values()));
        rig.open().vf().up();
        rig.run(60_000 * MS);
        assertThat(rig.vf().failure()).contains("doesn't answer VERSION");
        assertThat(rig.pf.functionLevelResets).isBetween(8, 16);
        rig.pf.mute.clear();
        rig.runUntil(LifecycleState.UP);
    }

    @Test
    void shouldWaitOutAResetThatTakesLongAndTryAnotherWhenItTakesForever() {
        upWithFilters();
        rig.pf.resetsEnd = false;
        rig.pf.reset();
        rig.run(9_900 * MS);
        assertThat(rig.vf().state()).isEqualTo(LifecycleState.RESETTING);
        assertThat(rig.pf.functionLevelResets).isEqualTo(1);
        rig.run(200 * MS);
        assertThat(rig.vf().failure()).contains("still in reset").contains("in progress");
        assertThat(rig.pf.functionLevelResets).isEqualTo(2);
        rig.pf.resetsEnd = true;
        rig.runUntil(this::isComplete);
    }

    @Test
    void shouldCountAsRemovedWhatNeverAnswersOnTheBusAndStillClose() {
        upWithFilters();
        rig.pf.allRegisters = Registers.NO_ANSWER;
        rig.runUntil(LifecycleState.REMOVED);
        assertThat(rig.owner.calls).containsExactly("revoke");
        final List<VlanRequestResult> results = new ArrayList<>();
        rig.vf().addVlans(VlanSet.parse("300-301"), results::add);
        rig.run(10 * MS);
        assertThat(results)
                .singleElement()
                .satisfies(result -> {
                    assertThat(result.rejected()).hasToString("300-301");
                    assertThat(result.rejections().getFirst().remedy())
                            .startsWith("the device is gone");
                });
        rig.vf().close();
        rig.runUntil(rig.vf()::isClosed);
        assertThat(rig.owner.calls).containsExactly("revoke", "reclaim");
        assertThat(rig.pool.available()).isEqualTo(rig.pool.capacity());
    }

    @Test
    void shouldDropAnAnswerOfAnEarlierEpoch() {
        upWithFilters();
        rig.pf.mute.add(Opcode.GET_STATS);
        rig.vf().requestStatistics();
        rig.run(10 * MS);
        rig.pf.reset();
        rig.pf.mute.clear();
        rig.runUntil(this::isComplete);
        rig.runUntil(() -> rig.statistics.size() == 1);
        rig.pf.answer(Opcode.GET_STATS, 0, PfStub.STATISTICS);
        rig.run(10 * MS);
        assertThat(rig.statistics).hasSize(1);
        assertThat(rig.vf().counters().get(DriverCounter.ABANDONED)).isEqualTo(1);
        assertThat(rig.vf().counters().get(DriverCounter.STALE_ANSWERS)).isEqualTo(1);
    }

    @Test
    void shouldResetAfterACriticalMailboxError() {
        upWithFilters();
        rig.pf.set(Registers.VF_ARQLEN1, rig.pf.get(Registers.VF_ARQLEN1) | Registers.LEN_CRIT);
        rig.runUntil(() -> rig.states.contains("NEEDS_RESET"));
        rig.runUntil(this::isComplete);
        assertThat(rig.vf().counters().get(DriverCounter.MAILBOX_ERRORS)).isEqualTo(1);
        assertThat(rig.pf.vfResets).isEqualTo(1);
    }
}
