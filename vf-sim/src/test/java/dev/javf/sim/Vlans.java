package dev.javf.sim;

import static dev.javf.sim.RawDriver.bytes;

import java.util.Collection;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

/** VLAN messages as bytes. */
final class Vlans {
    static final int ADD = 12;
    static final int DEL = 13;
    static final int CAPS_V2 = 51;
    static final int ADD_V2 = 52;
    static final int DEL_V2 = 53;
    static final int V1 = 1 << 16;
    static final int V2 = 1 << 15;

    private Vlans() {}

    static byte[] v1(final int vsi, final int... vlanIds) {
        final RawDriver.Bytes out = bytes().u16(vsi).u16(vlanIds.length);
        IntStream.of(vlanIds).forEach(out::u16);
        return out.zeros(2).done();
    }

    static byte[] inner(final int vsi, final int... vlanIds) {
        final RawDriver.Bytes out = bytes().u16(vsi).u16(vlanIds.length).u32(0);
        for (final int vlanId : vlanIds) {
            out.u16(vlanId).u16(0).u16(0x8100).u16(0).zeros(24);
        }
        return out.done();
    }

    static byte[] outer(final int vsi, final int tpid, final int... vlanIds) {
        final RawDriver.Bytes out = bytes().u16(vsi).u16(vlanIds.length).u32(0);
        for (final int vlanId : vlanIds) {
            out.zeros(8).u16(vlanId).u16(0).u16(tpid).u16(0).zeros(16);
        }
        return out.done();
    }

    static int[] range(final int first, final int count) {
        return IntStream.range(first, first + count).toArray();
    }

    static Set<VlanKey> keys(final int... vlanIds) {
        final Set<VlanKey> keys = new TreeSet<>();
        IntStream.of(vlanIds).forEach(vlanId -> keys.add(new VlanKey(0x8100, vlanId)));
        return keys;
    }

    static Set<VlanKey> keys(final Collection<Integer> vlanIds) {
        return keys(vlanIds.stream().mapToInt(Integer::intValue).toArray());
    }

    /** A rig in a mode whose VF 0 has got the V2 capabilities if it may. */
    static PfRig active(final PfMode mode) {
        final PfRig rig = PfRig.active(context -> context.mode(mode));
        if ((rig.snapshot().capabilities() & V2) != 0) {
            rig.ask(CAPS_V2, new byte[0]);
        }
        return rig;
    }

    /** After a reset: mailbox, resources, and V2 capabilities if the VF may. */
    static void reactivate(final PfRig rig) {
        rig.driver().enableBusMaster();
        rig.driver().startMailbox();
        rig.activate(0, RawDriver.LINUX_CAPABILITIES);
        if ((rig.snapshot().capabilities() & V2) != 0) {
            rig.ask(CAPS_V2, new byte[0]);
        }
    }
}
