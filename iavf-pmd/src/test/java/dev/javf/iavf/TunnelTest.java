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

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.List;
import java.util.SplittableRandom;

/** What the device does to packets in tunnels, sent and received, next to what it should be. */
class TunnelTest {
    private static final int RING = 512;
    private static final int BUFFERS = 4096;
    private static final int FRAME_BYTES_MAX = 9720;
    private static final MacAddress FIRST = MacAddress.of("02:00:00:00:00:01");
    private static final MacAddress SECOND = MacAddress.of("02:00:00:00:00:02");
    private static final int[] PROTOCOLS = {Datagram.TCP, Datagram.UDP, Datagram.SCTP};

    private final PacketPool pool =
            new PacketPool("tunnel-pool", BUFFERS, 128, 2048, PageSize.PLAIN_4K);
    private final PacketVector out = new PacketVector(64);
    private final PacketVector in = new PacketVector(256);
    private final ArrayDeque<Expected> expected = new ArrayDeque<>();
    private long nowNs;

    /** What is to come out. */
    @SuppressWarnings("ArrayRecordComponent") // Never compared.
    private record Expected(byte[] frame, int type, int checksums, int vlan) {}

    @AfterEach
    void close() {
        pool.close();
    }

    private SimulatedFunction function(final EthernetSwitch bridge, final MacAddress mac) {
        return new SimulatedFunction(bridge, mac, pool, RING, FRAME_BYTES_MAX);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldDoWhatPacketsInTunnelsAskForAndTellWhatComes(final boolean isFlexible) {
        Seed.forEach(1, 3, random -> carry(random, isFlexible, 2_000));
    }

    private void carry(final SplittableRandom random, final boolean isFlexible, final int packets) {
        final EthernetSwitch bridge = new EthernetSwitch("pair", random.nextBoolean());
        try (SimulatedFunction first = function(bridge, FIRST);
                SimulatedFunction second = function(bridge, SECOND)) {
            if (isFlexible) {
                second.flexible();
            }
            first.tx.tunnels(true);
            first.start();
            second.start();
            for (int i = 0; i < packets; i++) {
                make(random, isFlexible);
                assertThat(first.tx.transmit(out)).isEqualTo(1);
                turn(first, second);
            }
            assertThat(expected).isEmpty();
            assertThat(first.port.counters().malformed()).isZero();
            assertThat(first.tx.counters().offloadDropCount()).isZero();
            first.stop();
            second.stop();
            assertThat(first.dma.faults()).isEmpty();
            assertThat(pool.available()).isEqualTo(BUFFERS);
        }
    }

    private void turn(final SimulatedFunction first, final SimulatedFunction second) {
        for (int i = 0; i < 3; i++) {
            nowNs += 10_000;
            first.doWork(nowNs, 64);
            second.doWork(nowNs, 64);
            second.rx.receive(in);
        }
        first.tx.freeDone();
        for (int i = 0; i < in.size(); i++) {
            final Expected should = expected.remove();
            Frames.assertSame(0, Frames.bytes(pool, in, i), should.frame);
            assertThat(Integer.toHexString(in.packetType(i)))
                    .isEqualTo(Integer.toHexString(should.type));
            assertThat(in.flags(i) & CHECKSUMS).isEqualTo(should.checksums);
            assertThat((in.flags(i) & PacketVector.FLAG_VLAN) == 0 ? 0 : in.vlan(i))
                    .isEqualTo(should.vlan);
        }
        pool.free(in);
    }

    private static final int CHECKSUMS =
            PacketVector.FLAG_IP_CHECKSUM_GOOD
                    | PacketVector.FLAG_IP_CHECKSUM_BAD
                    | PacketVector.FLAG_L4_CHECKSUM_GOOD
                    | PacketVector.FLAG_L4_CHECKSUM_BAD
                    | PacketVector.FLAG_INNER_CHECKSUM_GOOD
                    | PacketVector.FLAG_INNER_CHECKSUM_BAD;

    private void make(final SplittableRandom random, final boolean isFlexible) {
        final List<Tunnel.Form> forms = List.of(Tunnel.Form.values());
        final Tunnel.Form form = forms.get(random.nextInt(forms.size()));
        final Tunnel tunnel =
                new Tunnel(
                        SECOND,
                        FIRST,
                        random.nextBoolean(),
                        form,
                        form == Tunnel.Form.VXLAN && random.nextBoolean());
        final boolean isCut = random.nextInt(3) == 0;
        final Datagram inner =
                new Datagram(
                        SECOND,
                        FIRST,
                        random.nextBoolean(),
                        isCut ? Datagram.TCP : PROTOCOLS[random.nextInt(3)]);
        final int headers = tunnel.networkBytes() + tunnel.tunnelBytes() + inner.headerBytes();
        final int vlan = random.nextInt(3) == 0 ? random.nextInt(1, 4095) : 0;
        final int flags = vlan == 0 ? 0 : PacketVector.FLAG_VLAN;
        final int good =
                PacketVector.FLAG_INNER_CHECKSUM_GOOD
                        | (tunnel.isIpv6() ? 0 : PacketVector.FLAG_IP_CHECKSUM_GOOD);
        final int type = tunnel.type(inner.type());
        if (isCut) {
            final byte[] payload = payload(random, 60_000);
            final int least = Math.max(64, payload.length / 60);
            final int segment = random.nextInt(least, FRAME_BYTES_MAX - headers + 1);
            final byte[] frame = tunnel.prepared(inner.prepared(payload));
            Frames.addPieces(pool, out, frame, 2048, vlan, flags);
            ask(tunnel, inner, PacketVector.FLAG_TX_SEGMENT, segment);
            int number = 0;
            for (final byte[] part : inner.segments(payload, segment)) {
                expected.add(new Expected(tunnel.around(part, number++), type, good, vlan));
            }
            return;
        }
        final byte[] payload = payload(random, FRAME_BYTES_MAX - headers);
        if (random.nextBoolean()) {
            final byte[] frame = tunnel.prepared(inner.prepared(payload));
            Frames.addPieces(pool, out, frame, 2048, vlan, flags);
            ask(
                    tunnel,
                    inner,
                    PacketVector.FLAG_TX_IP_CHECKSUM | PacketVector.FLAG_TX_L4_CHECKSUM,
                    0);
            expected.add(new Expected(tunnel.around(inner.frame(payload), 0), type, good, vlan));
        } else {
            damaged(random, tunnel, inner, payload, vlan, isFlexible);
        }
    }

    /** Nothing asked for, and one of the checksums may be wrong. */
    private void damaged(
            final SplittableRandom random,
            final Tunnel tunnel,
            final Datagram inner,
            final byte[] payload,
            final int vlan,
            final boolean isFlexible) {
        final byte[] frame = tunnel.around(inner.frame(payload), 0);
        int checksums = tunnel.isIpv6() ? 0 : PacketVector.FLAG_IP_CHECKSUM_GOOD;
        final int udp = Datagram.LINK_BYTES + tunnel.networkBytes();
        switch (random.nextInt(3)) {
            case 0 -> {
                frame[frame.length - 1] ^= 1;
                checksums |= PacketVector.FLAG_INNER_CHECKSUM_BAD;
                // What the tunnel carries is under its own checksum, too.
                checksums |=
                        tunnel.hasUdpChecksum() && isFlexible
                                ? PacketVector.FLAG_L4_CHECKSUM_BAD
                                : 0;
            }
            case 1 -> {
                checksums |= PacketVector.FLAG_INNER_CHECKSUM_GOOD;
                if (!tunnel.isIpv6()) {
                    // The time to live; the pseudo header hasn't it.
                    frame[Datagram.LINK_BYTES + 8] ^= 1;
                    checksums ^=
                            PacketVector.FLAG_IP_CHECKSUM_GOOD | PacketVector.FLAG_IP_CHECKSUM_BAD;
                } else if (tunnel.hasUdpChecksum()) {
                    final ByteBuffer bytes = ByteBuffer.wrap(frame);
                    bytes.putShort(udp + 6, (short) (bytes.getShort(udp + 6) ^ 0x101));
                    checksums |= isFlexible ? PacketVector.FLAG_L4_CHECKSUM_BAD : 0;
                }
            }
            default -> checksums |= PacketVector.FLAG_INNER_CHECKSUM_GOOD;
        }
        Frames.addPieces(pool, out, frame, 2048, vlan, vlan == 0 ? 0 : PacketVector.FLAG_VLAN);
        expected.add(new Expected(frame, tunnel.type(inner.type()), checksums, vlan));
    }

    private void ask(
            final Tunnel tunnel, final Datagram inner, final int request, final int segmentBytes) {
        final int i = out.size() - 1;
        out.offload(
                i,
                request | inner.type(),
                Datagram.LINK_BYTES,
                inner.networkBytes(),
                inner.transportBytes(),
                segmentBytes);
        out.tunnel(i, tunnel.kind(), tunnel.isIpv6(), tunnel.networkBytes(), tunnel.tunnelBytes());
    }

    private static byte[] payload(final SplittableRandom random, final int max) {
        final byte[] payload = new byte[random.nextInt(40, max + 1)];
        random.nextBytes(payload);
        return payload;
    }

    /** Whatever is said about tunnels: the device never sees what it would stop the queue for. */
    @Test
    void shouldNeverAskTheDeviceForWhatItCanNotDo() {
        Seed.forEach(
                1,
                10,
                random -> {
                    final EthernetSwitch bridge = new EthernetSwitch("pair", false);
                    try (SimulatedFunction first = function(bridge, FIRST)) {
                        final boolean areOffered = random.nextInt(4) > 0;
                        first.tx.tunnels(areOffered);
                        first.start();
                        for (int i = 0; i < 300; i++) {
                            make(random, false);
                            out.tunnel(
                                    0,
                                    random.nextInt(4),
                                    random.nextBoolean(),
                                    random.nextInt(3) > 0 ? 40 : random.nextInt(300),
                                    random.nextInt(3) > 0 ? 16 : random.nextInt(300));
                            first.tx.transmit(out);
                            nowNs += 10_000;
                            first.doWork(nowNs, 64);
                            first.tx.freeDone();
                        }
                        expected.clear();
                        assertThat(first.port.counters().malformed()).isZero();
                        assertThat(first.tx.counters().offloadDropCount()).isPositive();
                        first.stop();
                        assertThat(first.dma.faults()).isEmpty();
                        assertThat(pool.available()).isEqualTo(BUFFERS);
                    }
                });
    }
}
