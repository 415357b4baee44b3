package dev.javf.virtio.driver;

import dev.javf.vfio.DmaMapping;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** A guest's memory: handed out from its start, never taken back. */
public final class GuestMemory {
    private DmaMapping mapping;
    private long end;

    /** All of a mapping. */
    public GuestMemory(final DmaMapping mapping) {
        this.mapping = mapping;
    }

    /** Where the next piece starts, zeroed. */
    public long allocate(final long lengthBytes, final long alignment) {
        final long offset = (end + alignment - 1) & -alignment;
        end = offset + lengthBytes;
        mapping.memory().asSlice(offset, lengthBytes).fill((byte) 0);
        return offset;
    }

    /** The same pieces are elsewhere from now on. */
    void moveTo(final DmaMapping other) {
        mapping = other;
    }

    /** Forgets all pieces. */
    public void clear() {
        end = 0;
    }

    public MemorySegment segment() {
        return mapping.memory();
    }

    /** The device's address of a byte. */
    public long iova(final long offset) {
        return mapping.iova(offset);
    }

    public int get8(final long offset) {
        return Byte.toUnsignedInt(segment().get(ValueLayout.JAVA_BYTE, offset));
    }

    public void put(final long offset, final byte[] bytes) {
        MemorySegment.copy(bytes, 0, segment(), ValueLayout.JAVA_BYTE, offset, bytes.length);
    }

    public byte[] get(final long offset, final int lengthBytes) {
        return segment().asSlice(offset, lengthBytes).toArray(ValueLayout.JAVA_BYTE);
    }
}
