package dev.javf.daemon.guest;

import dev.javf.client.JavfPort;
import dev.javf.daemon.Javfd;
import dev.javf.iavf.VirtualFunction;
import dev.javf.linux.Descriptor;
import dev.javf.packet.PacketPool;
import dev.javf.sim.SimulatedPhysicalFunction;
import dev.javf.vfio.PciDevice;
import dev.javf.virtchnl.Opcode;
import dev.javf.virtio.net.NetworkControl;

import org.HdrHistogram.Histogram;
import org.agrona.concurrent.Agent;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A root folder with a small Java runtime and the daemon's classes, to be copied into a guest's
 * memory and run there: the host's own runtime over a shared folder takes a minute to start.
 */
final class GuestRoot {
    /** One class of each place that the daemon's classes are in. */
    private static final List<Class<?>> ANCHORS =
            List.of(
                    Agent.class,
                    Descriptor.class,
                    PciDevice.class,
                    PacketPool.class,
                    Opcode.class,
                    VirtualFunction.class,
                    SimulatedPhysicalFunction.class,
                    NetworkControl.class,
                    Histogram.class,
                    JavfPort.class,
                    Javfd.class,
                    GuestRoot.class);

    private static final List<String> SYSTEM_LIBRARIES =
            List.of("libc", "libm", "libdl", "libpthread", "librt", "ld-linux-x86-64");

    private static final List<String> OPTIONS =
            List.of(
                    "--enable-native-access=ALL-UNNAMED",
                    "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED",
                    "-Xmx128m",
                    "-XX:+UseSerialGC");

    private GuestRoot() {}

    /**
     * Makes it.
     *
     * @param root the folder, which doesn't exist yet.
     */
    static void make(final Path root) throws IOException, InterruptedException {
        Files.createDirectories(root);
        for (final String folder : List.of("app", "lib64", "proc", "sys", "dev", "run", "tmp")) {
            Files.createDirectories(root.resolve(folder));
        }
        run(
                tool("jlink"),
                "--add-modules",
                "java.base,java.logging,jdk.unsupported",
                "--strip-debug",
                "--no-header-files",
                "--no-man-pages",
                "--generate-cds-archive",
                "--output",
                root.resolve("java").toString());
        copyLibraries(root.resolve("lib64"));
        for (int i = 0; i < ANCHORS.size(); i++) {
            final Path from = location(ANCHORS.get(i));
            final String jar = root.resolve("app/" + i + ".jar").toString();
            if (Files.isDirectory(from)) {
                // Packed: the cache takes classes from jars only.
                run(tool("jar"), "-c", "-0", "-f", jar, "-C", from.toString(), ".");
            } else {
                run("cp", "-L", from.toString(), jar);
            }
        }
    }

    /**
     * Makes an ahead-of-time cache of the classes that the daemon takes to drive a function: an
     * emulated machine starts Java in half the time with it.
     *
     * @param root made before.
     * @param function one that nobody drives yet, by its name.
     */
    static void train(final Path root, final String function)
            throws IOException, InterruptedException {
        final List<String> command = new ArrayList<>();
        command.add(root.resolve("java/bin/java").toString());
        command.addAll(OPTIONS);
        command.add("-Xlog:disable");
        command.add("-XX:AOTCacheOutput=" + root.resolve("app/cache.aot"));
        command.addAll(List.of("-cp", classPath(root.resolve("app").toString())));
        command.addAll(List.of(GuestDaemon.class.getName(), function));
        run(command.toArray(String[]::new));
    }

    private static String tool(final String name) {
        return Path.of(System.getProperty("java.home"), "bin", name).toString();
    }

    private static Path location(final Class<?> anchor) {
        try {
            return Path.of(anchor.getProtectionDomain().getCodeSource().getLocation().toURI());
        } catch (final URISyntaxException e) {
            throw new IllegalStateException(anchor.getName(), e);
        }
    }

    /** The C library that this process runs with. */
    private static void copyLibraries(final Path into) throws IOException, InterruptedException {
        final List<Path> libraries = new ArrayList<>();
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
            lines.map(line -> line.replaceFirst("^[^/]*", ""))
                    .filter(path -> SYSTEM_LIBRARIES.contains(path.replaceAll(".*/|\\.so.*", "")))
                    .distinct()
                    .map(Path::of)
                    .forEach(libraries::add);
        }
        for (final Path library : libraries) {
            run("cp", "-L", library.toString(), into.toString());
        }
    }

    private static void run(final String... command) throws IOException, InterruptedException {
        final int status = new ProcessBuilder(command).inheritIO().start().waitFor();
        if (status != 0) {
            throw new IllegalStateException(String.join(" ", command) + ": status " + status);
        }
    }

    private static String classPath(final String folder) {
        return IntStream.range(0, ANCHORS.size())
                .mapToObj(i -> folder + "/" + i + ".jar")
                .collect(Collectors.joining(":"));
    }

    /** The command, inside the guest, that runs a class of the daemon's. */
    static String java(final String root) {
        return "env LD_LIBRARY_PATH=/lib64 chroot "
                + root
                + " /java/bin/java -XX:TieredStopAtLevel=1 -XX:AOTCache=/app/cache.aot "
                + String.join(" ", OPTIONS)
                + " -cp "
                + classPath("/app");
    }
}
