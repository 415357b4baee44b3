package dev.javf.daemon.demo;

import dev.javf.daemon.FunctionClient;
import dev.javf.daemon.Javfd;
import dev.javf.daemon.JavfdContext;
import dev.javf.daemon.PortBinding;
import dev.javf.iavf.Difference;
import dev.javf.iavf.LifecycleState;
import dev.javf.iavf.VirtualFunction;
import dev.javf.iavf.VirtualFunctionListener;
import dev.javf.linux.LinuxException;
import dev.javf.packet.Counter;
import dev.javf.packet.Ethernet;
import dev.javf.packet.MacAddress;
import dev.javf.vfio.PciDevice;
import dev.javf.virtchnl.VlanRanges;
import dev.javf.virtchnl.VlanRequestResult;
import dev.javf.virtchnl.VlanSet;

import org.HdrHistogram.Histogram;
import org.HdrHistogram.SingleWriterRecorder;
import org.jspecify.annotations.Nullable;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Shows the whole system at work: two simulated virtual functions, the daemon that drives them, a
 * host behind each, and pings across every VLAN. Exit status 0 when everything worked.
 */
@Command(
        name = "javf demo",
        mixinStandardHelpOptions = true,
        description =
                "Drives two simulated virtual functions, and pings across each of their VLANs.")
public final class Demo implements Callable<Integer> {
    private static final long PATIENCE_S = 10;
    private static final int VLAN_COUNT_MAX = 8;
    private static final int LEAK_PINGS = 2;
    private static final double US = 1e3;
    private static final double MS = 1e6;

    @Option(
            names = "--vlans",
            paramLabel = "RANGES",
            defaultValue = "100-107",
            description = "VLANs to use, 2 to 8 of them (default: ${DEFAULT-VALUE})")
    private String ranges = "";

    @Option(
            names = "--count",
            paramLabel = "N",
            defaultValue = "5",
            description = "pings across each VLAN, 1 to 1000 (default: ${DEFAULT-VALUE})")
    private int count;

    @Option(
            names = "--in-process",
            description = "use hosts inside this process, which needs no privilege")
    private boolean inProcess;

    @Option(
            names = "--sim-process",
            description = "simulate in a second process, and reach it over vfio-user sockets")
    private boolean simProcess;

    @Option(
            names = "--vm",
            description = "put a virtual machine behind the first function (needs tools/lab/setup)")
    private boolean vm;

    @Spec private CommandLine.Model.@Nullable CommandSpec spec;

    private final SingleWriterRecorder exchanges = new SingleWriterRecorder(3);
    private final Histogram pings = new Histogram(3);
    private final Counter checked = new Counter();
    private final Counter leaked = new Counter();

