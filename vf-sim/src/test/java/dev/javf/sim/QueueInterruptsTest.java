package dev.javf.sim;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.lang.foreign.ValueLayout;

class QueueInterruptsTest {
    private static final int INTENA = 1;
    private static final int CLEARPBA = 1 << 1;
    private static final int SWINT_TRIG = 1 << 2;
    private static final int NO_ITR = 3 << 3;
    private static final int WB_ON_ITR = 1 << 30;
    private static final int INTENA_MSK = 1 << 31;
    private static final int VECTOR = 2;

    private final EthernetSwitch bridge = new EthernetSwitch("pf0", false);
    private final RingDriver sender = RingDriver.started(bridge, 1);
    private final RingDriver receiver = RingDriver.started(bridge, 2);
    private final QueueInterrupts interrupts = receiver.queues.interrupts();
    private long nowNs = 1_000_000;

    @BeforeEach
    void start() {
        receiver.queues.mapRx(0, VECTOR, 0);
        receiver.queues.mapTx(0, VECTOR, 1);
        interrupts.writeControl(VECTOR, NO_ITR);
        work();
    }

    private void work() {
        receiver.queues.doWork(nowNs, 10);
    }

    private void arrive() {
        sender.send(sender.frameTo(receiver.mac, 60));
    }

    private boolean isWrittenBack(final int slot) {
        return (receiver.rxStatus(0, slot) & RingDriver.DD) != 0;
    }

    @Test
    void shouldRaiseOneInterruptAndClearItsEnable() {
        interrupts.writeControl(VECTOR, INTENA | NO_ITR);
        work();
        assertThat(receiver.interrupts).isEmpty();
        arrive();
        arrive();
        work();
        assertThat(receiver.interrupts).containsExactly(VECTOR);
        assertThat(interrupts.readControl(VECTOR)).isZero();
        assertThat(isWrittenBack(1)).isTrue();

        arrive();
        work();
        assertThat(receiver.interrupts).hasSize(1);
        assertThat(isWrittenBack(2)).isFalse();
        interrupts.writeControl(VECTOR, INTENA | NO_ITR);
        work();
        assertThat(receiver.interrupts).hasSize(2);
        assertThat(isWrittenBack(2)).isTrue();
    }

    @Test
    void shouldWriteBackWithoutInterruptOnWbOnItr() {
        interrupts.writeControl(VECTOR, WB_ON_ITR | NO_ITR);
        arrive();
        assertThat(isWrittenBack(0)).isFalse();
        work();
        assertThat(isWrittenBack(0)).isTrue();
        assertThat(receiver.interrupts).isEmpty();
        assertThat(interrupts.readControl(VECTOR)).isEqualTo(WB_ON_ITR);

        interrupts.writeControl(VECTOR, INTENA | NO_ITR);
        work();
        assertThat(receiver.interrupts).as("what happened meanwhile is told").hasSize(1);
    }

    @Test
    void shouldHoldWriteBackOfAPartOfACacheLineWithNeither() {
        arrive();
        arrive();
        arrive();
        work();
        assertThat(isWrittenBack(0)).isFalse();
        arrive();
        assertThat(isWrittenBack(0)).isTrue();
        assertThat(isWrittenBack(3)).isTrue();
        arrive();
        receiver.queues.disableRx(0);
        assertThat(isWrittenBack(4)).isTrue();
    }

    @Test
    void shouldTellWhatCameWhileDisabledDespiteClearPba() {
        interrupts.writeControl(VECTOR, INTENA | NO_ITR);
        arrive();
        work();
        assertThat(receiver.interrupts).hasSize(1);
        // As ice ends a poll (ice_buildreg_itr): a frame that came just before isn't lost.
        arrive();
        work();
        interrupts.writeControl(VECTOR, INTENA | CLEARPBA | NO_ITR);
        work();
        assertThat(receiver.interrupts).hasSize(2);

        interrupts.writeControl(VECTOR, WB_ON_ITR | NO_ITR);
        arrive();
        work();
        interrupts.writeControl(VECTOR, INTENA | CLEARPBA | NO_ITR);
        work();
        assertThat(receiver.interrupts).hasSize(3);
    }

