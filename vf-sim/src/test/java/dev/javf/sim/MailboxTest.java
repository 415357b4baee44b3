package dev.javf.sim;

import static dev.javf.sim.RawDriver.bytes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.vfio.IommuFault;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

class MailboxTest {
    private static final byte[] VERSION = bytes().u32(1).u32(1).done();
    private static final int DD_CMP = 3;
    private static final int ERR = 4;

    @Test
    void shouldAnswerVersionByteForByte() {
        try (PfRig rig = PfRig.withMailbox(context -> {})) {
            final RawDriver driver = rig.driver();
            driver.send(1, bytes().hex("01000000 01000000").done());
            assertThat(driver.hex(RawDriver.atqDescriptor(0), 16))
                    .isEqualTo("00340108080000000100000000000000");

            rig.run();

            assertThat(driver.read(RawDriver.ATQH)).isEqualTo(1);
            assertThat(driver.u16(RawDriver.atqDescriptor(0))).isEqualTo(0x3400 | DD_CMP);
            assertThat(driver.hex(RawDriver.arqDescriptor(0), 24))
                    .isEqualTo("031202080800000001000000000000000000000000000000");
            final List<RawDriver.Received> received = driver.receive();
            assertThat(received).hasSize(1);
            assertThat(received.getFirst().hex()).isEqualTo("0100000001000000");
        }
    }

    @Test
    void shouldKeepBufferAddressInReceivedDescriptor() {
        try (PfRig rig = PfRig.withMailbox(context -> {})) {
            final String before = rig.driver().hex(RawDriver.arqDescriptor(0) + 24, 8);
            rig.driver().send(1, VERSION);
            rig.run();
            assertThat(rig.driver().hex(RawDriver.arqDescriptor(0) + 24, 8)).isEqualTo(before);
        }
    }

    /** Flags against length: BUF and RD for any body, LB above 512 bytes. */
    @ParameterizedTest
    @CsvSource({
        "0x2000, 0, true",
        "0x3400, 8, true",
        "0x3600, 8, true",
        "0x3400, 512, true",
        "0x3600, 513, true",
        "0x3600, 4096, true",
        "0x2000, 8, false",
        "0x2400, 8, false",
        "0x3000, 8, false",
        "0x3400, 513, false",
        "0x3600, 4097, false",
        "0x3600, 65535, false"
    })
    void shouldTakeCommandsWithFlagsThatFitTheirLength(
            final String flags, final int lengthBytes, final boolean isTaken) {
        try (PfRig rig = PfRig.withMailbox(context -> {})) {
            final RawDriver driver = rig.driver();
            driver.sendDescriptor(
                    Integer.decode(flags), 0x0801, 99, lengthBytes, RawDriver.IOVA + 0x20000);
            rig.run();
            assertThat(driver.u16(RawDriver.atqDescriptor(0)))
                    .isEqualTo(Integer.decode(flags) | DD_CMP | (isTaken ? 0 : ERR));
            assertThat(driver.u16(RawDriver.atqDescriptor(0) + 6)).isEqualTo(isTaken ? 0 : 14);
            assertThat(driver.receive()).hasSize(isTaken ? 1 : 0);
            assertThat(driver.read(RawDriver.ATQH)).isEqualTo(1);
        }
    }

    @Test
    void shouldCompleteQueueShutdownAndRefuseOtherCommands() {
        try (PfRig rig = PfRig.withMailbox(context -> {})) {
            final RawDriver driver = rig.driver();
            driver.sendDescriptor(0x2000, 0x0003, 0, new byte[0]);
            driver.sendDescriptor(0x2000, 0x0001, 0, new byte[0]);
            rig.run();
            assertThat(driver.u16(RawDriver.atqDescriptor(0))).isEqualTo(0x2000 | DD_CMP);
            assertThat(driver.u16(RawDriver.atqDescriptor(1))).isEqualTo(0x2000 | DD_CMP | ERR);
            assertThat(driver.u16(RawDriver.atqDescriptor(1) + 6)).isEqualTo(17);
            assertThat(driver.receive()).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 7, 32, 64})
    void shouldGoRoundRingsOfAnyLength(final int entries) {
        try (PfRig rig = new PfRig(context -> {})) {
            final RawDriver driver = new RawDriver(rig.pf.virtualFunction(1), entries);
            driver.enableBusMaster();
            driver.startMailbox();
            final int rounds = 200;
            final List<Integer> minors = new ArrayList<>();
            for (int i = 0; i < rounds; i++) {
                driver.send(1, bytes().u32(1).u32(i % 2).done());
                rig.run();
                driver.receive().forEach(message -> minors.add(message.i32(4)));
            }
            assertThat(minors).hasSize(rounds);
            for (int i = 0; i < rounds; i++) {
                assertThat(minors.get(i)).isEqualTo(i % 2);
            }
        }
    }

