package dev.javf.daemon.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigResolveOptions;
import com.typesafe.config.ConfigSyntax;
import com.typesafe.config.ConfigValue;

import dev.javf.sim.SimulatedPhysicalFunctionContext;
import dev.javf.virtchnl.VlanSet;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads {@code javf.conf} and the files of the folder {@code ports.d} beside it. The format is
 * HOCON, which JSON is a part of; `include` is refused, because a file must say by itself what it
 * says. Everything that is wrong is found in one go.
 */
public final class ConfigurationReader {
    /** Where the configuration is unless javfd is told otherwise. */
    public static final Path FILE_DEFAULT = Path.of("/etc/javf/javf.conf");

    /** A larger file is no configuration. */
    static final long FILE_BYTES_MAX = 1 << 20;

    private static final String PORTS_FOLDER = "ports.d";
    private static final String DAEMON = "daemon";
    private static final String CONTROL = "control";
    private static final String METRICS = "metrics";
    private static final String TELEMETRY = "telemetry";
    private static final String SIMULATOR = "simulator";
    private static final String FUNCTIONS = "functions";
    private static final String PORTS = "ports";

    /** The sections that there is one of, with their keys, in the order of the reference. */
    static final Map<String, List<Key<?>>> SECTIONS = sections();

    private final List<Problem> problems = new ArrayList<>();
    private final Map<String, Values> single = new HashMap<>();
    private final Map<String, FunctionSection> functions = new LinkedHashMap<>();
    private final Map<String, PortSection> ports = new LinkedHashMap<>();
    private boolean isComplete = true;

    private ConfigurationReader() {}

    private static Map<String, List<Key<?>>> sections() {
        final Map<String, List<Key<?>>> sections = new LinkedHashMap<>();
        sections.put(DAEMON, DaemonSection.KEYS);
        sections.put(CONTROL, ControlSection.KEYS);
        sections.put(METRICS, MetricsSection.KEYS);
        sections.put(TELEMETRY, TelemetrySection.KEYS);
        sections.put(SIMULATOR, SimulatorSection.KEYS);
        return Collections.unmodifiableMap(sections);
    }

    /**
     * Reads the configuration.
     *
     * @param file the main one; the others are in its folder's {@code ports.d}.
     * @return the configuration.
     * @throws ConfigurationException with all that is wrong.
     */
    public static Configuration read(final Path file) throws ConfigurationException {
        final ConfigurationReader reader = new ConfigurationReader();
        reader.readFile(file, true);
        reader.portFiles(file).forEach(each -> reader.readFile(each, false));
        return reader.configuration(file);
    }

