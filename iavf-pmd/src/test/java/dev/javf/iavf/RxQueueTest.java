package dev.javf.iavf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.javf.packet.PacketVector;
import dev.javf.vfio.DmaMapping;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.lang.foreign.Arena;
import java.util.HashSet;
import java.util.Set;

class RxQueueTest {
    private static final int RING = 64;
    private static final int POOL = 256;

    private QueueRig rig = new QueueRig(RING, POOL, VlanTagLocation.L2TAG1);
    private final PacketVector vector = new PacketVector(64);

    @AfterEach
    void close() {
        rig.close();
    }

    @Test
    void shouldPostABufferForEveryDescriptor() {
        assertThat(rig.rx.start()).isEqualTo(RING);
        assertThat(rig.rx.posted()).isEqualTo(RING);
        assertThat(rig.pool.available()).isEqualTo(POOL - RING);
        final Set<Long> addresses = new HashSet<>();
        for (int slot = 0; slot < RING; slot++) {
            final long offset = rig.rxHardware.qword(slot, 0) - QueueRig.POOL_IOVA;
            assertThat(offset % rig.pool.strideBytes()).isEqualTo(rig.pool.headroomBytes());
            assertThat(offset / rig.pool.strideBytes()).isBetween(0L, POOL - 1L);
            addresses.add(offset);
            for (int qword = 1; qword < 4; qword++) {
                assertThat(rig.rxHardware.qword(slot, qword)).isZero();
            }
        }
        assertThat(addresses).hasSize(RING);
    }

    @Test
    void shouldKeepTheTailOneBehindSoThatAFullRingDoesNotLookEmpty() {
        rig.rx.start();
        assertThat(rig.rxTail()).isEqualTo(RING - 1);
        assertThat(rig.rxHardware.free()).isEqualTo(RING - 1);
    }

    @Test
    void shouldReceiveWhatArrivedInOrder() {
        rig.rx.start();
        for (int i = 0; i < 10; i++) {
            rig.rxHardware.deliver(Frames.frame(i, 60 + i));
        }
        assertThat(rig.rx.receive(vector)).isEqualTo(10);
        for (int i = 0; i < 10; i++) {
            assertThat(vector.offsetBytes(i)).isEqualTo(rig.pool.headroomBytes());
            assertThat(vector.flags(i)).isZero();
            assertThat(vector.vlan(i)).isZero();
            assertThat(vector.hash(i)).isZero();
            assertThat(Frames.bytes(rig.pool, vector, i)).isEqualTo(Frames.frame(i, 60 + i));
        }
        assertThat(rig.rx.counters().packetCount()).isEqualTo(10);
        assertThat(rig.rx.counters().byteCount()).isEqualTo(10 * 60 + 45);
        assertThat(rig.rx.counters().burstCount()).isEqualTo(1);
        assertThat(rig.rx.receive(vector)).isZero();
        assertThat(rig.rx.counters().emptyPollCount()).isEqualTo(1);
    }

    @Test
    void shouldTakeNoMoreThanTheVectorHasRoomFor() {
        rig.rx.start();
        for (int i = 0; i < 20; i++) {
            rig.rxHardware.deliver(Frames.frame(i, 60));
        }
        final PacketVector small = new PacketVector(8);
        small.add(rig.pool.allocate(), 128, 60, 0, 0, 0);
        assertThat(rig.rx.receive(small)).isEqualTo(7);
        assertThat(small.size()).isEqualTo(8);
        assertThat(rig.rx.receive(small)).isZero();
        assertThat(rig.rx.receive(vector)).isEqualTo(13);
        assertThat(Frames.bytes(rig.pool, vector, 0)).isEqualTo(Frames.frame(7, 60));
    }

    @Test
    void shouldRefillInBlocksAndRingOnce() {
        rig.rx.start();
        for (int i = 0; i < 32; i++) {
            rig.rxHardware.deliver(Frames.frame(i, 60));
        }
        rig.watchDoorbells();
        final PacketVector most = new PacketVector(31);
        assertThat(rig.rx.receive(most)).isEqualTo(31);
        assertThat(rig.rxTail()).isEqualTo(QueueRig.NOT_RUNG);
        rig.pool.free(most);
        assertThat(rig.rx.receive(vector)).isEqualTo(1);
        assertThat(rig.rxTail()).isEqualTo(31);
        assertThat(rig.rx.posted()).isEqualTo(RING);
    }

