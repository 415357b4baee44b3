package dev.javf.virtchnl;

import dev.javf.packet.MacAddress;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Supplier;

/** Makes any message with any values that its fields allow. */
final class RandomMessages {
    /** How many kinds {@link #message} knows. */
    static final int KINDS = 34;

    private final SplittableRandom random;

    RandomMessages(final SplittableRandom random) {
        this.random = random;
    }

    Message message(final int kind) {
        return switch (kind) {
            case 0 -> new VersionInfo(u32(), u32());
            case 1 -> new VfResourcesRequest(u32());
            case 2 ->
                    new VfResources(
                            u16(),
                            u16(),
                            u16(),
                            u32(),
                            u32(),
                            u32(),
                            list(
                                    0,
                                    VfResources.MAX_ELEMENTS,
                                    () -> new VfResources.Vsi(u16(), u16(), u32(), mac())));
            case 3 -> tx();
            case 4 -> rx();
            case 5 ->
                    new VsiQueueConfig(
                            u16(),
                            list(
                                    1,
                                    VsiQueueConfig.MAX_ELEMENTS,
                                    () -> new VsiQueueConfig.QueuePair(tx(), rx())));
            case 6 ->
                    new IrqMap(
                            list(
                                    1,
                                    IrqMap.MAX_ELEMENTS,
                                    () ->
                                            new IrqMap.VectorMap(
                                                    u16(), u16(), u16(), u16(), u16(), u16())));
            case 7 -> new QueueSelect(u16(), u32(), u32());
            case 8 ->
                    new EthAddressList(
                            u16(),
                            list(
                                    1,
                                    EthAddressList.MAX_ELEMENTS,
                                    () ->
                                            new EthAddressList.EthAddress(
                                                    mac(), EthAddressType.of(u8()))));
            case 9 -> new VlanFilterList(u16(), list(1, VlanFilterList.MAX_ELEMENTS, this::u16));
            case 10 ->
                    new VlanFilterListV2(
                            u16(),
                            list(
                                    1,
                                    VlanFilterListV2.MAX_ELEMENTS,
                                    () -> new VlanFilterListV2.VlanFilterV2(tag(), tag())));
            case 11 ->
                    new VlanV2Capabilities(
                            new VlanV2Capabilities.Filtering(u32(), u32(), u32(), u16()),
                            new VlanV2Capabilities.Support(u32(), u32()),
                            new VlanV2Capabilities.Support(u32(), u32()),
                            u32(),
                            u8());
            case 12 -> new VlanSetting(u32(), u32(), u16());
            case 13 -> new PromiscuousMode(u16(), u16());
            case 14 ->
                    new EthStatistics(
                            u64(), u64(), u64(), u64(), u64(), u64(), u64(), u64(), u64(), u64(),
                            u64(), u64());
            case 15 -> new Event.LinkChange(random.nextBoolean(), u32(), true);
            case 16 -> new Event.LinkChange(random.nextBoolean(), speed(), false);
            case 17 -> new Event.ResetImpending();
            case 18 -> new Event.PfDriverClose();
            case 19 -> new Event.Unknown(4 + random.nextInt(1000), u64(), u32());
            case 20 -> new RssKey(u16(), bytes(RssKey.MAX_ELEMENTS));
            case 21 -> new RssLut(u16(), bytes(RssLut.MAX_ELEMENTS));
            case 22 -> new RssHashFunction(u16(), u16());
            case 23 -> new RssHashConfig(u64());
            case 24 -> new QueueRequest(u16());
            case 25 -> new RxDescriptorIds(u64());
            case 26 -> new MaxRssQueueRegion(u16(), u16());
            case 27 ->
                    new QueuesV2(
                            u16(),
                            list(
                                    1,
                                    QueuesV2.MAX_ELEMENTS,
                                    () -> new QueuesV2.Chunk(u32(), u16(), u16())));
            case 28 ->
                    new QueueVectorMap(
                            u16(),
                            list(
                                    1,
                                    QueueVectorMap.MAX_ELEMENTS,
                                    () -> new QueueVectorMap.Entry(u16(), u16(), u32(), u32())));
            case 29 -> new PtpCapabilities(u32(), u32(), u8(), u8(), u8(), u8(), u8());
            case 30 -> new PtpTime(u64());
            case 31 ->
                    new ChannelsConfig(
                            list(
                                    1,
                                    ChannelsConfig.MAX_ELEMENTS,
                                    () -> new ChannelsConfig.Channel(u16(), u16(), u64())));
            case 32 -> new Event.Unknown(0, u64(), u32());
            case 33 -> new VfResources(u16(), u16(), u16(), u32(), u32(), u32(), List.of());
            default -> throw new IllegalArgumentException("kind " + kind);
        };
    }

    private TxQueueInfo tx() {
        return new TxQueueInfo(u16(), u16(), u16(), u16(), u64(), u64());
    }

    private RxQueueInfo rx() {
        return new RxQueueInfo(
                u16(), u16(), u32(), u16(), u16(), u32(), u32(), u8(), u8(), u8(), u64(), u32());
    }

    private VlanTag tag() {
        return random.nextInt(4) == 0 ? VlanTag.NONE : new VlanTag(u16(), u16(), u16());
    }

    private int speed() {
        final int[] speeds = {0, 100, 1_000, 2_500, 5_000, 10_000, 20_000, 25_000, 40_000};
        return speeds[random.nextInt(speeds.length)];
    }

    private MacAddress mac() {
        return new MacAddress(u64() >>> 16);
    }

    private byte[] bytes(final int max) {
        final byte[] bytes = new byte[length(1, max)];
        random.nextBytes(bytes);
        return bytes;
    }

    private <T> List<T> list(final int min, final int max, final Supplier<T> element) {
        final int length = length(min, max);
        final List<T> list = new ArrayList<>(length);
        for (int i = 0; i < length; i++) {
            list.add(element.get());
        }
        return list;
    }

    /** The ends often, few elements often, anything between sometimes. */
    private int length(final int min, final int max) {
        return switch (random.nextInt(4)) {
            case 0 -> min;
            case 1 -> max;
            case 2 -> Math.min(max, min + random.nextInt(5));
            default -> random.nextInt(min, max + 1);
        };
    }

    private int u8() {
        return random.nextInt(0x100);
    }

    private int u16() {
        return random.nextInt(0x10000);
    }

    private int u32() {
        return random.nextInt();
    }

    private long u64() {
        return random.nextLong();
    }
}
