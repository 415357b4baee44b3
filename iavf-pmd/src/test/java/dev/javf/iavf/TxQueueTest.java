package dev.javf.iavf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.javf.packet.PacketVector;
import dev.javf.vfio.DmaMapping;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

class TxQueueTest {
    private static final int RING = 64;
    private static final int POOL = 512;

    private QueueRig rig = new QueueRig(RING, POOL, VlanTagLocation.L2TAG1);
    private final PacketVector vector = new PacketVector(256);
    private final List<byte[]> sent = new ArrayList<>();
    private final List<Integer> tags = new ArrayList<>();

    @AfterEach
    void close() {
        rig.close();
    }

    @Test
    void shouldWriteADataDescriptor() {
        rig.tx.start();
        add(1, 100);
        final long address = QueueRig.POOL_IOVA + rig.pool.dataOffset(vector.buffer(0));
        assertThat(rig.tx.transmit(vector)).isEqualTo(1);
        assertThat(vector.size()).isZero();
        assertThat(rig.txHardware.qword(0, 0)).isEqualTo(address);
        // Length 100 from bit 34, commands EOP | RS | ICRC from bit 4, type 0.
        assertThat(rig.txHardware.qword(0, 1)).isEqualTo(100L << 34 | 0x070);
        assertThat(rig.txTail()).isEqualTo(1);
    }

    @Test
    void shouldPutTheTagIntoTheDataDescriptor() {
        rig.tx.start();
        addTagged(1, 100, 0xE064);
        rig.tx.transmit(vector);
        assertThat(rig.txHardware.qword(0, 1)).isEqualTo(0xE064L << 48 | 100L << 34 | 0x0F0);
        assertThat(rig.txTail()).isEqualTo(1);
    }

    @Test
    void shouldPutAnOuterTagIntoAContextDescriptor() {
        restart(VlanTagLocation.L2TAG2);
        add(1, 60);
        addTagged(2, 100, 0xE064);
        rig.tx.transmit(vector);
        assertThat(rig.txHardware.qword(0, 1)).isEqualTo(60L << 34 | 0x050);
        assertThat(rig.txHardware.qword(1, 0)).isEqualTo(0xE064L << 32);
        assertThat(rig.txHardware.qword(1, 1)).isEqualTo(0x41);
        assertThat(rig.txHardware.qword(2, 1)).isEqualTo(100L << 34 | 0x070);
        assertThat(rig.txTail()).isEqualTo(3);
        assertThat(rig.tx.available()).isEqualTo(RING - 1 - 3);
        send();
        assertThat(tags).containsExactly(-1, 0xE064);
        rig.tx.freeDone();
        assertThat(rig.tx.idle()).isTrue();
        assertThat(rig.pool.available()).isEqualTo(POOL);
    }

    @Test
    void shouldStartWhereThePacketStarts() {
        rig.tx.start();
        final int buffer = rig.pool.allocate();
        vector.add(buffer, 100, 64, 0, 0, 0);
        rig.tx.transmit(vector);
        assertThat(rig.txHardware.qword(0, 0))
                .isEqualTo(QueueRig.POOL_IOVA + rig.pool.bufferOffset(buffer) + 100);
    }

    @Test
    void shouldAskForOneReportAndRingOncePerBurst() {
        rig.tx.start();
        for (int i = 0; i < 20; i++) {
            add(i, 60);
        }
        assertThat(rig.tx.transmit(vector)).isEqualTo(20);
        for (int slot = 0; slot < 20; slot++) {
            assertThat(rig.txHardware.qword(slot, 1) & 0x20).isEqualTo(slot == 19 ? 0x20 : 0);
        }
        assertThat(rig.txTail()).isEqualTo(20);
        assertThat(rig.tx.counters().burstCount()).isEqualTo(1);
        assertThat(rig.tx.counters().packetCount()).isEqualTo(20);
        assertThat(rig.tx.counters().byteCount()).isEqualTo(20 * 60);
    }

    @Test
    void shouldNotRingWhenThereIsNothingToSend() {
        rig.tx.start();
        rig.watchDoorbells();
        assertThat(rig.tx.transmit(vector)).isZero();
        add(1, 16);
        assertThat(rig.tx.transmit(vector)).isEqualTo(1);
        assertThat(rig.txTail()).isEqualTo(QueueRig.NOT_RUNG);
        assertThat(rig.tx.counters().burstCount()).isZero();
        assertThat(rig.tx.idle()).isTrue();
    }

