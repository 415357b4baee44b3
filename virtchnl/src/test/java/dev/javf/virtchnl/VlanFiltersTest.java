package dev.javf.virtchnl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.javf.virtchnl.VlanFilterMachine.State;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Objects;
import java.util.Set;

/** Requests and their results, places, and the life of the VF. */
final class VlanFiltersTest {
    private static final VlanLimits UNTRUSTED = FilterBench.v2(8);
    private static final VlanLimits TRUSTED = FilterBench.v2(4096);

    @Test
    void shouldAddInOneMessageWhatFits() {
        final FilterBench bench = new FilterBench(UNTRUSTED);
        final long request = bench.add("100-107");
        assertThat(bench.isComplete(request)).isFalse();
        assertThat(bench.send()).containsExactly("ADD 100-107");
        assertThat(bench.state(100)).isEqualTo(State.ADDING);
        bench.ok();
        final VlanRequestResult result = bench.result(request);
        assertThat(result.isSuccess()).isTrue();
        assertThat(result.isAdd()).isTrue();
        assertThat(result.done()).hasToString("100-107");
        assertThat(bench.acknowledged()).hasToString("100-107");
        assertThat(bench.filters.wanted(FilterBench.TPID)).hasToString("100-107");
        assertThat(bench.filters.isSettled()).isTrue();
    }

    @Test
    void shouldCountWants() {
        final FilterBench bench = new FilterBench(UNTRUSTED);
        bench.add("100");
        bench.send();
        bench.ok();
        assertThat(bench.result(bench.add("100")).done()).hasToString("100");
        assertThat(bench.filters.wants(FilterBench.TPID, 100)).isEqualTo(2);
        assertThat(bench.result(bench.remove("100")).kept()).hasToString("100");
        assertThat(bench.send()).isEmpty();
        bench.remove("100");
        assertThat(bench.send()).containsExactly("DELETE 100");
        bench.ok();
        assertThat(bench.lastResult().done()).hasToString("100");
        assertThat(bench.result(bench.remove("100")).done()).hasToString("100");
        assertThat(bench.filters.wants(FilterBench.TPID, 100)).isZero();
    }

    @Test
    void shouldRefuseMoreThanThePfAllowsAndSayWhatHelps() {
        final FilterBench bench = new FilterBench(UNTRUSTED);
        bench.add("100-107");
        final long request = bench.add("50,107,200");
        assertThat(bench.send()).containsExactly("ADD 100-107");
        bench.ok();
        final VlanRequestResult over = bench.result(request);
        assertThat(over.done()).hasToString("107");
        assertThat(over.rejections())
                .containsExactly(
                        new VlanRejection(
                                FilterBench.TPID,
                                VlanSet.of(50, 200),
                                VlanRejection.Reason.LIMIT,
                                0,
                                "VF is not trusted and its 8 user VLANs are used: "
                                        + "ip link set PF vf N trust on"));
        assertThat(bench.filters.rejections()).isEqualTo(over.rejections());
    }

    @Test
    void shouldGiveAFreedPlaceToTheLowestThatWaits() {
        final FilterBench bench = new FilterBench(UNTRUSTED);
        bench.add("100-107");
        bench.send();
        bench.ok();
        bench.add("300,200");
        bench.remove("103");
        assertThat(bench.send()).containsExactly("DELETE 103");
        bench.ok();
        assertThat(bench.send()).containsExactly("ADD 200");
        bench.ok();
        assertThat(bench.filters.rejections()).hasSize(1);
        assertThat(bench.filters.rejections().getFirst().vlans()).hasToString("300");
    }

    @Test
    void shouldReplaceAFullSet() {
        final FilterBench bench = new FilterBench(UNTRUSTED);
        bench.add("100-107");
        bench.send();
        bench.ok();
        bench.remove("100-107");
        final long request = bench.add("200-207");
        assertThat(bench.send()).containsExactly("DELETE 100-107");
        bench.ok();
        assertThat(bench.send()).containsExactly("ADD 200-207");
        bench.ok();
        assertThat(bench.result(request).done()).hasToString("200-207");
    }

    @Test
    void shouldNotWaitForDeletesWhenThereIsRoom() {
        final FilterBench bench = new FilterBench(TRUSTED);
        bench.add("100-107");
        bench.send();
        bench.ok();
        bench.remove("100-107");
        bench.add("200-207");
        assertThat(bench.send()).containsExactly("DELETE 100-107", "ADD 200-207");
    }

    @Test
    void shouldAddEverythingAgainAfterAReset() {
        final FilterBench bench = new FilterBench(UNTRUSTED);
        bench.add("101-107");
        bench.send();
        bench.ok();
        final long request = bench.add("100");
        bench.send();
        bench.filters.reset(bench.epoch() + 1);
        assertThat(bench.send()).isEmpty();
        assertThat(bench.acknowledged()).isEqualTo(VlanSet.EMPTY);
        assertThat(bench.isComplete(request)).isFalse();
        bench.filters.limits(UNTRUSTED);
        assertThat(bench.send()).containsExactly("ADD 100-107");
    }

