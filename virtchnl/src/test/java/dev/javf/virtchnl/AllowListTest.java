package dev.javf.virtchnl;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.util.stream.IntStream;

final class AllowListTest {
    private static int[] allowed(final AllowList list) {
        return IntStream.range(-1, 200).filter(list::allows).toArray();
    }

    @Test
    void shouldAllowThreeOperationsAtFirst() {
        assertThat(allowed(AllowList.INITIAL)).containsExactly(1, 2, 3);
    }

    @Test
    void shouldAllowQueuesAndStatisticsOnceThereAreResources() {
        assertThat(allowed(AllowList.INITIAL.with(0)))
                .containsExactly(1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 17);
    }

    @Test
    void shouldAllowWhatEachCapabilityAdds() {
        final AllowList base = AllowList.INITIAL.with(0);
        assertThat(added(base, Capability.L2)).containsExactly(10, 11, 14);
        assertThat(added(base, Capability.REQ_QUEUES)).containsExactly(29);
        assertThat(added(base, Capability.LARGE_NUM_QPAIRS)).containsExactly(50, 107, 108, 111);
        assertThat(added(base, Capability.VLAN)).containsExactly(12, 13, 27, 28);
        assertThat(added(base, Capability.VLAN_V2)).containsExactly(51, 52, 53, 54, 55, 56, 57);
        assertThat(added(base, Capability.RSS_PF)).containsExactly(18, 23, 24, 25, 26);
        assertThat(added(base, Capability.RX_FLEX_DESC)).containsExactly(44);
        assertThat(added(base, Capability.ADV_RSS_PF)).containsExactly(45, 46);
        assertThat(added(base, Capability.FDIR_PF)).containsExactly(47, 48);
        assertThat(added(base, Capability.QOS)).containsExactly(66, 112, 113);
        assertThat(added(base, Capability.PTP)).containsExactly(60, 61);
        assertThat(added(base, Capability.WB_ON_ITR)).isEmpty();
    }

    private static int[] added(final AllowList base, final Capability capability) {
        final AllowList more = base.with(capability.mask());
        return IntStream.of(allowed(more)).filter(opcode -> !base.allows(opcode)).toArray();
    }

    @Test
    void shouldOnlyEverGrow() {
        final AllowList list =
                AllowList.INITIAL.with(Capability.VLAN.mask()).with(Capability.L2.mask());
        assertThat(list.allows(Opcode.ADD_VLAN.code())).isTrue();
        assertThat(list.allows(Opcode.ADD_ETH_ADDR.code())).isTrue();
        assertThat(AllowList.INITIAL.allows(Opcode.ADD_VLAN.code())).isFalse();
    }
}
