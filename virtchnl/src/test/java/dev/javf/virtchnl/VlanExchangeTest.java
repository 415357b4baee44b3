package dev.javf.virtchnl;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.virtchnl.VlanFilterMachine.State;

import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

/** Batches, errors and lost answers. */
final class VlanExchangeTest {
    private static final VlanLimits TRUSTED = FilterBench.v2(4096);

    @Test
    void shouldPack4094VlansIn33Messages() {
        final ModelPf pf = new ModelPf(ModelPf.Kind.ICE_V2, 4096, Set.of(), Set.of());
        final FilterBench bench = new FilterBench(pf.limits());
        bench.add("1-4094");
        assertThat(bench.filters.nextBatch())
                .satisfies(batch -> assertThat(batch.vlanIds()).hasSize(127));
        bench.reset(pf.limits());
        assertThat(bench.exchange(pf)).isEqualTo(33);
        assertThat(bench.lastResult().done()).hasToString("1-4094");
        assertThat(pf.installed()).hasSize(4094);
        bench.remove("1-4094");
        assertThat(bench.exchange(pf)).isEqualTo(33);
        assertThat(pf.installed()).isEmpty();
    }

    @Test
    void shouldPack4094VlansIn3MessagesOfV1() {
        final ModelPf pf = new ModelPf(ModelPf.Kind.I40E_V1, 4096, Set.of(), Set.of());
        final FilterBench bench = new FilterBench(pf.limits());
        bench.add("1-4094");
        assertThat(bench.exchange(pf)).isEqualTo(3);
        bench.remove("1-4094");
        assertThat(bench.exchange(pf)).isEqualTo(3);
    }

    @Test
    void shouldKeepSeveralMessagesInFlightButNotTooMany() {
        final FilterBench bench = new FilterBench(TRUSTED);
        bench.add("1-4094");
        assertThat(bench.send()).hasSize(VlanFilters.DEFAULT_MAX_IN_FLIGHT);
        assertThat(bench.filters.inFlight()).isEqualTo(8);
        assertThat(bench.ok()).isEqualTo("ADD 1-127");
        assertThat(bench.send()).containsExactly("ADD 1017-1143");
    }

    @Test
    void shouldFindTheOneThatThePfRejects() {
        final ModelPf pf = new ModelPf(ModelPf.Kind.ICE_V2, 4096, Set.of(142), Set.of());
        final FilterBench bench = new FilterBench(pf.limits());
        final long request = bench.add("100-226");
        final int messages = bench.exchange(pf);
        assertThat(bench.result(request).rejected()).hasToString("142");
        assertThat(bench.result(request).done()).hasToString("100-141,143-226");
        assertThat(pf.installed()).hasSize(126);
        assertThat(bench.result(request).rejections().getFirst().remedy())
                .startsWith("the PF refused to add it (ERR_PARAM)");
        // Each of 7 times: both halves are deleted, and added; 127 is less than 2 to the power of
        // 7.
        assertThat(messages).isLessThanOrEqualTo(1 + 7 * 4);
    }

    @Test
    void shouldFindThemAllOnAnyPf() {
        for (final ModelPf.Kind kind :
                List.of(ModelPf.Kind.ICE_V2, ModelPf.Kind.ICE_OLD, ModelPf.Kind.ICE_STRICT)) {
            final ModelPf pf = new ModelPf(kind, 4096, Set.of(1, 64, 65, 127), Set.of());
            final FilterBench bench = new FilterBench(pf.limits());
            final long request = bench.add("1-127");
            bench.exchange(pf);
            assertThat(bench.result(request).rejected()).as("%s", kind).hasToString("1,64-65,127");
            assertThat(pf.installed()).hasSize(123);
        }
    }

    @Test
    void shouldEndWhenThePfRejectsEverything() {
        final TreeSet<Integer> all = new TreeSet<>(IntStream.rangeClosed(1, 4094).boxed().toList());
        final ModelPf pf = new ModelPf(ModelPf.Kind.ICE_STRICT, 4096, all, Set.of());
        final FilterBench bench = new FilterBench(pf.limits());
        final long request = bench.add("1-4094");
        assertThat(bench.exchange(pf)).isLessThan(8 * 4094);
        assertThat(bench.result(request).rejected()).hasToString("1-4094");
        assertThat(bench.send()).isEmpty();
    }

