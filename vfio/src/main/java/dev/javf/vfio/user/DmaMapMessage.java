package dev.javf.vfio.user;

import dev.javf.vfio.wire.Wire;

import java.lang.foreign.MemorySegment;

/**
 * DMA_MAP: memory that the device may reach from now on. It is in the file passed with the message,
 * or if none is, only DMA_READ and DMA_WRITE get at it. Answered without payload.
 *
 * @param argsz {@link #LENGTH_BYTES}.
 * @param flags {@link #READ}, {@link #WRITE}.
 * @param offset in the file, in bytes.
 * @param address first I/O virtual address.
 * @param size in bytes.
 */
record DmaMapMessage(int argsz, int flags, long offset, long address, long size) {
    static final int LENGTH_BYTES = 32;
    static final int READ = 1;
    static final int WRITE = 2;

    static DmaMapMessage decode(final MemorySegment payload) {
        return new DmaMapMessage(
                payload.get(Wire.U32, 0),
                payload.get(Wire.U32, 4),
                payload.get(Wire.U64, 8),
                payload.get(Wire.U64, 16),
                payload.get(Wire.U64, 24));
    }

    void encode(final MemorySegment payload) {
        payload.set(Wire.U32, 0, argsz);
        payload.set(Wire.U32, 4, flags);
        payload.set(Wire.U64, 8, offset);
        payload.set(Wire.U64, 16, address);
        payload.set(Wire.U64, 24, size);
    }
}
