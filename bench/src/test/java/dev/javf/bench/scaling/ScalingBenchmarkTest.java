package dev.javf.bench.scaling;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.linux.CpuAffinity;
import dev.javf.packet.PacketPool;
import dev.javf.testing.Machine;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** That every packet goes all the way; what it costs is not for a test to say. */
class ScalingBenchmarkTest {
    @ParameterizedTest
    @CsvSource({"1, 1", "4094, 1", "64, 64"})
    void shouldForwardEveryPacket(final int vlans, final int ports) {
        final FunctionPath path =
                new FunctionPath(new PacketPool("scaling-test", 640), 512, vlans, ports);
        for (int i = 0; i < 1_000; i++) {
            path.turn();
        }
        assertThat(path.packets()).isEqualTo(1_000L * FunctionPath.BURST);
        path.close();
    }

    /** Of as few packets as that none is dropped, whatever the loops cost. */
    @Test
    void shouldCountTheDropsOfTheFirstSecond() {
        assertThat(FirstSecond.measure(10, 100)).isEqualTo("| 10 | 0 | 100 | 0.0 |\n");
    }

    @Test
    void shouldShowEachNumberNextToTheFirst() {
        Machine.need(CpuAffinity.get().cardinality() > 1, "a second processor");
        assertThat(ScalingBenchmark.run(2, 0, 64).lines())
                .anyMatch(line -> line.matches("\\| VFs \\| 64 \\|( [0-9.]+ \\|){4}"))
                .anyMatch(line -> line.matches("\\| VLANs of a trunk \\| 4094 \\|.*"))
                .anyMatch(line -> line.matches("\\| threads \\| 2 \\|( [0-9.]+ \\|){4}"));
    }
}
