package dev.javf.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.packet.MacAddress;
import dev.javf.vfio.IommuFault;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.lang.foreign.ValueLayout;
import java.util.zip.CRC32;

class ReceiveTest {
    private static final int RING = 32;
    private static final int BUFFER = 1024;

    private final EthernetSwitch bridge = new EthernetSwitch("pf0", false);
    private final RingDriver sender = RingDriver.started(bridge, 1);
    private final RingDriver receiver = new RingDriver(bridge, 2, 1, RING, BUFFER);

    @BeforeEach
    void start() {
        receiver.start(0, RxQueueContext.LEGACY);
        receiver.queues.doWork(0, 0);
    }

    private byte[] frame(final int lengthBytes) {
        return sender.frameTo(receiver.mac, lengthBytes);
    }

    private RxQueueContext context(final int maxPacketBytes, final boolean keepCrc) {
        return new RxQueueContext(
                RingDriver.IOVA + receiver.rxRing(0),
                RING,
                BUFFER,
                maxPacketBytes,
                RxQueueContext.LEGACY,
                keepCrc);
    }

    @Test
    void shouldWriteTheLegacyDescriptor() {
        sender.send(frame(60));
        final RingDriver.Received unicast = receiver.one();
        assertThat(unicast.quadwords()[0]).isZero();
        assertThat(unicast.quadwords()[1])
                .as("DD, EOF, LPBK, ptype 1, length 60")
                .isEqualTo(1L | 1 << 1 | 1 << 14 | 1L << 30 | 60L << 38);
        assertThat(unicast.quadwords()[2]).isZero();
        assertThat(unicast.quadwords()[3]).isZero();

        sender.send(Frames.ethernet(MacAddress.BROADCAST, sender.mac, 0x0806, 60));
        assertThat(receiver.one().quadwords()[1])
                .as("and UMBCAST 2, ptype 11")
                .isEqualTo(1L | 1 << 1 | 2 << 9 | 1 << 14 | 11L << 30 | 60L << 38);

        receiver.port.promiscuousMulticast(true);
        sender.send(sender.frameTo(MacAddress.of("01:00:5e:00:00:01"), 60));
        assertThat(receiver.one().quadwords()[1] >>> 9 & 3).as("UMBCAST").isEqualTo(1);
    }

    @Test
    void shouldWriteTheFlexibleDescriptor() {
        receiver.start(0, RxQueueContext.FLEX);
        receiver.queues.vlanOffloads().innerStripping(true);
        sender.send(sender.taggedTo(MacAddress.BROADCAST, 0x6007, 64));
        final long[] quadwords = receiver.one().quadwords();
        assertThat(quadwords[0])
                .as("RXDID 2, UMBCAST 2, ptype 1, length 60")
                .isEqualTo(2L | 2 << 14 | 1 << 16 | 60L << 32);
        assertThat(quadwords[1])
                .as("DD, EOF, LPBK, L2TAG1P, L2TAG1")
                .isEqualTo(1L | 1 << 1 | 1 << 8 | 1 << 13 | 0x6007 << 16);
        assertThat(quadwords[2]).isZero();
        assertThat(quadwords[3]).isZero();
    }

    @Test
    void shouldStripTheInnerTagToL2Tag1() {
        receiver.queues.vlanOffloads().innerStripping(true);
        sender.send(Frames.tagged(frame(1500), 0x8100, 0xE123));
        final RingDriver.Received stripped = receiver.one();
        assertThat(stripped.frame()).isEqualTo(frame(1500));
        assertThat(stripped.has(2)).as("L2TAG1P").isTrue();
        assertThat(stripped.legacyTag1()).isEqualTo(0xE123);
        assertThat(stripped.quadwords()[2]).isZero();

        sender.send(frame(60));
        assertThat(receiver.one().has(2)).isFalse();
        sender.send(Frames.tagged(frame(60), 0x88A8, 5));
        assertThat(receiver.one().frame()).hasSize(64);
    }

