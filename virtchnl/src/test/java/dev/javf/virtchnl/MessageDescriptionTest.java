package dev.javf.virtchnl;

import static dev.javf.virtchnl.Direction.PF_TO_VF;
import static dev.javf.virtchnl.Direction.VF_TO_PF;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.packet.MacAddress;
import dev.javf.testing.Seed;

import org.junit.jupiter.api.Test;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

final class MessageDescriptionTest {
    private static final MemorySegment EMPTY = MemorySegment.ofArray(new byte[0]);

    private static String request(final Opcode opcode, final Message message) {
        return describe(VF_TO_PF, opcode, message);
    }

    private static String answer(final Opcode opcode, final Message message) {
        return describe(PF_TO_VF, opcode, message);
    }

    private static String describe(
            final Direction direction, final Opcode opcode, final Message message) {
        final MemorySegment buffer = MemorySegment.ofArray(new byte[message.lengthBytes()]);
        message.encode(buffer, 0);
        return MessageDescription.describe(
                direction, opcode.code(), 0, buffer, 0, message.lengthBytes());
    }

    private static VlanFilterListV2 outer(final IntStream vlanIds) {
        return new VlanFilterListV2(
                1,
                vlanIds.mapToObj(id -> VlanFilterListV2.VlanFilterV2.outer(0x8100, id)).toList());
    }

    @Test
    void shouldDrawVlansTogether() {
        assertThat(request(Opcode.ADD_VLAN_V2, outer(IntStream.rangeClosed(100, 107))))
                .isEqualTo(
                        "VF>PF ADD_VLAN_V2 vport 1: outer 8100 vlans 100-107 (8 filters, 264 B)");
        assertThat(request(Opcode.DEL_VLAN_V2, outer(IntStream.of(5, 7, 8, 9))))
                .isEqualTo("VF>PF DEL_VLAN_V2 vport 1: outer 8100 vlans 5,7-9 (4 filters, 136 B)");
        assertThat(request(Opcode.ADD_VLAN, new VlanFilterList(1, List.of(1))))
                .isEqualTo("VF>PF ADD_VLAN vsi 1: vlans 1 (1 filter, 8 B)");
        final VlanFilterListV2 mixed =
                new VlanFilterListV2(
                        1,
                        List.of(
                                VlanFilterListV2.VlanFilterV2.inner(0x8100, 3),
                                new VlanFilterListV2.VlanFilterV2(
                                        new VlanTag(0x8100, 5), new VlanTag(0x88A8, 6)),
                                new VlanFilterListV2.VlanFilterV2(VlanTag.NONE, VlanTag.NONE)));
        assertThat(request(Opcode.ADD_VLAN_V2, mixed))
                .isEqualTo(
                        "VF>PF ADD_VLAN_V2 vport 1: inner 8100 vlans 3, outer 88a8:6 inner 8100:5, "
                                + "outer none inner none (3 filters, 104 B)");
    }

    @Test
    void shouldCountWhatIsTooMuchToList() {
        assertThat(request(Opcode.ADD_VLAN_V2, outer(IntStream.range(0, 127).map(i -> 1 + 2 * i))))
                .startsWith("VF>PF ADD_VLAN_V2 vport 1: outer 8100 vlans 1,3,5,")
                .endsWith(",31 and 111 more (127 filters, 4072 B)");
    }

    @Test
    void shouldShowAStatusAlone() {
        assertThat(MessageDescription.describe(PF_TO_VF, 52, 0, EMPTY, 0, 0))
                .isEqualTo("PF>VF ADD_VLAN_V2 SUCCESS");
        assertThat(MessageDescription.describe(PF_TO_VF, 3, -5, EMPTY, 0, 0))
                .isEqualTo("PF>VF GET_VF_RESOURCES ERR_PARAM");
        assertThat(MessageDescription.describe(PF_TO_VF, 99, -99, EMPTY, 0, 0))
                .isEqualTo("PF>VF OPCODE_99 STATUS_-99");
        assertThat(MessageDescription.describe(VF_TO_PF, 2, 0, EMPTY, 0, 0))
                .isEqualTo("VF>PF RESET_VF");
    }

    @Test
    void shouldShowResources() {
        assertThat(
                        answer(
                                Opcode.GET_VF_RESOURCES,
                                new VfResources(
                                        4,
                                        5,
                                        9728,
                                        0x8001,
                                        52,
                                        64,
                                        List.of(
                                                new VfResources.Vsi(
                                                        1,
                                                        4,
                                                        6,
                                                        MacAddress.of("02:00:00:00:00:01"))))))
                .isEqualTo(
                        "PF>VF GET_VF_RESOURCES SUCCESS 4 queue pairs, 5 vectors, max frame 9728, "
                                + "vsi 1 MAC 02:00:00:00:00:01, caps L2|VLAN_V2");
    }

