package dev.javf.sim;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.List;

class SegmentationTest {
    private static final int HEADER_BYTES = 54;
    private static final int TCP = 6;
    private static final int COMMAND = 0x060 << 4 | 0x100 << 4;
    private static final int OFFSETS = 7 | 5 << 7 | 5 << 14;
    private static final int FIN_PSH_ACK_CWR = 0x80 | 0x10 | 0x08 | 0x01;

    private final EthernetSwitch bridge = new EthernetSwitch("pf0", false);
    private final RingDriver sender = RingDriver.started(bridge, 1);
    private final RingDriver receiver = RingDriver.started(bridge, 2);

    @BeforeEach
    void start() {
        receiver.queues.doWork(0, 0);
    }

    private byte[] packet(final int payloadBytes) {
        final byte[] segment = Frames.tcp(7, 8, FIN_PSH_ACK_CWR, Frames.counting(payloadBytes));
        final byte[] frame =
                Frames.ipv4(
                        receiver.mac, sender.mac, new int[] {0x0A000001, 0x0A000002}, TCP, segment);
        Frames.put(frame, 16, 0);
        Frames.put(frame, 24, 0);
        Frames.put(frame, 50, Frames.sum(frame, 26, 34, TCP));
        return frame;
    }

    private void context(final int payloadBytes, final int segmentBytes, final int flags) {
        sender.descriptor(
                0,
                0,
                RingDriver.DTYPE_CONTEXT
                        | (long) (1 | flags) << 4
                        | (long) payloadBytes << 30
                        | (long) segmentBytes << 50);
    }

    /** Queues a packet in two buffers, headers and payload. */
    private void enqueue(final byte[] frame, final int command) {
        final long at = sender.txBuffer(0, sender.txNext(0));
        MemorySegment.copy(frame, 0, sender.memory, ValueLayout.JAVA_BYTE, at, frame.length);
        final int rest = frame.length - HEADER_BYTES;
        sender.descriptor(
                0, RingDriver.IOVA + at, RingDriver.data(command, OFFSETS, HEADER_BYTES, 5));
        sender.descriptor(
                0,
                RingDriver.IOVA + at + HEADER_BYTES,
                RingDriver.data(command | RingDriver.EOP | RingDriver.RS, OFFSETS, rest, 5));
    }

    private List<RingDriver.Received> ring() {
        sender.doorbell(0);
        sender.queues.doWork(0, 10);
        return receiver.receive();
    }

    @Test
    void shouldCutAPacketIntoSegments() {
        context(5000, 1460, 0);
        enqueue(packet(5000), COMMAND);
        final List<RingDriver.Received> segments = ring();
        assertThat(segments)
                .extracting(segment -> segment.frame().length - HEADER_BYTES)
                .containsExactly(1460, 1460, 1460, 620);
        final ByteArrayOutputStream payload = new ByteArrayOutputStream();
        for (int i = 0; i < segments.size(); i++) {
            final RingDriver.Received segment = segments.get(i);
            final ByteBuffer frame = ByteBuffer.wrap(segment.frame());
            payload.write(segment.frame(), HEADER_BYTES, segment.frame().length - HEADER_BYTES);
            assertThat(segment.quadwords()[1] >>> 22 & 3).as("IPE, L4E").isZero();
            assertThat(segment.legacyPacketType()).isEqualTo(26);
            assertThat(frame.getShort(16)).isEqualTo((short) (segment.frame().length - 14));
            assertThat(frame.getShort(18)).isEqualTo((short) (0x1234 + i));
            assertThat(frame.getInt(38)).isEqualTo(0x01020304 + 1460 * i);
            final int flags = 0x10 | (i == 0 ? 0x80 : 0) | (i == 3 ? 0x09 : 0);
            assertThat(frame.get(47)).isEqualTo((byte) flags);
        }
        assertThat(payload.toByteArray()).isEqualTo(Frames.counting(5000));
        assertThat(sender.port.counters().txUnicast()).isEqualTo(4);
    }

