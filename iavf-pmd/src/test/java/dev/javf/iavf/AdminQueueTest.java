package dev.javf.iavf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.testing.Seed;
import dev.javf.vfio.InProcessDoor;
import dev.javf.virtchnl.Message;
import dev.javf.virtchnl.Opcode;
import dev.javf.virtchnl.VersionInfo;
import dev.javf.virtchnl.VlanFilterList;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

class AdminQueueTest {
    private final PfStub pf = new PfStub();
    private final InProcessDoor device = new InProcessDoor(pf);
    private final AdminQueue queue = new AdminQueue(device, new Registers(device.bar(0)));
    private final Taken taken = new Taken();

    private static final class Taken implements AdminQueue.Receiver {
        final List<String> messages = new ArrayList<>();
        final List<String> garbage = new ArrayList<>();

        @Override
        public void onMessage(
                final int opcode,
                final int status,
                final MemorySegment body,
                final int lengthBytes) {
            final StringBuilder text = new StringBuilder();
            text.append(opcode).append(' ').append(status);
            for (int i = 0; i < lengthBytes; i++) {
                text.append(' ').append(body.get(ValueLayout.JAVA_BYTE, i));
            }
            messages.add(text.toString());
        }

        @Override
        public void onGarbage(final String what) {
            garbage.add(what);
        }
    }

    @AfterEach
    void close() {
        queue.close();
        assertThat(pf.dma().faultCount()).isZero();
    }

    @Test
    void shouldProgramBothRingsWithThirtyTwoEntries() {
        assertThat(queue.start()).isTrue();
        assertThat(pf.get(Registers.VF_ATQLEN1)).isEqualTo(0x80000020);
        assertThat(pf.get(Registers.VF_ARQLEN1)).isEqualTo(0x80000020);
        assertThat(pf.get(Registers.VF_ATQH1)).isZero();
        assertThat(pf.get(Registers.VF_ATQT1)).isZero();
        assertThat(pf.get(Registers.VF_ARQH1)).isZero();
        assertThat(pf.get(Registers.VF_ARQT1)).isEqualTo(31);
        assertThat(pf.get(Registers.VF_ATQBAL1) & 0xFFF).isZero();
        assertThat(pf.get(Registers.VF_ARQBAL1) & 0xFFF).isZero();
        // DMA addresses are above 4 GiB, so both halves must have been written.
        assertThat(pf.get(Registers.VF_ATQBAH1)).isPositive();
        assertThat(pf.get(Registers.VF_ARQBAH1)).isPositive();
        for (int i = 0; i < 32; i++) {
            assertThat(pf.receiveDescriptor(i)).startsWith(0x00, 0x12, 0, 0, 0x00, 0x10, 0, 0);
        }
    }

    @Test
    void shouldSendTheVersionMessageByteForByte() {
        queue.start();
        assertThat(queue.send(Opcode.VERSION.code(), VersionInfo.VERSION_1_1)).isTrue();
        assertThat(pf.sendDescriptor(0))
                .startsWith(
                        0x00, 0x34, 0x01, 0x08, 0x08, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00,
                        0x00, 0x00, 0x00, 0x00, 0, 0, 0, 0, 0, 0, 0, 0);
        final PfStub.Sent message = pf.sent.removeFirst();
        assertThat(message.body().toArray(ValueLayout.JAVA_BYTE))
                .containsExactly(1, 0, 0, 0, 1, 0, 0, 0);
    }

    @Test
    void shouldFlagMessagesByTheirLength() {
        queue.start();
        queue.send(Opcode.RESET_VF.code(), null);
        queue.send(Opcode.ADD_VLAN.code(), vlans(253));
        queue.send(Opcode.ADD_VLAN.code(), vlans(254));
        queue.send(Opcode.ADD_VLAN.code(), vlans(2045));
        assertThat(pf.sent)
                .extracting(PfStub.Sent::flags)
                .containsExactly(0x2000, 0x3400, 0x3600, 0x3600);
        assertThat(pf.sent)
                .extracting(message -> message.body().byteSize())
                .containsExactly(0L, 512L, 514L, 4096L);
    }

    private static Message vlans(final int count) {
        return new VlanFilterList(1, IntStream.rangeClosed(1, count).boxed().toList());
    }

    @Test
    void shouldRefuseMessagesWhileTheRingIsFull() {
        queue.start();
        pf.stalled = true;
        for (int i = 0; i < 31; i++) {
            assertThat(queue.send(Opcode.RESET_VF.code(), null)).isTrue();
        }
        assertThat(queue.send(Opcode.RESET_VF.code(), null)).isFalse();
        assertThat(queue.isSendQueueDrained()).isFalse();
        pf.stalled = false;
        pf.takeSent();
        assertThat(pf.sent).hasSize(31);
        assertThat(queue.isSendQueueDrained()).isTrue();
        assertThat(queue.send(Opcode.RESET_VF.code(), null)).isTrue();
    }

    @Test
    void shouldKeepMessagesInOrderRoundTheRingsManyTimes() {
        Seed.forEach(
                1,
                20,
                random -> {
                    queue.start();
                    pf.sent.clear();
                    taken.messages.clear();
                    final ArrayDeque<String> expected = new ArrayDeque<>();
                    for (int round = 0; round < 500; round++) {
                        final int opcode = random.nextInt(1, 1000);
                        assertThat(queue.send(opcode, VersionInfo.VERSION_1_1)).isTrue();
                        assertThat(pf.sent.removeFirst().opcode()).isEqualTo(opcode);
                        for (int i = random.nextInt(5); i > 0; i--) {
                            final byte[] body = new byte[random.nextInt(20)];
                            random.nextBytes(body);
                            final int status = random.nextInt(-64, 1);
                            if (pf.deliver(0x1003, 0x0802, body.length, opcode, status, body)) {
                                final StringBuilder text = new StringBuilder();
                                text.append(opcode).append(' ').append(status);
                                for (final byte b : body) {
                                    text.append(' ').append(b);
                                }
                                expected.add(text.toString());
                            }
                        }
                        if (random.nextInt(4) == 0) {
                            queue.poll(taken);
                        }
                    }
                    queue.poll(taken);
                    assertThat(taken.messages).containsExactlyElementsOf(expected);
                    assertThat(taken.garbage).isEmpty();
                });
    }

