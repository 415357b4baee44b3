package dev.javf.iavf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.packet.Ethernet;
import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketVector;
import dev.javf.sim.SimulatedPhysicalFunction;
import dev.javf.sim.SimulatedPhysicalFunctionContext;
import dev.javf.vfio.InProcessDoor;
import dev.javf.virtchnl.VlanSet;

import org.junit.jupiter.api.Test;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;

/**
 * The driver in the application's own thread: {@link EmbeddedEcho} and another VF that talks to it.
 */
class EmbeddedEchoTest {
    private static final int PACKETS = 500;
    private static final long STEP_NS = 50_000;

    private long nowNs = 1_000_000_000;

    @Test
    void shouldEchoOnTheCallersThread() {
        try (SimulatedPhysicalFunction pf =
                        new SimulatedPhysicalFunction(
                                new SimulatedPhysicalFunctionContext()
                                        .virtualFunctions(2)
                                        .nanoClock(() -> nowNs));
                PacketPool pool = new PacketPool("sender", 1024)) {
            final EmbeddedEcho echo = new EmbeddedEcho(new InProcessDoor(pf.virtualFunction(0)));
            final OwnThreadQueues queues = new OwnThreadQueues();
            final VirtualFunction vf =
                    VirtualFunction.open(
                            new VirtualFunctionContext()
                                    .device(new InProcessDoor(pf.virtualFunction(1)))
                                    .nanoClock(() -> nowNs)
                                    .packetPool(pool)
                                    .queueOwner(queues));
            vf.addVlans(VlanSet.of(103), result -> {});
            vf.up();
            final PacketVector packets = new PacketVector();
            int sent = 0;
            int received = 0;
            while (received < PACKETS) {
                nowNs += STEP_NS;
                pf.doWork();
                echo.doWork();
                vf.doWork();
                final QueueSet set = queues.queues();
                if (set == null || !echo.isUp() || vf.state() != LifecycleState.UP) {
                    continue;
                }
                if (sent < PACKETS && sent - received < 16) {
                    packets.add(packet(pool, echo.vf(), vf), pool.headroomBytes(), 60, 0, 0, 0);
                    packets.tag(0, 103);
                    sent += set.tx(0).transmit(packets);
                    pool.free(packets);
                }
                set.tx(0).freeDone();
                received += set.rx(0).receive(packets);
                for (int i = 0; i < packets.size(); i++) {
                    assertThat(packets.vlan(i)).isEqualTo(103);
                    assertThat(
                                    MacAddress.read(
                                            pool.memory(),
                                            pool.bufferOffset(packets.buffer(i))
                                                    + packets.offsetBytes(i)))
                            .isEqualTo(vf.macAddress());
                }
                pool.free(packets);
            }
            assertThat(received).isEqualTo(PACKETS);
            vf.close();
            echo.vf().close();
            while (!vf.isClosed() || !echo.vf().isClosed()) {
                nowNs += STEP_NS;
                pf.doWork();
                vf.doWork();
                echo.doWork();
            }
            assertThat(pool.available()).isEqualTo(pool.capacity());
            assertThat(echo.pool().available()).isEqualTo(echo.pool().capacity());
            echo.close();
        }
    }

    private static int packet(
            final PacketPool pool, final VirtualFunction to, final VirtualFunction from) {
        final int buffer = pool.allocate();
        final MemorySegment memory = pool.memory();
        final long at = pool.dataOffset(buffer);
        Objects.requireNonNull(to.macAddress()).write(memory, at);
        Objects.requireNonNull(from.macAddress()).write(memory, at + Ethernet.SOURCE_OFFSET);
        memory.set(ValueLayout.JAVA_SHORT_UNALIGNED, at + Ethernet.TYPE_OFFSET, (short) 0xB588);
        return buffer;
    }
}
