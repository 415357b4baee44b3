package dev.javf.virtio.pci;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.packet.PacketVector;
import dev.javf.testing.Seed;
import dev.javf.testing.TcpFrame;
import dev.javf.virtio.Feature;
import dev.javf.virtio.net.NetSettings;
import dev.javf.virtio.pci.NicRig.Door;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Checksums and segmentation between a guest and its NIC, and frames of several buffers. What a
 * guest says in a packet's header has to be true of the packet, or the packet is dropped.
 */
class OffloadsTest {
    private static final long TO = 0x0200_0000_0001L;
    private static final long FROM = NicRig.MAC.value();
    private static final long BASIC =
            Feature.maskOf(Feature.VERSION_1, Feature.MAC, Feature.CTRL_VQ, Feature.MRG_RXBUF);
    private static final long SENDS =
            BASIC | Feature.maskOf(Feature.CSUM, Feature.HOST_TSO4, Feature.HOST_TSO6);
    private static final long RECEIVES =
            BASIC | Feature.maskOf(Feature.GUEST_CSUM, Feature.GUEST_TSO4, Feature.GUEST_TSO6);
    private static final int NEEDS_CSUM = 1;
    private static final int TCPV4 = 1;
    private static final int TCPV6 = 4;
    private static final int TAG_BYTES = 4;
    private static final int LARGE = 40_000;

    private static byte[] header(
            final int flags,
            final int gsoType,
            final int gsoSize,
            final int start,
            final int offset) {
        return ByteBuffer.allocate(12)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put((byte) flags)
                .put((byte) gsoType)
                // Its length of the headers isn't looked at.
                .putShort((short) 0xDEAD)
                .putShort((short) gsoSize)
                .putShort((short) start)
                .putShort((short) offset)
                .array();
    }

    private static int transport(final boolean isIpv6) {
        return TcpFrame.LINK_BYTES + TcpFrame.networkBytes(isIpv6);
    }

    private static void take(final NicRig rig) {
        rig.step();
        rig.net().receive(rig.vector);
    }

    private static void assertRequest(
            final NicRig rig, final boolean isIpv6, final int request, final int segment) {
        assertThat(rig.vector.size()).isEqualTo(1);
        assertThat(rig.vector.flags(0) & PacketVector.FLAGS_TX_OFFLOAD).isEqualTo(request);
        assertThat(rig.vector.packetType(0))
                .isEqualTo(
                        PacketVector.TYPE_TCP
                                | (isIpv6 ? PacketVector.TYPE_IPV6 : PacketVector.TYPE_IPV4));
        assertThat(rig.vector.linkBytes(0)).isEqualTo(TcpFrame.LINK_BYTES);
        assertThat(rig.vector.networkBytes(0)).isEqualTo(TcpFrame.networkBytes(isIpv6));
        assertThat(rig.vector.transportBytes(0)).isEqualTo(TcpFrame.TCP_BYTES);
        assertThat(rig.vector.segmentBytes(0)).isEqualTo(segment);
    }

    // ---- What the guest sends ----

    @ParameterizedTest
    @CsvSource({"false, false", "false, true", "true, false", "true, true"})
    void shouldAskTheNicForWhatTheGuestAsksFor(final boolean isIpv6, final boolean isTagged) {
        try (NicRig rig = NicRig.trunk(Door.IN_PROCESS)) {
            rig.driver.initialize(SENDS);
            final int shift = isTagged ? TAG_BYTES : 0;
            final int start = transport(isIpv6) + shift;
            final byte[] small = TcpFrame.begun(isIpv6, TO, FROM, 500, 1);
            final byte[] smallSent = isTagged ? Frames.tagged(small, 100) : small;
            rig.driver.transmit(0, header(NEEDS_CSUM, 0, 0, start, 16), smallSent);
            take(rig);
            assertRequest(rig, isIpv6, PacketVector.FLAG_TX_L4_CHECKSUM, 0);
            assertThat(rig.frame(0)).isEqualTo(small);
            rig.pool.free(rig.vector);

            final byte[] large = TcpFrame.begun(isIpv6, TO, FROM, LARGE, 2);
            final byte[] largeSent = isTagged ? Frames.tagged(large, 100) : large;
            rig.driver.transmit(
                    0, header(NEEDS_CSUM, isIpv6 ? TCPV6 : TCPV4, 1400, start, 16), largeSent);
            take(rig);
            assertRequest(rig, isIpv6, PacketVector.FLAG_TX_SEGMENT, 1400);
            assertThat(rig.frame(0)).isEqualTo(large);
            assertThat(rig.vector.vlan(0)).isEqualTo(isTagged ? 100 : 0);
            assertThat(rig.net().counters().rxBytes().value())
                    .isEqualTo(small.length + large.length + 2L * shift);
            rig.pool.free(rig.vector);
            assertThat(rig.pool.available()).isEqualTo(rig.pool.capacity());
        }
    }

