package dev.javf.sim;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Memory region 3: the MSI-X table and the pending bit array (PCI Local Bus Specification 3.0,
 * 6.8.2). The table only remembers what is written: what a vector signals is said by the door, not
 * by an address in the table, and no pending bits are shown. Any thread.
 */
final class MsixTable {
    static final int BAR_BYTES = 16 << 10;
    static final int PENDING_OFFSET = 0x1000;

    private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(int[].class);
    private static final int ENTRY_WORDS = 4;
    private static final int CONTROL_WORD = 3;
    private static final int MASKED = 1;

    private final int[] words;

    MsixTable(final int vectors) {
        words = new int[ENTRY_WORDS * vectors];
        reset();
    }

    int read(final int offset) {
        final int word = offset >> 2;
        return word < words.length ? (int) WORD.getAcquire(words, word) : 0;
    }

    void write(final int offset, final int value) {
        final int word = offset >> 2;
        if (word < words.length) {
            final boolean isControl = word % ENTRY_WORDS == CONTROL_WORD;
            WORD.setRelease(words, word, isControl ? value & MASKED : value);
        }
    }

    /** All entries empty and masked. */
    void reset() {
        for (int word = 0; word < words.length; word++) {
            WORD.setRelease(words, word, word % ENTRY_WORDS == CONTROL_WORD ? MASKED : 0);
        }
    }
}
