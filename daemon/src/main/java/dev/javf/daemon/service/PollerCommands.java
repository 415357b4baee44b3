package dev.javf.daemon.service;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.javf.daemon.DutyCycle;
import dev.javf.daemon.control.Answer;
import dev.javf.daemon.control.Command;
import dev.javf.daemon.control.Request;
import dev.javf.daemon.control.Role;

import java.util.List;
import java.util.function.Function;

/** What clients can ask about pollers. For the control thread; nothing here waits. */
final class PollerCommands {
    private static final String FUNCTION = "function";
    private static final String QUEUE = "queue";
    private static final String POLLER = "poller";
    private static final int NUMBER_MAX = 1 << 16;

    private final Service service;
    private final Function<Request, ServiceFunction> functions;

    /**
     * The commands.
     *
     * @param service that is asked.
     * @param functions finds the function that a request names.
     */
    PollerCommands(final Service service, final Function<Request, ServiceFunction> functions) {
        this.service = service;
        this.functions = functions;
    }

    List<Command> commands() {
        return List.of(
                new Command(
                        "poller list",
                        Role.READ,
                        List.of(),
                        "All pollers, with their queues and ports.",
                        this::list),
                new Command(
                        "poller move",
                        Role.ADMINISTER,
                        List.of(FUNCTION, QUEUE, POLLER),
                        "Has another poller poll a queue pair, until the daemon ends.",
                        this::move));
    }

    /** Reads what is known already. */
    private Answer list(final Request request) {
        final ObjectNode answer = Request.MAPPER.createObjectNode();
        final ArrayNode pollers = answer.putArray("pollers");
        final List<DutyCycle> cycles = service.dutyCycles();
        for (int poller = 0; poller < service.pollers(); poller++) {
            final ObjectNode node = pollers.addObject();
            node.put(POLLER, poller);
            node.put("thread", "javf-poller-" + poller);
            node.put("waiting", service.waitingOf(poller));
            for (final DutyCycle cycle : cycles) {
                if (cycle.name().equals("javf-poller-" + poller)) {
                    node.put("beats", cycle.beats());
                    node.put("max_cycle_us", cycle.maxNs() / 1000);
                }
            }
            queues(node.putArray("queues"), poller);
            ports(node.putArray("ports"), poller);
        }
        return Answer.of(answer);
    }

    private void queues(final ArrayNode array, final int poller) {
        for (final ServiceFunction function : service.functions()) {
            final List<FunctionSnapshot.Queue> queues = function.snapshot().queues();
            for (int queue = 0; queue < queues.size(); queue++) {
                if (queues.get(queue).poller() == poller) {
                    array.addObject().put(FUNCTION, function.name()).put(QUEUE, queue);
                }
            }
        }
    }

    private void ports(final ArrayNode array, final int poller) {
        for (final ServiceFunction function : service.functions()) {
            for (final ServicePort port : function.ports()) {
                if (port.binding() != null && port.binding().poller() == poller) {
                    array.add(port.section().name());
                }
            }
        }
    }

    private Answer move(final Request request) {
        final ServiceFunction function = functions.apply(request);
        final int queue = (int) request.number(QUEUE, 0, NUMBER_MAX, -1);
        final int poller = (int) request.number(POLLER, 0, NUMBER_MAX, -1);
        if (queue < 0 || poller < 0) {
            throw Request.argument("poller move needs function, queue and poller");
        }
        return new Answer(
                List.of(
                        function.moveQueue(queue, poller)
                                .thenCompose(nothing -> function.freshSnapshot())),
                () ->
                        Request.MAPPER
                                .createObjectNode()
                                .put(FUNCTION, function.name())
                                .put(QUEUE, queue)
                                .put(POLLER, poller));
    }
}
