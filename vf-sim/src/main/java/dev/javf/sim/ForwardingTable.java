package dev.javf.sim;

import java.util.Arrays;

/**
 * MAC rules: which ports a destination address goes to. Open addressing with linear probing; a row
 * of {@link #WORDS} words holds one bit per port.
 */
final class ForwardingTable {
    /** Words of a port set; {@link EthernetSwitch#MAX_PORTS} bits. */
    static final int WORDS = EthernetSwitch.MAX_PORTS / Long.SIZE;

    /** What {@link #find} returns for an address without rule. */
    static final int NONE = -1;

    /** Not a MAC address, which has 48 bits. */
    private static final long EMPTY = -1;

    private static final long FIBONACCI = 0x9E37_79B9_7F4A_7C15L;

    private long[] keys = new long[0];
    private long[] rows = new long[0];

    /** The port of a row that has just one, else {@link #NONE}. */
    private int[] onlyPorts = new int[0];

    private int shift;
    private int used;

    ForwardingTable() {
        allocate(6);
    }

    /** Row of an address, for {@link #word}, or {@link #NONE}. */
    int find(final long mac) {
        int slot = slot(mac);
        while (keys[slot] != mac) {
            if (keys[slot] == EMPTY) {
                return NONE;
            }
            slot = slot + 1 & keys.length - 1;
        }
        return slot;
    }

    /** Sixty-four ports' bits of a row. */
    long word(final int row, final int word) {
        return rows[row * WORDS + word];
    }

    /** The only port of a row, or {@link #NONE} when it has several. */
    int onlyPort(final int row) {
        return onlyPorts[row];
    }

    void add(final long mac, final int port) {
        int row = find(mac);
        if (row == NONE) {
            if (2 * (used + 1) > keys.length) {
                rehash(Long.SIZE - shift + 1);
            }
            row = claim(mac);
            used++;
        }
        rows[row * WORDS + port / Long.SIZE] |= 1L << port;
        findOnlyPort(row);
    }

    void remove(final long mac, final int port) {
        final int row = find(mac);
        rows[row * WORDS + port / Long.SIZE] &= ~(1L << port);
        if (findOnlyPort(row) == 0) {
            // A hole would end other addresses' probe sequences.
            keys[row] = EMPTY;
            used--;
            rehash(Long.SIZE - shift);
        }
    }

    /** Notes whether a row has just one port; returns how many it has. */
    private int findOnlyPort(final int row) {
        int count = 0;
        onlyPorts[row] = NONE;
        for (int word = 0; word < WORDS; word++) {
            final long bits = word(row, word);
            if (bits != 0) {
                count += Long.bitCount(bits);
                onlyPorts[row] = word * Long.SIZE + Long.numberOfTrailingZeros(bits);
            }
        }
        if (count > 1) {
            onlyPorts[row] = NONE;
        }
        return count;
    }

    private int slot(final long mac) {
        return (int) ((mac * FIBONACCI) >>> shift);
    }

    private int claim(final long mac) {
        int slot = slot(mac);
        while (keys[slot] != EMPTY) {
            slot = slot + 1 & keys.length - 1;
        }
        keys[slot] = mac;
        return slot;
    }

    private void rehash(final int bits) {
        final long[] oldKeys = keys;
        final long[] oldRows = rows;
        allocate(bits);
        for (int i = 0; i < oldKeys.length; i++) {
            if (oldKeys[i] != EMPTY) {
                final int row = claim(oldKeys[i]);
                System.arraycopy(oldRows, i * WORDS, rows, row * WORDS, WORDS);
                findOnlyPort(row);
            }
        }
    }

    private void allocate(final int bits) {
        keys = new long[1 << bits];
        Arrays.fill(keys, EMPTY);
        rows = new long[keys.length * WORDS];
        onlyPorts = new int[keys.length];
        shift = Long.SIZE - bits;
    }
}
