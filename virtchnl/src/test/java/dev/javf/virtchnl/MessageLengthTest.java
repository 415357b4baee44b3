package dev.javf.virtchnl;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.testing.Seed;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

final class MessageLengthTest {
    private static final ValueLayout.OfShort U16 =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    @ParameterizedTest
    @CsvSource({
        "1, 8",
        "2, 0",
        "25, 0",
        "27, 0",
        "28, 0",
        "31, 0",
        "44, 0",
        "50, 0",
        "51, 0",
        "66, 0",
        "3, 4",
        "4, 24",
        "5, 40",
        "8, 12",
        "9, 12",
        "15, 12",
        "14, 4",
        "18, 8",
        "26, 8",
        "60, 48",
        "29, 2",
        "32, 272",
        "33, 272",
        "45, 2444",
        "46, 2444",
        "47, 2616",
        "48, 12",
        "54, 16",
        "55, 16",
        "56, 16",
        "57, 16",
        "61, 16",
        "113, 12"
    })
    void shouldTakeOneLengthOnly(final int opcode, final int lengthBytes) {
        final MemorySegment zeros = MemorySegment.ofArray(new byte[4096]);
        for (int length = 0; length <= 4096; length++) {
            assertThat(MessageLength.isValid(opcode, zeros, 0, length, false))
                    .as("%d bytes", length)
                    .isEqualTo(length == lengthBytes);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "6, 2, 72, 64", "7, 0, 14, 12", "10, 2, 12, 8", "11, 2, 12, 8", "12, 2, 6, 2",
        "13, 2, 6, 2", "23, 2, 5, 1", "24, 2, 5, 1", "30, 0, 8, 16", "52, 2, 8, 32",
        "53, 2, 8, 32", "107, 4, 8, 8", "108, 4, 8, 8", "111, 2, 8, 16", "112, 2, 4, 12"
    })
    void shouldTakeTheLengthThatTheCountInsideDemands(
            final int opcode, final int countOffset, final int emptyBytes, final int elementBytes) {
        final MemorySegment message = MemorySegment.ofArray(new byte[4096]);
        for (final int count : new int[] {1, 2, 7, 62}) {
            message.set(U16, countOffset, (short) count);
            final int right = emptyBytes + count * elementBytes;
            for (int length = 0; length <= 4096; length++) {
                assertThat(MessageLength.isValid(opcode, message, 0, length, false))
                        .as("%d elements, %d bytes", count, length)
                        .isEqualTo(length == right);
            }
            assertThat(MessageLength.explain(opcode, message, 0, right, false))
                    .isEqualTo(Opcode.nameOf(opcode) + ": " + right + " bytes, as expected");
            assertThat(MessageLength.explain(opcode, message, 0, right + 1, false))
                    .isEqualTo(
                            Opcode.nameOf(opcode)
                                    + ": "
                                    + (right + 1)
                                    + " bytes, expected "
                                    + right
                                    + " for "
                                    + count
                                    + " elements");
        }
    }

    @Test
    void shouldRefuseEmptyLists() {
        final MemorySegment zeros = MemorySegment.ofArray(new byte[4096]);
        for (final int opcode : new int[] {6, 7, 10, 11, 12, 13, 30, 52, 53, 107, 108, 111, 112}) {
            for (int length = 0; length <= 4096; length++) {
                assertThat(MessageLength.isValid(opcode, zeros, 0, length, false)).isFalse();
            }
            assertThat(MessageLength.explain(opcode, zeros, 0, 100, false))
                    .isEqualTo(Opcode.nameOf(opcode) + ": element count 0, expected 1 or more");
            assertThat(MessageLength.explain(opcode, zeros, 0, 1, false))
                    .matches("\\w+: 1 bytes, expected at least \\d+");
        }
    }

    @Test
    void shouldTolerateEmptyRssKeysAndTables() {
        final MemorySegment zeros = MemorySegment.ofArray(new byte[64]);
        assertThat(MessageLength.isValid(23, zeros, 0, 6, false)).isTrue();
        assertThat(MessageLength.isValid(24, zeros, 0, 6, false)).isTrue();
        assertThat(MessageLength.isValid(24, zeros, 0, 5, false)).isFalse();
        assertThat(MessageLength.isValid(24, zeros, 0, 7, false)).isFalse();
    }

