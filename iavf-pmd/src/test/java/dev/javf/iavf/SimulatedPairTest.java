package dev.javf.iavf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.linux.PageSize;
import dev.javf.packet.Ethernet;
import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketVector;
import dev.javf.sim.EthernetSwitch;
import dev.javf.testing.Seed;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;

/** The queues of two virtual functions, with the simulated switch between them. */
class SimulatedPairTest {
    private static final int RING = 256;
    private static final int BUFFERS = 2048;
    private static final int FRAME_BYTES_MAX = 1518;
    private static final MacAddress FIRST = MacAddress.of("02:00:00:00:00:01");
    private static final MacAddress SECOND = MacAddress.of("02:00:00:00:00:02");

    private final PacketPool pool =
            new PacketPool("pair-pool", BUFFERS, 128, 2048, PageSize.PLAIN_4K);
    private final PacketVector out = new PacketVector(64);
    private final PacketVector in = new PacketVector(64);
    private int made;
    private int received;

    @AfterEach
    void close() {
        pool.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldCarryAMillionFramesOfRandomSizesInOrder(final boolean doubleVlanMode) {
        Seed.forEach(doubleVlanMode ? 1 : 2, 1, random -> carry(random, doubleVlanMode, 500_000));
    }

    /** The queues are taken away in full flight and given back; what is lost is lost in whole. */
    @Test
    void shouldKeepEveryBufferThroughStopAndStart() {
        Seed.forEach(10, 20, this::stopAndStart);
    }

    private void carry(
            final SplittableRandom random, final boolean doubleVlanMode, final int frames) {
        final EthernetSwitch bridge = new EthernetSwitch("pair", doubleVlanMode);
        try (SimulatedFunction first = function(bridge, FIRST);
                SimulatedFunction second = function(bridge, SECOND)) {
            first.start();
            second.start();
            made = 0;
            received = 0;
            long nowNs = 0;
            while (received < frames) {
                make(random, frames);
                first.tx.transmit(out);
                nowNs += 1_000;
                // No more than one burst, so that the receiver never runs out of descriptors.
                first.doWork(nowNs, random.nextInt(65));
                second.doWork(nowNs, 64);
                second.rx.receive(in);
                check();
                first.tx.freeDone();
            }
            first.stop();
            second.stop();
            assertThat(first.dma.faults()).isEmpty();
            assertThat(second.dma.faults()).isEmpty();
            assertThat(first.port.counters().malformed()).isZero();
            assertThat(first.tx.counters().packetCount()).isEqualTo(frames);
            assertThat(second.rx.counters().packetCount()).isEqualTo(frames);
            assertThat(second.rx.counters().byteCount()).isEqualTo(first.tx.counters().byteCount());
            assertThat(pool.available()).isEqualTo(BUFFERS);
        }
    }

    private void stopAndStart(final SplittableRandom random) {
        final EthernetSwitch bridge = new EthernetSwitch("pair", false);
        try (SimulatedFunction first = function(bridge, FIRST);
                SimulatedFunction second = function(bridge, SECOND)) {
            made = 0;
            long nowNs = 0;
            for (int round = 0; round < 30; round++) {
                first.start();
                second.start();
                for (int i = random.nextInt(20); i > 0; i--) {
                    make(random, Integer.MAX_VALUE);
                    first.tx.transmit(out);
                    nowNs += 1_000;
                    first.doWork(nowNs, random.nextInt(80));
                    second.doWork(nowNs, 64);
                    if (random.nextBoolean()) {
                        second.rx.receive(in);
                        pool.free(in);
                    }
                }
                first.stop();
                second.stop();
                assertThat(pool.available()).isEqualTo(BUFFERS - out.size());
            }
            assertThat(first.dma.faults()).isEmpty();
            assertThat(second.dma.faults()).isEmpty();
            pool.free(out);
        }
    }

    private SimulatedFunction function(final EthernetSwitch bridge, final MacAddress mac) {
        return new SimulatedFunction(bridge, mac, pool, RING, FRAME_BYTES_MAX);
    }

    private void make(final SplittableRandom random, final int frames) {
        for (int burst = random.nextInt(65);
                burst > 0 && made < frames && out.room() > 0;
                burst--) {
            final int number = made++;
            Frames.add(
                    pool,
                    out,
                    frame(number),
                    tag(number),
                    tag(number) == 0 ? 0 : PacketVector.FLAG_VLAN);
        }
    }

    private void check() {
        for (int i = 0; i < in.size(); i++) {
            final int number = received++;
            Frames.assertSame(number, Frames.bytes(pool, in, i), frame(number));
            final int tag = tag(number);
            assertThat(in.flags(i) & PacketVector.FLAG_VLAN)
                    .isEqualTo(tag == 0 ? 0 : PacketVector.FLAG_VLAN);
            assertThat(in.vlan(i)).isEqualTo(tag);
            assertThat(in.flags(i) & PacketVector.FLAG_LOOPBACK)
                    .isEqualTo(PacketVector.FLAG_LOOPBACK);
        }
        pool.free(in);
    }

    private static byte[] frame(final int number) {
        final int length =
                17 + Integer.remainderUnsigned(number * 0x9E37_79B9, FRAME_BYTES_MAX - 16);
        final byte[] frame = Frames.frame(number, length);
        SECOND.write(MemorySegment.ofArray(frame), Ethernet.DESTINATION_OFFSET);
        FIRST.write(MemorySegment.ofArray(frame), Ethernet.SOURCE_OFFSET);
        // An EtherType for experiments (IEEE 802), which no device looks behind.
        frame[Ethernet.TYPE_OFFSET] = (byte) 0x88;
        frame[Ethernet.TYPE_OFFSET + 1] = (byte) 0xB5;
        return frame;
    }

    /** Every third frame goes without tag; priority and VLAN of the others vary. */
    private static int tag(final int number) {
        return number % 3 == 0 ? 0 : (number * 7 & 0xEFFF) | 1;
    }
}
