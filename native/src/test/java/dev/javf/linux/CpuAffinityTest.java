package dev.javf.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.concurrent.FutureTask;

class CpuAffinityTest {
    @Test
    void shouldPinTheCallingThreadAndNoOther() throws Exception {
        final BitSet before = CpuAffinity.get();
        final int cpu = before.length() - 1;
        final FutureTask<String> pinned =
                new FutureTask<>(() -> {
                    CpuAffinity.pin(cpu);
                    assertThat(CpuAffinity.get().stream()).containsExactly(cpu);
                    return allowedList();
                });
        Thread.ofPlatform().start(pinned);
        assertThat(pinned.get()).isEqualTo(Integer.toString(cpu));
        assertThat(CpuAffinity.get()).isEqualTo(before);
    }

    @Test
    void shouldTakeASetOfCpus() throws Exception {
        final BitSet all = CpuAffinity.get();
        final FutureTask<BitSet> widened =
                new FutureTask<>(() -> {
                    CpuAffinity.pin(all.nextSetBit(0));
                    CpuAffinity.set(all);
                    return CpuAffinity.get();
                });
        Thread.ofPlatform().start(widened);
        assertThat(widened.get()).isEqualTo(all);
    }

    @Test
    void shouldReportACpuThatIsNotThere() {
        final String allowed = CpuAffinity.get().toString();
        assertThatThrownBy(() -> CpuAffinity.pin(8191))
                .isInstanceOf(LinuxException.class)
                .hasMessageContaining("sched_setaffinity(0, {8191}) failed: EINVAL")
                .hasMessageContaining("this thread runs on CPUs " + allowed);
        assertThatThrownBy(() -> CpuAffinity.pin(-1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("a CPU is 0..8191, not -1");
        assertThatThrownBy(() -> CpuAffinity.pin(8192))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> CpuAffinity.set(new BitSet()))
                .isInstanceOf(LinuxException.class)
                .hasMessageContaining("EINVAL");
    }

    private static String allowedList() throws Exception {
        return Files.readAllLines(Path.of("/proc/thread-self/status")).stream()
                .filter(line -> line.startsWith("Cpus_allowed_list:"))
                .map(line -> line.split("\\s+", 2)[1])
                .findFirst()
                .orElseThrow();
    }
}