    /** Inside a tunnel, say: no NIC is told of it, so the checksum is filled in here. */
    @Test
    void shouldFillInAChecksumThatNoNicKnowsOf() {
        try (NicRig rig = NicRig.of(Door.IN_PROCESS)) {
            rig.driver.initialize(SENDS);
            final byte[] inner = TcpFrame.begun(false, TO, FROM, 600, 1);
            final byte[] whole = TcpFrame.of(false, TO, FROM, 600, 1);
            final byte[] outer = Frames.of(50, 1);
            final byte[] tunnel = Arrays.copyOf(outer, 50 + inner.length);
            System.arraycopy(inner, 0, tunnel, 50, inner.length);
            rig.driver.transmit(0, header(NEEDS_CSUM, 0, 0, 50 + transport(false), 16), tunnel);
            take(rig);
            assertThat(rig.vector.flags(0)).isZero();
            assertThat(Arrays.copyOfRange(rig.frame(0), 50, tunnel.length)).isEqualTo(whole);
            rig.pool.free(rig.vector);
        }
    }

    /** Each line is untrue in one thing. (CVE-2024-11614 was such a checksum offset.) */
    @ParameterizedTest
    @CsvSource({
        "no such checksum position, 1, 0, 0, 0, 0",
        "position before IP, 1, 0, 0, 13, 16",
        "field beyond the end, 1, 0, 0, 34, 65535",
        "start beyond the end, 1, 0, 0, 65535, 16",
        "start at the end, 1, 0, 0, 566, 0",
        "segments without checksum, 0, 1, 1000, 34, 16",
        "segments from elsewhere, 1, 1, 1000, 35, 16",
        "segments with another field, 1, 1, 1000, 34, 6",
        "segments of IPv6 in IPv4, 1, 4, 1000, 34, 16",
        "segments of UDP, 1, 3, 1000, 34, 16",
        "segments of what nobody knows, 1, 2, 1000, 34, 16",
        "congestion that wasn't agreed on, 1, 129, 1000, 34, 16",
        "no segments, 1, 1, 0, 34, 16",
        "tiny segments, 1, 1, 63, 34, 16",
        "segments longer than the MTU, 1, 1, 1449, 34, 16"
    })
    void shouldDropWhatIsNotTrue(
            final String what,
            final int flags,
            final int type,
            final int size,
            final int start,
            final int offset) {
        try (NicRig rig = NicRig.of(Door.IN_PROCESS)) {
            rig.driver.initialize(SENDS);
            final byte[] frame = TcpFrame.begun(false, TO, FROM, 500, 1);
            assertThat(frame).hasSize(566);
            rig.driver.transmit(0, header(flags, type, size, start, offset), frame);
            take(rig);
            assertThat(rig.vector.size()).as(what).isZero();
            assertThat(rig.net().counters().rxOffload().value()).isEqualTo(1);
            rig.driver.assertStatusIsGood();
            Traffic.exchange(rig, 0);
        }
    }

    @Test
    void shouldDropSegmentationThatWasNotAgreedOn() {
        try (NicRig rig = NicRig.of(Door.IN_PROCESS)) {
            rig.driver.initialize(BASIC | Feature.maskOf(Feature.CSUM, Feature.HOST_TSO4));
            final byte[] frame = TcpFrame.begun(true, TO, FROM, 1200, 1);
            rig.driver.transmit(0, header(NEEDS_CSUM, TCPV6, 500, transport(true), 16), frame);
            assertThat(rig.received()).isEmpty();
            assertThat(rig.net().counters().rxOffload().value()).isEqualTo(1);
            // Too long, and nothing that is to be cut.
            rig.driver.transmit(0, header(0, 0, 0, 0, 0), TcpFrame.of(false, TO, FROM, 5000, 1));
            rig.driver.transmit(0, header(0, 0, 0, 0, 0), Frames.of(LARGE, 1));
            assertThat(rig.received()).isEmpty();
            assertThat(rig.net().counters().rxTooLong().value()).isEqualTo(2);
            // Without CSUM the header says nothing, whatever is in it.
            rig.driver.initialize(BASIC);
            rig.driver.transmit(0, header(NEEDS_CSUM, TCPV6, 500, 1, 1), frame);
            take(rig);
            assertThat(rig.vector.flags(0)).isZero();
            assertThat(rig.frame(0)).isEqualTo(frame);
            rig.pool.free(rig.vector);
        }
    }

