package dev.javf.vfio.wire;

import java.lang.foreign.MemorySegment;

/**
 * DEVICE_SET_IRQS: what interrupts signal (vfio.h, struct vfio_irq_set). Eventfds come with the
 * message, booleans follow these fields, one byte each. Answered without payload.
 *
 * @param argsz {@link #LENGTH_BYTES} and the booleans.
 * @param flags one of the DATA flags and one of the ACTION flags.
 * @param index the kind of interrupt.
 * @param start the first vector.
 * @param count how many vectors.
 */
public record IrqSet(int argsz, int flags, int index, int start, int count) {
    public static final int LENGTH_BYTES = 20;
    public static final int DATA_NONE = 0x1;
    public static final int DATA_BOOL = 0x2;
    public static final int DATA_EVENTFD = 0x4;
    public static final int DATA_MASK = 0x7;
    public static final int ACTION_TRIGGER = 0x20;

    public static IrqSet decode(final MemorySegment payload) {
        return new IrqSet(
                payload.get(Wire.U32, 0),
                payload.get(Wire.U32, 4),
                payload.get(Wire.U32, 8),
                payload.get(Wire.U32, 12),
                payload.get(Wire.U32, 16));
    }

    public void encode(final MemorySegment payload) {
        payload.set(Wire.U32, 0, argsz);
        payload.set(Wire.U32, 4, flags);
        payload.set(Wire.U32, 8, index);
        payload.set(Wire.U32, 12, start);
        payload.set(Wire.U32, 16, count);
    }

    public int data() {
        return flags & DATA_MASK;
    }

    public int action() {
        return flags & ~DATA_MASK;
    }
}
