package dev.javf.client;

import dev.javf.packet.MacAddress;
import dev.javf.virtchnl.VlanSet;

import org.jspecify.annotations.Nullable;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** What a client wants of the function, and how it asks for it. One thread. */
final class PortRequests {
    private VlanSet vlans = VlanSet.EMPTY;
    private final Set<MacAddress> addresses = new LinkedHashSet<>();
    private long lastId;

    /** Wants VLANs; they are asked for with {@link #askAgain}. */
    void vlans(final VlanSet wanted) {
        vlans = vlans.plus(wanted);
    }

    /** Wants an address; it is asked for with {@link #askAgain}. */
    void address(final MacAddress wanted) {
        addresses.add(wanted);
    }

    /** Asks for everything that is wanted. */
    void askAgain(final RingSocket socket) {
        if (!vlans.isEmpty()) {
            ask(socket, "vlan add", vlans);
        }
        addresses.forEach(address -> ask(socket, "mac add", address));
    }

    long addVlans(final @Nullable RingSocket socket, final VlanSet wanted) {
        vlans = vlans.plus(wanted);
        return ask(socket, "vlan add", wanted);
    }

    long removeVlans(final @Nullable RingSocket socket, final VlanSet unwanted) {
        vlans = vlans.minus(unwanted);
        return ask(socket, "vlan del", unwanted);
    }

    long addAddress(final @Nullable RingSocket socket, final MacAddress address) {
        addresses.add(address);
        return ask(socket, "mac add", address);
    }

    long removeAddress(final @Nullable RingSocket socket, final MacAddress address) {
        addresses.remove(address);
        return ask(socket, "mac del", address);
    }

    private long ask(final @Nullable RingSocket socket, final String what, final Object which) {
        final long id = ++lastId;
        // A daemon that doesn't take it is about to end the connection, or has.
        if (socket != null) {
            socket.send(what + " " + id + " " + which, List.of());
        }
        return id;
    }

    /** Tells the listener what {@code answer ID done} or {@code answer ID refused ...} says. */
    void answer(final String message, final PortListener listener) {
        final String[] words = message.split(" ", 4);
        if (words.length >= 3 && words[0].equals("answer")) {
            listener.onAnswer(
                    Long.parseLong(words[1]),
                    words[2].equals("done"),
                    words.length > 3 ? words[3] : "");
        }
    }
}