    /** Whatever is in the header and in the frame: nothing is thrown, no buffer is lost. */
    @Test
    void shouldWithstandAnyHeader() {
        Seed.forEach(
                1,
                20,
                random -> {
                    try (NicRig rig = NicRig.trunk(Door.IN_PROCESS)) {
                        rig.driver.initialize(SENDS);
                        int passed = 0;
                        for (int i = 0; i < 500; i++) {
                            final boolean isIpv6 = random.nextBoolean();
                            final byte[] frame =
                                    TcpFrame.begun(isIpv6, TO, FROM, random.nextInt(3000), i);
                            for (int n = random.nextInt(4); n > 0; n--) {
                                frame[random.nextInt(60)] = (byte) random.nextInt();
                            }
                            final byte[] header =
                                    header(
                                            random.nextInt(4),
                                            random.nextInt(6),
                                            random.nextInt(2000),
                                            random.nextInt(16) == 0
                                                    ? random.nextInt(65536)
                                                    : transport(isIpv6),
                                            random.nextInt(16) == 0 ? random.nextInt(65536) : 16);
                            rig.driver.transmit(0, header, frame);
                            take(rig);
                            passed += rig.vector.size();
                            rig.pool.free(rig.vector);
                        }
                        assertThat(passed).isGreaterThan(20);
                        assertThat(rig.pool.available()).isEqualTo(rig.pool.capacity());
                        rig.driver.assertStatusIsGood();
                    }
                });
    }

    // ---- What the guest receives ----

    private static void offload(
            final NicRig rig, final boolean isIpv6, final int request, final int segment) {
        rig.vector.offload(
                rig.vector.size() - 1,
                request
                        | PacketVector.TYPE_TCP
                        | (isIpv6 ? PacketVector.TYPE_IPV6 : PacketVector.TYPE_IPV4),
                TcpFrame.LINK_BYTES,
                TcpFrame.networkBytes(isIpv6),
                TcpFrame.TCP_BYTES,
                segment);
    }

    /** As from a neighbour on the same VF: the guest gets it as it is, with what it asks for. */
    @ParameterizedTest
    @CsvSource({"false, false", "false, true", "true, false", "true, true"})
    void shouldHandRequestsOnToTheGuest(final boolean isIpv6, final boolean isTagged) {
        try (NicRig rig = NicRig.trunk(Door.IN_PROCESS)) {
            rig.driver.initialize(RECEIVES);
            assertThat(rig.net().offloads()).isEqualTo(PacketVector.FLAGS_TX_OFFLOAD);
            final int start = transport(isIpv6) + (isTagged ? TAG_BYTES : 0);
            final int vlanFlag = isTagged ? PacketVector.FLAG_VLAN : 0;
            final byte[] small = TcpFrame.begun(isIpv6, TO, FROM, 500, 1);
            rig.add(small, 100, vlanFlag, 0);
            offload(rig, isIpv6, PacketVector.FLAG_TX_L4_CHECKSUM, 0);
            final byte[] large = TcpFrame.begun(isIpv6, TO, FROM, LARGE, 2);
            rig.add(large, 100, vlanFlag, 0);
            offload(rig, isIpv6, PacketVector.FLAG_TX_SEGMENT, 1400);
            assertThat(rig.net().transmit(rig.vector)).isEqualTo(2);
            assertThat(rig.driver.receive(0))
                    .containsExactly(
                            isTagged ? Frames.tagged(small, 100) : small,
                            isTagged ? Frames.tagged(large, 100) : large);
            final ByteBuffer header =
                    ByteBuffer.wrap(rig.driver.receiveQueue(0).lastHeader())
                            .order(ByteOrder.LITTLE_ENDIAN);
            assertThat(header.get(0)).isEqualTo((byte) NEEDS_CSUM);
            assertThat(header.get(1)).isEqualTo((byte) (isIpv6 ? TCPV6 : TCPV4));
            assertThat(header.getShort(2)).isEqualTo((short) (start + TcpFrame.TCP_BYTES));
            assertThat(header.getShort(4)).isEqualTo((short) 1400);
            assertThat(header.getShort(6)).isEqualTo((short) start);
            assertThat(header.getShort(8)).isEqualTo((short) 16);
            assertThat(header.getShort(10)).isGreaterThan((short) 1);
        }
    }

