package dev.javf.virtchnl;

import dev.javf.virtchnl.VlanBatch.Kind;
import dev.javf.virtchnl.VlanFilterMachine.State;
import dev.javf.virtchnl.VlanFilterPlane.Parked;
import dev.javf.virtchnl.VlanRejection.Reason;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What can be seen of filters from outside. */
final class VlanFilterView {
    private record Key(Reason reason, int status) {}

    private VlanFilterView() {}

    private static @Nullable VlanFilterPlane plane(final VlanFilterPlanes planes, final int tpid) {
        return planes.planeIfUsed(VlanFilterPlanes.indexOf(tpid));
    }

    static VlanSet wanted(final VlanFilterPlanes planes, final int tpid) {
        final VlanFilterPlane plane = plane(planes, tpid);
        return plane == null ? VlanSet.EMPTY : VlanSet.copyOf(plane.wanted());
    }

    static VlanSet acknowledged(final VlanFilterPlanes planes, final int tpid) {
        final VlanFilterPlane plane = plane(planes, tpid);
        return plane == null ? VlanSet.EMPTY : VlanSet.copyOf(plane.present());
    }

    static VlanSet seen(final VlanFilterPlanes planes, final int tpid) {
        final VlanFilterPlane plane = plane(planes, tpid);
        return plane == null ? VlanSet.EMPTY : VlanSet.copyOf(plane.seen());
    }

    static State state(final VlanFilterPlanes planes, final int tpid, final int vlanId) {
        final VlanFilterPlane plane = plane(planes, tpid);
        return plane == null ? State.ABSENT : plane.state(vlanId);
    }

    static int wants(final VlanFilterPlanes planes, final int tpid, final int vlanId) {
        final VlanFilterPlane plane = plane(planes, tpid);
        return plane == null ? 0 : plane.wants(vlanId);
    }

    static List<VlanRejection> rejections(final VlanFilterPlanes planes, final VlanLimits limits) {
        final List<VlanRejection> rejections = new ArrayList<>();
        for (int i = 0; i < VlanFilterPlanes.COUNT; i++) {
            final VlanFilterPlane plane = planes.planeIfUsed(i);
            if (plane != null) {
                final Map<Key, BitSet> byReason = new LinkedHashMap<>();
                final BitSet used = plane.used();
                Key last = null;
                BitSet same = new BitSet();
                for (int v = used.nextSetBit(0); v >= 0; v = used.nextSetBit(v + 1)) {
                    if (plane.parked(v) != Parked.NO) {
                        final Reason reason = VlanAdmission.reason(plane, v);
                        // Thousands in a row have the same.
                        if (last == null
                                || last.reason != reason
                                || last.status != plane.status(v)) {
                            last = new Key(reason, plane.status(v));
                            same = byReason.computeIfAbsent(last, key -> new BitSet());
                        }
                        same.set(v);
                    }
                }
                byReason.forEach((key, ids) ->
                        rejections.add(
                                VlanRejection.of(
                                        plane.tpid,
                                        VlanSet.copyOf(ids),
                                        key.reason,
                                        key.status,
                                        limits,
                                        "")));
            }
        }
        return rejections;
    }

    static void fingerprint(
            final StringBuilder text, final VlanFilterPlanes planes, final VlanPipeline pipeline) {
        planes.forEach((index, vlanId) -> {
            final VlanFilterPlane plane = planes.plane(index);
            text.append(vlanId)
                    .append(':')
                    .append(plane.wants(vlanId))
                    .append(plane.state(vlanId))
                    .append(plane.parked(vlanId))
                    .append(plane.status(vlanId))
                    .append(',')
                    .append(plane.cap(vlanId));
            for (final Kind kind : new Kind[] {Kind.ADD, Kind.DELETE}) {
                text.append(
                        !pipeline.queue(kind).isEmpty()
                                        && VlanExchange.isDoubtful(
                                                plane, vlanId, kind, pipeline.busySince(kind))
                                ? 'n'
                                : '-');
                text.append(
                        VlanExchange.isDoubtful(plane, vlanId, kind, pipeline.cleanSince())
                                ? 'b'
                                : '-');
            }
            text.append(plane.seen().get(vlanId)).append(plane.unsure().get(vlanId)).append(';');
        });
        for (final Kind kind : new Kind[] {Kind.ADD, Kind.DELETE}) {
            for (final VlanBatch batch : pipeline.queue(kind)) {
                text.append(batch.tpid()).append(batch.vlanIds());
            }
            text.append(';');
        }
        text.append(pipeline.fence() != null)
                .append(pipeline.isFenceNeeded())
                .append(pipeline.isDoubtful(Kind.ADD))
                .append(pipeline.isDoubtful(Kind.DELETE))
                .append(pipeline.isFenceOverdue())
                .append(pipeline.isExhausted())
                .append(pipeline.doubtsInARow())
                .append(';');
    }
}
