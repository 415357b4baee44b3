package dev.javf.daemon.service;

import dev.javf.daemon.FunctionHost;
import dev.javf.daemon.config.Configuration;
import dev.javf.daemon.config.ConfigurationCheck;
import dev.javf.daemon.config.ConfigurationException;
import dev.javf.daemon.config.ConfigurationReader;
import dev.javf.daemon.config.ControlSection;
import dev.javf.daemon.config.Problem;
import dev.javf.daemon.config.TelemetrySection;
import dev.javf.daemon.control.ControlServer;
import dev.javf.daemon.control.Roles;
import dev.javf.daemon.telemetry.TelemetryServer;
import dev.javf.linux.Epoll;
import dev.javf.linux.LinuxException;
import dev.javf.linux.UnixAddress;
import dev.javf.linux.libc.Libc;

import org.agrona.CloseHelper;
import org.agrona.concurrent.AgentRunner;
import org.agrona.concurrent.IdleStrategy;
import org.jspecify.annotations.Nullable;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * The program {@code javfd}. It runs until a signal ends it. Exit status: 2 when the configuration
 * is wrong, 1 when it can't start otherwise, 143 after SIGTERM, 130 after SIGINT.
 */
@Command(
        name = "javfd",
        mixinStandardHelpOptions = true,
        versionProvider = JavfdProgram.VersionText.class,
        description =
                "Drives SR-IOV virtual functions: programs their VLANs, and moves packets between"
                        + " them and ports, as the configuration says.",
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:the configuration is right (--check-config)",
            "1:it can't start",
            "2:the configuration, or an option, is wrong",
            "130:ended by SIGINT",
            "143:ended by SIGTERM"
        })
public final class JavfdProgram implements Callable<Integer> {
    private static final int WRONG = 2;
    private static final int INTERRUPTED = 130;
    private static final int TERMINATED = 143;
    private static final Path ETC = Path.of("/etc");

    @Option(
            names = {"-c", "--config"},
            paramLabel = "FILE",
            description =
                    "the configuration; its folder's ports.d belongs to it (default:"
                            + " /etc/javf/javf.conf)")
    private Path file = ConfigurationReader.FILE_DEFAULT;

    @Option(
            names = "--check-config",
            description = "says what is wrong in the configuration, and opens nothing")
    private boolean isCheck;

