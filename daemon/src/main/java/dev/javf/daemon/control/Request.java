package dev.javf.daemon.control;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;

import dev.javf.daemon.config.NearestWord;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * One line from a client: {@code {"version":1,"command":"vlan
 * add","function":"vf0","vlans":"100"}}.
 */
public final class Request {
    /** The version of requests and answers. */
    public static final int VERSION = 1;

    /** Reads and writes JSON; what it reads may be hostile. */
    public static final JsonMapper MAPPER =
            JsonMapper.builder(
                            JsonFactory.builder()
                                    .streamReadConstraints(
                                            StreamReadConstraints.builder()
                                                    .maxNestingDepth(8)
                                                    .maxNumberLength(20)
                                                    .build())
                                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                                    .build())
                    .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                    .build();

    private static final Set<String> OWN = Set.of("version", "id", "command");

    private final JsonNode line;

    private Request(final JsonNode line) {
        this.line = line;
    }

    /**
     * Reads a line.
     *
     * @param bytes without its end.
     * @return the request; its version and command are right in form.
     * @throws ControlException if it is none.
     */
    static Request parse(final byte[] bytes) {
        final JsonNode node;
        try {
            node = MAPPER.readTree(bytes);
        } catch (final JsonProcessingException e) {
            throw new ControlException(
                    ControlException.Code.MALFORMED, "no JSON: " + e.getOriginalMessage());
        } catch (final IOException e) {
            throw new ControlException(ControlException.Code.MALFORMED, "no JSON: " + e);
        }
        if (node == null || !node.isObject()) {
            throw new ControlException(
                    ControlException.Code.MALFORMED,
                    "a request is an object: {\"version\":1,\"command\":\"status\"}");
        }
        return new Request(node);
    }

    /** The client's own mark, to be sent back; null if there is none. */
    @Nullable JsonNode id() {
        final JsonNode id = line.get("id");
        return id != null && id.isValueNode() ? id : null;
    }

    /**
     * The command.
     *
     * @throws ControlException if there is none, or the version isn't spoken here.
     */
    String command() {
        final JsonNode version = line.get("version");
        if (version == null || !version.isInt() || version.intValue() != VERSION) {
            throw new ControlException(
                    ControlException.Code.VERSION,
                    "version " + version + ": this daemon speaks version " + VERSION);
        }
        return text("command");
    }

    /**
     * Refuses arguments that a command doesn't have.
     *
     * @param known those that it has.
     * @throws ControlException naming one that it hasn't.
     */
    void allow(final List<String> known) {
        final List<String> names = new ArrayList<>();
        line.fieldNames().forEachRemaining(names::add);
        for (final String name : names) {
            if (!OWN.contains(name) && !known.contains(name)) {
                throw argument(
                        "unknown argument '"
                                + shortened(name)
                                + "'"
                                + NearestWord.hint(shortened(name), known)
                                + "; there are "
                                + known);
            }
        }
    }

    /**
     * A text that must be there.
     *
     * @param name of the argument.
     * @return the text.
     * @throws ControlException if it is missing or no text.
     */
    public String text(final String name) {
        final String value = find(name);
        if (value == null) {
            throw argument("the argument '" + name + "' is missing");
        }
        return value;
    }

    /**
     * A text that may be there.
     *
     * @param name of the argument.
     * @return null if it isn't.
     * @throws ControlException if it is no text.
     */
    public @Nullable String find(final String name) {
        final JsonNode value = line.get(name);
        if (value == null || value.isNull()) {
            return null;
        }
        if (!value.isTextual()) {
            throw argument("the argument '" + name + "' must be a text");
        }
        return value.textValue();
    }

    /**
     * A number that may be there.
     *
     * @param name of the argument.
     * @param min the least.
     * @param max the most.
     * @param otherwise if it isn't there.
     * @return the number.
     * @throws ControlException if it is none, or out of range.
     */
    public long number(final String name, final long min, final long max, final long otherwise) {
        final JsonNode value = line.get(name);
        if (value == null || value.isNull()) {
            return otherwise;
        }
        if (!value.canConvertToLong()
                || !value.isIntegralNumber()
                || value.longValue() < min
                || value.longValue() > max) {
            throw argument(
                    "the argument '" + name + "' must be a whole number, " + min + " to " + max);
        }
        return value.longValue();
    }

    /**
     * A flag that may be there.
     *
     * @param name of the argument.
     * @param otherwise if it isn't there.
     * @return the flag.
     * @throws ControlException if it is none.
     */
    public boolean flag(final String name, final boolean otherwise) {
        final JsonNode value = line.get(name);
        if (value == null || value.isNull()) {
            return otherwise;
        }
        if (!value.isBoolean()) {
            throw argument("the argument '" + name + "' must be true or false");
        }
        return value.booleanValue();
    }

    /**
     * An argument that is wrong.
     *
     * @param message why.
     * @return to be thrown.
     */
    public static ControlException argument(final String message) {
        return new ControlException(ControlException.Code.ARGUMENT, message);
    }

    static String shortened(final String text) {
        return text.length() > 64 ? text.substring(0, 64) + "..." : text;
    }

    /** What the audit log says. */
    @Override
    public String toString() {
        final String text = line.toString();
        return text.length() > 512 ? text.substring(0, 512) + "..." : text;
    }
}
