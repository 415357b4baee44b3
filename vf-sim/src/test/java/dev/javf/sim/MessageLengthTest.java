package dev.javf.sim;

import static dev.javf.sim.RawDriver.ERR_PARAM;
import static dev.javf.sim.RawDriver.bytes;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Which lengths a PF takes (Linux, virtchnl.h, virtchnl_vc_validate_vf_msg). A wrong length is
 * ERR_PARAM, before anything else is looked at; a right one before GET_VF_RESOURCES is
 * NOT_SUPPORTED, since the operation isn't allowed yet.
 */
class MessageLengthTest {
    private static final int NOT_ALLOWED_YET = RawDriver.NOT_SUPPORTED;

    @ParameterizedTest
    @CsvSource({
        "4, 24",
        "5, 40",
        "8, 12",
        "9, 12",
        "14, 4",
        "15, 12",
        "18, 8",
        "25, 0",
        "26, 8",
        "27, 0",
        "28, 0",
        "29, 2",
        "32, 272",
        "33, 272",
        "44, 0",
        "45, 2444",
        "46, 2444",
        "47, 2616",
        "48, 12",
        "51, 0",
        "54, 16",
        "55, 16",
        "56, 16",
        "57, 16",
        "60, 48",
        "61, 16",
        "66, 0",
        "113, 12"
    })
    void shouldTakeExactlyOneLength(final int opcode, final int lengthBytes) {
        try (PfRig rig = PfRig.withMailbox(context -> {})) {
            assertThat(rig.statusOf(opcode, new byte[lengthBytes])).isEqualTo(NOT_ALLOWED_YET);
            assertThat(rig.statusOf(opcode, new byte[lengthBytes + 1])).isEqualTo(ERR_PARAM);
            assertThat(rig.statusOf(opcode, new byte[4096])).isEqualTo(ERR_PARAM);
            if (lengthBytes > 0) {
                assertThat(rig.statusOf(opcode, new byte[lengthBytes - 1])).isEqualTo(ERR_PARAM);
                assertThat(rig.statusOf(opcode, new byte[0])).isEqualTo(ERR_PARAM);
            }
        }
    }

    /** Opcode, where the count is and how wide, length without elements, length of an element. */
    @ParameterizedTest
    @CsvSource({
        "6, 2, 2, 72, 64",
        "7, 0, 2, 14, 12",
        "10, 2, 2, 12, 8",
        "11, 2, 2, 12, 8",
        "12, 2, 2, 6, 2",
        "13, 2, 2, 6, 2",
        "23, 2, 2, 5, 1",
        "24, 2, 2, 5, 1",
        "30, 0, 4, 8, 16",
        "52, 2, 2, 8, 32",
        "53, 2, 2, 8, 32",
        "112, 2, 2, 4, 12"
    })
    void shouldTakeTheLengthThatGoesWithTheCount(
            final int opcode,
            final int countOffset,
            final int countBytes,
            final int emptyBytes,
            final int elementBytes) {
        try (PfRig rig = PfRig.withMailbox(context -> {})) {
            final int most = (4096 - emptyBytes) / elementBytes;
            for (final int count : new int[] {1, 2, 7, most}) {
                final int lengthBytes = emptyBytes + count * elementBytes;
                assertThat(status(rig, opcode, countOffset, countBytes, count, lengthBytes))
                        .as("%d elements", count)
                        .isEqualTo(NOT_ALLOWED_YET);
                assertThat(status(rig, opcode, countOffset, countBytes, count, lengthBytes - 1))
                        .isEqualTo(ERR_PARAM);
                if (lengthBytes < 4096) {
                    assertThat(status(rig, opcode, countOffset, countBytes, count, lengthBytes + 1))
                            .isEqualTo(ERR_PARAM);
                }
                assertThat(status(rig, opcode, countOffset, countBytes, count + 1, lengthBytes))
                        .isEqualTo(ERR_PARAM);
            }
            final int withoutElements =
                    Math.max(emptyBytes, opcode == 30 ? 24 : opcode == 112 ? 16 : emptyBytes);
            assertThat(status(rig, opcode, countOffset, countBytes, 0, withoutElements))
                    .isEqualTo(ERR_PARAM);
            assertThat(status(rig, opcode, countOffset, countBytes, -1, 4096)).isEqualTo(ERR_PARAM);
            assertThat(rig.statusOf(opcode, new byte[1])).isEqualTo(ERR_PARAM);
        }
    }

    /** The only lists that may be empty, by their length; their content is refused all the same. */
    @ParameterizedTest
    @ValueSource(ints = {23, 24})
    void shouldTakeEmptyRssListsByLength(final int opcode) {
        try (PfRig rig = PfRig.withMailbox(context -> {})) {
            assertThat(status(rig, opcode, 2, 2, 0, 6)).isEqualTo(NOT_ALLOWED_YET);
            assertThat(status(rig, opcode, 2, 2, 0, 5)).isEqualTo(ERR_PARAM);
            rig.activate(0, RawDriver.LINUX_CAPABILITIES);
            assertThat(status(rig, opcode, 2, 2, 0, 6)).isEqualTo(ERR_PARAM);
        }
    }

    @Test
    void shouldWantNothingButTheVersionFirst() {
        try (PfRig rig = PfRig.withMailbox(context -> {})) {
            assertThat(rig.statusOf(1, new byte[7])).isEqualTo(ERR_PARAM);
            assertThat(rig.statusOf(1, new byte[9])).isEqualTo(ERR_PARAM);
            assertThat(rig.statusOf(3, new byte[4])).isEqualTo(ERR_PARAM);
            assertThat(rig.statusOf(2, new byte[1])).isEqualTo(ERR_PARAM);
            assertThat(rig.statusOf(1, bytes().u32(1).u32(1).done())).isZero();
            assertThat(rig.statusOf(3, new byte[0])).isEqualTo(ERR_PARAM);
            assertThat(rig.statusOf(3, new byte[5])).isEqualTo(ERR_PARAM);
            assertThat(rig.statusOf(3, new byte[4])).isZero();
        }
    }

    /** Operations that a PF takes from no VF, whatever their length. */
    @ParameterizedTest
    @ValueSource(
            ints = {
                0,
                16,
                17,
                19,
                20,
                34,
                37,
                43,
                49,
                50,
                58,
                59,
                62,
                67,
                68,
                107,
                108,
                111,
                114,
                128,
                135,
                136,
                1000,
                Integer.MAX_VALUE,
                -1,
                Integer.MIN_VALUE
            })
    void shouldRefuseOperationsItDoesNotKnow(final int opcode) {
        try (PfRig rig = PfRig.active(context -> {})) {
            for (final int lengthBytes : new int[] {0, 4, 8, 16, 4096}) {
                rig.driver().send(opcode, new byte[lengthBytes]);
                rig.run();
                final RawDriver.Received answer = rig.driver().receive().getFirst();
                assertThat(answer.opcode()).isEqualTo(opcode);
                assertThat(answer.status()).isEqualTo(ERR_PARAM);
                assertThat(answer.lengthBytes()).isZero();
            }
        }
    }

    private static int status(
            final PfRig rig,
            final int opcode,
            final int countOffset,
            final int countBytes,
            final int count,
            final int lengthBytes) {
        final byte[] body = new byte[lengthBytes];
        final ByteBuffer buffer = ByteBuffer.wrap(body).order(ByteOrder.LITTLE_ENDIAN);
        if (countBytes == 4) {
            buffer.putInt(countOffset, count);
        } else {
            buffer.putShort(countOffset, (short) count);
        }
        return rig.statusOf(opcode, body);
    }
}
