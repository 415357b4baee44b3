package dev.javf.iavf;

import dev.javf.virtchnl.Capability;
import dev.javf.virtchnl.PtpCapabilities;
import dev.javf.virtchnl.RxDescriptorIds;
import dev.javf.virtchnl.VfResources;
import dev.javf.virtchnl.VlanV2Capabilities;

/**
 * What a PF has granted. It can be something else after every reset.
 *
 * @param resources queues, vectors, longest frame and capabilities.
 * @param vsi the VF's virtual station interface.
 * @param vlans VLAN capabilities, version 2; {@link VlanV2Capabilities#NONE} without them.
 * @param rxDescriptors formats of Rx descriptors that can be chosen; none without RX_FLEX_DESC.
 * @param rssQueues how many queues RSS spreads over at most.
 * @param ptp capabilities of {@link PtpCapabilities}; none without PTP.
 */
public record Negotiated(
        VfResources resources,
        VfResources.Vsi vsi,
        VlanV2Capabilities vlans,
        RxDescriptorIds rxDescriptors,
        int rssQueues,
        int ptp) {
    /** VLAN filters that no PF allows a VF which it doesn't trust (ice: 8, i40e: 16). */
    private static final int UNTRUSTED_VLANS_MAX = 16;

    static final int PTP_NEEDED = PtpCapabilities.RX_TIMESTAMP | PtpCapabilities.READ_CLOCK;

    /** Queue pairs that the messages for VFs that aren't large have room for. */
    static final int QUEUE_PAIRS_OF_USUAL_VF = 16;

    /** Whether the host trusts the VF, as far as it can be seen. */
    public enum Trust {
        /** The PF's limits are those of a trusted VF. */
        YES,
        /** The PF's limits are those of a VF that isn't trusted. */
        NO,
        /** The PF says nothing from which it could be known. */
        UNKNOWN
    }

    /**
     * Whether a capability was granted.
     *
     * @param capability which.
     * @return true if it was.
     */
    public boolean has(final Capability capability) {
        return capability.isIn(resources.capabilities());
    }

    /** Whether the PF offers timestamps of what is received, and the clock that they are of. */
    boolean hasTimestamps() {
        return (ptp & PTP_NEEDED) == PTP_NEEDED;
    }

    /** The most queue pairs that the PF lets itself be asked for, if it has them. */
    int queuePairsMax() {
        return has(Capability.LARGE_NUM_QPAIRS)
                ? VirtualFunctionContext.QUEUE_PAIRS_MAX
                : QUEUE_PAIRS_OF_USUAL_VF;
    }

    /**
     * Whether the host trusts the VF. No message says so; the limit for VLAN filters, which version
     * 2 of the VLAN messages tells, gives it away.
     *
     * @return unknown with version 1, and with a port VLAN.
     */
    public Trust trust() {
        if (!hasVlanFilters() || !has(Capability.VLAN_V2) || vlans.filtering().maxFilters() == 0) {
            return Trust.UNKNOWN;
        }
        return vlans.filtering().maxFilters() > UNTRUSTED_VLANS_MAX ? Trust.YES : Trust.NO;
    }

    /** Whether the PF offers VLAN filters, which it doesn't while the host has set a port VLAN. */
    public boolean hasVlanFilters() {
        return has(Capability.VLAN)
                || (has(Capability.VLAN_V2)
                        && (vlans.filtering().outer() | vlans.filtering().inner()) != 0);
    }
}
