package dev.javf.virtchnl;

import dev.javf.virtchnl.VlanBatch.Kind;
import dev.javf.virtchnl.VlanFilterMachine.State;
import dev.javf.virtchnl.VlanLimits.Protocol;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * Chooses the filters of the next batch. A batch holds filters of one EtherType, one state and one
 * suspicion: those that failed together are tried again in halves, among themselves.
 */
final class VlanFilterPlanner {
    /** The filters of a batch. */
    record Plan(Kind kind, int plane, List<Integer> vlanIds) {}

    private VlanFilterPlanner() {}

    /**
     * The next batch.
     *
     * @param perhapsFull whether a V1 PF may hold less than it confirmed.
     * @return null if there is nothing to send, or nothing that the PF has room for.
     */
    static @Nullable Plan next(
            final VlanFilterPlanes planes, final VlanLimits limits, final boolean perhapsFull) {
        final int present = planes.presentCount();
        final int room = limits.maxFilters() - planes.heldCount();
        final int max = maxDeletes(State.PRESENT, limits, present, perhapsFull);
        final Plan deletes = choose(Kind.DELETE, planes, State.PRESENT, max);
        if (deletes != null) {
            return deletes;
        }
        final int maxUnknown = maxDeletes(State.UNKNOWN, limits, present, perhapsFull);
        final Plan clearing = choose(Kind.DELETE, planes, State.UNKNOWN, maxUnknown);
        if (clearing != null) {
            return clearing;
        }
        // The PF may hold these already: they need no room.
        final Plan again = choose(Kind.ADD, planes, State.UNDELETED, limits.maxPerMessage());
        if (again != null || room <= 0) {
            return again;
        }
        return choose(Kind.ADD, planes, State.ABSENT, Math.min(room, limits.maxPerMessage()));
    }

    /**
     * An ice PF handles no more elements of a V1 delete than it has filters, VLAN 0 among them, and
     * answers with success whatever follows.
     */
    private static int maxDeletes(
            final State state,
            final VlanLimits limits,
            final int present,
            final boolean perhapsFull) {
        if (limits.protocol() != Protocol.V1 || limits.bulkDelete()) {
            return limits.maxPerMessage();
        }
        if (perhapsFull) {
            return 1;
        }
        return state == State.PRESENT ? limits.maxPerMessage() : Math.max(1, present);
    }

    private static @Nullable Plan choose(
            final Kind kind, final VlanFilterPlanes planes, final State state, final int max) {
        for (int i = 0; i < VlanFilterPlanes.COUNT; i++) {
            final VlanFilterPlane plane = planes.planeIfUsed(i);
            if (plane != null) {
                final List<Integer> vlanIds = choose(kind, plane, state, max);
                if (!vlanIds.isEmpty()) {
                    return new Plan(kind, i, vlanIds);
                }
            }
        }
        return null;
    }

    private static List<Integer> choose(
            final Kind kind, final VlanFilterPlane plane, final State state, final int max) {
        final BitSet work = kind == Kind.ADD ? plane.toAdd() : plane.toDelete();
        // Asked in every duty cycle: a list is made only when there is something for it.
        List<Integer> vlanIds = List.of();
        int cap = 0;
        int limit = max;
        for (int v = work.nextSetBit(0); v >= 0; v = work.nextSetBit(v + 1)) {
            if (plane.state(v) != state) {
                continue;
            }
            if (vlanIds.isEmpty()) {
                vlanIds = new ArrayList<>();
                cap = plane.cap(v);
                limit = cap == 0 ? max : Math.min(cap, max);
            }
            if (plane.cap(v) == cap) {
                vlanIds.add(v);
                if (vlanIds.size() == limit) {
                    break;
                }
            }
        }
        return vlanIds;
    }
}
