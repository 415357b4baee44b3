package dev.javf.sim;

import static dev.javf.sim.RawDriver.ERR_PARAM;
import static dev.javf.sim.RawDriver.NOT_SUPPORTED;
import static dev.javf.sim.RawDriver.bytes;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.Objects;

/** RSS, promiscuity, counters, descriptor formats, PTP. */
class OperationTest {
    private static final long DEFAULT_PACKET_TYPES = 0x80007F9FE0000000L;

    @Test
    void shouldTakeRssKeyOfTheRightLengthOnly() {
        try (PfRig rig = PfRig.active(context -> {})) {
            final byte[] key = bytes().u16(1).u16(52).hex("aa").zeros(51).zeros(1).done();
            assertThat(rig.statusOf(23, key)).isZero();
            assertThat(Objects.requireNonNull(rig.snapshot().rssKey()).key())
                    .startsWith((byte) 0xAA)
                    .hasSize(52);
            assertThat(rig.pf.virtualFunction(0).queues().rssHash().key())
                    .isEqualTo(Objects.requireNonNull(rig.snapshot().rssKey()).key());
            assertThat(rig.statusOf(23, bytes().u16(1).u16(51).zeros(52).done()))
                    .isEqualTo(ERR_PARAM);
            assertThat(rig.statusOf(23, bytes().u16(2).u16(52).zeros(53).done()))
                    .isEqualTo(ERR_PARAM);
        }
    }

    @Test
    void shouldTakeRssTableOfTheRightLengthOnly() {
        try (PfRig rig = PfRig.active(context -> {})) {
            final byte[] table = bytes().u16(1).u16(64).u8(3).zeros(63).zeros(1).done();
            assertThat(rig.statusOf(24, table)).isZero();
            assertThat(Objects.requireNonNull(rig.snapshot().rssLut()).table())
                    .startsWith((byte) 3)
                    .hasSize(64);
            assertThat(rig.pf.virtualFunction(0).queues().rssHash().table())
                    .isEqualTo(Objects.requireNonNull(rig.snapshot().rssLut()).table());
            assertThat(rig.statusOf(24, bytes().u16(1).u16(63).zeros(64).done()))
                    .isEqualTo(ERR_PARAM);
        }
    }

    @Test
    void shouldSpreadOverAllQueuesAtFirst() {
        try (PfRig rig = PfRig.active(context -> context.queuePairsPerVf(4))) {
            assertThat(rig.pf.virtualFunction(0).queues().rssHash().table())
                    .startsWith(0, 1, 2, 3, 0, 1);
        }
    }

    @Test
    void shouldTellAndTakePacketTypes() {
        try (PfRig rig = PfRig.active(context -> {})) {
            assertThat(rig.ask(25, new byte[0]).i64(0)).isEqualTo(DEFAULT_PACKET_TYPES);
            assertThat(rig.snapshot().rssPacketTypes()).isEqualTo(DEFAULT_PACKET_TYPES);
            assertThat(rig.statusOf(26, bytes().u64(1L << 33).done())).isZero();
            assertThat(rig.snapshot().rssPacketTypes()).isEqualTo(1L << 33);
            assertThat(rig.ask(25, new byte[0]).i64(0)).isEqualTo(DEFAULT_PACKET_TYPES);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 65535})
    void shouldTakeAnyHashFunction(final int algorithm) {
        try (PfRig rig = PfRig.active(context -> {})) {
            assertThat(rig.statusOf(18, bytes().u16(1).u16(algorithm).u32(0).done())).isZero();
            assertThat(rig.statusOf(18, bytes().u16(3).u16(algorithm).u32(0).done()))
                    .isEqualTo(ERR_PARAM);
        }
    }

