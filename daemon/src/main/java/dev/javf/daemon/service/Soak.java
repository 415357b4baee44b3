package dev.javf.daemon.service;

import dev.javf.daemon.FunctionHost;
import dev.javf.daemon.config.ConfigurationException;
import dev.javf.daemon.config.ConfigurationReader;
import dev.javf.daemon.suite.Traffic;
import dev.javf.iavf.LifecycleState;
import dev.javf.packet.MacAddress;
import dev.javf.sim.SimulatedPhysicalFunction;
import dev.javf.virtchnl.VlanRejection;
import dev.javf.virtchnl.VlanSet;

import org.agrona.IoUtil;
import org.agrona.concurrent.NanoClock;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * {@code ./javf bench soak [SECONDS]}: the daemon on two simulated functions under everything at
 * once for a long time: frames in two VLANs both ways, 1000 VLAN requests a second, a scrape of the
 * metrics each second, and resets of a VF and of the PF in turn. Nothing may grow, and no frame may
 * be lost but in a reset.
 */
public final class Soak {
    /** The name on the command line. */
    public static final String NAME = "soak";

    private static final long SECONDS = 1800;
    private static final int SECONDS_MIN = 10;
    private static final long RESET_PERIOD_S = 10;
    private static final VlanSet TRAFFIC = VlanSet.range(100, 101);

    /** VLANs that come and go; with the traffic's they are as many as an untrusted VF may have. */
    private static final int CHURN_FIRST = 200;

    private static final int CHURN_VLANS = 4;
    private static final long REQUEST_PERIOD_NS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final long SECOND_NS = TimeUnit.SECONDS.toNanos(1);

    /** How long anything at all may take. */
    private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(15);

    private static final int ROWS = 10;

    private final Service service;
    private final URI metrics;
    private final NanoClock clock;
    private final SimulatedPhysicalFunction simulator;
    private final Traffic traffic;
    private final Deque<CompletableFuture<List<VlanRejection>>> requests = new ArrayDeque<>();
    private final List<String> faults = new ArrayList<>();
    private final long[] resetsBefore = new long[2];
    private long asked;
    private long rejected;
    private int scrapes;
    private int resets;
    private long longestOutageNs;

    /** When the reset that is going on began; 0 without one. */
    private long resetNs;

    private Soak(final Service service, final URI metrics) throws InterruptedException {
        this.service = service;
        this.metrics = metrics;
        clock = service.clock();
        simulator = service.host().simulators().physicalFunctions().getFirst();
        await(() -> isUp(0) && isUp(1), "both functions up");
        final List<MacAddress> macs =
                service.functions().stream()
                        .map(each ->
                                Objects.requireNonNull(each.freshSnapshot().join().mac(), "MAC"))
                        .toList();
        traffic = new Traffic(service.packetPools().getFirst(), clock, TRAFFIC, macs);
        traffic.outageBegins();
        for (int side = 0; side < 2; side++) {
            service.functions().get(side).bind(traffic.ports(side)).join();
        }
        traffic.outageEnds();
        await(traffic::isServed, "frames");
    }

    /**
     * Runs it, and prints a table.
     *
     * @param arguments the name, and for how many seconds, 1800 unless given.
     * @throws Exception when it can't start; a failure ends the process with status 1.
     */
    public static void main(final String[] arguments) throws Exception {
        final long seconds = arguments.length > 1 ? Long.parseLong(arguments[1]) : SECONDS;
        final String trouble = run(seconds, RESET_PERIOD_S, System.out);
        System.out.println(trouble.isEmpty() ? "nothing grew, nothing was lost" : trouble);
        System.exit(trouble.isEmpty() ? 0 : 1);
    }

    /**
     * Runs it.
     *
     * @param seconds for how long, 10 or more.
     * @param resetPeriodS seconds between resets.
     * @param out for the table.
     * @return what was wrong; empty if nothing was.
     */
    static String run(final long seconds, final long resetPeriodS, final Appendable out)
            throws IOException, ConfigurationException, InterruptedException {
        if (seconds < SECONDS_MIN) {
            throw new IllegalArgumentException(
                    "soak " + seconds + ": must be " + SECONDS_MIN + " seconds or more");
        }
        final Path folder = Files.createTempDirectory("javf-soak");
        final Path file = folder.resolve("javf.conf");
        try {
            Files.writeString(
                    file,
                    """
                    functions {
                      left { device = "sim:0/0", vlans = "100-101" }
                      right { device = "sim:0/1", vlans = "100-101" }
                    }
                    metrics.listen = "127.0.0.1:0"
                    control.socket = "FOLDER/control.sock"
                    daemon.flight-records = "FOLDER"
                    """
                            .replace("FOLDER", folder.toString()));
            final var configuration = ConfigurationReader.read(file);
            try (Service service = Service.launch(file, configuration, FunctionHost.system());
                    MetricsServer server =
                            new MetricsServer(
                                    Objects.requireNonNull(configuration.metrics().listen()),
                                    service)) {
                final URI metrics = URI.create("http:/" + server.address() + "/metrics");
                return new Soak(service, metrics).soak(seconds, resetPeriodS, out);
            }
        } finally {
            IoUtil.delete(folder.toFile(), true);
        }
    }