    /**
     * Runs the demo.
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
                                main.join(TimeUnit.SECONDS.toMillis(PATIENCE_S));
                            } catch (final InterruptedException e) {
                                Thread.currentThread().interrupt();
                            }
                        },
                        "javf-demo-on-signal");
        Runtime.getRuntime().addShutdownHook(onSignal);
        final int status =
                new CommandLine(new Demo())
                        .setExecutionExceptionHandler((error, commandLine, parsed) -> {
                            System.err.println("javf demo: " + message(error));
                            return 1;
                        })
                        .execute(args);
        try {
            Runtime.getRuntime().removeShutdownHook(onSignal);
        } catch (final IllegalStateException alreadyShuttingDown) {
            // Interrupted: the signal decides the exit status, and the hook is waiting for this
            // thread to end.
            return;
        }
        System.exit(status);
    }

    private static String message(final Throwable error) {
        if (error instanceof InterruptedException) {
            return "interrupted; everything is cleaned up";
        }
        final Throwable cause =
                error instanceof ExecutionException && error.getCause() != null
                        ? error.getCause()
                        : error;
        return cause.getMessage() == null ? cause.toString() : cause.getMessage();
    }

    @Override
    public Integer call() throws Exception {
        final VlanSet vlans = vlans();
        final Path guestProgram = vm ? GuestLab.program() : null;
        if (vm && guestProgram == null) {
            System.err.println(
                    "javf demo: --vm needs QEMU 10.1 or newer and a small Linux: tools/lab/setup"
                            + " gets both (350 MB, 2 minutes, no privilege)");
            return 1;
        }
        try (Account account = new Account();
                SimulatedPair pair = simProcess ? new ProcessPair() : new InProcessPair()) {
            return run(account, pair, vlans, guestProgram);
        }
    }

    private VlanSet vlans() {
        final CommandLine commandLine = spec == null ? new CommandLine(this) : spec.commandLine();
        if (count < 1 || count > 1000) {
            throw new ParameterException(commandLine, "--count " + count + ": use 1 to 1000");
        }
        try {
            final VlanSet vlans = VlanRanges.parse(ranges);
            if (vlans.size() < 2 || vlans.size() > VLAN_COUNT_MAX) {
                throw new ParameterException(
                        commandLine,
                        "--vlans "
                                + ranges
                                + ": "
                                + vlans.size()
                                + " VLANs; use 2 to "
                                + VLAN_COUNT_MAX
                                + ", which is what a PF lets a VF have that it doesn't trust");
            }
            return vlans;
        } catch (final IllegalArgumentException e) {
            throw new ParameterException(commandLine, "--vlans: " + e.getMessage(), e);
        }
    }

    private int run(
            final Account account,
            final SimulatedPair pair,
            final VlanSet vlans,
            final @Nullable Path guestProgram)
            throws Exception {
        account.step("open two virtual functions, simulated " + pair.description());
        final JavfdContext context = new JavfdContext().functionListener(new StateLines(account));
        pair.addTo(context);
        for (final PciDevice device : pair.devices()) {
            context.device(device);
            context.exchangeListener(
                    device.name(), new ExchangeLines(account, device.name(), exchanges));
        }
        final Javfd daemon = Javfd.launch(context);
        try (daemon) {
            for (final FunctionClient function : daemon.functions()) {
                await(function.state(LifecycleState.DOWN), function.name() + " to be ready");
            }
            if (guestProgram == null) {
                pingBetweenHosts(account, daemon, vlans);
            } else {
                new GuestRun(account, daemon, guestProgram, vlans, count).run();
            }
            account.step("stop");
        }
        check(daemon.errorCount() == 0, "a duty cycle threw an error; see above");
        check(
                pair.faults().isEmpty(),
                "memory that was not mapped for DMA was touched: " + pair.faults());
        account.line("done: everything works, everything is cleaned up");
        return 0;
    }

    private void pingBetweenHosts(final Account account, final Javfd daemon, final VlanSet vlans)
            throws Exception {
        try (Traffic traffic = traffic(account, daemon)) {
            addVlans(account, daemon, vlans);
            final int[] ids = vlans.stream().toArray();
            openPorts(account, daemon, traffic, ids);
            pingEach(account, traffic, ids);
            pingAcross(account, traffic, ids);
            summary(account);
        }
    }

    private Traffic traffic(final Account account, final Javfd daemon) {
        if (!inProcess) {
            try {
                return new TapTraffic(daemon.packetPool());
            } catch (final LinuxException e) {
                account.line(
                        String.format(
                                Locale.ROOT,
                                "no TAP devices and namespaces here (%s): the same path between"
                                        + " hosts inside this process",
                                e.getMessage()));
            }
        }
        return new EchoTraffic(daemon.packetPool());
    }

    private static void addVlans(final Account account, final Javfd daemon, final VlanSet vlans)
            throws Exception {
        account.step("add VLANs " + vlans + " to both");
        final List<CompletableFuture<VlanRequestResult>> results = new ArrayList<>();
        for (final FunctionClient function : daemon.functions()) {
            results.add(function.addVlans(vlans));
        }
        for (final CompletableFuture<VlanRequestResult> result : results) {
            final VlanRequestResult answer = await(result, "the PF's answer for all VLANs");
            check(answer.isSuccess(), "VLANs were refused: " + answer.rejections());
        }
        for (final FunctionClient function : daemon.functions()) {
            final CompletableFuture<String> state =
                    function.ask(vf ->
                            Account.label(vf.name())
                                    + "  wanted "
                                    + vf.vlans().wanted(Ethernet.TPID_8021Q)
                                    + ", acknowledged by the PF "
                                    + vf.vlans().acknowledged(Ethernet.TPID_8021Q));
            account.line(await(state, "the state of the VLANs"));
        }
    }

    private void openPorts(
            final Account account, final Javfd daemon, final Traffic traffic, final int[] ids)
            throws Exception {
        account.step("a host behind each: " + traffic.description());
        int side = 0;
        for (final FunctionClient function : daemon.functions()) {
            final MacAddress mac = await(function.ask(VirtualFunction::macAddress), "its address");
            if (mac == null) {
                throw new IllegalStateException(function.name() + " has no MAC address");
            }
            final List<PortBinding> ports = new ArrayList<>();
            for (final int vlan : ids) {
                final PortBinding binding = traffic.openPort(side, vlan, mac);
                final LeakDetector port =
                        new LeakDetector(
                                binding.port(), vlan, daemon.packetPool(), checked, leaked);
                ports.add(new PortBinding(port, vlan, mac, binding.counters()));
            }
            await(function.ports(ports), "the poller to take the ports");
            function.up();
            await(function.state(LifecycleState.UP), function.name() + " to come up");
            account.line(
                    String.format(
                            Locale.ROOT,
                            "%s  %s  up, with %d access ports: %s to %s",
                            Account.label(function.name()),
                            mac,
                            ports.size(),
                            Traffic.text(Traffic.address(side, ids[0])),
                            Traffic.text(Traffic.address(side, ids[ids.length - 1]))));
            side++;
        }
    }

    private void pingEach(final Account account, final Traffic traffic, final int[] ids)
            throws InterruptedException {
        account.step("ping across each VLAN");
        for (final int vlan : ids) {
            final List<Long> roundTripsNs = traffic.ping(vlan, vlan, count);
            roundTripsNs.forEach(pings::recordValue);
            account.line(
                    String.format(
                            Locale.ROOT,
                            "VLAN %-4d %s -> %s  %d of %d answered, %s ms",
                            vlan,
                            Traffic.text(Traffic.address(0, vlan)),
                            Traffic.text(Traffic.address(1, vlan)),
                            roundTripsNs.size(),
                            count,
                            milliseconds(roundTripsNs)));
            check(roundTripsNs.size() == count, "VLAN " + vlan + " lost pings");
        }
    }

    private static String milliseconds(final List<Long> roundTripsNs) {
        final StringBuilder text = new StringBuilder();
        for (int i = 0; i < Math.min(roundTripsNs.size(), 5); i++) {
            text.append(i == 0 ? "" : " ")
                    .append(String.format(Locale.ROOT, "%.3f", roundTripsNs.get(i) / MS));
        }
        return text.append(roundTripsNs.size() > 5 ? " ..." : "").toString();
    }

    private void pingAcross(final Account account, final Traffic traffic, final int[] ids)
            throws InterruptedException {
        account.step("VLANs do not leak into one another");
        final int from = ids[0];
        final int to = ids[1];
        final int answered = traffic.ping(from, to, LEAK_PINGS).size();
        account.line(
                String.format(
                        Locale.ROOT,
                        "VLAN %d -> %s, which lives in VLAN %d: %d of %d answered",
                        from,
                        Traffic.text(Traffic.address(1, to)),
                        to,
                        answered,
                        LEAK_PINGS));
        account.line(
                String.format(
                        Locale.ROOT,
                        "%d frames looked at on all ports: %d came from another VLAN",
                        checked.value(),
                        leaked.value()));
        check(answered == 0, "an answer came across VLANs");
        check(leaked.value() == 0, "frames reached ports of another VLAN");
        check(checked.value() > 0, "no frame was seen on any port");
    }

    private void summary(final Account account) {
        account.step("round trips");
        account.line(
                String.format(
                        Locale.ROOT,
                        "%-22s %8s %9s %9s %9s %9s",
                        "",
                        "count",
                        "p50",
                        "p90",
                        "p99",
                        "max"));
        account.line(
                String.format(
                        Locale.ROOT,
                        "%-22s %s",
                        "virtchnl request",
                        percentiles(exchanges.getIntervalHistogram())));
        account.line(String.format(Locale.ROOT, "%-22s %s", "ping", percentiles(pings)));
    }

    private static String percentiles(final Histogram histogram) {
        return String.format(
                Locale.ROOT,
                "%8d %6.0f us %6.0f us %6.0f us %6.0f us",
                histogram.getTotalCount(),
                histogram.getValueAtPercentile(50) / US,
                histogram.getValueAtPercentile(90) / US,
                histogram.getValueAtPercentile(99) / US,
                histogram.getMaxValue() / US);
    }

    private static <T extends @Nullable Object> T await(
            final CompletableFuture<T> future, final String what) throws Exception {
        try {
            return future.get(PATIENCE_S, TimeUnit.SECONDS);
        } catch (final TimeoutException e) {
            throw new IllegalStateException(
                    "waited " + PATIENCE_S + " s for " + what + " in vain", e);
        }
    }

    private static void check(final boolean holds, final String otherwise) {
        if (!holds) {
            throw new IllegalStateException(otherwise);
        }
    }

    /** Prints the states that a virtual function goes through. */
    private record StateLines(Account account) implements VirtualFunctionListener {
        @Override
        public void onStateChange(
                final VirtualFunction virtualFunction,
                final LifecycleState from,
                final LifecycleState to,
                final String reason) {
            account.event(virtualFunction.name(), from + " -> " + to);
        }

        @Override
        public void onLinkChange(
                final VirtualFunction virtualFunction, final boolean up, final int speedMbps) {
            account.event(
                    virtualFunction.name(), up ? "link up, " + speedMbps + " Mb/s" : "link down");
        }

        @Override
        public void onDifference(
                final VirtualFunction virtualFunction, final Difference difference) {
            account.event(virtualFunction.name(), difference.toString());
        }

        @Override
        public void onNotice(final VirtualFunction virtualFunction, final String what) {
            account.event(virtualFunction.name(), what);
        }
    }
}
