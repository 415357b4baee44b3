package dev.javf.daemon.service;

import dev.javf.daemon.FunctionClient;
import dev.javf.daemon.FunctionMonitor;
import dev.javf.daemon.PortBinding;
import dev.javf.daemon.config.FunctionSection;
import dev.javf.daemon.config.PortContext;
import dev.javf.daemon.config.PortSection;
import dev.javf.daemon.ring.CapturePort;
import dev.javf.daemon.ring.RingPort;
import dev.javf.daemon.ring.RingServer;
import dev.javf.daemon.ring.RingSettings;
import dev.javf.iavf.LifecycleState;
import dev.javf.iavf.VirtualFunction;
import dev.javf.packet.MacAddress;
import dev.javf.virtchnl.VlanRejection;
import dev.javf.virtchnl.VlanRequestResult;
import dev.javf.virtchnl.VlanSet;

import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.SystemNanoClock;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * A virtual function of the configuration, its ports, and what clients have asked for beside it.
 * Opening ports may block, so that is done on the worker's thread; what changes the function is
 * done on the conductor's.
 */
final class ServiceFunction {
    private static final System.Logger LOGGER = System.getLogger(ServiceFunction.class.getName());
    private static final long RETRY_S = 5;

    private final String name;
    private final FunctionClient client;
    private final FunctionMeters meters;
    private final FunctionIdentity identity;
    private final NanoClock clock = SystemNanoClock.INSTANCE;
    private final ScheduledExecutorService worker;
    private final RingServer rings;
    private final LostDevice lostDevice;

    /** What every {@link VirtualFunction} of it begins with. */
    private final FunctionSection openedWith;

    /** What is applied. Written on the worker's thread. */
    private volatile FunctionSection section;

    private volatile List<ServicePort> ports = List.of();
    private volatile FunctionSnapshot snapshot = FunctionSnapshot.UNKNOWN;
    private volatile boolean isDraining;

    /** VLANs that the configuration wants. For the conductor's thread. */
    private VlanSet configured = VlanSet.EMPTY;

    /** VLANs that clients want. Written on the conductor's thread. */
    private volatile VlanSet added = VlanSet.EMPTY;

    private final SharedQuestion<FunctionSnapshot> snapshots =
            new SharedQuestion<>(this::takeSnapshot);
    private @Nullable CompletableFuture<?> pending;

    /**
     * A function that is being opened.
     *
     * @param section what is asked for.
     * @param client the function.
     * @param meters what is counted of it.
     * @param identity how others know it.
     * @param worker runs what may block, one after the other.
     * @param rings serves the clients of ring ports.
     * @param devices opens its device again when it was gone.
     */
    ServiceFunction(
            final FunctionSection section,
            final FunctionClient client,
            final FunctionMeters meters,
            final FunctionIdentity identity,
            final ScheduledExecutorService worker,
            final RingServer rings,
            final LostDevice.Source devices) {
        this.rings = rings;
        this.section = section;
        openedWith = section;
        lostDevice = new LostDevice(section.name(), client, worker, devices, clock);
        this.client = client;
        this.meters = meters;
        this.identity = identity;
        this.worker = worker;
        name = section.name();
    }

    String name() {
        return name;
    }

    /** What the device calls itself: the PCI address of one that the kernel has. */
    String pciName() {
        return client.name();
    }

    FunctionSection section() {
        return section;
    }

    /** What is counted and timed of it, beside what the driver counts. */
    FunctionMeters meters() {
        return meters;
    }

    /** How others know it. */
    FunctionIdentity identity() {
        return identity;
    }

    FunctionMonitor monitor() {
        return client.monitor();
    }

    List<ServicePort> ports() {
        return ports;
    }

    /** As of the last time that the conductor answered. */
    FunctionSnapshot snapshot() {
        return snapshot;
    }

    /**
     * Has another poller poll a queue pair.
     *
     * @param queue its number.
     * @param poller the number of the poller.
     * @return completes when it does.
     */
    CompletableFuture<Void> moveQueue(final int queue, final int poller) {
        return client.moveQueue(queue, poller);
    }

    /**
     * Serves ports that aren't in the configuration, instead of those that are.
     *
     * @param bindings the ports.
     * @return completes when they are polled.
     */
    CompletableFuture<Void> bind(final List<PortBinding> bindings) {
        return client.ports(bindings);
    }

