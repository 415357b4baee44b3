package dev.javf.packet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

import java.lang.foreign.MemorySegment;

class MacAddressTest {
    @Test
    void shouldPutTheFirstOctetFirst() {
        final byte[] bytes = new byte[8];
        MacAddress.of("02:1a:2b:3c:4d:5e").write(MemorySegment.ofArray(bytes), 1);
        assertThat(bytes).containsExactly(0, 0x02, 0x1a, 0x2b, 0x3c, 0x4d, 0x5e, 0);
        assertThat(MacAddress.read(MemorySegment.ofArray(bytes), 1))
                .isEqualTo(new MacAddress(0x021a2b3c4d5eL))
                .hasToString("02:1a:2b:3c:4d:5e");
    }

    @Test
    void shouldTellGroupsFromHosts() {
        assertThat(MacAddress.BROADCAST.isMulticast()).isTrue();
        assertThat(MacAddress.of("01:00:5e:00:00:01").isMulticast()).isTrue();
        assertThat(MacAddress.of("02:00:00:00:00:01").isMulticast()).isFalse();
        assertThat(MacAddress.ZERO.isZero()).isTrue();
    }

    @Test
    void shouldNameWhatItCannotRead() {
        assertThatThrownBy(() -> MacAddress.of("02-00-00-00-00-01"))
                .hasMessage("'02-00-00-00-00-01' is no MAC address; write it as 02:00:00:00:00:01");
        assertThatThrownBy(() -> new MacAddress(1L << 48))
                .hasMessage("MAC address 0x1000000000000 has more than 48 bits");
    }
}
