package dev.javf.testing;

import org.junit.jupiter.api.Assumptions;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a test needs of the machine. A test whose need isn't met is skipped with one line that names
 * the need; with {@code -Djavf.test.skip=never} (set by {@code .ci/run}) it fails instead, so that
 * nothing is skipped unnoticed.
 */
public final class Machine {
    /** Environment variable: {@code never} turns each unmet need into a failure. */
    public static final String SKIP_VARIABLE = "JAVF_TEST_SKIP";

    private static final Path STATUS = Path.of("/proc/self/status");
    private static final Pattern EFFECTIVE = Pattern.compile("CapEff:\\s*([0-9a-f]+)");
    private static final int CAP_NET_ADMIN = 12;
    private static final int CAP_SYS_ADMIN = 21;

    private Machine() {}

    /** Needs TAP devices and network namespaces: CAP_NET_ADMIN, CAP_SYS_ADMIN and /dev/net/tun. */
    public static void needsTapAndNamespaces() {
        need(
                Files.exists(Path.of("/dev/net/tun"))
                        && capable(CAP_NET_ADMIN)
                        && capable(CAP_SYS_ADMIN),
                "TAP devices and network namespaces (/dev/net/tun, CAP_NET_ADMIN, CAP_SYS_ADMIN)");
    }

    /**
     * Needs free huge pages of 2 MiB.
     *
     * @param pages how many.
     */
    public static void needsHugePages(final int pages) {
        int free = 0;
        try {
            free =
                    Integer.parseInt(
                            Files.readString(
                                            Path.of(
                                                    "/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages"))
                                    .strip());
        } catch (final java.io.IOException e) {
            free = 0;
        }
        need(free >= pages, pages + " free huge pages of 2 MiB (sysctl vm.nr_hugepages)");
    }

    /**
     * Needs a command on the PATH.
     *
     * @param command its name.
     */
    public static void needsCommand(final String command) {
        boolean found = false;
        for (final String folder : System.getenv().getOrDefault("PATH", "").split(":", -1)) {
            found |= Files.isExecutable(Path.of(folder, command));
        }
        need(found, "the command " + command);
    }

    /**
     * Skips the test, or fails it where skipping is forbidden, unless {@code met}.
     *
     * @param met whether the machine has what is needed.
     * @param what the need, for the one line that explains the skip.
     */
    public static void need(final boolean met, final String what) {
        if (!met && "never".equals(System.getenv(SKIP_VARIABLE))) {
            throw new AssertionError("this machine lacks " + what);
        }
        Assumptions.assumeTrue(met, () -> "skipped: this machine lacks " + what);
    }

    private static boolean capable(final int capability) {
        try {
            final Matcher matcher = EFFECTIVE.matcher(Files.readString(STATUS));
            return matcher.find()
                    && (Long.parseUnsignedLong(matcher.group(1), 16) >>> capability & 1) == 1;
        } catch (final java.io.IOException e) {
            return false;
        }
    }
}
