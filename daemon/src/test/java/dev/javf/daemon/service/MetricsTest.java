package dev.javf.daemon.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.client.JavfPort;
import dev.javf.client.PortContext;
import dev.javf.client.PortListener;
import dev.javf.daemon.BucketHistogram;
import dev.javf.testing.Repository;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The scrape of a running daemon, and its reference. */
class MetricsTest {
    private static final Path PAGE = Repository.file("docs/metrics.md");
    static final Pattern ADDRESS = Pattern.compile("metrics at http://(127\\.0\\.0\\.1):(\\d+)");
    private static final Pattern SAMPLE =
            Pattern.compile("([a-zA-Z_:][a-zA-Z0-9_:]*)(\\{.*\\})? (NaN|[-+]?Inf|[-+0-9.eE]+)");

    @TempDir private static Path folder;

    private static JavfdProcess daemon;
    private static String root;
    private static int port;

    @BeforeAll
    static void start() throws Exception {
        daemon =
                JavfdProcess.ready(
                        folder,
                        JavfdProcess.twoFunctions()
                                + "functions.left.statistics-period = 1h\n"
                                + "functions.right.statistics-period = 1h\n"
                                + "ports.app { kind = ring, function = left, vlan = 100, socket ="
                                + " \""
                                + folder.resolve("app.sock")
                                + "\" }\n"
                                + "ports.vm { kind = vhost-user, function = right, socket = \""
                                + folder.resolve("vm.sock")
                                + "\" }\n");
        final Matcher address = ADDRESS.matcher(daemon.log());
        assertThat(address.find()).isTrue();
        assertThat(daemon.log()).doesNotContain("io.micrometer");
        port = Integer.parseInt(address.group(2));
        root = "http://127.0.0.1:" + port;
    }

    @AfterAll
    static void stop() {
        daemon.close();
    }

    private record Response(int statusCode, String contentType, String body) {}

    private static Response get(final String path) throws IOException {
        return get(path, "*/*");
    }

