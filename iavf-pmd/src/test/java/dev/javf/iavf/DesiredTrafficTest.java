package dev.javf.iavf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketVector;
import dev.javf.sim.PfMode;
import dev.javf.sim.SimulatedPhysicalFunctionContext;
import dev.javf.sim.Wire;
import dev.javf.testing.Seed;
import dev.javf.virtchnl.VlanSet;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;

/** Frames between the wire and a VF while what is asked of the VF changes and it is reset. */
class DesiredTrafficTest {
    private static final long MS = 1_000_000;
    private static final MacAddress OWN = MacAddress.of("02:00:00:00:00:42");
    private static final TrafficCounters.DropCause[] CAUSES = TrafficCounters.DropCause.values();
    private static final PfStatistics.Field[] FIELDS = PfStatistics.Field.values();

    private final PacketVector vector = new PacketVector();
    private final List<Long> counts = new ArrayList<>();
    private int onWire;

    private static SimulatedRig rig(final PfMode mode) {
        final SimulatedRig rig =
                new SimulatedRig(
                        new SimulatedPhysicalFunctionContext()
                                .mode(mode)
                                .virtualFunctions(1)
                                .queuePairsPerVf(2)
                                .totalQueuePairs(8));
        rig.wire().attached(true);
        rig.wire().linkUp(true);
        rig.vf().macAddress(OWN);
        rig.vf().up();
        rig.runUntil(rig::isComplete);
        return rig;
    }

    /** An IPv4 UDP frame; with a tag if {@code vlan} isn't 0. */
    private static byte[] frame(final int vlan, final int port, final boolean isIpGood) {
        final ByteBuffer frame = ByteBuffer.allocate(vlan == 0 ? 64 : 68);
        frame.putShort((short) (OWN.value() >>> 32)).putInt((int) OWN.value());
        frame.putShort((short) 0x0200).putInt(0x0000_0001);
        if (vlan != 0) {
            frame.putShort((short) 0x8100).putShort((short) vlan);
        }
        frame.putShort((short) 0x0800);
        final int ip = frame.position();
        frame.putInt(0x4500_0032).putInt(0).putShort((short) 0x4011).putShort((short) 0);
        frame.putInt(0x0A00_0001).putInt(0x0A00_0002);
        int sum = 0;
        for (int i = 0; i < 20; i += 2) {
            sum += frame.getShort(ip + i) & 0xFFFF;
        }
        sum = (sum & 0xFFFF) + (sum >>> 16);
        frame.putShort(ip + 10, (short) ~(isIpGood ? sum : sum + 1));
        frame.putShort((short) port).putShort((short) 80).putShort((short) 30).putShort((short) 0);
        return frame.array();
    }

    private static QueueSet queues(final SimulatedRig rig) {
        return Objects.requireNonNull(rig.vf().queues());
    }

    private static void toVf(final SimulatedRig rig, final byte[] frame) {
        final Wire wire = rig.wire();
        assertThat(wire.send(MemorySegment.ofArray(frame), 0, frame.length)).isTrue();
    }

    /** Takes what has arrived; only while the queues are the owner's. */
    private int take(final SimulatedRig rig, final List<String> into) {
        if (rig.vf().state() != LifecycleState.UP) {
            return 0;
        }
        int taken = 0;
        for (int i = 0; i < queues(rig).pairs(); i++) {
            final int now = queues(rig).rx(i).receive(vector);
            for (int packet = 0; packet < now; packet++) {
                into.add(describe(rig, packet));
            }
            rig.pool().free(vector);
            taken += now;
        }
        return taken;
    }

    private String describe(final SimulatedRig rig, final int packet) {
        final byte[] bytes = Frames.bytes(rig.pool(), vector, packet);
        return java.util.HexFormat.of().formatHex(bytes)
                + " VLAN "
                + vector.vlan(packet)
                + " flags "
                + vector.flags(packet)
                + " hash "
                + vector.hash(packet);
    }

