package dev.javf.daemon.guest;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** DPDK's testpmd on this machine, from the lab, with its command line. Needs no huge pages. */
final class Testpmd implements AutoCloseable {
    private static final long END_S = 30;

    private final Process process;
    private final List<String> output = Collections.synchronizedList(new ArrayList<>());
    private final Thread reader;

    /**
     * Starts it.
     *
     * @param device the virtual device, with its arguments.
     * @param arguments testpmd's own.
     */
    Testpmd(final String device, final String... arguments) throws IOException {
        final List<String> command =
                new ArrayList<>(List.of("nice", "-n", "5", Lab.program("rootrun"), "dpdk-testpmd"));
        for (final String driver : List.of("mempool_ring", "net_virtio")) {
            command.addAll(List.of("-d", Lab.dpdkDriver(driver)));
        }
        command.addAll(
                List.of(
                        "--no-pci",
                        "--no-huge",
                        "-m",
                        "128",
                        "--no-telemetry",
                        "--file-prefix=javf" + ProcessHandle.current().pid(),
                        "--lcores",
                        "0@0-1,1@0-1",
                        "--vdev",
                        device,
                        "--",
                        "-i",
                        "--nb-cores=1",
                        "--total-num-mbufs=2048",
                        "--forward-mode=io"));
        command.addAll(List.of(arguments));
        process = new ProcessBuilder(command).redirectErrorStream(true).start();
        reader = Thread.ofPlatform().daemon().name("testpmd-output").start(this::read);
    }

    private void read() {
        try (var reader = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                output.add(line);
            }
        } catch (final IOException e) {
            output.add(e.toString());
        }
    }

    void tell(final String command) {
        try {
            process.getOutputStream().write((command + "\n").getBytes(StandardCharsets.UTF_8));
            process.getOutputStream().flush();
        } catch (final IOException e) {
            throw new UncheckedIOException(output(), e);
        }
    }

    private String output() {
        synchronized (output) {
            return String.join("\n", output);
        }
    }

    /**
     * Ends it. It says most things only then.
     *
     * @return all that it has said.
     */
    String quit() throws InterruptedException {
        tell("quit");
        if (!process.waitFor(END_S, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError("testpmd doesn't end:\n" + output());
        }
        reader.join();
        return output();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
