package dev.javf.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.javf.vfio.SparseMmap;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Objects;

class RegisterTest {
    @Test
    void shouldBeAnAdaptiveVirtualFunction() {
        try (PfRig rig = new PfRig(context -> context.index(3))) {
            final SimulatedVirtualFunction vf = rig.pf.virtualFunction(1);
            assertThat(vf.name()).isEqualTo("sim:3/1");
            assertThat(vf.config().read(0, 4)).isEqualTo(0x1889_8086);
            assertThat(vf.config().read(8, 4)).isEqualTo(0x020000_02);
            assertThat(vf.barLengthBytes(0)).isEqualTo(128 << 10);
            assertThat(vf.barLengthBytes(3)).isEqualTo(16 << 10);
            assertThat(vf.barLengthBytes(1)).isZero();
            final int capabilities = vf.config().read(0x34, 1);
            assertThat(vf.config().read(capabilities, 1)).isEqualTo(0x10);
            final int msix = vf.config().read(capabilities + 1, 1);
            assertThat(vf.config().read(msix, 1)).isEqualTo(0x11);
            assertThat(vf.config().read(msix + 2, 2)).isEqualTo(vf.interruptVectors() - 1);
            assertThat(vf.config().read(msix + 4, 4)).isEqualTo(3);
        }
    }

    /** Vectors: the first of 65, 17, 5, 3, 2 that fits; queue pairs: one less, 16 at most. */
    @ParameterizedTest
    @CsvSource({
        "1, 1920, false, 65, 16",
        "2, 1920, false, 65, 16",
        "32, 1920, false, 17, 16",
        "32, 1920, true, 33, 16",
        "64, 1920, false, 17, 16",
        "128, 1920, false, 5, 4",
        "256, 1920, false, 5, 4",
        "256, 1024, false, 3, 2",
        "256, 512, false, 2, 1"
    })
    void shouldGiveEachVfItsShareOfVectors(
            final int virtualFunctions,
            final int totalVectors,
            final boolean outOfTree,
            final int vectors,
            final int queuePairs) {
        final SimulatedPhysicalFunctionContext context =
                new SimulatedPhysicalFunctionContext()
                        .virtualFunctions(virtualFunctions)
                        .totalVectors(totalVectors)
                        .outOfTree(outOfTree)
                        .conclude();
        assertThat(context.vectorsPerVf()).isEqualTo(vectors);
        assertThat(context.queuePairsPerVf()).isEqualTo(queuePairs);
    }

    @Test
    void shouldRoundQueuePairsDownToAPowerOfTwoWhenTheyAreShort() {
        final SimulatedPhysicalFunctionContext context =
                new SimulatedPhysicalFunctionContext()
                        .virtualFunctions(10)
                        .totalQueuePairs(110)
                        .conclude();
        assertThat(context.queuePairsPerVf()).isEqualTo(8);
    }

    @Test
    void shouldReadActiveAfterPowerUp() {
        try (PfRig rig = new PfRig(context -> {})) {
            assertThat(rig.driver().read(RawDriver.RSTAT)).isEqualTo(2);
            assertThat(rig.driver().read(RawDriver.ARQLEN)).isZero();
        }
    }

