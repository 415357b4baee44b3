package dev.javf.iavf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.packet.MacAddress;
import dev.javf.vfio.InProcessDoor;
import dev.javf.virtchnl.Opcode;
import dev.javf.virtchnl.VlanRejection;
import dev.javf.virtchnl.VlanRequestResult;
import dev.javf.virtchnl.VlanSet;

import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;

class VirtualFunctionCloseTest {
    private static void assertGivenBack(final DriverRig rig) {
        assertThat(rig.pool.available()).isEqualTo(rig.pool.capacity());
        assertThat(rig.pf.config().isBusMaster()).isFalse();
        assertThat(rig.pf.dma().faults()).isEmpty();
        assertThat(rig.pf.violations).isEmpty();
        assertThat(rig.vf().queues()).isNull();
        assertThat(rig.vf().lifecycle().violationCount()).isZero();
    }

    @Test
    void shouldStopInOrder() {
        try (DriverRig rig = new DriverRig()) {
            rig.up();
            rig.pf.all.clear();
            rig.vf().close();
            rig.runUntil(rig.vf()::isClosed);
            assertThat(rig.pf.all)
                    .extracting(message -> Opcode.nameOf(message.opcode()))
                    .containsExactly("DISABLE_QUEUES", "RESET_VF");
            assertThat(rig.owner.calls).containsExactly("prepare", "revoke", "reclaim");
            assertGivenBack(rig);
            assertThat(rig.vf().doWork(rig.nowNs)).isZero();
        }
    }

    @Test
    void shouldCloseAtEveryStepOfComingUp() {
        for (int step = 0; step < 300; step++) {
            try (DriverRig rig = new DriverRig()) {
                rig.open().vf().up();
                rig.run(step * DriverRig.STEP_NS);
                rig.vf().close();
                final long before = rig.nowNs;
                rig.runUntil(rig.vf()::isClosed);
                assertThat(rig.nowNs - before).isLessThan(100_000_000);
                assertGivenBack(rig);
            }
        }
    }

    @Test
    void shouldCloseInBoundedTimeWhenThePfIsSilent() {
        try (DriverRig rig = new DriverRig()) {
            rig.up();
            rig.pf.mute.addAll(List.of(Opcode.values()));
            rig.vf().close();
            final long before = rig.nowNs;
            rig.runUntil(rig.vf()::isClosed);
            assertThat(rig.nowNs - before).isLessThan(4_000_000_000L);
            // Nobody confirmed that the device stopped, so it was made to.
            assertThat(rig.vf().counters().resets(ResetCause.FUNCTION_LEVEL_RESET)).isEqualTo(1);
            assertGivenBack(rig);
        }
    }

    @Test
    void shouldKeepMemoryMappedUntilThePollerHasGivenTheQueuesBack() {
        try (DriverRig rig = new DriverRig()) {
            rig.up();
            rig.owner.delayed = true;
            rig.vf().close();
            rig.run(10_000_000_000L);
            assertThat(rig.vf().state()).isEqualTo(LifecycleState.CLOSING);
            assertThat(rig.vf().queues()).isNotNull();
            assertThat(rig.pf.config().isBusMaster()).isTrue();
            rig.owner.runDelayed();
            rig.run(100_000_000);
            assertThat(rig.owner.calls).containsExactly("prepare", "revoke", "reclaim");
            assertThat(rig.vf().isClosed()).isFalse();
            rig.owner.runDelayed();
            rig.runUntil(rig.vf()::isClosed);
            assertGivenBack(rig);
        }
    }

    @Test
    void shouldKeepMemoryMappedUntilTheDeviceHasSurelyStopped() {
        try (DriverRig rig = new DriverRig()) {
            final WatchedDevice device = new WatchedDevice(new InProcessDoor(rig.pf));
            rig.context.device(device);
            rig.up();
            final int mappings = device.mappings;
            device.refusesReset = true;
            device.ignoresConfig = true;
            rig.pf.mute.addAll(List.of(Opcode.values()));
            rig.vf().close();
            rig.run(60_000_000_000L);
            assertThat(rig.vf().state()).isEqualTo(LifecycleState.CLOSING);
            assertThat(device.mappings).isEqualTo(mappings);
            assertThat(rig.owner.calls).containsExactly("prepare", "revoke");
            assertThat(rig.log.lines).anyMatch(line -> line.contains("stays mapped"));
            device.refusesReset = false;
            device.ignoresConfig = false;
            rig.runUntil(rig.vf()::isClosed);
            assertThat(device.mappings).isZero();
            assertGivenBack(rig);
        }
    }

    @Test
    void shouldCloseWhenOnlyBusMasteringCanBeTurnedOff() {
        try (DriverRig rig = new DriverRig()) {
            final WatchedDevice device = new WatchedDevice(new InProcessDoor(rig.pf));
            rig.context.device(device);
            rig.up();
            device.refusesReset = true;
            rig.pf.mute.addAll(List.of(Opcode.values()));
            rig.vf().close();
            final long before = rig.nowNs;
            rig.runUntil(rig.vf()::isClosed);
            assertThat(rig.nowNs - before).isLessThan(4_000_000_000L);
            assertGivenBack(rig);
        }
    }

    @Test
    void shouldCloseDuringAResetThatNeverEnds() {
        try (DriverRig rig = new DriverRig()) {
            rig.up();
            rig.pf.resetsEnd = false;
            rig.pf.reset();
            rig.run(100_000_000);
            rig.vf().close();
            rig.runUntil(rig.vf()::isClosed);
            assertGivenBack(rig);
        }
    }

    @Test
    void shouldAnswerEveryoneWhoWaits() {
        final List<VlanRequestResult> results = new ArrayList<>();
        final List<String> told = new ArrayList<>();
        try (DriverRig rig = new DriverRig()) {
            rig.up();
            rig.pf.mute.addAll(List.of(Opcode.ADD_VLAN_V2, Opcode.ADD_ETH_ADDR));
            rig.vf().addVlans(VlanSet.of(7), results::add);
            rig.vf()
                    .addMac(
                            MacAddress.of("02:00:00:00:00:55"),
                            (address, installed, reason) -> told.add(reason));
            rig.run(10_000_000);
            rig.vf().close();
            rig.runUntil(rig.vf()::isClosed);
            assertThat(told).containsExactly("the VF is being closed");
            rig.vf().addVlans(VlanSet.of(8), results::add);
            rig.step();
            assertThat(results)
                    .hasSize(2)
                    .allSatisfy(result ->
                            assertThat(result.rejections())
                                    .extracting(VlanRejection::reason)
                                    .containsExactly(VlanRejection.Reason.CLOSED));
        }
    }
}
