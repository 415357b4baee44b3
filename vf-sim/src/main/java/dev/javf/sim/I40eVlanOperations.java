package dev.javf.sim;

import dev.javf.packet.Ethernet;
import dev.javf.virtchnl.VlanFilterList;
import dev.javf.virtchnl.VlanFilterListV2;

import java.util.List;

/**
 * VLAN filters of an i40e PF, both versions (Linux i40e driver and Intel's out-of-tree one,
 * i40e_virtchnl_pf.c). It says SUCCESS far more often than ice, and tells filters apart by VLAN id
 * alone.
 */
final class I40eVlanOperations {
    private I40eVlanOperations() {}

    /** The kernel's driver: looks at the limit once, before everything else. */
    static void addVlan(final Exchange exchange) {
        final VlanFilterList list =
                VlanFilterList.decode(exchange.body(), 0, exchange.lengthBytes());
        final VfControl vf = exchange.vf();
        if (VlanLimits.isI40eFull(vf)) {
            exchange.answer(true);
            return;
        }
        if (!vf.isActive(list.vsiId()) || !areVlans(list.vlanIds()) || vf.host.portVlan != null) {
            exchange.answer(false);
            return;
        }
        vf.vlanOffloads = vf.vlanOffloads.withInnerStripping(Ethernet.TPID_8021Q);
        for (final int vlanId : list.vlanIds()) {
            if (vlanId == 0) {
                vf.vlans.count(1);
            } else {
                install(exchange, vlanId);
            }
        }
        vf.rules.apply(vf, exchange.pf());
        exchange.answer(true);
    }

    /** The kernel's driver: uncounts what was never there as well. */
    static void delVlan(final Exchange exchange) {
        final VlanFilterList list =
                VlanFilterList.decode(exchange.body(), 0, exchange.lengthBytes());
        final VfControl vf = exchange.vf();
        if (!vf.isActive(list.vsiId()) || !areVlans(list.vlanIds())) {
            exchange.answer(false);
        } else if (vf.host.portVlan != null) {
            exchange.answer(isVlanZero(list.vlanIds()));
        } else {
            for (final int vlanId : list.vlanIds()) {
                if (vlanId != 0) {
                    exchange.changeRule();
                    vf.vlans.remove(key(vlanId));
                }
                vf.vlans.count(-1);
            }
            vf.rules.apply(vf, exchange.pf());
            exchange.answer(true);
        }
    }

    /** The out-of-tree driver in double VLAN mode. */
    static void addVlanV2(final Exchange exchange) {
        final VlanFilterListV2 list =
                VlanFilterListV2.decode(exchange.body(), 0, exchange.lengthBytes());
        final VfControl vf = exchange.vf();
        if (!vf.isActive(list.vportId())) {
            exchange.answer(false);
            return;
        }
        final List<Integer> vlanIds = outerVlanIds(list);
        final boolean hasVlan = vlanIds.stream().anyMatch(vlanId -> vlanId != 0);
        final boolean isPassedBy = vf.host.portVlan != null && hasVlan;
        exchange.answer(isPassedBy || installAll(exchange, vlanIds));
        vf.rules.apply(vf, exchange.pf());
    }

    private static boolean installAll(final Exchange exchange, final List<Integer> vlanIds) {
        final VfControl vf = exchange.vf();
        for (final int vlanId : vlanIds) {
            if (VlanLimits.isI40eFull(vf) || (vlanId != 0 && !vf.host.trunk.isEmpty())) {
                return false;
            }
            if (vlanId != 0) {
                install(exchange, vlanId);
            }
        }
        return true;
    }

    /** A filter that the firmware refuses is only logged. */
    private static void install(final Exchange exchange, final int vlanId) {
        if (exchange.changeRule()) {
            exchange.vf().vlans.add(key(vlanId));
            exchange.vf().vlans.count(1);
        }
    }

    /** The out-of-tree driver: with a trunk, an untrusted VF's deletes are ignored in silence. */
    static void delVlanV2(final Exchange exchange) {
        final VlanFilterListV2 list =
                VlanFilterListV2.decode(exchange.body(), 0, exchange.lengthBytes());
        final VfControl vf = exchange.vf();
        final List<Integer> vlanIds = outerVlanIds(list);
        if (!vf.isActive(list.vportId())) {
            exchange.answer(false);
        } else if (!vf.host.isTrusted && !vf.host.trunk.isEmpty()) {
            exchange.answer(true);
        } else if (vf.host.portVlan != null) {
            exchange.answer(isVlanZero(vlanIds));
        } else {
            for (final int vlanId : vlanIds) {
                if (vlanId != 0) {
                    exchange.changeRule();
                    if (vf.vlans.remove(key(vlanId))) {
                        vf.vlans.count(-1);
                    }
                }
            }
            vf.rules.apply(vf, exchange.pf());
            exchange.answer(true);
        }
    }

    private static List<Integer> outerVlanIds(final VlanFilterListV2 list) {
        return list.filters().stream().map(filter -> filter.outer().vlanId()).toList();
    }

    private static boolean areVlans(final List<Integer> vlanIds) {
        return vlanIds.stream().allMatch(vlanId -> vlanId < Ethernet.VLAN_COUNT);
    }

    private static boolean isVlanZero(final List<Integer> vlanIds) {
        return vlanIds.size() == 1 && vlanIds.getFirst() == 0;
    }

    private static VlanKey key(final int vlanId) {
        return new VlanKey(Ethernet.TPID_8021Q, vlanId);
    }
}
