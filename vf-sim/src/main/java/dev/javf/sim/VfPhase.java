package dev.javf.sim;

/** How far a VF has come with the PF (Linux ice driver, enum ice_vf_states). */
public enum VfPhase {
    /** In reset; every message is refused. */
    IN_RESET,

    /** May say VERSION and GET_VF_RESOURCES. */
    INITIALIZED,

    /** Has its resources, may configure them. */
    ACTIVE
}
