package dev.javf.daemon.guest;

import dev.javf.daemon.Javfd;
import dev.javf.iavf.VirtualFunction;
import dev.javf.linux.Descriptor;
import dev.javf.packet.PacketPool;
import dev.javf.sim.SimulatedPhysicalFunction;
import dev.javf.vfio.PciDevice;
import dev.javf.virtchnl.Opcode;

import org.agrona.concurrent.Agent;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
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
                    Javfd.class,
                    GuestRoot.class);

    private static final List<String> SYSTEM_LIBRARIES =
            List.of("libc", "libm", "libdl", "libpthread", "librt", "ld-linux-x86-64");

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
                Path.of(System.getProperty("java.home"), "bin", "jlink").toString(),
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
            final String suffix = Files.isDirectory(from) ? "" : ".jar";
            run("cp", "-rL", from.toString(), root.resolve("app/" + i + suffix).toString());
        }
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

    /** The command, inside the guest, that runs a class of the daemon's. */
    static String java(final String root) {
        final String classPath =
                Stream.iterate(0, i -> i + 1)
                        .limit(ANCHORS.size())
                        .map(i -> String.format(Locale.ROOT, "/app/%d:/app/%d.jar", i, i))
                        .collect(Collectors.joining(":"));
        return "env LD_LIBRARY_PATH=/lib64 chroot "
                + root
                + " /java/bin/java --enable-native-access=ALL-UNNAMED"
                + " --add-exports=java.base/jdk.internal.misc=ALL-UNNAMED -Xmx128m"
                + " -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "
                + classPath;
    }
}