    /** VLANs that clients have added. */
    VlanSet added() {
        return added;
    }

    /** Whether packets flow and all ports are there. */
    boolean isReady() {
        return !isDraining && snapshot.isUp() && ports.stream().allMatch(ServicePort::isOpen);
    }

    /** Asks the conductor how the function is, unless it still owes an answer. One thread. */
    void refresh() {
        final CompletableFuture<?> asked = pending;
        if (asked == null || asked.isDone()) {
            pending = freshSnapshot();
        }
        if (!isDraining) {
            lostDevice.look(snapshot, () -> section, this::restart);
        }
    }

    /** Why its device isn't there; empty while it is. */
    String missing() {
        return lostDevice.missing();
    }

    /** Asks the conductor how the function is; once for all who ask before it answers. */
    CompletableFuture<FunctionSnapshot> freshSnapshot() {
        return snapshots.ask();
    }

    private CompletableFuture<FunctionSnapshot> takeSnapshot(final Runnable beforeLooking) {
        return client.ask(vf -> {
            beforeLooking.run();
            final FunctionSnapshot taken = FunctionSnapshot.of(vf, client, clock.nanoTime());
            snapshot = taken;
            return taken;
        });
    }

    /**
     * Applies what is configured: only what differs from what is applied already.
     *
     * @param next what is asked for.
     * @param nextPorts the function's ports.
     */
    void apply(final FunctionSection next, final List<PortSection> nextPorts) {
        worker.execute(() -> applyNow(next, nextPorts, true));
    }

    /** Applies what is configured for the first time, and brings the function up. */
    void start(final List<PortSection> nextPorts) {
        ports = nextPorts.stream().map(port -> new ServicePort(port, null, "")).toList();
        tell(vf -> want(vf, section, nextPorts));
        watch(
                client.state(LifecycleState.DOWN)
                        .thenRunAsync(() -> applyNow(section, nextPorts, false), worker));
    }

    /** Its device is back, without anything: wants all anew. On the worker's thread. */
    private void restart() {
        final List<ServicePort> open = ports;
        final FunctionSection now = section;
        tell(vf -> {
            configured = VlanSet.EMPTY;
            if (!added.isEmpty()) {
                vf.addVlans(added, this::report);
            }
            macs(open).forEach(mac -> vf.addMac(mac, (address, isPresent, status) -> {}));
            shape(vf, openedWith, now);
        });
        wantAddresses();
        final List<PortSection> sections = open.stream().map(ServicePort::section).toList();
        watch(
                client.state(LifecycleState.DOWN)
                        .thenRunAsync(() -> applyNow(section, sections, false), worker));
    }

    /** On the conductor's thread. */
    private void want(
            final VirtualFunction vf,
            final FunctionSection next,
            final List<PortSection> nextPorts) {
        VlanSet vlans = next.vlans();
        for (final PortSection port : nextPorts) {
            if (port.vlan() != 0) {
                vlans = vlans.plus(VlanSet.of(port.vlan()));
            }
        }
        final VlanSet fresh = vlans.minus(configured);
        final VlanSet gone = configured.minus(vlans);
        configured = vlans;
        if (!fresh.isEmpty()) {
            vf.addVlans(fresh, this::report);
        }
        if (!gone.isEmpty()) {
            vf.removeVlans(gone, this::report);
        }
        vf.promiscuous(next.isUnicastPromiscuous(), next.isMulticastPromiscuous());
    }

    /** Nobody waits for it; if it fails the log says so. */
    private void watch(final CompletionStage<?> stage) {
        final var _ =
                stage.whenComplete((result, error) -> {
                    if (error != null && !isDraining) {
                        LOGGER.log(System.Logger.Level.ERROR, name + ": " + error.getMessage());
                    }
                });
    }

    /** Has something done on the conductor's thread. */
    private void tell(final Consumer<VirtualFunction> command) {
        watch(
                client.ask(vf -> {
                    command.accept(vf);
                    return vf.state();
                }));
    }

    private void report(final VlanRequestResult result) {
        for (final VlanRejection rejection : result.rejections()) {
            LOGGER.log(
                    System.Logger.Level.WARNING,
                    name + ": VLANs " + rejection.vlans() + ": " + rejection.remedy());
        }
    }

