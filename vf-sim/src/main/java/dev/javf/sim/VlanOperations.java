package dev.javf.sim;

import dev.javf.packet.Ethernet;
import dev.javf.virtchnl.Capability;
import dev.javf.virtchnl.VlanFilterList;

import java.util.List;

/** VLAN filters and stripping, version 1, of an ice PF (Linux ice driver, virt/virtchnl.c). */
final class VlanOperations {
    private VlanOperations() {}

    /**
     * A VF that may have no more filters is told SUCCESS, and they are not installed: on purpose.
     */
    static void addVlan(final Exchange exchange) {
        final VlanFilterList list =
                VlanFilterList.decode(exchange.body(), 0, exchange.lengthBytes());
        final VfControl vf = exchange.vf();
        if (!mayUse(vf, list)) {
            exchange.answer(false);
        } else if (VlanLimits.isIceFullForV1(vf)) {
            exchange.answer(true);
        } else if (vf.host.portVlan != null) {
            // In double VLAN mode the VF's own tag is an inner one, which no filter looks at.
            exchange.answer(exchange.pf().mode().isDoubleVlan());
        } else {
            exchange.answer(addAll(exchange, list.vlanIds()));
        }
    }

    private static boolean addAll(final Exchange exchange, final List<Integer> vlanIds) {
        final VfControl vf = exchange.vf();
        for (final int vlanId : vlanIds) {
            if (VlanLimits.isIceFullForV1(vf)) {
                return true;
            }
            if (vlanId == 0) {
                continue;
            }
            if (!exchange.changeRule()) {
                return false;
            }
            final boolean isNew = vf.vlans.add(new VlanKey(Ethernet.TPID_8021Q, vlanId));
            if (isNew || exchange.pf().mode().countsDuplicates()) {
                vf.vlans.count(1);
            }
            vf.rules.apply(vf, exchange.pf());
        }
        return true;
    }

    /** Looks at no more elements than the PF counts VLANs, VLAN 0 included. */
    static void delVlan(final Exchange exchange) {
        final VlanFilterList list =
                VlanFilterList.decode(exchange.body(), 0, exchange.lengthBytes());
        final VfControl vf = exchange.vf();
        final boolean hasPortVlan = vf.host.portVlan != null;
        if (!mayUse(vf, list) || (hasPortVlan && !exchange.pf().mode().isDoubleVlan())) {
            exchange.answer(false);
            return;
        }
        final int limit = vf.vlans.counted() + 1;
        final List<Integer> vlanIds = list.vlanIds();
        for (int i = 0; i < vlanIds.size() && i < limit; i++) {
            final int vlanId = vlanIds.get(i);
            if (vlanId == 0) {
                continue;
            }
            if (!exchange.changeRule()) {
                exchange.answer(false);
                return;
            }
            if (vf.vlans.remove(new VlanKey(Ethernet.TPID_8021Q, vlanId))) {
                vf.vlans.count(-1);
            }
            vf.rules.apply(vf, exchange.pf());
        }
        exchange.answer(true);
    }

    private static boolean mayUse(final VfControl vf, final VlanFilterList list) {
        return vf.isActive(list.vsiId())
                && Capability.VLAN.isIn(vf.capabilities)
                && list.vlanIds().stream().allMatch(vlanId -> vlanId < Ethernet.VLAN_COUNT);
    }

    static void enableStripping(final Exchange exchange) {
        setStripping(exchange, Ethernet.TPID_8021Q);
    }

    static void disableStripping(final Exchange exchange) {
        setStripping(exchange, 0);
    }

    private static void setStripping(final Exchange exchange, final int tpid) {
        final VfControl vf = exchange.vf();
        if (!vf.isActive() || !Capability.VLAN.isIn(vf.capabilities) || !exchange.changeRule()) {
            exchange.answer(false);
            return;
        }
        vf.vlanOffloads = vf.vlanOffloads.withInnerStripping(tpid);
        vf.rules.apply(vf, exchange.pf());
        exchange.answer(true);
    }
}
