package dev.javf.virtio.pci;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.vfio.PciConfigSpace;
import dev.javf.virtio.Feature;
import dev.javf.virtio.driver.VirtioDriver;
import dev.javf.virtio.pci.NicRig.Door;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The registers, and what the device status lets them take. */
class RegistersTest {
    private static final long BASIC = Feature.maskOf(Feature.VERSION_1, Feature.MAC);
    private static final int NO_VECTOR = 0xFFFF;

    @ParameterizedTest
    @EnumSource
    void shouldBeAModernFunction(final Door door) {
        try (NicRig rig = NicRig.of(door)) {
            final PciConfigSpace config = rig.device().config();
            assertThat(config.read(0x00, 4)).isEqualTo(0x1041_1AF4);
            assertThat(config.read(0x08, 4)).isEqualTo(0x020000_01);
            assertThat(config.read(0x2E, 2)).isGreaterThanOrEqualTo(0x40);
            assertThat(config.read(0x3D, 1)).as("interrupt pin").isZero();
            int types = 0;
            for (int at = config.read(0x34, 1); at != 0; at = config.read(at + 1, 1)) {
                if (config.read(at, 1) == 9) {
                    types |= 1 << config.read(at + 3, 1);
                    assertThat(config.read(at + 8, 4) & 3).as("offset").isZero();
                }
            }
            assertThat(types).as("types 1 to 5").isEqualTo(0b111110);
            assertThat(rig.device().interruptVectors()).isEqualTo(10);
        }
    }

    /** VirtIO 1.2, 4.1.4.4.1: there is room for each queue's notification, with its data. */
    @Test
    void shouldHaveANotificationOfEachQueue() {
        try (NicRig rig = NicRig.of(Door.IN_PROCESS)) {
            final PciConfigSpace config = rig.device().config();
            int at = config.read(0x34, 1);
            while (config.read(at, 1) != 9 || config.read(at + 3, 1) != 2) {
                at = config.read(at + 1, 1);
            }
            final int length = config.read(at + 12, 4);
            final int multiplier = config.read(at + 16, 4);
            assertThat(multiplier).isEqualTo(4);
            for (int queue = 0; queue < rig.net().queueCount(); queue++) {
                rig.driver.write(0x16, 2, queue);
                assertThat(rig.driver.read(0x1E, 2) * multiplier + 4).isLessThanOrEqualTo(length);
            }
        }
    }

    @Test
    void shouldOfferWhatItsFeaturesNeed() {
        try (NicRig rig = NicRig.of(Door.IN_PROCESS)) {
            final long offered = rig.net().offeredFeatures();
            assertThat(rig.driver.offeredFeatures()).isEqualTo(offered);
            assertThat(Feature.objection(offered, offered)).isNull();
        }
    }

    @Test
    void shouldShowItsConfiguration() {
        try (NicRig rig = NicRig.of(Door.IN_PROCESS)) {
            assertThat(rig.driver.configuration(0, 4)).isEqualTo(2);
            assertThat(rig.driver.configuration(4, 2)).isEqualTo(0x100);
            assertThat(rig.driver.configuration(6, 2)).isEqualTo(1);
            assertThat(rig.driver.configuration(8, 2)).isEqualTo(4);
            assertThat(rig.driver.configuration(10, 2)).isEqualTo(1500);
            assertThat(rig.driver.configuration(12, 4)).isEqualTo(-1);
            assertThat(rig.driver.configuration(16, 1)).isEqualTo(0xFF);
        }
    }

    /** VirtIO 1.2, 4.1.4.9: registers without memory accesses, as firmware uses them. */
    @Test
    void shouldBeReachedThroughTheWindow() {
        try (NicRig rig = NicRig.of(Door.IN_PROCESS)) {
            final PciConfigSpace config = rig.device().config();
            int window = config.read(0x34, 1);
            while (config.read(window, 1) != 9 || config.read(window + 3, 1) != 5) {
                window = config.read(window + 1, 1);
            }
            config.write(window + 4, 1, VirtioPciFunction.REGISTERS_BAR);
            config.write(window + 8, 4, 0x14);
            config.write(window + 12, 4, 1);
            config.write(window + 16, 1, 1);
            assertThat(rig.driver.status()).isEqualTo(1);
            assertThat(config.read(window + 16, 1)).isEqualTo(1);
            config.write(window + 8, 4, VirtioPciFunction.DEVICE + 8);
            config.write(window + 12, 4, 2);
            assertThat(config.read(window + 16, 2)).isEqualTo(4);
            // Nothing there, odd, or too wide: all ones or nothing, but no harm.
            config.write(window + 8, 4, -4);
            assertThat(config.read(window + 16, 2)).isEqualTo(0xFFFF);
            config.write(window + 12, 4, 3);
            config.write(window + 16, 4, -1);
            config.write(window + 4, 1, 77);
            config.write(window + 12, 4, 4);
            config.write(window + 16, 4, -1);
            assertThat(config.read(window + 16, 4)).isEqualTo(-1);
            assertThat(rig.driver.status()).isEqualTo(1);
        }
    }

