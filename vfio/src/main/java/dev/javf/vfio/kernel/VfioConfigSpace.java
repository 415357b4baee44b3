package dev.javf.vfio.kernel;

import dev.javf.vfio.PciConfigSpace;

/** A VFIO device's configuration space. */
record VfioConfigSpace(VfioRegion region) implements PciConfigSpace {
    @Override
    public int read(final int offset, final int widthBytes) {
        return region.read(offset, widthBytes);
    }

    @Override
    public void write(final int offset, final int widthBytes, final int value) {
        region.write(offset, widthBytes, value);
    }
}
