package dev.javf.sim;

import dev.javf.packet.Ethernet;

import java.util.Arrays;

/** VLANs by (TPID, number), the untagged one included. */
final class VlanSet {
    private static final int WORDS = Ethernet.VLAN_COUNT / Long.SIZE;

    /** One set for each TPID of {@link #table}. */
    private final long[] bits = new long[3 * WORDS];

    private boolean untagged;
    private int size;

    /** Which third of {@link #bits} a TPID has, or -1. */
    static int table(final int tpid) {
        return switch (tpid) {
            case Ethernet.TPID_8021Q -> 0;
            case Ethernet.TPID_8021AD -> 1;
            case Ethernet.TPID_QINQ_OLD -> 2;
            default -> -1;
        };
    }

    boolean add(final int tpid, final int vid) {
        if (contains(tpid, vid)) {
            return false;
        }
        if (isUntagged(tpid, vid)) {
            untagged = true;
        } else {
            bits[word(tpid, vid)] |= 1L << vid;
        }
        size++;
        return true;
    }

    boolean remove(final int tpid, final int vid) {
        if (!contains(tpid, vid)) {
            return false;
        }
        if (isUntagged(tpid, vid)) {
            untagged = false;
        } else {
            bits[word(tpid, vid)] &= ~(1L << vid);
        }
        size--;
        return true;
    }

    boolean contains(final int tpid, final int vid) {
        return isUntagged(tpid, vid) ? untagged : (bits[word(tpid, vid)] >>> vid & 1) != 0;
    }

    boolean containsUntagged() {
        return untagged;
    }

    int size() {
        return size;
    }

    void clear() {
        Arrays.fill(bits, 0);
        untagged = false;
        size = 0;
    }

    private static boolean isUntagged(final int tpid, final int vid) {
        if (tpid == 0 && vid == 0) {
            return true;
        }
        if (table(tpid) < 0 || vid < 0 || vid >= Ethernet.VLAN_COUNT) {
            throw new IllegalArgumentException(
                    "VLAN "
                            + vid
                            + " with TPID 0x"
                            + Integer.toHexString(tpid)
                            + "; a switch rule has TPID 0 and VLAN 0 (untagged), or TPID 0x8100,"
                            + " 0x88a8 or 0x9100 and VLAN 0 to 4095");
        }
        return false;
    }

    private static int word(final int tpid, final int vid) {
        return table(tpid) * WORDS + (vid >>> 6);
    }
}
