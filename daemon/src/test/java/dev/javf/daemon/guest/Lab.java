package dev.javf.daemon.guest;

import dev.javf.daemon.demo.GuestLab;
import dev.javf.testing.Machine;
import dev.javf.testing.Repository;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** The guest lab that {@code tools/lab/setup} builds. */
final class Lab {
    private static final Path SCRIPTS = Repository.file("tools/lab");

    private Lab() {}

    /** Skips a test, or fails it where skipping is forbidden, on a machine without the lab. */
    static void need() {
        Machine.need(GuestLab.isComplete(), "the guest lab (tools/lab/setup)");
    }

    /** The same on a machine whose lab is older than its firmware. */
    static void needFirmware() {
        need();
        Machine.need(
                Files.exists(GuestLab.folder().resolve("root/usr/share/OVMF/OVMF_CODE_4M.fd")),
                "UEFI firmware in the guest lab (tools/lab/setup)");
    }

    /** The program that runs a guest. */
    static Path guest() {
        return SCRIPTS.resolve("guest");
    }

    /** A program of the lab. */
    static String program(final String name) {
        return GuestLab.folder().resolve(name).toString();
    }

    /** One of DPDK's drivers, which its programs load at run time. */
    static String dpdkDriver(final String name) {
        final Path libraries = GuestLab.folder().resolve("root/usr/lib/x86_64-linux-gnu/dpdk");
        final String suffix = "librte_" + name + ".so.";
        try (Stream<Path> found = Files.walk(libraries)) {
            return found.filter(path -> path.getFileName().toString().startsWith(suffix))
                    .map(Path::toString)
                    .sorted()
                    .findFirst()
                    .orElseThrow(() ->
                            new AssertionError(
                                    "no "
                                            + suffix
                                            + "* in "
                                            + libraries
                                            + "; build the lab anew: tools/lab/setup"));
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
