package dev.javf.virtio.pci;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.packet.PacketVector;

import java.util.List;

/** Frames of several sizes, both ways, compared. */
final class Traffic {
    private static final int[] SIZES = {14, 60, 64, 992, 1000, 1012, 1013, 1514};

    private Traffic() {}

    /** Moves frames that fit one buffer of the guest through the first queue pair. */
    static void exchangeSmall(final NicRig rig) {
        final byte[] frame = Frames.of(900, 1);
        assertThat(rig.driver.transmit(0, frame)).isTrue();
        assertThat(rig.received()).containsExactly(frame);
        assertThat(rig.transmit(frame)).isTrue();
        assertThat(rig.driver.receive(0)).containsExactly(frame);
    }

    /** Moves frames through one queue pair. */
    static void exchange(final NicRig rig, final int pair) {
        for (final int size : SIZES) {
            final byte[] out = Frames.of(size, size + pair);
            assertThat(rig.driver.transmit(pair, out)).isTrue();
            assertThat(rig.received()).as("%d bytes from pair %d", size, pair).containsExactly(out);
            final byte[] in = Frames.of(size, size - pair);
            rig.add(in, 0, PacketVector.FLAG_HASH, pair);
            assertThat(rig.net().transmit(rig.vector)).isEqualTo(1);
            assertThat(rig.driver.interrupts(1 + 2 * pair)).as("receive interrupt").isPositive();
            assertThat(rig.net().counters().interrupts().value()).isPositive();
            final List<byte[]> frames = rig.driver.receive(pair);
            assertThat(frames).as("%d bytes to pair %d", size, pair).containsExactly(in);
        }
        assertThat(rig.pool.available()).isEqualTo(rig.pool.capacity());
    }
}
