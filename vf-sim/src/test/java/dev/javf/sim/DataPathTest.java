package dev.javf.sim;

import static dev.javf.sim.RawDriver.bytes;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.Consumer;

/** What the PF's driver programs, seen by frames from VF 0 to VF 1. */
class DataPathTest {
    private static final long BUFFERS = RawDriver.FREE + 0x10000;
    private static final long RX_RING = RawDriver.FREE + 0x1000;
    private static final int FRAME_BYTES = 100;
    private static final int RING_LENGTH = 64;

    private int sent;
    private int received;

    /** Both VFs with an address, a queue pair and the VLANs given, in a mode of one tag. */
    private static PfRig connected(
            final Consumer<SimulatedPhysicalFunctionContext> settings, final int... vlanIds) {
        final PfRig rig = PfRig.active(settings);
        for (int vf = 0; vf < 2; vf++) {
            connect(rig, vf, vlanIds);
        }
        return rig;
    }

    private static void connect(final PfRig rig, final int vf, final int... vlanIds) {
        final int vsi = rig.vsi(vf);
        final String mac = "02000000000" + (vf + 1);
        rig.ask(vf, 10, bytes().u16(vsi).u16(1).hex(mac).u8(1).u8(0).zeros(8).done());
        if (vlanIds.length > 0 && (rig.snapshot(vf).capabilities() & Vlans.V2) != 0) {
            rig.ask(vf, 51, new byte[0]);
            final byte[] body =
                    rig.pf.context().mode().isDoubleVlan()
                            ? Vlans.outer(vsi, 0x8100, vlanIds)
                            : Vlans.inner(vsi, vlanIds);
            rig.ask(vf, 52, body);
        } else if (vlanIds.length > 0) {
            rig.ask(vf, 12, Vlans.v1(vsi, vlanIds));
        }
        final QueueTest.Pair pair = QueueTest.Pair.of(0).with("txVsi", vsi).with("rxVsi", vsi);
        assertThat(rig.ask(vf, 6, QueueTest.queues(vsi, pair)).status()).isZero();
        final MemorySegment memory = rig.drivers.get(vf).memory;
        memory.asSlice(RX_RING, RING_LENGTH * 32L).fill((byte) 0);
        for (int i = 0; i < RING_LENGTH; i++) {
            memory.set(
                    ValueLayout.JAVA_LONG,
                    RX_RING + 32L * i,
                    RawDriver.IOVA + BUFFERS + 0x40000 + 2048L * i);
        }
        rig.drivers.get(vf).write(RawDriver.QRX_TAIL1, RING_LENGTH - 1);
        assertThat(rig.ask(vf, 8, bytes().u16(vsi).u16(0).u32(1).u32(1).done()).status()).isZero();
    }

    /** VF 0 sends a frame to VF 1, tagged if there is a VLAN. */
    private void send(final PfRig rig, final int vlanId) {
        final RawDriver driver = rig.driver();
        final long buffer = BUFFERS + 2048L * sent;
        final byte[] header =
                vlanId == 0
                        ? bytes().hex("020000000002 020000000001 0800").done()
                        : bytes().hex("020000000002 020000000001 8100")
                                .u8(vlanId >> 8)
                                .u8(vlanId)
                                .hex("0800")
                                .done();
        MemorySegment.copy(header, 0, driver.memory, ValueLayout.JAVA_BYTE, buffer, header.length);
        final long descriptor = RawDriver.FREE + 16L * sent;
        driver.memory.set(ValueLayout.JAVA_LONG, descriptor, RawDriver.IOVA + buffer);
        driver.memory.set(ValueLayout.JAVA_LONG, descriptor + 8, 0x30L | (long) FRAME_BYTES << 34);
        sent++;
        driver.write(RawDriver.QTX_TAIL1, sent);
        rig.run();
        rig.run();
    }

    /** Length of the frame that VF 1 has got since the last time; 0 if none. */
    private int receivedBytes(final PfRig rig) {
        final MemorySegment memory = rig.drivers.get(1).memory;
        final int disableWriteBackHolding = 0x4000_0018;
        rig.drivers.get(1).write(0x3800, disableWriteBackHolding);
        final long qword1 = memory.get(ValueLayout.JAVA_LONG, RX_RING + 32L * received + 8);
        if ((qword1 & 1) == 0) {
            return 0;
        }
        received++;
        return (int) (qword1 >>> 38) & 0x3FFF;
    }

    /** Maps the receiver's queue to vector 1 and lets descriptors be written back at once. */
    private static void pollOnVector(final PfRig rig) {
        final byte[] map =
                bytes().u16(1).u16(rig.vsi(1)).u16(1).u16(1).u16(1).u16(0).u16(1).zeros(12).done();
        assertThat(rig.ask(1, 7, map).status()).isZero();
        rig.drivers.get(1).write(0x3800, 0x4000_0018);
        rig.run();
    }