    @ParameterizedTest
    @CsvSource({
        // location, quadword 0, status, quadword 2, expected tag or -1
        "L2TAG1, 0x0000000080640000, 0x4, 0, 0x8064",
        "L2TAG1, 0x0000000080640000, 0x0, 0, -1",
        "L2TAG1, 0, 0x0, 0x8064000000000001, -1",
        "L2TAG2, 0, 0x0, 0x8064000000000001, 0x8064",
        "L2TAG2, 0, 0x0, 0x8064000000000000, -1",
        "L2TAG2, 0x0000000080640000, 0x4, 0, -1",
        "L2TAG2, 0, 0x0, 0x0000806400000001, 0",
        "NONE, 0x0000000080640000, 0x4, 0x8064000000000001, -1",
    })
    void shouldFindTheTagWhereItWasAgreed(
            final VlanTagLocation location,
            final String qword0,
            final String status,
            final String qword2,
            final String expected) {
        rig.close();
        rig = new QueueRig(RING, POOL, location);
        rig.rx.start();
        rig.rxHardware.deliver(Frames.frame(1, 60), number(qword0), number(status), number(qword2));
        rig.rx.receive(vector);
        final int tag = (int) number(expected);
        assertThat(vector.flags(0)).isEqualTo(tag < 0 ? 0 : PacketVector.FLAG_VLAN);
        assertThat(vector.vlan(0)).isEqualTo(Math.max(tag, 0));
    }

    @Test
    void shouldTakeTheHashOnlyWhenTheStatusSaysThatItIsOne() {
        rig.rx.start();
        for (int filterStatus = 0; filterStatus < 4; filterStatus++) {
            rig.rxHardware.deliver(
                    Frames.frame(1, 60), 0xCAFE_F00DL << 32, (long) filterStatus << 12, 0);
        }
        rig.rx.receive(vector);
        for (int i = 0; i < 3; i++) {
            assertThat(vector.flags(i)).isZero();
            assertThat(vector.hash(i)).isZero();
        }
        assertThat(vector.flags(3)).isEqualTo(PacketVector.FLAG_HASH);
        assertThat(vector.hash(3)).isEqualTo(0xCAFE_F00D);
    }

    @Test
    void shouldSayThatAPacketCameFromANeighbour() {
        rig.rx.start();
        rig.rxHardware.deliver(Frames.frame(1, 60), 0, 1L << 14, 0);
        rig.rx.receive(vector);
        assertThat(vector.flags(0)).isEqualTo(PacketVector.FLAG_LOOPBACK);
    }

    @ParameterizedTest
    @CsvSource({
        // packet type, status and errors, expected flags: 2 IP good, 4 IP bad, 8 L4 good, 16 L4
        // bad,
        // 4096 all inside a tunnel good, 8192 something inside it bad
        "26, 0x0000008, 10",
        "26, 0x0000000, 0",
        "26, 0x0400008, 12",
        "26, 0x1000008, 12",
        "26, 0x0800008, 18",
        "26, 0x0C00008, 20",
        "26, 0x4000008, 2",
        "24, 0x0000008, 10",
        "27, 0x0000008, 10",
        "28, 0x0000008, 2",
        "22, 0x0000008, 2",
        "22, 0x0800008, 2",
        "92, 0x0000008, 8",
        "92, 0x0800008, 16",
        "92, 0x0008008, 0",
        "90, 0x0000008, 8",
        "93, 0x0000008, 8",
        "88, 0x0000008, 0",
        "33, 0x0000008, 4098",
        "33, 0x0400008, 8194",
        "33, 0x0800008, 8194",
        "33, 0x1000008, 4100",
        "33, 0x0000000, 0",
        "107, 0x0800008, 8192",
        "102, 0x0000008, 0",
        "43, 0x0000008, 2",
        "32, 0x0000008, 0",
        "1, 0x0000008, 0",
        "255, 0x0000008, 0",
    })
    void shouldReportChecksumsOnlyWherePacketsHaveThem(
            final int type, final String status, final int flags) {
        rig.rx.start();
        rig.rxHardware.deliver(Frames.frame(1, 60), 0, number(status) | (long) type << 30, 0);
        rig.rx.receive(vector);
        assertThat(vector.flags(0)).isEqualTo(flags);
    }