    @Test
    void shouldStripTheOuterTagToL2Tag2InDoubleVlanMode() {
        final EthernetSwitch two = new EthernetSwitch("pf1", true);
        final RingDriver from = RingDriver.started(two, 1);
        final RingDriver to = RingDriver.started(two, 2);
        to.queues.doWork(0, 0);
        final byte[] plain = from.frameTo(to.mac, 60);
        final byte[] inner = Frames.tagged(plain, 0x8100, 7);
        final byte[] both = Frames.tagged(inner, 0x88A8, 0x2123);

        to.queues.vlanOffloads().outerStripping(0x88A8);
        from.send(both);
        final RingDriver.Received outer = to.one();
        assertThat(outer.frame()).isEqualTo(inner);
        assertThat(outer.has(2)).isFalse();
        assertThat(outer.quadwords()[2]).as("L2TAG2P, L2TAG2_2").isEqualTo(1 | 0x2123L << 48);

        to.queues.vlanOffloads().innerStripping(true);
        from.send(both);
        final RingDriver.Received all = to.one();
        assertThat(all.frame()).isEqualTo(plain);
        assertThat(all.legacyTag1()).isEqualTo(7);
        assertThat(all.quadwords()[2]).isEqualTo(1 | 0x2123L << 48);

        to.queues.vlanOffloads().outerStripping(0);
        from.send(both);
        assertThat(to.one().frame()).isEqualTo(Frames.tagged(plain, 0x88A8, 0x2123));
        from.send(inner);
        assertThat(to.one().frame()).as("a single tag is the outer one").isEqualTo(inner);

        to.start(0, RxQueueContext.FLEX);
        to.queues.vlanOffloads().outerStripping(0x8100);
        from.send(inner);
        assertThat(to.one().quadwords()[2]).as("L2TAG2P").isEqualTo(1 << 11 | 7L << 48);
    }

    @Test
    void shouldSpreadAFrameOverUpToFiveBuffers() {
        for (final int length : new int[] {1023, 1024, 1025, 2048, 2049, 5119, 5120}) {
            sender.send(frame(length));
            final RingDriver.Received received = receiver.one();
            assertThat(received.frame()).isEqualTo(frame(length));
            assertThat(received.buffers()).isEqualTo((length + BUFFER - 1) / BUFFER);
        }
        sender.send(frame(5121));
        assertThat(receiver.none()).isTrue();
        assertThat(receiver.port.counters().drops(DropCause.RX_TOO_LONG)).isEqualTo(1);
    }

    @Test
    void shouldSayNothingButLengthBeforeTheLastDescriptor() {
        final int slot = receiver.rxNext(0);
        sender.send(frame(1500));
        receiver.queues.doWork(0, 0);
        assertThat(receiver.rxStatus(0, slot)).isEqualTo(1L | 1024L << 38);
        assertThat(receiver.one().quadwords()[1] >>> 38 & 0x3FFF).isEqualTo(1500 - 1024);
    }

    @Test
    void shouldDropWhatIsLongerThanTheLongestPacket() {
        receiver.start(0, context(1500, false));
        sender.send(frame(1500));
        assertThat(receiver.one().frame()).hasSize(1500);
        sender.send(frame(1501));
        sender.send(Frames.tagged(frame(1497), 0x8100, 1));
        assertThat(receiver.none()).isTrue();
        assertThat(receiver.port.counters().rxDiscards()).isEqualTo(2);
    }

    @Test
    void shouldUseDescriptorsUpToTheTailOnly() {
        for (int i = 0; i < RING + 5; i++) {
            sender.send(frame(60));
        }
        final int room = RING - 1;
        assertThat(receiver.port.counters().rxUnicast()).isEqualTo(room);
        assertThat(receiver.port.counters().drops(DropCause.RX_NO_DESCRIPTOR)).isEqualTo(6);
        assertThat(receiver.port.counters().rxDiscards()).isEqualTo(6);
        receiver.receive();
        assertThat(receiver.received).hasSize(room);

        receiver.received.clear();
        sender.send(frame(61));
        assertThat(receiver.one().frame()).hasSize(61);
    }

