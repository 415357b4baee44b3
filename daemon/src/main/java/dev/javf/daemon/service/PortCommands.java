package dev.javf.daemon.service;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.javf.daemon.PortBinding;
import dev.javf.daemon.config.ControlSection;
import dev.javf.daemon.config.NearestWord;
import dev.javf.daemon.config.RingAccess;
import dev.javf.daemon.control.Answer;
import dev.javf.daemon.control.Request;
import dev.javf.daemon.ring.CapturePort;
import dev.javf.daemon.ring.RingCounters;
import dev.javf.daemon.ring.RingPort;
import dev.javf.daemon.ring.RingSettings;
import dev.javf.daemon.ring.Violation;
import dev.javf.linux.LinuxException;
import dev.javf.linux.UnixAddress;
import dev.javf.virtio.net.VirtioPort;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** The commands about single ports. */
final class PortCommands {
    static final String PORT = "port";

    private final Service service;
    private final AtomicInteger captures = new AtomicInteger();

    private record Place(ServiceFunction function, ServicePort port) {}

    PortCommands(final Service service) {
        this.service = service;
    }

    private Place place(final Request request) {
        final String name = request.text(PORT);
        final List<String> names = new ArrayList<>();
        for (final ServiceFunction function : service.functions()) {
            for (final ServicePort port : function.ports()) {
                if (port.section().name().equals(name)) {
                    return new Place(function, port);
                }
                names.add(port.section().name());
            }
        }
        throw Request.argument(
                "there is no port '"
                        + name
                        + "'"
                        + NearestWord.hint(name, names)
                        + "; there are "
                        + String.join(", ", names));
    }

    /** Everything about a port. */
    Answer show(final Request request) {
        final Place place = place(request);
        final ServicePort port = place.port();
        final ObjectNode node = Request.MAPPER.createObjectNode();
        node.put("name", port.section().name());
        node.put("kind", port.section().kind().name());
        node.put("function", place.function().name());
        node.put("vlan", port.section().vlan());
        node.put("state", port.state());
        node.put("failure", port.failure());
        final PortBinding binding = port.binding();
        if (binding == null) {
            return Answer.of(node);
        }
        node.put("mac", binding.mac().toString());
        node.put("trunk", binding.isTrunk() ? binding.trunk().toString() : "none");
        node.put("trusted", binding.isTrusted());
        final ObjectNode counters = node.putObject("counters");
        PortCounterNames.ALL.forEach(
                (name, counter) -> counters.put(name, counter.apply(binding.counters()).value()));
        if (binding.port() instanceof final CapturePort watchable) {
            final RingPort capture = watchable.capture();
            if (capture != null) {
                node.putObject("capture")
                        .put("client", capture.client())
                        .put("packets", capture.counters().txPackets().value())
                        .put("dropped", capture.counters().txFull().value());
            }
        }
        final RingPort ring = port.port(RingPort.class);
        if (ring != null) {
            ring(ring, node.putObject("ring"));
        }
        final VirtioPort guest = port.port(VirtioPort.class);
        if (guest != null) {
            final ObjectNode card = node.putObject("guest");
            GuestCounterNames.ALL.forEach((name, counter) ->
                    card.put(name, counter.apply(guest.device().counters()).value()));
        }
        return Answer.of(node);
    }

    private static void ring(final RingPort port, final ObjectNode node) {
        final RingCounters counters = port.ringCounters();
        node.put("client", port.client());
        node.put("transfer", port.isZeroCopy() ? "zero-copy" : "copy");
        if (port.isZeroCopy()) {
            node.put("buffers_free", port.freeBuffers());
        }
        node.put("connections", counters.connections().value());
        node.put("refusals", counters.refusals().value());
        node.put("tx_without_client", counters.withoutClient().value());
        node.put("not_asked", counters.notAsked().value());
        node.put("wake_ups", counters.wakeUps().value());
        final ObjectNode violations = node.putObject("violations");
        for (final Violation violation : Violation.values()) {
            violations.put(
                    ServiceCommands.lower(violation), counters.violations(violation).value());
        }
    }

    /** Opens a ring port that gets copies of what passes a port, and says where it is. */
    Answer capture(final Request request) {
        final Place place = place(request);
        final @Nullable PortBinding binding = place.port().binding();
        if (binding == null || !(binding.port() instanceof final CapturePort watchable)) {
            throw Request.argument(
                    "port '" + place.port().section().name() + "' is " + place.port().state());
        }
        if (watchable.capture() != null) {
            throw Request.argument(
                    "somebody captures at port '" + place.port().section().name() + "' already");
        }
        final ControlSection control = service.configuration().control();
        final String socket = control.socket() + ".capture-" + captures.incrementAndGet();
        try {
            watchable.capture(
                    place.function()
                            .capture(
                                    RingSettings.capture(
                                            "capture of " + place.port().section().name(),
                                            new UnixAddress(socket),
                                            control.mode(),
                                            RingAccess.roles(control.administrators()),
                                            binding.mac(),
                                            place.function().section().maxFrameBytes()),
                                    binding.poller()));
        } catch (final LinuxException | IllegalArgumentException e) {
            throw Request.argument("no capture: " + e.getMessage());
        }
        return Answer.of(Request.MAPPER.createObjectNode().put("socket", socket));
    }
}
