package dev.javf.iavf;

import dev.javf.packet.Counter;
import dev.javf.vfio.PciDeviceCondition;
import dev.javf.virtchnl.EthStatistics;
import dev.javf.virtchnl.Event;
import dev.javf.virtchnl.Opcode;

import org.jspecify.annotations.Nullable;

import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Instant;

/** What is behind a {@link VirtualFunction}: the state, and who works in which state. */
final class VirtualFunctionDriver implements Lifecycle.Listener, VirtchnlChannel.EventHandler {
    /** Of failures in quick succession, the first is the one to look at. */
    private static final long DUMP_INTERVAL_NS = 1_000_000_000;

    private final VirtualFunction virtualFunction;
    private final VirtualFunctionContext context;
    private final DriverParts parts;
    private final FlightRecorder recorder = new FlightRecorder();
    private final @Nullable FlightRecordDumps dumps;
    private final Lifecycle lifecycle;
    private final ResetMonitor monitor;
    private final ResetProcedure resetProcedure;
    private final RecoveryLadder ladder;
    private final Negotiation negotiation;
    private final Configuration configuration;
    private final QueueProgram queueProgram;
    private final DesiredState desired;
    private final Closing closing;
    private long nowNs;
    private boolean wantUp;
    private boolean wantClosed;
    private boolean releaseRequested;
    private final Counter stateLevel;
    private final Counter linkLevel;
    private final Counter speedLevel;
    private boolean linkUp;
    private int linkSpeedMbps;
    private @Nullable ResetCause resetSeen;
    private String failure = "";
    private boolean dumped;
    private long dumpedNs;

