package dev.javf.iavf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.packet.Ethernet;
import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketVector;
import dev.javf.sim.SimulatedDelays;
import dev.javf.sim.SimulatedPhysicalFunctionContext;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Broadcasts come in all the time while queues are started, stopped and reset. Drivers have hung
 * for ever, or touched memory that isn't theirs, when a frame came for one queue while the others
 * were not ready.
 */
class FramesAtStartTest {
    private static final long MS = 1_000_000;
    private static final int FRAME_BYTES = 64;

    private final MemorySegment broadcast = MemorySegment.ofArray(new byte[FRAME_BYTES]);
    private final PacketVector packets = new PacketVector(64);

    FramesAtStartTest() {
        MacAddress.BROADCAST.write(broadcast, Ethernet.DESTINATION_OFFSET);
        MacAddress.of("02:00:00:00:99:99").write(broadcast, Ethernet.SOURCE_OFFSET);
        broadcast.set(
                ValueLayout.JAVA_BYTE, Ethernet.TYPE_OFFSET, (byte) 0x88);
        broadcast.set(
                ValueLayout.JAVA_BYTE, Ethernet.TYPE_OFFSET + 1, (byte) 0xB5);
    }

    private static SimulatedRig rig(final int queuePairs) {
        return new SimulatedRig(
                new SimulatedPhysicalFunctionContext()
                        .delays(SimulatedDelays.TYPICAL.withResets(2 * MS, MS, 2 * MS)),
                settings -> settings.queuePairs(queuePairs));
    }

    /** A frame comes before every step of the driver. */
    private void step(final SimulatedRig rig) {
        rig.pf().ethernetSwitch().wire().send(broadcast, 0, FRAME_BYTES);
        rig.step();
    }

    private void until(final SimulatedRig rig, final LifecycleState state) {
        for (int i = 0; i < 1_000_000 && rig.vf().state() != state; i++) {
            step(rig);
        }
        assertThat(rig.vf().state()).isEqualTo(state);
    }

    /** As a poller would. */
    private long receive(final SimulatedRig rig) {
        final QueueSet queues = rig.vf().queues();
        assertThat(queues).isNotNull();
        long received = 0;
        for (int i = 0; i < queues.pairs(); i++) {
            received += queues.rx(i).receive(packets);
            rig.pool().free(packets);
        }
        return received;
    }

    private void assertReceives(final SimulatedRig rig) {
        final long[] received = new long[1];
        for (int i = 0; i < 400; i++) {
            step(rig);
            received[0] += receive(rig);
        }
        // Each frame goes to one queue; what came before is lost for want of descriptors at most.
        assertThat(received[0]).isGreaterThanOrEqualTo(300);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 4})
    void shouldStartStopAndResetInAFlood(final int queuePairs) {
        try (SimulatedRig rig = rig(queuePairs)) {
            rig.vf().up();
            until(rig, LifecycleState.UP);
            assertThat(rig.snapshot().rxQueues()).isEqualTo((1L << queuePairs) - 1);
            assertReceives(rig);
            for (int round = 0; round < 5; round++) {
                rig.vf().down();
                until(rig, LifecycleState.DOWN);
                rig.vf().up();
                until(rig, LifecycleState.UP);
                assertReceives(rig);
                if (round % 2 == 0) {
                    rig.pf().host().resetVirtualFunction(0);
                } else {
                    rig.pf().host().resetPhysicalFunction();
                }
                until(rig, LifecycleState.RESETTING);
                until(rig, LifecycleState.UP);
                assertReceives(rig);
            }
            assertThat(rig.faults()).isZero();
            rig.vf().close();
            until(rig, LifecycleState.CLOSED);
            assertThat(rig.pool().available()).isEqualTo(rig.pool().capacity());
            assertThat(rig.faults()).isZero();
        }
    }
}
