package dev.javf.daemon.service;

import dev.javf.daemon.DutyCycle;
import dev.javf.daemon.PortBinding;
import dev.javf.daemon.PortCounters;
import dev.javf.daemon.service.MetricFamily.Samples;
import dev.javf.iavf.DriverCounter;
import dev.javf.iavf.LifecycleState;
import dev.javf.iavf.PfStatistics;
import dev.javf.iavf.ResetCause;
import dev.javf.iavf.TrafficCounters;
import dev.javf.packet.Counter;
import dev.javf.virtchnl.Opcode;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/** All metrics of javf, in the order of the reference. */
final class MetricFamilies {
    private static final double BYTES_PER_S_IN_MBPS = 125_000;
    private static final double NS_PER_S = 1e9;
    private static final int HEADER_BYTES = 14;
    private static final List<String> DEVICE = List.of("device", "pci_address");
    private static final List<String> PORT = List.of("device", "port");

    /** Every one. */
    static final List<MetricFamily> ALL = new MetricFamilies().all;

    private final List<MetricFamily> all = new ArrayList<>();

    private MetricFamilies() {
        queues();
        pf();
        state();
        control();
        vlans();
        ports();
        threads();
        all.add(
                new MetricFamily(
                        "javf_ready",
                        MetricFamily.Type.GAUGE,
                        List.of(),
                        "1 when every required function is up with all its ports",
                        (service, samples) -> samples.add(service.health().isReady() ? 1 : 0)));
        all.add(
                new MetricFamily(
                        "javf_memory_pool_buffers",
                        MetricFamily.Type.GAUGE,
                        List.of(),
                        "Packet buffers that there are, free or in use",
                        (service, samples) -> samples.add(service.packetBuffers())));
        all.add(
                new MetricFamily(
                        "javf_errors",
                        MetricFamily.Type.COUNTER,
                        List.of(),
                        "Errors that a duty cycle threw; there should be none",
                        (service, samples) -> samples.add(service.errorCount())));
        all.add(
                new MetricFamily(
                        "javf_build_info",
                        MetricFamily.Type.GAUGE,
                        List.of("version", "java"),
                        "1",
                        (service, samples) ->
                                samples.add(1, Version.TEXT, Runtime.version().toString())));
    }

    private static List<String> with(final List<String> labels, final String... more) {
        final List<String> all = new ArrayList<>(labels);
        all.addAll(List.of(more));
        return List.copyOf(all);
    }

    /** The function's PCI address, as far as its name in the configuration tells. */
    private static String pciAddress(final ServiceFunction function) {
        final String device = function.pciName();
        return device.matches("[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\\.[0-7]") ? device : "";
    }

    private static BiConsumer<Service, Samples> each(
            final BiConsumer<ServiceFunction, Samples> reader) {
        return (service, samples) ->
                service.functions().forEach(function -> reader.accept(function, samples));
    }

    private void perFunction(
            final String name,
            final MetricFamily.Type type,
            final String help,
            final ToDoubleFunction<ServiceFunction> value) {
        all.add(
                new MetricFamily(
                        name,
                        type,
                        DEVICE,
                        help,
                        each((function, samples) ->
                                samples.add(
                                        value.applyAsDouble(function),
                                        function.name(),
                                        pciAddress(function)))));
    }

    private interface QueueCounter {
        long value(TrafficCounters traffic, int queue);
    }

    private void perQueue(final String name, final String help, final QueueCounter counter) {
        all.add(
                new MetricFamily(
                        name,
                        MetricFamily.Type.COUNTER,
                        with(DEVICE, "queue"),
                        help,
                        each((function, samples) -> {
                            final TrafficCounters traffic = function.monitor().traffic();
                            for (int queue = 0; queue < traffic.queueCount(); queue++) {
                                samples.add(
                                        counter.value(traffic, queue),
                                        function.name(),
                                        pciAddress(function),
                                        Integer.toString(queue));
                            }
                        })));
    }

