package dev.javf.daemon.service;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;

import org.agrona.CloseHelper;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Serves {@code /metrics}, {@code /health/live} and {@code /health/ready} over HTTP. Two threads,
 * which read what is published; a client that is slow keeps one of them for 10 s at most, and who
 * doesn't find one is turned away.
 */
final class MetricsServer implements AutoCloseable {
    private static final int THREADS = 2;
    private static final int WAITING = 32;
    private static final int OK = 200;
    private static final int NO_SUCH_METHOD = 405;
    private static final int NOT_FOUND = 404;
    private static final int UNAVAILABLE = 503;
    private static final String TEXT = "text/plain; charset=utf-8";

    private final Service service;
    private final HttpServer server;
    private final ThreadPoolExecutor threads =
            new ThreadPoolExecutor(
                    THREADS,
                    THREADS,
                    0,
                    TimeUnit.SECONDS,
                    new ArrayBlockingQueue<>(WAITING),
                    Thread.ofPlatform().daemon().name("javf-metrics-", 0).factory());
    private @Nullable MetricsRegistry registry;

    /**
     * Listens.
     *
     * @param address where.
     * @param service what it is about.
     * @throws IOException if the address is in use or not permitted.
     */
    MetricsServer(final InetSocketAddress address, final Service service) throws IOException {
        this.service = service;
        limitTimes();
        server = HttpServer.create(address, WAITING);
        server.setExecutor(threads);
        server.createContext("/", this::index);
        server.createContext("/metrics", this::metrics);
        server.createContext("/health/live", this::live);
        server.createContext("/health/ready", this::ready);
        server.start();
    }

    /** The server takes these from properties only, when its classes are loaded. */
    private static void limitTimes() {
        System.setProperty("sun.net.httpserver.maxReqTime", "10");
        System.setProperty("sun.net.httpserver.maxRspTime", "10");
        System.setProperty("sun.net.httpserver.idleInterval", "10");
    }

    /** Where it listens, with the port that was free if 0 was asked for. */
    InetSocketAddress address() {
        return server.getAddress();
    }

    private void metrics(final HttpExchange exchange) throws IOException {
        final String accepted = exchange.getRequestHeaders().getFirst("Accept");
        final boolean isOpenMetrics =
                accepted != null && accepted.contains("application/openmetrics-text");
        final String type =
                isOpenMetrics
                        ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                        : "text/plain; version=0.0.4; charset=utf-8";
        answer(exchange, "/metrics", OK, type, registry().scrape(type));
    }

    /** Made by the first scrape: the start needs none of its classes. */
    private synchronized MetricsRegistry registry() {
        MetricsRegistry made = registry;
        if (made == null) {
            made = new MetricsRegistry(service);
            registry = made;
        }
        return made;
    }

    private synchronized void closeRegistry() {
        CloseHelper.close(registry);
    }

    /** Alive is who still answers for the conductor. */
    private void live(final HttpExchange exchange) throws IOException {
        final boolean isStuck =
                service.functions().stream()
                        .mapToLong(function -> function.snapshot().takenNs())
                        .anyMatch(takenNs ->
                                takenNs != 0
                                        && service.clock().nanoTime() - takenNs > Health.STUCK_NS);
        final boolean isAlive = !isStuck || service.isDraining();
        answer(
                exchange,
                "/health/live",
                isAlive ? OK : UNAVAILABLE,
                TEXT,
                isAlive ? "alive\n" : "the conductor doesn't answer\n");
    }

    private void ready(final HttpExchange exchange) throws IOException {
        final Health health = service.health();
        final String reasons =
                health.reasons().isEmpty() ? "" : String.join("\n", health.reasons()) + "\n";
        answer(
                exchange,
                "/health/ready",
                health.isReady() ? OK : UNAVAILABLE,
                TEXT,
                (health.isReady() ? "ready, " : "not ready, ")
                        + health.level().name().toLowerCase(Locale.ROOT)
                        + "\n"
                        + reasons);
    }

    private void index(final HttpExchange exchange) throws IOException {
        answer(exchange, "/", OK, TEXT, "/metrics\n/health/live\n/health/ready\n");
    }

    private static void answer(
            final HttpExchange exchange,
            final String path,
            final int status,
            final String type,
            final String text)
            throws IOException {
        try (exchange) {
            int actual = status;
            String body = text;
            if (!exchange.getRequestURI().getPath().equals(path)) {
                actual = NOT_FOUND;
                body = "not found; there are /metrics, /health/live and /health/ready\n";
            } else if (!exchange.getRequestMethod().equals("GET")) {
                actual = NO_SUCH_METHOD;
                body = "GET only\n";
            }
            final byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", actual == status ? type : TEXT);
            exchange.sendResponseHeaders(actual, bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
        closeRegistry();
    }
}
