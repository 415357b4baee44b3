package dev.javf.virtchnl;

import dev.javf.virtchnl.VlanBatch.Kind;
import dev.javf.virtchnl.VlanFilterMachine.Action;
import dev.javf.virtchnl.VlanFilterMachine.Event;
import dev.javf.virtchnl.VlanFilterPlane.Parked;
import dev.javf.virtchnl.VlanLimits.Protocol;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/** Makes batches, and moves filters by their answers. */
final class VlanExchange {
    /** The most user VLANs that an ice PF without V2 gives a VF that isn't trusted. */
    private static final int V1_SURE_FILTERS = 7;

    private final int maxInFlight;
    private final int maxDoubts;
    private final VlanFilterPlanes planes;
    private final VlanAdmission admission;
    private final VlanPipeline pipeline;
    private final VlanFilterCounters counters;

    /** V1: the PF may have been full, and have said nothing. */
    private boolean perhapsFull;

    VlanExchange(
            final int maxInFlight,
            final int maxDoubts,
            final VlanFilterPlanes planes,
            final VlanAdmission admission,
            final VlanPipeline pipeline,
            final VlanFilterCounters counters) {
        this.maxInFlight = maxInFlight;
        this.maxDoubts = maxDoubts;
        this.planes = planes;
        this.admission = admission;
        this.pipeline = pipeline;
        this.counters = counters;
    }

    VlanExchange copy(
            final VlanFilterPlanes newPlanes,
            final VlanAdmission newAdmission,
            final VlanPipeline newPipeline,
            final VlanFilterCounters newCounters) {
        final VlanExchange copy =
                new VlanExchange(
                        maxInFlight, maxDoubts, newPlanes, newAdmission, newPipeline, newCounters);
        copy.perhapsFull = perhapsFull;
        return copy;
    }

    boolean perhapsFull() {
        return perhapsFull;
    }

    /** The mailbox began anew. */
    void begin(final Event event) {
        if (event == Event.RESTART) {
            loseUnanswered();
        }
        pipeline.restart();
        perhapsFull &= event == Event.RESTART;
        planes.forEach((index, vlanId) -> {
            final VlanFilterPlane plane = planes.plane(index);
            plane.apply(vlanId, event, 0, 0);
            final Parked parked = plane.parked(vlanId);
            plane.forget(vlanId);
            if (parked != Parked.NO && plane.wants(vlanId) > 0) {
                plane.park(vlanId, Parked.LIMIT, 0);
            }
            admission.resolve(index, vlanId);
        });
    }

    @Nullable VlanBatch nextBatch(final long epoch) {
        final VlanLimits limits = admission.limits();
        if (limits == null || pipeline.isStuck()) {
            return null;
        }
        // Even a PF that offers no filters can answer what nobody asked for.
        if (pipeline.isFenceNeeded()) {
            counters.fences++;
            return sent(epoch, limits, Kind.FENCE, 0, List.of());
        }
        if (limits.protocol() == Protocol.NONE
                || pipeline.isHeld()
                || pipeline.inFlight() >= maxInFlight) {
            return null;
        }
        VlanFilterPlanner.Plan plan = VlanFilterPlanner.next(planes, limits, perhapsFull);
        if (plan == null && pipeline.inFlight() == 0) {
            pipeline.calm();
            evictBlocked();
            plan = confirmUnsure() ? VlanFilterPlanner.next(planes, limits, perhapsFull) : null;
        }
        if (plan == null) {
            return null;
        }
        final VlanFilterPlane plane = planes.plane(plan.plane());
        for (final int vlanId : plan.vlanIds()) {
            plane.apply(vlanId, Event.FLUSH, 0, 0);
        }
        if (plan.kind() == Kind.ADD) {
            counters.addBatches++;
            perhapsFull |= limits.protocol() == Protocol.V1 && planes.heldCount() > V1_SURE_FILTERS;
        } else {
            counters.deleteBatches++;
        }
        return sent(epoch, limits, plan.kind(), plane.tpid, plan.vlanIds());
    }

