package dev.javf.daemon.telemetry;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.javf.daemon.control.Request;

import java.io.IOException;
import java.util.Map;
import java.util.function.Supplier;

/**
 * DPDK's telemetry protocol before version 2, as collectd's plugin dpdk_telemetry speaks it: a
 * client first says where it listens itself ({@code clients}, action 1); the daemon connects there
 * and answers what comes from there.
 */
final class LegacyProtocol {
    /** The longest answer: what collectd's plugin has room for, less the zero at its end. */
    static final int ANSWER_BYTES_MAX = 99_999;

    private static final int ASK = 0;
    private static final int REGISTER = 1;
    private static final int UNREGISTER = 2;

    private final Map<String, Supplier<ArrayNode>> commands;

    /** What a message asks for. */
    sealed interface Asked {
        /** An answer. */
        record Answer(JsonNode line) implements Asked {}

        /** The daemon is to connect there. */
        record Registration(String path) implements Asked {}

        /** The client goes. */
        record Farewell() implements Asked {}
    }

    /**
     * A protocol.
     *
     * @param commands names, and what gives their data: for each port an object with its number and
     *     its statistics.
     */
    LegacyProtocol(final Map<String, Supplier<ArrayNode>> commands) {
        this.commands = commands;
    }

    /**
     * Reads a message, and answers it if it is a question.
     *
     * @param message as received.
     * @return what it asks for.
     */
    Asked read(final byte[] message) {
        final JsonNode node;
        try {
            node = Request.MAPPER.readTree(message);
        } catch (final JsonProcessingException e) {
            return error("Unknown");
        } catch (final IOException e) {
            throw new IllegalStateException("memory can be read", e);
        }
        final int action = node == null ? -1 : node.path("action").asInt(-1);
        final String command = node == null ? "" : node.path("command").asText();
        final String path = node == null ? "" : node.path("data").path("client_path").asText();
        if (command.equals("clients") && action == REGISTER && !path.isEmpty()) {
            return new Asked.Registration(path);
        }
        if (command.equals("clients") && action == UNREGISTER) {
            return new Asked.Farewell();
        }
        final Supplier<ArrayNode> data = action == ASK ? commands.get(command) : null;
        return data == null ? error("Invalid Argument 404") : answer(data.get());
    }

    private static Asked answer(final ArrayNode data) {
        final ObjectNode answer = Request.MAPPER.createObjectNode();
        answer.put("status_code", "Status OK: 200");
        answer.set("data", data);
        // The last ports are left out rather than all of them.
        while (CommandProtocol.bytes(answer).length > ANSWER_BYTES_MAX && data.size() > 1) {
            data.remove(data.size() - 1);
        }
        return new Asked.Answer(answer);
    }

    private static Asked error(final String words) {
        return new Asked.Answer(
                Request.MAPPER
                        .createObjectNode()
                        .put("status_code", "Status Error: " + words)
                        .putNull("data"));
    }
}