    /** On the worker's thread. */
    private void applyNow(
            final FunctionSection next, final List<PortSection> wanted, final boolean isReload) {
        if (isDraining) {
            return;
        }
        final FunctionSection before = section;
        section = next;
        tell(vf -> {
            want(vf, next, wanted);
            if (isReload) {
                change(vf, before, next);
            }
        });
        final List<ServicePort> open = ports;
        // What is taken away goes first: what comes may want its device.
        final List<ServicePort> kept =
                wanted.stream()
                        .map(port ->
                                open.stream()
                                        .filter(other -> other.section().sameAs(port))
                                        .findFirst()
                                        .orElseGet(() -> new ServicePort(port, null, "")))
                        .toList();
        watch(serve(kept).thenRunAsync(() -> openMissing(kept), worker));
    }

    private CompletableFuture<Void> serve(final List<ServicePort> next) {
        final List<MacAddress> before = macs(ports);
        final List<MacAddress> after = macs(next);
        ports = List.copyOf(next);
        final List<PortBinding> bindings = new ArrayList<>();
        for (final ServicePort port : next) {
            final PortBinding binding = port.binding();
            if (binding != null) {
                bindings.add(binding);
            }
        }
        tell(vf -> {
            after.stream()
                    .filter(mac -> !before.contains(mac))
                    .forEach(mac -> vf.addMac(mac, (address, isPresent, status) -> {}));
            before.stream()
                    .filter(mac -> !after.contains(mac))
                    .forEach(mac -> vf.removeMac(mac, (address, isPresent, status) -> {}));
        });
        return client.ports(bindings);
    }

    /** Addresses of ports that aren't the function's own. */
    private static List<MacAddress> macs(final List<ServicePort> ports) {
        return ports.stream()
                .filter(port -> port.isOpen() && port.section().mac() != null)
                .<MacAddress>mapMulti((port, all) -> {
                    final MacAddress mac = port.section().mac();
                    if (mac != null) {
                        all.accept(mac);
                    }
                })
                .distinct()
                .toList();
    }

    /** On the worker's thread. */
    private void openMissing(final List<ServicePort> wanted) {
        if (!isDraining && wanted.equals(ports)) {
            watch(
                    client.ask(VirtualFunction::macAddress)
                            .thenAcceptAsync(own -> open(wanted, own), worker));
        }
    }

    /** On the worker's thread. */
    private void open(final List<ServicePort> wanted, final @Nullable MacAddress own) {
        if (isDraining || !wanted.equals(ports)) {
            // Another configuration has come meanwhile, and opens its own.
            return;
        }
        final List<ServicePort> opened =
                wanted.stream().map(port -> port.isOpen() ? port : open(port, own)).toList();
        watch(serve(opened).thenRun(this::up));
        if (!opened.stream().allMatch(ServicePort::isOpen)) {
            final var _ = worker.schedule(() -> openMissing(opened), RETRY_S, TimeUnit.SECONDS);
        }
    }

    private void up() {
        if (!isDraining) {
            client.up();
        }
    }

    /** The same port, and its packets can be captured. */
    private static PortBinding watchable(final PortBinding binding) {
        return binding.by(new CapturePort(binding.port()));
    }

    /** Opens a ring port that gets copies of what passes one of this function's at a poller. */
    RingPort capture(final RingSettings settings, final int poller) {
        return rings.openCapture(settings, client.packetPool(poller));
    }

    private ServicePort open(final ServicePort port, final @Nullable MacAddress own) {
        final MacAddress mac = port.section().mac() == null ? own : port.section().mac();
        if (mac == null) {
            return new ServicePort(port.section(), null, "the function has no MAC address yet");
        }
        final Integer chosen = port.section().poller();
        final int poller = chosen == null ? client.firstPoller() : chosen;
        try {
            final PortBinding binding =
                    port.section()
                            .kind()
                            .open(
                                    port.section(),
                                    new PortContext(
                                            client,
                                            mac,
                                            section.maxFrameBytes(),
                                            client.packetPool(poller),
                                            rings))
                            .atPoller(poller);
            return new ServicePort(port.section(), watchable(binding), "");
        } catch (final RuntimeException e) {
            final String failure = String.valueOf(e.getMessage());
            if (!failure.equals(port.failure())) {
                LOGGER.log(
                        System.Logger.Level.ERROR,
                        "port " + port.section().name() + " can't be opened: " + failure);
            }
            return new ServicePort(port.section(), null, failure);
        }
    }

