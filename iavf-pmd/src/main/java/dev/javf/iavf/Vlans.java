package dev.javf.iavf;

import dev.javf.virtchnl.VlanFilterCounters;
import dev.javf.virtchnl.VlanRejection;
import dev.javf.virtchnl.VlanRequestResult;
import dev.javf.virtchnl.VlanSet;

import java.util.List;
import java.util.function.Consumer;

/**
 * The VLANs of a VF. Requests return at once; their listeners are told once, from {@link
 * VirtualFunction#doWork}, when the PF has answered for every VLAN in them, and may make requests
 * of their own. VLANs are counted: what was added twice is wanted until it was removed twice.
 * Filters can be changed whether the VF is up or down, and also while there is none because of a
 * reset.
 *
 * <p>For the conductor thread.
 */
public final class Vlans {
    private final VlanProgram program;

    Vlans(final VlanProgram program) {
        this.program = program;
    }

    /**
     * Wants VLANs: the PF's filters are to let them pass.
     *
     * @param tpid their EtherType: 0x8100, 0x88A8 or 0x9100.
     * @param vlans which, at least one.
     * @param listener told of the result.
     * @return the request's number.
     * @throws IllegalArgumentException for another EtherType, or no VLAN.
     */
    public long add(
            final int tpid, final VlanSet vlans, final Consumer<VlanRequestResult> listener) {
        return program.add(tpid, vlans, listener);
    }

    /**
     * No longer wants VLANs.
     *
     * @param tpid their EtherType: 0x8100, 0x88A8 or 0x9100.
     * @param vlans which, at least one.
     * @param listener told of the result.
     * @return the request's number.
     * @throws IllegalArgumentException for another EtherType, or no VLAN.
     */
    public long remove(
            final int tpid, final VlanSet vlans, final Consumer<VlanRequestResult> listener) {
        return program.remove(tpid, vlans, listener);
    }

    /**
     * VLANs that are wanted, refused ones included.
     *
     * @param tpid their EtherType.
     * @return a snapshot.
     */
    public VlanSet wanted(final int tpid) {
        return program.filters().wanted(tpid);
    }

    /**
     * VLANs that the PF has confirmed.
     *
     * @param tpid their EtherType.
     * @return a snapshot.
     */
    public VlanSet acknowledged(final int tpid) {
        return program.filters().acknowledged(tpid);
    }

    /**
     * VLANs that were confirmed and of which a frame has passed.
     *
     * @param tpid their EtherType.
     * @return a snapshot.
     */
    public VlanSet seen(final int tpid) {
        return program.filters().seen(tpid);
    }

    /**
     * Says that a frame of each of these VLANs has passed.
     *
     * @param tpid their EtherType.
     * @param vlans those that aren't confirmed are left out.
     */
    public void markSeen(final int tpid, final VlanSet vlans) {
        program.filters().markSeen(tpid, vlans);
    }

    /** VLANs that aren't as they should be, and why. */
    public List<VlanRejection> rejections() {
        return program.filters().rejections();
    }

    /** Whether the PF holds all VLANs that are wanted, refused ones aside, and no others. */
    public boolean isSettled() {
        return program.filters().isSettled();
    }

    /** Requests whose listeners have not been told. */
    public int openRequests() {
        return program.filters().openRequests();
    }

    /** What has been counted. */
    public VlanFilterCounters counters() {
        return program.filters().counters();
    }
}
