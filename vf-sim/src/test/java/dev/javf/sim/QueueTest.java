package dev.javf.sim;

import static dev.javf.sim.RawDriver.ERR_PARAM;
import static dev.javf.sim.RawDriver.bytes;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

import java.util.HexFormat;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

class QueueTest {
    private static final int CONFIG_VSI_QUEUES = 6;
    private static final int CONFIG_IRQ_MAP = 7;
    private static final int ENABLE_QUEUES = 8;
    private static final int DISABLE_QUEUES = 9;
    private static final long RINGS = RawDriver.IOVA + RawDriver.FREE;

    /** One pair of a CONFIG_VSI_QUEUES, with what a driver usually says. */
    record Pair(
            int txVsi,
            int txQueue,
            int txLength,
            int headWriteBack,
            int rxVsi,
            int rxQueue,
            int rxLength,
            int bufferBytes,
            int maxFrameBytes,
            int crcDisable,
            int descriptorId) {
        static Pair of(final int queue) {
            return new Pair(1, queue, 64, 0, 1, queue, 64, 2048, 1522, 0, 1);
        }

        Pair with(final String field, final int value) {
            return new Pair(
                    field.equals("txVsi") ? value : txVsi,
                    field.equals("txQueue") || field.equals("queue") ? value : txQueue,
                    field.equals("txLength") ? value : txLength,
                    field.equals("headWriteBack") ? value : headWriteBack,
                    field.equals("rxVsi") ? value : rxVsi,
                    field.equals("rxQueue") || field.equals("queue") ? value : rxQueue,
                    field.equals("rxLength") ? value : rxLength,
                    field.equals("bufferBytes") ? value : bufferBytes,
                    field.equals("maxFrameBytes") ? value : maxFrameBytes,
                    field.equals("crcDisable") ? value : crcDisable,
                    field.equals("descriptorId") ? value : descriptorId);
        }

        void write(final RawDriver.Bytes out) {
            final long ring = RINGS + 0x2000L * txQueue;
            out.u16(txVsi).u16(txQueue).u16(txLength).u16(headWriteBack).u64(ring).u64(0);
            out.u16(rxVsi).u16(rxQueue).u32(rxLength).u16(0).u16(0).u32(bufferBytes);
            out.u32(maxFrameBytes).u8(crcDisable).u8(descriptorId).u8(0).u8(0);
            out.u64(ring + 0x1000).u32(0).u32(0);
        }
    }

    static byte[] queues(final int vsi, final Pair... pairs) {
        final RawDriver.Bytes out = bytes().u16(vsi).u16(pairs.length).u32(0);
        Stream.of(pairs).forEach(pair -> pair.write(out));
        return out.zeros(64).done();
    }

    static byte[] select(final int rx, final int tx) {
        return bytes().u16(1).u16(0).u32(rx).u32(tx).done();
    }

    /** Configures one queue pair of an active VF. */
    static void configure(final PfRig rig, final int vf) {
        assertThat(rig.ask(vf, CONFIG_VSI_QUEUES, queues(1, Pair.of(0))).status()).isZero();
    }

    @Test
    void shouldConfigureEnableAndDisable() {
        try (PfRig rig = PfRig.active(context -> context.queuePairsPerVf(2))) {
            assertThat(rig.statusOf(CONFIG_VSI_QUEUES, queues(1, Pair.of(0), Pair.of(1)))).isZero();
            assertThat(rig.statusOf(ENABLE_QUEUES, select(3, 1))).isZero();
            assertThat(rig.snapshot().rxQueues()).isEqualTo(3);
            assertThat(rig.snapshot().txQueues()).isEqualTo(1);
            assertThat(rig.statusOf(ENABLE_QUEUES, select(3, 3))).isZero();
            assertThat(rig.statusOf(DISABLE_QUEUES, select(1, 2))).isZero();
            assertThat(rig.snapshot().rxQueues()).isEqualTo(2);
            assertThat(rig.snapshot().txQueues()).isEqualTo(1);
            assertThat(rig.statusOf(DISABLE_QUEUES, select(3, 3))).isZero();
            assertThat(rig.snapshot().rxQueues()).isZero();
        }
    }

