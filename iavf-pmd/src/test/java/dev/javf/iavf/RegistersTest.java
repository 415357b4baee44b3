package dev.javf.iavf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.javf.vfio.InProcessDoor;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RegistersTest {
    @ParameterizedTest
    @CsvSource({
        "0x0000, QTX_TAIL1(0)",
        "0x003C, QTX_TAIL1(15)",
        "0x2004, QRX_TAIL1(1)",
        "0x2800, 'VFINT_ITRN1(0,0)'",
        "0x2844, 'VFINT_ITRN1(1,1)'",
        "0x3800, VFINT_DYN_CTLN1(0)",
        "0x4800, VFINT_ICR01",
        "0x4C08, VFINT_ITR01(2)",
        "0x5C00, VFINT_DYN_CTL01",
        "0x6000, VF_ARQBAH1",
        "0x6400, VF_ATQH1",
        "0x6800, VF_ATQLEN1",
        "0x6C00, VF_ARQBAL1",
        "0x7000, VF_ARQT1",
        "0x7400, VF_ARQH1",
        "0x7800, VF_ATQBAH1",
        "0x7C00, VF_ATQBAL1",
        "0x8000, VF_ARQLEN1",
        "0x8400, VF_ATQT1",
        "0x8800, VFGEN_RSTAT",
        "0xCC30, VFQF_HKEY(12)",
        "0xD03C, VFQF_HLUT(15)",
        "0x9000, 0x9000",
        "0x2002, 0x2002"
    })
    void shouldNameEveryRegister(final String offset, final String name) {
        assertThat(Registers.nameOf(Integer.decode(offset))).isEqualTo(name);
    }

    @Test
    void shouldDescribeWhatARegisterHolds() {
        assertThat(Registers.describe(Registers.VF_ARQLEN1, 0x80000020))
                .isEqualTo("VF_ARQLEN1 = 0x80000020 (ENABLE, 32 descriptors)");
        assertThat(Registers.describe(Registers.VF_ATQLEN1, 0x70000020))
                .isEqualTo("VF_ATQLEN1 = 0x70000020 (disabled, CRIT, OVFL, VFE, 32 descriptors)");
        assertThat(Registers.describe(Registers.VFGEN_RSTAT, 2))
                .isEqualTo("VFGEN_RSTAT = 0x2 (VF active)");
        assertThat(Registers.describe(Registers.VFGEN_RSTAT, 0))
                .isEqualTo("VFGEN_RSTAT = 0x0 (reset in progress)");
        assertThat(Registers.describe(Registers.VFGEN_RSTAT, Registers.IN_RESET))
                .isEqualTo("VFGEN_RSTAT = 0xdeadbeef (in reset)");
        assertThat(Registers.describe(Registers.VF_ATQT1, -1))
                .isEqualTo("VF_ATQT1 = 0xffffffff (no answer)");
    }

    @Test
    void shouldRefuseARegionThatIsTooShort() {
        assertThatThrownBy(() -> new Registers(new InProcessDoor(new PfStub()).bar(3)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("16384 bytes");
    }
}
