package dev.javf.iavf;

import dev.javf.packet.Ethernet;
import dev.javf.virtchnl.VlanSet;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The VLANs that a queue has received tagged frames of: a byte for each, which its poller sets and
 * the conductor clears. It costs a store for a tagged frame; a frame that comes while the conductor
 * looks counts now or the next time.
 */
final class VlansSeen {
    private static final VarHandle SEEN = MethodHandles.arrayElementVarHandle(byte[].class);

    private final byte[] seen = new byte[Ethernet.VLAN_COUNT];

    /**
     * Poller: a frame has come. The store is a plain one, because a stronger one keeps the compiler
     * from holding anything in registers from one packet to the next; the fences that each burst
     * has anyway make it visible.
     *
     * @param tag its tag control information; only the VLAN id counts.
     */
    void mark(final int tag) {
        seen[tag & Ethernet.VLAN_ID_MASK] = 1;
    }

    /**
     * Conductor: takes out what was marked since the last time.
     *
     * @return 1 to 4094 only.
     */
    VlanSet take() {
        VlanSet.Builder taken = null;
        for (int vlanId = 1; vlanId < Ethernet.VLAN_COUNT - 1; vlanId++) {
            if ((byte) SEEN.getOpaque(seen, vlanId) != 0) {
                SEEN.setOpaque(seen, vlanId, (byte) 0);
                taken = taken == null ? new VlanSet.Builder() : taken;
                taken.add(vlanId);
            }
        }
        return taken == null ? VlanSet.EMPTY : taken.build();
    }
}
