package dev.javf.daemon.ctl;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.javf.daemon.config.ConfigurationException;
import dev.javf.daemon.config.ConfigurationReader;
import dev.javf.daemon.doctor.Doctor;
import dev.javf.daemon.doctor.Finding;
import dev.javf.daemon.plot.PercentilePlot;

import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The page of {@code javfctl report}: what javfd answers, and what the machine's files say. */
final class HtmlReport {
    private static final Path KERNEL = Path.of("/proc/sys/kernel");
    private static final int RECORDS = 500;

    private final Javfctl program;
    private final Path root;

    /** The configuration; null until it is known. */
    private @Nullable Path file;

    /**
     * A report.
     *
     * @param program asks javfd.
     * @param file the configuration; null for the one that javfd has, or the default without one.
     * @param root of the machine's files, for doctor.
     */
    HtmlReport(final Javfctl program, final @Nullable Path file, final Path root) {
        this.program = program;
        this.file = file;
        this.root = root;
    }

    /**
     * Looks at everything.
     *
     * @param logs of HdrHistogram, drawn too.
     * @return the page.
     * @throws IOException if a log can't be read.
     * @throws ControlClient.FailedException if there are too many curves.
     */
    String write(final List<Path> logs) throws IOException, ControlClient.FailedException {
        final HtmlPage page = new HtmlPage("javf on " + kernel("hostname"));
        page.remark(
                Instant.now().truncatedTo(ChronoUnit.SECONDS)
                        + ", Linux "
                        + kernel("osrelease")
                        + ", "
                        + Runtime.getRuntime().availableProcessors()
                        + " processors");
        final JsonNode functions = daemon(page);
        if (!logs.isEmpty()) {
            page.section("Latency");
            page.picture(
                    PercentilePlot.svg(
                            "Latency",
                            List.of(new PercentilePlot.Panel("", LatencyCommand.curves(logs), 0))));
        }
        final Path configuration = file == null ? ConfigurationReader.FILE_DEFAULT : file;
        doctor(page, configuration);
        configuration(page, configuration);
        if (functions != null) {
            records(page, functions);
        }
        return page.end();
    }

    private static String kernel(final String name) throws IOException {
        return Files.readString(KERNEL.resolve(name)).strip();
    }

    /** What javfd answers; null if it doesn't. */
    private @Nullable JsonNode daemon(final HtmlPage page) {
        try {
            final JsonNode status = program.ask(ControlClient.request("status"));
            if (file == null && status.hasNonNull("configuration")) {
                file = Path.of(status.path("configuration").asText());
            }
            final JsonNode health = program.ask(ControlClient.request("health"));
            page.states(
                    List.of(
                            "javfd " + status.path("version").asText(),
                            "up " + StatusCommand.uptime(status.path("uptime_seconds").asLong()),
                            health.path("health").asText(),
                            health.path("ready").asBoolean() ? "ready" : "not ready"));
            for (final JsonNode reason : health.path("reasons")) {
                page.paragraph(reason.asText());
            }
            page.section("Functions");
            page.table(StatusCommand.functions(status));
            final JsonNode functions =
                    program.ask(ControlClient.request("vf show")).path("functions");
            details(page, functions);
            vlans(page);
            page.section("Ports");
            page.table(PortCommand.table(program.ask(ControlClient.request("port list"))));
            page.section("Threads");
            page.table(threads(status));
            page.section("Counters");
            page.remark("those that aren't 0");
            page.table(StatsCommand.table(program.ask(ControlClient.request("stats"))));
            return functions;
        } catch (final ControlClient.FailedException e) {
            page.states(List.of("failed"));
            page.paragraph(String.valueOf(e.getMessage()));
            return null;
        }
    }

    private static void details(final HtmlPage page, final JsonNode functions) {
        for (final JsonNode function : functions) {
            page.heading(function.path("name").asText());
            final Table table = new Table("RESET BY", "TIMES");
            function.path("resets_by_cause")
                    .properties()
                    .forEach(entry -> {
                        if (entry.getValue().asLong() != 0) {
                            table.row(entry.getKey().replace('_', ' '), entry.getValue().asLong());
                        }
                    });
            page.table(table);
            page.paragraph(
                    "VLANs that the PF allows: "
                            + function.path("vlan_limit").asText()
                            + "; trusted: "
                            + function.path("trust").asText()
                            + "; port VLAN: "
                            + function.path("port_vlan").asText());
            if (!function.path("last_failure").asText().isEmpty()) {
                page.paragraph("last failure: " + function.path("last_failure").asText());
            }
            for (final JsonNode difference : function.path("difference_texts")) {
                page.paragraph("differs: " + difference.asText());
            }
        }
    }

