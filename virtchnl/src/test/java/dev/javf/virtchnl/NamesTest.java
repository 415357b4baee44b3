package dev.javf.virtchnl;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class NamesTest {
    @Test
    void shouldNameEveryOpcode() {
        assertThat(Opcode.of(53)).isEqualTo(Opcode.DEL_VLAN_V2);
        assertThat(Opcode.nameOf(52)).isEqualTo("ADD_VLAN_V2");
        assertThat(Opcode.nameOf(99)).isEqualTo("OPCODE_99");
        assertThat(Opcode.of(-1)).isNull();
        assertThat(Opcode.of(136)).isNull();
        assertThat(Opcode.nameOf(-1)).isEqualTo("OPCODE_4294967295");
        for (final Opcode opcode : Opcode.values()) {
            assertThat(Opcode.of(opcode.code())).isEqualTo(opcode);
        }
    }

    @Test
    void shouldNameEveryStatus() {
        assertThat(Status.of(-64)).isEqualTo(Status.ERR_NOT_SUPPORTED);
        assertThat(Status.nameOf(-5)).isEqualTo("ERR_PARAM");
        assertThat(Status.nameOf(-7)).isEqualTo("STATUS_-7");
        for (final Status status : Status.values()) {
            assertThat(Status.of(status.code())).isEqualTo(status);
        }
    }

    @Test
    void shouldNameCapabilities() {
        // What Linux' iavf asks for.
        assertThat(Capability.names(0xBEBD8CF9))
                .startsWith("L2|RSS_AQ|RSS_REG|WB_ON_ITR|REQ_QUEUES|ADV_LINK_SPEED|")
                .contains("|VLAN_V2|VLAN|")
                .endsWith("|QOS|PTP");
        assertThat(Capability.names(0)).isEqualTo("none");
        assertThat(Capability.names(4 | 1)).isEqualTo("L2|0x4");
        assertThat(Capability.PTP.isIn(0x80000000)).isTrue();
        assertThat(Capability.flags(Capability.L2, Capability.VLAN, Capability.RSS_PF))
                .isEqualTo(0x90001);
    }

    @Test
    void shouldNameEvents() {
        assertThat(EventCode.of(2)).isEqualTo(EventCode.RESET_IMPENDING);
        assertThat(EventCode.of(5)).isNull();
        assertThat(EventCode.of(-1)).isNull();
        assertThat(EventCode.nameOf(9)).isEqualTo("EVENT_9");
    }
}