    @Test
    void shouldReadInProgressBeforeTheFirstDutyCycle() {
        try (SimulatedPhysicalFunction pf =
                new SimulatedPhysicalFunction(new SimulatedPhysicalFunctionContext())) {
            assertThat(pf.virtualFunction(0).readBar32(0, RawDriver.RSTAT)).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(
            ints = {
                0x0000, 0x003C, 0x2000, 0x23FC, 0x2800, 0x28BC, 0x4C00, 0x4C08, 0x5400, 0x6000,
                0x6C00, 0x7800, 0x7C00, 0xC400, 0xC404, 0xCC00, 0xCC30, 0xD000, 0xD03C, 0xD41C
            })
    void shouldKeepWhatIsWrittenToARegister(final int register) {
        try (PfRig rig = new PfRig(context -> {})) {
            rig.driver().write(register, 0x1234_5678);
            assertThat(rig.driver().read(register)).isEqualTo(0x1234_5678);
        }
    }

    @ParameterizedTest
    @ValueSource(
            ints = {
                0x1000, 0x2400, 0x28C0, 0x3000, 0x3900, 0x4000, 0x4804, 0x4C0C, 0x5800, 0x6004,
                0x8804, 0xC408, 0xCC34, 0xD040, 0xD420, 0x10000, 0x1FFFC
            })
    void shouldReadZeroWhereThereIsNoRegister(final int offset) {
        try (PfRig rig = new PfRig(context -> {})) {
            rig.driver().write(offset, -1);
            assertThat(rig.driver().read(offset)).isZero();
        }
    }

    @Test
    void shouldReadAsDeadWhereThereIsNoRegisterDuringAReset() {
        try (PfRig rig = new PfRig(context -> {})) {
            rig.pf.virtualFunction(0).functionLevelReset();
            assertThat(rig.driver().read(0x9000)).isEqualTo(0xDEADBEEF);
            assertThat(rig.driver().read(RawDriver.RSTAT)).isZero();
            assertThat(rig.driver().read(RawDriver.ARQLEN)).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {RawDriver.ATQH, RawDriver.ATQT, RawDriver.ARQH, RawDriver.ARQT})
    void shouldKeepTenBitsOfHeadsAndTails(final int register) {
        try (PfRig rig = new PfRig(context -> {})) {
            rig.driver().write(register, -1);
            assertThat(rig.driver().read(register)).isEqualTo(0x3FF);
        }
    }

    @Test
    void shouldLetDriverClearErrorBitsButNotSetThem() {
        try (PfRig rig = new PfRig(context -> {})) {
            final RawDriver driver = rig.driver();
            driver.write(RawDriver.ATQLEN, -1);
            assertThat(driver.read(RawDriver.ATQLEN)).isEqualTo(RawDriver.ENABLE | 0x3FF);
            rig.pf
                    .virtualFunction(0)
                    .registers()
                    .or(RawDriver.ATQLEN, RawDriver.OVFL | RawDriver.VFE);
            driver.write(RawDriver.ATQLEN, RawDriver.ENABLE | RawDriver.VFE | 32);
            assertThat(driver.read(RawDriver.ATQLEN))
                    .isEqualTo(RawDriver.ENABLE | RawDriver.VFE | 32);
        }
    }

    @Test
    void shouldNotLetDriverWriteResetStateOrCauses() {
        try (PfRig rig = new PfRig(context -> {})) {
            final RawDriver driver = rig.driver();
            driver.write(RawDriver.RSTAT, 0);
            driver.write(RawDriver.ICR01, -1);
            assertThat(driver.read(RawDriver.RSTAT)).isEqualTo(2);
            assertThat(driver.read(RawDriver.ICR01)).isZero();
        }
    }

    @Test
    void shouldShowQueueVectorsControlWithoutBitsThatClearThemselves() {
        try (PfRig rig = new PfRig(context -> {})) {
            rig.driver().write(0x3800, 0x4000_001F);
            assertThat(rig.driver().read(0x3800)).isEqualTo(0x4000_0001);
            rig.driver().write(0x38FC, 1);
            assertThat(rig.driver().read(0x38FC)).isEqualTo(1);
        }
    }

    @Test
    void shouldShareDoorbellsAndIntervalsAndNothingElse() {
        try (PfRig rig = new PfRig(context -> {})) {
            final SimulatedVirtualFunction vf = rig.pf.virtualFunction(0);
            final SparseMmap shared = Objects.requireNonNull(vf.sparseMmap(0));
            assertThat(shared.areas()).isEqualTo(List.of(new SparseMmap.Area(0, 0x3000)));
            assertThat(vf.sparseMmap(3)).isNull();
            final MemorySegment tail = Objects.requireNonNull(vf.barMemory(0, 0x2004, 4));
            tail.set(ValueLayout.JAVA_INT, 0, 77);
            assertThat(rig.driver().read(0x2004)).isEqualTo(77);
            assertThat(vf.barMemory(0, 0x2FFC, 8)).isNull();
            assertThat(vf.barMemory(0, 0x3800, 4)).isNull();
            assertThat(vf.barMemory(3, 0, 4)).isNull();
            assertThat(vf.barMemory(0, -4, 4)).isNull();
        }
    }

    @Test
    void shouldRememberMsixTableWithEntriesMaskedAtFirst() {
        try (PfRig rig = new PfRig(context -> {})) {
            final SimulatedVirtualFunction vf = rig.pf.virtualFunction(0);
            assertThat(vf.readBar32(3, 12)).isEqualTo(1);
            vf.writeBar32(3, 16, 0xFEE0_0000);
            vf.writeBar32(3, 28, -1);
            assertThat(vf.readBar32(3, 16)).isEqualTo(0xFEE0_0000);
            assertThat(vf.readBar32(3, 28)).isEqualTo(1);
            assertThat(vf.readBar32(3, 0x1000)).isZero();
            assertThat(vf.readBar32(3, 0x3FFC)).isZero();
        }
    }

    @Test
    void shouldNameFunctionsAndReadTheNames() {
        assertThat(SimulatedFunctionName.of("sim:0/1")).isEqualTo(new SimulatedFunctionName(0, 1));
        assertThat(new SimulatedFunctionName(12, 255)).hasToString("sim:12/255");
        for (final String wrong : List.of("sim:0", "sim:0/256", "sim:1000/0", "0/1", "sim:a/1")) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> SimulatedFunctionName.of(wrong))
                    .withMessageContaining(wrong)
                    .withMessageContaining("sim:PF/VF");
        }
    }
}