    private String soak(final long seconds, final long resetPeriodS, final Appendable out)
            throws IOException, InterruptedException {
        final long startNs = clock.nanoTime();
        final long endNs = startNs + seconds * SECOND_NS;
        final long rowNs = seconds * SECOND_NS / ROWS;
        // What the first fifth loads and compiles isn't growth.
        final int warmUpRows = 2;
        Footprint warm = null;
        int rows = 0;
        out.append("| s | requests | scrapes | resets | heap MiB | descriptors | threads |\n");
        out.append("|--:|--:|--:|--:|--:|--:|--:|\n");
        while (rows < ROWS && faults.isEmpty()) {
            final long nowNs = clock.nanoTime();
            for (long due = (nowNs - startNs) / REQUEST_PERIOD_NS; asked < due; ) {
                ask();
            }
            drop();
            if ((nowNs - startNs) / SECOND_NS > scrapes) {
                scrape();
            }
            if (resetNs != 0) {
                endReset(nowNs);
            } else if ((nowNs - startNs) / (resetPeriodS * SECOND_NS) > resets
                    && endNs - nowNs > SECOND_NS) {
                beginReset(nowNs);
            }
            if (nowNs - startNs >= (rows + 1) * rowNs) {
                rows++;
                final Footprint print = Footprint.now();
                warm = rows == warmUpRows ? print : warm;
                out.append(
                        String.format(
                                Locale.ROOT,
                                "| %d | %d | %d | %d | %s |%n",
                                (nowNs - startNs) / SECOND_NS,
                                asked,
                                scrapes,
                                resets,
                                print.row()));
                if (rows == ROWS && warm != null) {
                    fault(print.growthSince(warm));
                }
            }
            LockSupport.parkNanos(REQUEST_PERIOD_NS / 2);
        }
        finish(out);
        return String.join("\n", faults);
    }

    /** One VLAN more or less: four are added to a function, and removed again; then the other. */
    private void ask() {
        final long place = asked++;
        final int step = (int) (place % (2 * CHURN_VLANS));
        final VlanSet vlan = VlanSet.of(CHURN_FIRST + step % CHURN_VLANS);
        final ServiceFunction function =
                service.functions().get((int) (place / (2 * CHURN_VLANS) % 2));
        requests.add(step < CHURN_VLANS ? function.addVlans(vlan) : function.removeVlans(vlan));
    }

    private void drop() {
        while (!requests.isEmpty() && requests.getFirst().isDone()) {
            final CompletableFuture<List<VlanRejection>> done = requests.removeFirst();
            if (done.isCompletedExceptionally()) {
                fault("a VLAN request failed: " + done.exceptionNow());
            } else if (!done.join().isEmpty()) {
                rejected++;
            }
        }
    }

    private void scrape() throws IOException {
        scrapes++;
        try (InputStream in = metrics.toURL().openStream()) {
            final String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            if (!text.contains("javf_up")) {
                fault("a scrape without javf_up");
            }
        }
    }

    private void beginReset(final long nowNs) {
        for (int side = 0; side < 2; side++) {
            resetsBefore[side] = driverResets(side);
        }
        traffic.outageBegins();
        if (isPfsTurn()) {
            final var _ = simulator.host().resetPhysicalFunction();
        } else {
            simulator.virtualFunction(0).functionLevelReset();
        }
        resetNs = nowNs;
    }

    private boolean isPfsTurn() {
        return resets % 2 == 1;
    }

    private void endReset(final long nowNs) {
        if (isOver(0) && (!isPfsTurn() || isOver(1))) {
            traffic.outageEnds();
            if (traffic.isServed()) {
                longestOutageNs = Math.max(longestOutageNs, nowNs - resetNs);
                resetNs = 0;
                resets++;
                return;
            }
        }
        if (nowNs - resetNs > PATIENCE_NS) {
            fault("not up again after a reset: " + traffic.trouble());
        }
    }

    /** Whether the driver has seen the reset and has everything again. */
    private boolean isOver(final int side) {
        return driverResets(side) != resetsBefore[side] && isUp(side);
    }

    private long driverResets(final int side) {
        return service.functions().get(side).monitor().counters().resets();
    }

    private boolean isUp(final int side) {
        final FunctionSnapshot now = service.functions().get(side).freshSnapshot().join();
        return now.state() == LifecycleState.UP && TRAFFIC.minus(now.acknowledged()).isEmpty();
    }

    private void finish(final Appendable out) throws IOException, InterruptedException {
        if (faults.isEmpty()) {
            if (resetNs != 0) {
                await(
                        () -> {
                            endReset(clock.nanoTime());
                            return resetNs == 0;
                        },
                        "the end of a reset");
            }
            await(
                    () -> {
                        drop();
                        return requests.isEmpty();
                    },
                    "answers to all VLAN requests");
        }
        traffic.stop();
        final long stoppedNs = clock.nanoTime();
        while (!traffic.isQuiet() && clock.nanoTime() - stoppedNs < SECOND_NS) {
            LockSupport.parkNanos(REQUEST_PERIOD_NS);
        }
        fault(traffic.trouble());
        fault(rejected == 0 ? "" : rejected + " VLAN requests were rejected");
        fault(service.errorCount() == 0 ? "" : service.errorCount() + " errors in duty cycles");
        out.append(
                String.format(
                        Locale.ROOT,
                        "%s; longest outage %d ms%n",
                        traffic.summary(),
                        TimeUnit.NANOSECONDS.toMillis(longestOutageNs)));
    }

    private void fault(final String what) {
        if (!what.isEmpty()) {
            faults.add(what);
        }
    }

    private void await(final BooleanSupplier condition, final String what)
            throws InterruptedException {
        final long startNs = service.clock().nanoTime();
        while (!condition.getAsBoolean()) {
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            if (service.clock().nanoTime() - startNs > PATIENCE_NS) {
                throw new IllegalStateException("no sign of " + what);
            }
            LockSupport.parkNanos(REQUEST_PERIOD_NS);
        }
    }
}
