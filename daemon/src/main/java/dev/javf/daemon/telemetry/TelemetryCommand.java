package dev.javf.daemon.telemetry;

import com.fasterxml.jackson.databind.JsonNode;

import org.jspecify.annotations.Nullable;

import java.util.function.Function;

/**
 * Something that tools can ask for.
 *
 * @param path its name, such as {@code /ethdev/stats}.
 * @param help what it gives, and its parameters.
 * @param body answers; gets what was behind the first comma, empty if there was nothing; must not
 *     block; null when the parameters are wrong.
 */
public record TelemetryCommand(
        String path, String help, Function<String, @Nullable JsonNode> body) {}
