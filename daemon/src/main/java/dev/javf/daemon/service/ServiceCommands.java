package dev.javf.daemon.service;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.javf.daemon.DutyCycle;
import dev.javf.daemon.FunctionMonitor;
import dev.javf.daemon.PortBinding;
import dev.javf.daemon.PortCounters;
import dev.javf.daemon.config.NearestWord;
import dev.javf.daemon.control.Answer;
import dev.javf.daemon.control.Command;
import dev.javf.daemon.control.Request;
import dev.javf.daemon.control.Role;
import dev.javf.iavf.DriverCounter;
import dev.javf.iavf.Negotiated;
import dev.javf.iavf.PfStatistics;
import dev.javf.iavf.ResetCause;
import dev.javf.iavf.TrafficCounters;
import dev.javf.virtchnl.VlanRejection;
import dev.javf.virtchnl.VlanSet;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;

/** What clients of the control socket can ask for. For the control thread; nothing here waits. */
final class ServiceCommands {
    private static final int RECORDS_MAX = 500;
    private static final String FUNCTION = "function";
    private static final String VLANS = "vlans";

    private final Service service;
    private final PortCommands ports;

    ServiceCommands(final Service service) {
        this.service = service;
        ports = new PortCommands(service);
    }

    List<Command> commands() {
        final List<String> function = List.of(FUNCTION);
        final List<String> vlans = List.of(FUNCTION, VLANS, "wait");
        final List<Command> all = new ArrayList<>();
        all.addAll(new PollerCommands(service, this::function).commands());
        all.addAll(
                List.of(
                        new Command(
                                "status",
                                Role.READ,
                                List.of(),
                                "The daemon at a glance.",
                                this::status),
                        new Command(
                                "health",
                                Role.READ,
                                List.of(),
                                "Whether all is well.",
                                this::health),
                        new Command(
                                "vf show",
                                Role.READ,
                                function,
                                "Functions in detail.",
                                this::vfShow),
                        new Command(
                                "vlan show",
                                Role.READ,
                                function,
                                "VLANs by state.",
                                this::vlanShow),
                        new Command(
                                "vlan add",
                                Role.ADMINISTER,
                                vlans,
                                "Wants VLANs until the daemon ends; answers when the PF has"
                                        + " answered for each of them, or at once with wait=false.",
                                this::vlanAdd),
                        new Command(
                                "vlan del",
                                Role.ADMINISTER,
                                vlans,
                                "Wants VLANs that were added no longer.",
                                this::vlanDelete),
                        new Command(
                                "port list", Role.READ, List.of(), "All ports.", this::portList),
                        new Command(
                                "port show",
                                Role.READ,
                                List.of(PortCommands.PORT),
                                "Everything about a port.",
                                ports::show),
                        new Command(
                                "port capture",
                                Role.ADMINISTER,
                                List.of(PortCommands.PORT),
                                "Opens a ring port that gets copies of the packets that pass a"
                                        + " port.",
                                ports::capture),
                        new Command("stats", Role.READ, function, "All counters.", this::stats),
                        new Command(
                                "trace",
                                Role.READ,
                                List.of(FUNCTION, "after", "limit"),
                                "The last messages, register events and transitions; after is the"
                                        + " number of the last one that is known already.",
                                this::trace),
                        new Command(
                                "reload",
                                Role.ADMINISTER,
                                List.of(),
                                "Reads the configuration again and applies what differs.",
                                this::reload),
                        new Command(
                                "drain",
                                Role.ADMINISTER,
                                List.of(),
                                "Closes all ports and lets all functions go.",
                                this::drain)));
        return List.copyOf(all);
    }

    private static ObjectNode object() {
        return Request.MAPPER.createObjectNode();
    }

    private ServiceFunction function(final Request request) {
        return function(request.text(FUNCTION));
    }