    @Test
    void shouldSegmentIpv6AndInsertTags() {
        final byte[] segment = Frames.tcp(7, 8, 0x18, Frames.counting(3000));
        final byte[] frame =
                Frames.ipv6(receiver.mac, sender.mac, Frames.counting(32), TCP, segment);
        Frames.put(frame, 18, 0);
        Frames.put(frame, 70, Frames.sum(frame, 22, 54, TCP));
        context(3000, 1440, 0);
        final int command = 0x020 << 4 | 0x100 << 4 | RingDriver.IL2TAG1;
        sender.enqueue(0, frame, command, 7 | 10 << 7 | 5 << 14, 0x2005);
        receiver.queues.vlanOffloads().innerStripping(true);
        final List<RingDriver.Received> segments = ring();
        assertThat(segments).hasSize(3);
        for (final RingDriver.Received received : segments) {
            assertThat(received.quadwords()[1] >>> 22 & 3).as("IPE, L4E").isZero();
            assertThat(received.legacyPacketType()).isEqualTo(92);
            assertThat(received.legacyTag1()).isEqualTo(0x2005);
        }
    }

    @Test
    void shouldDropWhatCanNotBeSegmented() {
        final int[][] lengthAndSize = {{5000, 63}, {5000, 9669}, {4999, 1460}, {0, 1460}};
        for (final int[] wrong : lengthAndSize) {
            context(wrong[0], wrong[1], 0);
            enqueue(packet(5000), COMMAND);
        }
        context(5000, 1460, 0);
        enqueue(packet(5000), 0x060 << 4 | 0x300 << 4);
        sender.queues.maxFrameBytes(1513);
        context(5000, 1460, 0);
        enqueue(packet(5000), COMMAND);
        assertThat(ring()).isEmpty();
        assertThat(sender.port.counters().drops(DropCause.TX_SEGMENTATION)).isEqualTo(6);
        assertThat(sender.queues.isTxEnabled(0)).isTrue();
    }

    @Test
    void shouldDropTheRestWhenASegmentHasTooManyBuffers() {
        final byte[] frame = packet(1000);
        context(1000, 500, 0);
        final long at = sender.txBuffer(0, 0);
        MemorySegment.copy(frame, 0, sender.memory, ValueLayout.JAVA_BYTE, at, frame.length);
        sender.descriptor(
                0, RingDriver.IOVA + at, RingDriver.data(COMMAND, OFFSETS, HEADER_BYTES + 500, 0));
        for (int i = 0; i < 10; i++) {
            final int end = i == 9 ? RingDriver.EOP : 0;
            sender.descriptor(
                    0,
                    RingDriver.IOVA + at + HEADER_BYTES + 500 + 50L * i,
                    RingDriver.data(COMMAND | end, OFFSETS, 50, 0));
        }
        assertThat(ring()).hasSize(1);
        assertThat(sender.port.counters().drops(DropCause.TX_BUFFER_COUNT)).isEqualTo(1);
    }

    @Test
    void shouldRecordAFaultInTheMiddle() {
        final byte[] frame = packet(1000);
        context(1000, 500, 0);
        sender.enqueuePieces(0, frame, HEADER_BYTES);
        sender.descriptor(
                0,
                RingDriver.IOVA + sender.memory.byteSize() - 999,
                RingDriver.data(RingDriver.EOP, 0, 1000, 0));
        final long at = sender.txRing(0) + 16 + 8;
        sender.memory.set(
                ValueLayout.JAVA_LONG, at, RingDriver.data(COMMAND, OFFSETS, HEADER_BYTES, 0));
        assertThat(ring()).hasSize(1);
        assertThat(sender.dma.faultCount()).isEqualTo(1);
        assertThat(sender.queues.isTxEnabled(0)).isFalse();
    }
}
