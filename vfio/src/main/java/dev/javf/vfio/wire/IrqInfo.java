package dev.javf.vfio.wire;

import java.lang.foreign.MemorySegment;

/**
 * DEVICE_GET_IRQ_INFO and its answer (vfio.h, struct vfio_irq_info).
 *
 * @param argsz {@link #LENGTH_BYTES} or more.
 * @param flags of the answer: {@link #EVENTFD}, {@link #NORESIZE}.
 * @param index the kind of interrupt.
 * @param count of the answer: how many vectors.
 */
public record IrqInfo(int argsz, int flags, int index, int count) {
    public static final int LENGTH_BYTES = 16;

    /** It can be signalled by eventfds. */
    public static final int EVENTFD = 1;

    /** All vectors in use must be set up at once. */
    public static final int NORESIZE = 8;

    public static IrqInfo decode(final MemorySegment payload) {
        return new IrqInfo(
                payload.get(Wire.U32, 0),
                payload.get(Wire.U32, 4),
                payload.get(Wire.U32, 8),
                payload.get(Wire.U32, 12));
    }

    public void encode(final MemorySegment payload) {
        payload.set(Wire.U32, 0, argsz);
        payload.set(Wire.U32, 4, flags);
        payload.set(Wire.U32, 8, index);
        payload.set(Wire.U32, 12, count);
    }
}
