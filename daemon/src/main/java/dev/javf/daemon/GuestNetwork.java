package dev.javf.daemon;

import dev.javf.packet.MacAddress;
import dev.javf.virtio.net.NetworkControl;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * What a guest asks of its network, carried from the poller to the conductor, and back when the PF
 * has answered. What the port's settings don't allow is refused here. For the poller's thread,
 * except {@link #close} and {@link #link}.
 *
 * <p>Each reset of the guest begins another epoch: requests of an earlier one that the conductor
 * hasn't come to yet are dropped, so that nothing stays wanted that the guest doesn't know of.
 */
final class GuestNetwork implements NetworkControl {
    private final GuestPort settings;
    private final Conductor conductor;
    private final GuestWants wants;
    private final AtomicBoolean isResetQueued = new AtomicBoolean();
    private boolean isResetOwed;
    private final AtomicInteger epoch = new AtomicInteger();
    private volatile boolean isLinkUp = true;

    /**
     * A guest that wants what its port starts with.
     *
     * @param settings of the port.
     * @param conductor that asks the PF.
     * @param wants of the guest, which the conductor keeps.
     */
    GuestNetwork(final GuestPort settings, final Conductor conductor, final GuestWants wants) {
        this.settings = settings;
        this.conductor = conductor;
        this.wants = wants;
    }

    @Override
    public Answer vlan(final int vlan, final boolean isWanted) {
        return settings.trunk().contains(vlan)
                ? ask(request -> wants.vlan(vlan, isWanted, request))
                : REFUSED;
    }

    @Override
    public void allVlans() {
        ask(request -> wants.vlans(settings.trunk()));
    }

    @Override
    public void allMulticast() {
        ask(request -> wants.receiveMode(false, true, request));
    }

    @Override
    public Answer receiveMode(final boolean isPromiscuous, final boolean isAllMulticast) {
        return isPromiscuous && !settings.isTrusted()
                ? REFUSED
                : ask(request -> wants.receiveMode(isPromiscuous, isAllMulticast, request));
    }

    @Override
    public Answer addresses(final List<MacAddress> unicast, final List<MacAddress> multicast) {
        final Set<MacAddress> addresses = new HashSet<>(multicast);
        for (final MacAddress address : unicast) {
            if (!address.equals(settings.mac()) && !settings.isTrusted()) {
                return REFUSED;
            }
            addresses.add(address);
        }
        addresses.remove(MacAddress.BROADCAST);
        return ask(request -> wants.addresses(addresses, request));
    }

    @Override
    public Answer address(final MacAddress address) {
        return address.equals(settings.mac()) || settings.isTrusted()
                ? ask(request -> wants.address(address, request))
                : REFUSED;
    }

    /** Has the conductor do something, unless the guest is reset before it comes to it. */
    private Answer ask(final Consumer<GuestRequest> what) {
        final int asked = epoch.get();
        final GuestRequest request = new GuestRequest();
        final GuestAnswer answer = new GuestAnswer(() -> offer(request::abandon));
        request.answer(answer);
        final boolean isOffered =
                offer(() -> {
                    if (asked == epoch.get() && !request.isAbandoned()) {
                        what.accept(request);
                    } else {
                        answer.settle(false);
                    }
                });
        return isOffered ? answer : REFUSED;
    }

    /** False when the conductor has more to do than fits its queue. */
    private boolean offer(final Runnable command) {
        try {
            conductor.execute(command);
            return true;
        } catch (final IllegalStateException e) {
            return false;
        }
    }

    @Override
    public void reset() {
        epoch.incrementAndGet();
        isResetOwed = true;
        reportReset();
    }

    /** However often a guest resets, one command is on its way. */
    private void reportReset() {
        if (isResetQueued.compareAndSet(false, true)) {
            isResetOwed =
                    !offer(() -> {
                        isResetQueued.set(false);
                        wants.reset();
                    });
            isResetQueued.compareAndSet(isResetOwed, false);
        } else {
            isResetOwed = false;
        }
    }

    @Override
    public boolean isLinkUp() {
        if (isResetOwed) {
            reportReset();
        }
        return isLinkUp;
    }

    /**
     * The VF's link has come or gone. On the conductor's thread.
     *
     * @param isUp whether it is there.
     */
    void link(final boolean isUp) {
        isLinkUp = isUp;
    }

    @Override
    public void close() {
        epoch.incrementAndGet();
        conductor.execute(wants::close);
    }
}
