package dev.javf.linux;

import org.agrona.UnsafeApi;

import java.lang.foreign.MemorySegment;

/**
 * The whole address space, for the packet path. The loads and stores here are one instruction each.
 * {@link #ALL} is the same as a segment; an access through it costs a comparison with its length
 * and, of aligned layouts, a test of the alignment besides, where one through a segment in a field
 * costs a lifetime check and more loads too.
 *
 * <p>Nothing is checked in turn: a wrong address or one that is no longer mapped ends the process.
 * So addresses come from segments that their owner keeps open for as long as the poller runs, or
 * that the poller's own thread unmaps and looks up anew in each burst (a guest's memory), and
 * offsets are checked before they are added, never after. Numbers are little endian, as the
 * processor's are.
 */
public final class UncheckedMemory {
    /** Address 0 to 2^63 - 1: an offset into it is an absolute address. */
    public static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    /** Longest copy that is done here, not by a call: that takes as long as these 16 words. */
    private static final int WORDS_BYTES_MAX = 128;

    private UncheckedMemory() {}

    /**
     * Copies bytes; source and destination don't overlap.
     *
     * @param from first byte's address.
     * @param to first byte's address.
     * @param lengthBytes at least 8.
     */
    public static void copy(final long from, final long to, final int lengthBytes) {
        if (lengthBytes > WORDS_BYTES_MAX) {
            MemorySegment.copy(ALL, from, ALL, to, lengthBytes);
            return;
        }
        // From either end as many words as it takes; they may overlap.
        if (lengthBytes > 8 * Long.BYTES) {
            copyWords(from, to, 8);
            copyWords(from + lengthBytes - 8 * Long.BYTES, to + lengthBytes - 8 * Long.BYTES, 8);
        } else if (lengthBytes >= 4 * Long.BYTES) {
            copyWords(from, to, 4);
            copyWords(from + lengthBytes - 4 * Long.BYTES, to + lengthBytes - 4 * Long.BYTES, 4);
        } else {
            copyShort(from, to, lengthBytes - Long.BYTES);
        }
    }

    private static void copyShort(final long from, final long to, final int last) {
        for (int at = 0; at < last; at += Long.BYTES) {
            putLong(to + at, getLong(from + at));
        }
        putLong(to + last, getLong(from + last));
    }

    /** A number of words that the compiler knows, so that it makes no loop of it. */
    private static void copyWords(final long from, final long to, final int words) {
        for (int at = 0; at < words * Long.BYTES; at += Long.BYTES) {
            putLong(to + at, getLong(from + at));
        }
    }

    /**
     * A view of memory that something else owns and keeps mapped.
     *
     * @param address the first byte's address.
     * @param lengthBytes 0 or more.
     * @return a segment without a lifetime, with bounds.
     */
    public static MemorySegment of(final long address, final long lengthBytes) {
        return MemorySegment.ofAddress(address).reinterpret(lengthBytes);
    }

    /**
     * Loads 2 bytes, plainly.
     *
     * @param address of the first one.
     * @return 0 to 65535.
     */
    public static int getChar(final long address) {
        return UnsafeApi.getChar(address);
    }

    /**
     * Stores 2 bytes, plainly.
     *
     * @param address of the first one.
     * @param value what; bits 15..0 count.
     */
    public static void putChar(final long address, final int value) {
        UnsafeApi.putChar(address, (char) value);
    }

    /**
     * Loads 4 bytes, plainly.
     *
     * @param address of the first one.
     */
    public static int getInt(final long address) {
        return UnsafeApi.getInt(address);
    }

    /**
     * Stores 4 bytes, plainly.
     *
     * @param address of the first one.
     * @param value what.
     */
    public static void putInt(final long address, final int value) {
        UnsafeApi.putInt(address, value);
    }

    /**
     * Loads 8 bytes, plainly.
     *
     * @param address of the first one.
     */
    public static long getLong(final long address) {
        return UnsafeApi.getLong(address);
    }

    /**
     * Stores 8 bytes, plainly.
     *
     * @param address of the first one.
     * @param value what.
     */
    public static void putLong(final long address, final long value) {
        UnsafeApi.putLong(address, value);
    }

    /**
     * Loads 8 bytes at once, whatever other threads do.
     *
     * @param address of the first one, aligned.
     */
    public static long getLongOpaque(final long address) {
        return UnsafeApi.getLongOpaque(null, address);
    }

    /**
     * Stores 8 bytes at once, to be seen by other threads some time.
     *
     * @param address of the first one, aligned.
     * @param value what.
     */
    public static void putLongOpaque(final long address, final long value) {
        UnsafeApi.putLongOpaque(null, address, value);
    }

    /**
     * Loads 8 bytes before everything that is loaded after it.
     *
     * @param address of the first one, aligned.
     */
    public static long getLongAcquire(final long address) {
        return UnsafeApi.getLongAcquire(null, address);
    }

    /**
     * Stores 4 bytes after everything that was stored before.
     *
     * @param address of the first one, aligned.
     * @param value what.
     */
    public static void putIntRelease(final long address, final int value) {
        UnsafeApi.putIntRelease(null, address, value);
    }

    /**
     * Stores 8 bytes after everything that was stored before.
     *
     * @param address of the first one, aligned.
     * @param value what.
     */
    public static void putLongRelease(final long address, final long value) {
        UnsafeApi.putLongRelease(null, address, value);
    }

    /**
     * Loads 4 bytes before everything that is loaded after it.
     *
     * @param address of the first one, aligned.
     */
    public static int getIntAcquire(final long address) {
        return UnsafeApi.getIntAcquire(null, address);
    }
}
