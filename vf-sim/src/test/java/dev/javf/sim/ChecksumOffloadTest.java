package dev.javf.sim;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.zip.CRC32C;

class ChecksumOffloadTest {
    private static final int[] ADDRESSES = {0x0A000001, 0x0A0000FE};
    private static final byte[] ADDRESSES6 = Frames.counting(32);
    private static final int TCP = 6;
    private static final int UDP = 17;
    private static final int SCTP = 132;

    private static final int L3L4P = 3;
    private static final int ZERO_UDP_CHECKSUM = 8;
    private static final int IPV6EXADD = 15;
    private static final int IPE = 22;
    private static final int L4E = 23;

    private static final int IIPT_IPV6 = 0x020 << 4;
    private static final int IIPT_IPV4 = 0x040 << 4;
    private static final int IIPT_IPV4_CHECKSUM = 0x060 << 4;
    private static final int L4T_TCP = 0x100 << 4;
    private static final int L4T_SCTP = 0x200 << 4;
    private static final int L4T_UDP = 0x300 << 4;

    private final EthernetSwitch bridge = new EthernetSwitch("pf0", false);
    private final RingDriver sender = RingDriver.started(bridge, 1);
    private final RingDriver receiver = RingDriver.started(bridge, 2);

    @BeforeEach
    void start() {
        receiver.queues.doWork(0, 0);
    }

    private byte[] ipv4(final int protocol, final byte[] payload) {
        return Frames.ipv4(receiver.mac, sender.mac, ADDRESSES, protocol, payload);
    }

    private byte[] tcp(final int dataBytes) {
        final byte[] frame = ipv4(TCP, Frames.tcp(1, 2, 0x18, Frames.counting(dataBytes)));
        Frames.checksumIpv4(frame);
        return frame;
    }

    private RingDriver.Received pass(final byte[] frame) {
        sender.send(frame);
        return receiver.one();
    }

    private static int offsets(
            final int linkBytes, final int networkBytes, final int transportBytes) {
        return linkBytes / 2 | (networkBytes / 4) << 7 | (transportBytes / 4) << 14;
    }

    private RingDriver.Received offload(
            final byte[] frame,
            final int command,
            final int networkBytes,
            final int transportBytes) {
        sender.enqueue(0, frame, command, offsets(14, networkBytes, transportBytes), 0);
        sender.doorbell(0);
        sender.queues.doWork(0, 10);
        return receiver.one();
    }

    private static void expectGood(final RingDriver.Received received, final int packetType) {
        assertThat(received.has(L3L4P)).isTrue();
        assertThat(received.has(IPE)).isFalse();
        assertThat(received.has(L4E)).isFalse();
        assertThat(received.legacyPacketType()).isEqualTo(packetType);
    }

    @Test
    void shouldAcceptRightChecksumsOfAnyLength() {
        for (int bytes = 0; bytes < 600; bytes += 7) {
            expectGood(pass(tcp(bytes)), 26);
            final byte[] datagram = ipv4(UDP, Frames.udp(1, 2, Frames.counting(bytes)));
            Frames.checksumIpv4(datagram);
            expectGood(pass(datagram), 24);
        }
    }

    @Test
    void shouldSeeEachFlippedBit() {
        final byte[] frame = tcp(300);
        for (int offset = 34; offset < frame.length; offset++) {
            if (offset == 46) {
                continue; // The header's length: a wrong one makes another packet of it.
            }
            frame[offset] ^= 0x10;
            final RingDriver.Received received = pass(frame);
            assertThat(received.has(L4E)).as("byte %d", offset).isTrue();
            assertThat(received.has(IPE)).isFalse();
            frame[offset] ^= 0x10;
        }
        for (int offset = 24; offset < 34; offset++) {
            frame[offset] ^= 0x10;
            assertThat(pass(frame).has(IPE)).as("byte %d", offset).isTrue();
            frame[offset] ^= 0x10;
        }
    }

