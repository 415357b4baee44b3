package dev.javf.iavf;

import static dev.javf.iavf.LifecycleState.CLOSED;
import static dev.javf.iavf.LifecycleState.CLOSING;
import static dev.javf.iavf.LifecycleState.CONFIGURING;
import static dev.javf.iavf.LifecycleState.DOWN;
import static dev.javf.iavf.LifecycleState.NEEDS_RESET;
import static dev.javf.iavf.LifecycleState.NEGOTIATING;
import static dev.javf.iavf.LifecycleState.OPENING;
import static dev.javf.iavf.LifecycleState.REMOVED;
import static dev.javf.iavf.LifecycleState.RESETTING;
import static dev.javf.iavf.LifecycleState.STARTING;
import static dev.javf.iavf.LifecycleState.STOPPING;
import static dev.javf.iavf.LifecycleState.UP;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The lifecycle of a VF: one table of transitions, and the state that a VF is in. A transition that
 * is not in the table is refused and recorded, and takes the VF to {@link
 * LifecycleState#NEEDS_RESET}, unless there is no device left to reset. Only a reset leads out of
 * that state, or the end.
 */
public final class Lifecycle {
    /** Violations that are remembered; later ones are only counted. */
    public static final int VIOLATIONS_REMEMBERED = 16;

    private static final Set<LifecycleState> LIVE =
            EnumSet.of(NEGOTIATING, CONFIGURING, DOWN, STARTING, UP, STOPPING);
    private static final Set<LifecycleState> WITHOUT_DEVICE = EnumSet.of(CLOSED, CLOSING, REMOVED);

    private static final List<Transition> TRANSITIONS = transitions(new ArrayList<>());
    private static final Map<LifecycleState, Map<LifecycleEvent, LifecycleState>> TABLE = table();

    private final Listener listener;
    private final List<Violation> violations = new ArrayList<>();
    private LifecycleState state = CLOSED;
    private long violationCount;

    /**
     * A row of the table.
     *
     * @param from the state before.
     * @param event what happens.
     * @param to the state after.
     */
    public record Transition(LifecycleState from, LifecycleEvent event, LifecycleState to) {}

    /**
     * An event that the table doesn't allow.
     *
     * @param state where it came.
     * @param event what came.
     * @param reason what the driver said about it.
     */
    public record Violation(LifecycleState state, LifecycleEvent event, String reason) {}

    /** Told of every change. */
    interface Listener {
        void onTransition(
                LifecycleState from, LifecycleEvent event, LifecycleState to, String reason);
    }

    Lifecycle(final Listener listener) {
        this.listener = listener;
    }

    private static List<Transition> transitions(final List<Transition> rows) {
        rows.add(new Transition(CLOSED, LifecycleEvent.OPEN, OPENING));
        rows.add(new Transition(OPENING, LifecycleEvent.READY, NEGOTIATING));
        rows.add(new Transition(NEGOTIATING, LifecycleEvent.NEGOTIATED, CONFIGURING));
        rows.add(new Transition(CONFIGURING, LifecycleEvent.CONFIGURED, DOWN));
        rows.add(new Transition(DOWN, LifecycleEvent.START, STARTING));
        rows.add(new Transition(STARTING, LifecycleEvent.STARTED, UP));
        rows.add(new Transition(UP, LifecycleEvent.STOP, STOPPING));
        rows.add(new Transition(STOPPING, LifecycleEvent.STOPPED, DOWN));
        for (final LifecycleState live : LIVE) {
            rows.add(new Transition(live, LifecycleEvent.RESET_SEEN, RESETTING));
            rows.add(new Transition(live, LifecycleEvent.FAILED, NEEDS_RESET));
        }
        rows.add(new Transition(OPENING, LifecycleEvent.FAILED, NEEDS_RESET));
        rows.add(new Transition(RESETTING, LifecycleEvent.FAILED, NEEDS_RESET));
        rows.add(new Transition(RESETTING, LifecycleEvent.READY, NEGOTIATING));
        rows.add(new Transition(NEEDS_RESET, LifecycleEvent.RESET, RESETTING));
        rows.add(new Transition(NEEDS_RESET, LifecycleEvent.RESET_SEEN, RESETTING));
        for (final LifecycleState any : LifecycleState.values()) {
            if (!WITHOUT_DEVICE.contains(any)) {
                rows.add(new Transition(any, LifecycleEvent.GONE, REMOVED));
                rows.add(new Transition(any, LifecycleEvent.CLOSE, CLOSING));
            }
        }
        rows.add(new Transition(REMOVED, LifecycleEvent.CLOSE, CLOSING));
        rows.add(new Transition(CLOSING, LifecycleEvent.CLOSED, CLOSED));
        return Collections.unmodifiableList(rows);
    }

    private static Map<LifecycleState, Map<LifecycleEvent, LifecycleState>> table() {
        final Map<LifecycleState, Map<LifecycleEvent, LifecycleState>> table =
                new EnumMap<>(LifecycleState.class);
        for (final LifecycleState state : LifecycleState.values()) {
            table.put(state, new EnumMap<>(LifecycleEvent.class));
        }
        for (final Transition row : TRANSITIONS) {
            final LifecycleState twin =
                    table.getOrDefault(row.from(), Map.of()).put(row.event(), row.to());
            if (twin != null) {
                throw new IllegalStateException("two rows for " + row.from() + ", " + row.event());
            }
        }
        return table;
    }

    /** The table, row by row. */
    public static List<Transition> transitions() {
        return TRANSITIONS;
    }

    /**
     * Where an event leads.
     *
     * @param from the state before.
     * @param event what happens.
     * @return the state after, or null when the table has no such row.
     */
    public static @Nullable LifecycleState next(
            final LifecycleState from, final LifecycleEvent event) {
        return TABLE.getOrDefault(from, Map.of()).get(event);
    }

    /** The state now. */
    public LifecycleState state() {
        return state;
    }

    /** Number of events that the table didn't allow. */
    public long violationCount() {
        return violationCount;
    }

    /** The first events that the table didn't allow, {@link #VIOLATIONS_REMEMBERED} at most. */
    public List<Violation> violations() {
        return List.copyOf(violations);
    }

    /**
     * Whether the VF has negotiated, and messages about filters make sense.
     *
     * @return true from {@link LifecycleState#CONFIGURING} to {@link LifecycleState#STOPPING}.
     */
    boolean isProgrammable() {
        return LIVE.contains(state) && state != NEGOTIATING;
    }

    /** Whether the mailbox is in use. */
    boolean isLive() {
        return LIVE.contains(state);
    }

    /**
     * Takes a transition, or refuses it.
     *
     * @param event what happened.
     * @param reason for the log.
     * @return whether the table has it.
     */
    boolean on(final LifecycleEvent event, final String reason) {
        final LifecycleState from = state;
        final LifecycleState to = next(from, event);
        if (to != null) {
            state = to;
            listener.onTransition(from, event, to, reason);
            return true;
        }
        violationCount++;
        if (violations.size() < VIOLATIONS_REMEMBERED) {
            violations.add(new Violation(from, event, reason));
        }
        if (!WITHOUT_DEVICE.contains(from)) {
            state = NEEDS_RESET;
        }
        listener.onTransition(
                from, event, state, "refused: " + event + " in " + from + " (" + reason + ")");
        return false;
    }
}
