package dev.javf.iavf;

import dev.javf.virtchnl.Direction;
import dev.javf.virtchnl.MessageDescription;
import dev.javf.virtchnl.Opcode;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;

/**
 * What a {@link FlightRecorder} had kept at a time, in words. {@code docs/lifecycle.md} describes
 * the text. Immutable; any thread.
 */
public final class FlightRecord {
    private static final long NS_PER_SECOND = 1_000_000_000;
    private static final List<LifecycleState> STATES = List.of(LifecycleState.values());
    private static final List<LifecycleEvent> EVENTS = List.of(LifecycleEvent.values());

    private final List<Entry> entries;

    /** What a record tells. */
    public enum Kind {
        /** A message to the PF. */
        SENT("MSG"),
        /** A message from the PF. */
        RECEIVED("MSG"),
        /** A register was found to have changed. */
        REGISTER_READ("READ"),
        /** A register was written. */
        REGISTER_WRITTEN("WRITE"),
        /** The lifecycle has moved, or refused to. */
        TRANSITION("STATE"),
        /** Something else that is worth knowing. */
        NOTE("NOTE");

        private static final List<Kind> ALL = List.of(values());

        private final String label;

        Kind(final String label) {
            this.label = label;
        }

        int code() {
            return ALL.indexOf(this);
        }

        static Kind of(final int code) {
            return ALL.get(code);
        }
    }

    /**
     * A record.
     *
     * @param number from 0, since the VF was opened.
     * @param timeNs as of the VF's clock.
     * @param kind what it tells.
     * @param code of a message its operation; of a register its offset; of a transition states and
     *     event.
     * @param value of an answer its status; of a register what it held.
     * @param lengthBytes of the body.
     * @param body a message, or text; null when it is no longer kept.
     */
    record Entry(
            long number,
            long timeNs,
            Kind kind,
            int code,
            int value,
            int lengthBytes,
            @Nullable MemorySegment body) {

        String text() {
            return switch (kind) {
                case SENT -> message(Direction.VF_TO_PF);
                case RECEIVED -> message(Direction.PF_TO_VF);
                case REGISTER_READ, REGISTER_WRITTEN -> Registers.describe(code, value);
                case TRANSITION -> transition();
                case NOTE -> words();
            };
        }

        private String message(final Direction direction) {
            if (body == null) {
                return direction
                        + " "
                        + Opcode.nameOf(code)
                        + " ("
                        + lengthBytes
                        + " B, no longer kept)";
            }
            return MessageDescription.describe(direction, code, value, body, 0, lengthBytes);
        }

        private String transition() {
            final LifecycleState from = STATES.get(code >>> 16);
            final LifecycleEvent event = EVENTS.get(code >>> 8 & 0xFF);
            final LifecycleState to = STATES.get(code & 0xFF);
            return from + " -> " + to + " on " + event + ": " + words();
        }

        private String words() {
            return body == null
                    ? "(" + lengthBytes + " B, no longer kept)"
                    : new String(body.toArray(ValueLayout.JAVA_BYTE), StandardCharsets.US_ASCII);
        }
    }

    /** A transition as a number. */
    static int transitionCode(
            final LifecycleState from, final LifecycleEvent event, final LifecycleState to) {
        return STATES.indexOf(from) << 16 | EVENTS.indexOf(event) << 8 | STATES.indexOf(to);
    }

    FlightRecord(final List<Entry> entries) {
        this.entries = List.copyOf(entries);
    }

    /** How many records there are. */
    public int size() {
        return entries.size();
    }

    List<Entry> entries() {
        return entries;
    }

    /**
     * A line for each record, oldest first: number, seconds before the last record, kind, text.
     *
     * @return such as {@code 17 -0.002150000 MSG VF>PF GET_STATS vsi 1}.
     */
    public List<String> lines() {
        return entries.stream().map(this::line).toList();
    }

    private String line(final Entry entry) {
        final long agoNs = Math.max(0, entries.getLast().timeNs() - entry.timeNs());
        return String.format(
                Locale.ROOT,
                "%d -%d.%09d %s %s",
                entry.number(),
                agoNs / NS_PER_SECOND,
                agoNs % NS_PER_SECOND,
                entry.kind().label,
                entry.text());
    }
}
