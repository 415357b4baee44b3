package dev.javf.virtchnl;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.virtchnl.VlanFilterMachine.State;

import org.junit.jupiter.api.Test;

import java.util.Set;

/**
 * The races that remain in Linux' iavf driver after its VLAN filters were mended in 2026. What its
 * rules make of the same histories is in {@link LinuxRacesTest}.
 */
final class VlanRacesTest {
    private static final VlanLimits UNTRUSTED = FilterBench.v2(8);

    @Test
    void race01ShouldNotTakeARejectedAddForPresentAfterDeleteAndAddAgain() {
        final FilterBench bench = new FilterBench(UNTRUSTED);
        final long first = bench.add("100");
        assertThat(bench.send()).containsExactly("ADD 100");
        final long removal = bench.remove("100");
        final long second = bench.add("100");
        bench.error();
        assertThat(bench.acknowledged()).isEqualTo(VlanSet.EMPTY);
        assertThat(bench.result(first).superseded()).hasToString("100");
        assertThat(bench.result(removal).superseded()).hasToString("100");
        assertThat(bench.result(second).rejected()).hasToString("100");
        assertThat(bench.send()).isEmpty();
    }

    @Test
    void race01ShouldNotSendAgainWhatWasAddedAfterDeleteAndAddAgain() {
        final FilterBench bench = new FilterBench(UNTRUSTED);
        bench.add("100");
        bench.send();
        bench.remove("100");
        final long second = bench.add("100");
        bench.ok();
        assertThat(bench.result(second).done()).hasToString("100");
        assertThat(bench.send()).isEmpty();
        assertThat(bench.acknowledged()).hasToString("100");
    }

    @Test
    void race02ShouldKeepAnAddThatWasntSentYet() {
        final FilterBench bench = new FilterBench(new VlanFilters(1), UNTRUSTED);
        bench.add("100");
        assertThat(bench.send()).containsExactly("ADD 100");
        bench.add("101");
        assertThat(bench.send()).isEmpty();
        // Down and up are no events here: queues stop and start, filters stay as they are.
        bench.ok();
        assertThat(bench.send()).containsExactly("ADD 101");
    }

    @Test
    void race03ShouldNotForgetAFilterWhoseDeleteIsOnItsWay() {
        final FilterBench bench = new FilterBench(UNTRUSTED);
        bench.add("100");
        bench.send();
        bench.ok();
        bench.remove("100");
        assertThat(bench.send()).containsExactly("DELETE 100");
        bench.add("100");
        final long removal = bench.remove("100");
        bench.error();
        assertThat(bench.filters.heldAtMost()).isEqualTo(1);
        assertThat(bench.result(removal).rejections())
                .singleElement()
                .extracting(VlanRejection::reason)
                .isEqualTo(VlanRejection.Reason.PF_REFUSED_DELETE);
        assertThat(bench.filters.rejections()).hasSize(1);
        bench.reset(UNTRUSTED);
        assertThat(bench.filters.rejections()).isEmpty();
        assertThat(bench.state(100)).isEqualTo(State.ABSENT);
    }

    @Test
    void race04ShouldNotResurrectADeletedFilterInAReset() {
        final FilterBench bench = new FilterBench(UNTRUSTED);
        bench.add("100-101");
        bench.send();
        bench.ok();
        final long removal = bench.remove("100");
        bench.send();
        bench.reset(UNTRUSTED);
        assertThat(bench.result(removal).done()).hasToString("100");
        assertThat(bench.send()).containsExactly("ADD 101");
    }

    @Test
    void race05ShouldNotHoldAFilterThatWasRejectedWhileItWasDeleted() {
        final FilterBench bench = new FilterBench(UNTRUSTED);
        bench.add("100");
        bench.send();
        final long removal = bench.remove("100");
        assertThat(bench.isComplete(removal)).isFalse();
        bench.error();
        assertThat(bench.state(100)).isEqualTo(State.ABSENT);
        assertThat(bench.result(removal).done()).hasToString("100");
        assertThat(bench.filters.rejections()).isEmpty();
        assertThat(bench.send()).isEmpty();
    }

