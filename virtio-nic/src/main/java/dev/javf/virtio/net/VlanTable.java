package dev.javf.virtio.net;

import java.util.Arrays;

/** Which VLANs the guest wants (VirtIO 1.2, 5.1.6.5.3). */
final class VlanTable {
    private final long[] words = new long[64];

    void set(final int vlan, final boolean isWanted) {
        if (isWanted) {
            words[vlan >>> 6] |= 1L << vlan;
        } else {
            words[vlan >>> 6] &= ~(1L << vlan);
        }
    }

    boolean contains(final int vlan) {
        return (words[vlan >>> 6] >>> vlan & 1) != 0;
    }

    void clear() {
        Arrays.fill(words, 0);
    }
}
