package dev.javf.iavf;

import dev.javf.packet.MacAddress;
import dev.javf.vfio.PciDeviceCondition;
import dev.javf.virtchnl.EthStatistics;
import dev.javf.virtchnl.Event;

import org.jspecify.annotations.Nullable;

import java.lang.System.Logger.Level;
import java.security.SecureRandom;

/** What is behind a {@link VirtualFunction}: the state, and who works in which state. */
final class VirtualFunctionDriver implements Lifecycle.Listener, VirtchnlChannel.EventHandler {
    /** How long all filters may take to be sent before queues are started regardless. */
    private static final long CONFIGURING_LIMIT_NS = 2_000_000_000L;

    private final VirtualFunction virtualFunction;
    private final VirtualFunction.Context context;
    private final DriverParts parts;
    private final Lifecycle lifecycle;
    private final ResetMonitor monitor;
    private final ResetProcedure resetProcedure;
    private final RecoveryLadder ladder;
    private final Negotiation negotiation;
    private final Offloads offloads;
    private final QueueProgram queueProgram;
    private final MacFilters macs;
    private final FilterProgram filters;
    private final Closing closing;
    private long nowNs;
    private long stateSinceNs;
    private boolean wantUp;
    private boolean wantClosed;
    private boolean linkUp;
    private int linkSpeedMbps;
    private @Nullable ResetCause resetSeen;
    private MacAddress assigned = MacAddress.ZERO;
    private String failure = "";

    VirtualFunctionDriver(
            final VirtualFunction virtualFunction, final VirtualFunction.Context context) {
        this.virtualFunction = virtualFunction;
        this.context = context;
        lifecycle = new Lifecycle(this);
        final DriverCounters counters = new DriverCounters();
        final DistinctLog log = new DistinctLog(context.logger(), context.device().name() + ": ");
        final Registers registers = new Registers(context.device().bar(Registers.BAR));
        final AdminQueue adminQueue = new AdminQueue(context.device(), registers);
        final VirtchnlChannel channel =
                new VirtchnlChannel(
                        adminQueue,
                        counters,
                        log,
                        this,
                        context.messagesInFlight(),
                        context.timeouts().requestNs(),
                        context.exchangeListener());
        parts =
                new DriverParts(
                        context,
                        context.device(),
                        registers,
                        adminQueue,
                        channel,
                        lifecycle,
                        new QueueHandOver(context.queueOwner()),
                        counters,
                        log);
        monitor =
                new ResetMonitor(
                        registers,
                        context.timeouts().resetPollIntervalNs(),
                        context.timeouts().resetStartNs());
        resetProcedure = new ResetProcedure(parts);
        ladder =
                new RecoveryLadder(
                        context.timeouts().pauseMinNs(), context.timeouts().pauseMaxNs());
        negotiation = new Negotiation(parts);
        offloads = new Offloads(parts);
        queueProgram = new QueueProgram(parts);
        macs =
                new MacFilters((address, reason) ->
                        onDifference("the PF refuses MAC " + address + ": " + reason));
        filters = new FilterProgram(parts, macs, this::onStatistics);
        closing = new Closing(parts);
    }

    void open() {
        lifecycle.on(LifecycleEvent.OPEN, "opened");
    }

    int doWork(final long timeNs) {
        nowNs = timeNs;
        if (lifecycle.state() == LifecycleState.CLOSED) {
            return 0;
        }
        heed(context.device().condition());
        if (wantClosed && Lifecycle.next(lifecycle.state(), LifecycleEvent.CLOSE) != null) {
            lifecycle.on(LifecycleEvent.CLOSE, "no longer wanted");
        }
        int work = 0;
        if (lifecycle.isLive() || lifecycle.state() == LifecycleState.NEEDS_RESET) {
            work += watch();
        }
        if (lifecycle.isLive()
                || (lifecycle.state() == LifecycleState.CLOSING && closing.usesMailbox())) {
            work += parts.channel().doWork(nowNs);
        }
        work += workInState();
        if (lifecycle.isProgrammable() && !monitor.isAnnounced()) {
            final Negotiated negotiated = negotiation.result();
            work += negotiated == null ? 0 : filters.doWork(negotiated, nowNs);
        }
        return work;
    }

    /** What the system says about the function, which no register shows. */
    private void heed(final PciDeviceCondition condition) {
        switch (condition) {
            case RELEASE_REQUESTED -> {
                if (!wantClosed) {
                    wantClosed = true;
                    onDifference("the system wants the device back; closing the VF");
                }
            }
            case ERROR -> {
                if (Lifecycle.next(lifecycle.state(), LifecycleEvent.FAILED) != null) {
                    parts.fail("the device reported a PCI Express error");
                }
            }
            case GONE -> {
                if (Lifecycle.next(lifecycle.state(), LifecycleEvent.GONE) != null) {
                    lifecycle.on(LifecycleEvent.GONE, "the system says that the device is gone");
                }
            }
            default -> {}
        }
    }

