package dev.javf.daemon.control;

/** What a client may do; each may do what those before it may. */
public enum Role {
    /** Nothing. */
    NONE,
    /** Look. */
    READ,
    /** Change things. */
    ADMINISTER;

    /**
     * Whether this role is enough.
     *
     * @param needed what it takes.
     * @return true if it is.
     */
    public boolean permits(final Role needed) {
        return compareTo(needed) >= 0;
    }
}
