package dev.javf.daemon.service;

import dev.javf.daemon.DutyCycle;
import dev.javf.daemon.FunctionHost;
import dev.javf.daemon.LatencyRecorder;
import dev.javf.daemon.config.ConfigurationException;
import dev.javf.daemon.config.ConfigurationReader;
import dev.javf.daemon.control.ControlServer;
import dev.javf.daemon.control.Roles;
import dev.javf.linux.Epoll;
import dev.javf.linux.UnixAddress;

import org.HdrHistogram.Histogram;
import org.agrona.IoUtil;
import org.agrona.concurrent.AgentRunner;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * {@code ./javf bench clients [DUTY_CYCLES]}: what 200 clients of the control socket that never
 * stop asking cost the conductor: how long it has a CPU in a duty cycle, without them and with
 * them.
 */
public final class ClientLoad {
    /** The name on the command line. */
    public static final String NAME = "clients";

    private static final int CLIENTS = 200;
    private static final int CLIENTS_MAX = 256;
    private static final int DUTY_CYCLES = 10_000;
    private static final long NAP_NS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final double NS_PER_US = 1e3;
    private static final double NS_PER_S = 1e9;
    private static final double[] PERCENTILES = {50, 99, 99.9, 100};

    private final Path socket;
    private final AtomicLong requests = new AtomicLong();
    private volatile boolean isOver;

    private ClientLoad(final Path socket) {
        this.socket = socket;
    }

    /**
     * Runs it, and prints a table.
     *
     * @param arguments the name, and how many timed duty cycles each part takes, 10,000 unless
     *     given.
     * @throws Exception when it can't start, or a client isn't answered.
     */
    public static void main(final String[] arguments) throws Exception {
        run(arguments.length > 1 ? Integer.parseInt(arguments[1]) : DUTY_CYCLES, System.out);
    }

