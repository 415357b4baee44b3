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
    }

    void remove(final long mac, final int port) {
        final int row = find(mac);
        rows[row * WORDS + port / Long.SIZE] &= ~(1L << port);
        long any = 0;
        for (int word = 0; word < WORDS; word++) {
            any |= word(row, word);
        }
        if (any == 0) {
            // A hole would end other addresses' probe sequences.
            keys[row] = EMPTY;
            used--;
            rehash(Long.SIZE - shift);
        }
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
                System.arraycopy(oldRows, i * WORDS, rows, claim(oldKeys[i]) * WORDS, WORDS);
            }
        }
    }

    private void allocate(final int bits) {
        keys = new long[1 << bits];
        Arrays.fill(keys, EMPTY);
        rows = new long[keys.length * WORDS];
        shift = Long.SIZE - bits;
    }
}
