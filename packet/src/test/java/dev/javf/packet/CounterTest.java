package dev.javf.packet;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CounterTest {
    @Test
    void shouldBeSeenByAReaderWithoutEverGoingBack() throws InterruptedException {
        final Counter counter = new Counter();
        final long target = 1_000_000;
        final Thread writer =
                new Thread(() -> {
                    for (int i = 0; i < target / 2; i++) {
                        counter.increment();
                        counter.add(1);
                    }
                });
        writer.start();
        long seen = 0;
        while (seen < target) {
            final long now = counter.value();
            assertThat(now).isBetween(seen, target);
            seen = now;
        }
        writer.join();
        assertThat(counter.value()).isEqualTo(target);
    }
}
