package dev.javf.vfio;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A memory region of a model: the MSI-X table and the pending bit array (PCI Local Bus
 * Specification 3.0, 6.8.2). The table only remembers what is written: what a vector signals is
 * said by the door, not by an address in the table, and no pending bits are shown. Any thread.
 */
public final class MsixTable {
    /** Length of the region. */
    public static final int BAR_BYTES = 16 << 10;

    /** Where the pending bits are. */
    public static final int PENDING_OFFSET = 0x1000;

    private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(int[].class);
    private static final int ENTRY_WORDS = 4;
    private static final int CONTROL_WORD = 3;
    private static final int MASKED = 1;

    private final int[] words;

    /**
     * All entries are empty and masked.
     *
     * @param vectors how many there are.
     */
    public MsixTable(final int vectors) {
        words = new int[ENTRY_WORDS * vectors];
        reset();
    }

    /**
     * Reads a word.
     *
     * @param offset in the region, in bytes, a multiple of 4.
     * @return the word; 0 where nothing is.
     */
    public int read(final int offset) {
        final int word = offset >> 2;
        return word < words.length ? (int) WORD.getAcquire(words, word) : 0;
    }

    /**
     * Writes a word.
     *
     * @param offset in the region, in bytes, a multiple of 4.
     * @param value what to write; lost where nothing is.
     */
    public void write(final int offset, final int value) {
        final int word = offset >> 2;
        if (word < words.length) {
            final boolean isControl = word % ENTRY_WORDS == CONTROL_WORD;
            WORD.setRelease(words, word, isControl ? value & MASKED : value);
        }
    }

    /** All entries empty and masked. */
    public void reset() {
        for (int word = 0; word < words.length; word++) {
            WORD.setRelease(words, word, word % ENTRY_WORDS == CONTROL_WORD ? MASKED : 0);
        }
    }
}
