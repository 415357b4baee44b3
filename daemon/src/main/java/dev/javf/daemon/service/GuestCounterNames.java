package dev.javf.daemon.service;

import dev.javf.packet.Counter;
import dev.javf.virtio.net.NetCounters;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/** What the counters of virtual machines' network cards are called. */
final class GuestCounterNames {
    /** What is now, not how often. */
    static final Map<String, Function<NetCounters, Counter>> LEVELS = levels();

    /** Packets and bytes that went through the guest's rings. */
    static final Map<String, Function<NetCounters, Counter>> TRAFFIC = traffic();

    /** Packets that were dropped, by cause. */
    static final Map<String, Function<NetCounters, Counter>> DROPS = drops();

    /** What else has happened. */
    static final Map<String, Function<NetCounters, Counter>> EVENTS = events();

    /** All of them, in the order in which they are shown. */
    static final Map<String, Function<NetCounters, Counter>> ALL = all();

    private GuestCounterNames() {}

    private static Map<String, Function<NetCounters, Counter>> levels() {
        final Map<String, Function<NetCounters, Counter>> names = new LinkedHashMap<>();
        names.put("connected", NetCounters::connected);
        names.put("driver_ready", NetCounters::ready);
        names.put("queue_pairs", NetCounters::queuePairs);
        return Collections.unmodifiableMap(names);
    }

    private static Map<String, Function<NetCounters, Counter>> traffic() {
        final Map<String, Function<NetCounters, Counter>> names = new LinkedHashMap<>();
        names.put("rx_packets", NetCounters::rxPackets);
        names.put("rx_bytes", NetCounters::rxBytes);
        names.put("tx_packets", NetCounters::txPackets);
        names.put("tx_bytes", NetCounters::txBytes);
        return Collections.unmodifiableMap(names);
    }

    private static Map<String, Function<NetCounters, Counter>> drops() {
        final Map<String, Function<NetCounters, Counter>> names = new LinkedHashMap<>();
        names.put("rx_too_long", NetCounters::rxTooLong);
        names.put("rx_too_short", NetCounters::rxTooShort);
        names.put("rx_offload", NetCounters::rxOffload);
        names.put("tx_too_long", NetCounters::txTooLong);
        names.put("tx_vlan", NetCounters::txVlan);
        names.put("tx_stopped", NetCounters::txStopped);
        return Collections.unmodifiableMap(names);
    }

    private static Map<String, Function<NetCounters, Counter>> events() {
        final Map<String, Function<NetCounters, Counter>> names = new LinkedHashMap<>();
        names.put("interrupts", NetCounters::interrupts);
        names.put("kicks", NetCounters::kicks);
        names.put("control_requests", NetCounters::controlRequests);
        names.put("control_errors", NetCounters::controlErrors);
        names.put("connections", NetCounters::connections);
        names.put("driver_starts", NetCounters::starts);
        names.put("resets", NetCounters::resets);
        names.put("needs_reset", NetCounters::needsReset);
        return Collections.unmodifiableMap(names);
    }

    private static Map<String, Function<NetCounters, Counter>> all() {
        final Map<String, Function<NetCounters, Counter>> names = new LinkedHashMap<>(LEVELS);
        names.putAll(TRAFFIC);
        names.putAll(DROPS);
        names.putAll(EVENTS);
        return Collections.unmodifiableMap(names);
    }
}
