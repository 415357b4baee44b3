package dev.javf.virtchnl;

/** A set of longs that are as good as random, in little memory. */
final class LongSet {
    private long[] slots = new long[1 << 16];
    private int size;

    /** Whether the value wasn't in the set before. */
    boolean add(final long value) {
        final long key = value == 0 ? 1 : value;
        if (2 * size > slots.length) {
            final long[] old = slots;
            slots = new long[2 * old.length];
            for (final long each : old) {
                if (each != 0) {
                    slots[find(each)] = each;
                }
            }
        }
        final int at = find(key);
        if (slots[at] == key) {
            return false;
        }
        slots[at] = key;
        size++;
        return true;
    }

    boolean contains(final long value) {
        final long key = value == 0 ? 1 : value;
        return slots[find(key)] == key;
    }

    private int find(final long key) {
        int at = (int) (key >>> 32 ^ key) & slots.length - 1;
        while (slots[at] != 0 && slots[at] != key) {
            at = at + 1 & slots.length - 1;
        }
        return at;
    }

    int size() {
        return size;
    }

    /** 64 bits that two texts hardly share: FNV-1a, stirred once more. */
    static long hash(final String text) {
        long hash = 0xcbf29ce484222325L;
        for (int i = 0; i < text.length(); i++) {
            hash = (hash ^ text.charAt(i)) * 0x100000001b3L;
        }
        hash = (hash ^ hash >>> 33) * 0xff51afd7ed558ccdL;
        hash = (hash ^ hash >>> 33) * 0xc4ceb9fe1a85ec53L;
        return hash ^ hash >>> 33;
    }
}
