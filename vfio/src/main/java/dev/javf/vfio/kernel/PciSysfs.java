package dev.javf.vfio.kernel;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * What the kernel says about PCI functions (Documentation/ABI/testing/sysfs-bus-pci). Read when a
 * function is opened and never later: while the kernel waits for its release, a look at its files
 * would wait, too.
 */
final class PciSysfs {
    private static final String NO_IOMMU_GROUP = "vfio-noiommu";

    private final Path root;

    /**
     * Looks there.
     *
     * @param root {@code /sys}.
     */
    PciSysfs(final Path root) {
        this.root = root;
    }

    private Path device(final PciAddress address) {
        return root.resolve("bus/pci/devices").resolve(address.toString());
    }

    /** Whether there is such a function. */
    boolean exists(final PciAddress address) {
        return Files.exists(device(address));
    }

    /** The driver that a function is bound to; null if none. */
    @Nullable String driver(final PciAddress address) {
        return linkName(device(address).resolve("driver"));
    }

    /** Whether a function's driver is vfio-pci, or one of the drivers made from it. */
    boolean isBoundToVfio(final PciAddress address) {
        final String driver = driver(address);
        return driver != null && driver.contains("vfio");
    }

    /** The number of a function's IOMMU group; null if there is no IOMMU. */
    @Nullable String group(final PciAddress address) {
        return linkName(device(address).resolve("iommu_group"));
    }

    /** Whether a group isn't behind an IOMMU, but pretends to be (VFIO's no-IOMMU mode). */
    boolean isNoIommu(final String group) {
        final Path name = root.resolve("kernel/iommu_groups").resolve(group).resolve("name");
        try {
            return Files.exists(name) && Files.readString(name).strip().equals(NO_IOMMU_GROUP);
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The functions of a group, by address. */
    List<PciAddress> members(final String group) {
        final Path folder = root.resolve("kernel/iommu_groups").resolve(group).resolve("devices");
        return names(folder).map(PciAddress::parse).filter(Objects::nonNull).toList();
    }

    /** The name of a function's own VFIO device, such as {@code vfio0}; null if it has none. */
    @Nullable String characterDevice(final PciAddress address) {
        return names(device(address).resolve("vfio-dev")).findFirst().orElse(null);
    }

    /** The physical function that a virtual one belongs to; null if it isn't a virtual one. */
    @Nullable PciAddress physicalFunction(final PciAddress address) {
        final String name = linkName(device(address).resolve("physfn"));
        return name == null ? null : PciAddress.parse(name);
    }

    private static @Nullable String linkName(final Path link) {
        try {
            return Files.isSymbolicLink(link)
                    ? String.valueOf(Files.readSymbolicLink(link).getFileName())
                    : null;
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Stream<String> names(final Path folder) {
        if (!Files.isDirectory(folder)) {
            return Stream.empty();
        }
        try (Stream<Path> entries = Files.list(folder)) {
            return entries
                    .map(entry -> String.valueOf(entry.getFileName()))
                    .sorted()
                    .toList()
                    .stream();
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
