package dev.javf.iavf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.virtchnl.Opcode;

import org.junit.jupiter.api.Test;

class VirtualFunctionTest {
    @Test
    void shouldComeUpAndCloseWithEverythingGivenBack() {
        try (DriverRig rig = new DriverRig()) {
            rig.up();
            assertThat(rig.states)
                    .containsExactly(
                            "OPENING", "NEGOTIATING", "CONFIGURING", "DOWN", "STARTING", "UP");
            assertThat(rig.links).containsExactly("up 25000");
            assertThat(rig.pf.all)
                    .extracting(message -> Opcode.nameOf(message.opcode()))
                    .containsExactly(
                            "VERSION",
                            "GET_VF_RESOURCES",
                            "GET_OFFLOAD_VLAN_V2_CAPS",
                            "GET_SUPPORTED_RXDIDS",
                            "ADD_ETH_ADDR",
                            "ENABLE_VLAN_STRIPPING_V2",
                            "ENABLE_VLAN_INSERTION_V2",
                            "CONFIG_VSI_QUEUES",
                            "CONFIG_IRQ_MAP",
                            "ENABLE_QUEUES");

            rig.vf().close();
            rig.runUntil(rig.vf()::isClosed);
            assertThat(rig.owner.calls).containsExactly("prepare", "revoke", "reclaim");
            assertThat(rig.pool.available()).isEqualTo(rig.pool.capacity());
            assertThat(rig.pf.config().isBusMaster()).isFalse();
            assertThat(rig.pf.dma().faultCount()).isZero();
        }
    }
}
