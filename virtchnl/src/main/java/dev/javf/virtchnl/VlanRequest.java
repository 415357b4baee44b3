package dev.javf.virtchnl;

import dev.javf.virtchnl.VlanRejection.Reason;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** A request on its way: what is settled of it, and how many VLANs aren't. */
final class VlanRequest {
    /** What became of one VLAN. */
    enum Outcome {
        DONE,
        KEPT,
        SUPERSEDED
    }

    private record Failure(Reason reason, int status) {}

    final long id;
    final boolean isAdd;
    final int tpid;
    final VlanSet vlans;
    private final Consumer<VlanRequestResult> listener;
    private final BitSet kept;
    private final BitSet superseded;
    private final Map<Failure, BitSet> failures;
    private int remaining;

    VlanRequest(
            final long id,
            final boolean isAdd,
            final int tpid,
            final VlanSet vlans,
            final Consumer<VlanRequestResult> listener) {
        this.id = id;
        this.isAdd = isAdd;
        this.tpid = tpid;
        this.vlans = vlans;
        this.listener = listener;
        kept = new BitSet();
        superseded = new BitSet();
        failures = new LinkedHashMap<>();
        remaining = vlans.size();
    }

    private VlanRequest(final VlanRequest other) {
        id = other.id;
        isAdd = other.isAdd;
        tpid = other.tpid;
        vlans = other.vlans;
        listener = other.listener;
        kept = (BitSet) other.kept.clone();
        superseded = (BitSet) other.superseded.clone();
        failures = new LinkedHashMap<>();
        other.failures.forEach((key, ids) -> failures.put(key, (BitSet) ids.clone()));
        remaining = other.remaining;
    }

    VlanRequest copy() {
        return new VlanRequest(this);
    }

    boolean isComplete() {
        return remaining == 0;
    }

    void settle(final int vlanId, final Outcome outcome) {
        remaining--;
        switch (outcome) {
            case DONE -> {}
            case KEPT -> kept.set(vlanId);
            case SUPERSEDED -> superseded.set(vlanId);
        }
    }

    void fail(final int vlanId, final Reason reason, final int status) {
        remaining--;
        failures.computeIfAbsent(new Failure(reason, status), key -> new BitSet()).set(vlanId);
    }

    /**
     * Tells the listener.
     *
     * @param limits for the remedies.
     * @param closed the remedy when there is no VF any more.
     */
    void deliver(final VlanLimits limits, final String closed) {
        listener.accept(result(limits, closed));
    }

    private VlanRequestResult result(final VlanLimits limits, final String closed) {
        final VlanSet keptVlans = VlanSet.copyOf(kept);
        final VlanSet supersededVlans = VlanSet.copyOf(superseded);
        VlanSet done = vlans.minus(keptVlans).minus(supersededVlans);
        final List<VlanRejection> rejections = new ArrayList<>(failures.size());
        for (final Map.Entry<Failure, BitSet> failure : failures.entrySet()) {
            final VlanSet failed = VlanSet.copyOf(failure.getValue());
            done = done.minus(failed);
            rejections.add(
                    VlanRejection.of(
                            tpid,
                            failed,
                            failure.getKey().reason,
                            failure.getKey().status,
                            limits,
                            closed));
        }
        return new VlanRequestResult(id, isAdd, tpid, done, keptVlans, supersededVlans, rejections);
    }

    /** All that distinguishes it from another request, apart from its number. */
    String fingerprint() {
        return isAdd + ":" + tpid + ":" + vlans + ":" + kept + ":" + superseded + ":" + failures;
    }
}
