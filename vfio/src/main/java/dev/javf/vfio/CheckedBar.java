package dev.javf.vfio;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;

/** A memory region whose accesses are checked, once and alike for all doors. */
public abstract class CheckedBar implements PciBar {
    private final String device;
    private final int index;
    private final long lengthBytes;

    /**
     * A region.
     *
     * @param device the function's name, for errors.
     * @param index of the region.
     * @param lengthBytes of the region.
     */
    protected CheckedBar(final String device, final int index, final long lengthBytes) {
        this.device = device;
        this.index = index;
        this.lengthBytes = lengthBytes;
    }

    /** Reads a register inside the region; the offset is a multiple of the width. */
    protected abstract int readRegister(long offset, int widthBytes);

    /** Writes a register inside the region; the offset is a multiple of the width. */
    protected abstract void writeRegister(long offset, int widthBytes, int value);

    /** Registers inside the region as memory; null where they aren't. */
    protected abstract @Nullable MemorySegment map(long offset, long length);

    @Override
    public final long lengthBytes() {
        return lengthBytes;
    }

    @Override
    public final int read32(final long offset) {
        return read(offset, Integer.BYTES);
    }

    @Override
    public final void write32(final long offset, final int value) {
        write(offset, Integer.BYTES, value);
    }

    @Override
    public final int read(final long offset, final int widthBytes) {
        check(offset, widthBytes);
        return readRegister(offset, widthBytes);
    }

    @Override
    public final void write(final long offset, final int widthBytes, final int value) {
        check(offset, widthBytes);
        writeRegister(offset, widthBytes, value);
    }

    @Override
    public final MemorySegment memory(final long offset, final long length) {
        if (offset < 0 || length < 0 || offset > lengthBytes - length) {
            throw outside(offset, length);
        }
        final MemorySegment memory = map(offset, length);
        if (memory == null) {
            throw new UnsupportedOperationException(
                    device
                            + ": region "
                            + index
                            + " can't be mapped at 0x"
                            + Long.toHexString(offset)
                            + ", its registers have effects");
        }
        return memory;
    }

    private void check(final long offset, final int widthBytes) {
        if ((widthBytes != 1 && widthBytes != 2 && widthBytes != 4)
                || offset < 0
                || offset > lengthBytes - widthBytes
                || (offset & (widthBytes - 1)) != 0) {
            throw outside(offset, widthBytes);
        }
    }

    private IndexOutOfBoundsException outside(final long offset, final long length) {
        return new IndexOutOfBoundsException(
                device
                        + ": region "
                        + index
                        + " has "
                        + lengthBytes
                        + " bytes; no access at 0x"
                        + Long.toHexString(offset)
                        + " with "
                        + length
                        + " bytes");
    }
}