    @Test
    void shouldSayWhatTheGuestTakes() {
        try (NicRig rig = NicRig.of(Door.IN_PROCESS)) {
            assertThat(rig.net().offloads()).isZero();
            rig.driver.initialize(BASIC);
            assertThat(rig.net().offloads()).isZero();
            rig.driver.initialize(BASIC | Feature.maskOf(Feature.GUEST_CSUM, Feature.GUEST_TSO4));
            assertThat(rig.net().offloads()).isEqualTo(PacketVector.FLAG_TX_L4_CHECKSUM);
            rig.driver.initialize(RECEIVES & ~Feature.MRG_RXBUF.mask());
            assertThat(rig.net().offloads()).isEqualTo(PacketVector.FLAG_TX_L4_CHECKSUM);
        }
    }

    // ---- Frames of several buffers ----

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldMoveFramesOfSeveralBuffers(final boolean isPacked) {
        try (NicRig rig =
                new NicRig(NetSettings.access("nic", NicRig.MAC).mtu(9000), Door.IN_PROCESS)) {
            rig.driver.initialize(BASIC | (isPacked ? Feature.RING_PACKED.mask() : 0));
            for (final int size : List.of(2048, 2049, 4096, 4097, 6000, 9013, 9014)) {
                final byte[] frame = Frames.of(size, size);
                assertThat(rig.driver.transmit(0, frame)).isTrue();
                assertThat(rig.received()).as("%d bytes", size).containsExactly(frame);
                assertThat(rig.transmit(frame)).isTrue();
                assertThat(rig.driver.receive(0)).as("%d bytes", size).containsExactly(frame);
            }
            assertThat(rig.transmit(Frames.of(9015, 1))).isTrue();
            assertThat(rig.net().counters().txTooLong().value()).isEqualTo(1);
            rig.driver.transmit(0, Frames.of(9015, 1));
            assertThat(rig.received()).isEmpty();
            assertThat(rig.net().counters().rxTooLong().value()).isEqualTo(1);
            assertThat(rig.pool.available()).isEqualTo(rig.pool.capacity());
        }
    }

    /** A packet of several buffers comes whole, or waits until there are buffers. */
    @Test
    void shouldWaitForPacketBuffers() {
        try (NicRig rig =
                new NicRig(NetSettings.access("nic", NicRig.MAC).mtu(9000), Door.IN_PROCESS)) {
            rig.driver.initialize(BASIC);
            final List<Integer> taken = new ArrayList<>();
            while (rig.pool.available() > 3) {
                taken.add(rig.pool.allocate());
            }
            final byte[] frame = Frames.of(9000, 1);
            rig.driver.transmit(0, frame);
            assertThat(rig.received()).isEmpty();
            assertThat(rig.pool.available()).isEqualTo(3);
            taken.forEach(rig.pool::free);
            assertThat(rig.received()).containsExactly(frame);
        }
    }

    @Test
    void shouldKeepAPacketOfSeveralBuffersThatTheGuestHasNoRoomFor() {
        try (NicRig rig =
                new NicRig(NetSettings.access("nic", NicRig.MAC).mtu(9000), Door.IN_PROCESS)) {
            rig.driver.initialize(BASIC);
            final byte[] frame = Frames.of(9000, 1);
            for (int i = 0; i < 8; i++) {
                rig.add(frame, 0, 0, 0);
            }
            // The guest has 64 KiB of buffers.
            assertThat(rig.net().transmit(rig.vector)).isEqualTo(7);
            assertThat(rig.driver.receive(0)).hasSize(7);
            assertThat(rig.net().transmit(rig.vector)).isEqualTo(1);
            assertThat(rig.driver.receive(0)).containsExactly(frame);
            assertThat(rig.pool.available()).isEqualTo(rig.pool.capacity());
        }
    }
}