    @Test
    void shouldNotSplitWhatTheErrorSaysOfAll() {
        final FilterBench bench = new FilterBench(TRUSTED);
        final long request = bench.add("1-100");
        bench.send();
        bench.answer(Status.ERR_NOT_SUPPORTED.code());
        assertThat(bench.result(request).rejections().getFirst().status()).isEqualTo(-64);
        assertThat(bench.result(request).rejected()).hasToString("1-100");
        assertThat(bench.send()).isEmpty();
    }

    @Test
    void shouldDeleteAFailedBatchBeforeItAddsTheHalves() {
        final FilterBench bench = new FilterBench(TRUSTED);
        bench.add("1-4");
        bench.send();
        bench.error();
        assertThat(bench.state(1)).isEqualTo(State.UNKNOWN);
        assertThat(bench.send()).containsExactly("DELETE 1-2", "DELETE 3-4");
        bench.ok();
        bench.error();
        assertThat(bench.state(1)).isEqualTo(State.ABSENT);
        assertThat(bench.state(3)).isEqualTo(State.UNDELETED);
        assertThat(bench.send()).containsExactly("ADD 3-4", "ADD 1-2");
    }

    @Test
    void shouldNotMixSuspectsWithOthers() {
        final FilterBench bench = new FilterBench(TRUSTED);
        bench.add("1-4");
        bench.send();
        bench.error();
        bench.send();
        bench.ok();
        bench.ok();
        bench.add("5-9");
        assertThat(bench.send()).containsExactly("ADD 1-2", "ADD 3-4", "ADD 5-9");
    }

    @Test
    void shouldTryARejectedOneAgainWhenItIsRequestedOrAPlaceIsFree() {
        final FilterBench bench = new FilterBench(FilterBench.v2(8));
        bench.add("1-3");
        bench.send();
        bench.ok();
        bench.add("4");
        bench.send();
        bench.error();
        assertThat(bench.send()).isEmpty();
        bench.add("4");
        assertThat(bench.send()).containsExactly("ADD 4");
        bench.error();
        bench.remove("1");
        bench.send();
        bench.ok();
        assertThat(bench.send()).containsExactly("ADD 4");
        bench.error();
        assertThat(bench.send()).isEmpty();
        assertThat(bench.filters.counters().rejections()).isEqualTo(3);
    }

    @Test
    void shouldReportWhatThePfRefusesToDelete() {
        final ModelPf pf = new ModelPf(ModelPf.Kind.ICE_V2, 8, Set.of(), Set.of(101, 102));
        final FilterBench bench = new FilterBench(pf.limits());
        bench.add("100-107");
        bench.exchange(pf);
        final long removal = bench.remove("100-103");
        bench.exchange(pf);
        assertThat(bench.result(removal).done()).hasToString("100,103");
        assertThat(bench.result(removal).rejected()).hasToString("101-102");
        assertThat(pf.installed()).containsExactly(101, 102, 104, 105, 106, 107);
        // They take up places: there is room for two.
        final long addition = bench.add("200-203");
        bench.exchange(pf);
        assertThat(bench.result(addition).done()).hasToString("200-201");
        assertThat(bench.result(addition).rejected()).hasToString("202-203");
        assertThat(pf.overLimit()).isZero();
    }

    @Test
    void shouldDeleteOneByOneWhenAV1PfMayHaveBeenFull() {
        final ModelPf pf = new ModelPf(ModelPf.Kind.ICE_V1, 8, Set.of(), Set.of());
        final FilterBench bench = new FilterBench(pf.limits());
        bench.add("104-110");
        bench.exchange(pf);
        bench.add("100-103");
        bench.exchange(pf);
        assertThat(bench.acknowledged()).hasToString("100-110");
        assertThat(pf.installed()).hasSize(7);
        bench.remove("100-110");
        assertThat(bench.exchange(pf)).isEqualTo(11);
        assertThat(pf.installed()).isEmpty();
        bench.reset(pf.limits());
        bench.add("1-5");
        bench.exchange(pf);
        bench.remove("1-5");
        assertThat(bench.exchange(pf)).isEqualTo(1);
    }

