package dev.javf.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.testing.Seed;
import dev.javf.vfio.IommuFault;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Bad descriptors are dropped, counted by cause, and disturb nothing else. */
class MalformedDescriptorTest {
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

    private long buffer() {
        return RingDriver.IOVA + sender.txBuffer(0, sender.txNext(0));
    }

    private void dataDescriptor(final int type, final int bytes) {
        sender.descriptor(
                0, buffer(), RingDriver.data(RingDriver.EOP | RingDriver.RS | type, 0, bytes, 0));
    }

    private void contextDescriptor(final long tunneling, final int command) {
        sender.descriptor(0, tunneling, RingDriver.DTYPE_CONTEXT | (long) command << 4);
    }

    private byte[] good() {
        return sender.frameTo(receiver.mac, 60);
    }

    private void expectDropThenGoOn(final DropCause cause) {
        final int bad = sender.txNext(0);
        sender.enqueue(0, good(), 0, 0);
        ring();
        assertThat(receiver.one().frame()).isEqualTo(good());
        assertThat(sender.port.counters().drops(cause)).as(cause.name()).isEqualTo(1);
        assertThat(sender.port.counters().txErrors()).isEqualTo(1);
        assertThat(sender.port.counters().malformed()).isEqualTo(1);
        assertThat(sender.txType(0, bad)).isEqualTo(0xF);
        assertThat(sender.dma.faultCount()).isZero();
        sender.port.counters().reset();
    }

    @Test
    void shouldDropUnknownDescriptorTypes() {
        for (final int type : new int[] {2, 3, 8, 0xF}) {
            dataDescriptor(type, 60);
            expectDropThenGoOn(DropCause.TX_DESCRIPTOR_TYPE);
        }
    }

    @Test
    void shouldDropEmptyBuffers() {
        dataDescriptor(0, 0);
        expectDropThenGoOn(DropCause.TX_BUFFER_LENGTH);
        sender.descriptor(0, buffer(), RingDriver.data(0, 0, 0, 0));
        dataDescriptor(0, 60);
        expectDropThenGoOn(DropCause.TX_BUFFER_LENGTH);
    }

    @Test
    void shouldDropFramesOfTheWrongLength() {
        dataDescriptor(0, 16);
        expectDropThenGoOn(DropCause.TX_TOO_SHORT);
        dataDescriptor(0, 9729);
        expectDropThenGoOn(DropCause.TX_TOO_LONG);
        sender.queues.maxFrameBytes(1514);
        dataDescriptor(0, 1515);
        expectDropThenGoOn(DropCause.TX_TOO_LONG);
        dataDescriptor(0, 16383);
        expectDropThenGoOn(DropCause.TX_TOO_LONG);
    }

    @Test
    void shouldDropFramesInTooManyBuffers() {
        sender.enqueuePieces(0, good(), 10, 10, 10, 10, 10, 2, 2, 2, 4);
        expectDropThenGoOn(DropCause.TX_BUFFER_COUNT);
    }

    @Test
    void shouldDropWhatTheTailCutsOff() {
        sender.descriptor(0, buffer(), RingDriver.data(RingDriver.RS, 0, 60, 0));
        ring();
        expectDropThenGoOn(DropCause.TX_NO_END_OF_PACKET);
        contextDescriptor(0, 0);
        ring();
        expectDropThenGoOn(DropCause.TX_NO_END_OF_PACKET);
    }

    @Test
    void shouldDropContextsThatAVirtualFunctionMayNotUse() {
        contextDescriptor(0, 0);
        contextDescriptor(0, 0);
        dataDescriptor(0, 60);
        expectDropThenGoOn(DropCause.TX_CONTEXT);
        for (final int command : new int[] {0x8, 0x10, 0x20, 0x30, 0x40}) {
            contextDescriptor(0, command);
            dataDescriptor(0, 60);
            expectDropThenGoOn(DropCause.TX_CONTEXT);
        }
        contextDescriptor(1, 0);
        dataDescriptor(0, 60);
        expectDropThenGoOn(DropCause.TX_CONTEXT);
    }

