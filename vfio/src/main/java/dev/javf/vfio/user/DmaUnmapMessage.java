package dev.javf.vfio.user;

import dev.javf.vfio.wire.Wire;

import java.lang.foreign.MemorySegment;

/**
 * DMA_UNMAP: memory that the device may not reach any more. Answered with the same fields, when
 * nothing of the memory is used any more.
 *
 * @param argsz {@link #LENGTH_BYTES} or more.
 * @param flags {@link #ALL}, or 0.
 * @param address first I/O virtual address.
 * @param size in bytes, unsigned; with the address at most 2^64.
 */
record DmaUnmapMessage(int argsz, int flags, long address, long size) {
    static final int LENGTH_BYTES = 24;

    /** Everything; address and size are 0. */
    static final int ALL = 2;

    static DmaUnmapMessage decode(final MemorySegment payload) {
        return new DmaUnmapMessage(
                payload.get(Wire.U32, 0),
                payload.get(Wire.U32, 4),
                payload.get(Wire.U64, 8),
                payload.get(Wire.U64, 16));
    }

    void encode(final MemorySegment payload) {
        payload.set(Wire.U32, 0, argsz);
        payload.set(Wire.U32, 4, flags);
        payload.set(Wire.U64, 8, address);
        payload.set(Wire.U64, 16, size);
    }
}
