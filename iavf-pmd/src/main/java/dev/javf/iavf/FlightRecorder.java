package dev.javf.iavf;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What happened last to a VF: its messages, the changes of its registers, the transitions of its
 * lifecycle. Always on; everything is kept as bytes in memory that was allocated beforehand, and is
 * put into words only when someone asks for it. Recording allocates nothing.
 *
 * <p>The conductor writes. Any thread may take a {@link #snapshot}, at any time; what is being
 * overwritten meanwhile is left out of it.
 */
public final class FlightRecorder {
    /** How many records are kept. */
    public static final int RECORDS = 4096;

    /** How many bytes of messages are kept; older messages are known by their length only. */
    public static final int BODY_BYTES = 256 << 10;

    /** A longer text is cut off. */
    static final int TEXT_MAX = 1024;

    private static final VarHandle ELEMENT = MethodHandles.arrayElementVarHandle(long[].class);
    private static final VarHandle NEXT;
    private static final VarHandle BODY_END;

    // A record: its number plus 1, or 0 while it is being written; the time; kind, length and code;
    // the value; where its body is.
    private static final int NUMBER = 0;
    private static final int TIME = 1;
    private static final int KIND_LENGTH_CODE = 2;
    private static final int VALUE = 3;
    private static final int BODY = 4;
    private static final int LONGS = 5;

    static {
        try {
            final MethodHandles.Lookup lookup = MethodHandles.lookup();
            NEXT = lookup.findVarHandle(FlightRecorder.class, "next", long.class);
            BODY_END = lookup.findVarHandle(FlightRecorder.class, "bodyEnd", long.class);
        } catch (final ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final long[] records = new long[RECORDS * LONGS];
    private final byte[] bodies = new byte[BODY_BYTES];
    private final MemorySegment bodySegment = MemorySegment.ofArray(bodies);
    private long next;
    private long bodyEnd;
    private long nowNs;

    FlightRecorder() {}

    /** The time of what follows; told in every duty cycle. */
    void time(final long timeNs) {
        nowNs = timeNs;
    }

    /** A message was put into the mailbox. */
    void sent(
            final int opcode, final MemorySegment body, final long offset, final int lengthBytes) {
        write(FlightRecord.Kind.SENT, opcode, 0, body, offset, lengthBytes);
    }

    /** A message was taken out of the mailbox. */
    void received(
            final int opcode, final int status, final MemorySegment body, final int lengthBytes) {
        write(FlightRecord.Kind.RECEIVED, opcode, status, body, 0, lengthBytes);
    }

    /** A register was found to have changed. */
    void registerRead(final int register, final int value) {
        write(FlightRecord.Kind.REGISTER_READ, register, value, null, 0, 0);
    }

    /** A register was written. */
    void registerWritten(final int register, final int value) {
        write(FlightRecord.Kind.REGISTER_WRITTEN, register, value, null, 0, 0);
    }

    /** The lifecycle has moved, or refused to. */
    void transition(
            final LifecycleState from,
            final LifecycleEvent event,
            final LifecycleState to,
            final String reason) {
        write(FlightRecord.Kind.TRANSITION, FlightRecord.transitionCode(from, event, to), reason);
    }

    /** Something else that is worth knowing. */
    void note(final String text) {
        write(FlightRecord.Kind.NOTE, 0, text);
    }

    private void write(
            final FlightRecord.Kind kind,
            final int code,
            final int value,
            final @Nullable MemorySegment body,
            final long offset,
            final int lengthBytes) {
        final long position = begin(lengthBytes);
        if (body != null) {
            MemorySegment.copy(
                    body, offset, bodySegment, Math.floorMod(position, BODY_BYTES), lengthBytes);
        }
        end(kind, code, value, position, lengthBytes);
    }

    private void write(final FlightRecord.Kind kind, final int code, final String text) {
        final int length = Math.min(text.length(), TEXT_MAX);
        final long position = begin(length);
        final int at = Math.floorMod(position, BODY_BYTES);
        for (int i = 0; i < length; i++) {
            final char c = text.charAt(i);
            bodies[at + i] = (byte) (c >= ' ' && c <= '~' ? c : '?');
        }
        end(kind, code, 0, position, length);
    }

    /** Makes the oldest record invalid, and bodies as far as is needed. */
    private long begin(final int lengthBytes) {
        ELEMENT.setOpaque(records, slot(next) + NUMBER, 0L);
        final int left = BODY_BYTES - Math.floorMod(bodyEnd, BODY_BYTES);
        final long position = lengthBytes <= left ? bodyEnd : bodyEnd + left;
        BODY_END.setOpaque(this, position + lengthBytes);
        VarHandle.storeStoreFence();
        return position;
    }

    private void end(
            final FlightRecord.Kind kind,
            final int code,
            final int value,
            final long position,
            final int lengthBytes) {
        final int slot = slot(next);
        records[slot + TIME] = nowNs;
        records[slot + KIND_LENGTH_CODE] =
                (long) kind.code() << 48 | (long) lengthBytes << 32 | Integer.toUnsignedLong(code);
        records[slot + VALUE] = value;
        records[slot + BODY] = position;
        ELEMENT.setRelease(records, slot + NUMBER, next + 1);
        NEXT.setRelease(this, next + 1);
    }

    private static int slot(final long number) {
        return (int) (number % RECORDS) * LONGS;
    }

    /** How many records there have been, from the beginning. Any thread. */
    public long count() {
        return (long) NEXT.getAcquire(this);
    }

    /**
     * What is kept, oldest first. Any thread; it takes some milliseconds and allocates.
     *
     * @return a copy that stays as it is.
     */
    public FlightRecord snapshot() {
        final long end = count();
        final List<FlightRecord.Entry> entries = new ArrayList<>();
        for (long number = Math.max(0, end - RECORDS); number < end; number++) {
            final FlightRecord.Entry entry = copy(number);
            if (entry != null) {
                entries.add(entry);
            }
        }
        return new FlightRecord(entries);
    }

    /** Copies a record, unless it is overwritten meanwhile. */
    private FlightRecord.@Nullable Entry copy(final long number) {
        final int slot = slot(number);
        if ((long) ELEMENT.getAcquire(records, slot + NUMBER) != number + 1) {
            return null;
        }
        final long timeNs = records[slot + TIME];
        final long kindLengthCode = records[slot + KIND_LENGTH_CODE];
        final int value = (int) records[slot + VALUE];
        final long position = records[slot + BODY];
        VarHandle.loadLoadFence();
        if ((long) ELEMENT.getOpaque(records, slot + NUMBER) != number + 1) {
            return null;
        }
        final int lengthBytes = (int) (kindLengthCode >>> 32) & 0xFFFF;
        final int at = Math.floorMod(position, BODY_BYTES);
        final byte[] body = Arrays.copyOfRange(bodies, at, at + lengthBytes);
        VarHandle.loadLoadFence();
        final boolean isKept = (long) BODY_END.getOpaque(this) - position <= BODY_BYTES;
        return new FlightRecord.Entry(
                number,
                timeNs,
                FlightRecord.Kind.of((int) (kindLengthCode >>> 48)),
                (int) kindLengthCode,
                value,
                lengthBytes,
                isKept ? MemorySegment.ofArray(body) : null);
    }
}
