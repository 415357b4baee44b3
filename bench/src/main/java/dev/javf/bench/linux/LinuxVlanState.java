package dev.javf.bench.linux;

/** The states of a VLAN filter in Linux' iavf driver of before 2026. */
enum LinuxVlanState {
    /** To be added. */
    ADD,
    /** In a message to the PF; a PF of version 1 never takes a filter out of this state. */
    IS_NEW,
    /** Confirmed by the PF, or so the driver thinks. */
    ACTIVE,
    /** To be deleted at the PF, because the device goes down; the filter stays in the list. */
    DISABLE,
    /** Deleted at the PF, to be added again when the device comes up. */
    INACTIVE,
    /** To be deleted, because nobody wants it. */
    REMOVE
}
