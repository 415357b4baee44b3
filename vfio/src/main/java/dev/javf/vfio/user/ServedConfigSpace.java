package dev.javf.vfio.user;

import dev.javf.linux.vfio.Vfio;
import dev.javf.vfio.PciConfigSpace;

/** A served function's configuration space. */
final class ServedConfigSpace implements PciConfigSpace {
    private final ServedRegion region;

    ServedConfigSpace(final ServerConnection connection, final String device) {
        region =
                new ServedRegion(
                        connection, device, Vfio.VFIO_PCI_CONFIG_REGION_INDEX(), LENGTH_BYTES);
    }

    @Override
    public int read(final int offset, final int widthBytes) {
        return region.read(offset, widthBytes);
    }

    @Override
    public void write(final int offset, final int widthBytes, final int value) {
        region.write(offset, widthBytes, value);
    }
}
