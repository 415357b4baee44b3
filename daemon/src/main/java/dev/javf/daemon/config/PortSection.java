package dev.javf.daemon.config;

import dev.javf.packet.MacAddress;

import org.jspecify.annotations.Nullable;

import java.util.List;

/**
 * Section {@code ports.NAME}: a port of a virtual function.
 *
 * @param kind what is at its other end.
 * @param values as read, the kind's own included.
 */
public record PortSection(PortKind kind, Values values) {
    private static final int VLAN_MAX = 4094;
    private static final int POLLER_MAX = 63;

    static final Key<String> KIND =
            Key.required(
                    "kind",
                    ValueType.text("a kind of port"),
                    "What is at the port's other end; each kind has keys of its own, below.");

    static final Key<String> FUNCTION =
            Key.required(
                    "function",
                    ValueType.text("the name of a function"),
                    "The function whose packets it gets, as named under functions.");

    static final Key<Integer> VLAN =
            Key.of(
                    "vlan",
                    ValueType.integer(0, VLAN_MAX),
                    "0",
                    "The VLAN of the port, an access port: frames pass it untagged. 0 is for"
                            + " frames without tag. The VLAN is asked of the PF by itself.");

    static final Key<MacAddress> MAC =
            Key.optional(
                    "mac",
                    ValueType.unicastMac(),
                    "The MAC address behind the port. Without it it is the function's own."
                            + " Several ports of one VLAN need different ones.");

    static final Key<Integer> POLLER =
            Key.optional(
                    "poller",
                    ValueType.integer(0, POLLER_MAX),
                    "The number of the poller that serves it. Unless set it is that of the"
                            + " function's first queue. What other pollers receive for it crosses"
                            + " to that one.");

    /** Keys that every kind has. */
    static final List<Key<?>> KEYS = List.of(KIND, FUNCTION, VLAN, MAC, POLLER);

    /** What the port is called. */
    public String name() {
        return values.name();
    }

    /** The name of its function. */
    public String function() {
        return values.get(FUNCTION);
    }

    /** 1 to 4094, or 0 for untagged. */
    public int vlan() {
        return values.get(VLAN);
    }

    /** The address behind the port; null for the function's own. */
    public @Nullable MacAddress mac() {
        return values.find(MAC).orElse(null);
    }

    /** The poller that serves it; null for that of the function's first queue. */
    public @Nullable Integer poller() {
        return values.find(POLLER).orElse(null);
    }

    /** Whether all values are the same, wherever they are written. */
    public boolean sameAs(final PortSection other) {
        return values.sameAs(other.values);
    }
}