    private List<Path> portFiles(final Path file) {
        final Path parent = file.toAbsolutePath().getParent();
        final Path folder = (parent == null ? Path.of("/") : parent).resolve(PORTS_FOLDER);
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        final List<Path> files = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, "*.conf")) {
            entries.forEach(files::add);
        } catch (final IOException | DirectoryIteratorException e) {
            problems.add(new Problem(folder.toString(), "", "can't be listed: " + e.getMessage()));
        }
        Collections.sort(files);
        return files;
    }

    private void readFile(final Path file, final boolean isMain) {
        final SectionReader reader = new SectionReader(file.toString(), problems);
        final ConfigObject root = parse(file);
        if (root == null) {
            isComplete = false;
            return;
        }
        final List<String> known = new ArrayList<>(isMain ? SECTIONS.keySet() : Set.of());
        known.add(FUNCTIONS);
        known.add(PORTS);
        reader.refuseUnknown(root, "", known);
        if (isMain) {
            SECTIONS.forEach((name, keys) -> {
                final ConfigObject section = reader.section(root, "", name);
                final Values values =
                        reader.read(
                                section == null ? ConfigFactory.empty().root() : section,
                                name,
                                "",
                                keys);
                if (values != null) {
                    single.put(name, values);
                }
            });
        }
        each(
                reader,
                root,
                FUNCTIONS,
                (name, path, section) -> {
                    final Values values = reader.read(section, path, name, FunctionSection.KEYS);
                    if (values != null
                            && isNew(reader, section, path, placeOf(functions.get(name)))) {
                        functions.put(name, new FunctionSection(values));
                    }
                });
        each(
                reader,
                root,
                PORTS,
                (name, path, section) -> {
                    final PortKind kind = kind(reader, section, path);
                    if (kind == null) {
                        return;
                    }
                    final List<Key<?>> keys = new ArrayList<>(PortSection.KEYS);
                    keys.addAll(kind.keys());
                    final Values values = reader.read(section, path, name, keys);
                    final PortSection other = ports.get(name);
                    if (values != null
                            && isNew(
                                    reader,
                                    section,
                                    path,
                                    other == null ? null : other.values().place())) {
                        ports.put(name, new PortSection(kind, values));
                    }
                });
    }

    private static @Nullable String placeOf(final @Nullable FunctionSection function) {
        return function == null ? null : function.values().place();
    }

    private interface Each {
        void read(String name, String path, ConfigObject section);
    }

    private static void each(
            final SectionReader reader,
            final ConfigObject root,
            final String group,
            final Each each) {
        final ConfigObject sections = reader.section(root, "", group);
        if (sections == null) {
            return;
        }
        // The parser keeps no order; by line is how they were written.
        sections.entrySet().stream()
                .sorted(
                        Comparator.<Map.Entry<String, ConfigValue>>comparingInt(
                                        entry -> entry.getValue().origin().lineNumber())
                                .thenComparing(Map.Entry::getKey))
                .map(Map.Entry::getKey)
                .forEach(name -> {
                    final ConfigObject section = reader.section(sections, group, name);
                    if (section != null && reader.checkName(section.origin(), group, name)) {
                        each.read(name, group + "." + name, section);
                    }
                });
    }

    private static boolean isNew(
            final SectionReader reader,
            final ConfigObject section,
            final String path,
            final @Nullable String other) {
        if (other == null) {
            return true;
        }
        reader.problem(section.origin(), path, "is also at " + other + "; names must differ");
        return false;
    }

    private static @Nullable PortKind kind(
            final SectionReader reader, final ConfigObject section, final String path) {
        final List<String> names = PortKinds.ALL.stream().map(PortKind::name).toList();
        final var value = section.get(PortSection.KIND.name());
        if (value == null) {
            reader.problem(
                    section.origin(),
                    path,
                    "the key 'kind' is missing; it must be one of " + String.join(", ", names));
            return null;
        }
        final String name = String.valueOf(value.unwrapped());
        for (final PortKind kind : PortKinds.ALL) {
            if (kind.name().equals(name)) {
                return kind;
            }
        }
        reader.problem(
                value.origin(),
                path + ".kind",
                "'"
                        + name
                        + "': must be one of "
                        + String.join(", ", names)
                        + NearestWord.hint(name, names));
        return null;
    }

    private @Nullable ConfigObject parse(final Path file) {
        final String text;
        try {
            text = text(file);
        } catch (final IOException e) {
            problems.add(new Problem(file.toString(), "", reason(e)));
            return null;
        }
        final RefusingIncluder includer = new RefusingIncluder();
        try {
            final Config parsed =
                    ConfigFactory.parseReader(
                            new StringReader(text),
                            ConfigParseOptions.defaults()
                                    .setSyntax(ConfigSyntax.CONF)
                                    .setOriginDescription(file.toString())
                                    .setIncluder(includer));
            return parsed.resolve(ConfigResolveOptions.defaults()).root();
        } catch (final ConfigException e) {
            final int line = e.origin() == null ? 0 : e.origin().lineNumber();
            problems.add(
                    new Problem(
                            line > 0 ? file + ":" + line : file.toString(), "", message(file, e)));
            return null;
        }
    }

    private static String message(final Path file, final ConfigException error) {
        return String.valueOf(error.getMessage())
                .replaceFirst("^\\Q" + file + "\\E: \\d+: ", "")
                .replaceFirst("^\\w+ \\(?\\Q" + file + "\\E: \\d+\\)?: ", "");
    }

    private static String text(final Path file) throws IOException {
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            throw new IOException("is no file");
        }
        final long bytes = Files.size(file);
        if (bytes > FILE_BYTES_MAX) {
            throw new IOException(
                    "has " + bytes + " bytes; a configuration has at most " + FILE_BYTES_MAX);
        }
        if (Files.getPosixFilePermissions(file).contains(PosixFilePermission.OTHERS_WRITE)) {
            throw new IOException("can be written by everybody: chmod o-w " + file);
        }
        return Files.readString(file);
    }

    private static String reason(final IOException error) {
        if (error instanceof NoSuchFileException) {
            return "there is no such file";
        }
        if (error instanceof AccessDeniedException) {
            return "may not be read by this user: chmod or chown it";
        }
        if (error instanceof CharacterCodingException) {
            return "isn't UTF-8 text";
        }
        return String.valueOf(error.getMessage());
    }

    private Configuration configuration(final Path file) throws ConfigurationException {
        if (isComplete && problems.isEmpty()) {
            checkTogether(file);
        }
        if (!problems.isEmpty()) {
            throw new ConfigurationException(problems);
        }
        return new Configuration(
                new DaemonSection(required(DAEMON)),
                new ControlSection(required(CONTROL)),
                new MetricsSection(required(METRICS)),
                new TelemetrySection(required(TELEMETRY)),
                new SimulatorSection(required(SIMULATOR)),
                List.copyOf(functions.values()),
                List.copyOf(ports.values()));
    }

    private Values required(final String section) {
        final Values values = single.get(section);
        if (values == null) {
            throw new IllegalStateException("section " + section + " was not read");
        }
        return values;
    }

    /** What is right in itself may not be together. */
    private void checkTogether(final Path file) {
        if (functions.isEmpty()) {
            problems.add(
                    new Problem(
                            file.toString(),
                            FUNCTIONS,
                            "there is none to drive; write for example: functions { vf0 { device ="
                                    + " \"0000:3b:01.0\" } }"));
        }
        final Map<String, String> devices = new HashMap<>();
        long buffers = 0;
        for (final FunctionSection function : functions.values()) {
            buffers += function.buffers();
            claim(
                    devices,
                    function.values(),
                    "functions." + function.name() + ".device",
                    function.device().toString());
        }
        final int available = new DaemonSection(required(DAEMON)).packetBuffers();
        if (buffers > available) {
            problems.add(
                    new Problem(
                            required(DAEMON).place(),
                            "daemon.packet-buffers",
                            available
                                    + ": the rings of all functions can take "
                                    + buffers
                                    + "; give it at least that many, or shorten ring-length"));
        }
        checkPollers();
        checkAlone();
        checkSimulator();
        final Map<String, String> resources = new HashMap<>();
        final Map<String, String> places = new HashMap<>();
        for (final PortSection port : ports.values()) {
            final String path = "ports." + port.name();
            if (!functions.containsKey(port.function())) {
                problems.add(
                        new Problem(
                                port.values().place(),
                                path + ".function",
                                "there is no function '"
                                        + port.function()
                                        + "'"
                                        + NearestWord.hint(port.function(), functions.keySet())));
                continue;
            }
            final VlanSet trunk =
                    port.values()
                            .find(GuestKind.TRUNK)
                            .or(() -> port.values().find(RingKind.TRUNK))
                            .orElse(VlanSet.EMPTY);
            if (port.vlan() != 0 && !trunk.isEmpty()) {
                problems.add(
                        new Problem(
                                port.values().place(),
                                path + ".trunk",
                                trunk
                                        + ": the port has VLAN "
                                        + port.vlan()
                                        + "; a port is one or the other"));
            }
            claim(resources, port.values(), path, port.kind().resource(port));
            claim(
                    places,
                    port.values(),
                    path,
                    "VLAN "
                            + port.vlan()
                            + " of function '"
                            + port.function()
                            + "' with "
                            + (port.mac() == null
                                    ? "the function's own MAC address"
                                    : "MAC address " + port.mac()));
        }
    }

    /** A port that needs a function to itself has it. */
    private void checkAlone() {
        for (final PortSection port : ports.values()) {
            final List<String> others =
                    ports.values().stream()
                            .filter(other -> !other.name().equals(port.name()))
                            .filter(other -> other.function().equals(port.function()))
                            .map(PortSection::name)
                            .toList();
            if (port.kind().ownBuffers(port) > 0 && !others.isEmpty()) {
                problems.add(
                        new Problem(
                                port.values().place(),
                                "ports." + port.name() + "." + RingKind.TRANSFER.name(),
                                "zero-copy shows port "
                                        + port.name()
                                        + "'s application all packets of function "
                                        + port.function()
                                        + ", which ports "
                                        + others
                                        + " have, too; give them another function, or use"
                                        + " transfer = copy"));
            }
        }
    }

    private void checkSimulator() {
        final SimulatorSection simulator = new SimulatorSection(required(SIMULATOR));
        if (simulator.pf().isI40e()
                && simulator.maxQueuePairs() > SimulatedPhysicalFunctionContext.MAX_QUEUE_PAIRS) {
            problems.add(
                    new Problem(
                            required(SIMULATOR).place(),
                            "simulator.max-queue-pairs",
                            simulator.maxQueuePairs()
                                    + ": an i40e PF gives 16 at most; leave it out, or simulate"
                                    + " an ice PF (simulator.pf)"));
        }
    }

    private void checkPollers() {
        final int pollers = new DaemonSection(required(DAEMON)).pollers();
        for (final FunctionSection function : functions.values()) {
            for (final int poller : function.pollers()) {
                requirePoller(
                        poller,
                        pollers,
                        function.values(),
                        "functions." + function.name() + ".pollers");
            }
        }
        for (final PortSection port : ports.values()) {
            final Integer poller = port.poller();
            if (poller != null) {
                requirePoller(poller, pollers, port.values(), "ports." + port.name() + ".poller");
            }
        }
    }

    private void requirePoller(
            final int poller, final int pollers, final Values values, final String path) {
        if (poller >= pollers) {
            problems.add(
                    new Problem(
                            values.place(),
                            path,
                            poller
                                    + ": there are "
                                    + pollers
                                    + " pollers, 0 to "
                                    + (pollers - 1)
                                    + "; raise daemon.pollers"));
        }
    }

    private void claim(
            final Map<String, String> owners,
            final Values values,
            final String path,
            final String what) {
        final String other = owners.putIfAbsent(what, path + " (" + values.place() + ")");
        if (other != null) {
            problems.add(
                    new Problem(
                            values.place(),
                            path,
                            what + " belongs to " + other + " already; change one of them"));
        }
    }
}
