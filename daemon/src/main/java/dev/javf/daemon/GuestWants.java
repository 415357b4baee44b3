package dev.javf.daemon;

import dev.javf.iavf.MacListener;
import dev.javf.iavf.Negotiated;
import dev.javf.iavf.VirtualFunction;
import dev.javf.packet.MacAddress;
import dev.javf.virtchnl.VlanSet;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What one guest wants of the VF that it shares with others: VLANs, addresses, receive mode. The VF
 * counts what is wanted, so a guest takes away nothing but its own. A request that the PF refuses
 * leaves everything as it was. For the conductor's thread.
 */
final class GuestWants {
    private static final MacListener NOBODY = (address, isInstalled, reason) -> {};

    private final GuestPort settings;
    private final GuestSharing sharing;
    private VirtualFunction function;

    /**
     * Each with what stands for the request that wanted it, so that a late answer finds its own.
     */
    private final Map<Integer, Object> vlans = new HashMap<>();

    private Set<MacAddress> table = Set.of();
    private MacAddress own;

    /** The own address before, as long as the PF hasn't said yes to the one that is now. */
    private @Nullable MacAddress replaced;

    /** Stand for the requests that were the last to change the table, and the own address. */
    private Object tableOf = NOBODY;

    private Object ownOf = NOBODY;

    /** Addresses that the VF was asked for: with everything in place, the table and the own one. */
    private Set<MacAddress> held = new HashSet<>();

    private boolean isPromiscuous;
    private boolean isAllMulticast;
    private boolean isClosed;

    /**
     * Wants what a port starts with: its address, and the VLAN of an access port.
     *
     * @param settings of the port.
     * @param function that it is to be had from.
     * @param sharing told when the receive mode changes.
     */
    GuestWants(
            final GuestPort settings, final VirtualFunction function, final GuestSharing sharing) {
        this.settings = settings;
        this.sharing = sharing;
        this.function = function;
        own = settings.mac();
        wantBasics();
    }

    private void wantBasics() {
        hold(NOBODY);
        if (settings.vlan() != 0) {
            function.addVlans(VlanSet.of(settings.vlan()), result -> {});
        }
    }

    boolean isPromiscuous() {
        return isPromiscuous;
    }

    boolean isAllMulticast() {
        return isAllMulticast;
    }

    /** Another VF takes the place of the one before, which has gone with all that was wanted. */
    void moveTo(final VirtualFunction next) {
        function = next;
        held = new HashSet<>();
        wantBasics();
        for (final int vlan : vlans.keySet()) {
            function.addVlans(VlanSet.of(vlan), result -> {});
        }
    }

    /** The guest wants a VLAN, or no longer. */
    void vlan(final int vlan, final boolean isWanted, final GuestRequest request) {
        if (vlans.containsKey(vlan) == isWanted) {
            request.settle(true);
            return;
        }
        if (isWanted) {
            vlans.put(vlan, request);
            request.undo(() -> forget(vlan, request));
            function.addVlans(
                    VlanSet.of(vlan),
                    result -> {
                        if (!result.isSuccess()) {
                            forget(vlan, request);
                        }
                        request.settle(result.isSuccess());
                    });
        } else {
            vlans.remove(vlan);
            request.undo(() -> remember(vlan, request));
            function.removeVlans(
                    VlanSet.of(vlan),
                    result -> {
                        if (!result.isSuccess()) {
                            remember(vlan, request);
                        }
                        request.settle(result.isSuccess());
                    });
        }
    }

    private void forget(final int vlan, final Object wantedBy) {
        if (vlans.remove(vlan, wantedBy)) {
            function.removeVlans(VlanSet.of(vlan), result -> {});
        }
    }

    private void remember(final int vlan, final Object wantedBy) {
        if (!isClosed && vlans.putIfAbsent(vlan, wantedBy) == null) {
            function.addVlans(VlanSet.of(vlan), result -> {});
        }
    }

    /** The guest can't say which VLANs it wants. */
    void vlans(final VlanSet all) {
        all.stream().forEach(vlan -> remember(vlan, all));
    }