    private void queues() {
        perQueue("javf_receive_packets", "Frames received", TrafficCounters::rxPackets);
        perQueue(
                "javf_receive_bytes",
                "Bytes received, without stripped tags and frame check sequences",
                TrafficCounters::rxBytes);
        perQueue("javf_transmit_packets", "Frames given to the device", TrafficCounters::txPackets);
        perQueue(
                "javf_transmit_bytes",
                "Bytes given to the device, without inserted tags and frame check sequences",
                TrafficCounters::txBytes);
        drops("javf_receive_drop", "rx_", "Frames received and dropped by the driver");
        drops("javf_transmit_drop", "tx_", "Frames not given to the device");
    }

    private void drops(final String name, final String prefix, final String help) {
        all.add(
                new MetricFamily(
                        name,
                        MetricFamily.Type.COUNTER,
                        with(DEVICE, "queue", "reason"),
                        help,
                        each((function, samples) -> {
                            final TrafficCounters traffic = function.monitor().traffic();
                            for (final var cause : TrafficCounters.DropCause.values()) {
                                final String reason = ServiceCommands.lower(cause);
                                for (int queue = 0;
                                        reason.startsWith(prefix) && queue < traffic.queueCount();
                                        queue++) {
                                    samples.add(
                                            traffic.drops(queue, cause),
                                            function.name(),
                                            pciAddress(function),
                                            Integer.toString(queue),
                                            reason.substring(prefix.length()));
                                }
                            }
                        })));
    }

    private void pf() {
        final Map<PfStatistics.Field, String> names = new EnumMap<>(PfStatistics.Field.class);
        for (final PfStatistics.Field field : PfStatistics.Field.values()) {
            final String name = ServiceCommands.lower(field);
            final String direction = name.startsWith("rx_") ? "receive" : "transmit";
            final String what = name.substring(3);
            final boolean isCast = what.endsWith("cast");
            names.put(field, "javf_pf_" + direction + "_" + what + (isCast ? "_packets" : ""));
        }
        names.forEach((field, name) ->
                perFunction(
                        name,
                        MetricFamily.Type.COUNTER,
                        "The PF's own count, as of its last answer, added up over resets: "
                                + ServiceCommands.lower(field),
                        function -> (double) function.monitor().pfStatistics().get(field)));
    }

    private void state() {
        perFunction(
                "javf_up",
                MetricFamily.Type.GAUGE,
                "1 while packets flow",
                function -> function.snapshot().isUp() ? 1 : 0);
        perFunction(
                "javf_carrier",
                MetricFamily.Type.GAUGE,
                "1 while the PF says that there is a link",
                function -> function.snapshot().isLinkUp() ? 1 : 0);
        perFunction(
                "javf_speed_bytes",
                MetricFamily.Type.GAUGE,
                "Speed of the link in bytes per second; 0 is unknown",
                function -> function.snapshot().speedMbps() * BYTES_PER_S_IN_MBPS);
        perFunction(
                "javf_mtu_bytes",
                MetricFamily.Type.GAUGE,
                "The longest frame that is asked for, less the Ethernet header",
                function -> function.section().maxFrameBytes() - HEADER_BYTES);
        all.add(
                new MetricFamily(
                        "javf_state",
                        MetricFamily.Type.GAUGE,
                        with(DEVICE, "state"),
                        "1 for the state that the function is in",
                        each((function, samples) -> {
                            for (final LifecycleState state : LifecycleState.values()) {
                                samples.add(
                                        function.snapshot().state() == state ? 1 : 0,
                                        function.name(),
                                        pciAddress(function),
                                        ServiceCommands.lower(state));
                            }
                        })));
        all.add(
                new MetricFamily(
                        "javf_device_info",
                        MetricFamily.Type.GAUGE,
                        with(DEVICE, "mac", "trust", "port_vlan"),
                        "1",
                        each((function, samples) -> {
                            final FunctionSnapshot snapshot = function.snapshot();
                            final var negotiated = snapshot.negotiated();
                            samples.add(
                                    1,
                                    function.name(),
                                    pciAddress(function),
                                    String.valueOf(snapshot.mac()),
                                    negotiated == null
                                            ? "unknown"
                                            : ServiceCommands.lower(negotiated.trust()),
                                    negotiated == null
                                            ? "unknown"
                                            : negotiated.hasVlanFilters() ? "no" : "yes");
                        })));
        all.add(
                new MetricFamily(
                        "javf_resets",
                        MetricFamily.Type.COUNTER,
                        with(DEVICE, "cause"),
                        "Resets of the function",
                        each((function, samples) -> {
                            for (final ResetCause cause : ResetCause.values()) {
                                samples.add(
                                        function.monitor().counters().resets(cause),
                                        function.name(),
                                        pciAddress(function),
                                        ServiceCommands.lower(cause));
                            }
                        })));
        perFunction(
                "javf_differences",
                MetricFamily.Type.GAUGE,
                "Things that the PF holds otherwise than asked for",
                function -> function.snapshot().differences().size());
    }

