package dev.javf.daemon.service;

import dev.javf.daemon.DutyCycle;
import dev.javf.daemon.FunctionHost;
import dev.javf.daemon.Javfd;
import dev.javf.daemon.PollerWaiting;
import dev.javf.daemon.Simulators;
import dev.javf.daemon.config.Configuration;
import dev.javf.daemon.config.ConfigurationCheck;
import dev.javf.daemon.config.ConfigurationException;
import dev.javf.daemon.config.ConfigurationReader;
import dev.javf.daemon.config.FunctionSection;
import dev.javf.daemon.config.PortSection;
import dev.javf.daemon.config.Problem;
import dev.javf.daemon.counters.CountersFileWriter;
import dev.javf.daemon.ring.RingServer;
import dev.javf.iavf.LifecycleState;
import dev.javf.iavf.VirtualFunction;
import dev.javf.packet.PacketPool;
import dev.javf.vfio.PciDevice;
import dev.javf.vfio.kernel.VfioPci;

import org.agrona.CloseHelper;
import org.agrona.concurrent.AgentRunner;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.SystemNanoClock;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/** The daemon, doing what a configuration says. Any thread may call. */
final class Service implements AutoCloseable {
    private static final System.Logger LOGGER = System.getLogger(Service.class.getName());

    private final Path file;
    private final FunctionHost host;
    private final Simulators simulators;
    private final Javfd daemon;
    private final @Nullable CountersFileWriter counters;
    private final NanoClock clock = SystemNanoClock.INSTANCE;
    private final long startedNs = clock.nanoTime();
    private final ScheduledExecutorService worker =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().daemon().name("javf-ports").factory());
    private final RingServer rings = new RingServer(clock);
    private final AgentRunner ringRunner =
            new AgentRunner(new RingWaiting(rings), Service::onRingError, null, rings);
    private final Map<String, ServiceFunction> functions = new LinkedHashMap<>();
    private volatile Configuration configuration;
    private volatile boolean isDraining;

    /** A function that has just been opened. */
    private record Opened(PciDevice device, FunctionMeters meters, FunctionIdentity identity) {}

    private Service(
            final Path file,
            final Configuration configuration,
            final FunctionHost host,
            final Javfd daemon,
            final Map<String, Opened> devices,
            final @Nullable CountersFileWriter counters) {
        this.counters = counters;
        this.file = file;
        this.configuration = configuration;
        this.host = host;
        this.daemon = daemon;
        simulators = host.simulators();
        for (final FunctionSection section : configuration.functions()) {
            final Opened opened = Objects.requireNonNull(devices.get(section.name()), "device");
            functions.put(
                    section.name(),
                    new ServiceFunction(
                            section,
                            daemon.function(opened.device().name()),
                            opened.meters(),
                            opened.identity(),
                            daemon,
                            worker,
                            rings));
        }
        AgentRunner.startOnThread(ringRunner);
        functions.forEach((name, function) -> {
            function.wantAddresses();
            function.start(configuration.portsOf(name));
        });
    }

    /**
     * Opens all functions and starts.
     *
     * @param file where the configuration is from, to be read again by {@link #reload}.
     * @param configuration checked.
     * @param machine where the functions are looked for; its simulators don't matter.
     * @return the service; its functions are coming up.
     * @throws ConfigurationException if a function can't be opened; nothing stays open.
     */
    static Service launch(
            final Path file, final Configuration configuration, final FunctionHost machine)
            throws ConfigurationException {
        final Simulators simulators =
                new Simulators(
                        configuration.functions().stream().map(FunctionSection::device).toList(),
                        configuration.simulator().pf(),
                        configuration.simulator().firstMac());
        final FunctionHost host =
                new FunctionHost(machine.sysfs(), machine.environment(), simulators);
        final Javfd.Context context =
                new Javfd.Context()
                        .pollers(shares(configuration))
                        .pollerWaiting(configuration.daemon().waiting())
                        .closeTimeoutNs(configuration.daemon().closeTimeoutNs())
                        .stallThresholdNs(configuration.daemon().stallThresholdNs());
        simulators.physicalFunctions().forEach(context::simulator);
        final Map<String, Opened> devices = new LinkedHashMap<>();
        final Map<String, String> names = new LinkedHashMap<>();
        final Map<String, FunctionMeters> meters = new LinkedHashMap<>();
        CountersFileWriter counters = null;
        try {
            counters = ServiceCounters.create(configuration, SystemNanoClock.INSTANCE);
            if (counters != null) {
                context.counters(new ServiceCounters(counters, names));
            }
            for (final FunctionSection section : configuration.functions()) {
                final PciDevice device = open(section, host);
                final FunctionMeters own = new FunctionMeters(SystemNanoClock.INSTANCE);
                devices.put(
                        section.name(),
                        new Opened(
                                device,
                                own,
                                FunctionIdentity.of(host, section.device(), device.name())));
                names.put(device.name(), section.name());
                meters.put(device.name(), own);
                context.device(device, settings -> settings(settings, section, configuration));
                final int place = devices.size() - 1;
                final int pollers = configuration.daemon().pollers();
                context.pollerChoice(
                        device.name(), queue -> section.pollerOf(place, queue, pollers));
                context.exchangeListener(device.name(), own);
            }
            context.functionListener(new LoggingListener(names, meters));
            return new Service(file, configuration, host, Javfd.launch(context), devices, counters);
        } catch (final ConfigurationException | RuntimeException e) {
            CloseHelper.close(counters);
            devices.values().forEach(opened -> opened.device().close());
            simulators.close();
            throw e;
        }
    }

    /** What each poller's queues can take, and its part of the rest. */
    private static int[] shares(final Configuration configuration) {
        final int pollers = configuration.daemon().pollers();
        final int[] shares = new int[pollers];
        int rest = configuration.daemon().packetBuffers();
        int place = 0;
        for (final FunctionSection function : configuration.functions()) {
            final int each = (int) function.buffers() / function.queuePairs();
            for (int queue = 0; queue < function.queuePairs(); queue++) {
                shares[function.pollerOf(place, queue, pollers)] += each;
                rest -= each;
            }
            place++;
        }
        final int part = Math.max(1, rest / pollers);
        for (int poller = 0; poller < pollers; poller++) {
            shares[poller] += part;
        }
        return shares;
    }

    private static PciDevice open(final FunctionSection section, final FunctionHost host)
            throws ConfigurationException {
        try {
            return section.device()
                    .open(
                            host,
                            new VfioPci.Context()
                                    .token(section.token())
                                    .unsafeNoIommuAllowed(section.isNoIommuAllowed()));
        } catch (final RuntimeException e) {
            throw new ConfigurationException(
                    List.of(
                            new Problem(
                                    section.values().place(),
                                    "functions." + section.name() + ".device",
                                    section.device() + " can't be opened: " + e.getMessage())));
        }
    }

    private static VirtualFunction.Context settings(
            final VirtualFunction.Context settings,
            final FunctionSection section,
            final Configuration configuration) {
        return settings.macAddress(section.mac())
                .maxFrameBytes(section.maxFrameBytes())
                .queuePairs(section.queuePairs())
                .rxRingLength(section.ringLength())
                .txRingLength(section.ringLength())
                .flexibleDescriptors(section.hasFlexibleDescriptors())
                .messagesInFlight(section.messagesInFlight())
                .statisticsPeriodNs(section.statisticsPeriodNs())
                .resetsPerMinute(section.resetsPerMinute())
                .flightRecordFolder(configuration.daemon().flightRecords());
    }

    /** Where the configuration is from. */
    Path file() {
        return file;
    }

    /** What is applied. */
    Configuration configuration() {
        return configuration;
    }

    /** All functions, in the configuration's order. */
    List<ServiceFunction> functions() {
        return List.copyOf(functions.values());
    }

    /** The clock of all times. */
    NanoClock clock() {
        return clock;
    }

    /** Nanoseconds since the start. */
    long uptimeNs() {
        return clock.nanoTime() - startedNs;
    }

    /** Errors that a duty cycle threw; there should be none. */
    long errorCount() {
        return daemon.errorCount();
    }

    /** How the duty cycles go. */
    List<DutyCycle> dutyCycles() {
        return daemon.dutyCycles();
    }

    /** The pollers' pools. What they count is read without asking their threads. */
    List<PacketPool> packetPools() {
        return IntStream.range(0, daemon.pollerCount()).mapToObj(daemon::packetPool).toList();
    }

    /** Number of pollers. */
    int pollers() {
        return daemon.pollerCount();
    }

    /** How a poller waits. */
    String waitingOf(final int poller) {
        final List<PollerWaiting> all = configuration.daemon().waiting();
        return all.get(Math.min(poller, all.size() - 1)).label();
    }

    /** Whether all functions are being let go, or have been. */
    boolean isDraining() {
        return isDraining;
    }

    /** How it is, for probes and scripts. */
    Health health() {
        return Health.of(this);
    }

    /** What a reload has done, and what only a restart would do. */
    record Reloaded(List<String> applied, List<String> needRestart) {}

    /**
     * Reads the configuration again, and applies what differs. What doesn't isn't touched.
     *
     * @return completes when it is being applied; exceptionally with a {@link
     *     ConfigurationException} when it is wrong, and then nothing is changed.
     */
    CompletableFuture<Reloaded> reload() {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        final Configuration next = ConfigurationReader.read(file);
                        ConfigurationCheck.check(next, host);
                        return apply(next);
                    } catch (final ConfigurationException e) {
                        throw new IllegalArgumentException(e.getMessage(), e);
                    }
                },
                worker);
    }

    private Reloaded apply(final Configuration next) {
        final Configuration before = configuration;
        final List<String> applied = new ArrayList<>();
        final List<String> restart = new ArrayList<>();
        if (isDraining) {
            throw new IllegalStateException("the daemon is drained; start it again");
        }
        restartIf(!next.daemon().sameAs(before.daemon()), "daemon", restart);
        restartIf(!next.control().sameAs(before.control()), "control", restart);
        restartIf(!next.metrics().sameAs(before.metrics()), "metrics", restart);
        restartIf(!next.telemetry().sameAs(before.telemetry()), "telemetry", restart);
        restartIf(!next.simulator().sameAs(before.simulator()), "simulator", restart);
        final List<FunctionSection> nowApplied = new ArrayList<>();
        final List<PortSection> ports = new ArrayList<>();
        for (final FunctionSection section : next.functions()) {
            final ServiceFunction function = functions.get(section.name());
            if (function == null || section.needsReopening(function.section())) {
                restart.add("functions." + section.name());
                if (function != null) {
                    nowApplied.add(function.section());
                    ports.addAll(before.portsOf(section.name()));
                }
                continue;
            }
            nowApplied.add(section);
            final List<PortSection> wanted = next.portsOf(section.name());
            ports.addAll(wanted);
            if (!section.sameAs(function.section())) {
                applied.add("functions." + section.name());
            }
            difference(before.portsOf(section.name()), wanted, applied);
            function.apply(section, wanted);
        }
        for (final String name : functions.keySet()) {
            if (next.functions().stream().noneMatch(section -> section.name().equals(name))) {
                restart.add("functions." + name);
                before.functions().stream()
                        .filter(section -> section.name().equals(name))
                        .forEach(nowApplied::add);
                ports.addAll(before.portsOf(name));
            }
        }
        configuration =
                new Configuration(
                        before.daemon(),
                        before.control(),
                        before.metrics(),
                        before.telemetry(),
                        before.simulator(),
                        nowApplied,
                        ports);
        LOGGER.log(
                System.Logger.Level.INFO,
                "reloaded: changed " + applied + ", needs a restart " + restart);
        return new Reloaded(applied, restart);
    }

    private static void restartIf(
            final boolean isDifferent, final String what, final List<String> restart) {
        if (isDifferent) {
            restart.add(what);
        }
    }

    private static void difference(
            final List<PortSection> before,
            final List<PortSection> next,
            final List<String> applied) {
        for (final PortSection port : next) {
            if (before.stream().noneMatch(port::sameAs)) {
                applied.add("ports." + port.name());
            }
        }
        for (final PortSection port : before) {
            if (next.stream().noneMatch(other -> other.name().equals(port.name()))) {
                applied.add("ports." + port.name());
            }
        }
    }

    /**
     * Closes all ports, takes all functions down and lets their devices go. The process goes on, so
     * that it can be asked how that went.
     *
     * @return completes when all devices are let go.
     */
    CompletableFuture<Void> drain() {
        isDraining = true;
        final List<CompletableFuture<LifecycleState>> drained =
                functions().stream().map(ServiceFunction::drain).toList();
        return CompletableFuture.allOf(drained.toArray(CompletableFuture[]::new));
    }

    @Override
    public void close() {
        isDraining = true;
        worker.shutdownNow();
        try {
            if (!worker.awaitTermination(
                    configuration.daemon().closeTimeoutNs(), TimeUnit.NANOSECONDS)) {
                LOGGER.log(System.Logger.Level.WARNING, "a port is still being opened");
            }
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        CloseHelper.closeAll(daemon, ringRunner, simulators, counters);
    }

    private static void onRingError(final Throwable error) {
        LOGGER.log(System.Logger.Level.ERROR, "the ring ports' thread failed", error);
    }

    /** Waits for clients of ring ports when there is nothing to do. */
    private record RingWaiting(RingServer rings) implements IdleStrategy {
        @Override
        public void idle(final int workCount) {
            if (workCount == 0) {
                rings.await();
            }
        }

        @Override
        public void idle() {
            rings.await();
        }

        @Override
        public void reset() {
            // Nothing is remembered.
        }
    }
}
