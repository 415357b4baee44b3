package dev.javf.iavf;

import dev.javf.packet.MacAddress;
import dev.javf.virtchnl.Capability;

import org.jspecify.annotations.Nullable;

import java.util.function.Consumer;

/**
 * Notices what the host's administrator has changed for the VF at its PF. Nothing tells a VF so: it
 * is reset, and what it then negotiates isn't what it was. Spoof checking can't be seen at all, and
 * trust only by the limits of VLAN_V2.
 */
final class AdministratorWatch {
    private final Consumer<String> notices;
    private @Nullable Negotiated before;

    AdministratorWatch(final Consumer<String> notices) {
        this.notices = notices;
    }

    /**
     * The PF has said what it grants since the last reset.
     *
     * @param now what it grants.
     * @param own the VF's address, if it has one yet.
     * @param told whether the VF itself has told the PF an address as its own since.
     */
    void onNegotiated(final Negotiated now, final @Nullable MacAddress own, final TellsOwn told) {
        final Negotiated earlier = before;
        before = now;
        if (earlier == null) {
            return;
        }
        final MacAddress mac = now.vsi().defaultMac();
        final MacAddress macBefore = earlier.vsi().defaultMac();
        if (!mac.equals(macBefore) && !mac.isZero() && !mac.equals(own) && !told.told(mac)) {
            notice("the VF's MAC address: from " + macBefore + " to " + mac);
        }
        if (earlier.hasVlanFilters() && !now.hasVlanFilters()) {
            notice("the VF's port VLAN: it is set (the PF offers no VLAN filters any more)");
        } else if (!earlier.hasVlanFilters() && now.hasVlanFilters()) {
            notice("the VF's port VLAN: it is taken away (the PF offers VLAN filters again)");
        }
        final boolean isKnown =
                earlier.trust() != Negotiated.Trust.UNKNOWN
                        && now.trust() != Negotiated.Trust.UNKNOWN
                        && now.has(Capability.VLAN_V2);
        if (isKnown && earlier.trust() != now.trust()) {
            notice(
                    "the VF's trust: "
                            + (now.trust() == Negotiated.Trust.YES ? "on" : "off")
                            + " (the PF allows "
                            + now.vlans().filtering().maxFilters()
                            + " VLANs instead of "
                            + earlier.vlans().filtering().maxFilters()
                            + ")");
        }
    }

    /** Whether an address is one that the VF itself has told the PF as its own. */
    interface TellsOwn {
        boolean told(MacAddress address);
    }

    private void notice(final String what) {
        notices.accept("administrator changed " + what);
    }
}
