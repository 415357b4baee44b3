package dev.javf.daemon.service;

import dev.javf.iavf.PfStatistics;
import dev.javf.iavf.TrafficCounters;

import java.util.List;

/** Metrics of the packets that functions carry. */
final class TrafficFamilies {
    private final FamilyList list;

    private TrafficFamilies(final FamilyList list) {
        this.list = list;
    }

    static void addTo(final FamilyList list) {
        final TrafficFamilies traffic = new TrafficFamilies(list);
        traffic.queues();
        traffic.pf();
    }

    private interface QueueCounter {
        long value(TrafficCounters traffic, int queue);
    }

    private void perQueue(final String name, final String help, final QueueCounter counter) {
        list.ofFunctions(
                name,
                MetricFamily.Type.COUNTER,
                List.of("queue"),
                help,
                series -> {
                    final TrafficCounters traffic = series.function().monitor().traffic();
                    for (int queue = 0; queue < traffic.queueCount(); queue++) {
                        series.add(counter.value(traffic, queue), Integer.toString(queue));
                    }
                });
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
        perQueue(
                "javf_receive_empty_polls",
                "Polls of a receive queue that found nothing",
                TrafficCounters::rxEmptyPolls);
        drops("javf_receive_drop", "rx_", "Frames received and dropped by the driver");
        drops("javf_transmit_drop", "tx_", "Frames not given to the device");
    }

    private void drops(final String name, final String prefix, final String help) {
        list.ofFunctions(
                name,
                MetricFamily.Type.COUNTER,
                List.of("queue", "reason"),
                help,
                series -> {
                    final TrafficCounters traffic = series.function().monitor().traffic();
                    for (final var cause : TrafficCounters.DropCause.values()) {
                        final String reason = ServiceCommands.lower(cause);
                        for (int queue = 0;
                                reason.startsWith(prefix) && queue < traffic.queueCount();
                                queue++) {
                            series.add(
                                    traffic.drops(queue, cause),
                                    Integer.toString(queue),
                                    reason.substring(prefix.length()));
                        }
                    }
                });
    }

    private void pf() {
        for (final PfStatistics.Field field : PfStatistics.Field.values()) {
            final String name = ServiceCommands.lower(field);
            final String direction = name.startsWith("rx_") ? "receive" : "transmit";
            final String what = name.substring(3);
            list.ofFunctions(
                    "javf_pf_"
                            + direction
                            + "_"
                            + what
                            + (what.endsWith("cast") || what.equals("unknown_protocol")
                                    ? "_packets"
                                    : ""),
                    MetricFamily.Type.COUNTER,
                    "The PF's own count, as of its last answer, added up over resets: " + name,
                    function -> (double) function.monitor().pfStatistics().get(field));
        }
    }
}