    @Test
    void shouldDropAnswersOfAnEarlierEpoch() {
        final FilterBench bench = new FilterBench(UNTRUSTED);
        bench.add("100");
        bench.send();
        final long before = bench.epoch();
        bench.reset(UNTRUSTED);
        bench.send();
        assertThat(bench.filters.onAnswer(before, Opcode.ADD_VLAN_V2.code(), 0)).isNull();
        assertThat(bench.filters.counters().staleAnswers()).isEqualTo(1);
        assertThat(bench.state(100)).isEqualTo(State.ADDING);
        bench.ok();
        assertThat(bench.acknowledged()).hasToString("100");
    }

    @Test
    void shouldKeepThoseAdmittedBeforeAReset() {
        final FilterBench bench = new FilterBench(UNTRUSTED);
        bench.add("100-107");
        bench.send();
        bench.ok();
        bench.filters.reset(bench.epoch() + 1);
        final long request = bench.add("50");
        assertThat(bench.isComplete(request)).isFalse();
        bench.filters.limits(UNTRUSTED);
        assertThat(bench.result(request).rejected()).hasToString("50");
        assertThat(bench.send()).containsExactly("ADD 100-107");
    }

    @Test
    void shouldAddTheRestWhenTheVfBecomesTrusted() {
        final FilterBench bench = new FilterBench(UNTRUSTED);
        bench.add("100-120");
        assertThat(bench.send()).containsExactly("ADD 100-107");
        bench.ok();
        bench.reset(TRUSTED);
        assertThat(bench.send()).containsExactly("ADD 100-120");
        bench.ok();
        assertThat(bench.filters.rejections()).isEmpty();
        bench.reset(UNTRUSTED);
        assertThat(bench.send()).containsExactly("ADD 100-107");
        assertThat(bench.filters.rejections().getFirst().vlans()).hasToString("108-120");
    }

    @Test
    void shouldDeleteTheSurplusWhenTheLimitShrinks() {
        final FilterBench bench = new FilterBench(TRUSTED);
        bench.add("100-110");
        bench.send();
        bench.ok();
        bench.filters.limits(UNTRUSTED);
        assertThat(bench.send()).containsExactly("DELETE 108-110");
        bench.ok();
        assertThat(bench.send()).isEmpty();
        assertThat(bench.acknowledged()).hasToString("100-107");
    }

    @Test
    void shouldFilterTheOuterTagInDoubleVlanMode() {
        final VlanFilters filters = new VlanFilters();
        filters.reset(1);
        filters.limits(FilterBench.v2Double(8));
        filters.add(0x88A8, VlanSet.of(7), result -> {});
        filters.add(0x8100, VlanSet.of(7), result -> {});
        assertThat(message(filters.nextBatch()))
                .isEqualTo(
                        new VlanFilterListV2(
                                1, List.of(VlanFilterListV2.VlanFilterV2.outer(0x8100, 7))));
        assertThat(message(filters.nextBatch()))
                .isEqualTo(
                        new VlanFilterListV2(
                                1, List.of(VlanFilterListV2.VlanFilterV2.outer(0x88A8, 7))));
        assertThat(filters.state(0x88A8, 7)).isEqualTo(State.ADDING);
        assertThat(filters.wanted(0x9100)).isEqualTo(VlanSet.EMPTY);
    }

    private static Message message(final @Nullable VlanBatch batch) {
        return Objects.requireNonNull(batch).message();
    }

