package dev.javf.virtchnl;

import dev.javf.virtchnl.VlanFilterMachine.State;
import dev.javf.virtchnl.VlanFilterPlane.Parked;
import dev.javf.virtchnl.VlanRejection.Reason;
import dev.javf.virtchnl.VlanRequest.Outcome;

import org.jspecify.annotations.Nullable;

import java.util.BitSet;

/**
 * Which of the wanted filters are desired. Who comes first is served first, as far as the PF's
 * limit goes; the rest is parked and reported. A freed place goes to the lowest id that waits for
 * one.
 */
final class VlanAdmission {
    private static final VlanLimits NOT_NEGOTIATED =
            VlanLimits.none(0, "the VF isn't negotiated yet");

    private final VlanFilterPlanes planes;
    private final VlanRequests requests;

    /** As negotiated in this epoch; null between a reset and the end of the negotiation. */
    private @Nullable VlanLimits limits;

    /** As negotiated last: who was admitted before a reset stays so after it. */
    private VlanLimits lastLimits;

    /** Whether they ever were. */
    private boolean isNegotiated;

    VlanAdmission(final VlanFilterPlanes planes, final VlanRequests requests) {
        this.planes = planes;
        this.requests = requests;
        lastLimits = NOT_NEGOTIATED;
    }

    VlanAdmission copy(final VlanFilterPlanes newPlanes, final VlanRequests newRequests) {
        final VlanAdmission copy = new VlanAdmission(newPlanes, newRequests);
        copy.limits = limits;
        copy.lastLimits = lastLimits;
        copy.isNegotiated = isNegotiated;
        return copy;
    }

    @Nullable VlanLimits limits() {
        return limits;
    }

    VlanLimits lastLimits() {
        return lastLimits;
    }

    void forgetLimits() {
        limits = null;
    }

    /** Those admitted before keep their places if there are enough; then the rest. */
    void limits(final VlanLimits negotiated) {
        if (negotiated.equals(limits)) {
            return;
        }
        limits = negotiated;
        lastLimits = negotiated;
        isNegotiated = true;
        int room = negotiated.maxFilters();
        for (final boolean before : new boolean[] {true, false}) {
            for (int i = 0; i < VlanFilterPlanes.COUNT; i++) {
                final VlanFilterPlane plane = planes.planeIfUsed(i);
                if (plane != null) {
                    room = admitAll(plane, before, negotiated, room);
                }
            }
        }
        planes.forEach(this::resolve);
    }

    private static int admitAll(
            final VlanFilterPlane plane,
            final boolean before,
            final VlanLimits negotiated,
            final int room) {
        int left = room;
        final BitSet wanted = plane.wanted();
        for (int v = wanted.nextSetBit(0); v >= 0; v = wanted.nextSetBit(v + 1)) {
            if (plane.isDesired(v) == before) {
                final boolean isOffered = negotiated.offers(plane.tpid);
                final boolean isAdmitted = isOffered && left > 0;
                plane.park(
                        v,
                        isAdmitted ? Parked.NO : isOffered ? Parked.LIMIT : Parked.NOT_OFFERED,
                        0);
                left -= isAdmitted ? 1 : 0;
            }
        }
        return left;
    }

    /** Gives a wanted filter a place, if there is one. */
    void admit(final VlanFilterPlane plane, final int vlanId) {
        // First away with its own place, if it has one.
        plane.park(vlanId, Parked.LIMIT, 0);
        if (limits != null && !limits.offers(plane.tpid)) {
            plane.park(vlanId, Parked.NOT_OFFERED, 0);
        } else if (room() > 0) {
            plane.park(vlanId, Parked.NO, 0);
        }
    }

    private int room() {
        return isNegotiated
                ? Math.max(0, lastLimits.maxFilters() - planes.admittedCount())
                : Integer.MAX_VALUE;
    }

    /** Gives free places to those that wait for one. */
    void admitWaiting() {
        planes.forEachParked(
                Parked.LIMIT, room(), (index, vlanId) -> admit(planes.plane(index), vlanId));
    }

    /** The PF holds fewer filters: as many of those that it rejected get another chance. */
    void retryRejected(final int freed) {
        planes.forEachParked(
                Parked.REJECTED,
                Math.min(freed, room()),
                (index, vlanId) -> admit(planes.plane(index), vlanId));
    }

    /** No place for a filter after all, as the PF refuses to delete another one. */
    void evict(final int index, final int vlanId) {
        planes.plane(index).park(vlanId, Parked.LIMIT, 0);
        resolve(index, vlanId);
    }

    /** After each change of a filter: completes the requests that it settles. */
    void resolve(final int index, final int vlanId) {
        if (!requests.isAwaited(index, vlanId)) {
            return;
        }
        final VlanFilterPlane plane = planes.plane(index);
        final Parked parked = plane.parked(vlanId);
        final State state = plane.state(vlanId);
        if (plane.wants(vlanId) == 0) {
            if (state == State.ABSENT) {
                requests.settleAll(false, index, vlanId, Outcome.DONE);
            } else if (parked == Parked.REFUSED) {
                requests.failAll(false, index, vlanId, reason(plane, vlanId), plane.status(vlanId));
            }
        } else if (parked == Parked.NO) {
            if (state == State.PRESENT) {
                requests.settleAll(true, index, vlanId, Outcome.DONE);
            }
        } else if (limits != null) {
            // Between a reset and the end of the negotiation nobody knows how much room there will
            // be, and requests wait.
            requests.failAll(true, index, vlanId, reason(plane, vlanId), plane.status(vlanId));
        }
    }

    static Reason reason(final VlanFilterPlane plane, final int vlanId) {
        return switch (plane.parked(vlanId)) {
            case LIMIT -> Reason.LIMIT;
            case NOT_OFFERED -> Reason.NOT_OFFERED;
            case NO, REJECTED -> Reason.PF_REFUSED_ADD;
            case REFUSED ->
                    plane.wants(vlanId) > 0 ? Reason.PF_REFUSED_ADD : Reason.PF_REFUSED_DELETE;
        };
    }
}
