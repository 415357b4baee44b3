package dev.javf.bench.ring;

import dev.javf.bench.TwoCpus;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Two processes on two processors: an application and the daemon's side of its ring port; and two
 * of DPDK's testpmd, one with virtio-user, the other with net_vhost, which is what DPDK has for two
 * processes that don't trust one another with all their memory.
 */
final class ProcessPairs {
    private static final int[] LENGTHS = {64, 1514};
    private static final String SECONDS = "2";
    private static final String PING_SECONDS = "6";
    private static final Path DPDK = Path.of("tools/lab/dpdk-vhost-pair");

    private ProcessPairs() {}

    /** Runs the pairs in turns, and returns tables in Markdown. */
    static String table(final int rounds) throws IOException {
        final StringBuilder table = new StringBuilder();
        final boolean hasDpdk = hasDpdk();
        table.append("millions of packets per second from one process to another: best (median)")
                .append("\n\n| bytes | javf ring port | DPDK virtio-user to net_vhost |")
                .append(" ratio of medians |\n|--:|--:|--:|--:|\n");
        for (final int lengthBytes : LENGTHS) {
            final double[] javf = new double[rounds];
            final double[] dpdk = new double[rounds];
            for (int round = 0; round < rounds; round++) {
                javf[round] = Double.parseDouble(run("sink", "send", lengthBytes, SECONDS).strip());
                dpdk[round] = hasDpdk ? dpdk(lengthBytes) : 0;
            }
            Arrays.sort(javf);
            Arrays.sort(dpdk);
            final int middle = rounds / 2;
            table.append(
                    String.format(
                            Locale.ROOT,
                            "| %d | %.2f (%.2f) | %s | %s |%n",
                            lengthBytes,
                            javf[rounds - 1],
                            javf[middle],
                            hasDpdk
                                    ? String.format(
                                            Locale.ROOT,
                                            "%.2f (%.2f)",
                                            dpdk[rounds - 1],
                                            dpdk[middle])
                                    : "left out: tools/lab/setup gets it",
                            dpdk[middle] > 0
                                    ? String.format(
                                            Locale.ROOT, "%.2f", javf[middle] / dpdk[middle])
                                    : "-"));
        }
        table.append("\nround trips between two processes, 64 bytes, one packet at a time, us\n\n")
                .append("| 50 % | 90 % | 99 % | 99.9 % | 99.99 % | 99.999 % | most | number |\n")
                .append("|--:|--:|--:|--:|--:|--:|--:|--:|\n|")
                .append(run("echo", "ping", LENGTHS[0], PING_SECONDS));
        return table.toString();
    }

    private static boolean hasDpdk() {
        final String lab = System.getenv("JAVF_LAB");
        final Path folder =
                lab == null
                        ? Path.of(System.getProperty("user.home"), ".cache/javf-lab")
                        : Path.of(lab);
        return Files.exists(folder.resolve("complete")) && Files.isExecutable(DPDK);
    }

    private static double dpdk(final int lengthBytes) throws IOException {
        final Process pair =
                new ProcessBuilder(DPDK.toString(), Integer.toString(lengthBytes), SECONDS)
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        try (BufferedReader output = pair.inputReader()) {
            final String line = output.readLine();
            return line == null ? 0 : Double.parseDouble(line);
        }
    }

    private static String run(
            final String peerMode, final String mode, final int lengthBytes, final String seconds)
            throws IOException {
        final TwoCpus cpus = TwoCpus.allowed();
        final String socket = "@javf-bench-" + ProcessHandle.current().pid();
        final Process peer = java(RingPeer.class, socket, peerMode, Integer.toString(cpus.first()));
        try (BufferedReader ready = peer.inputReader()) {
            if (!"ready".equals(ready.readLine())) {
                throw new IOException("the daemon's side has not started");
            }
            final Process application =
                    java(
                            RingApplication.class,
                            socket,
                            mode,
                            Integer.toString(lengthBytes),
                            seconds,
                            Integer.toString(cpus.second()));
            try (BufferedReader output = application.inputReader()) {
                final String line = output.readLine();
                if (line == null) {
                    throw new IOException("the application has failed");
                }
                return line + "\n";
            } finally {
                application.destroy();
            }
        } finally {
            peer.destroyForcibly();
        }
    }

    private static Process java(final Class<?> main, final String... arguments) throws IOException {
        final List<String> command =
                new ArrayList<>(
                        List.of(
                                ProcessHandle.current().info().command().orElse("java"),
                                "--enable-native-access=ALL-UNNAMED",
                                "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED",
                                "-Djavf.disable.checks=true",
                                "-XX:+UseSerialGC",
                                "-Xms64m",
                                "-Xmx64m",
                                "-cp",
                                System.getProperty("java.class.path"),
                                main.getName()));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    }
}
