package dev.javf.packet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.testing.Allocations;
import dev.javf.testing.Seed;
import dev.javf.testing.TcpFrame;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** What a NIC does for a packet, done in software: checksums and TCP segments. */
class SoftwareOffloadTest {
    private static final long TO = 0x0200_0000_0001L;
    private static final long FROM = 0x0200_0000_0002L;

    private final PacketPool pool = new PacketPool("offload-test", 128);
    private final PacketVector vector = new PacketVector(4);
    private final SegmentCutter cutter = new SegmentCutter(pool);

    @AfterEach
    void shouldHaveLostNoBuffer() {
        pool.free(vector);
        assertThat(pool.available()).isEqualTo(pool.capacity());
        pool.close();
    }

    /** Puts a frame into the vector, in buffers of random fill. */
    private void add(final byte[] frame, final SplittableRandom random, final int headBytes) {
        int done = Math.min(frame.length, random.nextInt(headBytes, pool.dataCapacityBytes() + 1));
        final int first = pool.allocate();
        put(frame, 0, done, first);
        vector.add(first, pool.headroomBytes(), done, 0, 0, 0);
        if (done < frame.length) {
            pool.begin(first);
            vector.segmented(vector.size() - 1, frame.length - done);
        }
        int last = first;
        while (done < frame.length) {
            final int piece =
                    Math.min(
                            frame.length - done,
                            random.nextInt(random.nextBoolean() ? 64 : 1, 2048));
            final int buffer = pool.allocate();
            put(frame, done, piece, buffer);
            pool.append(last, buffer, pool.headroomBytes(), piece);
            last = buffer;
            done += piece;
        }
    }

    private void put(final byte[] frame, final int from, final int length, final int buffer) {
        MemorySegment.copy(
                frame, from, pool.memory(), ValueLayout.JAVA_BYTE, pool.dataOffset(buffer), length);
    }

    private byte[] frame(final int i) {
        final byte[] frame = new byte[vector.totalBytes(i)];
        int buffer = vector.buffer(i);
        int done = vector.lengthBytes(i);
        MemorySegment.copy(
                pool.memory(),
                ValueLayout.JAVA_BYTE,
                pool.bufferOffset(buffer) + vector.offsetBytes(i),
                frame,
                0,
                done);
        while (done < frame.length) {
            buffer = pool.next(buffer);
            final int piece = pool.pieceLengthBytes(buffer);
            MemorySegment.copy(
                    pool.memory(),
                    ValueLayout.JAVA_BYTE,
                    pool.bufferOffset(buffer) + pool.pieceOffsetBytes(buffer),
                    frame,
                    done,
                    piece);
            done += piece;
        }
        return frame;
    }

    private void ask(final int i, final int request, final boolean isIpv6, final int segment) {
        vector.offload(
                i,
                request
                        | PacketVector.TYPE_TCP
                        | (isIpv6 ? PacketVector.TYPE_IPV6 : PacketVector.TYPE_IPV4),
                TcpFrame.LINK_BYTES,
                TcpFrame.networkBytes(isIpv6),
                TcpFrame.TCP_BYTES,
                segment);
    }

    @Test
    void shouldFillInChecksums() {
        Seed.forEach(
                1,
                300,
                random -> {
                    final boolean isIpv6 = random.nextBoolean();
                    final int payload = random.nextInt(3000);
                    final byte[] whole = TcpFrame.of(isIpv6, TO, FROM, payload, 7);
                    add(
                            TcpFrame.begun(isIpv6, TO, FROM, payload, 7),
                            random,
                            TcpFrame.headerBytes(isIpv6));
                    ask(0, PacketVector.FLAG_TX_L4_CHECKSUM, isIpv6, 0);
                    assertThat(SoftwareOffload.checksum(pool, vector, 0)).isTrue();
                    assertThat(frame(0)).isEqualTo(whole);
                    assertThat(vector.flags(0) & PacketVector.FLAGS_TX_OFFLOAD).isZero();
                    pool.free(vector);
                });
    }

    @Test
    void shouldCutIntoSegments() {
        Seed.forEach(
                1,
                300,
                random -> {
                    final boolean isIpv6 = random.nextBoolean();
                    final int payload = random.nextInt(1, 30_000);
                    final int segment = random.nextInt(64, random.nextInt(65, 5000));
                    final byte[] large = TcpFrame.begun(isIpv6, TO, FROM, payload, 9);
                    add(large, random, TcpFrame.headerBytes(isIpv6));
                    ask(0, PacketVector.FLAG_TX_SEGMENT, isIpv6, segment);
                    final List<byte[]> segments = new ArrayList<>();
                    assertThat(cutter.begin(vector, 0)).isTrue();
                    while (cutter.isLeft()) {
                        assertThat(cutter.next(vector)).isTrue();
                        segments.add(frame(1));
                        pool.free(vector, 1);
                        vector.size(1);
                    }
                    assertThat(segments).hasSize((payload + segment - 1) / segment);
                    assertThat(TcpFrame.payload(segments)).isEqualTo(TcpFrame.payload(large));
                    pool.free(vector);
                });
    }