    @Test
    void shouldSumUpFramesSentInOddPieces() {
        final byte[] frame = tcp(300);
        sender.enqueuePieces(0, frame, 13, 120, 1, 33, 187);
        frame[353] ^= 1;
        sender.enqueuePieces(0, frame, 129, 1, 224);
        sender.doorbell(0);
        sender.queues.doWork(0, 10);
        receiver.receive();
        assertThat(receiver.received)
                .extracting(received -> received.has(L4E))
                .containsExactly(false, true);
    }

    @Test
    void shouldCheckBehindAVlanTagAndIgnorePadding() {
        final byte[] frame = Arrays.copyOf(tcp(0), 60);
        frame[59] = 0x55;
        expectGood(pass(frame), 26);
        expectGood(pass(Frames.tagged(frame, 0x8100, 5)), 26);
    }

    @Test
    void shouldNotJudgeFragmentsAndDatagramsWithoutChecksum() {
        final byte[] fragment = tcp(100);
        fragment[100] ^= 1;
        Frames.put(fragment, 20, 0x2000);
        assertThat(pass(fragment).has(L4E)).isFalse();
        fragment[100] ^= 1;

        final RingDriver.Received zero = pass(ipv4(UDP, Frames.udp(1, 2, new byte[5])));
        assertThat(zero.has(L4E)).isFalse();
        assertThat(zero.has(ZERO_UDP_CHECKSUM)).isTrue();
        final byte[] udp6 =
                Frames.ipv6(
                        receiver.mac, sender.mac, ADDRESSES6, UDP, Frames.udp(1, 2, new byte[5]));
        assertThat(pass(udp6).has(L4E)).as("IPv6 needs one").isTrue();
    }

    @Test
    void shouldNameOtherPackets() {
        assertThat(pass(ipv4(1, new byte[40])).legacyPacketType()).isEqualTo(28);
        assertThat(pass(ipv4(50, new byte[40])).legacyPacketType()).isEqualTo(23);
        assertThat(pass(ipv4(47, new byte[40])).legacyPacketType()).as("GRE").isEqualTo(43);
        assertThat(pass(ipv4(4, new byte[40])).legacyPacketType()).as("no IP").isEqualTo(23);
        assertThat(pass(ipv4(TCP, new byte[19])).legacyPacketType()).as("cut off").isEqualTo(23);
        final byte[] fragment = ipv4(UDP, new byte[40]);
        Frames.put(fragment, 20, 0x0001);
        assertThat(pass(fragment).legacyPacketType()).isEqualTo(22);
        assertThat(pass6(58, new byte[8]).legacyPacketType()).isEqualTo(94);
        assertThat(pass6(59, new byte[8]).legacyPacketType()).isEqualTo(89);
        assertThat(pass6(44, new byte[] {UDP, 0, 0, 1, 0, 0, 0, 0}).legacyPacketType())
                .isEqualTo(88);
        final byte[] tooLong = ipv4(UDP, new byte[40]);
        Frames.put(tooLong, 16, 61);
        assertThat(pass(tooLong).legacyPacketType()).as("longer than the frame").isEqualTo(1);
        assertThat(receiver.none()).isTrue();
    }

    @Test
    void shouldFollowIpv6ExtensionHeaders() {
        final byte[] hopByHop = ByteBuffer.allocate(16).put((byte) UDP).array();
        System.arraycopy(Frames.udp(1, 2, new byte[0]), 0, hopByHop, 8, 8);
        final RingDriver.Received first = pass6(0, hopByHop);
        assertThat(first.legacyPacketType()).isEqualTo(90);
        assertThat(first.has(IPV6EXADD)).isFalse();
        final RingDriver.Received second = pass6(60, hopByHop);
        assertThat(second.legacyPacketType()).isEqualTo(90);
        assertThat(second.has(IPV6EXADD)).isTrue();
        assertThat(pass6(43, new byte[] {UDP, (byte) 255, 0, 0, 0, 0, 0, 0}).legacyPacketType())
                .as("beyond the parser")
                .isEqualTo(89);
    }

