package dev.javf.linux;

/**
 * One number that the bindings state and the system's headers must confirm.
 *
 * @param owner what can't be compared as a whole if its headers don't know it: the structure of a
 *     member, otherwise the item itself.
 * @param expression the number in C.
 * @param expected the number in the bindings.
 */
record ProbeItem(String owner, String expression, long expected) {
    /** Constants of 32 bits are signed in Java, whatever they are in C. */
    boolean agreesWith(final long actual) {
        return actual == expected
                || (expected < 0 && actual == Integer.toUnsignedLong((int) expected));
    }
}
