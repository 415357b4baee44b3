package dev.javf.virtchnl;

import static dev.javf.virtchnl.VlanFilterMachine.Action.NONE;
import static dev.javf.virtchnl.VlanFilterMachine.Action.REFUSE;
import static dev.javf.virtchnl.VlanFilterMachine.Action.REJECT;
import static dev.javf.virtchnl.VlanFilterMachine.Action.SEND_ADD;
import static dev.javf.virtchnl.VlanFilterMachine.Action.SEND_DELETE;
import static dev.javf.virtchnl.VlanFilterMachine.Action.SPLIT;
import static dev.javf.virtchnl.VlanFilterMachine.Desired.EITHER;
import static dev.javf.virtchnl.VlanFilterMachine.Desired.NO;
import static dev.javf.virtchnl.VlanFilterMachine.Desired.YES;
import static dev.javf.virtchnl.VlanFilterMachine.Event.DOUBT;
import static dev.javf.virtchnl.VlanFilterMachine.Event.ERROR_ALONE;
import static dev.javf.virtchnl.VlanFilterMachine.Event.ERROR_SHARED;
import static dev.javf.virtchnl.VlanFilterMachine.Event.FLUSH;
import static dev.javf.virtchnl.VlanFilterMachine.Event.OK;
import static dev.javf.virtchnl.VlanFilterMachine.Event.RESET;
import static dev.javf.virtchnl.VlanFilterMachine.Event.RESTART;
import static dev.javf.virtchnl.VlanFilterMachine.Event.SHAKEN;
import static dev.javf.virtchnl.VlanFilterMachine.State.ABSENT;
import static dev.javf.virtchnl.VlanFilterMachine.State.ADDING;
import static dev.javf.virtchnl.VlanFilterMachine.State.CLEARING;
import static dev.javf.virtchnl.VlanFilterMachine.State.DELETING;
import static dev.javf.virtchnl.VlanFilterMachine.State.PRESENT;
import static dev.javf.virtchnl.VlanFilterMachine.State.READDING;
import static dev.javf.virtchnl.VlanFilterMachine.State.UNDELETED;
import static dev.javf.virtchnl.VlanFilterMachine.State.UNKNOWN;

import org.jspecify.annotations.Nullable;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * One VLAN filter as a state machine: what the PF holds, moved by the PF's answers alone. What is
 * desired is no state but an input, and may change at any time.
 *
 * <p>The machine is the table {@link #ROWS} and nothing else; the table and the diagram in {@code
 * docs/vlan-filters.md} are printed from it.
 */
public final class VlanFilterMachine {
    /** What the PF holds, as far as its answers prove it. */
    public enum State {
        /** The PF doesn't hold the filter. */
        ABSENT,
        /** An add is on its way; the filter was absent. */
        ADDING,
        /** The PF has confirmed that it holds the filter. */
        PRESENT,
        /** A delete is on its way; the filter was present. */
        DELETING,
        /** The PF may hold the filter; it will be deleted first. */
        UNKNOWN,
        /** A delete is on its way; the PF may have held the filter or not. */
        CLEARING,
        /** The PF may hold the filter and has refused to delete it; it will be added next. */
        UNDELETED,
        /** An add is on its way; the PF may have held the filter before. */
        READDING;

        /**
         * Whether a message about the filter waits for its answer.
         *
         * @return true for the four states named after an activity.
         */
        public boolean isInFlight() {
            return this == ADDING || this == DELETING || this == CLEARING || this == READDING;
        }
    }

    /** What happens to a filter. */
    public enum Event {
        /** It goes into the next batch. */
        FLUSH,
        /** The PF answered its batch with success. */
        OK,
        /** The PF answered with an error a batch that it shared with others. */
        ERROR_SHARED,
        /** The PF answered with an error that means this very filter. */
        ERROR_ALONE,
        /** The answer didn't come, or can't be told from that of another batch. */
        DOUBT,
        /** As {@link #DOUBT}, about the answer before the message that is on its way now. */
        SHAKEN,
        /** The VF was reset: the PF has forgotten all its filters. */
        RESET,
        /** The mailbox began anew, but the PF may have kept its filters. */
        RESTART
    }