    @Test
    void shouldTakeSeveralMessagesAtOnceAndAnswerInTheirOrder() {
        try (PfRig rig = PfRig.withMailbox(context -> {})) {
            for (int opcode = 200; opcode < 220; opcode++) {
                rig.driver().send(opcode, new byte[0]);
            }
            rig.run();
            assertThat(rig.driver().receive().stream().map(RawDriver.Received::opcode))
                    .containsExactly(
                            200, 201, 202, 203, 204, 205, 206, 207, 208, 209, 210, 211, 212, 213,
                            214, 215, 216, 217, 218, 219);
        }
    }

    @Test
    void shouldLoseMessagesAndSayOverflowWhenReceiveQueueIsFull() {
        try (PfRig rig = PfRig.withMailbox(context -> {})) {
            final RawDriver driver = rig.driver();
            for (int i = 0; i < 31; i++) {
                driver.send(1, VERSION);
                rig.run();
            }
            assertThat(driver.read(RawDriver.ARQLEN) & RawDriver.OVFL).isZero();
            driver.send(1, VERSION);
            rig.run();
            assertThat(driver.read(RawDriver.ARQLEN) & RawDriver.OVFL).isNotZero();
            assertThat(driver.receive()).hasSize(31);
            driver.write(RawDriver.ARQLEN, 32 | RawDriver.ENABLE);
            assertThat(rig.ask(1, VERSION).status()).isZero();
            assertThat(driver.read(RawDriver.ARQLEN) & RawDriver.OVFL).isZero();
        }
    }

    @Test
    void shouldLoseAnswersWhileReceiveQueueIsOff() {
        try (PfRig rig = PfRig.withMailbox(context -> {})) {
            final RawDriver driver = rig.driver();
            driver.write(RawDriver.ARQLEN, 32);
            driver.send(1, VERSION);
            rig.run();
            assertThat(driver.read(RawDriver.ARQH)).isZero();
            assertThat(driver.read(RawDriver.ATQH)).isEqualTo(1);
        }
    }

    @Test
    void shouldRecordFaultAndSetCriticalForUnmappedSendBuffer() {
        try (PfRig rig = PfRig.withMailbox(context -> {})) {
            final RawDriver driver = rig.driver();
            driver.sendDescriptor(0x3400, 0x0801, 1, 8, 0x1234_0000L);
            driver.send(1, VERSION);
            rig.run();
            assertThat(driver.u16(RawDriver.atqDescriptor(0) + 6)).isEqualTo(20);
            assertThat(driver.read(RawDriver.ATQLEN) & RawDriver.CRIT).isNotZero();
            assertThat(driver.vf.dma().faults())
                    .containsExactly(
                            new IommuFault(
                                    "sim:0/0", 0x1234_0000L, 8, "ATQ, descriptor 0: buffer"));
            assertThat(driver.receive()).isEmpty();

            driver.write(RawDriver.ATQLEN, 32 | RawDriver.ENABLE);
            rig.run();
            assertThat(driver.receive()).hasSize(1);
        }
    }

    @Test
    void shouldRecordFaultOnceForUnmappedRing() {
        try (PfRig rig = PfRig.withMailbox(context -> {})) {
            final RawDriver driver = rig.driver();
            driver.write(RawDriver.ATQBAH, 0x55);
            driver.send(1, VERSION);
            rig.run();
            rig.run();
            assertThat(driver.read(RawDriver.ATQH)).isZero();
            assertThat(driver.read(RawDriver.ATQLEN) & RawDriver.CRIT).isNotZero();
            assertThat(driver.vf.dma().faultCount()).isEqualTo(1);
            assertThat(driver.vf.dma().faults().getFirst().what()).isEqualTo("ATQ, descriptor 0");
        }
    }

