package dev.javf.vfio.kernel;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Files as the kernel shows them under /sys and /dev, in a folder. */
final class MadeUpSysfs {
    private final Path root;

    MadeUpSysfs(final Path folder) {
        root = folder;
        make(sysfs().resolve("bus/pci/devices"));
        make(dev().resolve("vfio/devices"));
    }

    Path sysfs() {
        return root.resolve("sys");
    }

    Path dev() {
        return root.resolve("dev");
    }

    /** A function, with a driver and a group unless they are empty. */
    MadeUpSysfs function(final String address, final String driver, final String group) {
        final Path device = make(sysfs().resolve("bus/pci/devices").resolve(address));
        if (!driver.isEmpty()) {
            final Path folder = make(sysfs().resolve("bus/pci/drivers").resolve(driver));
            link(device.resolve("driver"), folder);
        }
        if (!group.isEmpty()) {
            final Path folder = make(sysfs().resolve("kernel/iommu_groups").resolve(group));
            link(device.resolve("iommu_group"), folder);
            link(make(folder.resolve("devices")).resolve(address), device);
        }
        return this;
    }

    /** Gives a function a VFIO device of its own, with its node and iommufd's. */
    MadeUpSysfs characterDevice(final String address, final String name) {
        make(sysfs().resolve("bus/pci/devices").resolve(address).resolve("vfio-dev/" + name));
        write(dev().resolve("vfio/devices").resolve(name), "");
        write(dev().resolve("iommu"), "");
        return this;
    }

    MadeUpSysfs physicalFunction(final String address, final String physical) {
        final Path devices = sysfs().resolve("bus/pci/devices");
        link(devices.resolve(address).resolve("physfn"), devices.resolve(physical));
        return this;
    }

    MadeUpSysfs noIommu(final String group) {
        write(
                sysfs().resolve("kernel/iommu_groups").resolve(group).resolve("name"),
                "vfio-noiommu\n");
        return this;
    }

    private static Path make(final Path folder) {
        try {
            return Files.createDirectories(folder);
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void link(final Path link, final Path target) {
        try {
            Files.createSymbolicLink(link, target);
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void write(final Path file, final String text) {
        try {
            Files.writeString(file, text);
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