    private ServiceFunction function(final String name) {
        final List<String> names = new ArrayList<>();
        for (final ServiceFunction function : service.functions()) {
            if (function.name().equals(name)) {
                return function;
            }
            names.add(function.name());
        }
        throw Request.argument(
                "there is no function '"
                        + name
                        + "'"
                        + NearestWord.hint(name, names)
                        + "; there are "
                        + String.join(", ", names));
    }

    private List<ServiceFunction> selected(final Request request) {
        final String name = request.find(FUNCTION);
        return name == null ? service.functions() : List.of(function(name));
    }

    /** Asks the conductor for each function; the answer is made of what it says. */
    private static Answer each(
            final List<ServiceFunction> functions,
            final BiConsumer<ServiceFunction, ObjectNode> writer) {
        return new Answer(
                functions.stream().map(ServiceFunction::freshSnapshot).toList(),
                () -> {
                    final ObjectNode answer = object();
                    final ArrayNode array = answer.putArray("functions");
                    for (final ServiceFunction function : functions) {
                        writer.accept(function, array.addObject().put("name", function.name()));
                    }
                    return answer;
                });
    }

    /** Never asks the conductor: it must answer also when that is stuck. */
    private Answer health(final Request request) {
        final Health health = service.health();
        final ObjectNode answer = object();
        answer.put("health", health.level().name().toLowerCase(Locale.ROOT));
        answer.put("ready", health.isReady());
        final ArrayNode reasons = answer.putArray("reasons");
        health.reasons().forEach(reasons::add);
        return Answer.of(answer);
    }

    /** Never asks the conductor. */
    private Answer status(final Request request) {
        final Health health = service.health();
        final ObjectNode answer = object();
        answer.put("version", Version.TEXT);
        answer.put("pid", ProcessHandle.current().pid());
        answer.put("configuration", service.file().toAbsolutePath().toString());
        answer.put("uptime_seconds", service.uptimeNs() / 1_000_000_000L);
        answer.put("health", health.level().name().toLowerCase(Locale.ROOT));
        answer.put("ready", health.isReady());
        final ArrayNode functions = answer.putArray("functions");
        for (final ServiceFunction function : service.functions()) {
            final ObjectNode node = functions.addObject().put("name", function.name());
            summary(function, node);
        }
        final ArrayNode cycles = answer.putArray("threads");
        for (final DutyCycle cycle : service.dutyCycles()) {
            cycles.addObject()
                    .put("name", cycle.name())
                    .put("beats", cycle.beats())
                    .put("max_cycle_us", cycle.maxNs() / 1000)
                    .put("stalls", cycle.stalls());
        }
        answer.put("errors", service.errorCount());
        return Answer.of(answer);
    }

    private static void summary(final ServiceFunction function, final ObjectNode node) {
        final FunctionSnapshot snapshot = function.snapshot();
        node.put("device", function.section().device().toString());
        node.put("required", function.section().isRequired());
        node.put("state", snapshot.state().name());
        node.put("ready", function.isReady());
        node.put("link", snapshot.isLinkUp());
        node.put("speed_mbps", snapshot.speedMbps());
        node.put("mac", snapshot.mac() == null ? "" : snapshot.mac().toString());
        node.put("vlans_wanted", snapshot.wanted().size());
        node.put("vlans_acknowledged", snapshot.acknowledged().size());
        node.put("ports_open", function.ports().stream().filter(ServicePort::isOpen).count());
        node.put("ports", function.ports().size());
        node.put("resets", function.monitor().counters().resets());
        node.put("differences", snapshot.differences().size());
    }