    /** The guest wants another receive mode. */
    void receiveMode(
            final boolean promiscuous, final boolean allMulticast, final GuestRequest request) {
        final boolean wasPromiscuous = isPromiscuous;
        final boolean wasAllMulticast = isAllMulticast;
        final boolean isMore =
                (promiscuous && !wasPromiscuous) || (allMulticast && !wasAllMulticast);
        // A PF says yes to a VF that it doesn't trust, and does nothing.
        final Negotiated negotiated = function.negotiated();
        final boolean isInVain =
                isMore && negotiated != null && negotiated.trust() == Negotiated.Trust.NO;
        if (!isInVain) {
            mode(promiscuous, allMulticast);
            request.undo(() -> mode(wasPromiscuous, wasAllMulticast));
        }
        request.settle(!isInVain);
    }

    private void mode(final boolean promiscuous, final boolean allMulticast) {
        if (isPromiscuous != promiscuous || isAllMulticast != allMulticast) {
            isPromiscuous = promiscuous;
            isAllMulticast = allMulticast;
            sharing.onReceiveMode();
        }
    }

    /**
     * The guest listens to these addresses besides its own, and to no others. What is no longer
     * wanted goes when all that is new is there.
     */
    void addresses(final Set<MacAddress> wanted, final GuestRequest request) {
        final Set<MacAddress> before = table;
        final Set<MacAddress> both = new HashSet<>(before);
        both.addAll(wanted);
        table = both;
        tableOf = request;
        request.undo(() -> table(before, request));
        hold(
                new Tally(isInstalled -> {
                    table(isInstalled ? wanted : before, request);
                    request.settle(isInstalled);
                }));
    }

    private void table(final Set<MacAddress> wanted, final GuestRequest request) {
        if (tableOf.equals(request)) {
            tableOf = request.isAbandoned() ? NOBODY : request;
            table = wanted;
            hold(NOBODY);
        }
    }

    /** The guest gives itself another address. The one before stays until the PF has that. */
    void address(final MacAddress address, final GuestRequest request) {
        final MacAddress before = own;
        own = address;
        replaced = before;
        ownOf = request;
        request.undo(() -> own(before, request));
        hold(
                new Tally(isInstalled -> {
                    own(isInstalled ? address : before, request);
                    request.settle(isInstalled);
                }));
    }

    private void own(final MacAddress address, final GuestRequest request) {
        if (ownOf.equals(request)) {
            ownOf = request.isAbandoned() ? NOBODY : request;
            own = address;
            replaced = null;
            hold(NOBODY);
        }
    }

    /** Brings the addresses that the VF was asked for to what is wanted now. */
    private void hold(final MacListener listener) {
        final Set<MacAddress> wanted = new HashSet<>();
        if (!isClosed) {
            wanted.addAll(table);
            wanted.add(own);
            if (replaced != null) {
                wanted.add(replaced);
            }
        }
        final Set<MacAddress> before = held;
        held = wanted;
        final List<MacAddress> more = new ArrayList<>(wanted);
        more.removeAll(before);
        if (listener instanceof final Tally tally) {
            tally.expect(more.size());
        }
        more.forEach(address -> function.addMac(address, listener));
        for (final MacAddress address : before) {
            if (!wanted.contains(address)) {
                function.removeMac(address, NOBODY);
            }
        }
    }

    /** The guest was reset: it wants what its port started with. */
    void reset() {
        if (isClosed) {
            return;
        }
        for (final int vlan : vlans.keySet()) {
            function.removeVlans(VlanSet.of(vlan), result -> {});
        }
        vlans.clear();
        tableOf = NOBODY;
        ownOf = NOBODY;
        table = Set.of();
        own = settings.mac();
        replaced = null;
        hold(NOBODY);
        mode(false, false);
    }

    /** The port is gone. */
    void close() {
        if (!isClosed) {
            reset();
            isClosed = true;
            hold(NOBODY);
            if (settings.vlan() != 0) {
                function.removeVlans(VlanSet.of(settings.vlan()), result -> {});
            }
            sharing.onClosed(this);
        }
    }

    /** Counts the PF's answers for several addresses. */
    private static final class Tally implements MacListener {
        private interface Listener {
            void onAll(boolean isInstalled);
        }

        private final Listener listener;
        private int open;
        private boolean isInstalled = true;

        Tally(final Listener listener) {
            this.listener = listener;
        }

        void expect(final int addresses) {
            open = addresses + 1;
            count();
        }

        @Override
        public void onSettled(
                final MacAddress address, final boolean installed, final String reason) {
            isInstalled &= installed;
            count();
        }

        private void count() {
            open--;
            if (open == 0) {
                listener.onAll(isInstalled);
            }
        }
    }
}
