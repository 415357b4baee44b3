package dev.javf.iavf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketVector;
import dev.javf.sim.SimulatedPhysicalFunctionContext;
import dev.javf.testing.Seed;
import dev.javf.virtchnl.Capability;
import dev.javf.virtchnl.Opcode;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;

/** VFs of more than 16 queue pairs. */
class LargeFunctionTest {
    private static final long MS = 1_000_000;
    private static final int PAIRS = 256;
    private static final int BUFFERS = PAIRS * 64 + 2048;
    private static final int FLOWS = 2560;
    private static final int FLOWS_AT_ONCE = 64;
    private static final int ADDRESSES = Datagram.LINK_BYTES + 12;
    private static final int PAYLOAD = Datagram.LINK_BYTES + 28;
    private static final MacAddress OWN = MacAddress.of("02:00:00:00:00:42");
    private static final MacAddress PEER = MacAddress.of("02:00:00:00:00:01");

    private final PacketVector vector = new PacketVector();

    private static SimulatedPhysicalFunctionContext pf() {
        return new SimulatedPhysicalFunctionContext().virtualFunctions(1).queuePairsPerVf(2);
    }

    private static SimulatedRig rig(final SimulatedPhysicalFunctionContext pf, final int pairs) {
        final SimulatedRig rig =
                new SimulatedRig(
                        pf, settings -> settings.queuePairs(pairs).macAddress(OWN), BUFFERS);
        rig.wire().attached(true);
        rig.wire().linkUp(true);
        rig.vf().up();
        return rig;
    }

    private static QueueSet queues(final SimulatedRig rig) {
        return Objects.requireNonNull(rig.vf().queues());
    }

    @Test
    void shouldCarryTrafficInEachOf256QueuesAndAgainAfterEveryReset() {
        try (SimulatedRig rig = rig(pf().maxQueuePairsPerVf(PAIRS), PAIRS)) {
            rig.runUntil(() -> rig.isComplete() && queues(rig).pairs() == PAIRS);
            assertThat(rig.snapshot().rxQueues().bitCount()).isEqualTo(PAIRS);
            assertThat(rig.vf().differences()).isEmpty();
            final int[] places = receiveInEach(rig);
            sendFromEach(rig);
            final List<Runnable> resets =
                    List.of(
                            () -> rig.pf().host().resetVirtualFunction(0),
                            () -> rig.ask(rig.pf().host().resetPhysicalFunction()),
                            () -> rig.ask(rig.pf().host().resetPhysicalFunctionSilently()));
            for (final Runnable reset : resets) {
                reset.run();
                rig.run(30 * MS);
                rig.runUntil(rig::isComplete);
                assertThat(rig.snapshot().txQueues().bitCount()).isEqualTo(PAIRS);
                assertThat(receiveInEach(rig)).as("queue of each flow").isEqualTo(places);
                sendFromEach(rig);
            }
            rig.assertClean();
        }
    }

    /** Which queue each of many flows comes in; every queue gets some. */
    private int[] receiveInEach(final SimulatedRig rig) {
        final int[] places = new int[FLOWS];
        Arrays.fill(places, -1);
        Seed.forEach(
                1,
                1,
                random -> {
                    for (int flow = 0; flow < FLOWS; flow++) {
                        final byte[] frame = frame(random, flow);
                        assertThat(rig.wire().send(MemorySegment.ofArray(frame), 0, frame.length))
                                .isTrue();
                        if (flow % FLOWS_AT_ONCE == FLOWS_AT_ONCE - 1) {
                            rig.run(MS / 2);
                            take(rig, places);
                        }
                    }
                });
        assertThat(places).doesNotContain(-1);
        assertThat(Arrays.stream(places).distinct()).hasSize(PAIRS);
        return places;
    }

    /** A datagram of any addresses and ports, with the number of its flow. */
    private static byte[] frame(final SplittableRandom random, final int flow) {
        final byte[] number = {(byte) (flow >>> 8), (byte) flow};
        final byte[] frame = new Datagram(OWN, PEER, false, Datagram.UDP).frame(number);
        for (int i = ADDRESSES; i < ADDRESSES + 12; i++) {
            frame[i] = (byte) random.nextInt();
        }
        return frame;
    }

    private void take(final SimulatedRig rig, final int[] places) {
        for (int queue = 0; queue < PAIRS; queue++) {
            final int count = queues(rig).rx(queue).receive(vector);
            for (int i = 0; i < count; i++) {
                final byte[] frame = Frames.bytes(rig.pool(), vector, i);
                places[(frame[PAYLOAD] & 0xFF) << 8 | (frame[PAYLOAD + 1] & 0xFF)] = queue;
            }
            rig.pool().free(vector);
        }
    }

