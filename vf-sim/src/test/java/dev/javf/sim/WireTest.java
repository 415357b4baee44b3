package dev.javf.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.packet.MacAddress;

import org.junit.jupiter.api.Test;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;

class WireTest {
    private final EthernetSwitch bridge = new EthernetSwitch("pf0", false);
    private final Wire wire = bridge.wire();

    private static MemorySegment frame(final int lengthBytes, final int mark) {
        final byte[] bytes = Frames.ethernet(MacAddress.BROADCAST, MacAddress.ZERO, 0, lengthBytes);
        return MemorySegment.ofArray(bytes).fill((byte) mark);
    }

    @Test
    void shouldLoseWhatIsTooShortOrTooLong() {
        assertThat(wire.send(frame(14, 0), 0, 13)).isFalse();
        assertThat(wire.send(frame(14, 0), 0, 14)).isTrue();
        assertThat(wire.send(frame(Wire.MAX_FRAME_BYTES, 0), 0, Wire.MAX_FRAME_BYTES)).isTrue();
        assertThat(wire.send(frame(10000, 0), 0, Wire.MAX_FRAME_BYTES + 1)).isFalse();
        assertThat(wire.sentFrames()).isEqualTo(2);
        assertThat(wire.sentLost()).isEqualTo(2);
        assertThat(bridge.doWork(10)).isEqualTo(2);
    }

    @Test
    void shouldBoundItsQueueAndGoOnWhenThereIsRoom() {
        final MemorySegment frame = frame(9728, 1);
        while (wire.send(frame, 0, 9728)) {
            assertThat(wire.sentFrames()).isLessThan(1000);
        }
        final int queued = (int) wire.sentFrames();
        assertThat(queued).isGreaterThan(200);
        assertThat(bridge.doWork(3)).isEqualTo(3);
        assertThat(wire.send(frame, 0, 9728)).isTrue();
        assertThat(bridge.doWork(1000)).isEqualTo(queued - 2);
        assertThat(bridge.doWork(1000)).isZero();
    }

    @Test
    void shouldLoseFramesThatNobodyTakes() {
        final RingDriver driver = RingDriver.started(bridge, 1);
        final MacAddress outside = MacAddress.of("02:00:00:00:0f:ff");
        driver.send(driver.frameTo(outside, 60));
        assertThat(wire.receive((memory, offset, length) -> {}, 10)).isZero();

        wire.attached(true);
        for (int i = 0; i < 500; i++) {
            driver.send(driver.frameTo(outside, 9728));
        }
        assertThat(wire.receivedLost()).isPositive();
        assertThat(wire.receivedFrames() + wire.receivedLost()).isEqualTo(500);
        assertThat(wire.receive((memory, offset, length) -> {}, 1000))
                .isEqualTo((int) wire.receivedFrames());
        assertThat(driver.port.counters().txUnicast()).isEqualTo(501);
    }

    @Test
    void shouldCarryFramesBetweenThreadsInOrder() throws InterruptedException {
        final int frames = 200_000;
        final FrameRing ring = new FrameRing(1 << 16);
        final AtomicInteger wrong = new AtomicInteger();
        final Thread consumer =
                Thread.ofPlatform()
                        .start(() -> {
                            final SplittableRandom random = new SplittableRandom(7);
                            for (int i = 0; i < frames; i++) {
                                long at = ring.peek();
                                while (at == FrameRing.NONE) {
                                    Thread.onSpinWait();
                                    at = ring.peek();
                                }
                                final int length = 14 + random.nextInt(2000);
                                final MemorySegment memory = ring.memory();
                                if (ring.lengthBytes(at) != length
                                        || memory.get(ValueLayout.JAVA_INT, at) != i
                                        || memory.get(ValueLayout.JAVA_BYTE, at + length - 1)
                                                != (byte) i) {
                                    wrong.incrementAndGet();
                                }
                                ring.release(at);
                            }
                        });
        final SplittableRandom random = new SplittableRandom(7);
        for (int i = 0; i < frames; i++) {
            final int length = 14 + random.nextInt(2000);
            long at = ring.claim(length);
            while (at == FrameRing.NONE) {
                Thread.onSpinWait();
                at = ring.claim(length);
            }
            ring.memory().set(ValueLayout.JAVA_INT, at, i);
            ring.memory().set(ValueLayout.JAVA_BYTE, at + length - 1, (byte) i);
            ring.publish();
        }
        consumer.join();
        assertThat(wrong).hasValue(0);
        assertThat(ring.peek()).isEqualTo(FrameRing.NONE);
    }
}
