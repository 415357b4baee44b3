package dev.javf.daemon.config;

import org.jspecify.annotations.Nullable;

import java.net.InetSocketAddress;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Section {@code metrics}: what Prometheus scrapes.
 *
 * @param values as read.
 */
public record MetricsSection(Values values) {
    private static final Pattern ADDRESS =
            Pattern.compile(
                    "(\\[[0-9a-fA-F:]+\\]|\\d{1,3}(?:\\.\\d{1,3}){3}|localhost):(\\d{1,5})");
    private static final int PORT_MAX = 65535;
    private static final String NONE = "none";
    private static final String EXPECTED =
            "ADDRESS:PORT such as 127.0.0.1:9464 (port 0: any that is free), or none";

    static final Key<String> LISTEN =
            Key.of(
                    "listen",
                    new ValueType<>(
                            EXPECTED,
                            raw -> {
                                final String text = String.valueOf(raw);
                                final Matcher matcher = ADDRESS.matcher(text);
                                if (text.equals(NONE)
                                        || (matcher.matches()
                                                && Integer.parseInt(matcher.group(2))
                                                        <= PORT_MAX)) {
                                    return text;
                                }
                                throw ValueType.refusal(raw, EXPECTED, null);
                            }),
                    "127.0.0.1:9464",
                    "Where /metrics, /health/live and /health/ready are served, over HTTP and"
                            + " without authentication: keep it on the loopback address, or behind"
                            + " a firewall.");

    static final List<Key<?>> KEYS = List.of(LISTEN);

    /** Where to listen; null for nowhere. */
    public @Nullable InetSocketAddress listen() {
        final String text = values.get(LISTEN);
        final int colon = text.lastIndexOf(':');
        return text.equals(NONE)
                ? null
                : new InetSocketAddress(
                        text.substring(0, colon), Integer.parseInt(text.substring(colon + 1)));
    }

    /** Whether all values are the same, wherever they are written. */
    public boolean sameAs(final MetricsSection other) {
        return values.sameAs(other.values);
    }
}