    @Test
    void shouldResynchroniseAllThatALostAnswerMakesDoubtful() {
        final FilterBench bench = new FilterBench(TRUSTED);
        bench.add("1");
        bench.send();
        bench.ok();
        // The answer to the first of these is lost, and the second's is taken for it.
        bench.add("2");
        bench.send();
        bench.add("3");
        bench.send();
        bench.ok();
        assertThat(bench.state(2)).isEqualTo(State.PRESENT);
        bench.timeOut();
        assertThat(bench.state(1)).isEqualTo(State.PRESENT);
        assertThat(bench.state(2)).isEqualTo(State.UNKNOWN);
        assertThat(bench.state(3)).isEqualTo(State.UNKNOWN);
        // Nothing is sent until it is certain that no old answer comes any more.
        assertThat(bench.send()).containsExactly("FENCE");
        assertThat(bench.oldest().opcode()).isEqualTo(Opcode.VERSION);
        assertThat(bench.oldest().message()).isEqualTo(VersionInfo.VERSION_1_1);
        assertThat(bench.filters.onAnswer(bench.epoch(), Opcode.ADD_VLAN_V2.code(), 0)).isNull();
        assertThat(bench.filters.counters().lateAnswers()).isEqualTo(1);
        bench.ok();
        assertThat(bench.send()).containsExactly("DELETE 2-3");
        bench.ok();
        assertThat(bench.send()).containsExactly("ADD 2-3");
        bench.ok();
        assertThat(bench.acknowledged()).hasToString("1-3");
    }

    @Test
    void shouldResynchroniseWhenSomethingIsAnsweredTwice() {
        final FilterBench bench = new FilterBench(TRUSTED);
        bench.add("1");
        bench.send();
        bench.ok();
        assertThat(bench.filters.onAnswer(bench.epoch(), Opcode.ADD_VLAN_V2.code(), 0)).isNull();
        assertThat(bench.filters.counters().unexpectedAnswers()).isEqualTo(1);
        assertThat(bench.send()).containsExactly("FENCE");
        bench.ok();
        assertThat(bench.send()).containsExactly("DELETE 1");
        bench.ok();
        assertThat(bench.send()).containsExactly("ADD 1");
    }

    @Test
    void shouldNotTrustAnAddWhoseFilterMayHaveBeenThere() {
        final FilterBench bench = new FilterBench(TRUSTED);
        bench.add("1-2");
        bench.send();
        bench.ok();
        bench.remove("1");
        bench.send();
        bench.remove("2");
        bench.send();
        bench.ok();
        bench.add("1");
        bench.send();
        assertThat(bench.state(1)).isEqualTo(State.ADDING);
        bench.timeOut();
        assertThat(bench.state(1)).isEqualTo(State.READDING);
        bench.error();
        assertThat(bench.state(1)).isEqualTo(State.UNKNOWN);
    }

    @Test
    void shouldNeedAResetWhenNotEvenTheFenceIsAnswered() {
        final FilterBench bench = new FilterBench(TRUSTED);
        bench.add("1");
        bench.send();
        bench.timeOut();
        assertThat(bench.filters.needsReset()).isFalse();
        bench.send();
        final VlanBatch fence = bench.oldest();
        bench.timeOut();
        assertThat(bench.filters.needsReset()).isTrue();
        assertThat(bench.send()).isEmpty();
        // Late, but it proves what it has to.
        assertThat(bench.filters.onAnswer(bench.epoch(), fence.opcode().code(), 0))
                .isEqualTo(fence);
        assertThat(bench.filters.needsReset()).isFalse();
        assertThat(bench.send()).containsExactly("DELETE 1");
    }