    @Test
    void shouldFreeABurstOnceItIsDone() {
        rig.tx.start();
        add(1, 60);
        add(2, 60);
        rig.tx.transmit(vector);
        add(3, 60);
        rig.tx.transmit(vector);
        rig.tx.freeDone();
        assertThat(rig.pool.available()).isEqualTo(POOL - 3);
        assertThat(rig.tx.idle()).isFalse();
        rig.txHardware.send(this::wire, 1);
        rig.tx.freeDone();
        assertThat(rig.pool.available()).isEqualTo(POOL - 3);
        rig.txHardware.send(this::wire, 1);
        rig.tx.freeDone();
        assertThat(rig.pool.available()).isEqualTo(POOL - 1);
        assertThat(rig.tx.available()).isEqualTo(RING - 2);
        rig.txHardware.send(this::wire, 1);
        rig.tx.freeDone();
        assertThat(rig.pool.available()).isEqualTo(POOL);
        assertThat(rig.tx.idle()).isTrue();
        assertThat(rig.tx.available()).isEqualTo(RING - 1);
    }

    @Test
    void shouldFreeWhatIsDoneBeforeItLooksForRoom() {
        rig.tx.start();
        fill(RING - 1);
        send();
        for (int i = 0; i < 10; i++) {
            add(i, 60);
        }
        assertThat(rig.tx.transmit(vector)).isEqualTo(10);
        assertThat(rig.pool.available()).isEqualTo(POOL - 10);
    }

    @Test
    void shouldLeaveWhatTheRingHasNoRoomFor() {
        rig.tx.start();
        for (int i = 0; i < RING + 6; i++) {
            add(i, 60);
        }
        assertThat(rig.tx.transmit(vector)).isEqualTo(RING - 1);
        assertThat(vector.size()).isEqualTo(7);
        assertThat(rig.tx.available()).isZero();
        assertThat(rig.tx.counters().fullCount()).isEqualTo(1);
        assertThat(rig.txTail()).isEqualTo(RING - 1);
        assertThat(Frames.bytes(rig.pool, vector, 0)).isEqualTo(Frames.frame(RING - 1, 60));

        rig.watchDoorbells();
        assertThat(rig.tx.transmit(vector)).isZero();
        assertThat(rig.txTail()).isEqualTo(QueueRig.NOT_RUNG);
        assertThat(vector.size()).isEqualTo(7);
    }