    @Test
    void shouldNotStartAFrameThatDoesNotFit() {
        receiver.queues.disableRx(0);
        receiver.queues.configureRx(0, context(9728, false));
        receiver.rxTail(0, 2);
        receiver.queues.enableRx(0);
        sender.send(frame(3000));
        assertThat(receiver.port.counters().drops(DropCause.RX_NO_DESCRIPTOR)).isEqualTo(1);
        sender.send(frame(2000));
        assertThat(receiver.port.counters().rxUnicast()).isEqualTo(1);
    }

    @Test
    void shouldKeepTheFrameCheckSequenceWhenAsked() {
        receiver.start(0, context(9728, true));
        for (final int length : new int[] {60, 128, 129, 1018, 1020, 1021, 1023, 1024, 3000}) {
            sender.send(frame(length));
            final RingDriver.Received received = receiver.one();
            final CRC32 crc = new CRC32();
            crc.update(frame(length));
            final byte[] expected = new byte[length + 4];
            System.arraycopy(frame(length), 0, expected, 0, length);
            for (int i = 0; i < 4; i++) {
                expected[length + i] = (byte) (crc.getValue() >>> (8 * i));
            }
            assertThat(received.frame()).isEqualTo(expected);
            assertThat(received.has(4)).as("CRCP").isTrue();
        }
    }

    @Test
    void shouldDropForAQueueThatIsNotEnabled() {
        receiver.queues.disableRx(0);
        assertThat(receiver.queues.isRxEnabled(0)).isFalse();
        sender.send(frame(60));
        assertThat(receiver.none()).isTrue();
        assertThat(receiver.port.counters().drops(DropCause.RX_QUEUE_DISABLED)).isEqualTo(1);
    }

    @Test
    void shouldStopTheQueueAtATailOutsideTheRing() {
        receiver.queues.configureRx(0, context(9728, false));
        receiver.rxTail(0, RING);
        receiver.queues.enableRx(0);
        sender.send(frame(60));
        assertThat(receiver.port.counters().drops(DropCause.RX_TAIL)).isEqualTo(1);
        assertThat(receiver.queues.isRxEnabled(0)).isFalse();
    }

    @Test
    void shouldRecordAFaultAndStopWhenABufferIsNotMapped() {
        receiver.memory.set(ValueLayout.JAVA_LONG, receiver.rxRing(0) + 32, 0xBAD000);
        sender.send(frame(60));
        sender.send(frame(61));
        sender.send(frame(62));
        assertThat(receiver.dma.faults())
                .containsExactly(
                        new IommuFault(
                                "sim:0/2",
                                0xBAD000,
                                61,
                                "Rx queue 0, descriptor 1: packet buffer"));
        assertThat(receiver.port.counters().drops(DropCause.RX_IOMMU_FAULT)).isEqualTo(1);
        assertThat(receiver.queues.isRxEnabled(0)).isFalse();
        assertThat(sender.queues.isTxEnabled(0)).isTrue();

        receiver.start(0, RxQueueContext.LEGACY);
        sender.send(frame(63));
        assertThat(receiver.one().frame()).hasSize(63);
    }

    @Test
    void shouldRecordAFaultWhenTheRingIsUnmapped() {
        receiver.dma.unmap(RingDriver.IOVA, receiver.memory.byteSize());
        sender.send(frame(60));
        receiver.queues.doWork(0, 0);
        assertThat(receiver.dma.faults())
                .containsExactly(
                        new IommuFault(
                                "sim:0/2",
                                RingDriver.IOVA + receiver.rxRing(0),
                                32,
                                "Rx queue 0, descriptor 0: ring"));
    }

    @Test
    void shouldTouchNoByteBehindAFrame() {
        final long at = receiver.rxBuffer(0, receiver.rxNext(0));
        receiver.memory.asSlice(at, BUFFER).fill((byte) 0x5A);
        sender.send(frame(61));
        receiver.queues.doWork(0, 0);
        for (int i = 61; i < BUFFER; i++) {
            assertThat(receiver.memory.get(ValueLayout.JAVA_BYTE, at + i)).isEqualTo((byte) 0x5A);
        }
    }
}
