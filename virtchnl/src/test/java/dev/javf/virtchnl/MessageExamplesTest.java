package dev.javf.virtchnl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.javf.packet.MacAddress;

import org.junit.jupiter.api.Test;

import java.lang.foreign.MemorySegment;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;

/** Bytes worked out by hand from virtchnl.h, so that layouts are right and not just consistent. */
final class MessageExamplesTest {
    private static final HexFormat HEX = HexFormat.of();

    private static String hex(final Message message) {
        final byte[] bytes = new byte[message.lengthBytes()];
        message.encode(MemorySegment.ofArray(bytes), 0);
        return HEX.formatHex(bytes);
    }

    private static MemorySegment bytes(final String hex) {
        return MemorySegment.ofArray(HEX.parseHex(hex.replace(" ", "")));
    }

    private static String spaced(final String hex) {
        return hex.replace(" ", "");
    }

    private static String zeros(final int bytes) {
        return "00".repeat(bytes);
    }

    @Test
    void shouldWriteVersion11() {
        assertThat(hex(VersionInfo.VERSION_1_1)).isEqualTo("0100000001000000");
        assertThat(VersionInfo.VERSION_1_1).hasToString("1.1");
    }

    @Test
    void shouldWriteVlan100AsAnOuterFilter() {
        final VlanFilterListV2 list =
                new VlanFilterListV2(1, List.of(VlanFilterListV2.VlanFilterV2.outer(0x8100, 100)));
        assertThat(hex(list))
                .isEqualTo(
                        spaced(
                                "01 00 01 00 00 00 00 00"
                                        + zeros(8)
                                        + "64 00 00 00 00 81 00 00"
                                        + zeros(16)));
    }

    @Test
    void shouldReadTheVlanCapabilitiesOfEachMode() {
        final VlanV2Capabilities single =
                capabilities(0, 0x1, 0x1, 8, 0, 0x80000101, 0, 0x80000101, 0x1);
        assertThat(hex(single))
                .isEqualTo(
                        spaced(
                                "00000000 01000000 01000000 08000000"
                                        + "00000000 01010080 00000000 01010080 01000000 00000000"));
        assertThat(VlanSupport.names(single.stripping().inner()))
                .isEqualTo("TPID_8100|L2TAG1|TOGGLE");

        final VlanV2Capabilities twice =
                capabilities(
                        0x20000007, 0, 0x7, 8, 0xC0000407, 0x80000101, 0xC0000207, 0x80000101, 0x1);
        assertThat(hex(twice))
                .isEqualTo(
                        spaced(
                                "07000020 00000000 07000000 08000000"
                                        + "070400c0 01010080 070200c0 01010080 01000000 00000000"));
        assertThat(VlanSupport.names(twice.stripping().outer()))
                .isEqualTo("TPID_8100|TPID_88A8|TPID_9100|L2TAG2_2|ETHERTYPE_XOR|TOGGLE");
        assertThat(VlanV2Capabilities.decode(bytes(hex(twice)), 0, 40)).isEqualTo(twice);
        assertThat(hex(VlanV2Capabilities.NONE)).isEqualTo(zeros(40));
    }

    private static VlanV2Capabilities capabilities(
            final int filterOuter,
            final int filterInner,
            final int filterInit,
            final int maxFilters,
            final int stripOuter,
            final int stripInner,
            final int insertOuter,
            final int insertInner,
            final int init) {
        return new VlanV2Capabilities(
                new VlanV2Capabilities.Filtering(filterOuter, filterInner, filterInit, maxFilters),
                new VlanV2Capabilities.Support(stripOuter, stripInner),
                new VlanV2Capabilities.Support(insertOuter, insertInner),
                init,
                0);
    }

    @Test
    void shouldReadTheResourcesThatAnIcePfSends() {
        final VfResources resources =
                VfResources.decode(
                        bytes(
                                "0100 0400 0500 0026 01800000 34000000 40000000"
                                        + "0100 0400 06000000 0000 020000000001"),
                        0,
                        36);
        assertThat(resources)
                .isEqualTo(
                        new VfResources(
                                4,
                                5,
                                9728,
                                Capability.L2.mask() | Capability.VLAN_V2.mask(),
                                52,
                                64,
                                List.of(
                                        new VfResources.Vsi(
                                                1,
                                                4,
                                                VfResources.Vsi.TYPE_SRIOV,
                                                MacAddress.of("02:00:00:00:00:01")))));
    }

    @Test
    void shouldAcceptResourcesWithoutAVsi() {
        assertThat(VfResources.decode(bytes(zeros(20)), 0, 20).vsis()).isEmpty();
    }

    @Test
    void shouldWriteQueuePairsWithASpareOne() {
        final VsiQueueConfig config =
                new VsiQueueConfig(
                        1,
                        List.of(
                                new VsiQueueConfig.QueuePair(
                                        new TxQueueInfo(1, 0, 512, 0x1122334455667788L),
                                        new RxQueueInfo(1, 0, 512, 2048, 9728, 1, 0x1000))));
        assertThat(hex(config))
                .isEqualTo(
                        spaced(
                                "0100 0100 00000000"
                                        + "0100 0000 0002 0000 8877665544332211 0000000000000000"
                                        + "0100 0000 00020000 0000 0000 00080000 00260000"
                                        + "00 01 00 00 0010000000000000 00000000 00000000"
                                        + zeros(64)));
    }

