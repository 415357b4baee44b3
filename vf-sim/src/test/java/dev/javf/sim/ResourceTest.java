package dev.javf.sim;

import static dev.javf.sim.RawDriver.ERR_PARAM;
import static dev.javf.sim.RawDriver.NOT_SUPPORTED;
import static dev.javf.sim.RawDriver.bytes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.packet.MacAddress;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.util.List;

class ResourceTest {
    private static final int L2 = 1;
    private static final int VLAN_V2 = 1 << 15;
    private static final int VLAN = 1 << 16;
    private static final int RSS_PF = 1 << 19;
    private static final int ADV_LINK_SPEED = 1 << 7;

    @ParameterizedTest
    @CsvSource({"1, 1, 1, 1", "1, 0, 1, 0", "1, 2, 1, 1", "2, 0, 1, 1", "0, 0, 1, 1"})
    void shouldAnswerVersion(
            final int major, final int minor, final int answeredMajor, final int answeredMinor) {
        try (PfRig rig = PfRig.withMailbox(context -> {})) {
            final RawDriver.Received answer = rig.ask(1, bytes().u32(major).u32(minor).done());
            assertThat(answer.status()).isZero();
            assertThat(answer.i32(0)).isEqualTo(answeredMajor);
            assertThat(answer.i32(4)).isEqualTo(answeredMinor);
        }
    }

    @Test
    void shouldTellResourcesByteForByteAndThenTheLink() {
        try (PfRig rig =
                PfRig.withMailbox(
                        context -> context.firstMac(MacAddress.of("02:00:00:00:00:10")))) {
            rig.ask(1, bytes().u32(1).u32(1).done());
            final List<RawDriver.Received> received =
                    rig.send(3, bytes().u32(L2 | VLAN | VLAN_V2 | RSS_PF).done());
            assertThat(received).hasSize(2);
            assertThat(received.get(0).opcode()).isEqualTo(3);
            assertThat(received.get(0).hex())
                    .isEqualTo(
                            "0100"
                                    + "1000"
                                    + "4100"
                                    + "0026"
                                    + "01800800"
                                    + "34000000"
                                    + "40000000"
                                    + "0100"
                                    + "1000"
                                    + "06000000"
                                    + "0000"
                                    + "020000000010");
            assertThat(received.get(1).opcode()).isEqualTo(17);
            assertThat(received.get(1).hex()).isEqualTo("01000000000000000000000000000000");
        }
    }

    @Test
    void shouldTellLinkSpeedInMbpsToVfThatAsksForIt() {
        try (PfRig rig =
                PfRig.withMailbox(context -> context.linkSpeedMbps(25_000).queuePairsPerVf(1))) {
            rig.activate(0, L2 | ADV_LINK_SPEED);
            QueueTest.configure(rig, 0);
            final RawDriver.Received event =
                    rig.send(8, bytes().u16(1).u16(0).u32(1).u32(1).done()).get(1);
            assertThat(event.hex()).isEqualTo("01000000a86100000100000000000000");
        }
    }

    @Test
    void shouldTellLinkSpeedAsABitToOtherVfs() {
        try (PfRig rig =
                PfRig.withMailbox(context -> context.linkSpeedMbps(25_000).queuePairsPerVf(1))) {
            rig.activate(0, L2);
            QueueTest.configure(rig, 0);
            final RawDriver.Received event =
                    rig.send(8, bytes().u16(1).u16(0).u32(1).u32(1).done()).get(1);
            assertThat(event.hex()).isEqualTo("01000000400000000100000000000000");
        }
    }

    @Test
    void shouldTakeEmptyRequestFromVersion10OnlyAndGrantItBaseMode() {
        try (PfRig rig = PfRig.withMailbox(context -> context.mode(PfMode.ICE_V1))) {
            rig.ask(1, bytes().u32(1).u32(0).done());
            assertThat(rig.statusOf(3, bytes().u32(-1).done())).isEqualTo(ERR_PARAM);
            final RawDriver.Received answer = rig.ask(3, new byte[0]);
            assertThat(answer.status()).isZero();
            assertThat(answer.i32(8)).isEqualTo(L2 | VLAN);
        }
    }

    /** VF asks for; mode; port VLAN; PF grants. */
    @ParameterizedTest
    @CsvSource({
        "both, ICE_V2_SVM, false, V2",
        "V1, ICE_V2_SVM, false, V1",
        "V1, ICE_V2_SVM, true, none",
        "both, ICE_V2_SVM, true, V2",
        "V2, ICE_V2_SVM, false, V2",
        "none, ICE_V2_SVM, false, none",
        "both, ICE_V1, false, V1",
        "V2, ICE_V1, false, none",
        "both, ICE_V2_DVM, false, V2",
        "V1, ICE_V2_DVM, false, none",
        "V1, ICE_V2_DVM, true, V1",
        "both, I40E_V1, false, V1",
        "V1, I40E_V1, true, V1",
        "both, I40E_V2, false, V2",
        "V1, I40E_V2, false, V1",
        "both, ICE_OLD, false, V2"
    })
    void shouldGrantOneVersionOfVlansAtMost(
            final String asked,
            final PfMode mode,
            final boolean hasPortVlan,
            final String granted) {
        try (PfRig rig = PfRig.withMailbox(context -> context.mode(mode))) {
            if (hasPortVlan) {
                rig.pf.host().portVlan(0, new PortVlan(0x8100, 5, 0));
                rig.run();
                rig.driver().startMailbox();
            }
            rig.activate(0, vlanBits(asked));
            assertThat(rig.snapshot().capabilities() & (VLAN | VLAN_V2))
                    .isEqualTo(vlanBits(granted));
        }
    }