    @Test
    void shouldExpectNoCapabilitiesFromVersion10() {
        final MemorySegment zeros = MemorySegment.ofArray(new byte[64]);
        assertThat(MessageLength.isValid(3, zeros, 0, 0, true)).isTrue();
        assertThat(MessageLength.isValid(3, zeros, 0, 4, true)).isFalse();
        assertThat(MessageLength.isValid(1, zeros, 0, 8, true)).isTrue();
    }

    @Test
    void shouldRefuseOperationsThatThePfDoesNotKnow() {
        final MemorySegment zeros = MemorySegment.ofArray(new byte[4096]);
        for (final int opcode : new int[] {-1, 0, 16, 17, 19, 58, 59, 99, 109, 136, 1 << 30}) {
            for (final int length : new int[] {0, 4, 12, 16, 24}) {
                assertThat(MessageLength.isValid(opcode, zeros, 0, length, false)).isFalse();
            }
        }
        assertThat(MessageLength.explain(99, zeros, 0, 4, false))
                .isEqualTo("OPCODE_99: 4 bytes, but a PF takes no such operation");
    }

    @Test
    void shouldTakeEveryRequestThatThisModuleWrites() {
        Seed.forEach(
                5,
                50,
                random -> {
                    final RandomMessages messages = new RandomMessages(random);
                    for (int kind = 0; kind < RandomMessages.KINDS; kind++) {
                        final Message message = messages.message(kind);
                        final Opcode opcode = requestOf(message);
                        if (opcode != Opcode.UNKNOWN) {
                            final MemorySegment buffer = MemorySegment.ofArray(new byte[4096]);
                            message.encode(buffer, 0);
                            assertThat(
                                            MessageLength.isValid(
                                                    opcode.code(),
                                                    buffer,
                                                    0,
                                                    message.lengthBytes(),
                                                    false))
                                    .as(opcode.name())
                                    .isTrue();
                        }
                    }
                });
    }

    /** The operation that a VF sends the message with; UNKNOWN if an ice PF takes none. */
    private static Opcode requestOf(final Message message) {
        return switch (message) {
            case final VersionInfo m -> Opcode.VERSION;
            case final VfResourcesRequest m -> Opcode.GET_VF_RESOURCES;
            case final TxQueueInfo m -> Opcode.CONFIG_TX_QUEUE;
            case final RxQueueInfo m -> Opcode.CONFIG_RX_QUEUE;
            case final VsiQueueConfig m -> Opcode.CONFIG_VSI_QUEUES;
            case final IrqMap m -> Opcode.CONFIG_IRQ_MAP;
            case final QueueSelect m -> Opcode.ENABLE_QUEUES;
            case final EthAddressList m -> Opcode.DEL_ETH_ADDR;
            case final VlanFilterList m -> Opcode.ADD_VLAN;
            case final VlanFilterListV2 m -> Opcode.DEL_VLAN_V2;
            case final VlanSetting m -> Opcode.ENABLE_VLAN_STRIPPING_V2;
            case final PromiscuousMode m -> Opcode.CONFIG_PROMISCUOUS_MODE;
            case final RssKey m -> Opcode.CONFIG_RSS_KEY;
            case final RssLut m -> Opcode.CONFIG_RSS_LUT;
            case final RssHashFunction m -> Opcode.CONFIG_RSS_HFUNC;
            case final RssHashConfig m -> Opcode.SET_RSS_HASHCFG;
            case final QueueRequest m -> Opcode.REQUEST_QUEUES;
            case final PtpCapabilities m -> Opcode.PTP_GET_CAPS;
            case final PtpTime m -> Opcode.PTP_GET_TIME;
            case final QueuesV2 m -> Opcode.DISABLE_QUEUES_V2;
            case final QueueVectorMap m -> Opcode.MAP_QUEUE_VECTOR;
            case final ChannelsConfig m -> Opcode.ENABLE_CHANNELS;
            default -> Opcode.UNKNOWN;
        };
    }
}
