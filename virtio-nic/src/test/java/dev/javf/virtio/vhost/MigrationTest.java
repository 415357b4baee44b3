package dev.javf.virtio.vhost;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.virtio.Feature;
import dev.javf.virtio.driver.VhostFrontEnd;
import dev.javf.virtio.driver.VhostFrontEnd.Order;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Propolis's tests of export and import, under their names. What a vhost-user device has to export
 * is the positions of its rings, which the front-end asks one back-end for (GET_VRING_BASE) and
 * tells another (SET_VRING_BASE); all else the front-end keeps itself. Each back-end here is an
 * instance of its own, with a pool of its own connections; the guest and its rings live on.
 */
@SuppressWarnings("checkstyle:MethodName") // propolis's names
class MigrationTest extends VhostRig {
    private static final int PAIRS = 4;

    /** The device leaves one back-end, with all that its rings hold, and goes on in another. */
    private VhostFrontEnd migrate(final VhostFrontEnd guest) {
        final int[] positions = guest.stop();
        final VhostUserPort source = port();
        // What the guest sends while nobody serves it isn't lost.
        for (int pair = 0; pair < PAIRS; pair++) {
            assertThat(guest.transmit(pair, frame(100, pair))).isTrue();
        }
        assertThat(received()).as("it has stopped").isEmpty();
        serving = null;
        source.close();
        final VhostFrontEnd destination = connect();
        destination.takeOver(guest);
        destination.start(positions, 0);
        assertThat(received()).hasSize(PAIRS);
        return destination;
    }

    private static long features(final boolean isPacked) {
        return SPLIT | Feature.MQ.mask() | (isPacked ? Feature.RING_PACKED.mask() : 0);
    }

    private static void enable(final VhostFrontEnd guest, final int pairs) {
        for (int ring = 0; ring < 2 * PAIRS; ring++) {
            guest.send(18, 0, VhostFrontEnd.pair(ring, ring < 2 * pairs ? 1 : 0));
        }
    }

    /** From one to the next under traffic; then the guest's driver starts anew on the last. */
    @ParameterizedTest
    @CsvSource({"QEMU, false", "QEMU, true", "QEMU_7, false", "QEMU_7, true"})
    void multiqueue_migration(final Order order, final boolean isPacked) {
        try (VhostFrontEnd first = connect()) {
            first.initialize(features(isPacked), PAIRS, order);
            exchange(first, PAIRS, 70);
            try (VhostFrontEnd second = migrate(first)) {
                exchange(second, PAIRS, 70);
                try (VhostFrontEnd third = migrate(second)) {
                    exchange(third, PAIRS, 10);
                }
            }
        }
        try (VhostFrontEnd anew = connect()) {
            anew.initialize(features(isPacked), PAIRS, order);
            exchange(anew, PAIRS, 10);
        }
        assertThat(reports).noneMatch(line -> line.contains("driver"));
    }

    /** Fewer pairs are in use than there are, before and after; then all of them again. */
    @ParameterizedTest
    @CsvSource({"QEMU, false", "QEMU, true", "QEMU_7, false", "QEMU_7, true"})
    void multiqueue_migration_after_boot(final Order order, final boolean isPacked) {
        try (VhostFrontEnd first = connect()) {
            first.initialize(features(isPacked), PAIRS, order);
            exchange(first, PAIRS, 10);
            enable(first, 2);
            step();
            exchange(first, 2, 10);
            try (VhostFrontEnd second = migrate(first)) {
                assertThat(port().device().activePairs()).isEqualTo(PAIRS);
                enable(second, 2);
                step();
                exchange(second, 2, 10);
                assertThat(port().device().activePairs()).isEqualTo(2);
                enable(second, PAIRS);
                step();
                exchange(second, PAIRS, 10);
            }
        }
    }
}
