package dev.javf.iavf;

import dev.javf.iavf.MacFilter.Held;
import dev.javf.packet.MacAddress;
import dev.javf.virtchnl.EthAddressList;
import dev.javf.virtchnl.EthAddressType;
import dev.javf.virtchnl.Status;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The MAC filters of a VF. Each is a small state machine of what is wanted and what the PF holds;
 * only the PF's answers move the latter:
 *
 * <pre>
 * wanted   PF holds    event             -> PF holds   action
 * yes      absent      next batch           adding     goes into an add
 * yes      adding      answer: ok           present
 * any      adding      answer: error        absent     halves are tried apart; alone: rejected, reported
 * no       present     next batch           deleting   goes into a delete
 * any      deleting    answer: ok           absent
 * any      deleting    answer: error        absent     halves are tried apart; alone: taken for absent, reported
 * any      in flight   timeout              unknown    added again if wanted, without a gap; else deleted
 * was own  present     own is present       deleting   a VF is never without an address
 * any      any         reset                absent     wanted is untouched
 * </pre>
 *
 * A PF stops at the first address that it refuses and keeps those before it, so after an error
 * every filter of the batch is asked for again; a duplicate does no harm. Broadcast is always
 * there. No I/O, no clock; for the conductor.
 */
final class MacFilters {
    /** What an ice PF lets a VF have that isn't trusted, broadcast and own address included. */
    static final int UNTRUSTED_MAX = 18;

    /** What helps against most refusals. */
    static final String REMEDY =
            "a VF that isn't trusted has at most "
                    + UNTRUSTED_MAX
                    + " MAC filters, and keeps an address that its host has set: remove some, or on"
                    + " the host: ip link set PF vf N trust on";

    private final Map<MacAddress, MacFilter> filters = new HashMap<>();

    /** The same, in the order of the requests; gone through in every duty cycle by its index. */
    private final List<MacFilter> inOrder = new ArrayList<>();

    private final DifferenceListener differences;

    /** Addresses that the PF may hold until the next reset although it was asked not to. */
    private final Set<MacAddress> leftovers = new HashSet<>();

    /** Addresses that the PF was told as the VF's own since the last reset. */
    private final Set<MacAddress> told = new HashSet<>();

    private int groups;
    private @Nullable MacAddress own;

    /** What the PF has set the VF up with, as long as it holds that without having been asked. */
    private @Nullable MacAddress assigned;

    /** What the PF has last confirmed as the VF's own address, or assigned. */
    private @Nullable MacAddress knownAsOwn;

    private String closed = "";

    /** Told what the PF refuses, and when that is over. */
    interface DifferenceListener {
        void onRefused(MacAddress address, boolean isOwn, String reason);

        /** The PF refuses to delete it. */
        void onKept(MacAddress address, String reason);

        void onResolved(MacAddress address);
    }

    MacFilters(final DifferenceListener differences) {
        this.differences = differences;
    }

    /** Sets the VF's own address, which replaces the one before. */
    void own(final MacAddress address) {
        final MacAddress before = own;
        if (address.equals(before)) {
            return;
        }
        if (before != null) {
            final MacFilter old = filter(before);
            old.type(EthAddressType.EXTRA);
            old.want(-1);
            forget(old);
        }
        own = address;
        final MacFilter filter = filter(address);
        filter.type(EthAddressType.PRIMARY);
        filter.rejected(false);
        filter.want(1);
    }

    /**
     * The PF has set the VF up with an address, which it holds without being asked. If it isn't
     * wanted, it is deleted once the own one is there.
     */
    void assigned(final MacAddress address) {
        told.clear();
        if (!address.isZero() && !address.isMulticast()) {
            assigned = address;
            knownAsOwn = address;
            forget(filter(address));
        }
    }

    /** One more wants frames for an address. */
    void add(final MacAddress address, final MacListener listener) {
        if (address.isZero()) {
            throw new IllegalArgumentException(
                    "00:00:00:00:00:00 is no MAC address to receive for");
        }
        if (!closed.isEmpty()) {
            listener.onSettled(address, false, closed);
            return;
        }
        if (address.equals(MacAddress.BROADCAST)) {
            listener.onSettled(address, true, "");
            return;
        }
        final MacFilter filter = filter(address);
        filter.want(1);
        filter.rejected(false);
        filter.addListener(listener);
        filter.settle("");
    }