    @Test
    void shouldWriteAVectorMapWithASpareOne() {
        assertThat(hex(new IrqMap(List.of(new IrqMap.VectorMap(1, 2, 0x8001, 1, 0, 1)))))
                .isEqualTo(spaced("0100 0100 0200 0180 0100 0000 0100" + zeros(12)));
    }

    @Test
    void shouldWriteQueueSelections() {
        assertThat(hex(new QueueSelect(1, 0xF, 0x3)))
                .isEqualTo("01000000" + "0f000000" + "03000000");
        assertThat(hex(new QueuesV2(1, List.of(new QueuesV2.Chunk(1, 16, 32)))))
                .isEqualTo(spaced("0100 0000 0100 0000 01000000 1000 2000"));
        assertThat(hex(new QueueVectorMap(1, List.of(new QueueVectorMap.Entry(3, 4, 3, 1)))))
                .isEqualTo(spaced("0100 0100 00000000 0300 0400 00000000 03000000 01000000"));
    }

    @Test
    void shouldWriteAddressesWithASpareOne() {
        assertThat(
                        hex(
                                new EthAddressList(
                                        1,
                                        List.of(
                                                new EthAddressList.EthAddress(
                                                        MacAddress.of("02:00:00:00:00:0a"),
                                                        EthAddressType.PRIMARY)))))
                .isEqualTo(spaced("0100 0100 02000000000a 01 00" + zeros(8)));
    }

    @Test
    void shouldWriteV1VlansWithASpareOne() {
        assertThat(hex(new VlanFilterList(1, List.of(100, 4094))))
                .isEqualTo(spaced("0100 0200 6400 fe0f 0000"));
    }

    @Test
    void shouldWriteRssKeyAndTableWithASpareByte() {
        assertThat(hex(new RssKey(1, new byte[] {5, 6}))).isEqualTo(spaced("0100 0200 05 06 00"));
        assertThat(new RssKey(1, new byte[52]).lengthBytes()).isEqualTo(57);
        assertThat(new RssLut(1, new byte[64]).lengthBytes()).isEqualTo(69);
    }

    @Test
    void shouldWriteVlanSettings() {
        assertThat(hex(new VlanSetting(VlanSupport.TPID_8100.mask(), 0, 1)))
                .isEqualTo(spaced("01000000 00000000 0100 000000000000"));
        assertThat(VlanSupport.maskOfTpid(0x88A8)).isEqualTo(2);
        assertThat(VlanSupport.maskOfTpid(0x9100)).isEqualTo(4);
        assertThat(VlanSupport.maskOfTpid(0x1234)).isZero();
    }

    @Test
    void shouldWriteLinkSpeedAsABitOrAsANumber() {
        assertThat(hex(new Event.LinkChange(true, 10_000, false)))
                .isEqualTo(spaced("01000000 08000000 01000000 00000000"));
        assertThat(hex(new Event.LinkChange(true, 100_000, true)))
                .isEqualTo(spaced("01000000 a0860100 01000000 00000000"));
        assertThat(hex(new Event.LinkChange(false, 100_000, false)))
                .isEqualTo(spaced("01000000 00000000 00000000 00000000"));
        assertThat(hex(new Event.ResetImpending()))
                .isEqualTo(spaced("02000000 0000000000000000 ff000000"));
    }

    @Test
    void shouldWritePtpAnswers() {
        assertThat(hex(new PtpCapabilities(6, 1000, 255, 1, 2, 3, 4)))
                .isEqualTo(zeros(24) + spaced("06000000 e8030000 ff 01 02 03 04") + zeros(11));
        assertThat(hex(new PtpTime(1))).isEqualTo("01" + zeros(15));
    }

    @Test
    void shouldFitAsManyElementsAsABufferHolds() {
        assertThat(fill(VlanFilterListV2.MAX_ELEMENTS).lengthBytes()).isEqualTo(4072);
        assertThat(
                        new VlanFilterList(1, Collections.nCopies(VlanFilterList.MAX_ELEMENTS, 1))
                                .lengthBytes())
                .isEqualTo(Message.MAX_BUFFER_BYTES);
        assertThat(VsiQueueConfig.MAX_ELEMENTS).isEqualTo((4096 - 72) / 64);
        assertThat(IrqMap.MAX_ELEMENTS).isEqualTo((4096 - 14) / 12);
        assertThat(EthAddressList.MAX_ELEMENTS).isEqualTo((4096 - 12) / 8);
        assertThat(VlanFilterList.MAX_ELEMENTS).isEqualTo((4096 - 6) / 2);
        assertThat(VlanFilterListV2.MAX_ELEMENTS).isEqualTo((4096 - 8) / 32);
        assertThatThrownBy(() -> fill(VlanFilterListV2.MAX_ELEMENTS + 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("VlanFilterListV2: 128 elements, expected 1..127");
    }

    private static VlanFilterListV2 fill(final int filters) {
        return new VlanFilterListV2(
                1, Collections.nCopies(filters, VlanFilterListV2.VlanFilterV2.inner(0x8100, 1)));
    }

    @Test
    void shouldRefuseValuesThatAFieldCannotHold() {
        assertThatThrownBy(() -> new QueueSelect(65536, 0, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("VSI id 65536, expected 0..65535");
        assertThatThrownBy(() -> new VlanFilterList(1, List.of(-1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("VLAN id -1, expected 0..65535");
    }

    @Test
    void shouldNotShareTheArraysOfItsCallers() {
        final byte[] key = {1, 2, 3};
        final RssKey message = new RssKey(1, key);
        key[0] = 9;
        message.key()[1] = 9;
        assertThat(message.key()).containsExactly(1, 2, 3);
    }
}