    private Answer vfShow(final Request request) {
        return each(
                selected(request),
                (function, node) -> {
                    summary(function, node);
                    final FunctionSnapshot snapshot = function.snapshot();
                    node.put("settled", snapshot.isSettled());
                    node.put("last_failure", snapshot.failure());
                    node.put("mac_filters", snapshot.macs());
                    node.put("queue_pairs", snapshot.queuePairs());
                    node.put("vlan_limit", snapshot.vlanLimit());
                    final Negotiated negotiated = snapshot.negotiated();
                    node.put("trust", negotiated == null ? "unknown" : lower(negotiated.trust()));
                    node.put("port_vlan", portVlan(snapshot));
                    final ArrayNode queues = node.putArray("queues");
                    for (final FunctionSnapshot.Queue queue : snapshot.queues()) {
                        queues.addObject()
                                .put("poller", queue.poller())
                                .put("rx", queue.rx())
                                .put("tx", queue.tx());
                    }
                    final ObjectNode resets = node.putObject("resets_by_cause");
                    for (final ResetCause cause : ResetCause.values()) {
                        resets.put(lower(cause), function.monitor().counters().resets(cause));
                    }
                    final ArrayNode differences = node.putArray("difference_texts");
                    snapshot.differences()
                            .forEach(difference -> differences.add(difference.toString()));
                });
    }

    static String portVlan(final FunctionSnapshot snapshot) {
        final Negotiated negotiated = snapshot.negotiated();
        if (negotiated == null) {
            return "unknown";
        }
        return negotiated.hasVlanFilters() ? "no" : "set, or the PF filters no VLANs";
    }