    private void vlans(final HtmlPage page) throws ControlClient.FailedException {
        final JsonNode answer = program.ask(ControlClient.request("vlan show"));
        page.section("VLANs");
        page.table(VlanCommand.table(answer));
        for (final JsonNode function : answer.path("functions")) {
            for (final JsonNode rejection : function.path("rejected")) {
                page.paragraph(
                        function.path("name").asText()
                                + ", VLANs "
                                + rejection.path("vlans").asText()
                                + ": "
                                + rejection.path("remedy").asText());
            }
        }
    }

    private static Table threads(final JsonNode status) {
        final Table table = new Table("THREAD", "BEATS", "LONGEST CYCLE, us", "STALLS");
        for (final JsonNode thread : status.path("threads")) {
            table.row(
                    thread.path("name").asText(),
                    thread.path("beats").asLong(),
                    thread.path("max_cycle_us").asLong(),
                    thread.path("stalls").asLong());
        }
        return table;
    }

    private void doctor(final HtmlPage page, final Path configuration) {
        page.section("Doctor");
        try {
            final Table table = new Table("", "CHECK", "FINDING", "WHAT HELPS");
            for (final Finding finding :
                    Doctor.examine(
                            ConfigurationReader.read(configuration), root, System.getenv())) {
                table.row(
                        DoctorCommand.level(finding),
                        finding.check(),
                        finding.fact(),
                        finding.remedy());
            }
            page.table(table);
        } catch (final ConfigurationException e) {
            page.paragraph(String.valueOf(e.getMessage()));
        }
    }

    private static void configuration(final HtmlPage page, final Path configuration) {
        page.section("Configuration");
        for (final Path each : files(configuration)) {
            page.heading(each.toString());
            try {
                page.lines(Files.readString(each));
            } catch (final IOException e) {
                page.paragraph("can't be read: " + e.getMessage());
            }
        }
    }

    private static List<Path> files(final Path file) {
        final List<Path> files = new ArrayList<>(List.of(file));
        final Path folder = file.resolveSibling("ports.d");
        if (Files.isDirectory(folder)) {
            try (Stream<Path> ports = Files.list(folder)) {
                ports.filter(port -> port.toString().endsWith(".conf"))
                        .sorted()
                        .forEach(files::add);
            } catch (final IOException e) {
                // The folder itself is then the one that can't be read.
                files.add(folder);
            }
        }
        return files;
    }

    private void records(final HtmlPage page, final JsonNode functions) {
        page.section("Flight recorder");
        final Map<String, JsonNode> records = new LinkedHashMap<>();
        final List<PercentilePlot.Curve> curves = new ArrayList<>();
        for (final JsonNode function : functions) {
            final String name = function.path("name").asText();
            try {
                final ObjectNode request = Javfctl.request("trace", name);
                request.put("after", -1);
                request.put("limit", RECORDS);
                final JsonNode answer = program.ask(request).path("records");
                records.put(name, answer);
                curves.add(
                        new PercentilePlot.Curve(
                                name,
                                PercentilePlot.Curve.colour(curves.size()),
                                RequestTimes.sum(RequestTimes.of(answer))));
            } catch (final ControlClient.FailedException e) {
                page.paragraph(name + ": " + e.getMessage());
            }
        }
        if (!curves.isEmpty()) {
            page.picture(
                    PercentilePlot.svg(
                            "From a request to the PF's answer",
                            List.of(new PercentilePlot.Panel("", curves, 0))));
        }
        records.forEach((name, answer) -> {
            page.heading(name);
            page.table(times(RequestTimes.of(answer)));
            final List<String> lines = new ArrayList<>();
            answer.forEach(record -> lines.add(record.asText()));
            page.folded("the last " + lines.size() + " records", String.join("\n", lines));
        });
    }

    private static Table times(final Map<String, Histogram> times) {
        final Table table = new Table("REQUEST", "ANSWERS", "SHORTEST", "MEDIAN", "LONGEST");
        times.forEach((name, histogram) ->
                table.row(
                        name,
                        histogram.getTotalCount(),
                        PercentilePlot.time(histogram.getValueAtPercentile(0)),
                        PercentilePlot.time(histogram.getValueAtPercentile(50)),
                        PercentilePlot.time(histogram.getMaxValue())));
        return table;
    }
}
