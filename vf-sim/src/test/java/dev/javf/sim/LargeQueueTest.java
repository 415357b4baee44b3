package dev.javf.sim;

import static dev.javf.sim.RawDriver.ERR_PARAM;
import static dev.javf.sim.RawDriver.NOT_SUPPORTED;
import static dev.javf.sim.RawDriver.bytes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/** VFs of more than 16 queue pairs: LARGE_NUM_QPAIRS and the messages that go with it. */
class LargeQueueTest {
    private static final int LARGE_NUM_QPAIRS = 1 << 9;
    private static final int CONFIG_VSI_QUEUES = 6;
    private static final int CONFIG_RSS_LUT = 24;
    private static final int REQUEST_QUEUES = 29;
    private static final int GET_MAX_RSS_QREGION = 50;
    private static final int ENABLE_QUEUES_V2 = 107;
    private static final int DISABLE_QUEUES_V2 = 108;
    private static final int MAP_QUEUE_VECTOR = 111;
    private static final int TX = 0;
    private static final int RX = 1;

    private static PfRig active(final Consumer<SimulatedPhysicalFunctionContext> settings) {
        final PfRig rig = PfRig.withMailbox(settings);
        rig.activate(0, RawDriver.LINUX_CAPABILITIES | LARGE_NUM_QPAIRS);
        return rig;
    }

    private static PfRig large(final int queuePairs) {
        return active(context ->
                context.virtualFunctions(1).maxQueuePairsPerVf(256).queuePairsPerVf(queuePairs));
    }

    private static byte[] chunks(final int... typeFirstCount) {
        final RawDriver.Bytes out = bytes().u16(1).u16(0).u16(typeFirstCount.length / 3).u16(0);
        for (int i = 0; i < typeFirstCount.length; i += 3) {
            out.u32(typeFirstCount[i]).u16(typeFirstCount[i + 1]).u16(typeFirstCount[i + 2]);
        }
        return out.done();
    }

    private static byte[] map(final int queue, final int vector, final int type) {
        return bytes().u16(1).u16(1).u32(0).u16(queue).u16(vector).u32(0).u32(3).u32(type).done();
    }

    private static void configure(final PfRig rig, final int first, final int count) {
        final QueueTest.Pair[] pairs =
                IntStream.range(first, first + count)
                        .mapToObj(QueueTest.Pair::of)
                        .toArray(QueueTest.Pair[]::new);
        assertThat(rig.statusOf(CONFIG_VSI_QUEUES, QueueTest.queues(1, pairs))).isZero();
    }

    @Test
    void shouldTellAndGrantTheMostPairs() {
        try (PfRig rig = large(16)) {
            final RawDriver.Received resources =
                    rig.ask(3, bytes().u32(RawDriver.LINUX_CAPABILITIES | 1 << 9).done());
            assertThat(resources.u16(2)).isEqualTo(16);
            assertThat(resources.i32(8) & LARGE_NUM_QPAIRS).isEqualTo(LARGE_NUM_QPAIRS);
            assertThat(resources.i32(16)).isEqualTo(2048);
            assertThat(rig.ask(REQUEST_QUEUES, bytes().u16(257).done()).u16(0)).isEqualTo(256);
            rig.send(REQUEST_QUEUES, bytes().u16(256).done());
            rig.driver().enableBusMaster();
            rig.driver().startMailbox();
            rig.activate(0, LARGE_NUM_QPAIRS);
            assertThat(rig.snapshot().queuePairs()).isEqualTo(256);
            assertThat(rig.ask(3, bytes().u32(LARGE_NUM_QPAIRS).done()).u16(2)).isEqualTo(256);
        }
    }

    @Test
    void shouldGiveNoMoreThan16WithoutTheCapability() {
        try (PfRig rig =
                PfRig.active(context -> context.virtualFunctions(1).maxQueuePairsPerVf(256))) {
            assertThat(rig.ask(REQUEST_QUEUES, bytes().u16(17).done()).u16(0)).isEqualTo(16);
            assertThat(rig.statusOf(GET_MAX_RSS_QREGION, new byte[0])).isEqualTo(NOT_SUPPORTED);
            assertThat(rig.statusOf(ENABLE_QUEUES_V2, chunks(RX, 0, 1))).isEqualTo(NOT_SUPPORTED);
        }
    }

    /** The kernel's own header has no such operations, so its PFs find them wrong. */
    @Test
    void shouldNotKnowTheMessagesWithoutLargeVfs() {
        try (PfRig rig = active(context -> {})) {
            assertThat(rig.snapshot().capabilities() & LARGE_NUM_QPAIRS).isZero();
            assertThat(rig.statusOf(GET_MAX_RSS_QREGION, new byte[0])).isEqualTo(ERR_PARAM);
            assertThat(rig.statusOf(ENABLE_QUEUES_V2, chunks(RX, 0, 1))).isEqualTo(ERR_PARAM);
            assertThat(rig.statusOf(DISABLE_QUEUES_V2, chunks(RX, 0, 1))).isEqualTo(ERR_PARAM);
            assertThat(rig.statusOf(MAP_QUEUE_VECTOR, map(0, 1, RX))).isEqualTo(ERR_PARAM);
        }
    }

