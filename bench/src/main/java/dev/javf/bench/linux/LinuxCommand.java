package dev.javf.bench.linux;

/**
 * What Linux' iavf driver may have to tell the PF (aq_required), in the order in which its watchdog
 * looks for the one that it sends. Adding VLANs comes before deleting VLANs.
 */
enum LinuxCommand {
    GET_CONFIG,
    GET_VLAN_CAPABILITIES,
    GET_RX_DESCRIPTORS,
    DISABLE_QUEUES,
    MAP_VECTORS,
    ADD_MAC,
    ADD_VLAN,
    DELETE_MAC,
    DELETE_VLAN,
    CONFIGURE_QUEUES,
    ENABLE_QUEUES,
    ENABLE_STRIPPING,
    ENABLE_INSERTION
}
