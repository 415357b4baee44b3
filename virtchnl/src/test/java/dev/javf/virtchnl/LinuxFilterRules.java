package dev.javf.virtchnl;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The VLAN filters of Linux' iavf driver after they were mended in 2026, with the published rules:
 * six states, one message at a time, replies that are about every filter in the state which they
 * could be about, and whatever is in the list added again after a reset. It is the yardstick of
 * {@link VlanRacesTest}. (The rules of before 2026 drive a whole VF in {@code bench}.)
 */
final class LinuxFilterRules {
    private final Map<Integer, State> filters = new LinkedHashMap<>();
    private final boolean isV2;
    private final int filtersMax;
    private boolean addRequired;
    private boolean deleteRequired;

    /** current_op: what an answer is awaited for; null for VIRTCHNL_OP_UNKNOWN. */
    private @Nullable Boolean awaitsAdd;

    /** The driver's states; a filter that isn't in its list has none. */
    enum State {
        ADD,
        ADDING,
        ACTIVE,
        REMOVE,
        REMOVING
    }

    /**
     * A message to the PF.
     *
     * @param isAdd whether it adds.
     * @param vlans all it is about.
     */
    record Sent(boolean isAdd, Set<Integer> vlans) {}

    /**
     * No filters.
     *
     * @param isV2 whether the PF grants VLAN_V2.
     * @param filtersMax what the PF allows; 4096 with version 1, where nobody says.
     */
    LinuxFilterRules(final boolean isV2, final int filtersMax) {
        this.isV2 = isV2;
        this.filtersMax = filtersMax;
    }

    /** The state of a VLAN; null when the driver knows nothing of it. */
    @Nullable State state(final int vlan) {
        return filters.get(vlan);
    }

    /** All VLANs that the driver knows of. */
    Set<Integer> known() {
        return new TreeSet<>(filters.keySet());
    }

    /** iavf_vlan_rx_add_vid; false for EIO. The limit is looked at before the list is. */
    boolean add(final int vlan) {
        if (filters.size() >= filtersMax) {
            return false;
        }
        final State state = filters.get(vlan);
        if (state == null || state == State.REMOVING) {
            filters.put(vlan, State.ADD);
            addRequired = true;
        } else if (state == State.REMOVE) {
            filters.put(vlan, State.ACTIVE);
        }
        return true;
    }

    /** iavf_vlan_rx_kill_vid. */
    void kill(final int vlan) {
        final State state = filters.get(vlan);
        if (state == State.ADD) {
            filters.remove(vlan);
        } else if (state == State.ADDING || state == State.ACTIVE) {
            filters.put(vlan, State.REMOVE);
            deleteRequired = true;
        }
    }

    /** One run of the watchdog: at most one message, and adds before deletes. */
    @Nullable Sent watchdog() {
        if (awaitsAdd != null) {
            return null;
        }
        if (addRequired) {
            final Sent adds = takeAdds();
            if (adds != null) {
                return adds;
            }
        }
        return deleteRequired ? takeDeletes() : null;
    }

    private @Nullable Sent takeAdds() {
        final List<Integer> all = in(State.ADD);
        addRequired = false;
        if (all.isEmpty()) {
            return null;
        }
        int count = all.size();
        // The list already includes what is to be added, so this cuts too much off.
        if (isV2 && count + filters.size() > filtersMax && filters.size() < filtersMax) {
            count = filtersMax - filters.size();
            addRequired = true;
        }
        return sent(true, all.subList(0, Math.min(count, all.size())), State.ADDING);
    }

    private @Nullable Sent takeDeletes() {
        deleteRequired = false;
        final List<Integer> all = in(State.REMOVE);
        return all.isEmpty() ? null : sent(false, all, State.REMOVING);
    }

    private Sent sent(final boolean isAdd, final List<Integer> vlans, final State state) {
        vlans.forEach(vlan -> filters.put(vlan, state));
        awaitsAdd = isAdd;
        return new Sent(isAdd, new TreeSet<>(vlans));
    }

    private List<Integer> in(final State state) {
        final List<Integer> vlans = new ArrayList<>();
        filters.forEach((vlan, its) -> {
            if (its == state) {
                vlans.add(vlan);
            }
        });
        return vlans;
    }

    /** The PF has answered; nothing says which message. */
    void onAnswer(final boolean isAdd, final boolean isSuccess) {
        awaitsAdd = null;
        if (isAdd && isSuccess) {
            in(State.ADDING).forEach(vlan -> filters.put(vlan, State.ACTIVE));
        } else if (isAdd && isV2) {
            in(State.ADDING).forEach(filters::remove);
        } else if (!isAdd && isSuccess) {
            in(State.REMOVING).forEach(filters::remove);
        } else if (!isAdd) {
            in(State.REMOVING).forEach(vlan -> filters.put(vlan, State.ACTIVE));
        }
    }

    /**
     * {@code ip link set down} and up again: a pending ADD_VLAN isn't among what is restored, and
     * no answer is awaited any more.
     */
    void downAndUp() {
        addRequired = false;
        awaitsAdd = null;
    }

    /** A reset begins: what was required is dropped, and no answer is awaited any more. */
    void resetBegins() {
        addRequired = false;
        deleteRequired = false;
        awaitsAdd = null;
    }

    /** The reply to the capabilities, as after a reset: whatever is in the list is to be added. */
    void onCapabilities() {
        filters.replaceAll((vlan, state) -> State.ADD);
        addRequired = true;
    }
}