    private void control() {
        messages(
                "javf_virtchnl_sent",
                "Messages sent to the PF",
                (function, opcode) -> function.monitor().counters().sent(opcode));
        messages(
                "javf_virtchnl_received",
                "Messages that came from the PF",
                (function, opcode) -> function.monitor().counters().received(opcode));
        all.add(
                new MetricFamily(
                        "javf_virtchnl_error_answers",
                        MetricFamily.Type.COUNTER,
                        List.of("device", "op"),
                        "Answers of the PF with an error",
                        (service, samples) ->
                                service.histograms()
                                        .errors()
                                        .forEach((series, counter) ->
                                                samples.add(
                                                        counter.value(),
                                                        series.function(),
                                                        lower(series.opcode())))));
        all.add(
                new MetricFamily(
                        "javf_virtchnl_duration_seconds",
                        MetricFamily.Type.HISTOGRAM,
                        List.of("device", "op"),
                        "From sending a request to the PF to taking its answer",
                        (service, samples) ->
                                service.histograms()
                                        .histograms()
                                        .forEach((series, histogram) ->
                                                samples.add(
                                                        histogram,
                                                        series.function(),
                                                        lower(series.opcode())))));
        for (final DriverCounter counter : DriverCounter.values()) {
            if (counter != DriverCounter.MESSAGES_SENT
                    && counter != DriverCounter.MESSAGES_RECEIVED) {
                perFunction(
                        "javf_driver_" + ServiceCommands.lower(counter),
                        MetricFamily.Type.COUNTER,
                        "The driver's count: " + counter.label(),
                        function -> (double) function.monitor().counters().get(counter));
            }
        }
    }

    private interface MessageCounter {
        long value(ServiceFunction function, Opcode opcode);
    }

    private void messages(final String name, final String help, final MessageCounter counter) {
        all.add(
                new MetricFamily(
                        name,
                        MetricFamily.Type.COUNTER,
                        with(DEVICE, "op"),
                        help + "; operations that were used",
                        each((function, samples) -> {
                            for (final Opcode opcode : Opcode.values()) {
                                final long value = counter.value(function, opcode);
                                if (value > 0) {
                                    samples.add(
                                            value,
                                            function.name(),
                                            pciAddress(function),
                                            lower(opcode));
                                }
                            }
                        })));
    }

    private static String lower(final Opcode opcode) {
        return opcode.name().toLowerCase(Locale.ROOT);
    }

    private void vlans() {
        all.add(
                new MetricFamily(
                        "javf_vlan_filters",
                        MetricFamily.Type.GAUGE,
                        with(DEVICE, "state"),
                        "VLANs: wanted; acked by the PF; pending, wanted but not acked; failed,"
                                + " refused; seen, of which a frame has come",
                        each((function, samples) -> {
                            final FunctionSnapshot snapshot = function.snapshot();
                            final int failed =
                                    snapshot.rejections().stream()
                                            .mapToInt(rejection -> rejection.vlans().size())
                                            .sum();
                            final Map<String, Integer> sizes =
                                    Map.of(
                                            "wanted", snapshot.wanted().size(),
                                            "acked", snapshot.acknowledged().size(),
                                            "pending",
                                                    snapshot.wanted()
                                                            .minus(snapshot.acknowledged())
                                                            .size(),
                                            "failed", failed,
                                            "seen", snapshot.seen().size());
                            sizes.forEach((state, size) ->
                                    samples.add(
                                            size, function.name(), pciAddress(function), state));
                        })));
        perFunction(
                "javf_vlan_filter_limit",
                MetricFamily.Type.GAUGE,
                "VLANs that the PF allows; 0 is unknown",
                function -> function.snapshot().vlanLimit());
        perFunction(
                "javf_mac_filters",
                MetricFamily.Type.GAUGE,
                "MAC addresses that the PF has confirmed",
                function -> function.snapshot().macs());
    }