    /** For {@code --version}. */
    static final class VersionText implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"javfd " + Version.TEXT};
        }
    }

    /**
     * Runs the program.
     *
     * @param args options; {@code --help} lists them.
     */
    public static void main(final String[] args) {
        System.exit(
                new CommandLine(new JavfdProgram())
                        .setExecutionExceptionHandler((error, commandLine, parsed) -> {
                            System.err.println("javfd: " + error.getMessage());
                            return error instanceof ConfigurationException ? WRONG : 1;
                        })
                        .execute(args));
    }

    @Override
    public Integer call() throws ConfigurationException {
        final Configuration configuration = ConfigurationReader.read(file);
        final FunctionHost machine = FunctionHost.system();
        ConfigurationCheck.check(configuration, machine);
        final Roles roles = roles(configuration.control());
        if (isCheck) {
            System.out.println(
                    file
                            + ": "
                            + configuration.functions().size()
                            + " functions, "
                            + configuration.ports().size()
                            + " ports, nothing wrong");
            return 0;
        }
        LogFormat.install(configuration.daemon().logLevel());
        return run(configuration, machine, roles);
    }

    private static Roles roles(final ControlSection section) throws ConfigurationException {
        try {
            final int own = (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
            return new Roles(section.administrators(), section.readers(), own, ETC);
        } catch (final IllegalArgumentException e) {
            throw new ConfigurationException(
                    List.of(
                            new Problem(
                                    section.values().place(),
                                    "control",
                                    String.valueOf(e.getMessage()))));
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Until a signal ends it; returns the exit status that shells expect of the signal. */
    private int run(
            final Configuration configuration, final FunctionHost machine, final Roles roles)
            throws ConfigurationException {
        final SystemdNotifier systemd =
                new SystemdNotifier(System.getenv(), ProcessHandle.current().pid());
        final Service service = Service.launch(file, configuration, machine);
        final AgentRunner runner;
        final MetricsServer metrics;
        try {
            metrics = metrics(configuration, service);
            final ServiceAgent agent =
                    new ServiceAgent(service, sockets(configuration, roles, service), systemd);
            runner = new AgentRunner(new Waiting(agent), JavfdProgram::onError, null, agent);
        } catch (final RuntimeException e) {
            service.close();
            throw e;
        }
        AgentRunner.startOnThread(runner);
        Signals.handle("HUP", () -> reload(service));
        final Runnable stop =
                () -> {
                    systemd.send("STOPPING=1\nSTATUS=letting all functions go");
                    runner.close();
                    CloseHelper.close(metrics);
                    service.close();
                };
        final CompletableFuture<Integer> ended = new CompletableFuture<>();
        Signals.handle("INT", () -> ended.complete(INTERRUPTED));
        if (!Signals.handle("TERM", () -> ended.complete(TERMINATED))) {
            // Second best: the log is closed at the same time.
            Runtime.getRuntime().addShutdownHook(new Thread(stop, "javfd-on-signal"));
        }
        final int status = ended.join();
        stop.run();
        return status;
    }

    /** Nobody waits for it; the log says how it went. */
    private static void reload(final Service service) {
        final var _ =
                service.reload()
                        .whenComplete((done, error) -> {
                            if (error != null) {
                                System.getLogger(JavfdProgram.class.getName())
                                        .log(
                                                System.Logger.Level.ERROR,
                                                "SIGHUP: nothing is changed: "
                                                        + (error.getCause() == null
                                                                        ? error
                                                                        : error.getCause())
                                                                .getMessage());
                            }
                        });
    }

    private static @Nullable MetricsServer metrics(
            final Configuration configuration, final Service service) {
        final InetSocketAddress address = configuration.metrics().listen();
        if (address == null) {
            return null;
        }
        try {
            final MetricsServer server = new MetricsServer(address, service);
            System.getLogger(JavfdProgram.class.getName())
                    .log(System.Logger.Level.INFO, "metrics at http:/" + server.address());
            return server;
        } catch (final IOException e) {
            throw new IllegalStateException(
                    "metrics.listen "
                            + address
                            + ": "
                            + e.getMessage()
                            + "; stop what listens there, or set another address",
                    e);
        }
    }

    private static ServiceAgent.Sockets sockets(
            final Configuration configuration, final Roles roles, final Service service) {
        final Epoll epoll = ServiceAgent.Sockets.newEpoll();
        ControlServer control = null;
        try {
            final ControlSection section = configuration.control();
            control =
                    listening(
                            "control socket",
                            "control.socket",
                            () ->
                                    new ControlServer(
                                            new UnixAddress(section.socket()),
                                            section.mode(),
                                            roles,
                                            section.clients(),
                                            new ServiceCommands(service).commands(),
                                            epoll));
            return new ServiceAgent.Sockets(
                    epoll, control, telemetry(configuration.telemetry(), roles, service, epoll));
        } catch (final RuntimeException e) {
            CloseHelper.closeAll(control, epoll);
            throw e;
        }
    }

    private static @Nullable TelemetryServer telemetry(
            final TelemetrySection section,
            final Roles roles,
            final Service service,
            final Epoll epoll) {
        final Path folder = section.folder();
        return folder == null
                ? null
                : listening(
                        "telemetry socket",
                        "telemetry.folder",
                        () ->
                                new TelemetryServer(
                                        new TelemetryServer.Settings(
                                                folder, section.mode(), roles, section.clients()),
                                        new TelemetryPorts(service).answers(),
                                        epoll));
    }

    private static <T> T listening(
            final String what, final String key, final Supplier<T> listener) {
        try {
            return listener.get();
        } catch (final LinuxException e) {
            final String remedy;
            if (e.errno() == Libc.EADDRINUSE()) {
                remedy = "; a javfd runs there already: stop it, or set another " + key;
            } else if (e.errno() == Libc.ENOENT()) {
                remedy = "; make its folder, or set another " + key;
            } else {
                remedy = "";
            }
            throw new IllegalStateException(what + ": " + e.getMessage() + remedy, e);
        }
    }

    private static void onError(final Throwable error) {
        System.getLogger(JavfdProgram.class.getName())
                .log(System.Logger.Level.ERROR, "the control thread failed", error);
    }

    /** Waits for the control socket when there is nothing to do. */
    record Waiting(ServiceAgent agent) implements IdleStrategy {
        @Override
        public void idle(final int workCount) {
            if (workCount == 0) {
                agent.await();
            }
        }

        @Override
        public void idle() {
            agent.await();
        }

        @Override
        public void reset() {
            // Nothing is remembered.
        }
    }
}