    /** What else is done. */
    public enum Action {
        /** Nothing. */
        NONE,
        /** The filter goes into an add message. */
        SEND_ADD,
        /** The filter goes into a delete message. */
        SEND_DELETE,
        /** It is tried again in a batch of half the size. */
        SPLIT,
        /** It is reported as rejected; it isn't desired until something gives it another chance. */
        REJECT,
        /** It is reported; no message about it is sent until something gives it another chance. */
        REFUSE
    }

    /** For which filters a row is meant. */
    public enum Desired {
        /** Wanted by someone, and not rejected. */
        YES,
        /** Not wanted, or rejected. */
        NO,
        /** Both. */
        EITHER
    }

    /**
     * One row of the table.
     *
     * @param name what it is about, in a few words.
     * @param desired for which filters.
     * @param from the state before.
     * @param event what happens.
     * @param to the state after.
     * @param action what else is done.
     */
    public record Row(
            String name, Desired desired, State from, Event event, State to, Action action) {}

    /** The whole machine. */
    public static final List<Row> ROWS =
            List.of(
                    row("add", YES, ABSENT, FLUSH, ADDING, SEND_ADD),
                    row("added", EITHER, ADDING, OK, PRESENT, NONE),
                    row("some may have been added", EITHER, ADDING, ERROR_SHARED, UNKNOWN, SPLIT),
                    row("rejected", YES, ADDING, ERROR_ALONE, ABSENT, REJECT),
                    row("rejected, no loss", NO, ADDING, ERROR_ALONE, ABSENT, NONE),
                    row("add unanswered", EITHER, ADDING, DOUBT, UNKNOWN, NONE),
                    row("delete", NO, PRESENT, FLUSH, DELETING, SEND_DELETE),
                    row("deleted", EITHER, DELETING, OK, ABSENT, NONE),
                    row("some may be deleted", EITHER, DELETING, ERROR_SHARED, UNKNOWN, SPLIT),
                    row("delete refused", NO, DELETING, ERROR_ALONE, UNKNOWN, REFUSE),
                    row("delete refused, luckily", YES, DELETING, ERROR_ALONE, UNDELETED, NONE),
                    row("delete unanswered", EITHER, DELETING, DOUBT, UNKNOWN, NONE),
                    row("clear", EITHER, UNKNOWN, FLUSH, CLEARING, SEND_DELETE),
                    row("cleared", EITHER, CLEARING, OK, ABSENT, NONE),
                    row("clear refused", YES, CLEARING, ERROR_SHARED, UNDELETED, NONE),
                    row("some may be cleared", NO, CLEARING, ERROR_SHARED, UNKNOWN, SPLIT),
                    row("clear refused", EITHER, CLEARING, ERROR_ALONE, UNDELETED, NONE),
                    row("clear unanswered", EITHER, CLEARING, DOUBT, UNKNOWN, NONE),
                    row("add whatever is there", EITHER, UNDELETED, FLUSH, READDING, SEND_ADD),
                    row("is there now", EITHER, READDING, OK, PRESENT, NONE),
                    row("some may be there", EITHER, READDING, ERROR_SHARED, UNDELETED, SPLIT),
                    row("neither way", EITHER, READDING, ERROR_ALONE, UNKNOWN, REFUSE),
                    row("add unanswered", EITHER, READDING, DOUBT, UNKNOWN, NONE),
                    row("absence in doubt", EITHER, ABSENT, DOUBT, UNKNOWN, NONE),
                    row("presence in doubt", EITHER, PRESENT, DOUBT, UNKNOWN, NONE),
                    row("still in doubt", EITHER, UNKNOWN, DOUBT, UNKNOWN, NONE),
                    row("refusal in doubt", EITHER, UNDELETED, DOUBT, UNKNOWN, NONE),
                    row("perhaps held before", EITHER, ADDING, SHAKEN, READDING, NONE),
                    row("perhaps not held before", EITHER, DELETING, SHAKEN, CLEARING, NONE),
                    row("unknown anyway", EITHER, CLEARING, SHAKEN, CLEARING, NONE),
                    row("unknown anyway", EITHER, READDING, SHAKEN, READDING, NONE),
                    row("forgotten", EITHER, ABSENT, RESET, ABSENT, NONE),
                    row("forgotten", EITHER, ADDING, RESET, ABSENT, NONE),
                    row("forgotten", EITHER, PRESENT, RESET, ABSENT, NONE),
                    row("forgotten", EITHER, DELETING, RESET, ABSENT, NONE),
                    row("forgotten", EITHER, UNKNOWN, RESET, ABSENT, NONE),
                    row("forgotten", EITHER, CLEARING, RESET, ABSENT, NONE),
                    row("forgotten", EITHER, UNDELETED, RESET, ABSENT, NONE),
                    row("forgotten", EITHER, READDING, RESET, ABSENT, NONE),
                    row("never added", EITHER, ABSENT, RESTART, ABSENT, NONE),
                    row("perhaps kept", EITHER, ADDING, RESTART, UNKNOWN, NONE),
                    row("perhaps kept", EITHER, PRESENT, RESTART, UNKNOWN, NONE),
                    row("perhaps kept", EITHER, DELETING, RESTART, UNKNOWN, NONE),
                    row("perhaps kept", EITHER, UNKNOWN, RESTART, UNKNOWN, NONE),
                    row("perhaps kept", EITHER, CLEARING, RESTART, UNKNOWN, NONE),
                    row("perhaps kept", EITHER, UNDELETED, RESTART, UNKNOWN, NONE),
                    row("perhaps kept", EITHER, READDING, RESTART, UNKNOWN, NONE));

