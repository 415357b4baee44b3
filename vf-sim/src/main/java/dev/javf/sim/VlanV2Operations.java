package dev.javf.sim;

import dev.javf.virtchnl.VlanFilterListV2;
import dev.javf.virtchnl.VlanFilterListV2.VlanFilterV2;
import dev.javf.virtchnl.VlanSupport;
import dev.javf.virtchnl.VlanTag;
import dev.javf.virtchnl.VlanV2Capabilities;

import java.util.List;

/** VLAN filters, version 2, of an ice PF (Linux ice driver, virt/virtchnl.c). */
final class VlanV2Operations {
    private static final int PRIORITY_MASK = 0xE000;

    private VlanV2Operations() {}

    static void getCaps(final Exchange exchange) {
        final VfControl vf = exchange.vf();
        if (!vf.isActive()) {
            exchange.answer(false);
            return;
        }
        vf.vlanCapabilities = VlanV2Offers.offer(vf, exchange.pf());
        exchange.answer(vf.vlanCapabilities);
    }

    /**
     * Refuses the whole message when it could exceed the limit, duplicates and all; once it has
     * begun, stops at the first filter that fails and leaves what is installed.
     */
    static void addVlan(final Exchange exchange) {
        final VlanFilterListV2 list =
                VlanFilterListV2.decode(exchange.body(), 0, exchange.lengthBytes());
        final VfControl vf = exchange.vf();
        final VlanV2Capabilities.Filtering filtering = vf.vlanCapabilities.filtering();
        if (!vf.isActive(list.vportId())
                || vf.vlans.counted() + list.filters().size() > filtering.maxFilters()
                || !isValid(list.filters(), filtering)) {
            exchange.answer(false);
            return;
        }
        for (final VlanFilterV2 filter : list.filters()) {
            if (!add(exchange, filter.outer()) || !add(exchange, filter.inner())) {
                exchange.answer(false);
                return;
            }
        }
        exchange.answer(true);
    }

    private static boolean add(final Exchange exchange, final VlanTag tag) {
        if (!isPresent(tag)) {
            return true;
        }
        if (!exchange.changeRule()) {
            return false;
        }
        final VfControl vf = exchange.vf();
        if (tag.vlanId() != 0) {
            final boolean isNew = vf.vlans.add(key(tag));
            if (isNew || exchange.pf().mode().countsDuplicates()) {
                vf.vlans.count(1);
            }
        }
        vf.rules.apply(vf, exchange.pf());
        return true;
    }

    /** Asks for no active state; what isn't there is deleted with SUCCESS. */
    static void delVlan(final Exchange exchange) {
        final VlanFilterListV2 list =
                VlanFilterListV2.decode(exchange.body(), 0, exchange.lengthBytes());
        final VfControl vf = exchange.vf();
        final boolean isTooMany =
                exchange.pf().context().outOfTree() && list.filters().size() > vf.vlans.counted();
        if (!isValid(list.filters(), vf.vlanCapabilities.filtering())
                || list.vportId() != vf.vsiId
                || isTooMany) {
            exchange.answer(false);
            return;
        }
        for (final VlanFilterV2 filter : list.filters()) {
            if (!delete(exchange, filter.outer()) || !delete(exchange, filter.inner())) {
                exchange.answer(false);
                return;
            }
        }
        exchange.answer(true);
    }

    private static boolean delete(final Exchange exchange, final VlanTag tag) {
        if (!isPresent(tag)) {
            return true;
        }
        if (!exchange.changeRule()) {
            return false;
        }
        final VfControl vf = exchange.vf();
        if (tag.vlanId() != 0 && vf.vlans.remove(key(tag))) {
            vf.vlans.count(-1);
        }
        vf.rules.apply(vf, exchange.pf());
        return true;
    }

    private static boolean isValid(
            final List<VlanFilterV2> filters, final VlanV2Capabilities.Filtering filtering) {
        for (final VlanFilterV2 filter : filters) {
            if (!isValid(filter.outer(), filtering.outer())
                    || !isValid(filter.inner(), filtering.inner())) {
                return false;
            }
        }
        return true;
    }

    private static boolean isValid(final VlanTag tag, final int support) {
        final boolean isOffered =
                !isPresent(tag) || (support & VlanSupport.maskOfTpid(tag.tpid())) != 0;
        final boolean isMaskGood = tag.tciMask() == 0 || VlanSupport.FILTER_MASK.isIn(support);
        final boolean isPriorityGood =
                (tag.tci() & PRIORITY_MASK) == 0 || VlanSupport.PRIO.isIn(support);
        return isOffered && isMaskGood && isPriorityGood;
    }

    /** A tag without VLAN or without TPID is no tag at all. */
    private static boolean isPresent(final VlanTag tag) {
        return tag.tci() != 0 && tag.tpid() != 0;
    }

    private static VlanKey key(final VlanTag tag) {
        return new VlanKey(tag.tpid(), tag.vlanId());
    }
}