    private static void fromVf(final SimulatedRig rig, final PacketVector burst) {
        if (rig.vf().state() == LifecycleState.UP && rig.vf().isLinkUp()) {
            final byte[] frame = frame(0, 1, true);
            // To another address, from the own one.
            System.arraycopy(frame, 0, frame, 6, 6);
            frame[5] = 1;
            Frames.add(rig.pool(), burst, frame, 0, 0);
            queues(rig).tx(0).transmit(burst);
            // What finds no room, as in a reset that nobody has noticed yet, is lost.
            rig.pool().free(burst);
        }
    }

    private void drainWire(final SimulatedRig rig) {
        onWire += rig.wire().receive((memory, offset, lengthBytes) -> {}, 1_000);
    }

    @ParameterizedTest
    @EnumSource(PfMode.class)
    void shouldSeeTheVlansThatFramesHaveComeOf(final PfMode mode) {
        try (SimulatedRig rig = rig(mode)) {
            rig.vf().addVlans(VlanSet.parse("5-7"), result -> {});
            rig.runUntil(rig::isComplete);
            assertThat(seen(rig)).isEmpty();

            // No filter for 8; that its frames come all the same is how a PF without pruning is.
            for (final int vlan : new int[] {0, 5, 7, 8, 5}) {
                toVf(rig, frame(vlan, 1, true));
            }
            final List<String> received = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                rig.step();
                take(rig, received);
            }
            assertThat(received).hasSize(5);
            rig.run(VlanProgram.SEEN_INTERVAL_NS);
            assertThat(seen(rig)).isEqualTo("5,7");

            // Seen is what is acknowledged: a filter that is gone, or anew, starts over.
            rig.vf().removeVlans(VlanSet.of(5), result -> {});
            rig.runUntil(rig::isComplete);
            assertThat(seen(rig)).isEqualTo("7");
            rig.assertClean();
        }
    }

    private static String seen(final SimulatedRig rig) {
        final VlanSet seen = rig.vf().vlans().seen(0x8100);
        return seen.isEmpty() ? "" : seen.toString();
    }

    @ParameterizedTest
    @EnumSource(PfMode.class)
    void shouldReceiveTheSameWithBothFormatsOfDescriptors(final PfMode mode) {
        try (SimulatedRig rig = rig(mode)) {
            rig.vf().addVlans(VlanSet.of(5), result -> {});
            rig.runUntil(rig::isComplete);
            final List<String> legacy = exchange(rig);
            assertThat(rig.snapshot().rxDescriptorId()).isEqualTo(1);
            rig.vf().flexibleDescriptors(true);
            rig.runUntil(rig::isComplete);
            assertThat(rig.snapshot().rxDescriptorId()).isEqualTo(2);
            assertThat(exchange(rig)).isEqualTo(legacy).hasSize(6);
            assertThat(legacy).anyMatch(line -> line.contains("VLAN 5 "));
            rig.assertClean();
        }
    }

    private List<String> exchange(final SimulatedRig rig) {
        final List<String> seen = new ArrayList<>();
        for (int port = 1; port <= 2; port++) {
            toVf(rig, frame(0, port, true));
            toVf(rig, frame(5, port, true));
            toVf(rig, frame(0, port, false));
        }
        for (int i = 0; i < 40; i++) {
            rig.step();
            take(rig, seen);
        }
        seen.sort(null);
        return seen;
    }

    @Test
    void shouldNeverCountBackAndCountWhatTheWireSawBetweenOutages() {
        Seed.forEach(1, 12, this::countThroughResets);
    }

    private void countThroughResets(final SplittableRandom random) {
        counts.clear();
        onWire = 0;
        final PacketVector burst = new PacketVector();
        final List<String> seen = new ArrayList<>();
        try (SimulatedRig rig = rig(PfMode.ICE_V2_SVM)) {
            for (int round = 0; round < 6; round++) {
                disturb(rig, random);
                for (int i = 0; i < 400; i++) {
                    toVf(rig, frame(0, i, true));
                    fromVf(rig, burst);
                    rig.step();
                    take(rig, seen);
                    drainWire(rig);
                    assertNothingFell(rig);
                }
                rig.runUntil(rig::isComplete);
                rig.run(10 * MS);
                take(rig, seen);
                drainWire(rig);
                countExactly(rig, burst, seen, random.nextInt(1, 50));
            }
            rig.assertClean();
            assertNothingFell(rig);
        }
    }

    private static void disturb(final SimulatedRig rig, final SplittableRandom random) {
        switch (random.nextInt(6)) {
            case 0 -> rig.pf().host().resetVirtualFunction(0);
            case 1 -> rig.ask(rig.pf().host().resetPhysicalFunction());
            case 2 -> rig.ask(rig.pf().host().trust(0, random.nextBoolean()));
            case 3 -> rig.vf().queuePairs(random.nextInt(1, 5));
            case 4 -> rig.vf().maxFrameBytes(random.nextInt(200, 2000));
            default -> rig.vf().flexibleDescriptors(random.nextBoolean());
        }
    }

    /** In quiet, the driver, the PF and the wire have all counted the same frames. */
    private void countExactly(
            final SimulatedRig rig,
            final PacketVector burst,
            final List<String> seen,
            final int frames) {
        statisticsNow(rig);
        final long rxBefore = sum(rig, true);
        final long txBefore = sum(rig, false);
        final PfStatistics pf = rig.vf().pfStatistics();
        final long pfRxBefore = pf.get(PfStatistics.Field.RX_UNICAST);
        final long pfTxBefore = pf.get(PfStatistics.Field.TX_UNICAST);
        final int wireBefore = onWire;
        for (int i = 0; i < frames; i++) {
            toVf(rig, frame(0, i, true));
            fromVf(rig, burst);
            rig.step();
            take(rig, seen);
            drainWire(rig);
            assertNothingFell(rig);
        }
        for (int i = 0; i < 40; i++) {
            rig.step();
            take(rig, seen);
            drainWire(rig);
        }
        statisticsNow(rig);
        assertThat(sum(rig, true) - rxBefore).isEqualTo(frames);
        assertThat(sum(rig, false) - txBefore).isEqualTo(frames);
        assertThat(pf.get(PfStatistics.Field.RX_UNICAST) - pfRxBefore).isEqualTo(frames);
        assertThat(pf.get(PfStatistics.Field.TX_UNICAST) - pfTxBefore).isEqualTo(frames);
        assertThat(onWire - wireBefore).isEqualTo(frames);
    }

    private static void statisticsNow(final SimulatedRig rig) {
        final long before = rig.vf().pfStatistics().answers();
        rig.vf().requestStatistics();
        rig.runUntil(() -> rig.vf().pfStatistics().answers() > before);
    }

    private static long sum(final SimulatedRig rig, final boolean isRx) {
        final TrafficCounters traffic = rig.vf().traffic();
        long sum = 0;
        for (int i = 0; i < traffic.queueCount(); i++) {
            sum += isRx ? traffic.rxPackets(i) : traffic.txPackets(i);
        }
        return sum;
    }

    private void assertNothingFell(final SimulatedRig rig) {
        final List<Long> now = new ArrayList<>();
        for (final PfStatistics.Field field : FIELDS) {
            now.add(rig.vf().pfStatistics().get(field));
        }
        final TrafficCounters traffic = rig.vf().traffic();
        for (int i = 0; i < traffic.queueCount(); i++) {
            now.add(traffic.rxPackets(i));
            now.add(traffic.rxBytes(i));
            now.add(traffic.txPackets(i));
            now.add(traffic.txBytes(i));
            for (final TrafficCounters.DropCause cause : CAUSES) {
                now.add(traffic.drops(i, cause));
            }
        }
        for (int i = 0; i < counts.size(); i++) {
            assertThat(now.get(i)).as("counter %d", i).isGreaterThanOrEqualTo(counts.get(i));
        }
        counts.clear();
        counts.addAll(now);
    }
}
