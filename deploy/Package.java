import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;

/**
 * Makes the Debian package and the runnable tar: a Java runtime of the modules that are needed (jlink), the jars, the programs
 * with their AOT caches, units, manual pages, completion. A program and not a Maven plugin, because it runs on JDK 25 whatever
 * JDK runs Maven. Arguments: the repository's folder, the version, the time stamp of all files.
 *
 * <p>The programs run from the class path: an AOT cache made on a module path holds only at the paths where it was made.
 */
public final class Package {
    /**
     * The JDK's modules that the jars need by what {@code jdeps} says without the optional parts of Micrometer and picocli
     * (java.desktop, java.sql); of these jdk.unsupported is for Agrona, jdk.management for Micrometer. jdk.jcmd and jdk.jfr
     * are for whoever has to look into a daemon that runs.
     */
    private static final String MODULES =
            "java.base,java.logging,java.management,jdk.httpserver,jdk.jcmd,jdk.jfr,jdk.management,jdk.unsupported";

    private static final long PATIENCE_S = 120;

    /** Where files of the repository go in the package. */
    private static final Map<String, String> FILES = new TreeMap<>(Map.ofEntries(
            Map.entry("deploy/bin/javfd", "usr/sbin/javfd"),
            Map.entry("deploy/bin/javfctl", "usr/bin/javfctl"),
            Map.entry("deploy/javfd.options", "usr/lib/javf/javfd.options"),
            Map.entry("deploy/javfctl.options", "usr/lib/javf/javfctl.options"),
            Map.entry("deploy/javf.conf", "etc/javf/javf.conf"),
            Map.entry("deploy/completion/javfctl", "usr/share/bash-completion/completions/javfctl"),
            Map.entry("deploy/debian/copyright", "usr/share/doc/javf/copyright"),
            Map.entry("deploy/prometheus/javf.rules.yml", "usr/share/doc/javf/prometheus/javf.rules.yml"),
            Map.entry("deploy/prometheus/prometheus.yml", "usr/share/doc/javf/prometheus/prometheus.yml"),
            Map.entry("deploy/grafana/javf.json", "usr/share/doc/javf/grafana/javf.json"),
            Map.entry("systemd/javf-bind", "usr/lib/javf/javf-bind"),
            Map.entry("systemd/javfd.service", "usr/lib/systemd/system/javfd.service"),
            Map.entry("systemd/javf-bind@.service", "usr/lib/systemd/system/javf-bind@.service"),
            Map.entry("systemd/javf.sysusers", "usr/lib/sysusers.d/javf.conf"),
            Map.entry("systemd/javf.tmpfiles", "usr/lib/tmpfiles.d/javf.conf"),
            Map.entry("systemd/javf.modules-load", "usr/lib/modules-load.d/javf.conf"),
            Map.entry("systemd/70-javf-vfio.rules", "usr/lib/udev/rules.d/70-javf-vfio.rules")));

    private final Path root;
    private final Path target;
    private final Path stage;
    private final Path lib;
    private final String version;
    private final Instant time;

    private Package(final Path root, final String version, final Instant time) {
        this.root = root;
        this.target = root.resolve("deploy/target");
        this.stage = target.resolve("stage");
        this.lib = stage.resolve("usr/lib/javf");
        this.version = version.replace("-SNAPSHOT", "~snapshot");
        this.time = time;
    }

    public static void main(final String[] args) throws Exception {
        new Package(Path.of(args[0]).toRealPath(), args[1], Instant.parse(args[2])).make();
    }

