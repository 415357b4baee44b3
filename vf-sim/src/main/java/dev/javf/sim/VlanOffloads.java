package dev.javf.sim;

import dev.javf.packet.Ethernet;

/**
 * Stripping and insertion of VLAN tags by a VF's VSI. In single VLAN mode the one tag is the inner
 * one; in double VLAN mode a frame's first tag is the outer one, also when it has no other.
 *
 * <p>At first tags of TPID 0x8100 are inserted when a descriptor asks for it, and none are
 * stripped. For the switch's thread.
 */
public final class VlanOffloads {
    /** TPID of inner tags. */
    static final int INNER_TPID = Ethernet.TPID_8021Q;

    private int outerStripping;
    private boolean innerStripping;
    private int outerInsertion;
    private boolean innerInsertion;

    VlanOffloads() {
        reset();
    }

    void reset() {
        outerStripping = 0;
        innerStripping = false;
        outerInsertion = Ethernet.TPID_8021Q;
        innerInsertion = true;
    }

    /**
     * Moves the outer tag of frames received to the descriptor (L2TAG2_2).
     *
     * @param tpid which tags; 0 for none.
     */
    public void outerStripping(final int tpid) {
        outerStripping = tpid;
    }

    /** TPID of the outer tags that are stripped; 0 for none. */
    public int outerStripping() {
        return outerStripping;
    }

    /**
     * Moves the inner tag, with TPID 0x8100, of frames received to the descriptor (L2TAG1).
     *
     * @param on true to strip.
     */
    public void innerStripping(final boolean on) {
        innerStripping = on;
    }

    /** Whether inner tags are stripped. */
    public boolean innerStripping() {
        return innerStripping;
    }

    /**
     * Allows context descriptors to insert an outer tag (L2TAG2), in double VLAN mode.
     *
     * @param tpid of the tag; 0 to allow none.
     */
    public void outerInsertion(final int tpid) {
        outerInsertion = tpid;
    }

    /** TPID of the outer tags that are inserted; 0 for none. */
    public int outerInsertion() {
        return outerInsertion;
    }

    /**
     * Allows data descriptors to insert an inner tag with TPID 0x8100 (L2TAG1).
     *
     * @param on true to allow it.
     */
    public void innerInsertion(final boolean on) {
        innerInsertion = on;
    }

    /** Whether inner tags are inserted. */
    public boolean innerInsertion() {
        return innerInsertion;
    }
}