    private static int vlanBits(final String name) {
        return switch (name) {
            case "both" -> VLAN | VLAN_V2;
            case "V1" -> VLAN;
            case "V2" -> VLAN_V2;
            default -> 0;
        };
    }

    @Test
    void shouldGrantNothingThatItDoesNotOffer() {
        try (PfRig rig = PfRig.withMailbox(context -> context.capabilities(RSS_PF))) {
            rig.activate(0, -1);
            assertThat(rig.snapshot().capabilities()).isEqualTo(L2 | RSS_PF);
        }
    }

    @Test
    void shouldAddToAllowListAndNeverTakeAway() {
        try (PfRig rig = PfRig.withMailbox(context -> {})) {
            rig.activate(0, L2 | RSS_PF);
            assertThat(rig.statusOf(25, new byte[0])).isZero();
            rig.activate(0, L2);
            assertThat(rig.snapshot().capabilities()).isEqualTo(L2);
            assertThat(rig.statusOf(25, new byte[0])).isZero();
            assertThat(rig.statusOf(51, new byte[0])).isEqualTo(NOT_SUPPORTED);
        }
    }

    @Test
    void shouldTellFourBytesLessWithPortVlan() {
        try (PfRig rig = PfRig.withMailbox(context -> context.maxFrameBytes(1522))) {
            rig.pf.host().portVlan(0, new PortVlan(0x8100, 5, 0));
            rig.run();
            rig.driver().startMailbox();
            rig.ask(1, bytes().u32(1).u32(1).done());
            assertThat(rig.ask(3, bytes().u32(0).done()).u16(6)).isEqualTo(1518);
        }
    }

    @Test
    void shouldGiveI40eVfsTheirOwnVsiIds() {
        try (PfRig rig = PfRig.withMailbox(context -> context.mode(PfMode.I40E_V1))) {
            rig.ask(1, 1, bytes().u32(1).u32(1).done());
            final int vsi = rig.ask(1, 3, bytes().u32(-1).done()).u16(20);
            assertThat(vsi).isNotEqualTo(1).isEqualTo(rig.vsi(1)).isNotEqualTo(rig.vsi(0));
        }
    }

    @Test
    void shouldResetVfThatAsksForItAndNotAnswer() {
        try (PfRig rig = PfRig.active(context -> {})) {
            assertThat(rig.send(2, new byte[0])).isEmpty();
            assertThat(rig.driver().read(RawDriver.ARQLEN)).isZero();
            assertThat(rig.driver().read(RawDriver.RSTAT)).isEqualTo(2);
            assertThat(rig.snapshot().phase()).isEqualTo(VfPhase.INITIALIZED);
            assertThat(rig.snapshot().resets()).isEqualTo(1);
        }
    }

    /** Has 4 of 12 queue pairs, the other VF 4 more. */
    @ParameterizedTest
    @CsvSource({"0, 0", "17, 16", "65535, 16", "9, 8", "16, 8"})
    void shouldTellHowManyQueuesThereAreInsteadOfTooMany(final int asked, final int offered) {
        try (PfRig rig = PfRig.active(context -> context.queuePairsPerVf(4).totalQueuePairs(12))) {
            final RawDriver.Received answer = rig.ask(29, bytes().u16(asked).done());
            assertThat(answer.status()).isZero();
            assertThat(answer.lengthBytes()).isEqualTo(2);
            assertThat(answer.u16(0)).isEqualTo(offered);
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 7", "4, 4", "8, 0"})
    void shouldGrantQueuesByAResetWithNotice(final int asked, final int left) {
        try (PfRig rig = PfRig.active(context -> context.queuePairsPerVf(4).totalQueuePairs(12))) {
            final List<RawDriver.Received> received = rig.send(29, bytes().u16(asked).done());
            assertThat(received).hasSize(1);
            assertThat(received.getFirst().opcode()).isEqualTo(17);
            assertThat(received.getFirst().hex()).isEqualTo("020000000000000000000000ff000000");
            assertThat(rig.snapshot().queuePairs()).isEqualTo(asked);
            rig.driver().startMailbox();
            rig.activate(0, RawDriver.LINUX_CAPABILITIES);
            assertThat(rig.ask(1, 29, bytes().u16(16).done()).u16(0)).isEqualTo(4 + left);
        }
    }
}
