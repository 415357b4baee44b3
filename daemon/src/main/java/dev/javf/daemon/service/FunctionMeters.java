package dev.javf.daemon.service;

import dev.javf.daemon.BucketHistogram;
import dev.javf.daemon.LatencyRecorder;
import dev.javf.iavf.ExchangeListener;
import dev.javf.iavf.LifecycleState;
import dev.javf.iavf.VirtualFunction;
import dev.javf.iavf.VirtualFunctionListener;
import dev.javf.packet.Counter;
import dev.javf.virtchnl.Opcode;

import org.agrona.concurrent.NanoClock;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * What is counted and timed of a function beside its driver's own counters. The conductor writes,
 * any thread may read; series come with what they count, from fixed sets of words.
 */
final class FunctionMeters implements ExchangeListener, VirtualFunctionListener {
    private static final Set<LifecycleState> RESET =
            Set.of(LifecycleState.RESETTING, LifecycleState.NEEDS_RESET);
    private static final Set<LifecycleState> SET_UP =
            Set.of(LifecycleState.DOWN, LifecycleState.STARTING, LifecycleState.UP);

    private final NanoClock clock;
    private final Map<Stage, LatencyRecorder> stages = stages();
    private final LatencyRecorder resets = LatencyRecorder.growing();
    private final Map<Transition, Counter> transitions = new ConcurrentHashMap<>();
    private final Map<Opcode, LatencyRecorder> roundTrips = new ConcurrentHashMap<>();
    private final Map<Outcome, Counter> outcomes = new ConcurrentHashMap<>();
    private final Map<Opcode, BucketHistogram> batches = new ConcurrentHashMap<>();
    private final Counter linkChanges = new Counter();
    private final Counter inFlight = new Counter();
    private long sinceNs;
    private long resetSinceNs;
    private long outageSinceNs;
    private boolean isReset;
    private boolean isOutage;

    /** What is timed. */
    enum Stage {
        /** From a client asking for VLANs until the PF has answered for each. */
        VLAN_REQUEST,
        /** From starting to fill the rings until packets flow. */
        UP,
        /** From stopping until the queues are. */
        DOWN,
        /** From a reset that took packets away until they flow again. */
        RESET_OUTAGE
    }

    /** From one state to another. */
    record Transition(LifecycleState from, LifecycleState to) {}

    /** How a request ended. */
    enum Result {
        /** The PF has done it. */
        OK,
        /** The PF has answered with an error. */
        ERROR,
        /** The PF hasn't answered in time. */
        TIMEOUT
    }

    /** How requests of an operation ended. */
    record Outcome(Opcode opcode, Result result) {}

    FunctionMeters(final NanoClock clock) {
        this.clock = clock;
    }

    private static Map<Stage, LatencyRecorder> stages() {
        final Map<Stage, LatencyRecorder> stages = new EnumMap<>(Stage.class);
        for (final Stage stage : Stage.values()) {
            stages.put(stage, LatencyRecorder.growing());
        }
        return Collections.unmodifiableMap(stages);
    }

    /** A client's request for VLANs is done. On the conductor's thread. */
    void onVlanRequest(final long askedNs) {
        record(Stage.VLAN_REQUEST, clock.nanoTime() - askedNs);
    }

    private void record(final Stage stage, final long ns) {
        final LatencyRecorder recorder = stages.get(stage);
        if (recorder != null) {
            recorder.record(ns);
        }
    }

    @Override
    public void onSent(final Opcode opcode, final Supplier<String> line) {
        // A function-level reset by message has no answer.
        if (opcode != Opcode.RESET_VF) {
            inFlight.increment();
        }
    }

    @Override
    public void onFilters(final Opcode opcode, final int count) {
        batches.computeIfAbsent(opcode, key -> BucketHistogram.ofSizes()).record(count);
    }

    @Override
    public void onAnswered(
            final Opcode opcode,
            final int status,
            final long roundTripNs,
            final Supplier<String> line) {
        roundTrips.computeIfAbsent(opcode, key -> LatencyRecorder.growing()).record(roundTripNs);
        ended(opcode, status == 0 ? Result.OK : Result.ERROR);
    }

    @Override
    public void onTimeout(final Opcode opcode, final long waitedNs) {
        ended(opcode, Result.TIMEOUT);
    }

    private void ended(final Opcode opcode, final Result result) {
        inFlight.add(inFlight.value() > 0 ? -1 : 0);
        outcomes.computeIfAbsent(new Outcome(opcode, result), key -> new Counter()).increment();
    }

    @Override
    public void onUnasked(final Supplier<String> line) {
        // Counted by the driver.
    }

    @Override
    public void onLinkChange(
            final VirtualFunction virtualFunction, final boolean up, final int speedMbps) {
        linkChanges.increment();
    }

    @Override
    public void onStateChange(
            final VirtualFunction virtualFunction,
            final LifecycleState from,
            final LifecycleState to,
            final String reason) {
        onStateChange(from, to);
    }

    /** The same, for whoever has no function. */
    void onStateChange(final LifecycleState from, final LifecycleState to) {
        transitions.computeIfAbsent(new Transition(from, to), key -> new Counter()).increment();
        final long nowNs = clock.nanoTime();
        if (RESET.contains(to)) {
            // A reset voids what the PF still owes.
            inFlight.add(-inFlight.value());
            if (!isReset) {
                isReset = true;
                resetSinceNs = nowNs;
            }
            if (from == LifecycleState.UP) {
                isOutage = true;
                outageSinceNs = nowNs;
            }
        } else if (isReset && SET_UP.contains(to)) {
            isReset = false;
            resets.record(nowNs - resetSinceNs);
        }
        if (to == LifecycleState.UP) {
            if (isOutage) {
                record(Stage.RESET_OUTAGE, nowNs - outageSinceNs);
            } else {
                record(Stage.UP, nowNs - sinceNs);
            }
            isOutage = false;
        } else if (from == LifecycleState.STOPPING && to == LifecycleState.DOWN) {
            record(Stage.DOWN, nowNs - sinceNs);
        } else if (to == LifecycleState.STOPPING || to == LifecycleState.CLOSING) {
            isOutage = false;
        }
        sinceNs = nowNs;
    }

    /** What was timed. */
    Map<Stage, LatencyRecorder> latencies() {
        return stages;
    }

    /** From noticing a reset until the PF has everything again. */
    LatencyRecorder resetDurations() {
        return resets;
    }

    /** How often it went from one state to another. */
    Map<Transition, Counter> transitions() {
        return transitions;
    }

    /** How long the PF took to answer. */
    Map<Opcode, LatencyRecorder> roundTrips() {
        return roundTrips;
    }

    /** How requests ended. */
    Map<Outcome, Counter> outcomes() {
        return outcomes;
    }

    /** How many filters the messages had. */
    Map<Opcode, BucketHistogram> batches() {
        return batches;
    }

    /** How often the link went up or down, or changed its speed. */
    Counter linkChanges() {
        return linkChanges;
    }

    /** Requests that the PF still owes an answer to. */
    long inFlight() {
        return inFlight.value();
    }
}
