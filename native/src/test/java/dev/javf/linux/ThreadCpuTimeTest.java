package dev.javf.linux;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.testing.CpuTime;

import org.junit.jupiter.api.Test;

import java.util.concurrent.locks.LockSupport;

class ThreadCpuTimeTest {
    @Test
    void shouldBeBetweenWhatTheJvmSaysBeforeAndAfter() {
        final ThreadCpuTime time = new ThreadCpuTime();
        for (int i = 0; i < 100; i++) {
            final long before = CpuTime.ofThisThread();
            final long read = time.nanoTime();
            assertThat(read).isBetween(before, CpuTime.ofThisThread());
        }
    }

    @Test
    void shouldNotCountASleep() {
        final ThreadCpuTime time = new ThreadCpuTime();
        final long cpuBefore = time.nanoTime();
        final long before = System.nanoTime();
        while (System.nanoTime() - before < 20_000_000) {
            LockSupport.parkNanos(20_000_000);
        }
        assertThat(time.nanoTime() - cpuBefore).isLessThan(System.nanoTime() - before);
    }
}
