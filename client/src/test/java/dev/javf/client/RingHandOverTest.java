package dev.javf.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.testing.Allocations;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.AtomicReference;

/** A ring hands over what is put into it: all of it, once, in order. */
class RingHandOverTest {
    private static final int BURST = 64;
    private static final long FACTOR = 0x9E37_79B9_7F4A_7C15L;

    /** Both ends of a ring in memory of its own. */
    private static final class Ring {
        private final MemorySegment memory;
        private final RingProducer producer;
        private final RingConsumer consumer;

        Ring(final Arena arena, final int capacity) {
            this(arena.allocate(RingLayout.lengthBytes(capacity, 1), 128), capacity);
        }

        Ring(final MemorySegment memory, final int capacity) {
            this.memory = memory;
            producer = new RingProducer(memory.address(), RingDirection.RX, capacity);
            consumer = new RingConsumer(memory.address(), RingDirection.RX, capacity);
        }
    }

    /** What the two ends can do next. */
    private enum Step {
        CLAIM,
        COMMIT,
        COMMIT_FIRST,
        ABORT,
        TAKE,
        RELEASE,
        WRITER_DIES,
        READER_DIES
    }

    private static final int CAPACITY = 2;

    /** Takes one path of steps from a fresh ring, and checks each against a list. */
    private static void follow(final Ring ring, final Step[] path, final int length) {
        long written = 0;
        int claimed = 0;
        long committed = 0;
        long taken = 0;
        long released = 0;
        boolean isWriterAlive = true;
        boolean isReaderAlive = true;
        for (int i = 0; i < length; i++) {
            switch (path[i]) {
                case CLAIM -> {
                    if (isWriterAlive) {
                        final int room = ring.producer.room(claimed + 1);
                        final long free = CAPACITY - (committed - released);
                        assertThat((long) room).isEqualTo(Math.min(claimed + 1, free));
                        if (room > claimed) {
                            ring.producer.put(claimed, written + claimed, -written - claimed);
                            claimed++;
                        }
                    }
                }
                case COMMIT, COMMIT_FIRST -> {
                    final int count = path[i] == Step.COMMIT ? claimed : Math.min(1, claimed);
                    if (isWriterAlive && count > 0) {
                        ring.producer.publish(count);
                        written += count;
                        committed += count;
                        claimed = 0;
                    }
                }
                case ABORT -> claimed = isWriterAlive ? 0 : claimed;
                case TAKE -> {
                    if (isReaderAlive) {
                        final int held = (int) (taken - released);
                        final int ready = ring.consumer.available(held + 1);
                        assertThat((long) ready)
                                .isEqualTo(Math.min(held + 1, committed - released));
                        if (ready > held) {
                            assertThat(ring.consumer.place(held)).isEqualTo(taken);
                            assertThat(ring.consumer.kind(held)).isEqualTo(-taken);
                            taken++;
                        }
                    }
                }
                case RELEASE -> {
                    if (isReaderAlive) {
                        ring.consumer.release((int) (taken - released));
                        released = taken;
                    }
                }
                case WRITER_DIES -> isWriterAlive = false;
                case READER_DIES -> isReaderAlive = false;
            }
        }
        // Whoever is left finds everything that was committed, and nothing else.
        if (isReaderAlive) {
            final int held = (int) (taken - released);
            assertThat((long) ring.consumer.available(CAPACITY)).isEqualTo(committed - released);
            for (int i = held; i < committed - released; i++) {
                assertThat(ring.consumer.place(i)).isEqualTo(released + i);
            }
        }
        if (isWriterAlive) {
            assertThat((long) ring.producer.room(CAPACITY))
                    .isEqualTo(CAPACITY - (committed - released));
        }
    }

    @Test
    void shouldHandOverInEveryOrderOfSteps() {
        explore(7);
    }

    @Test
    @Tag("proof")
    void shouldHandOverInEveryOrderOfMoreSteps() {
        explore(8);
    }