    @Test
    void shouldTakeFeaturesOnlyBeforeTheyAreAgreedOn() {
        try (NicRig rig = NicRig.of(Door.IN_PROCESS)) {
            rig.driver.negotiate(BASIC);
            rig.driver.chooseFeatures(-1);
            rig.driver.write(0x08, 4, 0);
            assertThat(rig.driver.read(0x0C, 4)).isEqualTo((int) BASIC);
            rig.driver.addStatus(8);
            rig.driver.addStatus(4);
            assertThat(rig.net().features()).isEqualTo(BASIC);
            rig.driver.assertStatusIsGood();
        }
    }

    @Test
    void shouldShowNothingBeyond64Features() {
        try (NicRig rig = NicRig.of(Door.IN_PROCESS)) {
            for (final int select : new int[] {2, 3, -1, Integer.MIN_VALUE, 1 << 27}) {
                rig.driver.write(0x00, 4, select);
                assertThat(rig.driver.read(0x04, 4)).as("select 0x%x", select).isZero();
                rig.driver.write(0x08, 4, select);
                rig.driver.write(0x0C, 4, -1);
                assertThat(rig.driver.read(0x0C, 4)).isZero();
            }
            rig.driver.write(0x08, 4, 0);
            assertThat(rig.driver.read(0x0C, 4)).isZero();
        }
    }

    /** Not offered, without what it needs, or without VERSION_1. */
    @Test
    void shouldRefuseFeatures() {
        final long[] bad = {
            Feature.MAC.mask(),
            Feature.maskOf(Feature.VERSION_1, Feature.MQ),
            Feature.maskOf(Feature.VERSION_1, Feature.CTRL_RX),
            Feature.VERSION_1.mask() | 1 << 2,
            Feature.maskOf(Feature.VERSION_1, Feature.HOST_TSO4),
            Feature.maskOf(Feature.VERSION_1, Feature.HOST_TSO6, Feature.GUEST_CSUM),
            Feature.maskOf(Feature.VERSION_1, Feature.GUEST_TSO4, Feature.CSUM),
            Feature.maskOf(Feature.VERSION_1, Feature.GUEST_TSO6),
            Feature.VERSION_1.mask() | 1L << 63 | 1L << 33,
            Feature.maskOf(Feature.VERSION_1, Feature.CTRL_VQ, Feature.CTRL_VLAN)
        };
        try (NicRig rig = NicRig.of(Door.IN_PROCESS)) {
            for (final long chosen : bad) {
                rig.driver.status(0);
                rig.driver.addStatus(3);
                rig.driver.chooseFeatures(chosen);
                rig.driver.addStatus(8);
                assertThat(rig.driver.status()).as("0x%x", chosen).isEqualTo(0x43);
                rig.driver.addStatus(0x80);
                assertThat(rig.driver.status()).isEqualTo(0xC3);
            }
            assertThat(rig.reports).isNotEmpty();
        }
    }

    @Test
    void shouldTakeQueuesOnlyAfterTheFeatures() {
        try (NicRig rig = NicRig.of(Door.IN_PROCESS)) {
            final VirtioDriver driver = rig.driver;
            driver.addStatus(3);
            driver.write(0x18, 2, 64);
            driver.write(0x20, 4, 0x1000);
            driver.write(0x1C, 2, 1);
            assertThat(driver.read(0x18, 2)).isEqualTo(256);
            assertThat(driver.read(0x20, 4)).isZero();
            assertThat(driver.read(0x1C, 2)).isZero();
            driver.negotiate(BASIC);
            driver.setUpQueue(0, 64);
            driver.write(0x18, 2, 128);
            driver.write(0x20, 4, 0x1000);
            driver.write(0x1C, 2, 0);
            assertThat(driver.read(0x18, 2)).as("not while it is enabled").isEqualTo(64);
            assertThat(driver.read(0x1C, 2)).isEqualTo(1);
            driver.assertStatusIsGood();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 3, 100, 257, 512, 32768, 65535})
    void shouldNeedAResetAfterABadSize(final int size) {
        try (NicRig rig = NicRig.of(Door.IN_PROCESS)) {
            rig.driver.negotiate(BASIC);
            rig.driver.write(0x18, 2, size);
            assertThat(rig.driver.status()).isEqualTo(0x4B);
            rig.driver.status(0);
            assertThat(rig.driver.read(0x18, 2)).isEqualTo(256);
        }
    }

