package dev.javf.vfio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

class PciConfigModelTest {
    private final AtomicInteger resets = new AtomicInteger();
    private final PciConfigModel config =
            new PciConfigModel(
                    new PciConfigModel.Identity(
                            0x8086,
                            0x1889,
                            2,
                            0x020000,
                            0x8086,
                            0,
                            List.of(
                                    new PciConfigModel.Bar(0, 128 << 10),
                                    new PciConfigModel.Bar(3, 16 << 10)),
                            5,
                            3,
                            0x2000),
                    resets::incrementAndGet);

    @Test
    void shouldShowItsIdentity() {
        assertThat(config.read(0, 4)).isEqualTo(0x1889_8086);
        assertThat(config.read(8, 4)).isEqualTo(0x0200_0002);
        assertThat(config.read(0x2C, 4)).isEqualTo(0x8086);
    }

    @Test
    void shouldSizeItsBars() {
        config.write(0x10, 4, -1);
        config.write(0x14, 4, -1);
        assertThat(config.read(0x10, 4)).isEqualTo(0xFFFE_000C);
        assertThat(config.read(0x14, 4)).isEqualTo(-1);
        config.write(0x1C, 4, -1);
        assertThat(config.read(0x1C, 4)).isEqualTo(0xFFFF_C00C);
        config.write(0x10, 4, 0xE000_0000);
        assertThat(config.read(0x10, 4)).isEqualTo(0xE000_000C);
        config.write(0x18, 4, -1);
        assertThat(config.read(0x18, 4)).as("no such region").isZero();
    }

    @Test
    void shouldListItsCapabilities() {
        assertThat(config.read(6, 2) & 0x10).isNotZero();
        final int pcie = config.read(0x34, 1);
        assertThat(config.read(pcie, 1)).isEqualTo(0x10);
        assertThat(config.read(pcie + 4, 4) & 1 << 28).as("can do FLR").isNotZero();
        final int msix = config.read(pcie + 1, 1);
        assertThat(config.read(msix, 1)).isEqualTo(0x11);
        assertThat(config.read(msix + 2, 2) & 0x7FF).as("table size - 1").isEqualTo(4);
        assertThat(config.read(msix + 4, 4)).isEqualTo(3);
        assertThat(config.read(msix + 8, 4)).isEqualTo(0x2003);
        assertThat(config.read(msix + 1, 1)).as("last").isZero();
    }

    @Test
    void shouldResetWhenTheFlrBitIsWrittenAndReadItAsZero() {
        final int control = config.read(0x34, 1) + 8;
        config.write(control, 2, 0x8000);
        assertThat(resets).hasValue(1);
        assertThat(config.read(control, 2)).isZero();
        config.write(control, 2, 0x2810);
        assertThat(resets).hasValue(1);
        assertThat(config.read(control, 2)).isEqualTo(0x2810);
        config.write(control + 1, 1, 0x80);
        assertThat(resets).hasValue(2);
    }

    @Test
    void shouldLoseBusMasteringInAReset() {
        config.enableBusMaster();
        assertThat(config.isBusMaster()).isTrue();
        config.clearOnReset();
        assertThat(config.isBusMaster()).isFalse();
        assertThat(config.read(PciConfigSpace.COMMAND, 2)).isZero();
    }

    @Test
    void shouldBeAsAtFirstAfterAReset() {
        final int[] before = new int[PciConfigSpace.LENGTH_BYTES / 4];
        for (int i = 0; i < before.length; i++) {
            before[i] = config.read(4 * i, 4);
        }
        for (int i = 0; i < before.length; i++) {
            config.write(4 * i, 4, 0x7FFF_7FFF);
        }
        assertThat(config.isBusMaster()).isTrue();
        config.clearOnReset();
        assertThat(config.isBusMaster()).isFalse();
        for (int i = 0; i < before.length; i++) {
            assertThat(config.read(4 * i, 4)).as("at " + 4 * i).isEqualTo(before[i]);
        }
    }

    @Test
    void shouldIgnoreWritesToWhatIsReadOnly() {
        config.write(0, 4, 0);
        config.write(0x100, 4, -1);
        assertThat(config.read(0, 4)).isEqualTo(0x1889_8086);
        assertThat(config.read(0x100, 4)).isZero();
    }

    @Test
    void shouldNameAnAccessOutside() {
        assertThatThrownBy(() -> config.read(4094, 4))
                .hasMessage("configuration space has 4096 bytes; no access at 4094 with 4 bytes");
        assertThatThrownBy(() -> config.write(0, 8, 1))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }
}