    @Test
    void shouldRefuseAnEtherTypeThatThePfDoesNotFilter() {
        final FilterBench bench = new FilterBench(UNTRUSTED);
        bench.filters.add(0x88A8, VlanSet.of(7), bench.results::add);
        assertThat(bench.lastResult().rejections())
                .containsExactly(
                        new VlanRejection(
                                0x88A8,
                                VlanSet.of(7),
                                VlanRejection.Reason.NOT_OFFERED,
                                0,
                                "the PF filters no VLANs of EtherType 0x88a8, only TPID_8100: "
                                        + "it is in single VLAN mode"));
        assertThat(bench.send()).isEmpty();
        assertThatThrownBy(() -> bench.filters.add(0x1234, VlanSet.of(7), bench.results::add))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("EtherType 0x1234 is none of VLAN tags: use 0x8100, 0x88a8 or 0x9100");
        assertThatThrownBy(() -> bench.filters.add(0x8100, VlanSet.EMPTY, bench.results::add))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void shouldReportAPortVlanAndRecoverFromIt() {
        final FilterBench bench =
                new FilterBench(VlanLimits.v2(1, VlanV2Capabilities.NONE.filtering()));
        bench.add("100");
        assertThat(bench.send()).isEmpty();
        assertThat(bench.lastResult().rejections().getFirst().remedy())
                .isEqualTo(
                        "the PF offers no VLAN filters, as with a port VLAN on this VF: "
                                + "ip link set PF vf N vlan 0");
        bench.reset(UNTRUSTED);
        assertThat(bench.send()).containsExactly("ADD 100");
        assertThat(bench.filters.rejections()).isEmpty();
    }

    @Test
    void shouldNegotiateLimits() {
        final VlanV2Capabilities.Filtering filtering =
                new VlanV2Capabilities.Filtering(0x20000007, 1, 7, 8);
        final VlanV2Capabilities v2 =
                new VlanV2Capabilities(
                        filtering,
                        VlanV2Capabilities.NONE.stripping(),
                        VlanV2Capabilities.NONE.insertion(),
                        1,
                        0);
        final VlanLimits limits = VlanLimits.of(Capability.VLAN_V2.mask(), 1, v2, true);
        assertThat(limits.outer()).isTrue();
        assertThat(limits.offers(0x9100)).isTrue();
        assertThat(limits.maxFilters()).isEqualTo(8);
        assertThat(VlanLimits.of(Capability.VLAN.mask(), 1, null, true))
                .isEqualTo(VlanLimits.v1(1, false));
        assertThat(VlanLimits.of(0, 1, null, true).obstacle()).contains("switchdev");
        // One EtherType at a time: the one it begins with.
        final VlanLimits exclusive =
                VlanLimits.v2(1, new VlanV2Capabilities.Filtering(0x40000007, 0, 2, 8));
        assertThat(exclusive.offers(0x88A8)).isTrue();
        assertThat(exclusive.offers(0x8100)).isFalse();
        assertThat(VlanLimits.v2(1, new VlanV2Capabilities.Filtering(0, 1, 1, 0)).obstacle())
                .isEqualTo("the PF allows this VF 0 VLAN filters");
    }

    @Test
    void shouldFailAllRequestsOnceClosed() {
        final FilterBench bench = new FilterBench(UNTRUSTED);
        final long before = bench.add("100-101");
        bench.send();
        bench.filters.close("the VF vanished");
        final long after = bench.remove("100");
        for (final long id : new long[] {before, after}) {
            assertThat(bench.result(id).rejections().getFirst().reason())
                    .isEqualTo(VlanRejection.Reason.CLOSED);
            assertThat(bench.result(id).rejections().getFirst().remedy())
                    .isEqualTo("the VF vanished");
        }
        bench.filters.limits(UNTRUSTED);
        assertThat(bench.send()).isEmpty();
        assertThat(bench.filters.openRequests()).isZero();
    }

    @Test
    void shouldLetListenersMakeRequests() {
        final FilterBench bench = new FilterBench(UNTRUSTED);
        bench.filters.add(FilterBench.TPID, VlanSet.of(1), result -> bench.add("2"));
        bench.send();
        bench.ok();
        assertThat(bench.send()).containsExactly("ADD 2");
    }

    @Test
    void shouldCheckItsArguments() {
        assertThatThrownBy(() -> new VlanFilters(33))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("max in flight 33: use 1..32");
        final VlanFilters filters = new VlanFilters(1, 10, 1);
        assertThatThrownBy(() -> filters.add(0x8100, VlanSet.of(11), result -> {}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("VLAN 11 is above 10");
        assertThatThrownBy(() -> filters.reset(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("epoch 0, expected more than 0");
        assertThat(filters.nextBatch()).isNull();
    }

    @Test
    void shouldCopyItself() {
        final FilterBench bench = new FilterBench(UNTRUSTED);
        bench.add("100");
        bench.send();
        final VlanFilters copy = bench.filters.copy();
        assertThat(copy.fingerprint()).isEqualTo(bench.filters.fingerprint());
        bench.ok();
        assertThat(copy.state(FilterBench.TPID, 100)).isEqualTo(State.ADDING);
        assertThat(copy.fingerprint()).isNotEqualTo(bench.filters.fingerprint());
        assertThat(copy.counters().filtersAdded()).isZero();
        assertThat(copy.openRequests()).isEqualTo(1);
    }

    @Test
    void shouldNotBlameTrustForTheLimitOfATrustedVf() {
        final FilterBench bench = new FilterBench(FilterBench.v2(1536));
        bench.add("1-1540");
        bench.exchange(new ModelPf(ModelPf.Kind.ICE_V2, 1536, Set.of(), Set.of()));
        assertThat(bench.lastResult().done()).hasToString("1-1536");
        assertThat(bench.lastResult().rejections())
                .singleElement()
                .satisfies(rejection -> {
                    assertThat(rejection.vlans()).hasToString("1537-1540");
                    assertThat(rejection.remedy())
                            .startsWith("all 1536 VLANs that the PF allows this VF are used");
                });
    }
}