    private void sendFromEach(final SimulatedRig rig) {
        final List<Integer> seen = new ArrayList<>();
        for (int queue = 0; queue < PAIRS; queue++) {
            final byte[] frame =
                    new Datagram(PEER, OWN, false, Datagram.UDP).frame(new byte[] {(byte) queue});
            Frames.add(rig.pool(), vector, frame, 0, 0);
            assertThat(queues(rig).tx(queue).transmit(vector)).isOne();
            rig.step();
            rig.wire()
                    .receive(
                            (memory, offset, lengthBytes) ->
                                    seen.add(
                                            memory.get(ValueLayout.JAVA_BYTE, offset + PAYLOAD)
                                                    & 0xFF),
                            8);
        }
        assertThat(seen).hasSize(PAIRS).doesNotHaveDuplicates();
    }

    /** What the PF can give, and whether it spreads over all of it. */
    @ParameterizedTest
    @CsvSource({
        "16, 0, 2048, 16, the PF holds 16 queue pairs: the PF has no large VFs",
        "64, 0, 2048, 64, the PF can give 64",
        "256, 0, 100, 100, the PF can give 100",
        "256, 512, 2048, 256, the PF spreads over 64 queues only"
    })
    void shouldUseWhatIsGrantedAndReportTheRest(
            final int maxPairs,
            final int lutEntries,
            final int totalPairs,
            final int pairs,
            final String report) {
        try (SimulatedRig rig =
                rig(
                        pf().maxQueuePairsPerVf(maxPairs)
                                .rssLutEntries(lutEntries)
                                .totalQueuePairs(totalPairs),
                        PAIRS)) {
            rig.runUntil(() -> rig.isComplete() && rig.isSettled());
            rig.runUntil(() -> rig.isComplete() && queues(rig).pairs() == pairs);
            assertThat(rig.snapshot().rxQueues().bitCount()).isEqualTo(pairs);
            assertThat(rig.vf().differences())
                    .extracting(Difference::toString)
                    .anyMatch(line -> line.contains(report));
            final byte[] table = Objects.requireNonNull(rig.snapshot().rssLut()).table();
            final int spread = lutEntries == 512 ? 64 : pairs;
            for (int i = 0; i < table.length; i++) {
                assertThat(table[i] & 0xFF).isEqualTo(i % spread);
            }
            rig.assertClean();
        }
    }

    @Test
    void shouldChangeBetweenUsualAndLargeWhileUp() {
        try (SimulatedRig rig = rig(pf().maxQueuePairsPerVf(PAIRS), 64)) {
            for (final int pairs : new int[] {64, 3, 17, 16, 33}) {
                rig.vf().queuePairs(pairs);
                rig.runUntil(
                        () -> rig.isComplete() && rig.snapshot().rxQueues().bitCount() == pairs);
                assertThat(rig.vf().differences()).isEmpty();
            }
            rig.assertClean();
        }
    }

    /** The messages byte for byte: four of rings, three of vectors, one that enables all. */
    @Test
    void shouldSendWhatDpdksDriverSends() {
        try (PacketPool pool = new PacketPool("large", 8000);
                DriverRig rig = new DriverRig()) {
            rig.pf.capabilities |= Capability.LARGE_NUM_QPAIRS.mask();
            rig.pf.queuePairs = 100;
            rig.pf.vectors = 5;
            rig.context.queuePairs(100).packetPool(pool);
            rig.up();
            assertThat(lengths(rig, Opcode.CONFIG_VSI_QUEUES))
                    .containsExactly(72 + 64 * 32, 72 + 64 * 32, 72 + 64 * 32, 72 + 64 * 4);
            assertThat(lengths(rig, Opcode.MAP_QUEUE_VECTOR))
                    .containsExactly(8 + 16 * 128, 8 + 16 * 72);
            assertThat(hex(rig, Opcode.MAP_QUEUE_VECTOR))
                    .startsWith("0100800000000000")
                    .contains(
                            "00000100000000000000000001000000" + "00000100000000000000000000000000")
                    .contains("05000200000000000000000001000000");
            assertThat(hex(rig, Opcode.ENABLE_QUEUES_V2))
                    .isEqualTo("0100000002000000" + "0000000000006400" + "0100000000006400");
            assertThat(lengths(rig, Opcode.GET_MAX_RSS_QREGION)).containsExactly(0);
            assertThat(lengths(rig, Opcode.ENABLE_QUEUES)).isEmpty();
            assertThat(rig.pf.violations).isEmpty();
            rig.vf().down();
            rig.runUntil(LifecycleState.DOWN);
            assertThat(hex(rig, Opcode.DISABLE_QUEUES_V2))
                    .isEqualTo(hex(rig, Opcode.ENABLE_QUEUES_V2));
        }
    }

    private static List<Integer> lengths(final DriverRig rig, final Opcode opcode) {
        return rig.pf.all.stream()
                .filter(message -> message.is(opcode))
                .map(message -> (int) message.body().byteSize())
                .toList();
    }

    private static String hex(final DriverRig rig, final Opcode opcode) {
        final byte[] body =
                rig.pf.all.stream()
                        .filter(message -> message.is(opcode))
                        .findFirst()
                        .orElseThrow()
                        .body()
                        .toArray(ValueLayout.JAVA_BYTE);
        return HexFormat.of().formatHex(body);
    }
}
