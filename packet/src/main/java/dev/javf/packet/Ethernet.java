package dev.javf.packet;

/**
 * Numbers of Ethernet frames (IEEE 802.3 and 802.1Q). Lengths are without the frame check sequence.
 */
public final class Ethernet {
    /** Offset of the destination address. */
    public static final int DESTINATION_OFFSET = 0;

    /** Offset of the source address. */
    public static final int SOURCE_OFFSET = 6;

    /** Offset of the EtherType, or of a VLAN tag's TPID. */
    public static final int TYPE_OFFSET = 12;

    /** Length of the header without VLAN tag. */
    public static final int HEADER_BYTES = 14;

    /** Length of one VLAN tag. */
    public static final int VLAN_TAG_BYTES = 4;

    /** Shortest frame on a wire. */
    public static final int MIN_FRAME_BYTES = 60;

    /** TPID of a customer VLAN tag (802.1Q). */
    public static final int TPID_8021Q = 0x8100;

    /** TPID of a service VLAN tag (802.1ad). */
    public static final int TPID_8021AD = 0x88A8;

    /** TPID of the older double tagging. */
    public static final int TPID_QINQ_OLD = 0x9100;

    /** The twelve bits of a tag control information that are the VLAN's number. */
    public static final int VLAN_ID_MASK = 0x0FFF;

    /** VLAN numbers that the forwarding tables have room for: 0 (untagged) to 4095. */
    public static final int VLAN_COUNT = 4096;

    private Ethernet() {}
}
