package dev.javf.sim;

/** What the host's administrator says of a VF's link ({@code ip link set PF vf N state ...}). */
public enum LinkMode {
    /** The port's link decides. */
    AUTO,

    /** Up, whatever the port's link is. */
    ENABLE,

    /** Down. */
    DISABLE
}