    @Test
    void shouldSkipWhatIsNoMessage() {
        queue.start();
        pf.deliver(0x1007, 0x0802, 0, 1, 0, new byte[0]);
        pf.deliver(0x1003, 0x0801, 0, 1, 0, new byte[0]);
        pf.deliver(0x1003, 0x0802, 4097, 1, 0, new byte[0]);
        pf.deliver(0x1003, 0x0802, 0xFFFF, 1, 0, new byte[0]);
        pf.deliver(0x1003, 0x0802, 0, 17, -5, new byte[0]);
        assertThat(queue.poll(taken)).isEqualTo(5);
        assertThat(taken.garbage).hasSize(4);
        assertThat(taken.messages).containsExactly("17 -5");
    }

    @Test
    void shouldTakeNothingThatTheDeviceIsNotDoneWith() {
        queue.start();
        pf.deliver(0x1003, 0x0802, 0, 5, 0, new byte[0]);
        pf.deliver(0x1003, 0x0802, 0, 6, 0, new byte[0]);
        assertThat(queue.poll(taken)).isEqualTo(2);
        // A reset sets the head to 0, which looks as if thirty messages had come.
        pf.set(Registers.VF_ARQH1, 0);
        assertThat(queue.poll(taken)).isZero();
        assertThat(taken.messages).containsExactly("5 0", "6 0");
        assertThat(taken.garbage).isEmpty();
    }

    @Test
    void shouldTakeNothingForAHeadOutsideTheRing() {
        queue.start();
        for (final int head :
                new int[] {32, 1023, Registers.IN_RESET, Registers.NO_ANSWER, 0x7FFFFFFF}) {
            pf.set(Registers.VF_ARQH1, head);
            assertThat(queue.poll(taken)).isZero();
            pf.set(Registers.VF_ATQH1, head);
            assertThat(queue.send(1, null)).isFalse();
        }
    }

    @Test
    void shouldNotLetTheDeviceChangeAMessageThatIsBeingLookedAt() {
        queue.start();
        pf.deliver(0x1003, 0x0802, 4, 1, 0, new byte[] {1, 2, 3, 4});
        final List<Byte> seen = new ArrayList<>();
        queue.poll(
                new AdminQueue.Receiver() {
                    @Override
                    public void onMessage(
                            final int opcode,
                            final int status,
                            final MemorySegment body,
                            final int lengthBytes) {
                        pf.overwriteReceiveBuffers((byte) 9);
                        seen.add(body.get(ValueLayout.JAVA_BYTE, 0));
                    }

                    @Override
                    public void onGarbage(final String what) {}
                });
        assertThat(seen).containsExactly((byte) 1);
    }

    @Test
    void shouldReportThatTheDeviceDoesNotKeepWhatIsWritten() {
        pf.allRegisters = Registers.IN_RESET;
        assertThat(queue.start()).isFalse();
        assertThat(queue.send(1, null)).isFalse();
        assertThat(queue.poll(taken)).isZero();
        pf.allRegisters = 0;
        assertThat(queue.start()).isTrue();
    }

    @Test
    void shouldClearErrorsThatNeedNoReset() {
        queue.start();
        pf.set(Registers.VF_ARQLEN1, 0x80000020 | Registers.LEN_OVFL);
        pf.set(Registers.VF_ATQLEN1, 0x80000020 | Registers.LEN_VFE);
        assertThat(queue.takeErrors()).isEqualTo(Registers.LEN_OVFL | Registers.LEN_VFE);
        assertThat(pf.get(Registers.VF_ARQLEN1)).isEqualTo(0x80000020);
        assertThat(pf.get(Registers.VF_ATQLEN1)).isEqualTo(0x80000020);
        assertThat(queue.takeErrors()).isZero();
    }

    @Test
    void shouldSayGoodbyeAndTakeTheRingsBack() {
        queue.start();
        assertThat(queue.postShutdown()).isTrue();
        assertThat(pf.sendDescriptor(0)).startsWith(0x00, 0x20, 0x03, 0x00);
        assertThat(pf.sendDescriptor(0)[16]).isEqualTo((byte) 1);
        assertThat(queue.isSendQueueDrained()).isTrue();
        queue.stop();
        for (final int register :
                new int[] {
                    Registers.VF_ATQH1, Registers.VF_ATQT1, Registers.VF_ATQLEN1,
                    Registers.VF_ATQBAL1, Registers.VF_ATQBAH1, Registers.VF_ARQH1,
                    Registers.VF_ARQT1, Registers.VF_ARQLEN1, Registers.VF_ARQBAL1,
                    Registers.VF_ARQBAH1
                }) {
            assertThat(pf.get(register)).as(Registers.nameOf(register)).isZero();
        }
        assertThat(queue.send(1, null)).isFalse();
    }

    @Test
    void shouldNotSayGoodbyeToADeviceInReset() {
        queue.start();
        pf.reset();
        assertThat(queue.postShutdown()).isFalse();
        assertThat(pf.get(Registers.VF_ATQT1)).isZero();
    }
}
