package dev.javf.iavf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.linux.PageSize;
import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketVector;
import dev.javf.sim.EthernetSwitch;
import dev.javf.testing.Seed;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.ArrayDeque;
import java.util.List;
import java.util.SplittableRandom;

/**
 * What the device does to packets on their way from one VF's queues to another's, next to what it
 * should be.
 */
class OffloadTest {
    private static final int RING = 512;
    private static final int BUFFERS = 4096;
    private static final int FRAME_BYTES_MAX = 9720;
    private static final MacAddress FIRST = MacAddress.of("02:00:00:00:00:01");
    private static final MacAddress SECOND = MacAddress.of("02:00:00:00:00:02");

    private final PacketPool pool =
            new PacketPool("offload-pool", BUFFERS, 128, 2048, PageSize.PLAIN_4K);
    private final PacketVector out = new PacketVector(64);
    private final PacketVector in = new PacketVector(256);
    private final ArrayDeque<Expected> expected = new ArrayDeque<>();
    private long nowNs;
    private long frames;
    private long bytes;

    /** What is to come out. */
    @SuppressWarnings("ArrayRecordComponent") // Never compared.
    private record Expected(byte[] frame, int type, boolean isGood, int outer, int inner) {}

    @AfterEach
    void close() {
        pool.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldDoWhatPacketsOfAllKindsAskFor(final boolean doubleVlanMode) {
        Seed.forEach(doubleVlanMode ? 1 : 2, 3, random -> carry(random, doubleVlanMode, 4_000));
    }

    private void carry(
            final SplittableRandom random, final boolean doubleVlanMode, final int packets) {
        final EthernetSwitch bridge = new EthernetSwitch("pair", doubleVlanMode);
        frames = 0;
        bytes = 0;
        try (SimulatedFunction first = function(bridge, FIRST);
                SimulatedFunction second = function(bridge, SECOND)) {
            second.stripInnerTags();
            first.start();
            second.start();
            for (int i = 0; i < packets; i++) {
                make(random, doubleVlanMode);
                assertThat(first.tx.transmit(out)).isEqualTo(1);
                turn(first, second);
            }
            assertThat(expected).isEmpty();
            assertThat(first.port.counters().malformed()).isZero();
            assertThat(first.tx.counters().packetCount()).isEqualTo(frames);
            assertThat(first.tx.counters().byteCount()).isEqualTo(bytes);
            assertThat(second.rx.counters().packetCount()).isEqualTo(frames);
            assertThat(second.rx.counters().byteCount()).isEqualTo(bytes);
            first.stop();
            second.stop();
            assertThat(first.dma.faults()).isEmpty();
            assertThat(pool.available()).isEqualTo(BUFFERS);
        }
    }

    private void turn(final SimulatedFunction first, final SimulatedFunction second) {
        // Time enough that everything is written back.
        for (int i = 0; i < 3; i++) {
            nowNs += 10_000;
            first.doWork(nowNs, 64);
            second.doWork(nowNs, 64);
            second.rx.receive(in);
        }
        first.tx.freeDone();
        for (int i = 0; i < in.size(); i++) {
            check(i);
        }
        pool.free(in);
    }

    private void check(final int i) {
        final Expected should = expected.remove();
        Frames.assertSame(0, Frames.bytes(pool, in, i), should.frame);
        final int flags = in.flags(i);
        assertThat(in.packetType(i)).isEqualTo(should.type);
        assertThat((flags & PacketVector.FLAG_L4_CHECKSUM_GOOD) != 0)
                .isEqualTo(should.type != 0 && should.isGood);
        assertThat((flags & PacketVector.FLAG_L4_CHECKSUM_BAD) != 0)
                .isEqualTo(should.type != 0 && !should.isGood);
        final boolean isIpv4 = (should.type & PacketVector.TYPE_IP_MASK) == PacketVector.TYPE_IPV4;
        assertThat((flags & PacketVector.FLAG_IP_CHECKSUM_GOOD) != 0)
                .isEqualTo(isIpv4 && should.isGood);
        assertThat((flags & PacketVector.FLAG_IP_CHECKSUM_BAD) != 0)
                .isEqualTo(isIpv4 && !should.isGood);
        assertThat((flags & PacketVector.FLAG_VLAN) == 0 ? -1 : in.vlan(i)).isEqualTo(should.outer);
        assertThat((flags & PacketVector.FLAG_INNER_VLAN) == 0 ? -1 : in.innerVlan(i))
                .isEqualTo(should.inner);
        assertThat((flags & PacketVector.FLAG_SEGMENTED) != 0)
                .isEqualTo(should.frame.length > pool.dataCapacityBytes());
    }

    private void make(final SplittableRandom random, final boolean doubleVlanMode) {
        final int tags = random.nextInt(doubleVlanMode ? 3 : 2);
        final int outer = tags > 0 ? random.nextInt(1, 4095) | 0xA000 : -1;
        final int inner = tags > 1 ? random.nextInt(1, 4095) : -1;
        final int flags =
                (tags > 0 ? PacketVector.FLAG_VLAN : 0)
                        | (tags > 1 ? PacketVector.FLAG_INNER_VLAN : 0);
        final int vlan = (tags > 0 ? outer : 0) | (tags > 1 ? inner << 16 : 0);
        final int[] protocols = {Datagram.TCP, Datagram.UDP, Datagram.SCTP};
        final int protocol = protocols[random.nextInt(3)];
        final Datagram packet = new Datagram(SECOND, FIRST, random.nextBoolean(), protocol);
        final int headers = packet.headerBytes();
        // The second tag takes its place in the longest frame, the first one doesn't.
        final int frameBytesMax = FRAME_BYTES_MAX - (tags > 1 ? 4 : 0);
        final int room = frameBytesMax - headers;
        final int pieceBytes = random.nextInt(1300, 2049);
        switch (random.nextInt(4)) {
            case 0 -> {
                // Nothing asked for; sometimes the checksums are wrong.
                final byte[] payload = payload(random, 40, room);
                final boolean isGood = random.nextBoolean();
                final byte[] frame = isGood ? packet.frame(payload) : packet.prepared(payload);
                Frames.addPieces(pool, out, frame, pieceBytes, vlan, flags);
                expect(frame, packet.type(), isGood, outer, inner);
            }
            case 1, 2 -> {
                final byte[] payload = payload(random, 40, room);
                Frames.addPieces(pool, out, packet.prepared(payload), pieceBytes, vlan, flags);
                offload(
                        packet,
                        PacketVector.FLAG_TX_IP_CHECKSUM | PacketVector.FLAG_TX_L4_CHECKSUM,
                        0);
                expect(packet.frame(payload), packet.type(), true, outer, inner);
            }
            default -> {
                final Datagram tcp =
                        new Datagram(SECOND, FIRST, random.nextBoolean(), Datagram.TCP);
                final byte[] payload = payload(random, 1, 64_000);
                // Long enough that the receiver has descriptors for all of it.
                final int least = Math.max(64, payload.length / 60);
                final int segment = random.nextInt(least, frameBytesMax - tcp.headerBytes() + 1);
                Frames.addPieces(pool, out, tcp.prepared(payload), 2048, vlan, flags);
                offload(tcp, PacketVector.FLAG_TX_SEGMENT, segment);
                for (final byte[] frame : tcp.segments(payload, segment)) {
                    expect(frame, tcp.type(), true, outer, inner);
                }
            }
        }
    }

    private void offload(final Datagram packet, final int request, final int segmentBytes) {
        out.offload(
                out.size() - 1,
                request | packet.type(),
                Datagram.LINK_BYTES,
                packet.networkBytes(),
                packet.transportBytes(),
                segmentBytes);
    }

    private void expect(
            final byte[] frame,
            final int type,
            final boolean isGood,
            final int outer,
            final int inner) {
        expected.add(new Expected(frame, type, isGood, outer, inner));
        frames++;
        bytes += frame.length;
    }

    private static byte[] payload(final SplittableRandom random, final int min, final int max) {
        final byte[] payload = new byte[random.nextInt(min, max + 1)];
        random.nextBytes(payload);
        return payload;
    }

    private SimulatedFunction function(final EthernetSwitch bridge, final MacAddress mac) {
        return new SimulatedFunction(bridge, mac, pool, RING, FRAME_BYTES_MAX);
    }

    /** Whatever a packet asks for: the device never sees what it would stop the queue for. */
    @Test
    void shouldNeverAskTheDeviceForWhatItCanNotDo() {
        Seed.forEach(
                1,
                20,
                random -> {
                    final EthernetSwitch bridge = new EthernetSwitch("pair", true);
                    try (SimulatedFunction first = function(bridge, FIRST);
                            SimulatedFunction second = function(bridge, SECOND)) {
                        first.start();
                        second.start();
                        for (int i = 0; i < 300; i++) {
                            nonsense(random);
                            first.tx.transmit(out);
                            nowNs += 10_000;
                            first.doWork(nowNs, 64);
                            second.doWork(nowNs, 64);
                            second.rx.receive(in);
                            pool.free(in);
                        }
                        assertThat(first.port.counters().malformed()).isZero();
                        assertThat(first.tx.counters().offloadDropCount()).isPositive();
                        assertThat(first.tx.counters().packetCount()).isPositive();
                        pool.free(out);
                        first.stop();
                        second.stop();
                        assertThat(first.dma.faults()).isEmpty();
                        assertThat(pool.available()).isEqualTo(BUFFERS);
                    }
                });
    }

    private void nonsense(final SplittableRandom random) {
        if (out.room() == 0) {
            return;
        }
        final Datagram packet = new Datagram(SECOND, FIRST, random.nextBoolean(), Datagram.TCP);
        final byte[] frame = packet.prepared(payload(random, 1, random.nextInt(10, 20_000)));
        final int pieceBytes = random.nextInt(4) == 0 ? random.nextInt(40, 400) : 2048;
        if (frame.length / pieceBytes + 1 > pool.available()) {
            return;
        }
        Frames.addPieces(pool, out, frame, pieceBytes, random.nextInt(), random.nextInt(2));
        final int i = out.size() - 1;
        final List<Integer> requests =
                List.of(
                        PacketVector.FLAG_TX_SEGMENT,
                        PacketVector.FLAG_TX_L4_CHECKSUM,
                        PacketVector.FLAG_TX_IP_CHECKSUM,
                        PacketVector.FLAG_TX_SEGMENT | PacketVector.FLAG_TX_L4_CHECKSUM);
        final int request = requests.get(random.nextInt(requests.size()));
        final boolean isSane = random.nextBoolean();
        final int type = isSane ? packet.type() : random.nextInt() & PacketVector.TYPE_MASK;
        out.offload(
                i,
                request | type,
                random.nextInt(5) > 0 ? 14 : random.nextInt(0x10000),
                random.nextInt(5) > 0 ? packet.networkBytes() : random.nextInt(0x10000),
                random.nextInt(5) > 0 ? 32 : random.nextInt(0x10000),
                random.nextInt(5) > 0 ? random.nextInt(50, 2000) : random.nextInt(0x10000));
    }
}