    /**
     * Runs it.
     *
     * @param cycles timed duty cycles of each of the three parts: nothing, to get warm, and what is
     *     measured.
     * @param out for the table.
     */
    static void run(final int cycles, final Appendable out)
            throws IOException, ConfigurationException, InterruptedException {
        final Path folder = Files.createTempDirectory("javf-clients");
        final Path file = folder.resolve("javf.conf");
        final Path socket = folder.resolve("control.sock");
        try {
            Files.writeString(
                    file,
                    "functions { left { device = \"sim:0/0\" }, right { device = \"sim:0/1\" } }\n"
                            + "control.socket = \""
                            + socket
                            + "\"\n");
            final int own = (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
            try (Service service =
                    Service.launch(file, ConfigurationReader.read(file), FunctionHost.system())) {
                final Epoll epoll = ServiceAgent.Sockets.newEpoll();
                final ServiceAgent agent =
                        new ServiceAgent(
                                service,
                                new ServiceAgent.Sockets(
                                        epoll,
                                        new ControlServer(
                                                new UnixAddress(socket.toString()),
                                                0600,
                                                new Roles(
                                                        List.of(), List.of(), own, Path.of("/etc")),
                                                CLIENTS_MAX,
                                                new ServiceCommands(service).commands(),
                                                epoll),
                                        null),
                                new SystemdNotifier(Map.of(), ProcessHandle.current().pid()));
                try (AgentRunner runner =
                        new AgentRunner(
                                new JavfdProgram.Waiting(agent), error -> {}, null, agent)) {
                    AgentRunner.startOnThread(runner);
                    new ClientLoad(socket).measure(service, cycles, out);
                }
            }
        } finally {
            IoUtil.delete(folder.toFile(), true);
        }
    }

    private void measure(final Service service, final int cycles, final Appendable out)
            throws IOException, InterruptedException {
        final DutyCycle conductor = service.dutyCycles().getLast();
        final LatencyRecorder cpu = Objects.requireNonNull(conductor.cpuTimes(), conductor.name());
        final List<Thread> clients = new ArrayList<>();
        final List<String> failures = new ArrayList<>();
        out.append(
                "| clients | requests/s | timed | of it | 50 % us | 99 % us | 99.9 % us | 100 % us"
                        + " |\n"
                        + "|--:|--:|--:|---|--:|--:|--:|--:|\n");
        measure(conductor, cpu, cycles, "none", out);
        for (int i = 0; i < CLIENTS; i++) {
            final int number = i;
            clients.add(
                    Thread.ofVirtual()
                            .start(() -> {
                                try {
                                    ask(number);
                                } catch (final IOException e) {
                                    synchronized (failures) {
                                        failures.add(e.toString());
                                    }
                                }
                            }));
        }
        // What it loads and compiles first is no duty cycle of later.
        awaitCycles(cpu, cycles);
        measure(conductor, cpu, cycles, Integer.toString(CLIENTS), out);
        isOver = true;
        for (final Thread client : clients) {
            client.join();
        }
        if (!failures.isEmpty()) {
            throw new IOException(failures.size() + " clients failed: " + failures.getFirst());
        }
    }

    private void measure(
            final DutyCycle conductor,
            final LatencyRecorder cpu,
            final int cycles,
            final String clients,
            final Appendable out)
            throws IOException {
        final long beginNs = System.nanoTime();
        final Histogram cpuBefore = cpu.snapshot();
        final Histogram wallBefore = conductor.durations().snapshot();
        final long requestsBefore = requests.get();
        awaitCycles(cpu, cycles);
        final double seconds = (System.nanoTime() - beginNs) / NS_PER_S;
        final long rate = (long) ((requests.get() - requestsBefore) / seconds);
        row(out, clients, rate, "CPU time", cpu.snapshot(), cpuBefore);
        row(out, clients, rate, "time", conductor.durations().snapshot(), wallBefore);
    }

    private static void awaitCycles(final LatencyRecorder cpu, final int cycles) {
        final long end = cpu.snapshot().getTotalCount() + cycles;
        while (cpu.snapshot().getTotalCount() < end) {
            LockSupport.parkNanos(NAP_NS);
        }
    }

    private static void row(
            final Appendable out,
            final String clients,
            final long rate,
            final String what,
            final Histogram after,
            final Histogram before)
            throws IOException {
        after.subtract(before);
        out.append(
                String.format(
                        Locale.ROOT,
                        "| %s | %d | %d | %s |",
                        clients,
                        rate,
                        after.getTotalCount(),
                        what));
        for (final double percentile : PERCENTILES) {
            out.append(
                    String.format(
                            Locale.ROOT,
                            " %.1f |",
                            after.getValueAtPercentile(percentile) / NS_PER_US));
        }
        out.append('\n');
    }

    /** One client: two of them change all VLANs of a function, the others look. */
    private void ask(final int number) throws IOException {
        final String function = number % 2 == 0 ? "left" : "right";
        final String[] texts =
                number < 2
                        ? new String[] {
                            request("vlan add", function, ",\"vlans\":\"1-4094\""),
                            request("vlan del", function, ",\"vlans\":\"1-4094\"")
                        }
                        : new String[] {
                            request("vlan show", function, ""),
                            request("vf show", function, ""),
                            request("stats", function, "")
                        };
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(socket));
            final BufferedReader answers =
                    new BufferedReader(
                            new InputStreamReader(
                                    Channels.newInputStream(channel), StandardCharsets.UTF_8));
            for (int i = 0; !isOver; i++) {
                final ByteBuffer bytes =
                        ByteBuffer.wrap(texts[i % texts.length].getBytes(StandardCharsets.UTF_8));
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
                final String answer = answers.readLine();
                if (answer == null || !answer.contains("\"ok\":true")) {
                    throw new IOException(String.valueOf(answer));
                }
                requests.incrementAndGet();
            }
        }
    }

    private static String request(final String command, final String function, final String more) {
        return "{\"version\":1,\"command\":\""
                + command
                + "\",\"function\":\""
                + function
                + "\""
                + more
                + "}\n";
    }
}