    @ParameterizedTest
    @CsvSource({"17, 0, 0100060000000000", "65, 0, 0100080000000000", "256, 512, 0100060000000000"})
    void shouldTellHowManyQueuesRssSpreadsOver(
            final int maxQueuePairs, final int lutEntries, final String answer) {
        try (PfRig rig =
                active(context ->
                        context.virtualFunctions(1)
                                .maxQueuePairsPerVf(maxQueuePairs)
                                .rssLutEntries(lutEntries))) {
            assertThat(rig.ask(GET_MAX_RSS_QREGION, new byte[0]).hex()).isEqualTo(answer);
        }
    }

    @Test
    void shouldEnableAndDisableEveryQueue() {
        try (PfRig rig = large(256)) {
            for (int first = 0; first < 256; first += 32) {
                configure(rig, first, 32);
            }
            assertThat(rig.statusOf(ENABLE_QUEUES_V2, chunks(TX, 0, 256, RX, 0, 256))).isZero();
            assertThat(rig.snapshot().rxQueues().bitCount()).isEqualTo(256);
            assertThat(rig.snapshot().txQueues().bitLength()).isEqualTo(256);
            assertThat(rig.snapshot().isLinkUp()).isTrue();
            assertThat(rig.statusOf(DISABLE_QUEUES_V2, chunks(RX, 16, 240, TX, 255, 1))).isZero();
            assertThat(rig.snapshot().rxQueues().bitLength()).isEqualTo(16);
            assertThat(rig.snapshot().txQueues().bitLength()).isEqualTo(255);
            rig.driver().vf.functionLevelReset();
            rig.run();
            assertThat(rig.snapshot().rxQueues()).isZero();
            assertThat(rig.snapshot().queuePairs()).isEqualTo(256);
        }
    }

    @Test
    void shouldTellLinkAfterEveryEnable() {
        try (PfRig rig = large(20)) {
            configure(rig, 19, 1);
            assertThat(rig.send(ENABLE_QUEUES_V2, chunks(RX, 19, 1)))
                    .extracting(RawDriver.Received::opcode)
                    .containsExactly(ENABLE_QUEUES_V2, PfRig.EVENT);
        }
    }

    /** Type, first queue, queues; the VF has 20, all configured. */
    @ParameterizedTest
    @CsvSource({"0, 0, 0", "0, 0, 21", "1, 20, 1", "1, 65535, 65535", "2, 0, 1", "-1, 0, 1"})
    void shouldRefuseAMessageWithAnyWrongChunk(final int type, final int first, final int count) {
        try (PfRig rig = large(20)) {
            configure(rig, 0, 20);
            final byte[] body = chunks(RX, 0, 1, type, first, count);
            assertThat(rig.statusOf(ENABLE_QUEUES_V2, body)).isEqualTo(ERR_PARAM);
            assertThat(rig.statusOf(DISABLE_QUEUES_V2, body)).isEqualTo(ERR_PARAM);
            assertThat(rig.snapshot().rxQueues()).isZero();
        }
    }

    @Test
    void shouldNotEnableQueueThatIsNotConfigured() {
        try (PfRig rig = large(20)) {
            configure(rig, 0, 2);
            assertThat(rig.statusOf(ENABLE_QUEUES_V2, chunks(RX, 0, 3))).isEqualTo(ERR_PARAM);
            assertThat(rig.snapshot().rxQueues()).isEqualTo(0b11);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {TX, RX})
    void shouldMapEachQueueToAnyVectorButTheMailboxs(final int type) {
        try (PfRig rig = large(256)) {
            assertThat(rig.statusOf(MAP_QUEUE_VECTOR, map(255, 64, type))).isZero();
            assertThat(rig.statusOf(MAP_QUEUE_VECTOR, map(0, 0, type))).isEqualTo(ERR_PARAM);
            assertThat(rig.statusOf(MAP_QUEUE_VECTOR, map(0, 65, type))).isEqualTo(ERR_PARAM);
            assertThat(rig.statusOf(MAP_QUEUE_VECTOR, map(256, 1, type))).isEqualTo(ERR_PARAM);
            assertThat(rig.statusOf(MAP_QUEUE_VECTOR, map(0, 1, type + 2))).isEqualTo(ERR_PARAM);
        }
    }

    @Test
    void shouldTakeTablesOfTheLengthThatItTold() {
        try (PfRig rig = large(256)) {
            final RawDriver.Bytes table = bytes().u16(1).u16(2048);
            for (int i = 0; i < 2048; i++) {
                table.u8(i & 0xFF);
            }
            assertThat(rig.statusOf(CONFIG_RSS_LUT, table.u8(0).done())).isZero();
            assertThat(Objects.requireNonNull(rig.snapshot().rssLut()).table()[2047])
                    .isEqualTo((byte) 255);
            assertThat(rig.statusOf(CONFIG_RSS_LUT, bytes().u16(1).u16(64).zeros(65).done()))
                    .isEqualTo(ERR_PARAM);
        }
    }

    @Test
    void shouldRefuseSettingsThatNoPfHas() {
        assertThatThrownBy(() ->
                        new SimulatedPhysicalFunctionContext().maxQueuePairsPerVf(257).conclude())
                .hasMessage("maxQueuePairsPerVf 257, expected 16 to 256");
        assertThatThrownBy(() ->
                        new SimulatedPhysicalFunctionContext()
                                .mode(PfMode.I40E_V1)
                                .maxQueuePairsPerVf(32)
                                .conclude())
                .hasMessage("an i40e PF's maxQueuePairsPerVf 32, expected 16 to 16");
        assertThatThrownBy(
                        () -> new SimulatedPhysicalFunctionContext().rssLutEntries(100).conclude())
                .hasMessageContaining("100 entries; it has 64, 512 or 2048");
    }
}
