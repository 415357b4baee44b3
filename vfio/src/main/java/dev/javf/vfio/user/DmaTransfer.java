package dev.javf.vfio.user;

import dev.javf.vfio.wire.Wire;

import java.lang.foreign.MemorySegment;

/**
 * DMA_READ, DMA_WRITE and their answers, without the data, which follows a write and the answer to
 * a read.
 *
 * @param address first I/O virtual address.
 * @param count bytes of data.
 */
record DmaTransfer(long address, long count) {
    static final int LENGTH_BYTES = 16;

    static DmaTransfer decode(final MemorySegment payload) {
        return new DmaTransfer(payload.get(Wire.U64, 0), payload.get(Wire.U64, 8));
    }

    void encode(final MemorySegment payload) {
        payload.set(Wire.U64, 0, address);
        payload.set(Wire.U64, 8, count);
    }
}