    @Test
    void shouldShowLinkSpeedInEitherForm() {
        assertThat(answer(Opcode.EVENT, new Event.LinkChange(true, 25_000, false)))
                .isEqualTo("PF>VF EVENT LINK_CHANGE up 25000 Mb/s");
        assertThat(answer(Opcode.EVENT, new Event.LinkChange(true, 100_000, true)))
                .isEqualTo("PF>VF EVENT LINK_CHANGE up 100000 Mb/s");
        assertThat(answer(Opcode.EVENT, new Event.LinkChange(false, 0, true)))
                .isEqualTo("PF>VF EVENT LINK_CHANGE down unknown speed");
        assertThat(answer(Opcode.EVENT, new Event.ResetImpending()))
                .isEqualTo("PF>VF EVENT RESET_IMPENDING");
    }

    @Test
    void shouldSayWhatIsWrong() {
        final MemorySegment zeros = MemorySegment.ofArray(new byte[64]);
        assertThat(MessageDescription.describe(VF_TO_PF, 1, 0, zeros, 0, 7))
                .isEqualTo("VF>PF VERSION malformed: VersionInfo: 7 bytes, expected 8");
        assertThat(MessageDescription.describe(VF_TO_PF, 52, 0, zeros, 0, 40))
                .isEqualTo(
                        "VF>PF ADD_VLAN_V2 malformed: VlanFilterListV2: element count 0, "
                                + "expected 1..127");
        assertThat(MessageDescription.describe(VF_TO_PF, 48, 0, zeros, 0, 13))
                .isEqualTo(
                        "VF>PF DEL_FDIR_FILTER malformed: DEL_FDIR_FILTER: 13 bytes, expected 12");
        assertThat(MessageDescription.describe(PF_TO_VF, 1, 0, zeros, 60, 8))
                .isEqualTo("PF>VF VERSION SUCCESS malformed: 8 bytes, but there are 4");
        assertThat(MessageDescription.describe(PF_TO_VF, 1, 0, zeros, 0, -1))
                .isEqualTo("PF>VF VERSION SUCCESS malformed: -1 bytes, but there are 64");
        assertThat(MessageDescription.describe(PF_TO_VF, 52, 0, zeros, 0, 12))
                .isEqualTo("PF>VF ADD_VLAN_V2 SUCCESS (12 B)");
    }

    @Test
    void shouldMakeOneLineOfAnyMessage() {
        Seed.forEach(
                1,
                200,
                random -> {
                    final RandomMessages messages = new RandomMessages(random);
                    for (int kind = 0; kind < RandomMessages.KINDS; kind++) {
                        final Message message = messages.message(kind);
                        for (final Opcode opcode : Opcode.values()) {
                            assertOneLine(describe(VF_TO_PF, opcode, message));
                            assertOneLine(describe(PF_TO_VF, opcode, message));
                        }
                    }
                });
    }

    @Test
    void shouldMakeOneLineOfAnyBytes() {
        Seed.forEach(
                1,
                2000,
                random -> {
                    final byte[] bytes = new byte[length(random)];
                    random.nextBytes(bytes);
                    if (bytes.length > 4 && random.nextBoolean()) {
                        // A small count in either place where lists have it.
                        bytes[random.nextBoolean() ? 0 : 2] = (byte) random.nextInt(4);
                        bytes[1] = 0;
                        bytes[3] = 0;
                    }
                    final MemorySegment buffer = MemorySegment.ofArray(bytes);
                    for (int opcode = -1; opcode < 140; opcode++) {
                        for (final Direction direction : Direction.values()) {
                            final int offset = random.nextInt(-2, 4);
                            final int excess = random.nextInt(8) == 0 ? random.nextInt(9) - 4 : 0;
                            assertOneLine(
                                    MessageDescription.describe(
                                            direction,
                                            opcode,
                                            random.nextInt(3) - 1,
                                            buffer,
                                            offset,
                                            bytes.length - offset + excess));
                        }
                    }
                    assertOneLine(
                            MessageDescription.describe(
                                    PF_TO_VF,
                                    random.nextInt(),
                                    random.nextInt(),
                                    buffer,
                                    random.nextLong(),
                                    random.nextInt()));
                });
    }

    private static int length(final SplittableRandom random) {
        return switch (random.nextInt(4)) {
            case 0 -> random.nextInt(64);
            case 1 -> 4 * random.nextInt(32);
            case 2 -> 8 + 32 * random.nextInt(4);
            default -> random.nextInt(Message.MAX_BUFFER_BYTES + 1);
        };
    }

    private static void assertOneLine(final String line) {
        if (line.indexOf('\n') >= 0 || line.length() > 1200 || line.length() < 7) {
            throw new AssertionError(line);
        }
    }
}