    @Test
    void race06ShouldReplaceAFilterWhenAllPlacesAreTaken() {
        final FilterBench bench = new FilterBench(UNTRUSTED);
        bench.add("100-107");
        bench.send();
        bench.ok();
        bench.remove("100");
        final long addition = bench.add("200");
        assertThat(bench.send()).containsExactly("DELETE 100");
        bench.ok();
        assertThat(bench.send()).containsExactly("ADD 200");
        bench.ok();
        assertThat(bench.result(addition).isSuccess()).isTrue();
        assertThat(bench.acknowledged()).hasToString("101-107,200");
    }

    @Test
    void race07ShouldRollBackARejectedAddOfV1() {
        final FilterBench bench = new FilterBench(VlanLimits.v1(1, false));
        final long addition = bench.add("100");
        bench.send();
        bench.error();
        assertThat(bench.acknowledged()).isEqualTo(VlanSet.EMPTY);
        assertThat(bench.result(addition).rejected()).hasToString("100");
    }

    @Test
    void race08ShouldTellWhatWasConfirmedFromWhatWorks() {
        final ModelPf pf = new ModelPf(ModelPf.Kind.I40E_V1, 16, Set.of(102), Set.of());
        final FilterBench bench = new FilterBench(pf.limits());
        bench.add("100-102");
        bench.exchange(pf);
        assertThat(bench.acknowledged()).hasToString("100-102");
        assertThat(bench.filters.seen(FilterBench.TPID)).isEqualTo(VlanSet.EMPTY);
        bench.filters.markSeen(FilterBench.TPID, VlanSet.parse("100-101,500"));
        assertThat(bench.filters.seen(FilterBench.TPID)).hasToString("100-101");
        bench.remove("100");
        bench.exchange(pf);
        assertThat(bench.filters.seen(FilterBench.TPID)).hasToString("101");
    }

    @Test
    void race09ShouldSettleOnlyTheBatchThatWasAnswered() {
        final FilterBench bench = new FilterBench(UNTRUSTED);
        bench.add("100");
        assertThat(bench.send()).containsExactly("ADD 100");
        bench.add("101");
        assertThat(bench.send()).containsExactly("ADD 101");
        bench.ok();
        assertThat(bench.state(100)).isEqualTo(State.PRESENT);
        assertThat(bench.state(101)).isEqualTo(State.ADDING);
        bench.error();
        assertThat(bench.acknowledged()).hasToString("100");
    }

    @Test
    void race10ShouldForgetWhatIsDeletedDuringAReset() {
        final FilterBench bench = new FilterBench(UNTRUSTED);
        bench.add("100-107");
        bench.send();
        bench.ok();
        bench.filters.reset(bench.epoch() + 1);
        final long removal = bench.remove("100-103");
        final long addition = bench.add("200");
        assertThat(bench.result(removal).done()).hasToString("100-103");
        assertThat(bench.send()).isEmpty();
        bench.filters.limits(UNTRUSTED);
        assertThat(bench.send()).containsExactly("ADD 104-107,200");
        assertThat(bench.isComplete(addition)).isFalse();
    }

    @Test
    void race11ShouldNotSendAgainWhenCapabilitiesAreAnsweredTwice() {
        final FilterBench bench = new FilterBench(UNTRUSTED);
        bench.add("100-107");
        bench.send();
        bench.ok();
        bench.filters.limits(FilterBench.v2(8));
        assertThat(bench.send()).isEmpty();
        assertThat(bench.acknowledged()).hasToString("100-107");
    }

    @Test
    void race11ShouldCleanUpFirstWhenThePfWasntResetAfterAll() {
        final ModelPf pf = new ModelPf(ModelPf.Kind.ICE_OLD, 8, Set.of(), Set.of());
        final FilterBench bench = new FilterBench(pf.limits());
        bench.add("100-107");
        bench.exchange(pf);
        final FilterBench forgetful = new FilterBench(pf.limits());
        forgetful.add("100-107");
        forgetful.send();
        assertThat(pf.handle(forgetful.oldest(), -1)).isEqualTo(Status.ERR_PARAM.code());

        bench.restart(pf.limits());
        assertThat(bench.send()).containsExactly("DELETE 100-107");
        bench.answer(pf.handle(bench.oldest(), -1));
        assertThat(bench.send()).containsExactly("ADD 100-107");
        bench.answer(pf.handle(bench.oldest(), -1));
        assertThat(bench.acknowledged()).hasToString("100-107");
        assertThat(pf.installed()).hasSize(8);
    }
}
