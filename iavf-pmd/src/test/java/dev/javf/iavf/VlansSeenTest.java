package dev.javf.iavf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.packet.Ethernet;
import dev.javf.virtchnl.VlanSet;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.util.Objects;

class VlansSeenTest {
    private final VlansSeen seen = new VlansSeen();
    private final DriverRig rig = new DriverRig();

    @AfterEach
    void close() {
        rig.close();
    }

    @Test
    void shouldTellEachVlanOnce() {
        seen.mark(100);
        seen.mark(100);
        seen.mark(0x6000 | 200);
        assertThat(seen.take()).hasToString("100,200");
        assertThat(seen.take()).isEqualTo(VlanSet.EMPTY);
    }

    @Test
    void shouldLeaveOutWhatIsNoVlan() {
        seen.mark(0);
        seen.mark(4095);
        seen.mark(1);
        seen.mark(4094);
        assertThat(seen.take()).hasToString("1,4094");
    }

    @Test
    void shouldTellAcknowledgedVlansFromThoseThatFramesCameOf() {
        rig.up();
        rig.vf().addVlans(VlanSet.parse("100-102"), result -> {});
        rig.runUntil(() -> rig.vf().vlans().isSettled());
        assertThat(rig.vf().vlans().seen(Ethernet.TPID_8021Q)).isEqualTo(VlanSet.EMPTY);
        final VlansSeen traffic = Objects.requireNonNull(rig.vf().queues()).rx(0).vlansSeen();
        traffic.mark(101);
        traffic.mark(500);
        rig.run(VlanProgram.SEEN_INTERVAL_NS);
        assertThat(rig.vf().vlans().acknowledged(Ethernet.TPID_8021Q)).hasToString("100-102");
        assertThat(rig.vf().vlans().seen(Ethernet.TPID_8021Q)).hasToString("101");
    }
}
