package dev.javf.iavf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.packet.MacAddress;
import dev.javf.sim.PfMode;
import dev.javf.sim.SimulatedPhysicalFunctionContext;
import dev.javf.virtchnl.VlanSet;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.util.concurrent.atomic.AtomicReference;

/**
 * Nothing answers on the bus for a while, and then everything is as it was: no reset. The PF still
 * holds all that it held, so that it isn't enough to ask for what is wanted now.
 */
class SilenceTest {
    private static final long MS = 1_000_000;
    private static final MacAddress EXTRA = MacAddress.of("02:00:00:00:00:55");
    private static final MacAddress OTHER = MacAddress.of("02:00:00:00:00:66");

    @ParameterizedTest
    @EnumSource(PfMode.class)
    void shouldNotTakeSilenceForAReset(final PfMode mode) {
        final AtomicReference<WatchedDevice> device = new AtomicReference<>();
        try (SimulatedRig rig =
                new SimulatedRig(
                        new SimulatedPhysicalFunctionContext().mode(mode),
                        settings -> {
                            device.set(new WatchedDevice(settings.device()));
                            settings.device(device.get());
                        })) {
            // As many as ice V1 has room for.
            rig.vf().addVlans(VlanSet.range(100, 106), result -> {});
            rig.vf().addMac(EXTRA, (address, installed, reason) -> {});
            rig.vf().up();
            rig.runUntil(rig::isComplete);
            final int resets = rig.snapshot().resets();

            device.get().isSilent = true;
            rig.runUntil(LifecycleState.RESETTING);
            rig.vf().removeVlans(VlanSet.range(100, 103), result -> {});
            rig.vf().addVlans(VlanSet.range(200, 203), result -> {});
            rig.vf().removeMac(EXTRA, (address, installed, reason) -> {});
            rig.vf().addMac(OTHER, (address, installed, reason) -> {});
            rig.run(500 * MS);
            device.get().isSilent = false;
            rig.runUntil(rig::isComplete);

            assertThat(rig.heldVlans()).isEqualTo(VlanSet.parse("104-106,200-203"));
            assertThat(rig.snapshot().macs()).contains(OTHER).doesNotContain(EXTRA);
            assertThat(rig.vf().vlans().rejections()).isEmpty();
            assertThat(rig.snapshot().resets()).isEqualTo(resets + 1);
            assertThat(rig.faults()).isZero();
        }
    }
}