    @Test
    void shouldNeedAResetWhenAnswersAreDoubtfulTooOften() {
        final FilterBench bench = new FilterBench(new VlanFilters(8, 10, 2), TRUSTED);
        bench.add("1");
        for (int doubts = 1; doubts <= 3; doubts++) {
            assertThat(bench.filters.needsReset()).isFalse();
            bench.send();
            bench.timeOut();
            if (doubts < 3) {
                assertThat(bench.send()).containsExactly("FENCE");
                bench.ok();
            }
        }
        assertThat(bench.filters.needsReset()).isTrue();
        assertThat(bench.send()).isEmpty();
        bench.reset(TRUSTED);
        assertThat(bench.filters.needsReset()).isFalse();
        assertThat(bench.send()).containsExactly("ADD 1");
    }

    @Test
    void shouldIgnoreADeadlineThatWasMet() {
        final FilterBench bench = new FilterBench(TRUSTED);
        bench.add("1");
        bench.send();
        final long token = bench.oldest().token();
        assertThat(bench.filters.isInFlight(token)).isTrue();
        bench.ok();
        assertThat(bench.filters.isInFlight(token)).isFalse();
        assertThat(bench.filters.onTimeout(token)).isFalse();
        assertThat(bench.acknowledged()).hasToString("1");
    }

    @Test
    void shouldWriteV1Messages() {
        final FilterBench bench = new FilterBench(VlanLimits.v1(1, false));
        bench.add("5-6");
        bench.send();
        assertThat(bench.oldest().opcode()).isEqualTo(Opcode.ADD_VLAN);
        assertThat(bench.oldest().message()).isEqualTo(new VlanFilterList(1, List.of(5, 6)));
    }

    /**
     * Why schedules keep losses and doubled answers apart: nothing that a driver could look at
     * differs, and only the PF knows.
     */
    @Test
    void shouldSeeNoDifferenceBetweenAGoodRunAndALossMadeUpForByADoubledAnswer() {
        final ModelPf goodPf = new ModelPf(ModelPf.Kind.ICE_V2, 8, Set.of(), Set.of());
        final ModelPf badPf = new ModelPf(ModelPf.Kind.ICE_V2, 8, Set.of(), Set.of());
        final FilterBench good = twoBatches();
        final FilterBench bad = twoBatches();
        good.answer(goodPf.handle(good.oldest(), -1));
        good.answer(goodPf.handle(good.oldest(), -1));
        // The first request is lost; the answer to the second comes twice, and here is once.
        bad.ok();
        bad.answer(badPf.handle(bad.oldest(), -1));
        assertThat(bad.filters.fingerprint()).isEqualTo(good.filters.fingerprint());
        assertThat(bad.acknowledged()).isEqualTo(good.acknowledged()).hasToString("8-11");
        assertThat(goodPf.installed()).containsExactly(8, 9, 10, 11);
        assertThat(badPf.installed()).containsExactly(8, 9);
    }

    private static FilterBench twoBatches() {
        final FilterBench bench = new FilterBench(FilterBench.v2(8));
        bench.add("10-11");
        bench.send();
        bench.add("8-9");
        bench.send();
        return bench;
    }

    @Test
    void shouldConfirmAnewWhatAFullV1PfHadConfirmed() {
        final ModelPf pf = new ModelPf(ModelPf.Kind.ICE_V1, 4096, Set.of(), Set.of());
        final FilterBench bench = new FilterBench(pf.limits());
        bench.add("1-12");
        bench.exchange(pf);
        assertThat(bench.acknowledged()).hasToString("1-12");
        assertThat(pf.installed()).containsExactly(1, 2, 3, 4, 5, 6, 7);
        bench.remove("1-6");
        bench.exchange(pf);
        assertThat(bench.acknowledged()).hasToString("7-12");
        assertThat(pf.installed()).containsExactly(7, 8, 9, 10, 11, 12);
        // Once is enough: what was added with room to spare is sure.
        assertThat(bench.send()).isEmpty();
    }
}
