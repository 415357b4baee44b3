package dev.javf.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.javf.packet.MacAddress;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.lang.foreign.ValueLayout;

class TransmitTest {
    private static final int DUMMY = 1 << 8;
    private static final int DONE = 0xF;

    private final EthernetSwitch bridge = new EthernetSwitch("pf0", false);
    private final RingDriver sender = RingDriver.started(bridge, 1);
    private final RingDriver receiver = RingDriver.started(bridge, 2);

    @BeforeEach
    void start() {
        receiver.queues.doWork(0, 0);
    }

    private void ring() {
        sender.doorbell(0);
        sender.queues.doWork(0, 1000);
    }

    private byte[] frame(final int lengthBytes) {
        return sender.frameTo(receiver.mac, lengthBytes);
    }

    @Test
    void shouldSendFramesOfAnyLengthAroundTheRing() {
        for (int length = 17; length <= 2048; length += 13) {
            sender.send(frame(length));
            assertThat(receiver.one().frame()).isEqualTo(frame(length));
        }
        assertThat(sender.port.counters().malformed()).isZero();
    }

    @Test
    void shouldGatherUpToEightBuffers() {
        final byte[] frame = frame(1000);
        sender.enqueuePieces(0, frame, 1, 1, 4, 7, 1, 500, 2, 484);
        sender.enqueuePieces(0, frame, 127, 873);
        sender.enqueuePieces(0, frame, 128, 872);
        sender.enqueuePieces(0, frame, 129, 871);
        ring();
        receiver.receive();
        assertThat(receiver.received).hasSize(4);
        assertThat(receiver.received).allSatisfy(got -> assertThat(got.frame()).isEqualTo(frame));
    }

    @Test
    void shouldWrapInTheMiddleOfAPacket() {
        final byte[] frame = frame(300);
        for (int i = 0; i < 100; i++) {
            sender.enqueuePieces(0, frame, 100, 50, 150);
            ring();
            assertThat(receiver.one().frame()).isEqualTo(frame);
        }
        assertThat(sender.txNext(0)).isEqualTo(300 % sender.ringLength);
    }

    @Test
    void shouldTakeNothingBehindTheTail() {
        sender.enqueue(0, frame(60), 0, 0);
        sender.enqueue(0, frame(61), 0, 0);
        sender.txTail(0, 1);
        assertThat(sender.queues.doWork(0, 10)).isEqualTo(1);
        assertThat(receiver.one().frame()).hasSize(60);
        assertThat(receiver.none()).isTrue();
        ring();
        assertThat(receiver.one().frame()).hasSize(61);
    }

    @Test
    void shouldKeepToItsBudgetAndServeQueuesInTurn() {
        final EthernetSwitch other = new EthernetSwitch("pf1", false);
        final RingDriver many = new RingDriver(other, 1, 4, 64, 2048);
        final RingDriver target = RingDriver.started(other, 2);
        target.queues.doWork(0, 0);
        for (int queue = 0; queue < 4; queue++) {
            many.start(queue, RxQueueContext.LEGACY);
            for (int i = 0; i < 5; i++) {
                many.enqueue(queue, many.frameTo(target.mac, 60 + queue), 0, 0);
            }
            many.doorbell(queue);
        }
        assertThat(many.queues.doWork(0, 3)).isEqualTo(3);
        assertThat(many.queues.doWork(0, 3)).isEqualTo(3);
        target.receive();
        assertThat(target.received)
                .extracting(got -> got.frame().length)
                .containsExactly(60, 60, 60, 61, 61, 61);
        assertThat(many.queues.doWork(0, 100)).isEqualTo(14);
        assertThat(many.queues.doWork(0, 100)).isZero();
    }

    @Test
    void shouldMarkOnlyDescriptorsThatAskAndKeepTheirOtherBits() {
        for (int i = 0; i < 8; i++) {
            final long at = sender.txBuffer(0, i);
            final int status = i == 2 || i == 7 ? RingDriver.RS : 0;
            sender.descriptor(
                    0,
                    RingDriver.IOVA + at,
                    RingDriver.data(RingDriver.EOP | status, 0x3, 60, 0xABC));
        }
        ring();
        for (int i = 0; i < 8; i++) {
            assertThat(sender.txType(0, i)).isEqualTo(i == 2 || i == 7 ? DONE : 0);
        }
        final long done = sender.memory.get(ValueLayout.JAVA_LONG, sender.txRing(0) + 7 * 16 + 8);
        assertThat(done)
                .isEqualTo(RingDriver.data(RingDriver.EOP | RingDriver.RS, 0x3, 60, 0xABC) | DONE);
    }

    @Test
    void shouldHoldBackDoneMarksOfAPartOfACacheLineWithoutVector() {
        sender.queues.mapTx(0, 0, 0);
        for (int i = 0; i < 3; i++) {
            sender.send(frame(60));
        }
        sender.queues.doWork(0, 10);
        assertThat(sender.txType(0, 0)).isZero();
        assertThat(sender.txType(0, 2)).isZero();

        sender.send(frame(60));
        assertThat(sender.txType(0, 0)).isEqualTo(DONE);
        assertThat(sender.txType(0, 3)).isEqualTo(DONE);

        sender.send(frame(60));
        sender.queues.disableTx(0);
        assertThat(sender.txType(0, 4)).isEqualTo(DONE);
    }