    private VlanBatch sent(
            final long epoch,
            final VlanLimits limits,
            final Kind kind,
            final int tpid,
            final List<Integer> vlanIds) {
        final VlanBatch batch =
                new VlanBatch(
                        pipeline.nextToken(),
                        epoch,
                        kind,
                        limits.opcode(kind),
                        tpid,
                        vlanIds,
                        limits);
        pipeline.sent(batch);
        return batch;
    }

    /**
     * V1, nothing in flight and nothing to send: once the PF holds no more than it surely has room
     * for, what it confirmed while it may have been full is confirmed anew.
     *
     * @return whether there is something to be confirmed.
     */
    private boolean confirmUnsure() {
        if (!perhapsFull || planes.heldCount() > V1_SURE_FILTERS) {
            return false;
        }
        perhapsFull = false;
        boolean isAny = false;
        for (int i = 0; i < VlanFilterPlanes.COUNT; i++) {
            final VlanFilterPlane plane = planes.planeIfUsed(i);
            if (plane != null) {
                final BitSet unsure = (BitSet) plane.unsure().clone();
                isAny |= !unsure.isEmpty();
                unsure.stream().forEach(vlanId -> plane.apply(vlanId, Event.DOUBT, 0, 0));
            }
        }
        return isAny;
    }

    /** Nothing is in flight and nothing can be sent: what is still to be added never will be. */
    private void evictBlocked() {
        for (int i = 0; i < VlanFilterPlanes.COUNT; i++) {
            final VlanFilterPlane plane = planes.planeIfUsed(i);
            if (plane != null) {
                int vlanId = plane.toAdd().nextSetBit(0);
                while (vlanId >= 0) {
                    admission.evict(i, vlanId);
                    vlanId = plane.toAdd().nextSetBit(vlanId + 1);
                }
            }
        }
    }

    /** An answer of this epoch. */
    @Nullable VlanBatch onAnswer(final int opcode, final int status) {
        final VlanBatch fence = pipeline.fence();
        if (fence != null && fence.opcode().code() == opcode) {
            pipeline.fenceAnswered();
            loseUnanswered();
            return fence;
        }
        final Kind kind = kindOf(opcode);
        if (kind == null) {
            counters.unexpectedAnswers++;
            return null;
        }
        final VlanBatch batch = pipeline.queue(kind).poll();
        if (batch != null) {
            settle(batch, status);
        } else if (pipeline.isDoubtful(kind)) {
            counters.lateAnswers++;
        } else {
            // One answer came twice, nobody knows which: those behind it were taken for others.
            counters.unexpectedAnswers++;
            doubt(kind, pipeline.cleanSince());
        }
        return batch;
    }

    private static @Nullable Kind kindOf(final int opcode) {
        final Opcode known = Opcode.of(opcode);
        if (known == Opcode.ADD_VLAN || known == Opcode.ADD_VLAN_V2) {
            return Kind.ADD;
        }
        return known == Opcode.DEL_VLAN || known == Opcode.DEL_VLAN_V2 ? Kind.DELETE : null;
    }

    private void settle(final VlanBatch batch, final int status) {
        final int index = VlanFilterPlanes.indexOf(batch.tpid());
        final VlanFilterPlane plane = planes.plane(index);
        final int size = batch.vlanIds().size();
        final Event event = event(status, size);
        int freed = 0;
        for (final int vlanId : batch.vlanIds()) {
            final boolean isDesired = plane.isDesired(vlanId);
            final Action action = plane.apply(vlanId, event, size, status);
            plane.answered(vlanId, batch.kind(), batch.token(), event == Event.OK);
            counters.rejections += action == Action.REJECT ? 1 : 0;
            counters.refusals += action == Action.REFUSE ? 1 : 0;
            if (event == Event.OK) {
                counters.filtersAdded += batch.kind() == Kind.ADD ? 1 : 0;
                counters.filtersDeleted += batch.kind() == Kind.DELETE ? 1 : 0;
                freed += batch.kind() == Kind.DELETE && !isDesired ? 1 : 0;
                if (batch.kind() == Kind.ADD && perhapsFull) {
                    plane.markUnsure(vlanId);
                }
            }
            admission.resolve(index, vlanId);
        }
        counters.errorAnswers += event == Event.OK ? 0 : 1;
        if (freed > 0 || event == Event.ERROR_ALONE) {
            admission.admitWaiting();
            admission.retryRejected(freed);
        }
    }