    @Test
    void shouldRecordFaultForUnmappedReceiveRingAndBuffer() {
        try (PfRig rig = PfRig.withMailbox(context -> {})) {
            final RawDriver driver = rig.driver();
            driver.write(RawDriver.ARQBAH, 0x55);
            driver.send(1, VERSION);
            rig.run();
            assertThat(driver.read(RawDriver.ARQLEN) & RawDriver.CRIT).isNotZero();
            assertThat(driver.vf.dma().faults().getFirst().what()).isEqualTo("ARQ, descriptor 0");

            driver.startMailbox();
            driver.memory.set(ValueLayout.JAVA_INT, RawDriver.arqDescriptor(0) + 24, 0x5555);
            driver.send(1, VERSION);
            rig.run();
            assertThat(driver.read(RawDriver.ARQLEN) & RawDriver.CRIT).isNotZero();
            assertThat(driver.vf.dma().faultCount()).isEqualTo(2);
        }
    }

    @Test
    void shouldSayErrorForTailOutsideTheRing() {
        try (PfRig rig = PfRig.withMailbox(context -> {})) {
            rig.driver().write(RawDriver.ATQT, 32);
            rig.run();
            assertThat(rig.driver().read(RawDriver.ATQLEN) & RawDriver.VFE).isNotZero();
            assertThat(rig.driver().read(RawDriver.ATQH)).isZero();
        }
    }

    @Test
    void shouldMoveNothingWithoutBusMastering() {
        try (PfRig rig = PfRig.withMailbox(context -> {})) {
            final RawDriver driver = rig.driver();
            driver.vf.config().write(4, 2, 0);
            driver.send(1, VERSION);
            rig.run();
            assertThat(driver.read(RawDriver.ATQH)).isZero();
            driver.enableBusMaster();
            rig.run();
            assertThat(driver.read(RawDriver.ATQH)).isEqualTo(1);
            assertThat(driver.receive()).hasSize(1);
        }
    }

    @Test
    void shouldTreatMessageThatDoesNotFitItsBufferAsAnError() {
        try (PfRig rig = PfRig.withMailbox(context -> {})) {
            final RawDriver driver = rig.driver();
            driver.memory.set(ValueLayout.JAVA_SHORT, RawDriver.arqDescriptor(0) + 4, (short) 4);
            driver.send(1, VERSION);
            rig.run();
            final RawDriver.Received received = driver.receive().getFirst();
            assertThat(received.flags() & ERR).isNotZero();
            assertThat(received.returnValue()).isEqualTo(16);
            assertThat(received.lengthBytes()).isZero();
        }
    }

    @Test
    void shouldNotChangeMessageThatDriverOverwritesAfterItWasTaken() {
        try (PfRig rig =
                PfRig.withMailbox(context ->
                        context.delays(SimulatedDelays.NONE.withMailbox(1_000, 1_000)))) {
            final RawDriver driver = rig.driver();
            driver.send(1, VERSION);
            rig.run();
            driver.memory.asSlice(0x20000, 8).fill((byte) 0xFF);
            rig.advance(2_000);
            assertThat(driver.receive().getFirst().hex()).isEqualTo("0100000001000000");
        }
    }

    /** More than 62 unanswered messages make a VF a malicious one, until it is reset. */
    @Test
    void shouldIgnoreVfThatSendsTooMuchAtOnce() {
        try (PfRig rig =
                PfRig.withMailbox(
                        context -> context.delays(SimulatedDelays.NONE.withWork(1_000, 0)))) {
            final RawDriver driver = rig.driver();
            for (int i = 0; i < 62; i++) {
                driver.send(1, VERSION);
                rig.run();
            }
            assertThat(rig.snapshot().isMalicious()).isFalse();
            driver.send(1, VERSION);
            driver.send(1, VERSION);
            rig.run();
            rig.advance(1);
            assertThat(rig.snapshot().isMalicious()).isTrue();
            int answers = 0;
            for (int i = 0; i < 100; i++) {
                rig.advance(1_000);
                answers += driver.receive().size();
            }
            assertThat(answers).isEqualTo(62);

            driver.send(1, VERSION);
            rig.advance(10_000);
            assertThat(driver.receive()).isEmpty();

            driver.vf.functionLevelReset();
            rig.advance(10_000);
            driver.enableBusMaster();
            driver.startMailbox();
            driver.send(1, VERSION);
            rig.run();
            rig.advance(1_000);
            assertThat(rig.snapshot().isMalicious()).isFalse();
            assertThat(driver.receive()).hasSize(1);
        }
    }
}
