package dev.javf.sim.program;

import com.fasterxml.jackson.core.JsonGenerator;

import dev.javf.sim.Fault;
import dev.javf.sim.SimulationObserver;
import dev.javf.sim.VfPhase;
import dev.javf.virtchnl.Opcode;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Remembers what passes between the PF and its VFs, while it is told to: the latest {@value
 * #CAPACITY} entries. For the model's thread.
 */
final class ExchangeRecorder implements SimulationObserver {
    /** Entries that are kept; the oldest go first. */
    static final int CAPACITY = 10_000;

    private static final int NO_STATUS = Integer.MIN_VALUE;

    private final Deque<Entry> entries = new ArrayDeque<>();
    private boolean isOn;
    private long forgotten;

    /**
     * One thing that happened.
     *
     * @param timeNs when, by the model's clock.
     * @param virtualFunction whose.
     * @param kind {@code request}, {@code answer}, {@code lost}, {@code phase} or {@code fault}.
     * @param opcode of the message; 0 when it is about none.
     * @param lengthBytes of the message; 0 when it is about none.
     * @param status of an answer, else {@link #NO_STATUS}.
     * @param detail for people; may be empty.
     */
    private record Entry(
            long timeNs,
            int virtualFunction,
            String kind,
            int opcode,
            long lengthBytes,
            int status,
            String detail) {}

    /** Begins, or goes on; or stops, and keeps what there is. */
    void on(final boolean isWanted) {
        isOn = isWanted;
    }

    boolean isOn() {
        return isOn;
    }

    /** Forgets all entries. */
    void clear() {
        entries.clear();
        forgotten = 0;
    }

    private void add(final Entry entry) {
        if (!isOn) {
            return;
        }
        if (entries.size() == CAPACITY) {
            entries.removeFirst();
            forgotten++;
        }
        entries.addLast(entry);
    }

    @Override
    public void onRequest(
            final long timeNs,
            final int virtualFunction,
            final int opcode,
            final MemorySegment body) {
        add(new Entry(timeNs, virtualFunction, "request", opcode, body.byteSize(), NO_STATUS, ""));
    }

    @Override
    public void onAnswer(
            final long timeNs,
            final int virtualFunction,
            final int opcode,
            final int status,
            final MemorySegment body) {
        add(new Entry(timeNs, virtualFunction, "answer", opcode, body.byteSize(), status, ""));
    }

    @Override
    public void onLost(
            final long timeNs, final int virtualFunction, final int opcode, final String reason) {
        add(new Entry(timeNs, virtualFunction, "lost", opcode, 0, NO_STATUS, reason));
    }

    @Override
    public void onPhase(final long timeNs, final int virtualFunction, final VfPhase phase) {
        add(new Entry(timeNs, virtualFunction, "phase", 0, 0, NO_STATUS, phase.name()));
    }

    @Override
    public void onFault(
            final long timeNs, final int virtualFunction, final int opcode, final Fault fault) {
        add(new Entry(timeNs, virtualFunction, "fault", opcode, 0, NO_STATUS, fault.toString()));
    }

    /** Writes all entries, the oldest first. */
    void write(final JsonGenerator json) throws IOException {
        json.writeStartObject();
        json.writeBooleanField("on", isOn);
        json.writeNumberField("forgotten", forgotten);
        json.writeArrayFieldStart("entries");
        for (final Entry entry : entries) {
            json.writeStartObject();
            json.writeNumberField("timeNs", entry.timeNs());
            json.writeNumberField("vf", entry.virtualFunction());
            json.writeStringField("kind", entry.kind());
            if (entry.opcode() != 0) {
                json.writeNumberField("opcode", entry.opcode());
                json.writeStringField("name", Opcode.nameOf(entry.opcode()));
                json.writeNumberField("length", entry.lengthBytes());
            }
            if (entry.status() != NO_STATUS) {
                json.writeNumberField("status", entry.status());
            }
            if (!entry.detail().isEmpty()) {
                json.writeStringField("detail", entry.detail());
            }
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
    }
}
