package dev.javf.virtchnl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.javf.testing.Seed;

import org.junit.jupiter.api.Test;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.SplittableRandom;

final class MessageRoundTripTest {
    private static final int ROOM_BYTES = Message.MAX_BUFFER_BYTES + 128;
    private static final byte FILL = (byte) 0xA5;

    @Test
    void shouldReadWhatItWrote() {
        Seed.forEach(
                1,
                100,
                random -> {
                    for (int kind = 0; kind < RandomMessages.KINDS; kind++) {
                        roundTrip(new RandomMessages(random).message(kind), random);
                    }
                });
    }

    private static void roundTrip(final Message message, final SplittableRandom random) {
        final int offset = random.nextInt(64);
        final int length = message.lengthBytes();
        assertThat(length).isBetween(1, Message.MAX_BUFFER_BYTES);

        final MemorySegment buffer = filled();
        message.encode(buffer, offset);
        assertNothingOutsideTouched(buffer, offset, length);
        assertThat(decode(message, buffer, offset, length)).isEqualTo(message);
        assertThat(decode(message, buffer, offset, length)).hasSameHashCodeAs(message);

        // Every byte is written, padding included: what was in the buffer before can't be seen.
        final MemorySegment zeroed = MemorySegment.ofArray(new byte[ROOM_BYTES]);
        message.encode(zeroed, offset);
        assertThat(buffer.asSlice(offset, length).mismatch(zeroed.asSlice(offset, length)))
                .isEqualTo(-1);
    }

    private static MemorySegment filled() {
        final byte[] bytes = new byte[ROOM_BYTES];
        Arrays.fill(bytes, FILL);
        return MemorySegment.ofArray(bytes);
    }

    private static void assertNothingOutsideTouched(
            final MemorySegment buffer, final int offset, final int length) {
        for (int i = 0; i < ROOM_BYTES; i++) {
            if (i < offset || i >= offset + length) {
                assertThat(buffer.get(ValueLayout.JAVA_BYTE, i)).isEqualTo(FILL);
            }
        }
    }

    @Test
    void shouldRefuseEveryOtherLength() {
        Seed.forEach(
                1000,
                20,
                random -> {
                    for (int kind = 0; kind < RandomMessages.KINDS; kind++) {
                        refuseOtherLengths(new RandomMessages(random).message(kind), random);
                    }
                });
    }

    private static void refuseOtherLengths(final Message message, final SplittableRandom random) {
        final MemorySegment buffer = MemorySegment.ofArray(new byte[ROOM_BYTES]);
        message.encode(buffer, 0);
        final int length = message.lengthBytes();
        final int[] wrongLengths = {
            0, 1, length - 1, length + 1, length + 8, random.nextInt(Message.MAX_BUFFER_BYTES)
        };
        for (final int wrong : wrongLengths) {
            if (wrong != length) {
                assertThatThrownBy(() -> decode(message, buffer, 0, wrong))
                        .isInstanceOf(MalformedMessageException.class)
                        .hasMessageMatching("\\w+: " + wrong + " bytes, expected [^\n]+");
            }
        }
    }

    @Test
    void shouldRefuseAnElementCountOfZeroWhateverTheLength() {
        for (final int kind : new int[] {5, 6, 8, 9, 10, 20, 21, 27, 28, 31}) {
            final Message message = new RandomMessages(new SplittableRandom(kind)).message(kind);
            final MemorySegment zeros = MemorySegment.ofArray(new byte[ROOM_BYTES]);
            for (int length = 0; length <= 128; length++) {
                final int bytes = length;
                assertThatThrownBy(() -> decode(message, zeros, 0, bytes))
                        .as("%s of %d bytes", message.getClass().getSimpleName(), bytes)
                        .isInstanceOf(MalformedMessageException.class);
            }
        }
    }

    static Message decode(
            final Message like, final MemorySegment buffer, final int offset, final int length) {
        return switch (like) {
            case final VersionInfo m -> VersionInfo.decode(buffer, offset, length);
            case final VfResourcesRequest m -> VfResourcesRequest.decode(buffer, offset, length);
            case final VfResources m -> VfResources.decode(buffer, offset, length);
            case final TxQueueInfo m -> TxQueueInfo.decode(buffer, offset, length);
            case final RxQueueInfo m -> RxQueueInfo.decode(buffer, offset, length);
            case final VsiQueueConfig m -> VsiQueueConfig.decode(buffer, offset, length);
            case final IrqMap m -> IrqMap.decode(buffer, offset, length);
            case final QueueSelect m -> QueueSelect.decode(buffer, offset, length);
            case final EthAddressList m -> EthAddressList.decode(buffer, offset, length);
            case final VlanFilterList m -> VlanFilterList.decode(buffer, offset, length);
            case final VlanFilterListV2 m -> VlanFilterListV2.decode(buffer, offset, length);
            case final VlanV2Capabilities m -> VlanV2Capabilities.decode(buffer, offset, length);
            case final VlanSetting m -> VlanSetting.decode(buffer, offset, length);
            case final PromiscuousMode m -> PromiscuousMode.decode(buffer, offset, length);
            case final EthStatistics m -> EthStatistics.decode(buffer, offset, length);
            case final Event.LinkChange m ->
                    Event.decode(buffer, offset, length, m.advancedSpeed());
            case final Event m -> Event.decode(buffer, offset, length, true);
            case final RssKey m -> RssKey.decode(buffer, offset, length);
            case final RssLut m -> RssLut.decode(buffer, offset, length);
            case final RssHashFunction m -> RssHashFunction.decode(buffer, offset, length);
            case final RssHashConfig m -> RssHashConfig.decode(buffer, offset, length);
            case final QueueRequest m -> QueueRequest.decode(buffer, offset, length);
            case final RxDescriptorIds m -> RxDescriptorIds.decode(buffer, offset, length);
            case final MaxRssQueueRegion m -> MaxRssQueueRegion.decode(buffer, offset, length);
            case final QueuesV2 m -> QueuesV2.decode(buffer, offset, length);
            case final QueueVectorMap m -> QueueVectorMap.decode(buffer, offset, length);
            case final PtpCapabilities m -> PtpCapabilities.decode(buffer, offset, length);
            case final PtpTime m -> PtpTime.decode(buffer, offset, length);
            case final ChannelsConfig m -> ChannelsConfig.decode(buffer, offset, length);
        };
    }
}