    @Test
    void shouldNotSplitAPacketFromItsContext() {
        restart(VlanTagLocation.L2TAG2);
        fill(RING - 2);
        addTagged(1, 60, 5);
        assertThat(rig.tx.available()).isEqualTo(1);
        assertThat(rig.tx.transmit(vector)).isZero();
        assertThat(rig.tx.counters().fullCount()).isEqualTo(1);
        vector.removeFirst(1);
        add(2, 60);
        assertThat(rig.tx.transmit(vector)).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 16})
    void shouldDropAFrameThatIsTooShortForTheDevice(final int length) {
        rig.tx.start();
        add(1, 60);
        add(2, length);
        assertThat(rig.tx.transmit(vector)).isEqualTo(2);
        assertThat(rig.tx.counters().shortDropCount()).isEqualTo(1);
        assertThat(rig.tx.counters().packetCount()).isEqualTo(1);
        send();
        assertThat(sent).containsExactly(Frames.frame(1, 60));
        rig.tx.freeDone();
        assertThat(rig.pool.available()).isEqualTo(POOL);
    }

    @ParameterizedTest
    @ValueSource(ints = {17, 59, 1522})
    void shouldSendEveryLengthThatTheDeviceTakes(final int length) {
        rig.tx.start();
        add(1, length);
        rig.tx.transmit(vector);
        send();
        assertThat(sent).containsExactly(Frames.frame(1, length));
    }

    @Test
    void shouldDropAFrameThatIsTooLong() {
        rig.tx.start();
        add(1, QueueRig.FRAME_BYTES_MAX + 1);
        add(2, 60);
        assertThat(rig.tx.transmit(vector)).isEqualTo(2);
        assertThat(rig.tx.counters().longDropCount()).isEqualTo(1);
        send();
        assertThat(sent).containsExactly(Frames.frame(2, 60));
    }

    @Test
    void shouldDropATaggedPacketWhenTheDeviceInsertsNoTags() {
        restart(VlanTagLocation.NONE);
        addTagged(1, 60, 100);
        add(2, 60);
        assertThat(rig.tx.transmit(vector)).isEqualTo(2);
        assertThat(rig.tx.counters().vlanDropCount()).isEqualTo(1);
        send();
        assertThat(tags).containsExactly(-1);
    }

    @Test
    void shouldTakeNothingUntilStarted() {
        add(1, 60);
        rig.watchDoorbells();
        assertThat(rig.tx.available()).isZero();
        assertThat(rig.tx.transmit(vector)).isZero();
        assertThat(vector.size()).isEqualTo(1);
        assertThat(rig.txTail()).isEqualTo(QueueRig.NOT_RUNG);
    }

    @Test
    void shouldGiveAllBuffersBackWhenReclaimed() {
        rig.tx.start();
        fill(10);
        fill(7);
        rig.txHardware.send(this::wire, 10);
        rig.tx.reclaim();
        assertThat(rig.pool.available()).isEqualTo(POOL);
        assertThat(rig.tx.idle()).isTrue();
        rig.tx.reclaim();
        assertThat(rig.pool.available()).isEqualTo(POOL);
        add(1, 60);
        assertThat(rig.tx.transmit(vector)).isZero();
    }

    @Test
    void shouldStartAgainFromAnEmptyRing() {
        rig.tx.start();
        fill(40);
        rig.txHardware.reset();
        rig.tx.start();
        assertThat(rig.txTail()).isZero();
        assertThat(rig.pool.available()).isEqualTo(POOL);
        for (int slot = 0; slot < RING; slot++) {
            assertThat(rig.txHardware.qword(slot, 1)).isZero();
        }
        add(9, 70);
        rig.tx.transmit(vector);
        send();
        assertThat(sent).containsExactly(Frames.frame(9, 70));
        assertThat(rig.tx.counters().packetCount()).isEqualTo(41);
    }

    @Test
    void shouldLookForReportsOnlyWhereItAskedForThem() {
        rig.tx.start();
        fill(10);
        for (int slot = 0; slot < RING; slot++) {
            if (slot != 9) {
                rig.txHardware.vandalise(slot);
            }
        }
        rig.tx.freeDone();
        assertThat(rig.pool.available()).isEqualTo(POOL - 10);
        rig.txHardware.vandalise(9);
        rig.tx.freeDone();
        assertThat(rig.pool.available()).isEqualTo(POOL);
        rig.tx.freeDone();
        assertThat(rig.pool.available()).isEqualTo(POOL);
        fill(20);
        rig.tx.freeDone();
        assertThat(rig.pool.available()).isEqualTo(POOL - 20);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 59, 9729})
    void shouldRefuseALongestFrameThatDevicesDoNotHave(final int frameBytesMax) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment tail = arena.allocate(4, 4);
            final DmaMapping ring = new DmaMapping(arena.allocate(64 * 16, 128), 0x1000);
            assertThatThrownBy(() ->
                            new TxQueue(
                                    0,
                                    ring,
                                    64,
                                    rig.pool,
                                    0,
                                    tail,
                                    VlanTagLocation.NONE,
                                    frameBytesMax))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage(
                            "Tx frames of up to " + frameBytesMax + " bytes: must be 60 to 9728");
        }
    }

    @ParameterizedTest
    @EnumSource(VlanTagLocation.class)
    void shouldSendUntaggedPacketsTheSameWayEverywhere(final VlanTagLocation location) {
        restart(location);
        add(1, 60);
        rig.tx.transmit(vector);
        assertThat(rig.txHardware.qword(0, 1)).isEqualTo(60L << 34 | 0x070);
    }

    @Test
    void shouldWriteADescriptorForEveryBufferOfAPacket() {
        rig.tx.start();
        Frames.addPieces(
                rig.pool, vector, Frames.frame(1, 1000), 400, 0xE064, PacketVector.FLAG_VLAN);
        add(2, 60);
        assertThat(rig.tx.transmit(vector)).isEqualTo(2);
        final long tag = 0xE064L << 48;
        // IL2TAG1 and ICRC in each, EOP in the last; RS for the burst's last.
        assertThat(rig.txHardware.qword(0, 1)).isEqualTo(tag | 400L << 34 | 0x0C0);
        assertThat(rig.txHardware.qword(1, 1)).isEqualTo(tag | 400L << 34 | 0x0C0);
        assertThat(rig.txHardware.qword(2, 1)).isEqualTo(tag | 200L << 34 | 0x0D0);
        assertThat(rig.txHardware.qword(3, 1)).isEqualTo(60L << 34 | 0x070);
        assertThat(rig.txTail()).isEqualTo(4);
        assertThat(rig.tx.counters().packetCount()).isEqualTo(2);
        assertThat(rig.tx.counters().byteCount()).isEqualTo(1060);
        rig.txHardware.complete();
        rig.tx.freeDone();
        assertThat(rig.pool.available()).isEqualTo(POOL);
    }

    @Test
    void shouldInsertTwoTagsWhereTheDeviceHasPlaceForThem() {
        restart(VlanTagLocation.L2TAG2);
        final int both = PacketVector.FLAG_VLAN | PacketVector.FLAG_INNER_VLAN;
        Frames.add(rig.pool, vector, Frames.frame(1, 60), 0x1007 << 16 | 0xE064, both);
        rig.tx.transmit(vector);
        assertThat(rig.txHardware.qword(0, 0)).isEqualTo(0xE064L << 32);
        assertThat(rig.txHardware.qword(0, 1)).isEqualTo(0x41);
        assertThat(rig.txHardware.qword(1, 1)).isEqualTo(0x1007L << 48 | 60L << 34 | 0x0F0);

        restart(VlanTagLocation.L2TAG1);
        Frames.add(rig.pool, vector, Frames.frame(1, 60), 0x1007 << 16 | 0xE064, both);
        assertThat(rig.tx.transmit(vector)).isEqualTo(1);
        assertThat(rig.tx.counters().vlanDropCount()).isEqualTo(1);
        assertThat(rig.pool.available()).isEqualTo(POOL);
    }

    @ParameterizedTest
    @CsvSource({
        // request, type, header lengths, CMD and OFFSET from bit 4; 0 is refused
        "0x200, 0x10000, 14, 20, 0, 0x287060", // IPv4 header
        "0x600, 0x50000, 14, 20, 32, 0x20287160", // and TCP
        "0x400, 0x50000, 18, 24, 20, 0x14309140", // TCP alone, options and a tag
        "0x400, 0x90000, 14, 20, 8, 0x8287340", // UDP
        "0x400, 0xD0000, 14, 20, 12, 0xC287240", // SCTP
        "0x600, 0x60000, 14, 40, 20, 0x14507120", // IPv6
        "0x400, 0xA0000, 14, 48, 8, 0x8607320",
        "0x400, 0x10000, 14, 20, 0, 0",
        "0x400, 0x110000, 14, 20, 8, 0",
        "0x400, 0x40000, 14, 20, 20, 0",
        "0x400, 0x50000, 13, 20, 20, 0",
        "0x400, 0x50000, 15, 20, 20, 0",
        "0x400, 0x50000, 128, 20, 20, 0",
        "0x400, 0x50000, 14, 16, 20, 0",
        "0x400, 0x50000, 14, 22, 20, 0",
        "0x400, 0x50000, 14, 64, 20, 0",
        "0x400, 0x60000, 14, 36, 20, 0",
        "0x400, 0x60000, 14, 512, 20, 0",
        "0x400, 0x50000, 14, 20, 16, 0",
        "0x400, 0x50000, 14, 20, 64, 0",
        "0x400, 0x90000, 14, 20, 12, 0",
        "0x400, 0xD0000, 14, 20, 8, 0",
    })
    void shouldTellTheDeviceWhichChecksumsToFillIn(
            final String request,
            final String type,
            final int link,
            final int network,
            final int transport,
            final String bits) {
        rig.tx.start();
        add(1, 600);
        vector.offload(
                0, Integer.decode(request) | Integer.decode(type), link, network, transport, 0);
        assertThat(rig.tx.transmit(vector)).isEqualTo(1);
        final long expected = Long.decode(bits);
        assertThat(rig.tx.counters().offloadDropCount()).isEqualTo(expected == 0 ? 1 : 0);
        if (expected != 0) {
            // CMD at 4, OFFSET at 16 of the quadword: the numbers above have both in place.
            assertThat(rig.txHardware.qword(0, 1)).isEqualTo(600L << 34 | expected << 4 | 0x070);
        }
    }

    @Test
    void shouldHaveTheDeviceCutAPacket() {
        restart(VlanTagLocation.L2TAG2);
        Frames.addPieces(
                rig.pool, vector, Frames.frame(1, 4054), 2048, 0xE064, PacketVector.FLAG_VLAN);
        segment(14, 20, 20, 1000);
        assertThat(rig.tx.transmit(vector)).isEqualTo(1);
        assertThat(rig.txHardware.qword(0, 0)).isEqualTo(0xE064L << 32);
        assertThat(rig.txHardware.qword(0, 1)).isEqualTo(1000L << 50 | 4000L << 30 | 0x51);
        assertThat(rig.txTail()).isEqualTo(3);
        assertThat(rig.tx.counters().packetCount()).isEqualTo(4);
        assertThat(rig.tx.counters().byteCount()).isEqualTo(4000 + 4 * 54);
    }

    @Test
    void shouldNotCutAPacketThatFitsOneSegment() {
        rig.tx.start();
        add(1, 1054);
        segment(14, 20, 20, 1000);
        rig.tx.transmit(vector);
        assertThat(rig.txHardware.qword(0, 1) & 0xF).isZero();
        assertThat(rig.tx.counters().packetCount()).isEqualTo(1);
        assertThat(rig.tx.counters().byteCount()).isEqualTo(1054);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 63, 1469, 9669, 65535})
    void shouldDropWhatTheDeviceCanNotCut(final int segmentBytes) {
        rig.tx.start();
        Frames.addPieces(rig.pool, vector, Frames.frame(1, 20_000), 2048, 0, 0);
        segment(14, 20, 20, segmentBytes);
        assertThat(rig.tx.transmit(vector)).isEqualTo(1);
        assertThat(rig.tx.counters().offloadDropCount() + rig.tx.counters().longDropCount())
                .isEqualTo(1);
        assertThat(rig.pool.available()).isEqualTo(POOL);
    }

    @Test
    void shouldDropAPacketInMoreBuffersThanTheDeviceFetches() {
        rig.tx.start();
        Frames.addPieces(rig.pool, vector, Frames.frame(1, 800), 100, 0, 0);
        Frames.addPieces(rig.pool, vector, Frames.frame(1, 801), 100, 0, 0);
        assertThat(rig.tx.transmit(vector)).isEqualTo(2);
        assertThat(rig.tx.counters().packetCount()).isEqualTo(1);
        assertThat(rig.tx.counters().pieceDropCount()).isEqualTo(1);
        // Eight buffers for each segment, the headers' included.
        Frames.addPieces(rig.pool, vector, Frames.frame(1, 2000), 200, 0, 0);
        segment(14, 20, 20, 1400);
        Frames.addPieces(rig.pool, vector, Frames.frame(1, 2000), 200, 0, 0);
        segment(14, 20, 20, 1346);
        assertThat(rig.tx.transmit(vector)).isEqualTo(2);
        assertThat(rig.tx.counters().offloadDropCount()).isEqualTo(1);
        assertThat(rig.tx.counters().packetCount()).isEqualTo(3);
        // More than the ring ever has room for.
        Frames.addPieces(rig.pool, vector, Frames.frame(1, 6400), 100, 0, 0);
        segment(14, 20, 20, 300);
        assertThat(rig.tx.transmit(vector)).isEqualTo(1);
        assertThat(rig.tx.counters().pieceDropCount()).isEqualTo(2);
    }

    @Test
    void shouldLeaveAPacketWholeWhenTheRingHasNoRoomForAllOfIt() {
        rig.tx.start();
        fill(RING - 3);
        Frames.addPieces(rig.pool, vector, Frames.frame(1, 600), 200, 0, 0);
        assertThat(rig.tx.transmit(vector)).isZero();
        assertThat(vector.size()).isEqualTo(1);
        assertThat(rig.tx.available()).isEqualTo(2);
        send();
        assertThat(rig.tx.transmit(vector)).isEqualTo(1);
        assertThat(rig.txHardware.pending()).isEqualTo(3);
    }

    /** Asks for segmentation of the TCP packet that was added last. */
    private void segment(
            final int link, final int network, final int transport, final int segmentBytes) {
        vector.offload(
                vector.size() - 1,
                PacketVector.FLAG_TX_SEGMENT | PacketVector.TYPE_IPV4 | PacketVector.TYPE_TCP,
                link,
                network,
                transport,
                segmentBytes);
    }

    private void restart(final VlanTagLocation location) {
        rig.close();
        rig = new QueueRig(RING, POOL, location);
        rig.tx.start();
    }

    private void fill(final int packets) {
        for (int i = 0; i < packets; i++) {
            add(i, 60);
        }
        assertThat(rig.tx.transmit(vector)).isEqualTo(packets);
    }

    private void send() {
        rig.txHardware.send(this::wire);
    }

    private void wire(final byte[] frame, final int tag) {
        sent.add(frame);
        tags.add(tag);
    }

    private void add(final long number, final int length) {
        Frames.add(rig.pool, vector, Frames.frame(number, length), 0, 0);
    }

    private void addTagged(final long number, final int length, final int vlan) {
        Frames.add(rig.pool, vector, Frames.frame(number, length), vlan, PacketVector.FLAG_VLAN);
    }
}
