package dev.javf.sim;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * The interrupt vectors of a VF's queues: registers VFINT_DYN_CTLN1 (enable, write back on ITR,
 * software interrupt) and the intervals VFINT_ITRN1. Vector 0, the mailbox's, is not here.
 *
 * <p>A descriptor that was written back, or is ready to be, is a cause. Once the interval since the
 * vector's last expiry is over, a vector with INTENA writes back what is held and raises its
 * interrupt, which clears INTENA; one with WB_ON_ITR alone writes back and raises nothing. A vector
 * with neither does nothing, and remembers the cause for when INTENA is set. CLEARPBA takes nothing
 * of that away, as nothing waits once INTENA is set: {@link MailboxInterrupt} has the reason.
 *
 * <p>{@link #writeControl} and {@link #readControl} are for any thread; the rest is the switch's
 * thread's.
 */
public final class QueueInterrupts {
    /** ITR index of a queue that has no interval. */
    public static final int NO_ITR = 3;

    /** Vectors that a VF has registers for: 0 is the mailbox's, 1 to 64 are the queues'. */
    public static final int MAX_VECTORS = 65;

    private static final int INTENA = 1;
    private static final int SWINT_TRIG = 1 << 2;
    private static final int ITR_INDX_SHIFT = 3;
    private static final int INTERVAL_SHIFT = 5;
    private static final int INTERVAL_MASK = 0xFFF;
    private static final int WB_ON_ITR = 1 << 30;
    private static final int INTENA_MSK = 1 << 31;

    /** Vectors 1 to 16 have interval registers, VFINT_ITRN1(index, vector - 1). */
    private static final int ITR_VECTORS = 16;

    private static final long ITR_BASE = 0x2800;
    private static final long ITR_INDEX_STRIDE = 64;
    private static final long INTERVAL_UNIT_NS = 2_000;

    private static final VarHandle REGISTER =
            ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();

    private final MemorySegment registers;

    /** INTENA and WB_ON_ITR as they stand, SWINT_TRIG as yet unserved. */
    private final AtomicIntegerArray controls = new AtomicIntegerArray(MAX_VECTORS);

    /** Bit i: something happened since the last expiry, on a queue with ITR index i. */
    private final int[] causes = new int[MAX_VECTORS];

    private final boolean[] pending = new boolean[MAX_VECTORS];
    private final long[] expiredAtNs = new long[MAX_VECTORS];

    QueueInterrupts(final MemorySegment registers) {
        this.registers = registers;
    }

    /**
     * The driver writes VFINT_DYN_CTLN1(vector - 1).
     *
     * @param vector 1 to {@link #MAX_VECTORS} - 1.
     * @param value as written.
     */
    public void writeControl(final int vector, final int value) {
        final int itr = value >>> ITR_INDX_SHIFT & 3;
        if (itr != NO_ITR && vector <= ITR_VECTORS) {
            REGISTER.setOpaque(
                    registers, itrOffset(itr, vector), value >>> INTERVAL_SHIFT & INTERVAL_MASK);
        }
        int before;
        int after;
        do {
            before = controls.get(vector);
            after = (value & (SWINT_TRIG | WB_ON_ITR)) | (before & SWINT_TRIG);
            after |= ((value & INTENA_MSK) != 0 ? before : value) & INTENA;
        } while (!controls.compareAndSet(vector, before, after));
    }

    /**
     * The driver reads VFINT_DYN_CTLN1(vector - 1).
     *
     * @param vector 1 to {@link #MAX_VECTORS} - 1.
     * @return INTENA and WB_ON_ITR; the other bits read 0.
     */
    public int readControl(final int vector) {
        return controls.get(vector) & (INTENA | WB_ON_ITR);
    }

    void reset() {
        for (int vector = 0; vector < MAX_VECTORS; vector++) {
            controls.set(vector, 0);
            causes[vector] = 0;
            pending[vector] = false;
        }
    }

    void cause(final int vector, final int itr) {
        causes[vector] |= 1 << itr;
    }

    /**
     * What is due for a vector.
     *
     * @param vector 1 to {@link #MAX_VECTORS} - 1.
     * @param nowNs the time.
     * @param queues writes back what is held.
     * @param host raises the interrupt.
     */
    void service(final int vector, final long nowNs, final VfQueues queues, final VfHost host) {
        int control = controls.get(vector);
        if ((control & SWINT_TRIG) != 0) {
            control = take(vector, SWINT_TRIG);
            pending[vector] = true;
        }
        final int seen = causes[vector];
        if (seen != 0 && (control & (INTENA | WB_ON_ITR)) != 0 && hasExpired(vector, seen, nowNs)) {
            queues.writeBack(vector);
            causes[vector] = 0;
            expiredAtNs[vector] = nowNs;
            pending[vector] = true;
        }
        if (pending[vector] && (control & INTENA) != 0 && (take(vector, INTENA) & INTENA) != 0) {
            pending[vector] = false;
            host.interrupt(vector);
        }
    }

    private boolean hasExpired(final int vector, final int itrs, final long nowNs) {
        long intervalNs = Long.MAX_VALUE;
        for (int itr = 0; itr < NO_ITR; itr++) {
            if ((itrs >>> itr & 1) != 0) {
                final int units =
                        vector > ITR_VECTORS
                                ? 0
                                : (int) REGISTER.getOpaque(registers, itrOffset(itr, vector));
                intervalNs = Math.min(intervalNs, (units & INTERVAL_MASK) * INTERVAL_UNIT_NS);
            }
        }
        return (itrs >>> NO_ITR & 1) != 0 || nowNs - expiredAtNs[vector] >= intervalNs;
    }

    private int take(final int vector, final int bits) {
        int before;
        do {
            before = controls.get(vector);
        } while (!controls.compareAndSet(vector, before, before & ~bits));
        return before;
    }

    private static long itrOffset(final int itr, final int vector) {
        return ITR_BASE + ITR_INDEX_STRIDE * itr + 4L * (vector - 1);
    }
}
