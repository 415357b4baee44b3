package dev.javf.virtio.pci;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.virtio.Feature;
import dev.javf.virtio.driver.ControlPath;
import dev.javf.virtio.driver.VirtioDriver;
import dev.javf.virtio.pci.NicRig.Door;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.util.List;

/**
 * The tests that oxidecomputer/propolis PR 1064 brought for its virtio network card, under their
 * names, and regressions of the fixes that led to it. Where theirs only brings the device up, these
 * also move packets both ways on every queue pair in use.
 *
 * <p>The three fixes that the work built on, and what fails when each is undone here (tried out):
 *
 * <ol>
 *   <li>a reset covers every queue, not only those in use (45af0f7). When it walks the pairs in use
 *       only: {@link #resetCoversQueuesThatAreNotInUse} and {@link #basic_operation_modern};
 *   <li>a reset copes with queues that were never set up (1df49a4). When such a queue fails it:
 *       {@link #resetCopesWithQueuesNeverSetUp}, {@link #test_device_status_writes}, {@link
 *       #basic_operation_modern} and {@link #multiqueue_to_singlequeue_to_multiqueue};
 *   <li>a machine reset also forgets what was in use before (957f5c4). When the number of pairs
 *       stays: {@link #machineResetForgetsTheQueuePairsInUse}.
 * </ol>
 */
@SuppressWarnings("checkstyle:MethodName") // propolis's names
class PropolisTest {
    private static final int ACKNOWLEDGE = 1;
    private static final int DRIVER = 2;
    private static final int FEATURES_OK = 8;
    private static final int NEEDS_RESET = 0x40;

    private static final long BASIC =
            Feature.maskOf(
                    Feature.VERSION_1,
                    Feature.MAC,
                    Feature.STATUS,
                    Feature.CTRL_VQ,
                    Feature.MRG_RXBUF);
    private static final long MULTIQUEUE = BASIC | Feature.MQ.mask();

