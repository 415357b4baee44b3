package dev.javf.iavf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketPool;
import dev.javf.sim.PfMode;
import dev.javf.sim.SimulatedDelays;
import dev.javf.sim.SimulatedPhysicalFunction;
import dev.javf.sim.SimulatedPhysicalFunctionContext;
import dev.javf.sim.SimulatedVirtualFunction;
import dev.javf.sim.VlanKey;
import dev.javf.vfio.InProcessDoor;
import dev.javf.virtchnl.VlanSet;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.util.function.BooleanSupplier;

/**
 * A VF whose previous user went away without a word, and which nobody has reset: its mailbox is
 * enabled and points at memory that isn't mapped any more, answers are on their way, queues run,
 * and the PF holds filters.
 */
class LeftoversTest {
    private static final long MS = 1_000_000;

    private final PacketPool pool = new PacketPool("leftovers", 1024);
    private long nowNs = 1_000 * MS;

    @AfterEach
    void close() {
        pool.close();
    }

    private VirtualFunction open(final SimulatedVirtualFunction model) {
        return VirtualFunction.open(
                new VirtualFunctionContext()
                        .device(new InProcessDoor(model))
                        .nanoClock(() -> nowNs)
                        .queueOwner(new DriverRig.Owner())
                        .packetPool(pool)
                        .rxRingLength(64)
                        .txRingLength(64)
                        .logger(new LogLines()));
    }

    private void until(
            final SimulatedPhysicalFunction pf,
            final VirtualFunction vf,
            final BooleanSupplier condition) {
        for (int i = 0; i < 1_000_000 && !condition.getAsBoolean(); i++) {
            nowNs += MS / 10;
            vf.doWork();
            pf.doWork();
        }
        assertThat(condition.getAsBoolean()).isTrue();
    }

    @ParameterizedTest
    @EnumSource
    void shouldNotMatter(final PfMode mode) {
        try (SimulatedPhysicalFunction pf =
                new SimulatedPhysicalFunction(
                        new SimulatedPhysicalFunctionContext()
                                .mode(mode)
                                .delays(SimulatedDelays.TYPICAL)
                                .nanoClock(() -> nowNs))) {
            final SimulatedVirtualFunction model = pf.virtualFunction(0);
            final VirtualFunction first = open(model);
            first.up();
            first.addVlans(VlanSet.range(100, 104), result -> {});
            first.addMac(MacAddress.of("02:00:00:00:00:55"), (address, done, reason) -> {});
            until(pf, first, () -> first.state() == LifecycleState.UP && first.isSettled());
            // Requests without answer, and then silence: its memory is gone with its process.
            first.addVlans(VlanSet.of(200), result -> {});
            first.requestStatistics();
            first.doWork();
            model.dma().unmapAll();

            final VirtualFunction second = open(model);
            second.up();
            second.addVlans(VlanSet.of(300), result -> {});
            until(pf, second, () -> second.state() == LifecycleState.UP && second.isSettled());
            assertThat(model.snapshot().vlans()).extracting(VlanKey::vlanId).containsExactly(300);
            assertThat(model.snapshot().macs()).doesNotContain(MacAddress.of("02:00:00:00:00:55"));
            assertThat(second.lifecycle().violationCount()).isZero();
            assertThat(second.counters().get(DriverCounter.FAILURES)).isZero();
            assertThat(second.counters().get(DriverCounter.MALFORMED_MESSAGES)).isZero();
            assertThat(model.dma().faults()).isEmpty();
            second.close();
            until(pf, second, second::isClosed);
            // The PF takes its time to forget, and nothing is left then.
            until(pf, second, () -> model.snapshot().vlans().isEmpty());
        }
    }
}