    /** On the conductor's thread: what isn't wanted anew with every {@link #want}. */
    private static void change(
            final VirtualFunction vf, final FunctionSection before, final FunctionSection next) {
        shape(vf, before, next);
        next.addresses().stream()
                .filter(address -> !before.addresses().contains(address))
                .forEach(address -> vf.addMac(address, (one, isPresent, status) -> {}));
        before.addresses().stream()
                .filter(address -> !next.addresses().contains(address))
                .forEach(address -> vf.removeMac(address, (one, isPresent, status) -> {}));
    }

    private static void shape(
            final VirtualFunction vf, final FunctionSection before, final FunctionSection next) {
        final MacAddress mac = next.mac();
        if (mac == null ? before.mac() != null : !mac.equals(before.mac())) {
            vf.macAddress(mac);
        }
        if (next.maxFrameBytes() != before.maxFrameBytes()) {
            vf.maxFrameBytes(next.maxFrameBytes());
        }
        if (next.queuePairs() != before.queuePairs()) {
            vf.queuePairs(next.queuePairs());
        }
        if (next.hasFlexibleDescriptors() != before.hasFlexibleDescriptors()) {
            vf.flexibleDescriptors(next.hasFlexibleDescriptors());
        }
    }

    /** Wants the additional addresses, once, when the function has just been opened. */
    void wantAddresses() {
        tell(vf ->
                section.addresses()
                        .forEach(address -> vf.addMac(address, (one, isPresent, status) -> {})));
    }

    /**
     * Wants VLANs for a client, beside the configuration's. Any thread.
     *
     * @param vlans which; those that clients want already don't count twice.
     * @return completes when the PF has answered for each.
     */
    CompletableFuture<List<VlanRejection>> addVlans(final VlanSet vlans) {
        return change(
                true,
                () -> {
                    final VlanSet fresh = vlans.minus(added);
                    added = added.plus(vlans);
                    return fresh;
                });
    }

    /**
     * Wants VLANs for clients no longer. Any thread.
     *
     * @param vlans which.
     * @return completes when the PF has answered for each; exceptionally with an {@link
     *     IllegalArgumentException} when no client has added one of them.
     */
    CompletableFuture<List<VlanRejection>> removeVlans(final VlanSet vlans) {
        return change(
                false,
                () -> {
                    final VlanSet unknown = vlans.minus(added);
                    if (!unknown.isEmpty()) {
                        throw new IllegalArgumentException(
                                "VLANs "
                                        + unknown
                                        + " were not added by a client"
                                        + (unknown.and(configured).isEmpty()
                                                ? "; those that were: " + added
                                                : "; the configuration wants "
                                                        + unknown.and(configured)
                                                        + ": change it there and reload"));
                    }
                    added = added.minus(vlans);
                    return vlans;
                });
    }

    private CompletableFuture<List<VlanRejection>> change(
            final boolean isAdd, final Supplier<VlanSet> begin) {
        final CompletableFuture<List<VlanRejection>> answered = new CompletableFuture<>();
        final long askedNs = clock.nanoTime();
        final VlanChange change =
                new VlanChange(isAdd, begin, answered, () -> meters.onVlanRequest(askedNs));
        client.askInParts(answered, change::next);
        return answered;
    }

    /**
     * Closes the ports, takes the function down and lets its device go.
     *
     * @return completes when that is done.
     */
    CompletableFuture<LifecycleState> drain() {
        isDraining = true;
        lostDevice.forget();
        final CompletableFuture<LifecycleState> drained = new CompletableFuture<>();
        // On the worker's thread, behind any port that is being opened now.
        worker.execute(() ->
                watch(
                        serve(List.of())
                                .thenCompose(nothing -> client.close())
                                .whenComplete((state, error) -> {
                                    if (error == null) {
                                        drained.complete(state);
                                    } else {
                                        drained.completeExceptionally(error);
                                    }
                                })));
        return drained;
    }
}
