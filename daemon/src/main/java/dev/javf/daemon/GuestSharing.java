package dev.javf.daemon;

/** What guests of one VF decide on together. On the conductor's thread. */
interface GuestSharing {
    /** A guest wants another receive mode; the VF has one for all. */
    void onReceiveMode();

    /** A guest's port is gone. */
    void onClosed(GuestWants wants);
}
