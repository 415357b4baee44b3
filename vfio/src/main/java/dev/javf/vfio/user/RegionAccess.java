package dev.javf.vfio.user;

import dev.javf.vfio.wire.Wire;

import java.lang.foreign.MemorySegment;

/**
 * REGION_READ, REGION_WRITE and their answers, without the data, which follows a write and the
 * answer to a read.
 *
 * @param offset in the region, in bytes.
 * @param region its index.
 * @param count bytes of data.
 */
record RegionAccess(long offset, int region, int count) {
    static final int LENGTH_BYTES = 16;

    static RegionAccess decode(final MemorySegment payload) {
        return new RegionAccess(
                payload.get(Wire.U64, 0), payload.get(Wire.U32, 8), payload.get(Wire.U32, 12));
    }

    void encode(final MemorySegment payload) {
        payload.set(Wire.U64, 0, offset);
        payload.set(Wire.U32, 8, region);
        payload.set(Wire.U32, 12, count);
    }
}