    private static Response get(final String path, final String accept) throws IOException {
        final HttpURLConnection connection =
                (HttpURLConnection) URI.create(root + path).toURL().openConnection();
        connection.setRequestProperty("Accept", accept);
        final int status = connection.getResponseCode();
        final String type = connection.getContentType();
        try (InputStream body =
                status < 400 ? connection.getInputStream() : connection.getErrorStream()) {
            return new Response(
                    status,
                    type == null ? "" : type,
                    new String(body.readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    private static Map<String, String> samples(final String scrape) {
        final Map<String, String> samples = new TreeMap<>();
        scrape.lines()
                .filter(line -> !line.startsWith("#"))
                .forEach(line -> {
                    final Matcher sample = SAMPLE.matcher(line);
                    assertThat(sample.matches()).as(line).isTrue();
                    final String series =
                            sample.group(1) + (sample.group(2) == null ? "" : sample.group(2));
                    assertThat(samples.put(series, sample.group(3)))
                            .as("twice: " + series)
                            .isNull();
                });
        return samples;
    }

    private static String table() {
        final StringBuilder table =
                new StringBuilder("| metric | type | labels | |\n|---|---|---|---|\n");
        for (final MetricFamily family : MetricFamilies.ALL) {
            table.append("| `")
                    .append(family.exposedName())
                    .append("` | ")
                    .append(ServiceCommands.lower(family.type()))
                    .append(" | ")
                    .append(String.join(", ", family.labels()))
                    .append(" | ")
                    .append(family.help())
                    .append(" |\n");
        }
        return table.toString();
    }

    @Test
    void shouldDescribeEveryMetric() throws IOException {
        Repository.keep(PAGE, "table", table());
    }

    @Test
    void shouldServeWhatTheReferenceSays() throws Exception {
        final Response scrape = get("/metrics");
        assertThat(scrape.statusCode()).isEqualTo(200);
        assertThat(scrape.contentType()).startsWith("text/plain; version=0.0.4");
        final Map<String, String> samples = samples(scrape.body());
        for (final MetricFamily family : MetricFamilies.ALL) {
            assertThat(scrape.body())
                    .contains("# HELP " + family.exposedName() + " " + family.help() + "\n")
                    .contains(
                            "# TYPE "
                                    + family.exposedName()
                                    + " "
                                    + ServiceCommands.lower(family.type())
                                    + "\n");
        }
        final List<String> strangers = new ArrayList<>();
        scrape.body()
                .lines()
                .filter(line -> line.startsWith("# TYPE "))
                .forEach(line -> {
                    final String name = line.split(" ", -1)[2];
                    if (MetricFamilies.ALL.stream()
                                    .noneMatch(each -> each.exposedName().equals(name))
                            && !name.matches("(jvm|process|system)_.*")) {
                        strangers.add(name);
                    }
                });
        assertThat(strangers).isEmpty();
        assertThat(samples)
                .containsEntry("javf_ready", "1.0")
                .containsEntry(of("left", "javf_up"), "1.0")
                .containsEntry(of("left", "javf_mtu_bytes"), "1504.0")
                .containsEntry(of("right", "javf_speed_bytes"), "1.25E10")
                .containsEntry(of("left", "javf_state", "state", "up"), "1.0")
                .containsEntry(of("left", "javf_state", "state", "down"), "0.0")
                .containsEntry(
                        of("left", "javf_state_transitions_total", "from", "starting", "to", "up"),
                        "1.0")
                .containsEntry(of("left", "javf_carrier_changes_total"), "1.0")
                .containsEntry(of("left", "javf_vlan_filters", "state", "acked"), "2.0")
                .containsEntry(of("left", "javf_vlan_filter_limit"), "8.0")
                .containsEntry(
                        of("left", "javf_virtchnl_duration_seconds_count", "op", "add_vlan_v2"),
                        "1")
                .containsEntry(
                        of(
                                "left",
                                "javf_virtchnl_duration_seconds_bucket",
                                "op",
                                "add_vlan_v2",
                                "le",
                                "+Inf"),
                        "1")
                .containsEntry(
                        of(
                                "left",
                                "javf_virtchnl_requests_total",
                                "op",
                                "add_vlan_v2",
                                "result",
                                "ok"),
                        "1.0")
                .containsEntry(of("left", "javf_virtchnl_inflight"), "0.0")
                .containsEntry(
                        of("left", "javf_vlan_batches_total", "op", "add", "result", "ok"), "1.0")
                .containsEntry(of("left", "javf_vlan_batch_size_sum", "op", "add_vlan_v2"), "2.0")
                .containsEntry(of("left", "javf_latency_seconds_count", "stage", "up"), "1")
                .containsEntry(of("left", "javf_reset_duration_seconds_count"), "0")
                .containsKey(of("left", "javf_receive_packets_total", "queue", "0"));
        final String up =
                samples.get(
                        of(
                                "left",
                                "javf_latency_quantile_seconds",
                                "stage",
                                "up",
                                "quantile",
                                "1.0"));
        assertThat(Double.parseDouble(up)).isBetween(1e-6, 60.0);
        for (final String thread : List.of("javf-conductor", "javf-poller-0")) {
            final String suffix = "{thread=\"" + thread + "\"}";
            assertThat(Double.parseDouble(samples.get("javf_poll_iterations_total" + suffix)))
                    .isGreaterThanOrEqualTo(
                            Double.parseDouble(
                                    samples.get("javf_poll_busy_iterations_total" + suffix)))
                    .isPositive();
            assertThat(samples)
                    .containsKey(
                            "javf_poll_context_switches_total{thread=\""
                                    + thread
                                    + "\",voluntary=\"false\"}")
                    .containsKey(
                            "javf_poll_duration_quantile_seconds{thread=\""
                                    + thread
                                    + "\",quantile=\"0.999\"}");
        }
        assertThat(Double.parseDouble(samples.get("javf_memory_used_bytes")))
                .isLessThan(Double.parseDouble(samples.get("javf_memory_pool_bytes")))
                .isPositive();
    }

    @Test
    void shouldCountTheApplicationsOfARingPort() throws Exception {
        final String suffix = "{device=\"left\",port=\"app\"}";
        assertThat(samples(get("/metrics").body()))
                .containsEntry("javf_ring_clients" + suffix, "0.0")
                .containsEntry(
                        "javf_ring_quarantines_total{device=\"left\",port=\"app\",reason=\"flags\"}",
                        "0.0")
                .containsEntry(
                        "javf_ring_drop_total{device=\"left\",port=\"app\",reason=\"not_asked\"}",
                        "0.0");
        final PortContext context =
                new PortContext()
                        .socket(folder.resolve("app.sock").toString())
                        .listener(new PortListener() {});
        try (JavfPort application = JavfPort.connect(context)) {
            assertThat(application.properties().mac()).isNotNull();
            assertThat(samples(get("/metrics").body()))
                    .containsEntry("javf_ring_clients" + suffix, "1.0")
                    .containsEntry("javf_ring_connections_total" + suffix, "1.0")
                    .containsEntry("javf_ring_refusals_total" + suffix, "0.0");
        }
    }

    @Test
    void shouldKnowTheCpuOfEachThread() throws Exception {
        final double cpu =
                Double.parseDouble(
                        samples(get("/metrics").body())
                                .get("javf_poll_cpu{thread=\"javf-poller-0\"}"));
        assertThat(cpu).isBetween(0.0, 4096.0);
    }

    @Test
    void shouldSayWhatADeviceIs() throws Exception {
        assertThat(get("/metrics").body())
                .containsPattern(
                        "javf_device_info\\{device=\"left\",driver=\"\",iommu=\"\",mac=\"[0-9a-f:]{17}\",.*,virtchnl_version=\"1\\.1\"\\}"
                            + " 1\\.0");
    }

    /** A series of a function, and further labels and their values in turns. */
    private static String of(final String function, final String name, final String... more) {
        final Map<String, String> labels = new TreeMap<>();
        labels.put("device", function);
        labels.put("pci_address", "");
        labels.put("pf", "sim0");
        labels.put("vf", function.equals("left") ? "0" : "1");
        labels.put("numa_node", "");
        String bound = "";
        for (int i = 0; i < more.length; i += 2) {
            if (more[i].equals("le") || more[i].equals("quantile")) {
                bound = "," + more[i] + "=\"" + more[i + 1] + "\"";
            } else {
                labels.put(more[i], more[i + 1]);
            }
        }
        return name
                + labels.entrySet().stream()
                        .map(label -> label.getKey() + "=\"" + label.getValue() + "\"")
                        .collect(Collectors.joining(",", "{", bound + "}"));
    }

    @Test
    void shouldServeOpenMetrics() throws Exception {
        final Response scrape = get("/metrics", "application/openmetrics-text; version=1.0.0");
        assertThat(scrape.contentType()).startsWith("application/openmetrics-text; version=1.0.0");
        assertThat(scrape.body()).contains("# TYPE javf_resets counter\n").endsWith("# EOF\n");
    }

    @Test
    void shouldSendNoMessageForAScrape() throws Exception {
        final String series = of("left", "javf_virtchnl_sent_total", "op", "get_stats");
        final Map<String, String> before = samples(get("/metrics").body());
        Map<String, String> after = before;
        for (int i = 0; i < 20; i++) {
            after = samples(get("/metrics").body());
        }
        assertThat(after).containsKey(series);
        for (final Map.Entry<String, String> sample : after.entrySet()) {
            if (sample.getKey().startsWith("javf_virtchnl_sent")) {
                assertThat(sample.getValue()).isEqualTo(before.get(sample.getKey()));
            }
        }
    }

    @Test
    void shouldAnswerProbes() throws Exception {
        assertThat(get("/health/live").body()).isEqualTo("alive\n");
        assertThat(get("/health/ready").body()).isEqualTo("ready, ok\n");
        assertThat(get("/").body()).contains("/metrics");
        assertThat(get("/metrics/other").statusCode()).isEqualTo(404);
        assertThat(get("/favicon.ico").statusCode()).isEqualTo(404);
    }

    @Test
    void shouldGoOnWhileClientsStopInTheMiddle() throws Exception {
        final List<Socket> sockets = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            final Socket socket = new Socket();
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            socket.getOutputStream().write("GET /met".getBytes(StandardCharsets.US_ASCII));
            sockets.add(socket);
        }
        assertThat(daemon.ctl("health").status()).isZero();
        for (final Socket socket : sockets) {
            socket.close();
        }
        assertThat(get("/health/live").statusCode()).isEqualTo(200);
    }

    @Test
    void shouldPutTimesIntoBuckets() {
        final BucketHistogram histogram = BucketHistogram.ofTimes();
        histogram.record(1_000);
        histogram.record(1_001);
        histogram.record(10_000_000_000L);
        histogram.record(10_000_000_001L);
        final int last = histogram.boundCount();
        assertThat(histogram.count(0)).isEqualTo(1);
        assertThat(histogram.count(1)).isEqualTo(1);
        assertThat(histogram.count(last - 1)).isEqualTo(1);
        assertThat(histogram.count(last)).isEqualTo(1);
        assertThat(histogram.sum()).isEqualTo(20_000_002_002L);
    }
}
