package dev.javf.daemon.service;

/** What this is a build of. */
final class Version {
    /** As in the changelog. */
    static final String TEXT = "0.1.0";

    private Version() {}
}