    static String lower(final Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    private Answer vlanShow(final Request request) {
        return each(
                selected(request),
                (function, node) -> {
                    final FunctionSnapshot snapshot = function.snapshot();
                    node.put("port_vlan", portVlan(snapshot));
                    node.put("limit", snapshot.vlanLimit());
                    node.put("wanted", snapshot.wanted().toString());
                    node.put("acknowledged", snapshot.acknowledged().toString());
                    node.put("seen", snapshot.seen().toString());
                    node.put("added", function.added().toString());
                    node.put(
                            "pending", snapshot.wanted().minus(snapshot.acknowledged()).toString());
                    node.set("rejected", rejections(snapshot.rejections()));
                });
    }

    private static ArrayNode rejections(final List<VlanRejection> rejections) {
        final ArrayNode array = Request.MAPPER.createArrayNode();
        for (final VlanRejection rejection : rejections) {
            array.addObject()
                    .put(VLANS, rejection.vlans().toString())
                    .put("reason", lower(rejection.reason()))
                    .put("remedy", rejection.remedy());
        }
        return array;
    }

    private Answer vlanAdd(final Request request) {
        final ServiceFunction function = function(request);
        final boolean waits = request.flag("wait", true);
        return answered(waits, function.addVlans(vlans(request)));
    }

    private Answer vlanDelete(final Request request) {
        final ServiceFunction function = function(request);
        final boolean waits = request.flag("wait", true);
        return answered(waits, function.removeVlans(vlans(request)));
    }

    private static VlanSet vlans(final Request request) {
        try {
            return VlanSet.parse(request.text(VLANS));
        } catch (final IllegalArgumentException e) {
            throw Request.argument(String.valueOf(e.getMessage()));
        }
    }

    private static Answer answered(
            final boolean waits, final CompletableFuture<List<VlanRejection>> done) {
        if (!waits && !done.isCompletedExceptionally()) {
            return Answer.of(object().put("accepted", true));
        }
        return new Answer(
                List.of(done),
                () -> {
                    final ObjectNode answer = object();
                    answer.put("accepted", true);
                    answer.set(Command.REJECTED, rejections(done.join()));
                    return answer;
                });
    }

    private Answer portList(final Request request) {
        final ObjectNode answer = object();
        final ArrayNode ports = answer.putArray("ports");
        for (final ServiceFunction function : service.functions()) {
            for (final ServicePort port : function.ports()) {
                final ObjectNode node = ports.addObject();
                node.put("name", port.section().name());
                node.put("kind", port.section().kind().name());
                node.put("function", function.name());
                node.put("vlan", port.section().vlan());
                final PortBinding binding = port.binding();
                node.put("mac", binding == null ? "" : binding.mac().toString());
                node.put("state", port.state());
                node.put("failure", port.failure());
                if (binding != null) {
                    counters(binding.counters(), node.putObject("counters"));
                }
            }
        }
        return Answer.of(answer);
    }

    private static void counters(final PortCounters counters, final ObjectNode node) {
        PortCounterNames.ALL.forEach(
                (name, counter) -> node.put(name, counter.apply(counters).value()));
    }

    /** Reads counters only; asks nobody. */
    private Answer stats(final Request request) {
        final ObjectNode answer = object();
        answer.put("time_ns", service.clock().nanoTime());
        final ArrayNode functions = answer.putArray("functions");
        for (final ServiceFunction function : selected(request)) {
            final ObjectNode node = functions.addObject().put("name", function.name());
            final FunctionMonitor monitor = function.monitor();
            traffic(monitor.traffic(), node.putObject("queues"));
            final ObjectNode pf = node.putObject("pf");
            for (final PfStatistics.Field field : PfStatistics.Field.values()) {
                pf.put(lower(field), monitor.pfStatistics().get(field));
            }
            final ObjectNode driver = node.putObject("driver");
            for (final DriverCounter counter : DriverCounter.values()) {
                driver.put(lower(counter), monitor.counters().get(counter));
            }
            final ObjectNode resets = node.putObject("resets");
            for (final ResetCause cause : ResetCause.values()) {
                resets.put(lower(cause), monitor.counters().resets(cause));
            }
            final ObjectNode ports = node.putObject("ports");
            for (final ServicePort port : function.ports()) {
                final PortBinding binding = port.binding();
                if (binding != null) {
                    counters(binding.counters(), ports.putObject(port.section().name()));
                }
            }
        }
        return Answer.of(answer);
    }

    private static void traffic(final TrafficCounters traffic, final ObjectNode node) {
        long rxPackets = 0;
        long rxBytes = 0;
        long txPackets = 0;
        long txBytes = 0;
        for (int queue = 0; queue < traffic.queueCount(); queue++) {
            rxPackets += traffic.rxPackets(queue);
            rxBytes += traffic.rxBytes(queue);
            txPackets += traffic.txPackets(queue);
            txBytes += traffic.txBytes(queue);
        }
        node.put("rx_packets", rxPackets).put("rx_bytes", rxBytes);
        node.put("tx_packets", txPackets).put("tx_bytes", txBytes);
        for (final TrafficCounters.DropCause cause : TrafficCounters.DropCause.values()) {
            long drops = 0;
            for (int queue = 0; queue < traffic.queueCount(); queue++) {
                drops += traffic.drops(queue, cause);
            }
            node.put("drop_" + lower(cause), drops);
        }
    }

    private Answer trace(final Request request) {
        final ServiceFunction function = function(request);
        final long after = request.number("after", -1, Long.MAX_VALUE, -1);
        final int limit = (int) request.number("limit", 1, RECORDS_MAX, RECORDS_MAX);
        final List<String> lines =
                function.monitor().flightRecorder().snapshot().lines().stream()
                        .filter(line -> number(line) > after)
                        .toList();
        final ObjectNode answer = object();
        final List<String> last = lines.subList(Math.max(0, lines.size() - limit), lines.size());
        answer.put("last", last.isEmpty() ? after : number(last.getLast()));
        final ArrayNode array = answer.putArray("records");
        last.forEach(array::add);
        return Answer.of(answer);
    }

    private static long number(final String line) {
        return Long.parseLong(line.substring(0, line.indexOf(' ')));
    }

    private Answer reload(final Request request) {
        final CompletableFuture<Service.Reloaded> reloaded = service.reload();
        return new Answer(
                List.of(reloaded),
                () -> {
                    final Service.Reloaded done = reloaded.join();
                    final ObjectNode answer = object();
                    final ArrayNode applied = answer.putArray("applied");
                    done.applied().forEach(applied::add);
                    final ArrayNode restart = answer.putArray("needs_restart");
                    done.needRestart().forEach(restart::add);
                    final ArrayNode failed = answer.putArray("failed");
                    done.failed().forEach(failed::add);
                    return answer;
                });
    }

    private Answer drain(final Request request) {
        return new Answer(List.of(service.drain()), () -> object().put("drained", true));
    }
}
