package dev.javf.daemon.service;

import dev.javf.iavf.LifecycleState;
import dev.javf.iavf.Negotiated;
import dev.javf.iavf.ResetCause;
import dev.javf.packet.Ethernet;
import dev.javf.virtchnl.VersionInfo;

import java.util.List;

/** Metrics of how functions are, and how long it took them to become so. */
final class StateFamilies {
    private static final double BYTES_PER_S_IN_MBPS = 125_000;

    private final FamilyList list;

    private StateFamilies(final FamilyList list) {
        this.list = list;
    }

    static void addTo(final FamilyList list) {
        final StateFamilies state = new StateFamilies(list);
        state.link();
        state.life();
        state.latencies();
    }

    private void link() {
        list.ofFunctions(
                "javf_up",
                MetricFamily.Type.GAUGE,
                "1 while packets flow",
                function -> function.snapshot().isUp() ? 1 : 0);
        list.ofFunctions(
                "javf_carrier",
                MetricFamily.Type.GAUGE,
                "1 while the PF says that there is a link",
                function -> function.snapshot().isLinkUp() ? 1 : 0);
        list.ofFunctions(
                "javf_carrier_changes",
                MetricFamily.Type.COUNTER,
                "Times that the link went up or down, or changed its speed",
                function -> (double) function.meters().linkChanges().value());
        list.ofFunctions(
                "javf_speed_bytes",
                MetricFamily.Type.GAUGE,
                "Speed of the link in bytes per second; 0 is unknown",
                function -> function.snapshot().speedMbps() * BYTES_PER_S_IN_MBPS);
        list.ofFunctions(
                "javf_mtu_bytes",
                MetricFamily.Type.GAUGE,
                "The longest frame that is asked for, less the Ethernet header",
                function -> function.section().maxFrameBytes() - Ethernet.HEADER_BYTES);
        list.ofFunctions(
                "javf_device_info",
                MetricFamily.Type.GAUGE,
                List.of(
                        "mac",
                        "driver",
                        "pf_driver",
                        "trust",
                        "port_vlan",
                        "virtchnl_version",
                        "iommu"),
                "1; driver is the kernel's way to the function, iommu whether one confines it (yes"
                        + " or no), and empty labels are unknown",
                series -> {
                    final FunctionSnapshot snapshot = series.function().snapshot();
                    final Negotiated negotiated = snapshot.negotiated();
                    series.add(
                            1,
                            snapshot.mac() == null ? "" : snapshot.mac().toString(),
                            series.function().identity().driver(),
                            series.function().identity().pfDriver(),
                            negotiated == null
                                    ? "unknown"
                                    : ServiceCommands.lower(negotiated.trust()),
                            negotiated == null
                                    ? "unknown"
                                    : negotiated.hasVlanFilters() ? "no" : "yes",
                            // With any other version there is no negotiation.
                            negotiated == null ? "" : VersionInfo.VERSION_1_1.toString(),
                            series.function().identity().iommu());
                });
    }

    private void life() {
        list.ofFunctions(
                "javf_state",
                MetricFamily.Type.GAUGE,
                List.of("state"),
                "1 for the state that the function is in",
                series -> {
                    for (final LifecycleState state : LifecycleState.values()) {
                        series.add(
                                series.function().snapshot().state() == state ? 1 : 0,
                                ServiceCommands.lower(state));
                    }
                });
        list.ofFunctions(
                "javf_state_transitions",
                MetricFamily.Type.COUNTER,
                List.of("from", "to"),
                "Times that the function went from one state to another; those that happened",
                series ->
                        series.function()
                                .meters()
                                .transitions()
                                .forEach((transition, count) ->
                                        series.add(
                                                count.value(),
                                                ServiceCommands.lower(transition.from()),
                                                ServiceCommands.lower(transition.to()))));
        list.ofFunctions(
                "javf_resets",
                MetricFamily.Type.COUNTER,
                List.of("cause"),
                "Resets of the function",
                series -> {
                    for (final ResetCause cause : ResetCause.values()) {
                        series.add(
                                series.function().monitor().counters().resets(cause),
                                ServiceCommands.lower(cause));
                    }
                });
        list.ofFunctions(
                "javf_reset_duration_seconds",
                MetricFamily.Type.HISTOGRAM,
                List.of(),
                "From noticing a reset until the PF has everything again",
                series ->
                        series.samples()
                                .add(
                                        series.function().meters().resetDurations().buckets(),
                                        series.labels()));
        list.ofFunctions(
                "javf_differences",
                MetricFamily.Type.GAUGE,
                "Things that the PF holds otherwise than asked for",
                function -> function.snapshot().differences().size());
    }

    private void latencies() {
        final String help =
                "; stages: vlan_request, from a client asking until the PF has answered for each"
                        + " VLAN; up, from filling the rings until packets flow; down;"
                        + " reset_outage, from losing packets to a reset until they flow again";
        list.ofFunctions(
                "javf_latency_seconds",
                MetricFamily.Type.HISTOGRAM,
                List.of("stage"),
                "How long it took" + help,
                series ->
                        series.function()
                                .meters()
                                .latencies()
                                .forEach((stage, recorder) ->
                                        series.samples()
                                                .add(
                                                        recorder.buckets(),
                                                        series.labels(
                                                                ServiceCommands.lower(stage)))));
        list.ofFunctions(
                "javf_latency_quantile_seconds",
                MetricFamily.Type.SUMMARY,
                List.of("stage"),
                "The same since the start, by quantiles of an HdrHistogram",
                series ->
                        series.function()
                                .meters()
                                .latencies()
                                .forEach((stage, recorder) ->
                                        series.samples()
                                                .add(
                                                        recorder,
                                                        series.labels(
                                                                ServiceCommands.lower(stage)))));
    }
}
