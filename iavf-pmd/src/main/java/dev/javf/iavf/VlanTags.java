package dev.javf.iavf;

import dev.javf.packet.Ethernet;
import dev.javf.virtchnl.VlanSupport;

/**
 * Which VLAN tags are to travel in descriptors and not in packets, on Rx and Tx.
 *
 * @param outerTpid EtherType of a packet's only or outer tag: 0x8100, or 0x88A8 or 0x9100 of a PF
 *     in double VLAN mode; 0 leaves all tags in the packets.
 * @param inner whether a second tag behind it, of EtherType 0x8100, is to do so, too; only a PF in
 *     double VLAN mode tells it apart.
 */
public record VlanTags(int outerTpid, boolean inner) {
    /** One tag of EtherType 0x8100, which every PF knows that knows any. */
    public static final VlanTags DEFAULT = new VlanTags(Ethernet.TPID_8021Q, false);

    /** All tags stay in the packets. */
    public static final VlanTags NONE = new VlanTags(0, false);

    private static final int TPID_8021AD = 0x88A8;
    private static final int TPID_9100 = 0x9100;

    /**
     * Checks the EtherType.
     *
     * @throws IllegalArgumentException for one that no PF knows, and for an inner tag without an
     *     outer one.
     */
    public VlanTags {
        if (outerTpid != 0
                && outerTpid != Ethernet.TPID_8021Q
                && outerTpid != TPID_8021AD
                && outerTpid != TPID_9100) {
            throw new IllegalArgumentException(
                    "VLAN tags of EtherType 0x"
                            + Integer.toHexString(outerTpid)
                            + ": must be 0x8100, 0x88a8, 0x9100, or 0 for none");
        }
        if (inner && outerTpid == 0) {
            throw new IllegalArgumentException(
                    "inner VLAN tags without outer ones: name the outer tags' EtherType");
        }
    }

    /** The outer tag's bit in words of {@link VlanSupport}; 0 for none. */
    int outerBit() {
        return switch (outerTpid) {
            case Ethernet.TPID_8021Q -> VlanSupport.TPID_8100.mask();
            case TPID_8021AD -> VlanSupport.TPID_88A8.mask();
            case TPID_9100 -> VlanSupport.TPID_9100.mask();
            default -> 0;
        };
    }

    /** What they are, in words. */
    @Override
    public String toString() {
        return outerTpid == 0
                ? "no tags"
                : "tags of 0x" + Integer.toHexString(outerTpid) + (inner ? " and inner ones" : "");
    }
}
