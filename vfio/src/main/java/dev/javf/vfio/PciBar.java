package dev.javf.vfio;

import java.lang.foreign.MemorySegment;

/** A memory region of a PCI function. Registers are little endian. */
public interface PciBar {
    /** Length in bytes. */
    long lengthBytes();

    /**
     * Reads a register. Reading may have effects.
     *
     * @param offset in bytes, a multiple of 4.
     * @return its value.
     * @throws IndexOutOfBoundsException when the offset is outside the region.
     */
    int read32(long offset);

    /**
     * Writes a register.
     *
     * @param offset in bytes, a multiple of 4.
     * @param value what to write.
     * @throws IndexOutOfBoundsException when the offset is outside the region.
     */
    void write32(long offset, int value);

    /**
     * Reads a register of any width.
     *
     * @param offset in bytes, a multiple of the width.
     * @param widthBytes 1, 2 or 4.
     * @return its value, zero-extended.
     * @throws IndexOutOfBoundsException when the offset is outside the region.
     */
    int read(long offset, int widthBytes);

    /**
     * Writes a register of any width.
     *
     * @param offset in bytes, a multiple of the width.
     * @param widthBytes 1, 2 or 4.
     * @param value what to write, in the low bytes.
     * @throws IndexOutOfBoundsException when the offset is outside the region.
     */
    void write(long offset, int widthBytes, int value);

    /**
     * Registers as memory: for doorbells on the packet path, which any thread may ring. Access it
     * with opaque or release/acquire modes only, in aligned 32-bit units; the compiler may merge,
     * split or move plain ones.
     *
     * @param offset of the first byte.
     * @param lengthBytes how many.
     * @return the registers.
     * @throws UnsupportedOperationException when the region can't be mapped there.
     */
    MemorySegment memory(long offset, long lengthBytes);
}
