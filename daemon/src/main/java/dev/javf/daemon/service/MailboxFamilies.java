package dev.javf.daemon.service;

import dev.javf.iavf.DriverCounter;
import dev.javf.virtchnl.Opcode;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Metrics of the messages between functions and their PFs, and of what these set. */
final class MailboxFamilies {
    private static final Map<Opcode, String> VLAN_OPERATIONS =
            Map.of(
                    Opcode.ADD_VLAN, "add",
                    Opcode.ADD_VLAN_V2, "add",
                    Opcode.DEL_VLAN, "del",
                    Opcode.DEL_VLAN_V2, "del");

    private final FamilyList list;

    private MailboxFamilies(final FamilyList list) {
        this.list = list;
    }

    static void addTo(final FamilyList list) {
        final MailboxFamilies mailbox = new MailboxFamilies(list);
        mailbox.messages();
        mailbox.requests();
        mailbox.driver();
        mailbox.vlans();
        mailbox.batches();
    }

    private static String lower(final Opcode opcode) {
        return opcode.name().toLowerCase(Locale.ROOT);
    }

    private interface MessageCounter {
        long value(ServiceFunction function, Opcode opcode);
    }

    private void messages() {
        messages(
                "javf_virtchnl_sent",
                "Messages sent to the PF",
                (function, opcode) -> function.monitor().counters().sent(opcode));
        messages(
                "javf_virtchnl_received",
                "Messages that came from the PF",
                (function, opcode) -> function.monitor().counters().received(opcode));
    }

    private void messages(final String name, final String help, final MessageCounter counter) {
        list.ofFunctions(
                name,
                MetricFamily.Type.COUNTER,
                List.of("op"),
                help + "; operations that were used",
                series -> {
                    for (final Opcode opcode : Opcode.values()) {
                        final long value = counter.value(series.function(), opcode);
                        if (value > 0) {
                            series.add(value, lower(opcode));
                        }
                    }
                });
    }

    private void requests() {
        list.ofFunctions(
                "javf_virtchnl_requests",
                MetricFamily.Type.COUNTER,
                List.of("op", "result"),
                "Requests by how they ended: ok, error or timeout; those that there were",
                series ->
                        series.function()
                                .meters()
                                .outcomes()
                                .forEach((outcome, count) ->
                                        series.add(
                                                count.value(),
                                                lower(outcome.opcode()),
                                                ServiceCommands.lower(outcome.result()))));
        list.ofFunctions(
                "javf_virtchnl_inflight",
                MetricFamily.Type.GAUGE,
                "Requests that the PF hasn't answered yet",
                function -> function.meters().inFlight());
        list.ofFunctions(
                "javf_virtchnl_duration_seconds",
                MetricFamily.Type.HISTOGRAM,
                List.of("op"),
                "From sending a request to the PF to taking its answer",
                series ->
                        series.function()
                                .meters()
                                .roundTrips()
                                .forEach((opcode, recorder) ->
                                        series.samples()
                                                .add(
                                                        recorder.buckets(),
                                                        series.labels(lower(opcode)))));
        list.ofFunctions(
                "javf_virtchnl_duration_quantile_seconds",
                MetricFamily.Type.SUMMARY,
                List.of("op"),
                "The same since the start, by quantiles of an HdrHistogram",
                series ->
                        series.function()
                                .meters()
                                .roundTrips()
                                .forEach((opcode, recorder) ->
                                        series.samples()
                                                .add(recorder, series.labels(lower(opcode)))));
    }

    private void driver() {
        for (final DriverCounter counter : DriverCounter.values()) {
            if (counter != DriverCounter.MESSAGES_SENT
                    && counter != DriverCounter.MESSAGES_RECEIVED) {
                list.ofFunctions(
                        "javf_driver_" + ServiceCommands.lower(counter),
                        MetricFamily.Type.COUNTER,
                        "The driver's count: " + counter.label(),
                        function -> (double) function.monitor().counters().get(counter));
            }
        }
    }

    private void vlans() {
        list.ofFunctions(
                "javf_vlan_filters",
                MetricFamily.Type.GAUGE,
                List.of("state"),
                "VLANs: wanted; acked by the PF; pending, wanted but not acked; failed, refused;"
                        + " seen, of which a frame has come",
                series -> {
                    final FunctionSnapshot snapshot = series.function().snapshot();
                    final int failed =
                            snapshot.rejections().stream()
                                    .mapToInt(rejection -> rejection.vlans().size())
                                    .sum();
                    series.add(snapshot.wanted().size(), "wanted");
                    series.add(snapshot.acknowledged().size(), "acked");
                    series.add(snapshot.wanted().minus(snapshot.acknowledged()).size(), "pending");
                    series.add(failed, "failed");
                    series.add(snapshot.seen().size(), "seen");
                });
        list.ofFunctions(
                "javf_vlan_filter_limit",
                MetricFamily.Type.GAUGE,
                "VLANs that the PF allows; 0 is unknown",
                function -> function.snapshot().vlanLimit());
        list.ofFunctions(
                "javf_mac_filters",
                MetricFamily.Type.GAUGE,
                "MAC addresses that the PF has confirmed",
                function -> function.snapshot().macs());
    }

    private void batches() {
        list.ofFunctions(
                "javf_vlan_batches",
                MetricFamily.Type.COUNTER,
                List.of("op", "result"),
                "Messages that add (add) or delete (del) VLAN filters, by how they ended",
                series -> {
                    for (final var result : FunctionMeters.Result.values()) {
                        for (final String operation : List.of("add", "del")) {
                            series.add(
                                    batches(series.function(), operation, result),
                                    operation,
                                    ServiceCommands.lower(result));
                        }
                    }
                });
        list.ofFunctions(
                "javf_vlan_batch_size",
                MetricFamily.Type.HISTOGRAM,
                List.of("op"),
                "VLAN filters in one message",
                series ->
                        series.function()
                                .meters()
                                .batches()
                                .forEach((opcode, sizes) ->
                                        series.samples().add(sizes, series.labels(lower(opcode)))));
    }

    private static long batches(
            final ServiceFunction function,
            final String operation,
            final FunctionMeters.Result result) {
        return function.meters().outcomes().entrySet().stream()
                .filter(each ->
                        each.getKey().result() == result
                                && operation.equals(VLAN_OPERATIONS.get(each.getKey().opcode())))
                .mapToLong(each -> each.getValue().value())
                .sum();
    }
}
