package dev.javf.daemon.service;

import dev.javf.packet.Counter;
import dev.javf.virtio.net.NetCounters;
import dev.javf.virtio.net.VirtioPort;

import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Function;

/** Metrics of virtual machines' network cards: what ports for guests count besides all ports. */
final class GuestFamilies {
    private final PortFamilies ports;

    private GuestFamilies(final PortFamilies ports) {
        this.ports = ports;
    }

    static void addTo(final PortFamilies ports) {
        final GuestFamilies guests = new GuestFamilies(ports);
        guests.levels();
        guests.traffic();
        guests.events();
    }

    private void ofGuests(
            final String name,
            final MetricFamily.Type type,
            final List<String> more,
            final String help,
            final BiConsumer<NetCounters, PortFamilies.Series> reader) {
        ports.ofKind(
                VirtioPort.class,
                name,
                type,
                more,
                help,
                (port, series) -> reader.accept(port.device().counters(), series));
    }

    private void single(
            final String name,
            final MetricFamily.Type type,
            final String help,
            final Function<NetCounters, Counter> counter) {
        ofGuests(
                name,
                type,
                List.of(),
                help,
                (counters, series) -> series.add(counter.apply(counters).value()));
    }

    private void level(
            final String name, final String help, final Function<NetCounters, Counter> counter) {
        single(name, MetricFamily.Type.GAUGE, help, counter);
    }

    private void counter(
            final String name, final String help, final Function<NetCounters, Counter> counter) {
        single(name, MetricFamily.Type.COUNTER, help, counter);
    }

    private void levels() {
        level(
                "javf_guest_connected",
                "1 while a machine's monitor or a front-end is connected to the port",
                NetCounters::connected);
        level(
                "javf_guest_driver_ready",
                "1 while the guest's driver has the card ready (DRIVER_OK), so that packets move",
                NetCounters::ready);
        level("javf_guest_queue_pairs", "Queue pairs that the guest uses", NetCounters::queuePairs);
    }

    private void traffic() {
        counter(
                "javf_guest_receive_packets",
                "Frames taken from the guest's rings",
                NetCounters::rxPackets);
        counter("javf_guest_receive_bytes", "Bytes of these frames", NetCounters::rxBytes);
        counter(
                "javf_guest_transmit_packets",
                "Frames put into the guest's rings",
                NetCounters::txPackets);
        counter("javf_guest_transmit_bytes", "Bytes of these frames", NetCounters::txBytes);
        ofGuests(
                "javf_guest_drop",
                MetricFamily.Type.COUNTER,
                List.of("reason"),
                "Frames dropped at a guest's card, besides those of javf_port_drop_total: from the"
                        + " guest (rx) or for it (tx)",
                (counters, series) ->
                        GuestCounterNames.DROPS.forEach((name, counter) ->
                                series.add(counter.apply(counters).value(), name)));
    }

    private void events() {
        counter(
                "javf_guest_interrupts",
                "Interrupts of queues sent to the guest",
                NetCounters::interrupts);
        counter(
                "javf_guest_kicks",
                "Notifications that the guest's driver sent; over vhost-user nobody reads them",
                NetCounters::kicks);
        counter(
                "javf_guest_control_requests",
                "Requests over the guest's control queue; over vhost-user the front-end has them",
                NetCounters::controlRequests);
        counter(
                "javf_guest_control_errors",
                "Those of them that were answered with an error",
                NetCounters::controlErrors);
        counter(
                "javf_guest_connections",
                "Machines' monitors and front-ends that have connected",
                NetCounters::connections);
        counter(
                "javf_guest_driver_starts",
                "Times that a guest's driver made its card ready (DRIVER_OK)",
                NetCounters::starts);
        counter("javf_guest_resets", "Times that a guest's card was reset", NetCounters::resets);
        counter(
                "javf_guest_needs_reset",
                "Times that a guest's card could not go on (NEEDS_RESET)",
                NetCounters::needsReset);
    }
}
