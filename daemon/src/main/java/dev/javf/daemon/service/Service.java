package dev.javf.daemon.service;

import dev.javf.daemon.DutyCycle;
import dev.javf.daemon.FunctionClient;
import dev.javf.daemon.FunctionHost;
import dev.javf.daemon.FunctionName;
import dev.javf.daemon.Javfd;
import dev.javf.daemon.JavfdContext;
import dev.javf.daemon.PollerWaiting;
import dev.javf.daemon.Simulators;
import dev.javf.daemon.config.Configuration;
import dev.javf.daemon.config.ConfigurationCheck;
import dev.javf.daemon.config.ConfigurationException;
import dev.javf.daemon.config.ConfigurationReader;
import dev.javf.daemon.config.FunctionSection;
import dev.javf.daemon.config.Problem;
import dev.javf.daemon.counters.CountersFileWriter;
import dev.javf.daemon.ring.RingServer;
import dev.javf.daemon.simulated.WarmUp;
import dev.javf.iavf.LifecycleState;
import dev.javf.iavf.VirtualFunctionContext;
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
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/** The daemon, doing what a configuration says. Any thread may call. */
final class Service implements AutoCloseable {
    private static final long WARM_UP_NS = TimeUnit.MILLISECONDS.toNanos(100);
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
    private final Map<String, String> names;
    private final Map<String, FunctionMeters> meters;

    /** In the configuration's order. Written on the worker's thread. */
    private volatile Map<String, ServiceFunction> functions = Map.of();

    private volatile Configuration configuration;
    private volatile boolean isDraining;

    /** A function that has just been opened. */
    record Opened(PciDevice device, FunctionMeters meters, FunctionIdentity identity) {}