    @Test
    void shouldNeedAResetAfterABadRing() {
        try (NicRig rig = NicRig.of(Door.IN_PROCESS)) {
            rig.driver.negotiate(BASIC);
            rig.driver.write(0x24, 4, 0x7FFF_FFFF);
            rig.driver.write(0x1C, 2, 1);
            assertThat(rig.driver.status()).isEqualTo(0x4B);
            assertThat(rig.driver.read(0x1C, 2)).isZero();
            assertThat(rig.reports.getFirst()).contains("a ring isn't in memory");
        }
    }

    @Test
    void shouldHaveNoQueuesBeyondTheLast() {
        try (NicRig rig = NicRig.of(Door.IN_PROCESS)) {
            rig.driver.negotiate(BASIC);
            for (final int queue : new int[] {2, 8, 9, 0xFFFF}) {
                rig.driver.write(0x16, 2, queue);
                assertThat(rig.driver.read(0x16, 2)).isEqualTo(queue);
                assertThat(rig.driver.read(0x18, 2)).isZero();
                rig.driver.write(0x18, 2, 64);
                rig.driver.write(0x1C, 2, 1);
                rig.driver.write(0x20, 4, 64);
                assertThat(rig.driver.read(0x1C, 2)).isZero();
            }
            rig.driver.assertStatusIsGood();
        }
    }

    @Test
    void shouldReadBackOnlyVectorsThatThereAre() {
        try (NicRig rig = NicRig.of(Door.IN_PROCESS)) {
            for (final int vector : new int[] {0, 9, 10, 0x100, NO_VECTOR}) {
                final int expected = vector < 10 ? vector : NO_VECTOR;
                rig.driver.write(0x10, 2, vector);
                assertThat(rig.driver.read(0x10, 2)).isEqualTo(expected);
                rig.driver.write(0x1A, 2, vector);
                assertThat(rig.driver.read(0x1A, 2)).isEqualTo(expected);
            }
            rig.driver.status(0);
            assertThat(rig.driver.read(0x10, 2)).isEqualTo(NO_VECTOR);
            assertThat(rig.driver.read(0x1A, 2)).isEqualTo(NO_VECTOR);
        }
    }

    /** A register is written as wide as it is; anything else is lost. */
    @Test
    void shouldIgnoreWritesOfTheWrongWidth() {
        try (NicRig rig = NicRig.of(Door.IN_PROCESS)) {
            rig.driver.write(0x14, 4, 0x0F);
            rig.driver.write(0x14, 2, 0x0F);
            rig.driver.write(0x00, 1, 1);
            rig.driver.write(0x18, 4, 1);
            rig.driver.write(0x17, 1, 1);
            assertThat(rig.driver.status()).isZero();
            assertThat(rig.driver.read(0x00, 4)).isZero();
            assertThat(rig.driver.read(0x16, 2)).isZero();
        }
    }

    @Test
    void shouldClearTheInterruptStatusByReading() {
        try (NicRig rig = NicRig.of(Door.IN_PROCESS)) {
            rig.driver.initialize(BASIC);
            rig.net().link(false);
            assertThat(rig.device().bar(0).read(VirtioPciFunction.ISR, 1)).isEqualTo(2);
            assertThat(rig.device().bar(0).read(VirtioPciFunction.ISR, 1)).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldBeAsNewAfterAFunctionLevelReset(final Door door) {
        try (NicRig rig = NicRig.of(door)) {
            rig.driver.initialize(BASIC);
            Traffic.exchangeSmall(rig);
            rig.resetMachine();
            assertThat(rig.driver.status()).isZero();
            assertThat(rig.driver.read(0x1C, 2)).isZero();
            assertThat(rig.transmit(Frames.of(100, 1))).isTrue();
            rig.driver.initialize(BASIC);
            Traffic.exchangeSmall(rig);
        }
    }
}