    /**
     * Rows of ice_lan_tx_rx.h: outer IP, tunnel (1 IP, 2 GRE or UDP, 3 Ethernet), inner IP and L4.
     */
    @ParameterizedTest
    @CsvSource({
        "22, 4, 0, 0, 5",
        "26, 4, 0, 0, 1",
        "29, 4, 1, 4, 5",
        "33, 4, 1, 4, 1",
        "38, 4, 1, 6, 2",
        "42, 4, 1, 6, 4",
        "43, 4, 2, 0, 0",
        "46, 4, 2, 4, 2",
        "56, 4, 2, 6, 3",
        "58, 4, 3, 0, 0",
        "63, 4, 3, 4, 1",
        "72, 4, 3, 6, 4",
        "73, 4, 3, 0, 0",
        "78, 4, 3, 4, 1",
        "87, 4, 3, 6, 4",
        "88, 6, 0, 0, 5",
        "92, 6, 0, 0, 1",
        "95, 6, 1, 4, 5",
        "108, 6, 1, 6, 4",
        "109, 6, 2, 0, 0",
        "114, 6, 2, 4, 1",
        "119, 6, 2, 6, 2",
        "124, 6, 3, 0, 0",
        "126, 6, 3, 4, 0",
        "139, 6, 3, 0, 0",
        "153, 6, 3, 6, 4"
    })
    void shouldKnowThePacketTypesOfTunnels(
            final int type, final int outer, final int tunnel, final int inner, final int content) {
        rig.rx.start();
        rig.rxHardware.deliver(Frames.frame(1, 60), 0, (long) type << 30, 0);
        rig.rx.receive(vector);
        final int shift = tunnel == 0 ? 0 : PacketVector.TYPE_INNER_SHIFT;
        assertThat(vector.packetType(0))
                .isEqualTo(ip(outer) | tunnel << 21 | ip(inner) << shift | content << (18 + shift));
    }

    private static int ip(final int version) {
        return version == 4 ? PacketVector.TYPE_IPV4 : version == 6 ? PacketVector.TYPE_IPV6 : 0;
    }

