package dev.javf.virtio;

import static dev.javf.virtio.DeviceStatus.ACKNOWLEDGE;
import static dev.javf.virtio.DeviceStatus.DRIVER;
import static dev.javf.virtio.DeviceStatus.DRIVER_OK;
import static dev.javf.virtio.DeviceStatus.FAILED;
import static dev.javf.virtio.DeviceStatus.FEATURES_OK;
import static dev.javf.virtio.DeviceStatus.NEEDS_RESET;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.virtio.DeviceStatus.Action;
import dev.javf.virtio.DeviceStatus.Change;

import org.junit.jupiter.api.Test;

import java.util.ArrayDeque;
import java.util.EnumSet;
import java.util.Set;
import java.util.TreeSet;

/** The register's rules, for every status and every byte that can be written. */
class DeviceStatusTest {
    private static final int BYTES = 256;

    @Test
    void shouldHaveTheSpecificationsNumbers() {
        assertThat(ACKNOWLEDGE).isEqualTo(1);
        assertThat(DRIVER).isEqualTo(2);
        assertThat(DRIVER_OK).isEqualTo(4);
        assertThat(FEATURES_OK).isEqualTo(8);
        assertThat(NEEDS_RESET).isEqualTo(0x40);
        assertThat(FAILED).isEqualTo(0x80);
    }

    @Test
    void shouldAgreeWithTheOracleForEveryStatusAndEveryByte() {
        for (int status = 0; status < BYTES; status++) {
            for (int written = 0; written < BYTES; written++) {
                final Change change = DeviceStatus.write(status, written);
                final StatusOracle oracle = StatusOracle.write(status, written);
                assertThat(change.status())
                        .as("status 0x%02x, 0x%02x is written", status, written)
                        .isEqualTo(oracle.status());
                assertThat(names(change.actions()))
                        .as("status 0x%02x, 0x%02x is written", status, written)
                        .isEqualTo(oracle.actions());
            }
            final Change change = DeviceStatus.deviceNeedsReset(status);
            final StatusOracle oracle = StatusOracle.deviceNeedsReset(status);
            assertThat(change.status()).isEqualTo(oracle.status());
            assertThat(names(change.actions())).isEqualTo(oracle.actions());
        }
    }

    private static String names(final Set<Action> actions) {
        final StringBuilder text = new StringBuilder();
        for (final Action action : actions) {
            text.append(action).append(' ');
        }
        return text.toString().strip();
    }

    /** Every way that the driver can go, from reset, with the device failing at any step. */
    @Test
    void shouldHoldItsPromisesOnEveryWay() {
        final Set<Integer> reached = new TreeSet<>();
        final ArrayDeque<Integer> open = new ArrayDeque<>(Set.of(0));
        while (!open.isEmpty()) {
            final int status = open.remove();
            if (!reached.add(status)) {
                continue;
            }
            open.add(DeviceStatus.deviceNeedsReset(status).status());
            for (int written = 0; written < BYTES; written++) {
                final Change change = DeviceStatus.write(status, written);
                final int after = change.status();
                open.add(after);
                if (written != 0) {
                    assertThat(after & status).as("no bit is cleared").isEqualTo(status);
                    assertThat(change.actions()).doesNotContain(Action.RESET);
                }
                assertThat(change.actions().contains(Action.APPLY_FEATURES))
                        .as("features are applied when FEATURES_OK rises, and never again")
                        .isEqualTo((after & ~status & FEATURES_OK) != 0);
                if ((status & NEEDS_RESET) != 0 && written != 0) {
                    assertThat(after & ~FAILED).isEqualTo(status & ~FAILED);
                    assertThat(DeviceStatus.isLive(after)).isFalse();
                }
            }
        }
        // All subsets of the six bits.
        assertThat(reached).hasSize(64);
    }

    @Test
    void shouldGoTheDriversWay() {
        int status = 0;
        for (final int bit : new int[] {ACKNOWLEDGE, DRIVER}) {
            status = DeviceStatus.write(status, status | bit).status();
            assertThat(DeviceStatus.acceptsFeatures(status)).isTrue();
            assertThat(DeviceStatus.acceptsQueues(status)).isFalse();
        }
        final Change agreed = DeviceStatus.write(status, status | FEATURES_OK);
        assertThat(agreed).isEqualTo(new Change(0x0B, EnumSet.of(Action.APPLY_FEATURES)));
        assertThat(DeviceStatus.acceptsFeatures(agreed.status())).isFalse();
        assertThat(DeviceStatus.acceptsQueues(agreed.status())).isTrue();
        assertThat(DeviceStatus.isLive(agreed.status())).isFalse();
        final Change ready = DeviceStatus.write(agreed.status(), 0x0F);
        assertThat(ready).isEqualTo(new Change(0x0F, EnumSet.of(Action.START)));
        assertThat(DeviceStatus.isLive(ready.status())).isTrue();
        assertThat(DeviceStatus.write(0x0F, 0x0F)).isEqualTo(new Change(0x0F, Set.of()));
        assertThat(DeviceStatus.write(0x0F, 0)).isEqualTo(new Change(0, Set.of(Action.RESET)));
    }

    /** The order of QEMU's vhost-user front-end: FEATURES_OK before ACKNOWLEDGE and DRIVER. */
    @Test
    void shouldTakeTheOrderOfAFrontEnd() {
        assertThat(DeviceStatus.write(0, FEATURES_OK))
                .isEqualTo(new Change(FEATURES_OK, EnumSet.of(Action.APPLY_FEATURES)));
        assertThat(DeviceStatus.write(FEATURES_OK, 0x0F))
                .isEqualTo(new Change(0x0F, EnumSet.of(Action.START)));
    }

    @Test
    void shouldTellAReadyDriverOfAnError() {
        assertThat(DeviceStatus.deviceNeedsReset(0x0F))
                .isEqualTo(new Change(0x4F, EnumSet.of(Action.STOP, Action.NOTIFY_CONFIGURATION)));
        assertThat(DeviceStatus.deviceNeedsReset(0x0B)).isEqualTo(new Change(0x4B, Set.of()));
        assertThat(DeviceStatus.deviceNeedsReset(0x4F)).isEqualTo(new Change(0x4F, Set.of()));
    }

    @Test
    void shouldNotTakeAnUnknownBitForAReset() {
        assertThat(DeviceStatus.write(0x0F, 0x10).status()).isEqualTo(0x4F);
        assertThat(DeviceStatus.write(0, 0x20)).isEqualTo(new Change(0, Set.of()));
    }

    @Test
    void shouldNameTheBits() {
        assertThat(DeviceStatus.toString(0)).isEqualTo("0");
        assertThat(DeviceStatus.toString(0xCF))
                .isEqualTo("ACKNOWLEDGE|DRIVER|FEATURES_OK|DRIVER_OK|NEEDS_RESET|FAILED");
        assertThat(DeviceStatus.toString(0x30)).isEqualTo("0x30");
    }
}
