package dev.javf.iavf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketVector;
import dev.javf.sim.PfMode;
import dev.javf.sim.SimulatedPhysicalFunctionContext;
import dev.javf.testing.Seed;
import dev.javf.virtchnl.Capability;
import dev.javf.virtchnl.Opcode;
import dev.javf.virtchnl.PtpCapabilities;
import dev.javf.virtchnl.VsiQueueConfig;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.lang.foreign.MemorySegment;
import java.util.Objects;

/** Packets come with the time at which the device got them. */
class TimestampTest {
    private static final long MS = 1_000_000;
    private static final MacAddress OWN = MacAddress.of("02:00:00:00:00:42");
    private static final MacAddress PEER = MacAddress.of("02:00:00:00:00:01");

    private final PacketVector vector = new PacketVector();

    private static SimulatedRig rig(
            final SimulatedPhysicalFunctionContext pf, final boolean isWanted) {
        final SimulatedRig rig =
                new SimulatedRig(
                        pf,
                        settings ->
                                settings.rxTimestamps(isWanted)
                                        .maxFrameBytes(4000)
                                        .macAddress(OWN));
        rig.wire().attached(true);
        rig.wire().linkUp(true);
        rig.vf().up();
        rig.runUntil(() -> rig.isComplete() && rig.isSettled());
        rig.run(10 * MS);
        return rig;
    }

    /** Sends frames to the VF, each at another time, and compares. */
    private void carry(final SimulatedRig rig, final boolean isStamped) {
        final RxQueue rx = Objects.requireNonNull(rig.vf().queues()).rx(0);
        for (int i = 1; i <= 5; i++) {
            final int bytes = i == 5 ? 3_500 : 100 * i;
            final byte[] frame =
                    new Datagram(OWN, PEER, false, Datagram.UDP).frame(new byte[bytes]);
            assertThat(rig.wire().send(MemorySegment.ofArray(frame), 0, frame.length)).isTrue();
            rig.step();
            final long arrivedNs = rig.nowNs();
            rig.run(i * MS);
            assertThat(rx.receive(vector)).isOne();
            assertThat((vector.flags(0) & PacketVector.FLAG_TIMESTAMP) != 0).isEqualTo(isStamped);
            if (isStamped) {
                assertThat(vector.timestampNs(0)).isEqualTo(arrivedNs);
            }
            rig.pool().free(vector);
        }
    }

    @ParameterizedTest
    @EnumSource(PfMode.class)
    void shouldTellTheTimeOfArrivalBeforeAndAfterResets(final PfMode mode) {
        try (SimulatedRig rig = rig(new SimulatedPhysicalFunctionContext().mode(mode), true)) {
            assertThat(rig.vf().differences()).isEmpty();
            assertThat(rig.snapshot().rxDescriptorId()).isEqualTo(2);
            carry(rig, true);
            rig.ask(rig.pf().host().resetPhysicalFunction());
            rig.run(30 * MS);
            rig.runUntil(() -> rig.isComplete() && rig.isSettled());
            rig.run(10 * MS);
            carry(rig, true);
            rig.assertClean();
        }
    }

    /** The low 32 bits go round every 4.3 seconds. */
    @Test
    void shouldKeepTheTimeOverManySeconds() {
        try (SimulatedRig rig = rig(new SimulatedPhysicalFunctionContext(), true)) {
            for (int second = 0; second < 14; second++) {
                rig.run(1_000 * MS);
                carry(rig, true);
            }
            assertThat(rig.nowNs()).isGreaterThan(3L << 32);
        }
    }

    @Test
    void shouldSayThatThePfGrantsNoneAndReceiveAllTheSame() {
        final int all = new SimulatedPhysicalFunctionContext().capabilities();
        for (final Capability lacking :
                new Capability[] {Capability.PTP, Capability.RX_FLEX_DESC}) {
            final SimulatedPhysicalFunctionContext pf =
                    new SimulatedPhysicalFunctionContext().capabilities(all & ~lacking.mask());
            try (SimulatedRig rig = rig(pf, true)) {
                assertThat(rig.vf().differences())
                        .extracting(Difference::item)
                        .containsExactly(Difference.Item.RX_TIMESTAMPS);
                carry(rig, false);
            }
        }
    }

    @Test
    void shouldAskForNothingUnlessTimestampsAreWanted() {
        try (SimulatedRig rig = rig(new SimulatedPhysicalFunctionContext(), false)) {
            assertThat(Capability.PTP.isIn(rig.snapshot().capabilities())).isFalse();
            assertThat(rig.snapshot().rxDescriptorId()).isEqualTo(1);
            carry(rig, false);
        }
    }

    @Test
    void shouldExtendLowBitsToTheNearestTime() {
        Seed.forEach(
                1,
                1,
                random -> {
                    for (int i = 0; i < 10_000; i++) {
                        final long nearNs = random.nextLong(0, Long.MAX_VALUE / 2);
                        final long timeNs = nearNs + random.nextInt();
                        assertThat(DeviceClock.extend(nearNs, (int) timeNs)).isEqualTo(timeNs);
                    }
                });
    }

    /** What is sent, against a PF that grants it. */
    @Test
    void shouldSayInTheQueuesConfigurationThatTimestampsAreWanted() {
        try (DriverRig rig = new DriverRig()) {
            rig.pf.capabilities |= Capability.PTP.mask();
            rig.context.rxTimestamps(true);
            rig.up();
            final MemorySegment asked = sent(rig, Opcode.PTP_GET_CAPS);
            assertThat(PtpCapabilities.decode(asked, 0, (int) asked.byteSize()).capabilities())
                    .isEqualTo(PtpCapabilities.RX_TIMESTAMP | PtpCapabilities.READ_CLOCK);
            final MemorySegment rings = sent(rig, Opcode.CONFIG_VSI_QUEUES);
            final VsiQueueConfig config = VsiQueueConfig.decode(rings, 0, (int) rings.byteSize());
            assertThat(config.queuePairs().getFirst().rx().flags()).isEqualTo(1);
            assertThat(config.queuePairs().getFirst().rx().descriptorId()).isEqualTo(2);
            assertThat(sent(rig, Opcode.PTP_GET_TIME).byteSize()).isEqualTo(16);
            assertThat(rig.pf.violations).isEmpty();
        }
    }

    private static MemorySegment sent(final DriverRig rig, final Opcode opcode) {
        return rig.pf.all.stream()
                .filter(message -> message.is(opcode))
                .findFirst()
                .orElseThrow()
                .body();
    }
}
