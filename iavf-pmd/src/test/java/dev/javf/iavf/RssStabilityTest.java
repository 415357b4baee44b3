package dev.javf.iavf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketVector;
import dev.javf.sim.PfMode;
import dev.javf.sim.SimulatedPhysicalFunctionContext;
import dev.javf.virtchnl.RssKey;
import dev.javf.virtchnl.RssLut;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/** A flow stays in its queue: through every kind of reset, and when the VF is opened anew. */
class RssStabilityTest {
    private static final long MS = 1_000_000;
    private static final int PAIRS = 5;
    private static final int FLOWS = 60;
    private static final MacAddress OWN = MacAddress.of("02:00:00:00:00:42");
    private static final MacAddress PEER = MacAddress.of("02:00:00:00:00:01");

    private final PacketVector vector = new PacketVector(256);

    private static SimulatedRig rig(final PfMode mode) {
        final SimulatedRig rig =
                new SimulatedRig(
                        new SimulatedPhysicalFunctionContext().mode(mode).queuePairsPerVf(8),
                        settings -> settings.queuePairs(PAIRS).macAddress(OWN));
        rig.wire().attached(true);
        rig.wire().linkUp(true);
        return rig;
    }

    private static void up(final SimulatedRig rig) {
        rig.vf().up();
        rig.runUntil(() -> rig.isComplete() && rig.isSettled());
    }

    /** Key, table, and the queue of each flow. */
    private List<Object> spread(final SimulatedRig rig) {
        final RssKey key = Objects.requireNonNull(rig.snapshot().rssKey());
        final RssLut table = Objects.requireNonNull(rig.snapshot().rssLut());
        final Integer[] queueOf = new Integer[FLOWS];
        for (int flow = 0; flow < FLOWS; flow++) {
            final byte[] frame =
                    new Datagram(OWN, PEER, flow % 2 == 0, Datagram.TCP)
                            .frame(new byte[] {(byte) flow});
            frame[Datagram.LINK_BYTES + (flow % 2 == 0 ? 39 : 19)] = (byte) (7 * flow);
            assertThat(rig.wire().send(MemorySegment.ofArray(frame), 0, frame.length)).isTrue();
        }
        rig.run(MS);
        final QueueSet queues = Objects.requireNonNull(rig.vf().queues());
        for (int queue = 0; queue < queues.pairs(); queue++) {
            queues.rx(queue).receive(vector);
            for (int i = 0; i < vector.size(); i++) {
                final byte[] frame = Frames.bytes(rig.pool(), vector, i);
                queueOf[frame[frame.length - 1]] = queue;
            }
            rig.pool().free(vector);
        }
        assertThat(queueOf).doesNotContainNull();
        assertThat(Arrays.stream(queueOf).distinct()).hasSize(PAIRS);
        final List<Object> spread = new ArrayList<>(List.of(queueOf));
        spread.add(key);
        spread.add(table);
        return spread;
    }

    @ParameterizedTest
    @EnumSource(PfMode.class)
    void shouldKeepEveryFlowInItsQueue(final PfMode mode) {
        final List<Object> before;
        try (SimulatedRig rig = rig(mode)) {
            up(rig);
            before = spread(rig);
            final List<Runnable> events =
                    List.of(
                            () -> rig.pf().host().resetVirtualFunction(0),
                            () -> rig.ask(rig.pf().host().resetPhysicalFunction()),
                            () -> rig.ask(rig.pf().host().resetPhysicalFunctionSilently()),
                            () -> rig.ask(rig.pf().host().trust(0, true)),
                            () -> {
                                rig.vf().down();
                                rig.runUntil(LifecycleState.DOWN);
                                rig.vf().up();
                            },
                            rig::reopen);
            for (final Runnable event : events) {
                event.run();
                rig.run(30 * MS);
                up(rig);
                assertThat(spread(rig)).isEqualTo(before);
            }
            rig.assertClean();
        }
        try (SimulatedRig another = rig(mode)) {
            up(another);
            assertThat(spread(another)).as("another machine").isEqualTo(before);
        }
    }
}
