package dev.javf.daemon.service;

import dev.javf.daemon.PortCounters;
import dev.javf.packet.Counter;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/** What the counters of ports are called. */
final class PortCounterNames {
    /** In the order in which they are shown. */
    static final Map<String, Function<PortCounters, Counter>> ALL = all();

    private PortCounterNames() {}

    private static Map<String, Function<PortCounters, Counter>> all() {
        final Map<String, Function<PortCounters, Counter>> names = new LinkedHashMap<>();
        names.put("rx_packets", PortCounters::rxPackets);
        names.put("rx_bytes", PortCounters::rxBytes);
        names.put("rx_too_long", PortCounters::rxTooLong);
        names.put("rx_too_short", PortCounters::rxTooShort);
        names.put("rx_tagged", PortCounters::rxTagged);
        names.put("rx_spoofed", PortCounters::rxSpoofed);
        names.put("rx_errors", PortCounters::rxErrors);
        names.put("tx_packets", PortCounters::txPackets);
        names.put("tx_bytes", PortCounters::txBytes);
        names.put("tx_errors", PortCounters::txErrors);
        names.put("tx_full", PortCounters::txFull);
        return Collections.unmodifiableMap(names);
    }
}
