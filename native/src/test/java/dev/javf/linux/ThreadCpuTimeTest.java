package dev.javf.linux;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.lang.management.ManagementFactory;
import java.util.concurrent.locks.LockSupport;

class ThreadCpuTimeTest {
    private static long jvmsTime() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    @Test
    void shouldBeBetweenWhatTheJvmSaysBeforeAndAfter() {
        final ThreadCpuTime time = new ThreadCpuTime();
        for (int i = 0; i < 100; i++) {
            final long before = jvmsTime();
            final long read = time.nanoTime();
            assertThat(read).isBetween(before, jvmsTime());
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