    private int workInState() {
        return switch (lifecycle.state()) {
            case OPENING, RESETTING -> resetProcedure.doWork(nowNs);
            case NEGOTIATING -> negotiation.doWork(nowNs);
            case CONFIGURING -> configure();
            case DOWN -> rest(wantUp, LifecycleEvent.START, "wanted up");
            case UP -> rest(!wantUp, LifecycleEvent.STOP, "wanted down");
            case STARTING, STOPPING -> programQueues();
            case NEEDS_RESET -> recover();
            case CLOSING -> closing.doWork(nowNs);
            case CLOSED, REMOVED -> 0;
        };
    }

    private int watch() {
        if (!parts.adminQueue().isStarted() || !monitor.isDue(nowNs)) {
            return 0;
        }
        final ResetCause cause = monitor.poll(nowNs);
        if (cause != null) {
            resetSeen = cause;
            lifecycle.on(LifecycleEvent.RESET_SEEN, cause.label());
            return 1;
        }
        if (monitor.expireAnnouncement(nowNs)) {
            parts.counters().increment(DriverCounter.STALE_ANNOUNCEMENTS);
            parts.channel().hold(false);
            parts.log()
                    .distinct(
                            Level.WARNING,
                            "stale announcement",
                            "the PF announced a reset that never came; going on",
                            nowNs);
        }
        final int errors = parts.adminQueue().takeErrors();
        if (errors != 0) {
            parts.counters().increment(DriverCounter.MAILBOX_ERRORS);
            if ((errors & Registers.LEN_CRIT) != 0 && lifecycle.isLive()) {
                parts.fail("critical mailbox error");
                return 1;
            }
        }
        return 0;
    }

    private int configure() {
        int work = offloads.doWork(nowNs);
        if (offloads.isDone()
                && (filters.isSent() || nowNs - stateSinceNs >= CONFIGURING_LIMIT_NS)) {
            final QueueSet queues = parts.handOver().queues();
            if (queues != null) {
                queues.vlanLocations(offloads.rxLocation(), offloads.txLocation());
            }
            lifecycle.on(
                    LifecycleEvent.CONFIGURED,
                    "VLAN tags: Rx " + offloads.rxLocation() + ", Tx " + offloads.txLocation());
            work++;
        }
        return work;
    }

    private int rest(final boolean move, final LifecycleEvent event, final String reason) {
        ladder.onWorking(nowNs);
        if (!move || monitor.isAnnounced()) {
            return 0;
        }
        lifecycle.on(event, reason);
        return 1;
    }

    private int programQueues() {
        final Negotiated negotiated = negotiation.result();
        final QueueSet queues = parts.handOver().queues();
        return negotiated == null || queues == null
                ? 0
                : queueProgram.doWork(negotiated, queues, nowNs);
    }

    private int recover() {
        if (!ladder.isDue(nowNs) || !parts.handOver().isWithConductor()) {
            return 0;
        }
        lifecycle.on(LifecycleEvent.RESET, "attempt " + ladder.attempts());
        return 1;
    }

    @Override
    public void onTransition(
            final LifecycleState from,
            final LifecycleEvent event,
            final LifecycleState to,
            final String reason) {
        stateSinceNs = nowNs;
        if (to == LifecycleState.NEEDS_RESET && event != LifecycleEvent.FAILED) {
            parts.counters().increment(DriverCounter.LIFECYCLE_VIOLATIONS);
        }
        log(from, to, reason);
        switch (to) {
            case OPENING ->
                    resetProcedure.begin(
                            ResetProcedure.Method.FUNCTION_LEVEL_RESET, ResetCause.OPENED);
            case NEGOTIATING -> {
                monitor.begin(nowNs);
                negotiation.begin(nowNs);
            }
            case CONFIGURING -> beginConfiguring();
            case STARTING -> queueProgram.beginStart();
            case STOPPING -> queueProgram.beginStop();
            case RESETTING -> beginReset(event);
            case NEEDS_RESET -> beginRecovery(reason);
            case REMOVED -> {
                voidAll();
                parts.adminQueue().abandon();
                parts.handOver().takeBack();
            }
            case CLOSING -> {
                voidAll();
                closing.begin(from, negotiation.result());
            }
            default -> {}
        }
        context.listener().onStateChange(virtualFunction, from, to, reason);
    }

    private void log(final LifecycleState from, final LifecycleState to, final String reason) {
        final boolean trouble =
                to == LifecycleState.NEEDS_RESET
                        || to == LifecycleState.REMOVED
                        || to == LifecycleState.RESETTING;
        parts.log()
                .distinct(
                        trouble ? Level.WARNING : Level.DEBUG,
                        to.name(),
                        from + " -> " + to + ": " + reason,
                        nowNs);
    }

    private void beginConfiguring() {
        final Negotiated negotiated = negotiation.result();
        if (negotiated == null) {
            throw new IllegalStateException("configuring before negotiation");
        }
        QueueSet queues = parts.handOver().queues();
        if (queues == null) {
            queues = makeQueues(negotiated);
            parts.handOver().queues(queues);
        }
        adoptAddress(negotiated.vsi().defaultMac());
        offloads.begin(negotiated, queues.pairs());
    }