    private void make() throws Exception {
        delete(stage);
        Files.createDirectories(lib);
        run(
                List.of(
                        Path.of(System.getProperty("java.home"), "bin/jlink").toString(),
                        "--add-modules", MODULES,
                        "--no-header-files", "--no-man-pages", "--strip-debug",
                        "--output", lib.resolve("runtime").toString()),
                Map.of());
        jars();
        for (final Map.Entry<String, String> file : FILES.entrySet()) {
            copy(root.resolve(file.getKey()), stage.resolve(file.getValue()));
        }
        compressed("deploy/man/javfd.8", "usr/share/man/man8/javfd.8.gz");
        compressed("deploy/man/javfctl.8", "usr/share/man/man8/javfctl.8.gz");
        compressed("CHANGELOG.md", "usr/share/doc/javf/changelog.gz");
        for (final Path page : list(root.resolve("docs"), ".md")) {
            copy(page, stage.resolve("usr/share/doc/javf").resolve(page.getFileName()));
        }
        // Before the caches are made, since they remember the time stamps of the jars and of the runtime.
        stamp();
        train();
        stamp();
        debian();
        tar();
    }

    private void jars() throws IOException {
        final List<Path> jars = new ArrayList<>(list(root.resolve("daemon/target/modules"), ".jar"));
        jars.add(root.resolve("daemon/target/javf-daemon-" + version.replace("~snapshot", "-SNAPSHOT") + ".jar"));
        jars.removeIf(jar -> jar.getFileName().toString().endsWith("-tests.jar"));
        final StringBuilder classPath = new StringBuilder();
        for (final Path jar : jars) {
            copy(jar, lib.resolve("jars").resolve(jar.getFileName()));
            classPath.append("jars/").append(jar.getFileName()).append(' ');
        }
        final Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().put(Attributes.Name.CLASS_PATH, classPath.toString().strip());
        try (OutputStream file = Files.newOutputStream(lib.resolve("javf.jar"));
                JarOutputStream jar = new JarOutputStream(file)) {
            final java.util.zip.ZipEntry entry = new java.util.zip.ZipEntry("META-INF/MANIFEST.MF");
            entry.setLastModifiedTime(FileTime.from(time));
            jar.putNextEntry(entry);
            manifest.write(jar);
            jar.closeEntry();
        }
    }

