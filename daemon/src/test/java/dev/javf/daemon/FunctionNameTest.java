package dev.javf.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.javf.linux.LinuxException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FunctionNameTest {
    @ParameterizedTest
    @CsvSource({
        "vfio-pci:0000:3b:01.0,vfio-pci:0000:3b:01.0",
        "vfio-pci:3b:01.0,vfio-pci:0000:3b:01.0",
        "vfio-user:/run/vf0.sock,vfio-user:/run/vf0.sock",
        "0000:3b:01.0,vfio-pci:0000:3b:01.0",
        "pf:ens1f0/3,pf:ens1f0/3",
        "env:PCIDEVICE_INTEL_COM_VF,env:PCIDEVICE_INTEL_COM_VF/0",
        "env:PCIDEVICE_X/2,env:PCIDEVICE_X/2",
        "sim:0/1,sim:0/1",
    })
    void shouldReadAndWriteNames(final String text, final String name) {
        assertThat(FunctionName.of(text)).hasToString(name);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "eth0", "pf:ens1f0", "sim:0", "vfio-pci:eth0", "vfio-pci:", "pci:1"})
    void shouldSayWhatIsAccepted(final String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> FunctionName.of(text))
                .withMessageContaining("'" + text + "' names no virtual function")
                .withMessageContaining("vfio-pci:0000:3b:01.0")
                .withMessageContaining("vfio-user:/run/vf0.sock");
    }

    @Test
    void shouldRefuseASocketWithoutName() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> FunctionName.of("vfio-user:"))
                .withMessageContaining("must have 1 to 107 bytes");
    }

    @Test
    void shouldSayThatNobodyServes() {
        assertThatExceptionOfType(LinuxException.class)
                .isThrownBy(() -> FunctionName.of("vfio-user:/nonexistent/vf0.sock").open())
                .withMessageContaining("connect(/nonexistent/vf0.sock)");
    }
}
