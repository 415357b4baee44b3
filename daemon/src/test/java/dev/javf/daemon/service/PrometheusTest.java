package dev.javf.daemon.service;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

import dev.javf.testing.Awaiting;
import dev.javf.testing.Machine;
import dev.javf.testing.Repository;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A real Prometheus scrapes a real daemon; its rules and Grafana's dashboard name what there is.
 */
class PrometheusTest {
    private static final Path DEPLOY = Repository.file("deploy");
    private static final Path RULES = DEPLOY.resolve("prometheus/javf.rules.yml");
    private static final Path RULES_TEST = DEPLOY.resolve("prometheus/javf.rules.test.yml");
    private static final Path DASHBOARD = DEPLOY.resolve("grafana/javf.json");
    private static final Pattern METRIC = Pattern.compile("\\b(?:javf|jvm|process)_\\w+");
    private static final Pattern ALERT = Pattern.compile("- alert: (\\w+)");

    @TempDir private static Path folder;

    private static JavfdProcess daemon;
    private static String scrape = "";
    private static Process prometheus;
    private static int port;

    private record Outcome(int status, String text) {}

    @BeforeAll
    static void start() throws Exception {
        Machine.needsCommand("prometheus");
        Machine.needsCommand("promtool");
        daemon =
                JavfdProcess.ready(
                        folder,
                        JavfdProcess.twoFunctions()
                                + "ports.vm { kind = vhost-user, function = left, vlan = 100,"
                                + " socket = \""
                                + folder.resolve("vm.sock")
                                + "\" }\n"
                                + "ports.app { kind = ring, function = right, socket = \""
                                + folder.resolve("app.sock")
                                + "\" }\n");
        final Matcher address = MetricsTest.ADDRESS.matcher(daemon.log());
        assertThat(address.find()).isTrue();
        final String target = address.group(1) + ":" + address.group(2);
        scrape = get("http://" + target + "/metrics");
        prometheus = prometheus(target);
    }

    /** As deploy/prometheus says it, but for the target and the pace. */
    private static Process prometheus(final String target) throws Exception {
        final String configuration =
                Files.readString(DEPLOY.resolve("prometheus/prometheus.yml"))
                        .replace("127.0.0.1:9464", target)
                        .replace("javf.rules.yml", RULES.toString())
                        .replace("scrape_interval: 5s", "scrape_interval: 1s");
        assertThat(configuration).contains(target, RULES.toString(), "scrape_interval: 1s");
        Files.writeString(folder.resolve("prometheus.yml"), configuration);
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        return new ProcessBuilder(
                        "prometheus",
                        "--config.file=" + folder.resolve("prometheus.yml"),
                        "--storage.tsdb.path=" + folder.resolve("data"),
                        "--web.listen-address=127.0.0.1:" + port,
                        "--log.level=warn")
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("prometheus.log").toFile())
                .start();
    }

    @AfterAll
    static void stop() {
        if (prometheus != null) {
            prometheus.destroy();
            prometheus.onExit().join();
        }
        if (daemon != null) {
            daemon.close();
        }
    }

    private static String get(final String address) throws IOException {
        try (InputStream body = URI.create(address).toURL().openStream()) {
            return new String(body.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /** What Prometheus answers to a query: a series each. */
    private static JsonNode query(final String expression) throws IOException {
        return new ObjectMapper()
                .readTree(
                        get(
                                "http://127.0.0.1:"
                                        + port
                                        + "/api/v1/query?query="
                                        + URLEncoder.encode(expression, StandardCharsets.UTF_8)))
                .path("data")
                .path("result");
    }

    private static void awaitScrape() throws Exception {
        Awaiting.until("Prometheus to have scraped", () -> !prometheus.isAlive() || hasScraped());
        assertThat(prometheus.isAlive())
                .as(Files.readString(folder.resolve("prometheus.log")))
                .isTrue();
    }

    private static boolean hasScraped() throws Exception {
        try {
            return query("up{job=\"javf\"} == 1").size() == 1;
        } catch (final IOException e) {
            // Not listening yet.
            return false;
        }
    }

    private static Outcome promtool(final String input, final String... arguments)
            throws Exception {
        final List<String> command = new ArrayList<>(List.of("promtool"));
        command.addAll(List.of(arguments));
        final Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try (OutputStream stream = process.getOutputStream()) {
            stream.write(input.getBytes(StandardCharsets.UTF_8));
        }
        final String text =
                new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Outcome(process.waitFor(), text);
    }

    private static Set<String> names(final Pattern pattern, final String text) {
        final Set<String> names = new HashSet<>();
        for (final Matcher name = pattern.matcher(text); name.find(); ) {
            names.add(name.group(name.groupCount()));
        }
        return names;
    }

    /** Names of series, those that a histogram is made of too. */
    private static Set<String> served() {
        return names(Pattern.compile("(?m)^(\\w+)[{ ]"), scrape);
    }

    @Test
    void shouldHaveMetricsAsPrometheusWantsThem() throws Exception {
        assertThat(promtool(scrape, "check", "metrics")).isEqualTo(new Outcome(0, ""));
    }

    @Test
    void shouldAnswerAQueryForEveryMetric() throws Exception {
        awaitScrape();
        final List<String> missing = new ArrayList<>();
        for (final MetricFamily family : MetricFamilies.ALL) {
            final String series =
                    family.type() == MetricFamily.Type.HISTOGRAM
                            ? family.exposedName() + "_bucket"
                            : family.exposedName();
            if (query(series).isEmpty()) {
                missing.add(series);
            }
        }
        assertThat(missing).isEmpty();
        assertThat(query("javf_up{device=\"left\"}").path(0).path("value").path(1).asText())
                .isEqualTo("1");
        assertThat(
                        query("javf_vlan_filters{device=\"left\",state=\"acked\"}")
                                .path(0)
                                .path("value")
                                .path(1)
                                .asText())
                .isEqualTo("2");
    }

    @Test
    void shouldAlert() throws Exception {
        final Outcome check = promtool("", "check", "rules", RULES.toString());
        assertThat(check.status()).as(check.text()).isZero();
        final Outcome test = promtool("", "test", "rules", RULES_TEST.toString());
        assertThat(test.status()).as(test.text()).isZero();
        assertThat(names(METRIC, Files.readString(RULES))).isSubsetOf(served());
        final String tests = Files.readString(RULES_TEST);
        for (final String alert : names(ALERT, Files.readString(RULES))) {
            assertThat(tests).contains("  - name: " + alert + "\n");
        }
    }

    @Test
    void shouldDrawWhatThereIs() throws Exception {
        awaitScrape();
        final JsonNode dashboard = new ObjectMapper().readTree(DASHBOARD.toFile());
        final List<String> expressions = new ArrayList<>();
        for (final JsonNode panel : dashboard.path("panels")) {
            panel.path("targets").forEach(each -> expressions.add(each.path("expr").asText()));
        }
        assertThat(expressions).hasSizeGreaterThan(30);
        final Set<String> served = served();
        for (final String expression : expressions) {
            assertThat(names(METRIC, expression)).isNotEmpty().isSubsetOf(served);
            final String asked =
                    expression
                            .replace("$__rate_interval", "5m")
                            .replace("$instance", ".*")
                            .replace("$device", ".*");
            assertThat(asked).doesNotContain("$");
            // A syntax error is status 400, and so an exception.
            query(asked);
        }
        for (final JsonNode variable : dashboard.path("templating").path("list")) {
            assertThat(names(METRIC, variable.path("query").path("query").asText()))
                    .isSubsetOf(served);
        }
    }
}
