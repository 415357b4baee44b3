package dev.javf.daemon.telemetry;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.javf.daemon.control.Request;

import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * DPDK's telemetry protocol, version 2: the server greets; a request is {@code COMMAND} or {@code
 * COMMAND,PARAMETERS}, its answer {@code {"COMMAND": value}}, where the value is null if there is
 * no such command or its parameters are wrong. As in DPDK's programmer's guide, "Telemetry
 * Library".
 */
final class CommandProtocol {
    /** The longest answer; the greeting says so, and clients make room for so much. */
    static final int ANSWER_BYTES_MAX = 16 << 10;

    private final Map<String, TelemetryCommand> commands = new LinkedHashMap<>();
    private final ObjectNode info = Request.MAPPER.createObjectNode();

    /**
     * A protocol.
     *
     * @param version what program and version this is.
     * @param more commands beside those of the protocol itself.
     */
    CommandProtocol(final String version, final List<TelemetryCommand> more) {
        info.put("version", version)
                .put("pid", ProcessHandle.current().pid())
                .put("max_output_len", ANSWER_BYTES_MAX);
        add(new TelemetryCommand("/", "Returns the list of commands. No parameters", this::list));
        add(
                new TelemetryCommand(
                        "/info", "Returns what the greeting says. No parameters", this::info));
        add(
                new TelemetryCommand(
                        "/help", "Returns a command's help. Parameters: command", this::help));
        more.forEach(this::add);
    }

    private void add(final TelemetryCommand command) {
        commands.put(command.path(), command);
    }

    /** What a client gets before it has asked for anything. */
    byte[] greeting() {
        return bytes(info);
    }

    private JsonNode list(final String parameters) {
        final var array = Request.MAPPER.createArrayNode();
        commands.keySet().stream().sorted().forEach(array::add);
        return array;
    }

    private JsonNode info(final String parameters) {
        return info;
    }

    private @Nullable JsonNode help(final String parameters) {
        final TelemetryCommand command = commands.get(parameters);
        return command == null
                ? null
                : Request.MAPPER.createObjectNode().put(parameters, command.help());
    }

    /**
     * Answers.
     *
     * @param request as received.
     * @return the answer; null in it also when it would be longer than the greeting promises.
     */
    byte[] answer(final byte[] request) {
        final String text = new String(request, StandardCharsets.UTF_8).strip();
        final int comma = text.indexOf(',');
        final String path = comma < 0 ? text : text.substring(0, comma);
        final TelemetryCommand command = commands.get(path);
        final JsonNode value =
                command == null
                        ? null
                        : command.body().apply(comma < 0 ? "" : text.substring(comma + 1));
        final ObjectNode answer = Request.MAPPER.createObjectNode();
        final String key = shortened(path);
        answer.set(key, value);
        final byte[] bytes = bytes(answer);
        return bytes.length <= ANSWER_BYTES_MAX ? bytes : bytes(answer.putNull(key));
    }

    private static String shortened(final String path) {
        final int max = 128;
        return path.length() > max ? path.substring(0, max) : path;
    }

    static byte[] bytes(final JsonNode node) {
        try {
            return Request.MAPPER.writeValueAsBytes(node);
        } catch (final JsonProcessingException e) {
            throw new IllegalStateException("a tree of values can be written", e);
        }
    }
}