    /** One fewer wants frames for an address. */
    void remove(final MacAddress address, final MacListener listener) {
        if (!closed.isEmpty()) {
            listener.onSettled(address, false, closed);
            return;
        }
        final MacFilter filter = filters.get(address);
        if (filter == null || !filter.isAskedFor()) {
            listener.onSettled(
                    address,
                    address.equals(MacAddress.BROADCAST) || address.equals(own),
                    "was not asked for before");
            return;
        }
        filter.want(-1);
        filter.addListener(listener);
        filter.settle("");
        forget(filter);
        tellOfKept();
    }

    /** What waits for an own address that the PF refuses isn't deleted soon. */
    private void tellOfKept() {
        final MacFilter current = own == null ? null : filters.get(own);
        if (current == null || !current.isRejected()) {
            return;
        }
        for (final MacFilter filter : List.copyOf(inOrder)) {
            if (filter.needsDelete() && !needsDelete(filter)) {
                filter.abandon("stays until the PF takes " + own + " as the VF's own address");
            }
        }
    }

    private MacFilter filter(final MacAddress address) {
        final MacFilter known = filters.get(address);
        if (known != null) {
            return known;
        }
        final MacFilter filter = new MacFilter(address);
        filters.put(address, filter);
        inOrder.add(filter);
        return filter;
    }

    private void forget(final MacFilter filter) {
        if (filter.isForgotten() && filter.address().equals(assigned)) {
            filter.held(Held.PRESENT);
        }
        if (filter.isForgotten()) {
            filter.settle("");
            filters.remove(filter.address());
            inOrder.remove(filter);
            resolve(filter);
        }
    }

    /** Whether {@link #nextBatch} would have something to send. */
    boolean hasWork() {
        for (int i = 0; i < inOrder.size(); i++) {
            final MacFilter filter = inOrder.get(i);
            if (needsDelete(filter) || filter.needsAdd()) {
                return true;
            }
        }
        return false;
    }

    /** The last address that the PF knows as the VF's own goes after the one that is now. */
    private boolean needsDelete(final MacFilter filter) {
        return filter.needsDelete() && (!filter.address().equals(knownAsOwn) || isOwnPresent());
    }

    private boolean isOwnPresent() {
        final MacFilter filter = own == null ? null : filters.get(own);
        return filter != null && filter.held() == Held.PRESENT && !filter.needsAdd();
    }

    /** What to send next, deletes first, or null. The filters in it are in flight from now on. */
    @Nullable MacBatch nextBatch() {
        final List<MacFilter> deletes = select(false);
        if (!deletes.isEmpty()) {
            deletes.forEach(filter -> filter.held(Held.DELETING));
            return new MacBatch(false, deletes);
        }
        final List<MacFilter> adds = select(true);
        if (adds.isEmpty()) {
            return null;
        }
        for (final MacFilter filter : adds) {
            filter.held(Held.ADDING);
            if (filter.isPrimary()) {
                told.add(filter.address());
            }
        }
        return new MacBatch(true, adds);
    }

    private List<MacFilter> select(final boolean adds) {
        int group = 0;
        // Asked in every duty cycle: a list is made only when there is something for it.
        List<MacFilter> selected = List.of();
        for (int i = 0; i < inOrder.size(); i++) {
            final MacFilter filter = inOrder.get(i);
            if (adds ? filter.needsAdd() : needsDelete(filter)) {
                if (selected.isEmpty()) {
                    selected = new ArrayList<>();
                    group = filter.group();
                }
                if (filter.group() == group && selected.size() < EthAddressList.MAX_ELEMENTS) {
                    selected.add(filter);
                }
            }
        }
        return selected;
    }