    private void ports() {
        all.add(
                new MetricFamily(
                        "javf_port_up",
                        MetricFamily.Type.GAUGE,
                        with(PORT, "kind"),
                        "1 while the port is open",
                        each((function, samples) ->
                                function.ports()
                                        .forEach(port ->
                                                samples.add(
                                                        port.isOpen() ? 1 : 0,
                                                        function.name(),
                                                        port.section().name(),
                                                        port.section().kind().name())))));
        perPort("javf_port_receive_packets", "Frames taken from the port", PortCounters::rxPackets);
        perPort("javf_port_receive_bytes", "Bytes of these frames", PortCounters::rxBytes);
        perPort("javf_port_transmit_packets", "Frames given to the port", PortCounters::txPackets);
        perPort("javf_port_transmit_bytes", "Bytes of these frames", PortCounters::txBytes);
        all.add(
                new MetricFamily(
                        "javf_port_drop",
                        MetricFamily.Type.COUNTER,
                        with(PORT, "reason"),
                        "Frames dropped at the port: from it (rx) or for it (tx)",
                        each((function, samples) -> {
                            for (final ServicePort port : function.ports()) {
                                final PortBinding binding = port.binding();
                                if (binding != null) {
                                    drops(function, port, binding.counters(), samples);
                                }
                            }
                        })));
    }

    private static void drops(
            final ServiceFunction function,
            final ServicePort port,
            final PortCounters counters,
            final Samples samples) {
        PortCounterNames.ALL.forEach((name, counter) -> {
            if (!name.endsWith("_packets") && !name.endsWith("_bytes")) {
                samples.add(
                        counter.apply(counters).value(),
                        function.name(),
                        port.section().name(),
                        name);
            }
        });
    }

    private void perPort(
            final String name, final String help, final Function<PortCounters, Counter> counter) {
        all.add(
                new MetricFamily(
                        name,
                        MetricFamily.Type.COUNTER,
                        PORT,
                        help,
                        each((function, samples) -> {
                            for (final ServicePort port : function.ports()) {
                                final PortBinding binding = port.binding();
                                if (binding != null) {
                                    samples.add(
                                            counter.apply(binding.counters()).value(),
                                            function.name(),
                                            port.section().name());
                                }
                            }
                        })));
    }

    private void threads() {
        perThread(
                "javf_poll_iterations",
                MetricFamily.Type.COUNTER,
                "Duty cycles, counted by sixteens",
                cycle -> cycle.beats() * 16.0);
        perThread(
                "javf_poll_cycle_seconds_max",
                MetricFamily.Type.GAUGE,
                "The longest time between two beats, which are 16 duty cycles apart",
                cycle -> cycle.maxNs() / NS_PER_S);
        perThread(
                "javf_poll_stalls",
                MetricFamily.Type.COUNTER,
                "Times between two beats that were longer than daemon.stall-threshold",
                cycle -> (double) cycle.stalls());
    }

    private void perThread(
            final String name,
            final MetricFamily.Type type,
            final String help,
            final ToDoubleFunction<DutyCycle> value) {
        all.add(
                new MetricFamily(
                        name,
                        type,
                        List.of("thread"),
                        help,
                        (service, samples) ->
                                service.dutyCycles()
                                        .forEach(cycle ->
                                                samples.add(
                                                        value.applyAsDouble(cycle),
                                                        cycle.name()))));
    }
}