    private Service(
            final Path file,
            final Configuration configuration,
            final FunctionHost host,
            final Javfd daemon,
            final Map<String, Opened> devices,
            final LoggingListener listener,
            final @Nullable CountersFileWriter counters) {
        this.counters = counters;
        this.file = file;
        this.configuration = configuration;
        this.host = host;
        this.daemon = daemon;
        simulators = host.simulators();
        names = listener.names();
        meters = listener.meters();
        final List<ServiceFunction> opened = new ArrayList<>();
        for (final FunctionSection section : configuration.functions()) {
            final Opened one = Objects.requireNonNull(devices.get(section.name()), "device");
            opened.add(function(section, daemon.function(one.device().name()), one));
        }
        functions(opened);
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
                        configuration.simulator().firstMac(),
                        configuration.simulator().maxQueuePairs());
        final FunctionHost host =
                new FunctionHost(machine.sysfs(), machine.environment(), simulators);
        final JavfdContext context =
                new JavfdContext()
                        .pollers(shares(configuration))
                        .pollerWaiting(configuration.daemon().waiting())
                        .closeTimeoutNs(configuration.daemon().closeTimeoutNs())
                        .stallThresholdNs(configuration.daemon().stallThresholdNs());
        final long warmUpNs = warmUpNs(configuration);
        if (warmUpNs > 0) {
            context.warmUp(() -> WarmUp.run(warmUpNs));
        }
        simulators.physicalFunctions().forEach(context::simulator);
        final Map<String, Opened> devices = new LinkedHashMap<>();
        final Map<String, String> names = new ConcurrentHashMap<>();
        final Map<String, FunctionMeters> meters = new ConcurrentHashMap<>();
        CountersFileWriter counters = null;
        try {
            counters = ServiceCounters.create(configuration, SystemNanoClock.INSTANCE);
            if (counters != null) {
                context.counters(new ServiceCounters(counters, names));
            }
            for (final FunctionSection section : configuration.functions()) {
                final Opened opened = open(section, host);
                final PciDevice device = opened.device();
                devices.put(section.name(), opened);
                names.put(device.name(), section.name());
                meters.put(device.name(), opened.meters());
                context.device(device, settings -> settings(settings, section, configuration));
                final int place = devices.size() - 1;
                final int pollers = configuration.daemon().pollers();
                context.pollerChoice(
                        device.name(), queue -> section.pollerOf(place, queue, pollers));
                context.ownBuffers(device.name(), configuration.ownBuffers(section));
                context.exchangeListener(device.name(), opened.meters());
            }
            final LoggingListener listener = new LoggingListener(names, meters);
            context.functionListener(listener);
            return new Service(
                    file, configuration, host, Javfd.launch(context), devices, listener, counters);
        } catch (final ConfigurationException | RuntimeException e) {
            CloseHelper.close(counters);
            devices.values().forEach(opened -> opened.device().close());
            simulators.close();
            throw e;
        }
    }

    /** Where packets come from a simulator only, nothing has to be fast from the start. */
    private static long warmUpNs(final Configuration configuration) {
        final Long asked = configuration.daemon().warmUpNs();
        if (asked != null) {
            return asked;
        }
        return configuration.functions().stream()
                        .allMatch(each -> each.device() instanceof FunctionName.Simulated)
                ? 0
                : WARM_UP_NS;
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

    /**
     * Opens a function's device.
     *
     * @param section what is asked for.
     * @param host where functions are looked for.
     * @return the caller's.
     * @throws ConfigurationException if it can't be opened.
     */
    static Opened open(final FunctionSection section, final FunctionHost host)
            throws ConfigurationException {
        final PciDevice device = openDevice(section, host);
        return new Opened(
                device,
                new FunctionMeters(SystemNanoClock.INSTANCE),
                FunctionIdentity.of(host, section.device(), device.name()));
    }

    private static PciDevice openDevice(final FunctionSection section, final FunctionHost host)
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

    private static VirtualFunctionContext settings(
            final VirtualFunctionContext settings,
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

    /**
     * What a reload has done.
     *
     * @param applied sections that differed and are applied.
     * @param needRestart sections that differ and that only a restart applies.
     * @param failed functions that were let go and couldn't be opened again, and why.
     */
    record Reloaded(List<String> applied, List<String> needRestart, List<String> failed) {}

    /**
     * Reads the configuration again, and applies what differs. What doesn't isn't touched.
     *
     * @return completes when functions that came and went have done so, and the rest is being
     *     applied; exceptionally with an {@link IllegalArgumentException} when something is wrong,
     *     and then nothing is changed.
     */
    CompletableFuture<Reloaded> reload() {
        return CompletableFuture.completedFuture(file).thenComposeAsync(this::reload, worker);
    }

    /** On the worker's thread. */
    private CompletableFuture<Reloaded> reload(final Path from) {
        if (isDraining) {
            throw new IllegalStateException("the daemon is drained; start it again");
        }
        try {
            final Configuration next = ConfigurationReader.read(from);
            ConfigurationCheck.check(next, host);
            return new Reload(this, next).apply();
        } catch (final ConfigurationException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    /** A reload has applied this. On the worker's thread. */
    void applied(final Configuration next) {
        configuration = next;
    }

    /** Runs what may block, one after the other. */
    Executor worker() {
        return worker;
    }

    /** Where functions are looked for. */
    FunctionHost host() {
        return host;
    }

    /** Drives another set of functions, in this order. On the worker's thread. */
    void functions(final List<ServiceFunction> next) {
        final Map<String, ServiceFunction> named = new LinkedHashMap<>();
        next.forEach(function -> named.put(function.name(), function));
        functions = Collections.unmodifiableMap(named);
    }

    /**
     * Starts one more function. On the worker's thread.
     *
     * @param section what is asked for.
     * @param opened the function.
     * @param next what it and its ports are of.
     * @return completes with it when it is coming up.
     */
    CompletableFuture<ServiceFunction> add(
            final FunctionSection section, final Opened opened, final Configuration next) {
        final String device = opened.device().name();
        names.put(device, section.name());
        meters.put(device, opened.meters());
        final int place = functions().size();
        return daemon.add(
                        opened.device(),
                        settings -> settings(settings, section, configuration),
                        queue -> section.pollerOf(place, queue, daemon.pollerCount()),
                        next.ownBuffers(section),
                        opened.meters())
                .thenApply(client -> {
                    final ServiceFunction function = function(section, client, opened);
                    function.wantAddresses();
                    function.start(next.portsOf(section.name()));
                    return function;
                });
    }

    /**
     * Lets a function go. On the worker's thread.
     *
     * @param function no longer among the functions.
     * @return completes when its device is free.
     */
    CompletableFuture<Void> remove(final ServiceFunction function) {
        return function.drain()
                .thenCompose(state -> daemon.remove(function.pciName()))
                .thenRun(() -> {
                    names.remove(function.pciName());
                    meters.remove(function.pciName());
                });
    }

    private ServiceFunction function(
            final FunctionSection section, final FunctionClient client, final Opened opened) {
        return new ServiceFunction(
                section,
                client,
                opened.meters(),
                opened.identity(),
                worker,
                rings,
                gone -> openDevice(gone, host));
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