    /** The PF has answered for a batch. */
    void onAnswer(final MacBatch batch, final int status) {
        if (status == Status.SUCCESS.code()) {
            for (final MacFilter filter : batch.filters()) {
                filter.held(batch.adds() ? Held.PRESENT : Held.ABSENT);
                filter.group(0);
                resolve(filter);
                onDeleted(batch, filter);
                if (batch.adds() && filter.isSentAsPrimary()) {
                    knownAsOwn = filter.address();
                }
            }
            if (!batch.adds()) {
                inOrder.forEach(filter -> filter.rejected(false));
            }
        } else {
            onRejected(batch, status);
        }
        for (final MacFilter filter : batch.filters()) {
            filter.settle(filter.isRejected() ? reason(batch, status) + "; " + REMEDY : "");
            forget(filter);
        }
        tellOfKept();
    }

    private void onRejected(final MacBatch batch, final int status) {
        final List<MacFilter> all = batch.filters();
        for (final MacFilter filter : all) {
            filter.held(batch.adds() ? Held.ABSENT : Held.UNKNOWN);
        }
        if (all.size() > 1) {
            final int half = all.size() / 2;
            groups += 2;
            for (int i = 0; i < all.size(); i++) {
                all.get(i).group(i < half ? groups - 1 : groups);
            }
            return;
        }
        final MacFilter alone = all.getFirst();
        alone.held(Held.ABSENT);
        alone.group(0);
        alone.rejected(batch.adds());
        alone.reported(batch.adds());
        if (batch.adds()) {
            differences.onRefused(alone.address(), alone.isPrimary(), reason(batch, status));
        } else {
            leftovers.add(alone.address());
            onDeleted(batch, alone);
            differences.onKept(alone.address(), reason(batch, status));
        }
    }

    private void onDeleted(final MacBatch batch, final MacFilter filter) {
        if (!batch.adds() && filter.address().equals(assigned)) {
            assigned = null;
        }
    }

    private void resolve(final MacFilter filter) {
        if (filter.isReported()) {
            filter.reported(false);
            differences.onResolved(filter.address());
        }
    }

    private static String reason(final MacBatch batch, final int status) {
        return "the PF refuses " + batch.opcode() + ": " + Status.nameOf(status);
    }

    /** The PF has not answered for a batch. */
    void onTimeout(final MacBatch batch) {
        for (final MacFilter filter : batch.filters()) {
            filter.held(Held.UNKNOWN);
        }
    }

    /**
     * The PF has answered something twice, so that one answer was taken for another one's. If it is
     * an error, a success may not have been one, and all is asked for again; if it is a success, a
     * refusal may not have been one.
     */
    void onUnaskedAnswer(final int status) {
        for (final MacFilter filter : inOrder) {
            filter.rejected(false);
            if (status != Status.SUCCESS.code() && filter.held() == Held.PRESENT) {
                filter.held(Held.UNKNOWN);
            }
        }
    }

    /** The VF was reset: the PF holds nothing, and batches in flight are void. */
    void reset() {
        leftovers.forEach(differences::onResolved);
        leftovers.clear();
        assigned = null;
        knownAsOwn = null;
        // Those who are told that their removal is done may ask for something new at once.
        for (final MacFilter filter : List.copyOf(inOrder)) {
            filter.held(Held.ABSENT);
            filter.rejected(false);
            filter.group(0);
            forget(filter);
        }
    }

    /** There will be no VF any more: whoever waits, now or later, is told. */
    void close(final String why) {
        closed = why;
        for (final MacFilter filter : List.copyOf(inOrder)) {
            filter.held(Held.ABSENT);
            filter.abandon(why);
        }
    }

    /** Addresses that are wanted, own address included. */
    int wantedCount() {
        return (int) inOrder.stream().filter(MacFilter::isWanted).count();
    }

    /** Addresses that the PF has confirmed, broadcast not counted. */
    List<MacAddress> present() {
        return inOrder.stream()
                .filter(filter -> filter.held() == Held.PRESENT)
                .map(MacFilter::address)
                .toList();
    }

    /** Whether the PF was told an address as the VF's own since the last {@link #assigned}. */
    boolean hasTold(final MacAddress address) {
        return told.contains(address);
    }

    /** The VF's own address, once known. */
    @Nullable MacAddress own() {
        return own;
    }
}
