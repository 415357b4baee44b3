package dev.javf.packet;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A count with one writer. Any thread may read it, and sees a recent value, never a torn one.
 * Adding costs a plain load and an opaque store: no lock prefix, no fence.
 */
public final class Counter {
    private static final VarHandle VALUE;

    static {
        try {
            VALUE = MethodHandles.lookup().findVarHandle(Counter.class, "value", long.class);
        } catch (final ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private long value;

    /**
     * Counts. Only ever on the writer's thread.
     *
     * @param count to add.
     */
    public void add(final long count) {
        VALUE.setOpaque(this, value + count);
    }

    /** Counts one. Only ever on the writer's thread. */
    public void increment() {
        VALUE.setOpaque(this, value + 1);
    }

    /** The count. */
    public long value() {
        return (long) VALUE.getOpaque(this);
    }

    @Override
    public String toString() {
        return Long.toString(value());
    }
}
