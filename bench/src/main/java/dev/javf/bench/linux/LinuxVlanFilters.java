package dev.javf.bench.linux;

import dev.javf.virtchnl.VlanSet;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * The VLAN filter list of Linux' iavf driver of before 2026 (iavf_vlan_filter, num_vlan_filters),
 * with its published rules, which lose and invent filters: adding a filter that is being removed
 * sends nothing; going down overwrites every state, that of a filter to be removed included; a
 * filter is forgotten when its deletion is sent, not when it is confirmed; an answer is taken to be
 * about every filter in the state that it could be about.
 */
final class LinuxVlanFilters {
    private final Map<Integer, LinuxVlanState> states = new LinkedHashMap<>();
    private boolean hasMore;

    /**
     * A VLAN device is made (iavf_add_vlan).
     *
     * @param vlan its id, 1 to 4094.
     * @param filtersMax what the PF allows; looked at before the list is.
     * @return whether it may be made; if not, the caller gets EIO.
     */
    boolean add(final int vlan, final int filtersMax) {
        if (states.size() >= filtersMax) {
            return false;
        }
        final LinuxVlanState state = states.get(vlan);
        if (state == null) {
            states.put(vlan, LinuxVlanState.ADD);
        } else if (state == LinuxVlanState.REMOVE) {
            // Whatever has been sent meanwhile, and without a message.
            states.put(vlan, LinuxVlanState.ACTIVE);
        }
        return true;
    }

    /**
     * A VLAN device is deleted (iavf_del_vlan).
     *
     * @param vlan its id.
     */
    void remove(final int vlan) {
        if (states.get(vlan) == LinuxVlanState.ADD) {
            states.remove(vlan);
        } else {
            states.computeIfPresent(vlan, (id, state) -> LinuxVlanState.REMOVE);
        }
    }

    /** The device goes down. */
    void disableAll() {
        states.replaceAll((vlan, state) -> LinuxVlanState.DISABLE);
    }

    /**
     * The device comes up.
     *
     * @return whether there is anything to add.
     */
    boolean restore() {
        states.replaceAll(
                (vlan, state) -> state == LinuxVlanState.INACTIVE ? LinuxVlanState.ADD : state);
        return has(state -> state == LinuxVlanState.ADD);
    }

    /** After a reset the driver adds whatever is in the list. */
    void addAll() {
        states.replaceAll((vlan, state) -> LinuxVlanState.ADD);
    }

    /** Everything is forgotten. */
    void clear() {
        states.clear();
    }

    /**
     * Takes the next filters to add; they count as sent.
     *
     * @param filtersMax what the PF allows; {@link Integer#MAX_VALUE} for version 1, where the
     *     driver knows no limit.
     * @param messageMax filters that fit into a message.
     * @return ids; empty when there is nothing to add.
     */
    List<Integer> takeAdds(final int filtersMax, final int messageMax) {
        final long wanted =
                states.values().stream().filter(state -> state == LinuxVlanState.ADD).count();
        long count = wanted;
        // The list already includes what is to be added, so this cuts too much off.
        if (count + states.size() > filtersMax && states.size() < filtersMax) {
            count = (long) filtersMax - states.size();
        }
        count = Math.min(count, messageMax);
        hasMore = count < wanted;
        final List<Integer> taken = new ArrayList<>();
        for (final Map.Entry<Integer, LinuxVlanState> filter : states.entrySet()) {
            if (taken.size() < count && filter.getValue() == LinuxVlanState.ADD) {
                filter.setValue(LinuxVlanState.IS_NEW);
                taken.add(filter.getKey());
            }
        }
        return taken;
    }

    /**
     * Takes the next filters to delete; those that nobody wants are forgotten at once.
     *
     * @param messageMax filters that fit into a message.
     * @return ids; empty when there is nothing to delete.
     */
    List<Integer> takeDeletes(final int messageMax) {
        final List<Integer> taken = new ArrayList<>();
        hasMore = false;
        final Iterator<Map.Entry<Integer, LinuxVlanState>> filters = states.entrySet().iterator();
        while (filters.hasNext()) {
            final Map.Entry<Integer, LinuxVlanState> filter = filters.next();
            final LinuxVlanState state = filter.getValue();
            if (state != LinuxVlanState.REMOVE && state != LinuxVlanState.DISABLE) {
                continue;
            }
            if (taken.size() == messageMax) {
                hasMore = true;
                break;
            }
            taken.add(filter.getKey());
            if (state == LinuxVlanState.REMOVE) {
                filters.remove();
            } else {
                filter.setValue(LinuxVlanState.INACTIVE);
            }
        }
        return taken;
    }

    /** Whether the last message had no room for all. */
    boolean hasMore() {
        return hasMore;
    }

    /** The PF has answered ADD_VLAN_V2 with SUCCESS. */
    void onAdded() {
        states.replaceAll(
                (vlan, state) -> state == LinuxVlanState.IS_NEW ? LinuxVlanState.ACTIVE : state);
    }

    /** The PF has answered ADD_VLAN_V2 with an error. */
    void onAddRefused() {
        states.values().removeIf(state -> state == LinuxVlanState.IS_NEW);
    }

    /** What the driver takes for installed. */
    VlanSet active() {
        return select(state -> state == LinuxVlanState.ACTIVE || state == LinuxVlanState.IS_NEW);
    }

    private boolean has(final Predicate<LinuxVlanState> what) {
        return states.values().stream().anyMatch(what);
    }

    private VlanSet select(final Predicate<LinuxVlanState> what) {
        final VlanSet.Builder set = new VlanSet.Builder();
        states.forEach((vlan, state) -> {
            if (what.test(state)) {
                set.add(vlan);
            }
        });
        return set.build();
    }
}
