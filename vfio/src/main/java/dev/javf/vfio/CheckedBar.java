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

    /** Reads a register inside the region. */
    protected abstract int read(long offset);

    /** Writes a register inside the region. */
    protected abstract void write(long offset, int value);

    /** Registers inside the region as memory; null where they aren't. */
    protected abstract @Nullable MemorySegment map(long offset, long length);

    @Override
    public final long lengthBytes() {
        return lengthBytes;
    }

    @Override
    public final int read32(final long offset) {
        check(offset);
        return read(offset);
    }

    @Override
    public final void write32(final long offset, final int value) {
        check(offset);
        write(offset, value);
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

    private void check(final long offset) {
        if (offset < 0 || offset > lengthBytes - Integer.BYTES || (offset & 3) != 0) {
            throw outside(offset, Integer.BYTES);
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