    /** Runs both programs for their AOT caches, the daemon on two simulated functions. */
    private void train() throws Exception {
        final Path folder = Files.createTempDirectory("javf-package");
        final Path socket = folder.resolve("control.sock");
        final Path configuration = folder.resolve("javf.conf");
        Files.writeString(configuration, """
                functions {
                  left { device = "sim:0/0", vlans = "100-101" }
                  right { device = "sim:0/1" }
                }
                control.socket = "%s"
                metrics.listen = "127.0.0.1:0"
                """.formatted(socket));
        final Path log = target.resolve("training.log");
        final ProcessBuilder builder =
                new ProcessBuilder(stage.resolve("usr/sbin/javfd").toString(), "--config", configuration.toString())
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile());
        builder.environment().put("JAVFD_JAVA_OPTIONS", "-Xlog:aot=error -XX:AOTCacheOutput=" + lib.resolve("javfd.aot"));
        final Process daemon = builder.start();
        try {
            final Map<String, String> environment = Map.of("JAVF_SOCKET", socket.toString());
            for (final String command : List.of(
                    "wait-ready --timeout 60", "vlan add left 200-203", "vlan show left", "vlan del left 200-203",
                    "vf show", "stats", "trace virtchnl left", "health", "reload")) {
                ctl(command, environment);
            }
            final Map<String, String> training = new TreeMap<>(environment);
            training.put("JAVFCTL_JAVA_OPTIONS", "-Xlog:aot=error -XX:AOTCacheOutput=" + lib.resolve("javfctl.aot"));
            // It does what all the others do: asks, reads the configuration, makes tables.
            ctl("report --config " + configuration + " --html " + folder.resolve("report.html"), training);
        } catch (final IllegalStateException e) {
            throw new IllegalStateException(e.getMessage() + "\n" + Files.readString(log), e);
        } finally {
            daemon.destroy();
            if (!daemon.waitFor(PATIENCE_S, TimeUnit.SECONDS)) {
                daemon.destroyForcibly();
            }
            delete(folder);
        }
        for (final String cache : List.of("javfd.aot", "javfctl.aot")) {
            if (!Files.exists(lib.resolve(cache))) {
                throw new IllegalStateException("no " + cache + " was made; see " + log);
            }
        }
    }

    private void ctl(final String command, final Map<String, String> environment) throws Exception {
        final List<String> all = new ArrayList<>(List.of(stage.resolve("usr/bin/javfctl").toString()));
        all.addAll(List.of(command.split(" ")));
        run(all, environment);
    }

    private void debian() throws Exception {
        final Path control = Files.createDirectories(stage.resolve("DEBIAN"));
        long kilobytes = 0;
        try (Stream<Path> files = Files.walk(stage)) {
            for (final Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
                kilobytes += (Files.size(file) + 1023) / 1024;
            }
        }
        Files.writeString(
                control.resolve("control"),
                Files.readString(root.resolve("deploy/debian/control"))
                        .replace("@VERSION@", version)
                        .replace("@SIZE@", Long.toString(kilobytes)));
        Files.writeString(control.resolve("conffiles"), "/etc/javf/javf.conf\n");
        for (final String script : List.of("postinst", "prerm", "postrm")) {
            copy(root.resolve("deploy/debian").resolve(script), control.resolve(script));
            Files.setPosixFilePermissions(control.resolve(script), PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        stamp();
        final Path file = target.resolve("javf_" + version + "_amd64.deb");
        run(
                List.of("dpkg-deb", "--root-owner-group", "-Zxz", "-z3", "--build", stage.toString(), file.toString()),
                Map.of("SOURCE_DATE_EPOCH", Long.toString(time.getEpochSecond())));
        System.out.println(file + ", " + Files.size(file) / 1_000_000 + " MB");
        delete(control);
    }

    /** The same files under one folder, which may be anywhere. */
    private void tar() throws Exception {
        final String name = "javf-" + version + "-linux-amd64";
        final Path file = target.resolve(name + ".tar.gz");
        run(
                List.of(
                        "tar", "--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--mtime=@" + time.getEpochSecond(),
                        "--transform=s,^usr," + name + ",;s,^etc," + name + "/etc,",
                        "--use-compress-program=gzip -n", "-cf", file.toString(), "-C", stage.toString(), "usr", "etc"),
                Map.of());
        System.out.println(file + ", " + Files.size(file) / 1_000_000 + " MB");
    }

    private void compressed(final String from, final String to) throws IOException {
        final Path file = stage.resolve(to);
        Files.createDirectories(file.getParent());
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
            Files.copy(root.resolve(from), out);
        }
    }

    private static void copy(final Path from, final Path to) throws IOException {
        Files.createDirectories(to.getParent());
        Files.copy(from, to, StandardCopyOption.REPLACE_EXISTING);
        Files.setPosixFilePermissions(
                to, PosixFilePermissions.fromString(Files.isExecutable(from) ? "rwxr-xr-x" : "rw-r--r--"));
    }

    /** One time for all files, and folders that everybody may enter. */
    private void stamp() throws IOException {
        try (Stream<Path> paths = Files.walk(stage)) {
            for (final Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                if (Files.isDirectory(path)) {
                    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
                } else {
                    Files.setPosixFilePermissions(
                            path,
                            PosixFilePermissions.fromString(Files.isExecutable(path) ? "rwxr-xr-x" : "rw-r--r--"));
                }
                Files.setLastModifiedTime(path, FileTime.from(time));
            }
        }
    }

    private static List<Path> list(final Path folder, final String ending) throws IOException {
        try (Stream<Path> paths = Files.list(folder)) {
            return paths.filter(path -> path.toString().endsWith(ending)).sorted().toList();
        }
    }

    private static void run(final List<String> command, final Map<String, String> environment) throws Exception {
        final ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(environment);
        final Process process = builder.start();
        final String text = new String(process.getInputStream().readAllBytes());
        if (process.waitFor() != 0) {
            throw new IllegalStateException(
                    command.stream().collect(Collectors.joining(" ")) + ": status " + process.exitValue() + "\n" + text);
        }
    }

    private static void delete(final Path folder) throws IOException {
        if (Files.exists(folder)) {
            try (Stream<Path> paths = Files.walk(folder)) {
                for (final Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
    }
}