    @Test
    void shouldTellLinkAfterEveryEnable() {
        try (PfRig rig = PfRig.active(context -> {})) {
            configure(rig, 0);
            assertThat(rig.snapshot().isLinkUp()).isFalse();
            final List<RawDriver.Received> good = rig.send(ENABLE_QUEUES, select(1, 1));
            assertThat(good).extracting(RawDriver.Received::opcode).containsExactly(8, 17);
            assertThat(good.get(1).u8(8)).isEqualTo(1);
            assertThat(rig.snapshot().isLinkUp()).isTrue();
            final List<RawDriver.Received> bad = rig.send(ENABLE_QUEUES, select(0, 0));
            assertThat(bad).extracting(RawDriver.Received::opcode).containsExactly(8, 17);
            assertThat(bad.get(0).status()).isEqualTo(ERR_PARAM);
            assertThat(rig.send(DISABLE_QUEUES, select(1, 1)))
                    .extracting(RawDriver.Received::opcode)
                    .containsExactly(9);
        }
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "0x10000, 0", "0, 0x10000", "-1, 0", "0, -2147483648", "4, 0", "0, 4"})
    void shouldRefuseSelectionsThatAreEmptyOrTooHigh(final String rx, final String tx) {
        try (PfRig rig = PfRig.active(context -> context.queuePairsPerVf(2))) {
            configure(rig, 0);
            final byte[] body = select(Integer.decode(rx), Integer.decode(tx));
            assertThat(rig.statusOf(ENABLE_QUEUES, body)).isEqualTo(ERR_PARAM);
            assertThat(rig.statusOf(DISABLE_QUEUES, body)).isEqualTo(ERR_PARAM);
        }
    }

    @Test
    void shouldRefuseAnotherVsi() {
        try (PfRig rig = PfRig.active(context -> {})) {
            final byte[] body = bytes().u16(2).u16(0).u32(1).u32(1).done();
            assertThat(rig.statusOf(ENABLE_QUEUES, body)).isEqualTo(ERR_PARAM);
            assertThat(rig.statusOf(DISABLE_QUEUES, body)).isEqualTo(ERR_PARAM);
            assertThat(rig.statusOf(CONFIG_VSI_QUEUES, queues(2, Pair.of(0)))).isEqualTo(ERR_PARAM);
        }
    }

    @Test
    void shouldNotEnableQueueThatIsNotConfigured() {
        try (PfRig rig = PfRig.active(context -> {})) {
            assertThat(rig.statusOf(ENABLE_QUEUES, select(1, 0))).isEqualTo(ERR_PARAM);
            assertThat(rig.statusOf(DISABLE_QUEUES, select(1, 1))).isZero();
        }
    }

    /** Field, value, whether the PF takes it. */
    @ParameterizedTest
    @CsvSource({
        "txVsi, 2, false",
        "rxVsi, 0, false",
        "rxQueue, 1, false",
        "queue, 1, true",
        "queue, 2, false",
        "queue, 65535, false",
        "headWriteBack, 1, false",
        "txLength, 0, true",
        "rxLength, 0, true",
        "txLength, 32, false",
        "txLength, 96, true",
        "txLength, 8160, true",
        "txLength, 8161, false",
        "txLength, 8192, false",
        "rxLength, 63, false",
        "rxLength, 100, false",
        "rxLength, 8160, true",
        "rxLength, 65600, false",
        "bufferBytes, 0, true",
        "bufferBytes, 1023, false",
        "bufferBytes, 1024, true",
        "bufferBytes, 16256, true",
        "bufferBytes, 16257, false",
        "bufferBytes, -1, false",
        "maxFrameBytes, 63, false",
        "maxFrameBytes, 64, true",
        "maxFrameBytes, 9728, true",
        "maxFrameBytes, 9729, false",
        "maxFrameBytes, -1, false",
        "crcDisable, 1, true",
        "descriptorId, 2, true",
        "descriptorId, 0, false",
        "descriptorId, 22, false",
        "descriptorId, 255, false"
    })
    void shouldCheckEachField(final String field, final int value, final boolean isGood) {
        try (PfRig rig = PfRig.active(context -> context.queuePairsPerVf(2))) {
            assertThat(rig.statusOf(CONFIG_VSI_QUEUES, queues(1, Pair.of(0).with(field, value))))
                    .isEqualTo(isGood ? 0 : ERR_PARAM);
        }
    }

    @Test
    void shouldTakeAnyDescriptorIdForLegacyWithoutFlexDescriptors() {
        try (PfRig rig = PfRig.withMailbox(context -> {})) {
            rig.activate(0, 1);
            assertThat(
                            rig.statusOf(
                                    CONFIG_VSI_QUEUES,
                                    queues(1, Pair.of(0).with("descriptorId", 22))))
                    .isZero();
        }
    }

    static Stream<UnaryOperator<PfRig>> crcIsNotAllowed() {
        return Stream.of(
                rig -> {
                    rig.activate(0, 1);
                    return rig;
                },
                rig -> {
                    rig.activate(0, 1 | 1 << 10 | 1 << 15);
                    rig.ask(51, new byte[0]);
                    rig.ask(54, bytes().u32(0).u32(1).u16(1).zeros(6).done());
                    return rig;
                });
    }

    @ParameterizedTest
    @MethodSource("crcIsNotAllowed")
    void shouldKeepCrcOnlyIfGrantedAndWithoutStripping(final UnaryOperator<PfRig> prepare) {
        try (PfRig rig = prepare.apply(PfRig.withMailbox(context -> {}))) {
            assertThat(rig.statusOf(CONFIG_VSI_QUEUES, queues(1, Pair.of(0).with("crcDisable", 1))))
                    .isEqualTo(ERR_PARAM);
        }
    }

    @Test
    void shouldRefuseMorePairsThanTheVfHas() {
        try (PfRig rig = PfRig.active(context -> context.queuePairsPerVf(1))) {
            assertThat(rig.statusOf(CONFIG_VSI_QUEUES, queues(1, Pair.of(0), Pair.of(0))))
                    .isEqualTo(ERR_PARAM);
        }
    }

    @Test
    void shouldDisableWhatItHasConfiguredWhenALaterPairIsWrong() {
        try (PfRig rig = PfRig.active(context -> context.queuePairsPerVf(3))) {
            rig.ask(CONFIG_VSI_QUEUES, queues(1, Pair.of(0), Pair.of(1)));
            rig.ask(ENABLE_QUEUES, select(3, 3));
            assertThat(
                            rig.statusOf(
                                    CONFIG_VSI_QUEUES,
                                    queues(1, Pair.of(0), Pair.of(1).with("bufferBytes", 1))))
                    .isEqualTo(ERR_PARAM);
            assertThat(rig.snapshot().rxQueues()).isZero();
            assertThat(rig.snapshot().txQueues()).isZero();
        }
    }

    @Test
    void shouldMapQueuesToVectors() {
        try (PfRig rig = PfRig.active(context -> context.queuePairsPerVf(2).vectorsPerVf(3))) {
            assertThat(rig.statusOf(CONFIG_IRQ_MAP, map(entry(1, 1, 3, 3), entry(1, 0, 0, 0))))
                    .isZero();
        }
    }

    /** VSI, vector, Rx queues, Tx queues; VF has 2 pairs and 3 vectors. */
    @ParameterizedTest
    @CsvSource({
        "2, 1, 1, 1",
        "1, 3, 1, 1",
        "1, 65535, 0, 0",
        "1, 0, 1, 0",
        "1, 0, 0, 1",
        "1, 1, 4, 0",
        "1, 1, 0, 32768"
    })
    void shouldRefuseWrongVectorMaps(final int vsi, final int vector, final int rx, final int tx) {
        try (PfRig rig = PfRig.active(context -> context.queuePairsPerVf(2).vectorsPerVf(3))) {
            assertThat(rig.statusOf(CONFIG_IRQ_MAP, map(entry(vsi, vector, rx, tx))))
                    .isEqualTo(ERR_PARAM);
        }
    }

    @Test
    void shouldRefuseMoreMapsThanVectors() {
        try (PfRig rig = PfRig.active(context -> context.queuePairsPerVf(1).vectorsPerVf(2))) {
            assertThat(
                            rig.statusOf(
                                    CONFIG_IRQ_MAP,
                                    map(entry(1, 1, 1, 1), entry(1, 1, 0, 0), entry(1, 0, 0, 0))))
                    .isEqualTo(ERR_PARAM);
        }
    }

    private static byte[] map(final RawDriver.Bytes... entries) {
        final RawDriver.Bytes out = bytes().u16(entries.length);
        Stream.of(entries).forEach(entry -> out.hex(HexFormat.of().formatHex(entry.done())));
        return out.zeros(12).done();
    }

    private static RawDriver.Bytes entry(
            final int vsi, final int vector, final int rx, final int tx) {
        return bytes().u16(vsi).u16(vector).u16(rx).u16(tx).u16(0).u16(1);
    }
}
