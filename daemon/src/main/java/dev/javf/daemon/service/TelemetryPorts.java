package dev.javf.daemon.service;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.javf.daemon.FunctionMonitor;
import dev.javf.daemon.config.FunctionSection;
import dev.javf.daemon.control.Request;
import dev.javf.daemon.telemetry.TelemetryCommand;
import dev.javf.daemon.telemetry.TelemetryServer;
import dev.javf.iavf.DriverCounter;
import dev.javf.iavf.PfStatistics;
import dev.javf.iavf.PfStatistics.Field;
import dev.javf.iavf.TrafficCounters;
import dev.javf.packet.Ethernet;
import dev.javf.virtio.net.VirtioPort;

import org.jspecify.annotations.Nullable;

import java.lang.management.ManagementFactory;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.IntToLongFunction;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What DPDK's telemetry tools are told: the functions as DPDK's ports, with the names that DPDK has
 * for their counters (rte_ethdev.h, struct rte_eth_stats; the iavf driver's extended statistics).
 * Only what is published is read. For the control thread.
 */
final class TelemetryPorts {
    private static final Pattern NUMBER = Pattern.compile("(\\d{1,5})(?:,.*)?");
    private static final String HIDE_ZERO = "hide_zero=true";

    /** rte_ethdev.h, RTE_ETHDEV_QUEUE_STAT_CNTRS. */
    private static final int QUEUE_STATISTICS = 16;

    /** ethdev_driver.h, enum rte_eth_dev_state. */
    private static final int ATTACHED = 1;

    private static final Map<String, Field> PF_NAMES = pfNames();

    private final Service service;

    /** A function keeps its number for ever, also when others come and go. */
    private final Map<String, Integer> numbers = new LinkedHashMap<>();

    TelemetryPorts(final Service service) {
        this.service = service;
    }

    /** All that can be asked for. */
    TelemetryServer.Answers answers() {
        return new TelemetryServer.Answers("javf " + Version.TEXT, commands(), legacyCommands());
    }

    private List<TelemetryCommand> commands() {
        return List.of(
                new TelemetryCommand(
                        "/ethdev/list",
                        "Returns list of available ethdev ports. Takes no parameters",
                        parameters -> list()),
                port("/ethdev/info", "Returns the device info for a port", this::information),
                port(
                        "/ethdev/link_status",
                        "Returns the link status for a port",
                        (function, parameters) -> linkStatus(function)),
                port("/ethdev/macs", "Returns the MAC addresses for a port", this::addresses),
                port(
                        "/ethdev/stats",
                        "Returns the common stats for a port",
                        (function, parameters) -> statistics(function)),
                port(
                        "/ethdev/xstats",
                        "Returns the extended stats for a port; hide_zero=true as second parameter"
                                + " leaves zeros out",
                        this::extendedStatistics),
                new TelemetryCommand(
                        "/eal/params",
                        "Returns the arguments of the Java virtual machine. Takes no parameters",
                        parameters -> words(javaArguments())),
                new TelemetryCommand(
                        "/eal/app_params",
                        "Returns what javfd was started with. Takes no parameters",
                        parameters ->
                                words(List.of("javfd", "--config", service.file().toString()))));
    }

    private static List<String> javaArguments() {
        return ManagementFactory.getRuntimeMXBean().getInputArguments();
    }

    private Map<String, Supplier<ArrayNode>> legacyCommands() {
        return Map.of(
                "ports_all_stat_values", this::allStatistics,
                "global_stat_values", this::globalStatistics);
    }

    private static ArrayNode array() {
        return Request.MAPPER.createArrayNode();
    }

    private static ObjectNode object() {
        return Request.MAPPER.createObjectNode();
    }

    private static ArrayNode words(final List<String> words) {
        final ArrayNode array = array();
        words.forEach(array::add);
        return array;
    }

    private TelemetryCommand port(
            final String path,
            final String help,
            final BiFunction<ServiceFunction, String, JsonNode> body) {
        return new TelemetryCommand(
                path,
                help + ". Parameters: int port_id",
                parameters -> {
                    final ServiceFunction function = find(parameters);
                    return function == null ? null : body.apply(function, parameters);
                });
    }

    private Map<Integer, ServiceFunction> ports() {
        final Map<Integer, ServiceFunction> ports = new LinkedHashMap<>();
        for (final ServiceFunction function : service.functions()) {
            ports.put(numbers.computeIfAbsent(function.name(), name -> numbers.size()), function);
        }
        return ports;
    }

    private @Nullable ServiceFunction find(final String parameters) {
        final Matcher number = NUMBER.matcher(parameters);
        return number.matches() ? ports().get(Integer.parseInt(number.group(1))) : null;
    }

    private JsonNode list() {
        final ArrayNode list = array();
        ports().keySet().forEach(list::add);
        return list;
    }

    private JsonNode information(final ServiceFunction function, final String parameters) {
        final FunctionSnapshot snapshot = function.snapshot();
        final FunctionSection section = function.section();
        final int pairs = snapshot.queuePairs();
        final int isStarted = snapshot.isUp() ? 1 : 0;
        final ObjectNode info = object();
        info.put("name", function.name())
                .put("device", function.pciName())
                .put("state", ATTACHED)
                .put("nb_rx_queues", pairs)
                .put("nb_tx_queues", pairs)
                .put("port_id", numbers.get(function.name()))
                .put("mtu", section.maxFrameBytes() - Ethernet.HEADER_BYTES)
                .put("mac_addr", snapshot.mac() == null ? "" : snapshot.mac().toString())
                .put("promiscuous", section.isUnicastPromiscuous() ? 1 : 0)
                .put("all_multicast", section.isMulticastPromiscuous() ? 1 : 0)
                .put("dev_started", isStarted)
                .put("dev_configured", snapshot.negotiated() == null ? 0 : 1);
        final ArrayNode rx = info.putArray("rxq_state");
        final ArrayNode tx = info.putArray("txq_state");
        for (int i = 0; i < pairs; i++) {
            rx.add(isStarted);
            tx.add(isStarted);
        }
        return info;
    }

    private JsonNode linkStatus(final ServiceFunction function) {
        final FunctionSnapshot snapshot = function.snapshot();
        final ObjectNode status = object();
        if (!snapshot.isLinkUp()) {
            return status.put("status", "DOWN");
        }
        return status.put("status", "UP")
                .put("speed", snapshot.speedMbps())
                .put("duplex", "full-duplex");
    }

    private JsonNode addresses(final ServiceFunction function, final String parameters) {
        final ArrayNode addresses = array();
        if (function.snapshot().mac() != null) {
            addresses.add(function.snapshot().mac().toString());
        }
        function.section().addresses().forEach(address -> addresses.add(address.toString()));
        return addresses;
    }

    private JsonNode statistics(final ServiceFunction function) {
        final FunctionMonitor monitor = function.monitor();
        final TrafficCounters traffic = monitor.traffic();
        final Totals totals = Totals.of(monitor);
        final ObjectNode statistics = object();
        statistics
                .put("ipackets", totals.rxPackets())
                .put("opackets", totals.txPackets())
                .put("ibytes", totals.rxBytes())
                .put("obytes", totals.txBytes())
                .put("imissed", totals.rxMissed())
                .put("ierrors", totals.rxErrors())
                .put("oerrors", totals.txErrors())
                .put("rx_nombuf", 0);
        perQueue(statistics, "q_ipackets", traffic, traffic::rxPackets);
        perQueue(statistics, "q_opackets", traffic, traffic::txPackets);
        perQueue(statistics, "q_ibytes", traffic, traffic::rxBytes);
        perQueue(statistics, "q_obytes", traffic, traffic::txBytes);
        perQueue(statistics, "q_errors", traffic, queue -> Totals.drops(traffic, queue, "rx_"));
        return statistics;
    }

    private static void perQueue(
            final ObjectNode statistics,
            final String name,
            final TrafficCounters traffic,
            final IntToLongFunction counter) {
        final ArrayNode values = statistics.putArray(name);
        for (int queue = 0; queue < QUEUE_STATISTICS; queue++) {
            values.add(queue < traffic.queueCount() ? counter.applyAsLong(queue) : 0);
        }
    }

    private JsonNode extendedStatistics(final ServiceFunction function, final String parameters) {
        final boolean hidesZero = parameters.endsWith("," + HIDE_ZERO);
        final ObjectNode statistics = object();
        extended(function)
                .forEach((name, value) -> {
                    if (value != 0 || !hidesZero) {
                        statistics.put(name, value);
                    }
                });
        return statistics;
    }

    private static Map<String, Long> extended(final ServiceFunction function) {
        final FunctionMonitor monitor = function.monitor();
        final TrafficCounters traffic = monitor.traffic();
        final Totals totals = Totals.of(monitor);
        final Map<String, Long> values = new LinkedHashMap<>();
        values.put("rx_good_packets", totals.rxPackets());
        values.put("tx_good_packets", totals.txPackets());
        values.put("rx_good_bytes", totals.rxBytes());
        values.put("tx_good_bytes", totals.txBytes());
        values.put("rx_missed_errors", totals.rxMissed());
        values.put("rx_errors", totals.rxErrors());
        values.put("tx_errors", totals.txErrors());
        values.put("rx_mbuf_allocation_errors", 0L);
        for (int queue = 0; queue < traffic.queueCount(); queue++) {
            values.put("rx_q" + queue + "_packets", traffic.rxPackets(queue));
            values.put("rx_q" + queue + "_bytes", traffic.rxBytes(queue));
            values.put("rx_q" + queue + "_errors", Totals.drops(traffic, queue, "rx_"));
        }
        for (int queue = 0; queue < traffic.queueCount(); queue++) {
            values.put("tx_q" + queue + "_packets", traffic.txPackets(queue));
            values.put("tx_q" + queue + "_bytes", traffic.txBytes(queue));
        }
        PF_NAMES.forEach((name, field) -> values.put(name, monitor.pfStatistics().get(field)));
        for (final DriverCounter counter : DriverCounter.values()) {
            values.put("driver_" + ServiceCommands.lower(counter), monitor.counters().get(counter));
        }
        values.put("resets", monitor.counters().resets());
        for (final ServicePort port : function.ports()) {
            final VirtioPort guest = port.port(VirtioPort.class);
            if (guest != null) {
                GuestCounterNames.ALL.forEach((name, counter) ->
                        values.put(
                                "guest_" + port.section().name() + "_" + name,
                                counter.apply(guest.device().counters()).value()));
            }
        }
        return values;
    }

    /** The iavf driver of DPDK calls the PF's counters so. */
    private static Map<String, Field> pfNames() {
        final Map<String, Field> names = new LinkedHashMap<>();
        names.put("rx_bytes", Field.RX_BYTES);
        names.put("rx_unicast_packets", Field.RX_UNICAST);
        names.put("rx_multicast_packets", Field.RX_MULTICAST);
        names.put("rx_broadcast_packets", Field.RX_BROADCAST);
        names.put("rx_dropped_packets", Field.RX_DISCARDS);
        names.put("rx_unknown_protocol_packets", Field.RX_UNKNOWN_PROTOCOL);
        names.put("tx_bytes", Field.TX_BYTES);
        names.put("tx_unicast_packets", Field.TX_UNICAST);
        names.put("tx_multicast_packets", Field.TX_MULTICAST);
        names.put("tx_broadcast_packets", Field.TX_BROADCAST);
        names.put("tx_dropped_packets", Field.TX_DISCARDS);
        names.put("tx_error_packets", Field.TX_ERRORS);
        return Collections.unmodifiableMap(names);
    }

    private ArrayNode allStatistics() {
        final ArrayNode all = array();
        ports().forEach((number, function) -> all.add(legacyPort(number, extended(function))));
        return all;
    }

    private ArrayNode globalStatistics() {
        final Map<String, Long> values = new LinkedHashMap<>();
        values.put("uptime_seconds", TimeUnit.NANOSECONDS.toSeconds(service.uptimeNs()));
        values.put("duty_cycle_errors", service.errorCount());
        return array().add(legacyPort(-1, values));
    }

    private static ObjectNode legacyPort(final int number, final Map<String, Long> values) {
        final ObjectNode port = object().put("port", number);
        final ArrayNode statistics = port.putArray("stats");
        values.forEach(
                (name, value) -> statistics.addObject().put("name", name).put("value", value));
        return port;
    }

    /** DPDK's basic counters of one port. */
    private record Totals(
            long rxPackets,
            long txPackets,
            long rxBytes,
            long txBytes,
            long rxMissed,
            long rxErrors,
            long txErrors) {
        static Totals of(final FunctionMonitor monitor) {
            final TrafficCounters traffic = monitor.traffic();
            final PfStatistics pf = monitor.pfStatistics();
            return new Totals(
                    sum(traffic, traffic::rxPackets),
                    sum(traffic, traffic::txPackets),
                    sum(traffic, traffic::rxBytes),
                    sum(traffic, traffic::txBytes),
                    pf.get(Field.RX_DISCARDS),
                    sum(traffic, queue -> drops(traffic, queue, "rx_")),
                    pf.get(Field.TX_DISCARDS)
                            + pf.get(Field.TX_ERRORS)
                            + sum(traffic, queue -> drops(traffic, queue, "tx_")));
        }

        private static long sum(final TrafficCounters traffic, final IntToLongFunction counter) {
            long sum = 0;
            for (int queue = 0; queue < traffic.queueCount(); queue++) {
                sum += counter.applyAsLong(queue);
            }
            return sum;
        }

        static long drops(final TrafficCounters traffic, final int queue, final String direction) {
            long drops = 0;
            for (final TrafficCounters.DropCause cause : TrafficCounters.DropCause.values()) {
                if (ServiceCommands.lower(cause).startsWith(direction)) {
                    drops += traffic.drops(queue, cause);
                }
            }
            return drops;
        }
    }
}
