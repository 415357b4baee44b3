package dev.javf.sim;

import java.util.Arrays;

/**
 * Receive-side scaling of a VF: the Toeplitz hash over a packet's addresses and ports, and the
 * table that maps it to a queue. For the switch's thread.
 *
 * <p>At first the key and the table are all zero and no packet type is hashed, so everything goes
 * to queue 0, until the PF sets up its defaults.
 */
public final class RssHash {
    /** Length of the key, in bytes. */
    public static final int KEY_BYTES = 52;

    /** Entries of a VSI's own table, which spreads over {@link #queuesOf} queues. */
    public static final int TABLE_ENTRIES = 64;

    /** Entries of a table that ice gives to a VF of up to 64 queues (ICE_LUT_GLOBAL). */
    public static final int GLOBAL_TABLE_ENTRIES = 512;

    /** Entries of a table that ice gives to a VF of up to 256 queues (ICE_LUT_PF). */
    public static final int PF_TABLE_ENTRIES = 2048;

    /**
     * The packet types that an ice PF hashes by default: bits 29..36, 39..46 and 63 (virtchnl.h,
     * hash-enable bits).
     */
    public static final long HASH_ENABLE_DEFAULT = 0x8000_7F9F_E000_0000L;

    /** IPv6 addresses and ports. */
    private static final int MAX_INPUT_BYTES = 36;

    /** UDP to unicast, to multicast, and in general. */
    private static final long UDP_IPV4 = 0b111L << 29;

    private static final long UDP_IPV6 = 0b111L << 39;

    private final byte[] key = new byte[KEY_BYTES];

    /** What each value of each input byte adds to the hash. */
    private final int[] hashes = new int[MAX_INPUT_BYTES * 256];

    private byte[] table = new byte[TABLE_ENTRIES];
    private long hashEnable;

    RssHash() {}

    /**
     * How many queues a table spreads over.
     *
     * @param entries one of the three lengths.
     * @return 16, 64 or 256.
     */
    static int queuesOf(final int entries) {
        return switch (entries) {
            case TABLE_ENTRIES -> 16;
            case GLOBAL_TABLE_ENTRIES -> 64;
            case PF_TABLE_ENTRIES -> 256;
            default ->
                    throw new IllegalArgumentException(
                            "RSS table with " + entries + " entries; it has 64, 512 or 2048");
        };
    }

    void reset() {
        Arrays.fill(key, (byte) 0);
        table = new byte[TABLE_ENTRIES];
        Arrays.fill(hashes, 0);
        hashEnable = 0;
    }

    /**
     * Sets the key.
     *
     * @param newKey {@link #KEY_BYTES} bytes.
     */
    public void key(final byte[] newKey) {
        if (newKey.length != KEY_BYTES) {
            throw new IllegalArgumentException(
                    "RSS key with " + newKey.length + " bytes; it has " + KEY_BYTES);
        }
        System.arraycopy(newKey, 0, key, 0, KEY_BYTES);
        for (int position = 0; position < MAX_INPUT_BYTES; position++) {
            final int row = position * 256;
            for (int bit = 0; bit < 8; bit++) {
                hashes[row + (0x80 >>> bit)] = keyBits(position * 8 + bit);
            }
            for (int value = 1; value < 256; value++) {
                final int lowest = value & -value;
                hashes[row + value] = hashes[row + (value ^ lowest)] ^ hashes[row + lowest];
            }
        }
    }

    /** A copy of the key. */
    public byte[] key() {
        return key.clone();
    }

    /**
     * Sets the table.
     *
     * @param newTable 64, 512 or 2048 queue numbers; frames for a queue that is not enabled are
     *     dropped.
     */
    public void table(final byte[] newTable) {
        queuesOf(newTable.length);
        table = newTable.clone();
    }

    /** A copy of the table. */
    public byte[] table() {
        return table.clone();
    }

    /**
     * Sets which packet types are hashed.
     *
     * @param bits hash-enable bits of virtchnl.h. Of those of UDP any one enables all UDP of its IP
     *     version; bit 63, frames that are not IP, has no effect.
     */
    public void hashEnable(final long bits) {
        hashEnable = bits;
    }

    /** Which packet types are hashed. */
    public long hashEnable() {
        return hashEnable;
    }

    /** Whether a packet's type is one that is hashed. */
    boolean covers(final PacketHeaders headers) {
        final int type = headers.pctype();
        return switch (type) {
            case PacketHeaders.NOT_HASHED -> false;
            case PacketHeaders.PCTYPE_IPV4_UDP -> (hashEnable & UDP_IPV4) != 0;
            case PacketHeaders.PCTYPE_IPV6_UDP -> (hashEnable & UDP_IPV6) != 0;
            default -> (hashEnable >>> type & 1) != 0;
        };
    }

    /** The hash of a packet that is {@link #covers covered}. */
    int hash(final Frame frame, final PacketHeaders headers) {
        int hash = 0;
        int position = 0;
        final int start = headers.addressesOffset();
        final int end = start + headers.addressesBytes();
        for (int offset = start; offset < end; offset++) {
            hash ^= hashes[position++ << 8 | frame.u8(offset)];
        }
        if (headers.hasPorts()) {
            final int ports = headers.portsOffset();
            for (int offset = ports; offset < ports + 4; offset++) {
                hash ^= hashes[position++ << 8 | frame.u8(offset)];
            }
        }
        return hash;
    }

    /** The queue for a hash. */
    int queue(final int hash) {
        return table[hash & table.length - 1] & 0xFF;
    }

    /** The 32 bits of the key from a bit on. */
    private int keyBits(final int first) {
        int bits = 0;
        for (int bit = first; bit < first + Integer.SIZE; bit++) {
            bits = bits << 1 | (key[bit >>> 3] >>> (7 - (bit & 7)) & 1);
        }
        return bits;
    }
}