    private static final Map<State, Map<Event, Row>> IF_DESIRED = index(NO);
    private static final Map<State, Map<Event, Row>> IF_NOT_DESIRED = index(YES);

    private VlanFilterMachine() {}

    private static Row row(
            final String name,
            final Desired desired,
            final State from,
            final Event event,
            final State to,
            final Action action) {
        return new Row(name, desired, from, event, to, action);
    }

    private static Map<State, Map<Event, Row>> index(final Desired without) {
        final Map<State, Map<Event, Row>> index = new EnumMap<>(State.class);
        for (final State state : State.values()) {
            index.put(state, new EnumMap<>(Event.class));
        }
        for (final Row row : ROWS) {
            if (row.desired != without) {
                final Map<Event, Row> events = index.get(row.from);
                if (events == null || events.put(row.event, row) != null) {
                    throw new IllegalStateException("two rows for one case: " + row);
                }
            }
        }
        return index;
    }

    /**
     * Whether the table knows a case.
     *
     * @param desired whether the filter is desired.
     * @param from its state.
     * @param event what happens.
     * @return false if {@link #next} would throw.
     */
    public static boolean has(final boolean desired, final State from, final Event event) {
        return find(desired, from, event) != null;
    }

    /**
     * What an event does.
     *
     * @param desired whether the filter is desired.
     * @param from its state.
     * @param event what happens.
     * @return the row of the table.
     * @throws IllegalStateException if the table has none: the caller is mistaken.
     */
    public static Row next(final boolean desired, final State from, final Event event) {
        final Row row = find(desired, from, event);
        if (row == null) {
            throw new IllegalStateException(
                    (desired ? "a desired" : "an undesired")
                            + " filter that is "
                            + from
                            + " has no transition for "
                            + event);
        }
        return row;
    }

    /** What sending would do with a filter; NONE if the table has nothing to send. */
    static Action onFlush(final boolean desired, final State from) {
        final Row row = find(desired, from, FLUSH);
        return row == null ? NONE : row.action();
    }

    private static @Nullable Row find(final boolean desired, final State from, final Event event) {
        final Map<Event, Row> events = (desired ? IF_DESIRED : IF_NOT_DESIRED).get(from);
        return events == null ? null : events.get(event);
    }
}