    private RingDriver.Received pass6(final int nextHeader, final byte[] payload) {
        return pass(Frames.ipv6(receiver.mac, sender.mac, ADDRESSES6, nextHeader, payload));
    }

    @Test
    void shouldInsertIpv4AndTcpChecksums() {
        final byte[] right = tcp(777);
        final byte[] asked = right.clone();
        Frames.put(asked, 24, 0xDEAD);
        Frames.put(asked, 50, Frames.sum(asked, 26, 34, TCP + asked.length - 34));
        final RingDriver.Received received = offload(asked, IIPT_IPV4_CHECKSUM | L4T_TCP, 20, 20);
        assertThat(received.frame()).isEqualTo(right);
        expectGood(received, 26);
    }

    @Test
    void shouldInsertAUdpChecksumThatIsNeverZero() {
        for (int value = 0; value < 65536; value += 257) {
            final byte[] data = {(byte) (value >>> 8), (byte) value};
            final byte[] asked = ipv4(UDP, Frames.udp(1, 2, data));
            Frames.put(asked, 40, Frames.sum(asked, 26, 34, UDP + 10));
            final RingDriver.Received received = offload(asked, IIPT_IPV4 | L4T_UDP, 20, 8);
            expectGood(received, 24);
            assertThat(received.has(ZERO_UDP_CHECKSUM)).isFalse();
        }
        final byte[] allOnes = ipv4(UDP, Frames.udp(0, 0, new byte[2]));
        Frames.put(allOnes, 40, 0);
        final int rest = Frames.sum(allOnes, 34, 44, 0);
        Frames.put(allOnes, 42, 0xFFFF - rest);
        final byte[] sent = offload(allOnes, IIPT_IPV4 | L4T_UDP, 20, 8).frame();
        assertThat(new byte[] {sent[40], sent[41]}).containsExactly(0xFF, 0xFF);
    }

    @Test
    void shouldInsertChecksumsInIpv6() {
        final byte[] asked =
                Frames.ipv6(
                        receiver.mac,
                        sender.mac,
                        ADDRESSES6,
                        TCP,
                        Frames.tcp(1, 2, 0x10, Frames.counting(99)));
        Frames.put(asked, 70, Frames.sum(asked, 22, 54, TCP + asked.length - 54));
        expectGood(offload(asked, IIPT_IPV6 | L4T_TCP, 40, 20), 92);
    }

    @Test
    void shouldInsertAndCheckSctpChecksums() {
        final byte[] packet = Frames.counting(300);
        final byte[] asked = ipv4(SCTP, packet);
        final RingDriver.Received received = offload(asked, IIPT_IPV4 | L4T_SCTP, 20, 12);
        expectGood(received, 27);
        final CRC32C crc = new CRC32C();
        for (int i = 8; i < 12; i++) {
            packet[i] = 0;
        }
        crc.update(packet);
        assertThat(ByteBuffer.wrap(received.frame()).order(ByteOrder.LITTLE_ENDIAN).getInt(34 + 8))
                .isEqualTo((int) crc.getValue());
        assertThat(pass(asked).has(L4E)).isTrue();
    }

    @Test
    void shouldDropOffsetsThatCanNotBe() {
        final byte[] frame = tcp(10);
        final int command = IIPT_IPV4_CHECKSUM | L4T_TCP;
        final int[] wrong = {
            offsets(12, 20, 20), offsets(14, 16, 20), offsets(14, 20, 16), offsets(14, 20, 60)
        };
        for (final int offsets : wrong) {
            sender.enqueue(0, frame, command, offsets, 0);
        }
        sender.enqueue(0, frame, L4T_TCP, offsets(14, 20, 20), 0);
        sender.doorbell(0);
        sender.queues.doWork(0, 10);
        assertThat(receiver.none()).isTrue();
        assertThat(sender.port.counters().drops(DropCause.TX_CHECKSUM_OFFSET)).isEqualTo(5);
    }
}