    @ParameterizedTest
    @ValueSource(ints = {14, 59, 60, 1514, 2048})
    void shouldTakeEveryLengthThatFits(final int length) {
        rig.rx.start();
        rig.rxHardware.deliver(Frames.frame(1, length));
        assertThat(rig.rx.receive(vector)).isEqualTo(1);
        assertThat(Frames.bytes(rig.pool, vector, 0)).isEqualTo(Frames.frame(1, length));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 13, 2049, 9728, 16383})
    void shouldDropAPacketWhoseLengthCannotBeTrue(final int length) {
        rig.rx.start();
        rig.rxHardware.writeBack(0, 0x3 | (long) length << 38, 0);
        rig.rxHardware.deliver(Frames.frame(2, 60));
        assertThat(rig.rx.receive(vector)).isEqualTo(1);
        assertThat(Frames.bytes(rig.pool, vector, 0)).isEqualTo(Frames.frame(2, 60));
        assertThat(rig.rx.counters().lengthDropCount()).isEqualTo(1);
        assertThat(rig.pool.available()).isEqualTo(POOL - RING + 1);
    }

    @Test
    void shouldDropADamagedPacket() {
        rig.rx.start();
        rig.rxHardware.deliver(Frames.frame(1, 60), 0, 1L << 19, 0);
        assertThat(rig.rx.receive(vector)).isZero();
        assertThat(rig.rx.counters().errorDropCount()).isEqualTo(1);
        assertThat(rig.rx.counters().packetCount()).isZero();
        assertThat(rig.rx.counters().emptyPollCount()).isZero();
        assertThat(rig.pool.available()).isEqualTo(POOL - RING + 1);
    }

    @Test
    void shouldDropAnOversizedPacket() {
        rig.rx.start();
        rig.rxHardware.deliver(Frames.frame(1, 2000), 0, 1L << 25, 0);
        assertThat(rig.rx.receive(vector)).isZero();
        assertThat(rig.rx.counters().oversizeDropCount()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {2049, 4096, 4097, 9000, 9728, 10240})
    void shouldReceiveAPacketOfSeveralBuffers(final int length) {
        rig.rx.start();
        for (int round = 0; round < 100; round++) {
            rig.rxHardware.deliver(Frames.frame(round, 60));
            rig.rxHardware.deliver(Frames.frame(round + 1, length));
            assertThat(rig.rx.receive(vector)).isEqualTo(2);
            assertThat(vector.flags(0)).isZero();
            assertThat(vector.flags(1)).isEqualTo(PacketVector.FLAG_SEGMENTED);
            assertThat(vector.totalBytes(1)).isEqualTo(length);
            assertThat(Frames.bytes(rig.pool, vector, 0)).isEqualTo(Frames.frame(round, 60));
            assertThat(Frames.bytes(rig.pool, vector, 1))
                    .isEqualTo(Frames.frame(round + 1, length));
            rig.pool.free(vector);
        }
        assertThat(rig.rx.counters().packetCount()).isEqualTo(200);
        assertThat(rig.rx.counters().byteCount()).isEqualTo(100L * (60 + length));
        rig.rx.reclaim();
        assertThat(rig.pool.available()).isEqualTo(POOL);
    }

    @Test
    void shouldTellOfAPacketOfSeveralBuffersWhatItsLastDescriptorSays() {
        rig.rx.start();
        final long status = 0x4 | 0x8 | 3L << 12 | 26L << 30;
        rig.rxHardware.deliver(
                Frames.frame(1, 5000), 0xCAFE_F00DL << 32 | 0x8064L << 16, status, 0);
        rig.rx.receive(vector);
        assertThat(vector.vlan(0)).isEqualTo(0x8064);
        assertThat(vector.hash(0)).isEqualTo(0xCAFE_F00D);
        assertThat(vector.packetType(0)).isEqualTo(PacketVector.TYPE_IPV4 | PacketVector.TYPE_TCP);
        assertThat(vector.flags(0))
                .isEqualTo(
                        PacketVector.FLAG_VLAN
                                | PacketVector.FLAG_HASH
                                | PacketVector.FLAG_SEGMENTED
                                | PacketVector.FLAG_IP_CHECKSUM_GOOD
                                | PacketVector.FLAG_L4_CHECKSUM_GOOD);
    }

    @Test
    void shouldKeepAPacketOfSeveralBuffersTogetherAcrossBursts() {
        rig.rx.start();
        final byte[] frame = Frames.frame(1, 9000);
        rig.rxHardware.deliver(Frames.frame(0, 60));
        rig.rxHardware.deliver(frame);
        int polls = 0;
        final PacketVector one = new PacketVector(1);
        while (rig.rx.counters().packetCount() < 2) {
            rig.pool.free(one);
            // One descriptor is taken for each packet that there is room for.
            rig.rx.receive(one);
            polls++;
        }
        assertThat(polls).isEqualTo(6);
        assertThat(Frames.bytes(rig.pool, one, 0)).isEqualTo(frame);
    }

    @Test
    void shouldDropAPacketOfTooManyBuffersOnce() {
        rig.rx.start();
        for (int i = 0; i < 7; i++) {
            rig.rxHardware.writeBack(0, 0x1 | 2048L << 38, 0);
        }
        rig.rxHardware.writeBack(0, 0x3 | 700L << 38, 0);
        rig.rxHardware.deliver(Frames.frame(2, 60));
        assertThat(rig.rx.receive(vector)).isEqualTo(1);
        assertThat(rig.rx.counters().chainDropCount()).isEqualTo(1);
        assertThat(rig.rx.counters().lengthDropCount()).isZero();
        assertThat(Frames.bytes(rig.pool, vector, 0)).isEqualTo(Frames.frame(2, 60));
        assertThat(rig.pool.available()).isEqualTo(POOL - RING + 8);
    }

    @ParameterizedTest
    @CsvSource({
        // lengths of three pieces; which counts: 0 error, 1 oversize, 2 length
        "2048, 0, 700, 0, 2",
        "2048, 2049, 700, 0, 2",
        "13, 2048, 700, 0, 2",
        "2048, 2048, 0, 0, 2",
        "2048, 2048, 700, 0x80000, 0",
        "2048, 2048, 700, 0x2000000, 1",
    })
    void shouldDropAPacketOfSeveralBuffersOfWhichOneIsWrong(
            final int first, final int second, final int last, final String errors, final int c) {
        rig.rx.start();
        rig.rxHardware.writeBack(0, 0x1 | (long) first << 38, 0);
        rig.rxHardware.writeBack(0, 0x1 | (long) second << 38, 0);
        rig.rxHardware.writeBack(0, 0x3 | number(errors) | (long) last << 38, 0);
        rig.rxHardware.deliver(Frames.frame(2, 60));
        assertThat(rig.rx.receive(vector)).isEqualTo(1);
        assertThat(Frames.bytes(rig.pool, vector, 0)).isEqualTo(Frames.frame(2, 60));
        final long[] drops = new long[3];
        drops[c] = 1;
        assertThat(
                        new long[] {
                            rig.rx.counters().errorDropCount(),
                            rig.rx.counters().oversizeDropCount(),
                            rig.rx.counters().lengthDropCount()
                        })
                .isEqualTo(drops);
        assertThat(rig.pool.available()).isEqualTo(POOL - RING + 3);
    }

    @ParameterizedTest
    @CsvSource({
        "26, 0x50000",
        "90, 0xA0000",
        "93, 0xE0000",
        "28, 0x110000",
        "22, 0x150000",
        "1, 0"
    })
    void shouldTellThePacketType(final int type, final String expected) {
        rig.rx.start();
        rig.rxHardware.deliver(Frames.frame(1, 60), 0, (long) type << 30, 0);
        rig.rx.receive(vector);
        assertThat(vector.packetType(0)).isEqualTo((int) number(expected));
    }

    @Test
    void shouldTakeTheInnerTagTooWhenBothAreStripped() {
        rig.close();
        rig = new QueueRig(RING, POOL, VlanTagLocation.L2TAG2);
        rig.rx.innerTags(true);
        rig.rx.start();
        rig.rxHardware.deliver(Frames.frame(1, 60), 0x8064L << 16, 0x4, 0xE0C8L << 48 | 1);
        rig.rxHardware.deliver(Frames.frame(1, 60), 0x8064L << 16, 0, 0xE0C8L << 48 | 1);
        rig.rx.receive(vector);
        assertThat(vector.vlan(0)).isEqualTo(0xE0C8);
        assertThat(vector.innerVlan(0)).isEqualTo(0x8064);
        assertThat(vector.flags(0))
                .isEqualTo(PacketVector.FLAG_VLAN | PacketVector.FLAG_INNER_VLAN);
        assertThat(vector.flags(1)).isEqualTo(PacketVector.FLAG_VLAN);
    }

    @Test
    void shouldCountBurstsByTheirSize() {
        rig.close();
        rig = new QueueRig(512, 1024, VlanTagLocation.L2TAG1);
        rig.rx.start();
        final PacketVector large = new PacketVector(256);
        for (final int size : new int[] {1, 2, 3, 4, 7, 8, 63, 64, 127, 128, 200}) {
            for (int i = 0; i < size; i++) {
                rig.rxHardware.deliver(Frames.frame(i, 60));
            }
            assertThat(rig.rx.receive(large)).isEqualTo(size);
            rig.tx.start();
            rig.tx.transmit(large);
            rig.pool.free(large);
        }
        final long[] received = new long[BurstSizes.COUNT];
        final long[] sent = new long[BurstSizes.COUNT];
        for (int i = 0; i < BurstSizes.COUNT; i++) {
            received[i] = rig.rx.counters().burstCount(i);
            sent[i] = rig.tx.counters().burstCount(i);
        }
        assertThat(received).containsExactly(1, 2, 2, 1, 0, 1, 2, 2);
        assertThat(sent).isEqualTo(received);
        assertThat(rig.rx.counters().burstCount()).isEqualTo(11);
    }

    @Test
    void shouldSayWhichPathPacketsTake() {
        assertThat(rig.rx.path())
                .startsWith("legacy descriptors (RXDID 1), VLAN tags from L2TAG1, packets of up to")
                .contains("10240 bytes")
                .contains("check");
        rig.rx.flexible(true);
        rig.rx.vlanLocation(VlanTagLocation.NONE);
        assertThat(rig.rx.path())
                .startsWith("flexible descriptors (RXDID 2)")
                .contains("the PF offers no stripping");
        assertThat(rig.tx.path()).contains("VLAN tags in L2TAG1, frames of up to 1522 bytes");
    }

    @Test
    void shouldForgetAHalfChainWhenStartedAgain() {
        rig.rx.start();
        rig.rxHardware.writeBack(0, 0x1 | 2048L << 38, 0);
        rig.rx.receive(vector);
        rig.rxHardware.reset();
        rig.rx.start();
        rig.rxHardware.deliver(Frames.frame(3, 60));
        assertThat(rig.rx.receive(vector)).isEqualTo(1);
        assertThat(rig.rx.counters().chainDropCount()).isZero();
    }

    @Test
    void shouldNotBelieveThatMoreDescriptorsAreDoneThanTheDeviceWasGiven() {
        rig.rx.start();
        for (int slot = 0; slot < RING; slot++) {
            rig.rxHardware.vandalise(slot, 1, 0x3 | 60L << 38);
        }
        final PacketVector large = new PacketVector(1024);
        assertThat(rig.rx.receive(large)).isEqualTo(RING - 1);
        assertThat(large.size()).isEqualTo(RING - 1);
    }

    @Test
    void shouldNotTakeABareDescriptorAgain() {
        rig.close();
        rig = new QueueRig(RING, RING, VlanTagLocation.L2TAG1);
        rig.rx.start();
        assertThat(rig.pool.available()).isZero();
        for (int i = 0; i < RING - 1; i++) {
            rig.rxHardware.deliver(Frames.frame(i, 60));
        }
        assertThat(rig.rx.receive(vector)).isEqualTo(RING - 1);
        assertThat(rig.rx.counters().noBufferCount()).isEqualTo(1);
        rig.rxHardware.vandalise(RING - 1, 1, 0x3 | 60L << 38);
        final PacketVector more = new PacketVector(64);
        assertThat(rig.rx.receive(more)).isZero();

        rig.pool.free(vector);
        assertThat(rig.rx.receive(more)).isZero();
        assertThat(rig.rx.posted()).isEqualTo(33);
        assertThat(rig.rxTail()).isEqualTo(31);
        assertThat(rig.rxHardware.free()).isEqualTo(32);
    }

    @Test
    void shouldGoOnWhenBuffersComeBack() {
        rig.close();
        rig = new QueueRig(RING, RING + 8, VlanTagLocation.L2TAG1);
        rig.rx.start();
        int sent = 0;
        int received = 0;
        final PacketVector kept = new PacketVector(128);
        while (rig.rxHardware.free() > 0) {
            rig.rxHardware.deliver(Frames.frame(sent++, 60));
            rig.rx.receive(kept);
        }
        assertThat(rig.rx.counters().noBufferCount()).isPositive();
        received += kept.size();
        rig.pool.free(kept);
        rig.rx.receive(kept);
        assertThat(rig.rxHardware.free()).isGreaterThanOrEqualTo(32);
        while (sent < 300) {
            final byte[] frame = Frames.frame(sent++, 60);
            rig.rxHardware.deliver(frame);
            received += rig.rx.receive(kept);
            assertThat(Frames.bytes(rig.pool, kept, kept.size() - 1)).isEqualTo(frame);
            rig.pool.free(kept);
        }
        assertThat(received).isEqualTo(sent);
    }

    @ParameterizedTest
    @CsvSource({"0, 0, 0", "31, 0, 0", "32, 32, 31", "63, 32, 31", "64, 64, 63"})
    void shouldStartWithAsManyBlocksAsThePoolHas(
            final int buffers, final int posted, final int tail) {
        while (rig.pool.available() > buffers) {
            assertThat(rig.pool.allocate()).isNotNegative();
        }
        assertThat(rig.rx.start()).isEqualTo(posted);
        assertThat(rig.rxTail()).isEqualTo(tail);
        assertThat(rig.rxHardware.free()).isEqualTo(tail);
        assertThat(rig.rx.receive(vector)).isZero();
    }

    @Test
    void shouldFillUpAfterAStartWithoutBuffers() {
        final PacketVector all = new PacketVector(POOL);
        while (rig.pool.available() > 0) {
            all.add(rig.pool.allocate(), 128, 60, 0, 0, 0);
        }
        rig.rx.start();
        assertThat(rig.rx.receive(vector)).isZero();
        rig.pool.free(all);
        assertThat(rig.rx.receive(vector)).isZero();
        assertThat(rig.rx.posted()).isEqualTo(RING);
        assertThat(rig.rxTail()).isEqualTo(RING - 1);
        rig.rxHardware.deliver(Frames.frame(5, 60));
        assertThat(rig.rx.receive(vector)).isEqualTo(1);
    }

    @Test
    void shouldGiveAllBuffersBackWhenReclaimed() {
        rig.rx.start();
        for (int i = 0; i < 40; i++) {
            rig.rxHardware.deliver(Frames.frame(i, 60));
        }
        rig.rx.receive(vector);
        rig.rxHardware.deliver(Frames.frame(99, 60));
        rig.pool.free(vector);
        rig.rx.reclaim();
        assertThat(rig.pool.available()).isEqualTo(POOL);
        rig.rx.reclaim();
        assertThat(rig.pool.available()).isEqualTo(POOL);
        rig.watchDoorbells();
        assertThat(rig.rx.receive(vector)).isZero();
        assertThat(rig.rxTail()).isEqualTo(QueueRig.NOT_RUNG);
    }

    @Test
    void shouldReuseItsBuffersWhenStartedAgain() {
        rig.rx.start();
        for (int i = 0; i < 20; i++) {
            rig.rxHardware.deliver(Frames.frame(i, 60));
        }
        rig.rx.receive(vector);
        rig.pool.free(vector);
        rig.rxHardware.reset();
        assertThat(rig.rx.start()).isEqualTo(RING);
        assertThat(rig.pool.available()).isEqualTo(POOL - RING);
        assertThat(rig.rxTail()).isEqualTo(RING - 1);
        rig.rxHardware.deliver(Frames.frame(7, 100));
        assertThat(rig.rx.receive(vector)).isEqualTo(1);
        assertThat(Frames.bytes(rig.pool, vector, 0)).isEqualTo(Frames.frame(7, 100));
        assertThat(rig.rx.counters().packetCount()).isEqualTo(21);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 32, 63, 65, 8128, -64})
    void shouldRefuseARingLengthThatDevicesDoNotTake(final int ringLength) {
        assertThatThrownBy(() -> new RingLayout(1, ringLength, 64))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "Rx ring of "
                                + ringLength
                                + " descriptors: must be a multiple of 32 from 64 to 8096");
    }

    @Test
    void shouldRefuseMemoryThatDoesNotFit() {
        try (Arena arena = Arena.ofConfined()) {
            final DmaMapping tooShort = new DmaMapping(arena.allocate(64 * 32 - 1), 0x1000);
            assertThatThrownBy(() ->
                            new RxQueue(
                                    0,
                                    tooShort,
                                    64,
                                    rig.pool,
                                    0,
                                    arena.allocate(4, 4),
                                    VlanTagLocation.NONE))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage(
                            "Rx ring memory of 2047 bytes at 0x1000: needs 2048 bytes at a multiple"
                                    + " of 128");
            final DmaMapping crooked = new DmaMapping(arena.allocate(64 * 32), 0x1040);
            assertThatThrownBy(() ->
                            new RxQueue(
                                    0,
                                    crooked,
                                    64,
                                    rig.pool,
                                    0,
                                    arena.allocate(4, 4),
                                    VlanTagLocation.NONE))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    private static long number(final String text) {
        return text.startsWith("0x")
                ? Long.parseUnsignedLong(text.substring(2), 16)
                : Long.parseLong(text);
    }
}