    VirtualFunctionDriver(
            final VirtualFunction virtualFunction, final VirtualFunctionContext context) {
        this.virtualFunction = virtualFunction;
        this.context = context;
        lifecycle = new Lifecycle(this);
        stateLevel = context.counters().counter(DriverCounterTypes.STATE);
        linkLevel = context.counters().counter(DriverCounterTypes.LINK);
        speedLevel = context.counters().counter(DriverCounterTypes.LINK_MBPS);
        final DriverCounters counters = new DriverCounters(context.counters());
        final DistinctLog log =
                new DistinctLog(context.logger(), context.device().name() + ": ", recorder);
        final Registers registers = new Registers(context.device().bar(Registers.BAR), recorder);
        final AdminQueue adminQueue = new AdminQueue(context.device(), registers);
        final VirtchnlChannel channel =
                new VirtchnlChannel(
                        adminQueue,
                        counters,
                        log,
                        this,
                        context.messagesInFlight(),
                        context.timeouts().requestNs(),
                        context.nanoClock(),
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
        resetProcedure =
                new ResetProcedure(
                        parts,
                        new ResetBreaker(
                                context.resetsPerMinute(),
                                context.timeouts().pauseMinNs(),
                                context.timeouts().pauseMaxNs(),
                                this::onResetStorm));
        ladder =
                new RecoveryLadder(
                        context.timeouts().pauseMinNs(), context.timeouts().pauseMaxNs());
        negotiation = new Negotiation(parts);
        queueProgram = new QueueProgram(parts);
        desired =
                new DesiredState(parts, new DifferenceTeller(), this::onNotice, this::onStatistics);
        configuration = new Configuration(parts, desired);
        closing = new Closing(parts);
        final Path folder = context.flightRecordFolder();
        dumps =
                folder == null
                        ? null
                        : new FlightRecordDumps(
                                folder,
                                context.device().name(),
                                line -> log.always(Level.WARNING, line));
    }

    void open() {
        recorder.time(context.nanoClock().nanoTime());
        lifecycle.on(LifecycleEvent.OPEN, "opened");
    }

    int doWork(final long timeNs) {
        nowNs = timeNs;
        recorder.time(timeNs);
        if (lifecycle.state() == LifecycleState.CLOSED) {
            return desired.vlans().filters().deliverResults();
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
        if (lifecycle.isProgrammable() && configuration.isBegun() && !monitor.isAnnounced()) {
            final Negotiated negotiated = negotiation.result();
            final boolean isReplay = lifecycle.state() == LifecycleState.CONFIGURING;
            final boolean areQueuesNext = wantUp && lifecycle.state() != LifecycleState.UP;
            work +=
                    negotiated == null
                            ? 0
                            : desired.doWork(negotiated, isReplay, areQueuesNext, nowNs);
        }
        return work + desired.vlans().filters().deliverResults();
    }

    /** What the system says about the function, which no register shows. */
    private void heed(final PciDeviceCondition condition) {
        switch (condition) {
            case RELEASE_REQUESTED -> {
                if (!releaseRequested) {
                    releaseRequested = true;
                    wantClosed = true;
                    closing.hurry(nowNs + context.timeouts().releaseNs());
                    onNotice("the system wants the device back; closing the VF");
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
            case DOWN -> rest(wantUp && isReady(), LifecycleEvent.START, "wanted up");
            case UP -> leaveUp();
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
        return heedMailboxErrors();
    }

    /**
     * A critical error needs a reset. The others mean that a message was lost or refused, which the
     * deadline of its request shows.
     */
    private int heedMailboxErrors() {
        final int errors = parts.adminQueue().takeErrors();
        if (errors == 0) {
            return 0;
        }
        parts.counters().increment(DriverCounter.MAILBOX_ERRORS);
        parts.log()
                .distinct(
                        Level.WARNING,
                        "mailbox error",
                        "the mailbox reports an error: " + Registers.errorNames(errors),
                        nowNs);
        if ((errors & Registers.LEN_CRIT) != 0 && lifecycle.isLive()) {
            parts.fail("critical mailbox error");
        }
        return 1;
    }

    private int configure() {
        final Negotiated negotiated = negotiation.result();
        return negotiated == null ? 0 : configuration.doWork(negotiated, nowNs);
    }

    private int rest(final boolean move, final LifecycleEvent event, final String reason) {
        ladder.onWorking(nowNs);
        if (!move || monitor.isAnnounced()) {
            return 0;
        }
        lifecycle.on(event, reason);
        return 1;
    }

    /** Whether the queues have the number that they are to have, and the PF knows. */
    private boolean isReady() {
        final Negotiated negotiated = negotiation.result();
        final QueueSet queues = parts.handOver().queues();
        return negotiated != null
                && queues != null
                && desired.shaping().isSettled(negotiated)
                && desired.fit(negotiated, queues);
    }

    /** Queues are stopped when that is wanted, or to be started again in another shape. */
    private int leaveUp() {
        if (!wantUp) {
            return rest(true, LifecycleEvent.STOP, "wanted down");
        }
        final Negotiated negotiated = negotiation.result();
        final boolean isStale =
                negotiated != null
                        && desired.shaping().isSettled(negotiated)
                        && !desired.shaping().target(negotiated).equals(queueProgram.shape());
        return rest(isStale, LifecycleEvent.STOP, "queues are to be of another number or size");
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
        recorder.transition(from, event, to, reason);
        log(from, to, reason);
        if (to == LifecycleState.NEEDS_RESET || to == LifecycleState.REMOVED) {
            dump(from + " -> " + to + ": " + reason);
        }
        if (Lifecycle.next(from, event) == null) {
            parts.counters().increment(DriverCounter.LIFECYCLE_VIOLATIONS);
            if (from == to) {
                return;
            }
        }
        switch (to) {
            case OPENING -> resetProcedure.begin(ResetProcedure.Method.BOTH, ResetCause.OPENED);
            case NEGOTIATING -> {
                monitor.begin(nowNs);
                negotiation.begin(nowNs);
            }
            case CONFIGURING -> configuration.begin();
            case STARTING -> beginStart();
            case STOPPING -> queueProgram.beginStop();
            case RESETTING -> beginReset(event);
            case NEEDS_RESET -> beginRecovery(reason);
            case REMOVED -> {
                voidAll();
                desired.close("the device is gone: close the VF, and open it when it is back");
                parts.adminQueue().abandon();
                parts.handOver().takeBack();
            }
            case CLOSING -> {
                voidAll();
                desired.close("the VF is being closed");
                closing.begin(from, negotiation.result());
            }
            default -> {}
        }
        stateLevel.set(to.code());
        context.listener().onStateChange(virtualFunction, from, to, reason);
    }

    private void beginStart() {
        final Negotiated negotiated = negotiation.result();
        if (negotiated == null) {
            throw new IllegalStateException("queues are to be started before anything is granted");
        }
        queueProgram.beginStart(desired.shaping().target(negotiated));
    }

    private void log(final LifecycleState from, final LifecycleState to, final String reason) {
        final boolean trouble =
                to == LifecycleState.NEEDS_RESET
                        || to == LifecycleState.REMOVED
                        || to == LifecycleState.RESETTING;
        parts.log()
                .limited(
                        trouble ? Level.WARNING : Level.DEBUG,
                        to.name(),
                        from + " -> " + to + ": " + reason,
                        nowNs);
    }

    /** Writing takes time, so another thread does it. */
    private void dump(final String reason) {
        final FlightRecordDumps files = dumps;
        if (files == null || (dumped && nowNs - dumpedNs < DUMP_INTERVAL_NS)) {
            return;
        }
        dumped = true;
        dumpedNs = nowNs;
        final FlightRecord record = recorder.snapshot();
        final Instant when = Instant.now();
        context.flightRecordExecutor().execute(() -> files.write(reason, record, when));
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
        desired.reset();
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
            linkLevel.set(up ? 1 : 0);
            speedLevel.set(linkSpeedMbps);
            context.listener().onLinkChange(virtualFunction, linkUp, linkSpeedMbps);
        }
    }

    @Override
    public void onUnaskedAnswer(final Opcode opcode, final int status) {
        desired.onUnaskedAnswer(opcode, status);
    }

    @Override
    public void onUnresponsive(final String reason, final long whenNs) {
        if (lifecycle.isLive()) {
            parts.fail(reason);
        }
    }

    private void onNotice(final String what) {
        final int colon = what.indexOf(':');
        final String key = colon < 0 ? what : what.substring(0, colon);
        parts.log().distinct(Level.WARNING, key, what, nowNs);
        context.listener().onNotice(virtualFunction, what);
    }

    private final class DifferenceTeller implements Differences.Listener {
        @Override
        public void onDifference(final Difference difference) {
            parts.log()
                    .distinct(
                            Level.WARNING, difference.item().label(), difference.toString(), nowNs);
            context.listener().onDifference(virtualFunction, difference);
        }

        @Override
        public void onResolved(final Difference difference) {
            parts.log()
                    .distinct(
                            Level.INFO,
                            "resolved",
                            "no longer different: " + difference.item().label(),
                            nowNs);
            context.listener().onDifferenceResolved(virtualFunction, difference);
        }
    }

    private void onResetStorm(final String what) {
        parts.counters().increment(DriverCounter.RESET_STORMS);
        recorder.note(what);
        dump(what);
        parts.log().always(Level.ERROR, what);
        context.listener().onAlarm(virtualFunction, what);
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

    FlightRecorder flightRecorder() {
        return recorder;
    }

    boolean isSettled() {
        final Negotiated negotiated = negotiation.result();
        return negotiated != null
                && lifecycle.state() == (wantUp ? LifecycleState.UP : LifecycleState.DOWN)
                && !monitor.isAnnounced()
                && desired.isSettled(negotiated)
                && (!wantUp || desired.shaping().target(negotiated).equals(queueProgram.shape()));
    }

    Lifecycle lifecycle() {
        return lifecycle;
    }

    DesiredState desired() {
        return desired;
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