    /** Flags asked for; trusted; flags in effect. */
    @ParameterizedTest
    @CsvSource({
        "3, false, 0",
        "1, true, 1",
        "2, true, 2",
        "3, true, 3",
        "0, true, 0",
        "7, true, 3"
    })
    void shouldMakeOnlyTrustedVfsPromiscuousAndTellNobody(
            final int flags, final boolean isTrusted, final int inEffect) {
        try (PfRig rig = PfRig.active(context -> {})) {
            rig.pf.host().trust(0, isTrusted);
            rig.run();
            Vlans.reactivate(rig);
            assertThat(rig.statusOf(14, bytes().u16(1).u16(flags).done())).isZero();
            assertThat(rig.snapshot().promiscuity()).isEqualTo(inEffect);
            final SwitchPort port = rig.pf.ethernetSwitch().ports().getFirst();
            assertThat(port.defaultVsi()).isEqualTo((inEffect & 1) != 0);
            assertThat(port.promiscuousUnicast()).isFalse();
            assertThat(port.promiscuousMulticast()).isEqualTo((inEffect & 2) != 0);
            assertThat(rig.statusOf(14, bytes().u16(2).u16(flags).done())).isEqualTo(ERR_PARAM);
        }
    }

    @Test
    void shouldBeReallyPromiscuousWithThePrivateFlag() {
        try (PfRig rig = PfRig.active(context -> context.vfTruePromiscuous(true))) {
            rig.pf.host().trust(0, true);
            rig.run();
            Vlans.reactivate(rig);
            rig.ask(14, bytes().u16(1).u16(1).done());
            final SwitchPort port = rig.pf.ethernetSwitch().ports().getFirst();
            assertThat(port.promiscuousUnicast()).isTrue();
            assertThat(port.defaultVsi()).isFalse();
            rig.pf.host().truePromiscuous(false);
            rig.run();
            assertThat(port.promiscuousUnicast()).isFalse();
            assertThat(port.defaultVsi()).isTrue();
        }
    }

    @Test
    void shouldNotPruneWhatPromiscuousVfReceives() {
        try (PfRig rig = PfRig.active(context -> context.vfVlanPruning(true))) {
            rig.pf.host().trust(0, true);
            rig.run();
            Vlans.reactivate(rig);
            final SwitchPort port = rig.pf.ethernetSwitch().ports().getFirst();
            rig.ask(52, Vlans.inner(1, 100));
            assertThat(port.rxVlanPruning()).isTrue();
            rig.ask(14, bytes().u16(1).u16(2).done());
            assertThat(port.rxVlanPruning()).isFalse();
            rig.ask(14, bytes().u16(1).u16(0).done());
            assertThat(port.rxVlanPruning()).isTrue();
        }
    }

    @Test
    void shouldAnswerStatisticsWithNinetySixBytesEvenOnError() {
        try (PfRig rig = PfRig.active(context -> {})) {
            final RawDriver.Received good = rig.ask(15, bytes().u16(1).zeros(10).done());
            assertThat(good.status()).isZero();
            assertThat(good.lengthBytes()).isEqualTo(96);
            final RawDriver.Received bad = rig.ask(15, bytes().u16(2).zeros(10).done());
            assertThat(bad.status()).isEqualTo(ERR_PARAM);
            assertThat(bad.hex()).isEqualTo("00".repeat(96));
        }
    }

    @Test
    void shouldOfferLegacyAndFlexDescriptors() {
        try (PfRig rig = PfRig.active(context -> {})) {
            assertThat(rig.ask(44, new byte[0]).i64(0)).isEqualTo(0b110);
        }
        try (PfRig rig = PfRig.withMailbox(context -> {})) {
            rig.activate(0, 1);
            assertThat(rig.statusOf(44, new byte[0])).isEqualTo(NOT_SUPPORTED);
        }
    }

    @Test
    void shouldOfferPtpClockToBeRead() {
        try (PfRig rig = PfRig.active(context -> {})) {
            final byte[] none = new byte[48];
            assertThat(rig.ask(60, none).i32(24)).isZero();
            final RawDriver.Received caps = rig.ask(60, bytes().zeros(24).u32(31).zeros(20).done());
            assertThat(caps.lengthBytes()).isEqualTo(48);
            assertThat(caps.i32(24)).isEqualTo(6);
            rig.advance(5_000);
            assertThat(rig.ask(61, new byte[16]).i64(0)).isEqualTo(rig.nowNs);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 5})
    void shouldNotSupportConfiguringSingleQueues(final int opcode) {
        try (PfRig rig = PfRig.active(context -> {})) {
            assertThat(rig.statusOf(opcode, new byte[opcode == 4 ? 24 : 40]))
                    .isEqualTo(NOT_SUPPORTED);
        }
    }
}
