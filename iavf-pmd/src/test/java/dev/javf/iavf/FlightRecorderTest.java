package dev.javf.iavf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.testing.Allocations;
import dev.javf.virtchnl.Opcode;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

class FlightRecorderTest {
    private final FlightRecorder recorder = new FlightRecorder();
    private final MemorySegment body = MemorySegment.ofArray(new byte[4096]);

    private List<String> lines() {
        return recorder.snapshot().lines();
    }

    @Test
    void shouldPutIntoWordsWhatWasRecorded() {
        recorder.time(1_000_000_000);
        recorder.transition(
                LifecycleState.DOWN, LifecycleEvent.START, LifecycleState.STARTING, "wanted up");
        recorder.time(2_500_000_001L);
        recorder.registerRead(Registers.VFGEN_RSTAT, 2);
        recorder.registerWritten(Registers.VF_ARQLEN1, 0x80000020);
        body.fill((byte) 0);
        body.set(ValueLayout.JAVA_INT_UNALIGNED, 0, 1);
        body.set(ValueLayout.JAVA_INT_UNALIGNED, 4, 1);
        recorder.sent(Opcode.VERSION.code(), body, 0, 8);
        recorder.received(Opcode.ADD_VLAN_V2.code(), -5, body, 0);
        recorder.received(12345, 0, body, 3);
        recorder.note("odd \u20ac\n text");
        assertThat(lines())
                .containsExactly(
                        "0 -1.500000001 STATE DOWN -> STARTING on START: wanted up",
                        "1 -0.000000000 READ VFGEN_RSTAT = 0x2 (VF active)",
                        "2 -0.000000000 WRITE VF_ARQLEN1 = 0x80000020 (ENABLE, 32 descriptors)",
                        "3 -0.000000000 MSG VF>PF VERSION 1.1",
                        "4 -0.000000000 MSG PF>VF ADD_VLAN_V2 ERR_PARAM",
                        "5 -0.000000000 MSG PF>VF OPCODE_12345 SUCCESS (3 B)",
                        "6 -0.000000000 NOTE odd ?? text");
    }

    @Test
    void shouldKeepTheLast4096() {
        for (int i = 0; i < 10_000; i++) {
            recorder.registerWritten(4 * i, i);
        }
        final FlightRecord record = recorder.snapshot();
        assertThat(recorder.count()).isEqualTo(10_000);
        assertThat(record.size()).isEqualTo(4096);
        assertThat(record.entries().getFirst().value()).isEqualTo(10_000 - 4096);
        assertThat(record.entries().getLast().value()).isEqualTo(9_999);
    }

    @Test
    void shouldKnowMessagesByTheirLengthWhenTheirBytesAreNoLongerKept() {
        for (int i = 0; i < 100; i++) {
            recorder.sent(Opcode.ADD_VLAN_V2.code(), body, 0, 4072);
        }
        final List<String> lines = lines();
        assertThat(lines.getFirst()).endsWith("MSG VF>PF ADD_VLAN_V2 (4072 B, no longer kept)");
        assertThat(lines.stream().filter(line -> line.endsWith("no longer kept)")))
                .hasSize(100 - FlightRecorder.BODY_BYTES / 4096);
    }

    @Test
    void shouldCutLongTextsOff() {
        recorder.note("x".repeat(5000));
        assertThat(lines().getFirst()).endsWith("x").hasSizeLessThan(1100);
    }

    @Test
    void shouldHaveNothingToSayAtFirst() {
        assertThat(lines()).isEmpty();
    }

    @Test
    void shouldAllocateNothing() {
        final Runnable work =
                () -> {
                    for (int i = 0; i < 10_000; i++) {
                        recorder.time(i);
                        recorder.sent(Opcode.ADD_VLAN_V2.code(), body, 0, i % 4097);
                        recorder.received(Opcode.ADD_VLAN_V2.code(), 0, body, i % 100);
                        recorder.registerRead(Registers.VFGEN_RSTAT, i);
                        recorder.registerWritten(Registers.VF_ATQLEN1, i);
                        recorder.note("some text");
                        recorder.transition(
                                LifecycleState.UP,
                                LifecycleEvent.STOP,
                                LifecycleState.STOPPING,
                                "wanted down");
                    }
                };
        work.run();
        assertThat(Allocations.ofSteady(work)).isZero();
    }

    @Test
    @Timeout(60)
    void shouldShowAnotherThreadNothingThatIsHalfWritten() throws InterruptedException {
        final AtomicBoolean stop = new AtomicBoolean();
        final Thread writer =
                new Thread(() -> {
                    for (int i = 0; !stop.get(); i++) {
                        final int length = 4 + i % 1000;
                        for (int at = 0; at < length; at++) {
                            body.set(ValueLayout.JAVA_BYTE, at, (byte) i);
                        }
                        recorder.time(i);
                        recorder.received(i, i, body, length);
                    }
                });
        writer.start();
        int seen = 0;
        while (seen < 300_000) {
            final FlightRecord record = recorder.snapshot();
            seen += record.size();
            for (final FlightRecord.Entry entry : record.entries()) {
                assertThat(entry.code()).isEqualTo(entry.value());
                assertThat(entry.timeNs()).isEqualTo(entry.value());
                assertThat(entry.number()).isEqualTo(entry.value());
                final MemorySegment bytes = entry.body();
                if (bytes != null) {
                    for (final byte b : bytes.toArray(ValueLayout.JAVA_BYTE)) {
                        assertThat(b == (byte) entry.value()).isTrue();
                    }
                }
            }
        }
        stop.set(true);
        writer.join();
    }
}
