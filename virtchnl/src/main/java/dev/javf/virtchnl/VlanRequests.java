package dev.javf.virtchnl;

import dev.javf.virtchnl.VlanRejection.Reason;
import dev.javf.virtchnl.VlanRequest.Outcome;

import org.jspecify.annotations.Nullable;

import java.util.ArrayDeque;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/** The requests that wait for the PF's answers, by filter. Each completes exactly once. */
final class VlanRequests {
    /** A link in the chain of requests that wait for one filter. */
    private record Waiter(VlanRequest request, @Nullable Waiter next) {}

    private final int highestVlanId;

    /** By plane and VLAN id; a plane's is made when it is first used. */
    private final @Nullable Waiter[] @Nullable [] chains;

    private final ArrayDeque<VlanRequest> completed;
    private long nextId;
    private int open;

    VlanRequests(final int highestVlanId) {
        this.highestVlanId = highestVlanId;
        chains = new @Nullable Waiter[VlanFilterPlanes.COUNT] @Nullable [];
        completed = new ArrayDeque<>();
        nextId = 1;
    }

    private VlanRequests(final VlanRequests other) {
        this(other.highestVlanId);
        final IdentityHashMap<VlanRequest, VlanRequest> copies = new IdentityHashMap<>();
        for (int plane = 0; plane < chains.length; plane++) {
            final @Nullable Waiter[] chain = other.chains[plane];
            if (chain != null) {
                final @Nullable Waiter[] copy = chain.clone();
                for (int vlanId = 0; vlanId < copy.length; vlanId++) {
                    copy[vlanId] = copy(copy[vlanId], copies);
                }
                chains[plane] = copy;
            }
        }
        other.completed.forEach(request -> completed.add(request.copy()));
        nextId = other.nextId;
        open = other.open;
    }

    private static @Nullable Waiter copy(
            final @Nullable Waiter waiter, final IdentityHashMap<VlanRequest, VlanRequest> copies) {
        return waiter == null
                ? null
                : new Waiter(
                        copies.computeIfAbsent(waiter.request, VlanRequest::copy),
                        copy(waiter.next, copies));
    }

    VlanRequests copy() {
        return new VlanRequests(this);
    }

    VlanRequest begin(
            final boolean isAdd,
            final int tpid,
            final VlanSet vlans,
            final Consumer<VlanRequestResult> listener) {
        open++;
        return new VlanRequest(nextId++, isAdd, tpid, vlans, listener);
    }

    void await(final VlanRequest request, final int plane, final int vlanId) {
        @Nullable Waiter[] chain = chains[plane];
        if (chain == null) {
            chain = new @Nullable Waiter[highestVlanId + 1];
            chains[plane] = chain;
        }
        chain[vlanId] = new Waiter(request, chain[vlanId]);
    }

    private @Nullable Waiter waiter(final int plane, final int vlanId) {
        final @Nullable Waiter[] chain = chains[plane];
        return chain == null ? null : chain[vlanId];
    }

    /** For a VLAN that doesn't need to wait. */
    void settle(final VlanRequest request, final int vlanId, final Outcome outcome) {
        request.settle(vlanId, outcome);
        completeIfDone(request);
    }

    /** For a VLAN that doesn't need to wait. */
    void fail(final VlanRequest request, final int vlanId, final Reason reason, final int status) {
        request.fail(vlanId, reason, status);
        completeIfDone(request);
    }

    /** For all requests of one direction that wait for a filter. */
    void settleAll(final boolean adds, final int plane, final int vlanId, final Outcome outcome) {
        forEach(adds, plane, vlanId, request -> request.settle(vlanId, outcome));
    }

    /** For all requests of one direction that wait for a filter. */
    void failAll(
            final boolean adds,
            final int plane,
            final int vlanId,
            final Reason reason,
            final int status) {
        forEach(adds, plane, vlanId, request -> request.fail(vlanId, reason, status));
    }

    private void forEach(
            final boolean adds,
            final int plane,
            final int vlanId,
            final Consumer<VlanRequest> action) {
        final @Nullable Waiter[] chain = chains[plane];
        if (chain == null) {
            return;
        }
        Waiter kept = null;
        for (Waiter waiter = chain[vlanId]; waiter != null; waiter = waiter.next) {
            if (waiter.request.isAdd == adds) {
                action.accept(waiter.request);
                completeIfDone(waiter.request);
            } else {
                kept = new Waiter(waiter.request, kept);
            }
        }
        chain[vlanId] = kept;
    }

    private void completeIfDone(final VlanRequest request) {
        if (request.isComplete()) {
            open--;
            completed.add(request);
        }
    }

    boolean isAwaited(final int plane, final int vlanId) {
        return waiter(plane, vlanId) != null;
    }

    /** Requests not complete yet. */
    int open() {
        return open;
    }

    int completed() {
        return completed.size();
    }

    int deliver(final VlanLimits limits, final String closed) {
        int delivered = 0;
        for (VlanRequest next = completed.poll(); next != null; next = completed.poll()) {
            next.deliver(limits, closed);
            delivered++;
        }
        return delivered;
    }

    /** All that distinguishes this from other sets of requests, apart from their numbers. */
    void fingerprint(final StringBuilder text) {
        final Map<Long, VlanRequest> byId = new TreeMap<>();
        final Map<Long, StringBuilder> awaited = new TreeMap<>();
        for (int plane = 0; plane < chains.length; plane++) {
            for (int vlanId = 0; vlanId <= highestVlanId; vlanId++) {
                for (Waiter w = waiter(plane, vlanId); w != null; w = w.next) {
                    byId.put(w.request.id, w.request);
                    awaited.computeIfAbsent(w.request.id, id -> new StringBuilder())
                            .append(' ')
                            .append(vlanId);
                }
            }
        }
        byId.forEach((id, request) ->
                text.append(request.fingerprint()).append(awaited.get(id)).append(';'));
        completed.forEach(request -> text.append(request.fingerprint()).append(";"));
    }
}