    @Test
    void shouldKeepToTheQueuesInterval() {
        final int itrRegister = 0x2800 + 4 * (VECTOR - 1);
        receiver.registers.set(ValueLayout.JAVA_INT, itrRegister, 25);
        interrupts.writeControl(VECTOR, INTENA | NO_ITR);
        arrive();
        work();
        assertThat(receiver.interrupts).hasSize(1);

        interrupts.writeControl(VECTOR, INTENA | NO_ITR);
        arrive();
        nowNs += 49_999;
        work();
        assertThat(receiver.interrupts).hasSize(1);
        nowNs += 1;
        work();
        assertThat(receiver.interrupts).hasSize(2);
    }

    @Test
    void shouldTakeTheIntervalFromTheControlRegister() {
        final int rxItr = 0;
        interrupts.writeControl(VECTOR, INTENA | rxItr << 3 | 100 << 5);
        assertThat(receiver.registers.get(ValueLayout.JAVA_INT, 0x2800 + 4)).isEqualTo(100);
        interrupts.writeControl(VECTOR, INTENA | 1 << 3 | 7 << 5);
        assertThat(receiver.registers.get(ValueLayout.JAVA_INT, 0x2840 + 4)).isEqualTo(7);
        interrupts.writeControl(VECTOR, INTENA | NO_ITR | 9 << 5);
        assertThat(receiver.registers.get(ValueLayout.JAVA_INT, 0x2800 + 4)).isEqualTo(100);
    }

    @Test
    void shouldRaiseSoftwareInterrupts() {
        interrupts.writeControl(VECTOR, INTENA | SWINT_TRIG | NO_ITR);
        work();
        assertThat(receiver.interrupts).containsExactly(VECTOR);
        work();
        assertThat(receiver.interrupts).hasSize(1);
    }

    @Test
    void shouldLeaveEnableAloneWhenMasked() {
        interrupts.writeControl(VECTOR, INTENA | NO_ITR);
        interrupts.writeControl(VECTOR, INTENA_MSK | WB_ON_ITR | NO_ITR);
        assertThat(interrupts.readControl(VECTOR)).isEqualTo(INTENA | WB_ON_ITR);
        interrupts.writeControl(VECTOR, NO_ITR);
        interrupts.writeControl(VECTOR, INTENA_MSK | INTENA | NO_ITR);
        assertThat(interrupts.readControl(VECTOR)).isZero();
    }

    @Test
    void shouldTellOfSentFramesOnlyWhenAsked() {
        interrupts.writeControl(VECTOR, INTENA | NO_ITR);
        final long at = receiver.txBuffer(0, 0);
        receiver.descriptor(0, RingDriver.IOVA + at, RingDriver.data(RingDriver.EOP, 0, 60, 0));
        receiver.doorbell(0);
        work();
        assertThat(receiver.interrupts).isEmpty();
        receiver.enqueue(0, receiver.frameTo(sender.mac, 60), 0, 0);
        receiver.doorbell(0);
        work();
        assertThat(receiver.interrupts).containsExactly(VECTOR);
        assertThat(receiver.txType(0, 1)).isEqualTo(0xF);
    }

    @Test
    void shouldRaiseNothingWithoutBusMasteringAndForgetAllInAReset() {
        interrupts.writeControl(VECTOR, INTENA | NO_ITR);
        arrive();
        receiver.isBusMaster = false;
        work();
        assertThat(receiver.interrupts).isEmpty();
        receiver.queues.reset();
        receiver.isBusMaster = true;
        receiver.queues.mapRx(0, VECTOR, 0);
        interrupts.writeControl(VECTOR, INTENA | NO_ITR);
        work();
        assertThat(receiver.interrupts).isEmpty();
    }
}
