package dev.javf.sim;

/** Some of a switch's ports, one bit each. */
final class PortSet {
    private final long[] words = new long[ForwardingTable.WORDS];
    private int size;

    void set(final int port, final boolean on) {
        final long bit = 1L << port;
        final int word = port / Long.SIZE;
        if (((words[word] & bit) != 0) != on) {
            words[word] ^= bit;
            size += on ? 1 : -1;
        }
    }

    boolean isEmpty() {
        return size == 0;
    }

    long word(final int word) {
        return words[word];
    }
}
