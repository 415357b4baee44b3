package dev.javf.iavf;

/**
 * Where descriptors carry a packet's VLAN tag: the stripped one on Rx, the one to insert on Tx. It
 * follows from the VLAN offloads that were negotiated, not from those that are switched on
 * (virtchnl.h, struct virtchnl_vlan_supported_caps, VIRTCHNL_VLAN_TAG_LOCATION_*).
 */
public enum VlanTagLocation {
    /** Nowhere: tags stay inside the packets that arrive, and none can be inserted. */
    NONE,

    /**
     * Field L2TAG1 of the Rx write-back and of the Tx data descriptor: VIRTCHNL_VF_OFFLOAD_VLAN,
     * and inner stripping and insertion of VIRTCHNL_VF_OFFLOAD_VLAN_V2.
     */
    L2TAG1,

    /**
     * Field L2TAG2 (2nd) of the Rx write-back and L2TAG2 of a Tx context descriptor: outer
     * stripping and insertion of VIRTCHNL_VF_OFFLOAD_VLAN_V2, as a PF in double VLAN mode offers
     * them.
     */
    L2TAG2
}
