package dev.javf.daemon.suite;

import dev.javf.linux.LinuxException;
import dev.javf.packet.PacketPool;

import org.jspecify.annotations.Nullable;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;

/** Runs the VLAN suite. Exit status 0 when no case failed. */
@Command(
        name = "javf vlan-suite",
        mixinStandardHelpOptions = true,
        description = "Runs 52 cases of what can happen to a virtual function's VLANs.")
public final class VlanSuite implements Callable<Integer> {
    private static final long CLEANUP_MS = TimeUnit.SECONDS.toMillis(10);

    @Option(
            names = "--pf",
            paramLabel = "MODE",
            defaultValue = "ice-v2-svm",
            description =
                    "the PF's driver: ice-v2-svm, ice-v1, ice-v2-dvm, i40e-v1, i40e-v2 or ice-old"
                            + " (default: ${DEFAULT-VALUE})")
    private String pf = "";

    @Option(
            names = "--in-process",
            description = "use hosts inside this process, which needs no privilege")
    private boolean inProcess;

    @Option(
            names = "--virtual-time",
            description = "run under a clock of its own, with hosts inside this process")
    private boolean virtualTime;

    @Option(
            names = "--load",
            description =
                    "run the 12 cases of resets, each with 4094 VLANs and frames in all of them")
    private boolean isLoaded;

    @Spec private CommandLine.Model.@Nullable CommandSpec spec;

    /**
     * Runs the suite.
     *
     * @param args options; {@code --help} lists them.
     */
    public static void main(final String[] args) {
        final Thread main = Thread.currentThread();
        final Thread onSignal =
                new Thread(
                        () -> {
                            main.interrupt();
                            try {
                                main.join(CLEANUP_MS);
                            } catch (final InterruptedException e) {
                                Thread.currentThread().interrupt();
                            }
                        },
                        "javf-vlan-suite-on-signal");
        Runtime.getRuntime().addShutdownHook(onSignal);
        final int status =
                new CommandLine(new VlanSuite())
                        .setExecutionExceptionHandler((error, commandLine, parsed) -> {
                            System.err.println(
                                    "javf vlan-suite: "
                                            + (error instanceof InterruptedException
                                                    ? "interrupted; everything is cleaned up"
                                                    : error.toString()));
                            return 1;
                        })
                        .execute(args);
        try {
            Runtime.getRuntime().removeShutdownHook(onSignal);
        } catch (final IllegalStateException alreadyShuttingDown) {
            // Interrupted: the signal decides the exit status.
            return;
        }
        System.exit(status);
    }

    @Override
    public Integer call() throws InterruptedException {
        final PfRules rules = rules();
        final SuiteReport report = new SuiteReport(System.out);
        try (SuiteSystem system =
                new SuiteSystem(rules.mode(), pace(), JavfDriver::new, this::hosts)) {
            new SuiteRun(system, rules, Strictness.FULL, report, isLoaded).run();
        }
        return report.isGood() ? 0 : 1;
    }

    private Pace pace() {
        return virtualTime ? new VirtualPace() : new WallClockPace();
    }

    private PfRules rules() {
        try {
            return PfRules.of(pf);
        } catch (final IllegalArgumentException e) {
            final CommandLine commandLine =
                    spec == null ? new CommandLine(this) : spec.commandLine();
            throw new ParameterException(commandLine, "--pf: " + e.getMessage(), e);
        }
    }

    private Hosts hosts(final PacketPool pool) {
        if (!inProcess && !virtualTime) {
            try {
                return new TapHosts(pool);
            } catch (final LinuxException e) {
                System.out.println(
                        "no TAP devices and namespaces here ("
                                + e.getMessage()
                                + "): hosts inside this process");
            }
        }
        return new InProcessHosts(pool);
    }
}
