package dev.javf.iavf;

/**
 * Something that is asked of a VF and that its PF doesn't hold. It is no failure: the rest of what
 * is asked for is kept up regardless, and a difference goes away by itself when it is resolved.
 *
 * @param item what kind of thing.
 * @param subject which one of its kind: an address, VLANs; empty where there is only one.
 * @param wanted what is asked for.
 * @param held what the PF holds instead, as far as the driver knows.
 * @param why what the PF said, or did.
 * @param remedy what helps, as a rule a command for the PF's host.
 */
public record Difference(
        Item item, String subject, String wanted, String held, String why, String remedy) {

    /** Kinds of things that can differ. */
    public enum Item {
        /** The VF's own MAC address. */
        OWN_MAC("own MAC address"),
        /** Another MAC address. */
        MAC("MAC address"),
        /** VLAN filters. */
        VLANS("VLANs"),
        /** Promiscuity for unicast and multicast. */
        PROMISCUITY("promiscuity"),
        /** The number of queue pairs. */
        QUEUE_PAIRS("queue pairs"),
        /** The longest frame. */
        MAX_FRAME("longest frame"),
        /** The format of receive descriptors. */
        RX_DESCRIPTORS("receive descriptors"),
        /** Timestamps of what is received. */
        RX_TIMESTAMPS("receive timestamps"),
        /** The key of receive-side scaling. */
        RSS_KEY("RSS key"),
        /** The table of receive-side scaling. */
        RSS_TABLE("RSS table"),
        /** The hash function of receive-side scaling. */
        RSS_FUNCTION("RSS hash function"),
        /** The packet types that receive-side scaling hashes. */
        RSS_PACKET_TYPES("RSS packet types"),
        /** Stripping of VLAN tags. */
        VLAN_STRIPPING("VLAN stripping"),
        /** Insertion of VLAN tags. */
        VLAN_INSERTION("VLAN insertion");

        private final String label;

        Item(final String label) {
            this.label = label;
        }

        /** What it is, in words. */
        public String label() {
            return label;
        }
    }

    /** One line for people. */
    @Override
    public String toString() {
        return item.label()
                + (subject.isEmpty() ? "" : " " + subject)
                + ": wanted "
                + wanted
                + ", the PF holds "
                + held
                + ": "
                + why
                + (remedy.isEmpty() ? "" : "; " + remedy);
    }
}