    @Test
    void shouldDropForbiddenTagInsertion() {
        contextDescriptor(5L << 32, 0x4);
        dataDescriptor(0, 60);
        expectDropThenGoOn(DropCause.TX_TAG_INSERTION);
        sender.queues.vlanOffloads().innerInsertion(false);
        dataDescriptor(RingDriver.IL2TAG1, 60);
        expectDropThenGoOn(DropCause.TX_TAG_INSERTION);
    }

    @Test
    void shouldStopTheQueueAtATailOutsideTheRing() {
        sender.txTail(0, sender.ringLength);
        sender.queues.doWork(0, 10);
        assertThat(sender.queues.isTxEnabled(0)).isFalse();
        assertThat(sender.port.counters().drops(DropCause.TX_TAIL)).isEqualTo(1);
        sender.queues.doWork(0, 10);
        assertThat(sender.port.counters().drops(DropCause.TX_TAIL)).isEqualTo(1);
    }

    @Test
    void shouldRecordAFaultAndStopWhenABufferIsNotMapped() {
        sender.send(good());
        sender.descriptor(0, 0x5000, RingDriver.data(RingDriver.EOP | RingDriver.RS, 0, 60, 0));
        ring();
        assertThat(receiver.one().frame()).isEqualTo(good());
        assertThat(sender.dma.faults())
                .containsExactly(
                        new IommuFault(
                                "sim:0/1", 0x5000, 60, "Tx queue 0, descriptor 1: packet buffer"));
        assertThat(sender.queues.isTxEnabled(0)).isFalse();
        assertThat(sender.port.counters().drops(DropCause.TX_IOMMU_FAULT)).isEqualTo(1);
        assertThat(sender.txType(0, 1)).isZero();

        sender.start(0, RxQueueContext.LEGACY);
        sender.send(good());
        assertThat(receiver.one().frame()).isEqualTo(good());
    }

    @Test
    void shouldRecordAFaultWhenAFrameRunsOutOfItsMapping() {
        final long end = RingDriver.IOVA + sender.memory.byteSize();
        sender.descriptor(0, end - 59, RingDriver.data(RingDriver.EOP, 0, 60, 0));
        ring();
        assertThat(sender.dma.faultCount()).isEqualTo(1);
        assertThat(receiver.none()).isTrue();
    }

    @Test
    void shouldRecordAFaultWhenTheRingIsNotMapped() {
        sender.queues.configureTx(0, new TxQueueContext(0x7000, 64));
        sender.queues.enableTx(0);
        sender.txTail(0, 1);
        sender.queues.doWork(0, 10);
        assertThat(sender.dma.faults())
                .containsExactly(
                        new IommuFault("sim:0/1", 0x7000, 16, "Tx queue 0, descriptor 0: ring"));
        assertThat(sender.queues.isTxEnabled(0)).isFalse();
    }

    @Test
    void shouldSurviveAnyDescriptor() {
        final int rounds = 400;
        Seed.forEach(
                1,
                20,
                random -> {
                    for (int i = 0; i < rounds; i++) {
                        final long mostlyMapped =
                                random.nextInt(50) == 0
                                        ? random.nextLong()
                                        : RingDriver.IOVA
                                                + random.nextLong(sender.memory.byteSize());
                        final long command =
                                random.nextLong() & ~(random.nextBoolean() ? 0xFL : 0xEL);
                        sender.descriptor(0, random.nextBoolean() ? mostlyMapped : 0, command);
                        if (random.nextInt(4) == 0) {
                            ring();
                        }
                        if (!sender.queues.isTxEnabled(0)) {
                            sender.start(0, RxQueueContext.LEGACY);
                        }
                        receiver.none();
                    }
                });
        assertThat(sender.port.counters().malformed()).isPositive();
        assertThat(sender.dma.faultCount()).isPositive();
        sender.start(0, RxQueueContext.LEGACY);
        sender.send(good());
        assertThat(receiver.one().frame()).isEqualTo(good());
    }
}
