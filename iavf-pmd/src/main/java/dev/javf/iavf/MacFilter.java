package dev.javf.iavf;

import dev.javf.packet.MacAddress;
import dev.javf.virtchnl.EthAddressList.EthAddress;
import dev.javf.virtchnl.EthAddressType;

import java.util.ArrayList;
import java.util.List;

/** One address: who wants it, and what the PF holds. A part of {@link MacFilters}. */
final class MacFilter {
    private final MacAddress address;
    private final List<MacListener> listeners = new ArrayList<>();
    private EthAddressType type = EthAddressType.EXTRA;
    private int wanted;
    private Held held = Held.ABSENT;
    private boolean rejected;
    private boolean sentAsPrimary;
    private boolean reported;
    private int group;

    /** What the PF holds, as far as its answers say. */
    enum Held {
        ABSENT,
        ADDING,
        PRESENT,
        DELETING,
        /** A request about it was never answered. */
        UNKNOWN
    }

    MacFilter(final MacAddress address) {
        this.address = address;
    }

    MacAddress address() {
        return address;
    }

    /** As it goes into a message, and no other way until the answer. */
    EthAddress element() {
        sentAsPrimary = isPrimary();
        return new EthAddress(address, type);
    }

    boolean isPrimary() {
        return type == EthAddressType.PRIMARY;
    }

    void type(final EthAddressType newType) {
        type = newType;
    }

    boolean isWanted() {
        return wanted > 0;
    }

    /** Whether somebody wants it who can take that back; the VF itself wants its own one. */
    boolean isAskedFor() {
        return wanted > (isPrimary() ? 1 : 0);
    }

    void want(final int change) {
        wanted += change;
    }

    Held held() {
        return held;
    }

    void held(final Held now) {
        held = now;
    }

    /** Whether the PF has refused it alone; it is not asked again before something changes. */
    boolean isRejected() {
        return rejected;
    }

    void rejected(final boolean now) {
        rejected = now;
    }

    /** Whether the PF was last told it as the VF's own address. */
    boolean isSentAsPrimary() {
        return sentAsPrimary;
    }

    /** Whether somebody was told that the PF refuses it. */
    boolean isReported() {
        return reported;
    }

    void reported(final boolean now) {
        reported = now;
    }

    /** Filters of one group are tried together and apart from others; 0 is no group. */
    int group() {
        return group;
    }

    void group(final int now) {
        group = now;
    }

    /**
     * The PF must also learn which address is the VF's own, even of one that it has already. What
     * is in doubt is added again, which does no harm and leaves no gap.
     */
    boolean needsAdd() {
        final boolean isLacking =
                switch (held) {
                    case ABSENT, UNKNOWN -> true;
                    case PRESENT -> isPrimary() && !sentAsPrimary;
                    case ADDING, DELETING -> false;
                };
        return isWanted() && isLacking && !rejected;
    }

    boolean needsDelete() {
        return !isWanted() && (held == Held.UNKNOWN || held == Held.PRESENT);
    }

    boolean isForgotten() {
        return !isWanted() && held == Held.ABSENT;
    }

    void addListener(final MacListener listener) {
        listeners.add(listener);
    }

    /** Tells all who wait, if the PF's state is what is wanted, or never will be. */
    void settle(final String reason) {
        final boolean settled = isWanted() ? held == Held.PRESENT || rejected : held == Held.ABSENT;
        if (settled) {
            abandon(reason);
        }
    }

    /** Tells all who wait how things are. */
    void abandon(final String reason) {
        final List<MacListener> waiting = List.copyOf(listeners);
        listeners.clear();
        for (final MacListener listener : waiting) {
            listener.onSettled(address, held == Held.PRESENT, reason);
        }
    }
}