    private QueueSet makeQueues(final Negotiated negotiated) {
        final int granted = negotiated.resources().queuePairs();
        if (granted < context.queuePairs()) {
            onDifference(
                    "the PF gives the VF "
                            + granted
                            + " queue pairs, "
                            + context.queuePairs()
                            + " were asked for");
        }
        return new QueueSet(
                context.device().name(),
                context.device(),
                parts.registers(),
                context.packetPool(),
                new RingLayout(
                        Math.min(granted, context.queuePairs()),
                        context.rxRingLength(),
                        context.txRingLength()),
                context.maxFrameBytes());
    }

    /** The address asked for, else the one the PF assigns, else one made up, once. */
    private void adoptAddress(final MacAddress fromPf) {
        final MacAddress before = assigned;
        assigned = fromPf;
        final MacAddress wanted = context.macAddress();
        if (!before.isZero() && !before.equals(fromPf) && !fromPf.equals(macs.own())) {
            onDifference(
                    "administrator changed the VF's MAC at the PF from "
                            + before
                            + " to "
                            + fromPf
                            + (wanted == null ? "" : ", but " + wanted + " is asked for"));
        }
        if (wanted != null) {
            macs.own(wanted);
        } else if (!fromPf.isZero()) {
            macs.own(fromPf);
        } else if (macs.own() == null) {
            macs.own(madeUpAddress());
        }
    }

    private static MacAddress madeUpAddress() {
        final long localUnicast = 0x0200_0000_0000L;
        final long group = 0x0100_0000_0000L;
        final long random = new SecureRandom().nextLong() & 0xFFFF_FFFF_FFFFL;
        return new MacAddress((random & ~group) | localUnicast);
    }

    private void beginReset(final LifecycleEvent event) {
        voidAll();
        if (event == LifecycleEvent.RESET_SEEN) {
            resetProcedure.begin(ResetProcedure.Method.OBSERVED, resetSeen);
            return;
        }
        final ResetProcedure.Method method = ladder.method(parts.adminQueue().isStarted());
        resetProcedure.begin(
                method,
                method == ResetProcedure.Method.VF_RESET
                        ? ResetCause.VF_RESET
                        : ResetCause.FUNCTION_LEVEL_RESET);
    }

    private void beginRecovery(final String reason) {
        failure = reason;
        voidAll();
        parts.counters().increment(DriverCounter.FAILURES);
        parts.handOver().takeBack();
        final long pauseNs = ladder.onFailure(nowNs);
        if (pauseNs > 0) {
            parts.log()
                    .distinct(
                            Level.WARNING,
                            "pause",
                            "next reset in " + pauseNs / 1_000_000 + " ms",
                            nowNs);
        }
    }

    /** No answer counts any more, and the PF holds nothing, or soon won't. */
    private void voidAll() {
        parts.channel().newEpoch();
        filters.reset();
        onLink(false, 0);
    }

    @Override
    public void onEvent(final Event event, final long eventNs) {
        switch (event) {
            case final Event.LinkChange link -> onLink(link.up(), link.speedMbps());
            case final Event.ResetImpending impending -> onAnnouncement("RESET_IMPENDING");
            case final Event.PfDriverClose close -> onAnnouncement("PF_DRIVER_CLOSE");
            case final Event.Unknown unknown ->
                    parts.counters().increment(DriverCounter.UNKNOWN_EVENTS);
        }
    }

    private void onAnnouncement(final String what) {
        parts.counters().increment(DriverCounter.RESETS_ANNOUNCED);
        parts.channel().hold(true);
        monitor.announce(nowNs);
        parts.log().distinct(Level.INFO, what, "the PF says " + what, nowNs);
    }

    private void onLink(final boolean up, final int speedMbps) {
        if (up != linkUp || (up && speedMbps != linkSpeedMbps)) {
            linkUp = up;
            linkSpeedMbps = up ? speedMbps : 0;
            context.listener().onLinkChange(virtualFunction, linkUp, linkSpeedMbps);
        }
    }

    @Override
    public void onUnresponsive(final String reason, final long whenNs) {
        parts.fail(reason);
    }

    private void onDifference(final String what) {
        parts.log().distinct(Level.WARNING, "difference", what, nowNs);
        context.listener().onDifference(virtualFunction, what);
    }

    private void onStatistics(final EthStatistics statistics) {
        context.listener().onStatistics(virtualFunction, statistics);
    }

    void wantUp(final boolean wanted) {
        wantUp = wanted;
    }

    void wantClosed() {
        wantClosed = true;
    }

    Lifecycle lifecycle() {
        return lifecycle;
    }

    MacFilters macs() {
        return macs;
    }

    FilterProgram filters() {
        return filters;
    }

    DriverCounters counters() {
        return parts.counters();
    }

    @Nullable QueueSet queues() {
        return parts.handOver().queues();
    }

    @Nullable Negotiated negotiated() {
        return negotiation.result();
    }

    boolean isLinkUp() {
        return linkUp;
    }

    int linkSpeedMbps() {
        return linkSpeedMbps;
    }

    String failure() {
        return failure;
    }
}
