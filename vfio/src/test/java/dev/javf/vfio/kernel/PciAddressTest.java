package dev.javf.vfio.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.util.List;

class PciAddressTest {
    @Test
    void shouldReadWhatTheKernelWrites() {
        assertThat(PciAddress.parse("0000:3b:01.7")).isEqualTo(new PciAddress(0, 0x3B, 1, 7));
        assertThat(PciAddress.parse("3B:1f.0")).hasToString("0000:3b:1f.0");
        assertThat(PciAddress.parse("10000:00:00.0")).hasToString("10000:00:00.0");
        for (final String text :
                List.of(
                        "",
                        "3b",
                        "3b:01",
                        "3b:01.8",
                        "3b:20.0",
                        "000:3b:01.0",
                        " 3b:01.0",
                        "eth0")) {
            assertThat(PciAddress.parse(text)).as(text).isNull();
        }
    }
}
