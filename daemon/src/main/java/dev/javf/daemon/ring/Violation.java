package dev.javf.daemon.ring;

/** What a client can't do by mistake of its library, and is quarantined for. */
public enum Violation {
    /** The position in one of its rings went back, or further than there are packets. */
    POSITION("a position in its rings can't be"),
    /** A packet isn't in the buffer that its slot has. */
    BUFFER("a packet names a buffer that isn't its slot's"),
    /** A packet doesn't fit its buffer, is longer than the longest frame, or has no header. */
    LENGTH("a packet's offset or length can't be"),
    /** A packet has flags that there aren't. */
    FLAGS("a packet has flags that a client can't set"),
    /** It took pages out of the memory that both use, and there are none to put in their place. */
    MEMORY("it took pages of the shared memory away");

    private final String text;

    Violation(final String text) {
        this.text = text;
    }

    /** What happened, for people. */
    @Override
    public String toString() {
        return text;
    }
}