    /** Without the state machine the second status is not refused, and 0x40 can be cleared. */
    @ParameterizedTest
    @EnumSource
    void test_device_status_writes(final Door door) {
        try (NicRig rig = NicRig.of(door)) {
            final VirtioDriver driver = rig.driver;
            driver.status(0);
            driver.addStatus(ACKNOWLEDGE | DRIVER);
            assertThat(driver.status()).isEqualTo(ACKNOWLEDGE | DRIVER);
            driver.status(ACKNOWLEDGE);
            assertThat(driver.status() & NEEDS_RESET).isNotZero();
            driver.status(0);
            driver.addStatus(ACKNOWLEDGE | DRIVER);
            driver.chooseFeatures(Feature.maskOf(Feature.VERSION_1, Feature.CTRL_VQ));
            driver.addStatus(FEATURES_OK);
            assertThat(driver.status() & FEATURES_OK).isNotZero();
            driver.write(0x18, 2, 65533);
            assertThat(driver.status() & NEEDS_RESET).isNotZero();
            driver.status(driver.status() & ~NEEDS_RESET);
            assertThat(driver.status() & NEEDS_RESET).isNotZero();
            driver.status(0);
            assertThat(driver.status()).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource
    void basic_operation_modern(final Door door) {
        try (NicRig rig = NicRig.of(door)) {
            initialize(rig, BASIC);
            initialize(rig, BASIC);
            rig.resetMachine();
            for (int i = 0; i < 3; i++) {
                initialize(rig, BASIC);
            }
            // Without CTRL_VQ: there is no control queue, and no trace of the one before.
            initialize(rig, BASIC & ~Feature.CTRL_VQ.mask());
            rig.driver.write(0x16, 2, 2);
            assertThat(rig.driver.read(0x18, 2)).as("size of the queue after the pair").isZero();
        }
    }

    /** Fails when features are applied at every status write, as before PR 1064. */
    @ParameterizedTest
    @EnumSource
    void basic_operation_multiqueue(final Door door) {
        try (NicRig rig = NicRig.of(door)) {
            initialize(rig, MULTIQUEUE);
            initialize(rig, MULTIQUEUE);
            rig.resetMachine();
            for (int i = 0; i < 3; i++) {
                initialize(rig, MULTIQUEUE);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void multiqueue_to_singlequeue_to_multiqueue(final Door door) {
        try (NicRig rig = NicRig.of(door)) {
            initialize(rig, MULTIQUEUE);
            rig.resetMachine();
            initialize(rig, BASIC);
            initialize(rig, MULTIQUEUE);
        }
    }

    /** Fix 1: all pairs were set up, one is in use; after a reset none may still be enabled. */
    @ParameterizedTest
    @EnumSource
    void resetCoversQueuesThatAreNotInUse(final Door door) {
        try (NicRig rig = NicRig.of(door)) {
            initialize(rig, MULTIQUEUE);
            assertThat(rig.driver.control().pairs(1)).isEqualTo(ControlPath.OK);
            rig.driver.status(0);
            for (int queue = 0; queue < rig.net().queueCount(); queue++) {
                rig.driver.write(0x16, 2, queue);
                assertThat(rig.driver.read(0x1C, 2)).as("enable of queue %d", queue).isZero();
                assertThat(rig.driver.read(0x1A, 2)).as("vector of %d", queue).isEqualTo(0xFFFF);
                assertThat(rig.driver.read(0x18, 2)).as("size of queue %d", queue).isNotZero();
            }
            initialize(rig, MULTIQUEUE);
        }
    }

    /** Fix 2: firmware sets up one pair of many, then the operating system resets. */
    @ParameterizedTest
    @EnumSource
    void resetCopesWithQueuesNeverSetUp(final Door door) {
        try (NicRig rig = NicRig.of(door)) {
            rig.driver.negotiate(MULTIQUEUE);
            rig.driver.setUpQueue(0, 128);
            rig.driver.setUpQueue(1, 128);
            rig.driver.addStatus(4);
            rig.driver.status(0);
            rig.driver.assertStatusIsGood();
            assertThat(rig.reports).isEmpty();
            initialize(rig, MULTIQUEUE);
        }
    }

    /** Fix 3: after a machine reset one pair is in use, whatever there was before. */
    @ParameterizedTest
    @EnumSource
    void machineResetForgetsTheQueuePairsInUse(final Door door) {
        try (NicRig rig = NicRig.of(door)) {
            initialize(rig, MULTIQUEUE);
            assertThat(rig.net().activePairs()).isEqualTo(4);
            rig.resetMachine();
            assertThat(rig.net().activePairs()).isEqualTo(1);
            rig.driver.status(0);
            rig.driver.assertStatusIsGood();
            initialize(rig, BASIC);
            assertThat(rig.net().activePairs()).isEqualTo(1);
        }
    }

    /** Propolis's d59ac2dc: the number of queues is the maximum, whatever is in use. */
    @ParameterizedTest
    @EnumSource
    void numberOfQueuesIsTheMaximum(final Door door) {
        try (NicRig rig = NicRig.of(door)) {
            assertThat(rig.driver.read(0x12, 2)).isEqualTo(9);
            initialize(rig, MULTIQUEUE);
            assertThat(rig.driver.read(0x12, 2)).isEqualTo(9);
            assertThat(rig.driver.control().pairs(2)).isEqualTo(ControlPath.OK);
            assertThat(rig.driver.read(0x12, 2)).isEqualTo(9);
            assertThat(rig.driver.controlIndex()).isEqualTo(8);
            initialize(rig, BASIC);
            assertThat(rig.driver.read(0x12, 2)).isEqualTo(9);
            assertThat(rig.driver.controlIndex()).isEqualTo(2);
        }
    }

    /** Brings the device up, uses all queue pairs there are, and moves packets on each. */
    private static void initialize(final NicRig rig, final long features) {
        rig.driver.initialize(features);
        if (Feature.MQ.isIn(features)) {
            assertThat(rig.driver.control().pairs(rig.driver.pairs())).isEqualTo(ControlPath.OK);
        }
        for (int pair = 0; pair < rig.driver.pairs(); pair++) {
            Traffic.exchange(rig, pair);
        }
        rig.driver.assertStatusIsGood();
        assertThat(rig.driver.configuration(8, 2)).isEqualTo(4);
        assertThat(rig.reports).isEqualTo(List.of());
    }
}
