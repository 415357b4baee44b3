package dev.javf.iavf;

import dev.javf.virtchnl.Capability;
import dev.javf.virtchnl.VfResources;
import dev.javf.virtchnl.VlanV2Capabilities;

/**
 * What a PF has granted. It can be something else after every reset.
 *
 * @param resources queues, vectors, longest frame and capabilities.
 * @param vsi the VF's virtual station interface.
 * @param vlans VLAN capabilities, version 2; {@link VlanV2Capabilities#NONE} without them.
 */
public record Negotiated(VfResources resources, VfResources.Vsi vsi, VlanV2Capabilities vlans) {
    /**
     * Whether a capability was granted.
     *
     * @param capability which.
     * @return true if it was.
     */
    public boolean has(final Capability capability) {
        return capability.isIn(resources.capabilities());
    }
}
