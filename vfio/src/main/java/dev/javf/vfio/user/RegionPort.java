package dev.javf.vfio.user;

import dev.javf.linux.libc.Libc;
import dev.javf.linux.vfio.Vfio;
import dev.javf.vfio.PciConfigSpace;
import dev.javf.vfio.PciDeviceModel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A model's regions, as REGION_READ and REGION_WRITE see them: any range of bytes, which becomes
 * aligned accesses of 4, 2 or 1 bytes.
 */
final class RegionPort {
    private final PciDeviceModel model;

    RegionPort(final PciDeviceModel model) {
        this.model = model;
    }

    /** Length of a region in bytes, 0 if there is none. */
    long lengthBytes(final int region) {
        if (region == Vfio.VFIO_PCI_CONFIG_REGION_INDEX()) {
            return PciConfigSpace.LENGTH_BYTES;
        }
        return region >= 0 && region <= Vfio.VFIO_PCI_BAR5_REGION_INDEX()
                ? model.barLengthBytes(region)
                : 0;
    }

    /**
     * Reads.
     *
     * @param access nothing in it is believed, but that its count is at most the data's room.
     * @param data where to.
     * @return 0 or an errno.
     */
    int read(final RegionAccess access, final MemorySegment data) {
        if (!isWithin(access)) {
            return Libc.EINVAL();
        }
        int done = 0;
        while (done < access.count()) {
            final long offset = access.offset() + done;
            final int widthBytes = widthBytes(offset, access.count() - done);
            final int value = read(access.region(), offset, widthBytes);
            for (int i = 0; i < widthBytes; i++) {
                data.set(ValueLayout.JAVA_BYTE, done + i, (byte) (value >>> (Byte.SIZE * i)));
            }
            done += widthBytes;
        }
        return 0;
    }

    /**
     * Writes.
     *
     * @param access nothing in it is believed, but that its count is the data's.
     * @param data what to write.
     * @return 0 or an errno.
     */
    int write(final RegionAccess access, final MemorySegment data) {
        if (!isWithin(access)) {
            return Libc.EINVAL();
        }
        int done = 0;
        while (done < access.count()) {
            final long offset = access.offset() + done;
            final int widthBytes = widthBytes(offset, access.count() - done);
            int value = 0;
            for (int i = 0; i < widthBytes; i++) {
                final byte part = data.get(ValueLayout.JAVA_BYTE, done + i);
                value |= Byte.toUnsignedInt(part) << (Byte.SIZE * i);
            }
            if (!write(access.region(), offset, widthBytes, value)) {
                return Libc.EINVAL();
            }
            done += widthBytes;
        }
        return 0;
    }

    private boolean isWithin(final RegionAccess access) {
        final long lengthBytes = lengthBytes(access.region());
        return access.count() >= 0
                && access.offset() >= 0
                && access.offset() <= lengthBytes
                && access.count() <= lengthBytes - access.offset();
    }

    private static int widthBytes(final long offset, final int restBytes) {
        if ((offset & 3) == 0 && restBytes >= 4) {
            return 4;
        }
        return (offset & 1) == 0 && restBytes >= 2 ? 2 : 1;
    }

    private int read(final int region, final long offset, final int widthBytes) {
        return region == Vfio.VFIO_PCI_CONFIG_REGION_INDEX()
                ? model.config().read((int) offset, widthBytes)
                : model.readBar(region, offset, widthBytes);
    }

    private boolean write(
            final int region, final long offset, final int widthBytes, final int value) {
        if (region == Vfio.VFIO_PCI_CONFIG_REGION_INDEX()) {
            model.config().write((int) offset, widthBytes, value);
            return true;
        }
        return model.writeBar(region, offset, widthBytes, value);
    }
}