    @Test
    void shouldInsertTheTagOfTheDataDescriptor() {
        sender.enqueue(0, frame(60), RingDriver.IL2TAG1, 0x6064);
        ring();
        assertThat(receiver.one().frame()).isEqualTo(Frames.tagged(frame(60), 0x8100, 0x6064));

        final byte[] large = frame(1500);
        sender.enqueue(0, Frames.tagged(large, 0x8100, 7), RingDriver.IL2TAG1, 8);
        ring();
        assertThat(receiver.one().frame())
                .isEqualTo(Frames.tagged(Frames.tagged(large, 0x8100, 7), 0x8100, 8));
    }

    @Test
    void shouldInsertTheOuterTagOfTheContextInDoubleVlanMode() {
        final EthernetSwitch two = new EthernetSwitch("pf1", true);
        final RingDriver from = RingDriver.started(two, 1);
        final RingDriver to = RingDriver.started(two, 2);
        to.queues.doWork(0, 0);
        from.queues.vlanOffloads().outerInsertion(0x88A8);
        final byte[] frame = from.frameTo(to.mac, 60);
        final int il2tag2 = 0x4 << 4;
        from.descriptor(0, 0x2064L << 32, RingDriver.DTYPE_CONTEXT | il2tag2);
        from.enqueue(0, frame, 0, 0);
        from.descriptor(0, 0x2064L << 32, RingDriver.DTYPE_CONTEXT | il2tag2);
        from.enqueue(0, frame, RingDriver.IL2TAG1, 9);
        from.descriptor(0, 0, RingDriver.DTYPE_CONTEXT);
        from.enqueue(0, frame, 0, 0);
        from.doorbell(0);
        from.queues.doWork(0, 10);

        to.receive();
        final byte[] outer = Frames.tagged(frame, 0x88A8, 0x2064);
        final byte[] both = Frames.tagged(Frames.tagged(frame, 0x8100, 9), 0x88A8, 0x2064);
        assertThat(to.received)
                .extracting(RingDriver.Received::frame)
                .containsExactly(outer, both, frame);
        assertThat(from.txType(0, 0)).as("context descriptors are never done").isEqualTo(1);
    }

    @Test
    void shouldNotSendDummies() {
        sender.enqueue(0, frame(60), DUMMY, 0);
        ring();
        assertThat(receiver.none()).isTrue();
        assertThat(sender.txType(0, 0)).isEqualTo(DONE);
        assertThat(sender.port.counters().txUnicast()).isZero();
    }

    @Test
    void shouldMoveNothingWithoutBusMastering() {
        sender.isBusMaster = false;
        sender.send(frame(60));
        assertThat(receiver.none()).isTrue();
        sender.isBusMaster = true;
        sender.queues.doWork(0, 10);
        assertThat(receiver.one().frame()).hasSize(60);

        receiver.isBusMaster = false;
        receiver.queues.doWork(0, 0);
        sender.send(frame(60));
        receiver.isBusMaster = true;
        assertThat(receiver.none()).isTrue();
        assertThat(receiver.port.counters().rxDiscards()).isEqualTo(1);
    }

    @Test
    void shouldStartAnewWhenEnabledAgain() {
        sender.send(frame(60));
        sender.send(frame(60));
        receiver.receive();
        receiver.received.clear();
        sender.queues.disableTx(0);
        assertThat(sender.queues.isTxEnabled(0)).isFalse();
        sender.send(frame(60));
        assertThat(receiver.none()).isTrue();

        sender.start(0, RxQueueContext.LEGACY);
        sender.queues.doWork(0, 10);
        assertThat(receiver.none()).as("the old tail is forgotten").isTrue();
        sender.send(frame(61));
        assertThat(receiver.one().frame()).hasSize(61);
        assertThat(sender.queues.enableTx(0)).as("enabled already").isTrue();
        sender.send(frame(62));
        assertThat(receiver.one().frame()).hasSize(62);
    }

    @Test
    void shouldLoseAllConfigurationInAReset() {
        sender.queues.reset();
        assertThat(sender.queues.isAnyEnabled()).isFalse();
        assertThat(sender.queues.enableTx(0)).isFalse();
        assertThat(sender.queues.enableRx(0)).isFalse();
        sender.send(frame(60));
        assertThat(receiver.none()).isTrue();
    }

    @Test
    void shouldCountBytesAndKinds() {
        sender.send(frame(100));
        sender.send(sender.frameTo(MacAddress.BROADCAST, 60));
        sender.send(sender.frameTo(MacAddress.of("01:00:5e:00:00:01"), 70));
        final PortCounters counters = sender.port.counters();
        assertThat(counters.txBytes()).isEqualTo(230);
        assertThat(counters.txUnicast()).isEqualTo(1);
        assertThat(counters.txBroadcast()).isEqualTo(1);
        assertThat(counters.txMulticast()).isEqualTo(1);
        assertThat(receiver.port.counters().rxBytes()).isEqualTo(160);
        assertThat(receiver.port.counters().rxUnicast()).isEqualTo(1);
        counters.reset();
        assertThat(counters.txBytes()).isZero();
    }

    @Test
    void shouldRefuseImpossibleQueues() {
        assertThatThrownBy(() -> new TxQueueContext(0, 0)).hasMessageContaining("0 descriptors");
        assertThatThrownBy(() -> new TxQueueContext(0, 8192)).hasMessageContaining("8192");
        assertThatThrownBy(() -> new RxQueueContext(0, 64, 0, 1, 1, false))
                .hasMessageContaining("buffers of 0");
        assertThatThrownBy(() -> new RingDriver(bridge, 9, 257, 8, 128))
                .hasMessageContaining("257 queue pairs");
    }
}