    private static void explore(final int depth) {
        final Step[] steps = Step.values();
        final Step[] path = new Step[depth];
        final int[] digits = new int[depth];
        long paths = 0;
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment zero = arena.allocate(RingLayout.lengthBytes(CAPACITY, 1), 128);
            final Ring memory = new Ring(arena, CAPACITY);
            boolean hasNext = true;
            while (hasNext) {
                for (int i = 0; i < depth; i++) {
                    path[i] = steps[digits[i]];
                }
                memory.memory.copyFrom(zero);
                follow(fresh(memory), path, depth);
                paths++;
                int digit = depth - 1;
                while (digit >= 0 && ++digits[digit] == steps.length) {
                    digits[digit--] = 0;
                }
                hasNext = digit >= 0;
            }
        }
        assertThat(paths).isEqualTo((long) Math.pow(steps.length, depth));
    }

    /** Both ends anew, over the same memory. */
    private static Ring fresh(final Ring ring) {
        return new Ring(ring.memory, CAPACITY);
    }

    @Test
    void shouldBelieveNoPositionThatCannotBe() {
        try (Arena arena = Arena.ofConfined()) {
            final Ring ring = new Ring(arena, CAPACITY);
            for (final long position : new long[] {-1, 3, Long.MIN_VALUE, Long.MAX_VALUE}) {
                ring.memory.set(ValueLayout.JAVA_LONG, RingLayout.RX_TAIL_OFFSET, position);
                assertThat(ring.consumer.available(1)).isEqualTo(RingConsumer.CORRUPT);
            }
            ring.producer.put(0, 0, 0);
            ring.producer.publish(1);
            for (final long position : new long[] {-1, 2, Long.MIN_VALUE, Long.MAX_VALUE}) {
                ring.memory.set(ValueLayout.JAVA_LONG, RingLayout.RX_HEAD_OFFSET, position);
                assertThat(ring.producer.room(2)).isEqualTo(RingProducer.CORRUPT);
            }
        }
    }

    @Test
    void shouldAllocateNothing() {
        try (Arena arena = Arena.ofConfined()) {
            final Ring ring = new Ring(arena, 256);
            assertThat(Allocations.ofSteady(() -> exchange(ring, 0, 100_000))).isZero();
        }
    }

    private static void exchange(final Ring ring, final long first, final int bursts) {
        for (int burst = 0; burst < bursts; burst++) {
            final int room = ring.producer.room(BURST);
            for (int i = 0; i < room; i++) {
                ring.producer.put(i, first, burst);
            }
            ring.producer.publish(room);
            final int count = ring.consumer.available(BURST);
            for (int i = 0; i < count; i++) {
                if (ring.consumer.kind(i) != burst) {
                    throw new AssertionError("burst " + burst);
                }
            }
            ring.consumer.release(count);
        }
    }

    @Test
    void shouldHandOverBetweenThreads() throws InterruptedException {
        between(5_000_000L);
    }

    @Test
    @Tag("proof")
    void shouldHandOver1000000000BetweenThreads() throws InterruptedException {
        between(1_000_000_000L);
    }

    private static void between(final long total) throws InterruptedException {
        final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        try (Arena arena = Arena.ofShared()) {
            final Ring ring = new Ring(arena, 1024);
            final Thread writer = Thread.ofPlatform().start(() -> write(ring, total, failure));
            try {
                read(ring, total, failure);
            } finally {
                failure.compareAndSet(null, new InterruptedException("the reader has ended"));
                writer.join();
            }
        }
        assertThat(failure.get()).hasMessage("the reader has ended");
    }

    private static void write(
            final Ring ring, final long total, final AtomicReference<@Nullable Throwable> failure) {
        long next = 0;
        while (next < total && failure.get() == null) {
            final int room = ring.producer.room((int) Math.min(BURST, total - next));
            for (int i = 0; i < room; i++) {
                ring.producer.put(i, next + i, (next + i) * FACTOR);
            }
            if (room > 0) {
                ring.producer.publish(room);
                next += room;
            } else {
                Thread.onSpinWait();
            }
        }
    }

    private static void read(
            final Ring ring, final long total, final AtomicReference<@Nullable Throwable> failure) {
        long next = 0;
        while (next < total) {
            final int count = ring.consumer.available(BURST);
            for (int i = 0; i < count; i++) {
                if (ring.consumer.place(i) != next || ring.consumer.kind(i) != next * FACTOR) {
                    final AssertionError error =
                            new AssertionError(
                                    "expected " + next + ", got " + ring.consumer.place(i));
                    failure.set(error);
                    throw error;
                }
                next++;
            }
            if (count > 0) {
                ring.consumer.release(count);
            } else {
                Thread.onSpinWait();
            }
        }
    }
}