    @Test
    void shouldKeepTagAndHashAndClearTheCongestionFlagButOnce() {
        final byte[] large = TcpFrame.begun(false, TO, FROM, 300, 9);
        final int tcpFlags = TcpFrame.headerBytes(false) - TcpFrame.TCP_BYTES + 13;
        large[tcpFlags] |= (byte) 0x80;
        add(large, new SplittableRandom(1), large.length);
        vector.tag(0, 100);
        vector.tagInner(0, 200);
        ask(0, PacketVector.FLAG_TX_SEGMENT, false, 100);
        cutter.begin(vector, 0);
        for (int i = 1; i <= 3; i++) {
            assertThat(cutter.next(vector)).isTrue();
            assertThat(vector.vlan(i)).isEqualTo(100);
            assertThat(vector.innerVlan(i)).isEqualTo(200);
            assertThat(frame(i)[tcpFlags] & 0x80).isEqualTo(i == 1 ? 0x80 : 0);
        }
    }

    /** No buffers: what there was is given back. */
    @Test
    void shouldStopWithoutBuffers() {
        add(TcpFrame.begun(false, TO, FROM, 9000, 9), new SplittableRandom(1), 2048);
        ask(0, PacketVector.FLAG_TX_SEGMENT, false, 4500);
        final List<Integer> taken = new ArrayList<>();
        while (pool.available() > 2) {
            taken.add(pool.allocate());
        }
        assertThat(cutter.begin(vector, 0)).isTrue();
        assertThat(cutter.next(vector)).isFalse();
        assertThat(vector.size()).isEqualTo(1);
        assertThat(pool.available()).isEqualTo(2);
        taken.forEach(pool::free);
    }

    /** A request may be a virtual machine's: what isn't true of the packet is refused. */
    @Test
    void shouldRefuseWhatMakesNoSense() {
        add(TcpFrame.begun(false, TO, FROM, 200, 9), new SplittableRandom(1), 2048);
        final int tcp = PacketVector.TYPE_IPV4 | PacketVector.TYPE_TCP;
        final int udp = PacketVector.TYPE_IPV4 | PacketVector.TYPE_UDP;
        final int sctp = PacketVector.TYPE_IPV4 | PacketVector.TYPE_SCTP;
        refuse(tcp, 13, 20, 20, 100);
        refuse(tcp, 14, 19, 20, 100);
        refuse(tcp, 14, 20, 19, 100);
        refuse(tcp, 14, 20, 60_000, 100);
        refuse(tcp, 65_535, 65_535, 65_535, 100);
        refuse(PacketVector.TYPE_TCP, 14, 20, 20, 100);
        refuse(PacketVector.TYPE_IPV6 | PacketVector.TYPE_TCP, 14, 20, 20, 100);
        refuse(sctp, 14, 20, 12, 100);
        refuse(PacketVector.TYPE_IPV4, 14, 20, 20, 100);
        vector.offload(0, PacketVector.FLAG_TX_SEGMENT | udp, 14, 20, 8, 100);
        assertThat(cutter.begin(vector, 0)).isFalse();
        vector.offload(0, PacketVector.FLAG_TX_SEGMENT | tcp, 14, 20, 20, 0);
        assertThat(cutter.begin(vector, 0)).isFalse();
        assertThat(cutter.isLeft()).isFalse();
    }

    private void refuse(
            final int type,
            final int link,
            final int network,
            final int transport,
            final int segment) {
        final byte[] before = frame(0);
        vector.offload(0, PacketVector.FLAG_TX_L4_CHECKSUM | type, link, network, transport, 0);
        assertThat(SoftwareOffload.checksum(pool, vector, 0)).isFalse();
        vector.offload(0, PacketVector.FLAG_TX_SEGMENT | type, link, network, transport, segment);
        assertThat(cutter.begin(vector, 0)).isFalse();
        assertThat(frame(0)).isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldAllocateNothing(final boolean isIpv6) {
        add(TcpFrame.begun(isIpv6, TO, FROM, 3000, 9), new SplittableRandom(1), 1800);
        ask(0, PacketVector.FLAG_TX_SEGMENT, isIpv6, 1000);
        final Runnable cut =
                () -> {
                    cutter.begin(vector, 0);
                    while (cutter.isLeft()) {
                        cutter.next(vector);
                        pool.free(vector, 1);
                        vector.size(1);
                    }
                };
        long least = Long.MAX_VALUE;
        for (int round = 0; round < 30_000 && (round < 500 || least > 0); round++) {
            least = Math.min(least, Allocations.of(cut));
        }
        assertThat(least).isZero();
    }
}
