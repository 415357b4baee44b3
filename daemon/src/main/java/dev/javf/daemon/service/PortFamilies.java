package dev.javf.daemon.service;

import dev.javf.daemon.PortBinding;
import dev.javf.daemon.PortCounters;
import dev.javf.daemon.ring.RingCounters;
import dev.javf.daemon.ring.RingPort;
import dev.javf.daemon.ring.Violation;
import dev.javf.packet.Counter;
import dev.javf.packet.PacketPort;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;

/** Metrics of ports. */
final class PortFamilies {
    private static final List<String> PORT = List.of("device", "port");

    private final FamilyList list;

    private PortFamilies(final FamilyList list) {
        this.list = list;
    }

    static void addTo(final FamilyList list) {
        final PortFamilies ports = new PortFamilies(list);
        ports.states();
        ports.counters();
        ports.rings();
        GuestFamilies.addTo(ports);
    }

    /** A port's series. */
    record Series(ServiceFunction function, ServicePort port, MetricFamily.Samples samples) {
        void add(final long value, final String... more) {
            final List<String> labels =
                    new ArrayList<>(List.of(function.name(), port.section().name()));
            labels.addAll(List.of(more));
            samples.add(value, labels.toArray(String[]::new));
        }
    }

    private void ofPorts(
            final String name,
            final MetricFamily.Type type,
            final List<String> more,
            final String help,
            final Consumer<Series> reader) {
        final List<String> labels = new ArrayList<>(PORT);
        labels.addAll(more);
        list.add(
                name,
                type,
                labels,
                help,
                (service, samples) ->
                        service.functions()
                                .forEach(function ->
                                        function.ports()
                                                .forEach(port ->
                                                        reader.accept(
                                                                new Series(
                                                                        function, port,
                                                                        samples)))));
    }

    private void ofOpenPorts(
            final String name,
            final List<String> more,
            final String help,
            final BiConsumer<PortCounters, Series> reader) {
        ofPorts(
                name,
                MetricFamily.Type.COUNTER,
                more,
                help,
                series -> {
                    final PortBinding binding = series.port().binding();
                    if (binding != null) {
                        reader.accept(binding.counters(), series);
                    }
                });
    }

    private void states() {
        ofPorts(
                "javf_port_up",
                MetricFamily.Type.GAUGE,
                List.of("kind"),
                "1 while the port is open",
                series ->
                        series.add(
                                series.port().isOpen() ? 1 : 0,
                                series.port().section().kind().name()));
    }

    private void counters() {
        counter("javf_port_receive_packets", "Frames taken from the port", PortCounters::rxPackets);
        counter("javf_port_receive_bytes", "Bytes of these frames", PortCounters::rxBytes);
        counter("javf_port_transmit_packets", "Frames given to the port", PortCounters::txPackets);
        counter("javf_port_transmit_bytes", "Bytes of these frames", PortCounters::txBytes);
        ofOpenPorts(
                "javf_port_drop",
                List.of("reason"),
                "Frames dropped at the port: from it (rx) or for it (tx)",
                (counters, series) ->
                        PortCounterNames.ALL.forEach((name, counter) -> {
                            if (!name.endsWith("_packets") && !name.endsWith("_bytes")) {
                                series.add(counter.apply(counters).value(), name);
                            }
                        }));
    }

    private void counter(
            final String name, final String help, final Function<PortCounters, Counter> counter) {
        ofOpenPorts(
                name,
                List.of(),
                help,
                (counters, series) -> series.add(counter.apply(counters).value()));
    }

    /** Adds a family that only open ports of a kind have. */
    <T extends PacketPort> void ofKind(
            final Class<T> kind,
            final String name,
            final MetricFamily.Type type,
            final List<String> more,
            final String help,
            final BiConsumer<T, Series> reader) {
        ofPorts(
                name,
                type,
                more,
                help,
                series -> {
                    final T port = series.port().port(kind);
                    if (port != null) {
                        reader.accept(port, series);
                    }
                });
    }

    private void ofRings(
            final String name,
            final MetricFamily.Type type,
            final List<String> more,
            final String help,
            final BiConsumer<RingPort, Series> reader) {
        ofKind(RingPort.class, name, type, more, help, reader);
    }

    private void ringCounter(
            final String name, final String help, final Function<RingCounters, Counter> counter) {
        ofRings(
                name,
                MetricFamily.Type.COUNTER,
                List.of(),
                help,
                (ring, series) -> series.add(counter.apply(ring.ringCounters()).value()));
    }

    private void rings() {
        ofRings(
                "javf_ring_clients",
                MetricFamily.Type.GAUGE,
                List.of(),
                "1 while an application has the ring port",
                (ring, series) -> series.add(ring.client().isEmpty() ? 0 : 1));
        ringCounter(
                "javf_ring_connections",
                "Applications that were let in at a ring port",
                RingCounters::connections);
        ringCounter(
                "javf_ring_refusals",
                "Applications that were turned away at a ring port",
                RingCounters::refusals);
        ringCounter(
                "javf_ring_wake_ups",
                "Times that a sleeping application was woken up",
                RingCounters::wakeUps);
        ofRings(
                "javf_ring_drop",
                MetricFamily.Type.COUNTER,
                List.of("reason"),
                "Frames dropped at a ring port, besides those of javf_port_drop_total: for nobody"
                        + " (without_client), or of a VLAN that the application didn't ask for"
                        + " (not_asked)",
                (ring, series) -> {
                    series.add(ring.ringCounters().withoutClient().value(), "without_client");
                    series.add(ring.ringCounters().notAsked().value(), "not_asked");
                });
        ofRings(
                "javf_ring_quarantines",
                MetricFamily.Type.COUNTER,
                List.of("reason"),
                "Times that an application was thrown out for breaking the rules of the shared"
                        + " memory",
                (ring, series) -> {
                    for (final Violation violation : Violation.values()) {
                        series.add(
                                ring.ringCounters().violations(violation).value(),
                                ServiceCommands.lower(violation));
                    }
                });
    }
}
