package dev.javf.vfio.wire;

import java.lang.foreign.MemorySegment;

/**
 * DEVICE_GET_INFO and its answer (vfio.h, struct vfio_device_info).
 *
 * @param argsz {@link #LENGTH_BYTES} or more.
 * @param flags of the answer: {@link #RESET}, {@link #PCI}.
 * @param regions of the answer: how many regions.
 * @param irqs of the answer: how many kinds of interrupts.
 */
public record DeviceInfo(int argsz, int flags, int regions, int irqs) {
    public static final int LENGTH_BYTES = 16;

    /** DEVICE_RESET works. */
    public static final int RESET = 1;

    /** Regions and interrupts are those of a PCI function. */
    public static final int PCI = 2;

    public static DeviceInfo decode(final MemorySegment payload) {
        return new DeviceInfo(
                payload.get(Wire.U32, 0),
                payload.get(Wire.U32, 4),
                payload.get(Wire.U32, 8),
                payload.get(Wire.U32, 12));
    }

    public void encode(final MemorySegment payload) {
        payload.set(Wire.U32, 0, argsz);
        payload.set(Wire.U32, 4, flags);
        payload.set(Wire.U32, 8, regions);
        payload.set(Wire.U32, 12, irqs);
    }
}