    private static long drops(final PfRig rig, final int vf, final DropCause cause) {
        return rig.pf.ethernetSwitch().ports().get(vf).counters().drops(cause);
    }

    @ParameterizedTest
    @EnumSource(PfMode.class)
    void shouldPassVlansThatAreInstalledAndNoOthers(final PfMode mode) {
        try (PfRig rig = connected(context -> context.mode(mode), 100)) {
            pollOnVector(rig);
            send(rig, 100);
            assertThat(receivedBytes(rig)).isPositive();
            send(rig, 200);
            assertThat(receivedBytes(rig)).isZero();
            assertThat(drops(rig, 0, DropCause.TX_VLAN)).isEqualTo(1);
            send(rig, 0);
            assertThat(receivedBytes(rig)).isEqualTo(FRAME_BYTES);
        }
    }

    @Test
    void shouldPassAnyVlanWhileNoneIsInstalled() {
        try (PfRig rig = connected(context -> {})) {
            pollOnVector(rig);
            send(rig, 200);
            assertThat(receivedBytes(rig)).isEqualTo(FRAME_BYTES);
        }
    }

    @Test
    void shouldPassNoVlanWhileNoneIsInstalledOutOfTree() {
        try (PfRig rig = connected(context -> context.outOfTree(true))) {
            pollOnVector(rig);
            send(rig, 200);
            assertThat(receivedBytes(rig)).isZero();
        }
    }

    @Test
    void shouldPassAnyVlanWithoutSpoofCheck() {
        try (PfRig rig = connected(context -> {}, 100)) {
            pollOnVector(rig);
            rig.pf.host().spoofCheck(0, false);
            rig.run();
            send(rig, 200);
            assertThat(receivedBytes(rig)).isEqualTo(FRAME_BYTES);
        }
    }

    @Test
    void shouldPruneWhatIsReceivedWithThePrivateFlag() {
        try (PfRig rig = connected(context -> context.vfVlanPruning(true), 100)) {
            pollOnVector(rig);
            rig.pf.host().spoofCheck(0, false);
            rig.run();
            send(rig, 200);
            assertThat(receivedBytes(rig)).isZero();
            assertThat(drops(rig, 1, DropCause.RX_VLAN_PRUNED)).isEqualTo(1);
            send(rig, 100);
            assertThat(receivedBytes(rig)).isEqualTo(FRAME_BYTES);
        }
    }

    @Test
    void shouldCountWhatPasses() {
        try (PfRig rig = connected(context -> {})) {
            pollOnVector(rig);
            send(rig, 0);
            send(rig, 0);
            final RawDriver.Received tx = rig.ask(0, 15, bytes().u16(1).zeros(10).done());
            assertThat(tx.i64(48)).isEqualTo(2L * FRAME_BYTES);
            assertThat(tx.i64(56)).isEqualTo(2);
            final RawDriver.Received rx = rig.ask(1, 15, bytes().u16(1).zeros(10).done());
            assertThat(rx.i64(0)).isEqualTo(2L * FRAME_BYTES);
            assertThat(rx.i64(8)).isEqualTo(2);
        }
    }

    @Test
    void shouldStopFramesAtAResetAndNotWriteToItsMemory() {
        try (PfRig rig = connected(context -> {})) {
            pollOnVector(rig);
            rig.drivers.get(1).vf.functionLevelReset();
            send(rig, 0);
            assertThat(receivedBytes(rig)).isZero();
            assertThat(rig.drivers.get(1).vf.dma().faultCount()).isZero();
        }
    }

    @Test
    void shouldDropWhatVfWithDisabledLinkSends() {
        try (PfRig rig = connected(context -> {})) {
            pollOnVector(rig);
            rig.pf.host().linkMode(0, LinkMode.DISABLE);
            rig.run();
            send(rig, 0);
            assertThat(receivedBytes(rig)).isZero();
            assertThat(drops(rig, 0, DropCause.TX_LINK_DOWN)).isEqualTo(1);
        }
    }

    @Test
    void shouldPassUntaggedFramesWithinAPortVlan() {
        try (PfRig rig = PfRig.active(context -> {})) {
            for (int vf = 0; vf < 2; vf++) {
                rig.pf.host().portVlan(vf, new PortVlan(0x8100, 77, 0));
            }
            rig.run();
            for (int vf = 0; vf < 2; vf++) {
                rig.drivers.get(vf).startMailbox();
                rig.activate(vf, RawDriver.LINUX_CAPABILITIES);
                connect(rig, vf);
            }
            pollOnVector(rig);
            send(rig, 0);
            assertThat(receivedBytes(rig)).isEqualTo(FRAME_BYTES);
            rig.pf.host().portVlan(1, new PortVlan(0x8100, 78, 0));
            rig.run();
            rig.drivers.get(1).startMailbox();
            rig.activate(1, RawDriver.LINUX_CAPABILITIES);
            connect(rig, 1);
            received = 0;
            pollOnVector(rig);
            send(rig, 0);
            assertThat(receivedBytes(rig)).isZero();
        }
    }
}
