package dev.javf.bench.control;

import dev.javf.sim.SimulatedDelays;
import dev.javf.virtchnl.VlanFilterListV2;

/**
 * The least that a PF of these delays needs: every message that is necessary, worked off one after
 * the other, and a single round trip of the mailbox, as if everything had been sent at once.
 */
final class Bounds {
    /** GET_VF_RESOURCES, GET_OFFLOAD_VLAN_V2_CAPS, ADD_ETH_ADDR, rings, vectors, ENABLE_QUEUES. */
    private static final int RECOVERY_MESSAGES = 6;

    /** DISABLE_QUEUES; rings, vectors, ENABLE_QUEUES. */
    private static final int DOWN_UP_MESSAGES = 4;

    private Bounds() {}

    /** Adding VLANs. */
    static long addNs(final SimulatedDelays delays, final int vlans) {
        return roundTripNs(delays) + vlanWorkNs(delays, vlans);
    }

    /** Down, confirmed, and up again: two round trips. */
    static long downUpNs(final SimulatedDelays delays) {
        return 2 * roundTripNs(delays) + DOWN_UP_MESSAGES * delays.messageNs();
    }

    /** From the PF's "active" until packets flow in all VLANs. The own address is one rule. */
    static long recoveryNs(final SimulatedDelays delays, final int vlans) {
        return roundTripNs(delays)
                + RECOVERY_MESSAGES * delays.messageNs()
                + delays.ruleNs()
                + vlanWorkNs(delays, vlans);
    }

    private static long roundTripNs(final SimulatedDelays delays) {
        return delays.mailboxToPfNs() + delays.mailboxToVfNs();
    }

    private static long vlanWorkNs(final SimulatedDelays delays, final int vlans) {
        final int messages =
                (vlans + VlanFilterListV2.MAX_ELEMENTS - 1) / VlanFilterListV2.MAX_ELEMENTS;
        return messages * delays.messageNs() + vlans * delays.ruleNs();
    }
}
