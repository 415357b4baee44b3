package dev.javf.vfio.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A region of a VFIO device, accessed by system calls: these fail where a load from a function that
 * has gone would end the process. For one thread.
 */
final class VfioRegion {
    private final VfioFile file;
    private final String device;
    private final int index;
    private final long fileOffset;
    private final long lengthBytes;
    private final MemorySegment buffer = Arena.ofAuto().allocate(ValueLayout.JAVA_LONG);

    /**
     * A region.
     *
     * @param file the device.
     * @param device its name, for errors.
     * @param index of the region.
     * @param fileOffset where it is in the file.
     * @param lengthBytes of the region.
     */
    VfioRegion(
            final VfioFile file,
            final String device,
            final int index,
            final long fileOffset,
            final long lengthBytes) {
        this.file = file;
        this.device = device;
        this.index = index;
        this.fileOffset = fileOffset;
        this.lengthBytes = lengthBytes;
    }

    /**
     * Reads.
     *
     * @param offset in bytes.
     * @param widthBytes 1, 2 or 4.
     * @return the value, zero-extended; all ones if the function doesn't answer.
     */
    int read(final long offset, final int widthBytes) {
        check(offset, widthBytes);
        if (file.pread(buffer.asSlice(0, widthBytes), fileOffset + offset) != widthBytes) {
            return -1 >>> (Integer.SIZE - Byte.SIZE * widthBytes);
        }
        int value = 0;
        for (int i = widthBytes - 1; i >= 0; i--) {
            value = (value << Byte.SIZE) | Byte.toUnsignedInt(buffer.get(ValueLayout.JAVA_BYTE, i));
        }
        return value;
    }

    /**
     * Writes; lost if the function doesn't answer.
     *
     * @param offset in bytes.
     * @param widthBytes 1, 2 or 4.
     * @param value in the low bytes.
     */
    void write(final long offset, final int widthBytes, final int value) {
        check(offset, widthBytes);
        for (int i = 0; i < widthBytes; i++) {
            buffer.set(ValueLayout.JAVA_BYTE, i, (byte) (value >>> (Byte.SIZE * i)));
        }
        file.pwrite(buffer.asSlice(0, widthBytes), fileOffset + offset);
    }

    private void check(final long offset, final int widthBytes) {
        if ((widthBytes != 1 && widthBytes != 2 && widthBytes != 4)
                || offset < 0
                || offset > lengthBytes - widthBytes) {
            throw new IndexOutOfBoundsException(
                    device
                            + ": region "
                            + index
                            + " has "
                            + lengthBytes
                            + " bytes; no access at 0x"
                            + Long.toHexString(offset)
                            + " with "
                            + widthBytes
                            + " bytes");
        }
    }
}