    /** Some errors are about the request as such, and say as much of each filter. */
    private static Event event(final int status, final int size) {
        if (status == Status.SUCCESS.code()) {
            return Event.OK;
        }
        return size == 1
                        || status == Status.ERR_NOT_SUPPORTED.code()
                        || status == Status.ERR_INVALID_VF_ID.code()
                ? Event.ERROR_ALONE
                : Event.ERROR_SHARED;
    }

    boolean onTimeout(final long token) {
        final VlanBatch batch = pipeline.find(token);
        if (batch == null) {
            return false;
        }
        counters.timeouts++;
        if (batch.kind() == Kind.FENCE) {
            pipeline.fenceTimedOut();
        } else {
            doubt(batch.kind(), pipeline.busySince(batch.kind()));
        }
        return true;
    }

    private void doubt(final Kind kind, final long since) {
        counters.doubts++;
        pipeline.doubt(kind, maxDoubts);
        lose(kind, since);
        final VlanLimits limits = admission.limits();
        if (limits != null && limits.protocol() == Protocol.V1 && !limits.bulkDelete()) {
            // How many elements of a delete the PF looked at depends on what it really held.
            final Kind other = kind == Kind.ADD ? Kind.DELETE : Kind.ADD;
            pipeline.alsoDoubtful(other);
            lose(
                    other,
                    pipeline.queue(other).isEmpty()
                            ? since
                            : Math.min(since, pipeline.busySince(other)));
        }
    }

    /** What is still unanswered now never will be. */
    private void loseUnanswered() {
        for (final Kind kind : new Kind[] {Kind.ADD, Kind.DELETE}) {
            if (!pipeline.queue(kind).isEmpty()) {
                lose(kind, pipeline.busySince(kind));
            }
        }
    }

    /** All answers of a kind since a token are worth nothing. */
    private void lose(final Kind kind, final long since) {
        final List<VlanBatch> unanswered = new ArrayList<>(pipeline.queue(kind));
        pipeline.queue(kind).clear();
        for (final VlanBatch batch : unanswered) {
            final int index = VlanFilterPlanes.indexOf(batch.tpid());
            batch.vlanIds().forEach(vlanId -> lose(kind, index, vlanId, Event.DOUBT));
        }
        planes.forEach((index, vlanId) -> {
            final VlanFilterPlane plane = planes.plane(index);
            if (isDoubtful(plane, vlanId, kind, since)) {
                lose(
                        kind,
                        index,
                        vlanId,
                        plane.state(vlanId).isInFlight() ? Event.SHAKEN : Event.DOUBT);
            }
        });
    }

    private void lose(final Kind kind, final int index, final int vlanId, final Event event) {
        final VlanFilterPlane plane = planes.plane(index);
        final Parked parked = plane.parked(vlanId);
        plane.apply(vlanId, event, 0, 0);
        plane.forgetAnswer(vlanId, kind);
        if (parked == Parked.REJECTED || parked == Parked.REFUSED) {
            // The error may have been another one's.
            if (plane.wants(vlanId) > 0) {
                admission.admit(plane, vlanId);
            } else {
                plane.park(vlanId, Parked.NO, 0);
            }
        }
        admission.resolve(index, vlanId);
    }

    /** Whether a filter's state rests on an answer of a kind since a token. */
    static boolean isDoubtful(
            final VlanFilterPlane plane, final int vlanId, final Kind kind, final long since) {
        final long token = plane.answeredBy(vlanId, kind);
        return token != 0 && token >= since;
    }

    /** Whether nothing is in flight and nothing is to be sent. */
    boolean isSettled() {
        if (pipeline.inFlight() > 0 || pipeline.isHeld()) {
            return false;
        }
        for (int i = 0; i < VlanFilterPlanes.COUNT; i++) {
            final VlanFilterPlane plane = planes.planeIfUsed(i);
            if (plane != null && !(plane.toAdd().isEmpty() && plane.toDelete().isEmpty())) {
                return false;
            }
        }
        return true;
    }
}
