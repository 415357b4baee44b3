package dev.javf.daemon.suite;

/** What has to be right for a case to pass. */
enum Strictness {
    /**
     * What the published script can see from outside: which VLANs a user finds, whether the
     * function is up, and pings.
     */
    VISIBLE,

    /**
     * Also what nobody sees until it hurts: that the PF's table, the driver's acknowledged set and
     * the wanted set are equal, and that no message was sent where none was needed.
     */
    FULL
}
