package dev.javf.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.javf.linux.libc.Libc;

import org.junit.jupiter.api.Test;

class LinuxExceptionTest {
    @Test
    void shouldNameCallArgumentsAndError() {
        final LinuxException e =
                new LinuxException("open(\"/dev/net/tun\", O_RDWR)", Libc.EACCES());
        assertThat(e)
                .hasMessage(
                        "open(\"/dev/net/tun\", O_RDWR) failed: EACCES (13), Permission denied");
        assertThat(e.errno()).isEqualTo(13);
        assertThat(e.errnoName()).isEqualTo("EACCES");
    }

    @Test
    void shouldAppendWhatWouldMendIt() {
        assertThat(new LinuxException("mlockall()", Libc.ENOMEM(), "raise LimitMEMLOCK"))
                .hasMessage(
                        "mlockall() failed: ENOMEM (12), Cannot allocate memory; raise"
                                + " LimitMEMLOCK");
    }

    @Test
    void shouldCopeWithErrorsThatHaveNoName() {
        assertThat(new LinuxException("call()", 4711))
                .hasMessage("call() failed: errno 4711 (4711), unknown error");
    }

    @Test
    void shouldComeFromARealCallWithItsRealError() {
        assertThatThrownBy(() -> Descriptor.open("/nowhere/at/all", Libc.O_RDONLY()))
                .isInstanceOf(LinuxException.class)
                .hasMessage(
                        "open(\"/nowhere/at/all\", O_RDONLY) failed: ENOENT (2), No such file or"
                                + " directory");
    }
}
