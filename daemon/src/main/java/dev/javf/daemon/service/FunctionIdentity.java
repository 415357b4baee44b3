package dev.javf.daemon.service;

import dev.javf.daemon.FunctionHost;
import dev.javf.daemon.FunctionName;
import dev.javf.vfio.kernel.PciAddress;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * By what names others know a function, for labels; what isn't known is empty. It is read when the
 * function is opened: reading the device's folder later may block while it is taken away.
 *
 * @param pciAddress the kernel's.
 * @param pf the PF's network device.
 * @param driver the kernel's for the function.
 * @param pfDriver the PF's driver.
 * @param vf its number at the PF.
 * @param numaNode where it is; empty also when there is one node only.
 * @param iommu whether an IOMMU confines it: {@code yes} or {@code no}.
 */
record FunctionIdentity(
        String pciAddress,
        String pf,
        String driver,
        String pfDriver,
        String vf,
        String numaNode,
        String iommu) {
    private static final FunctionIdentity UNKNOWN =
            new FunctionIdentity("", "", "", "", "", "", "");

    /** What the kernel calls the group of a function that it hands out without an IOMMU. */
    private static final String NO_IOMMU = "vfio-noiommu";

    /**
     * Looks a function up.
     *
     * @param host where functions are looked for.
     * @param name in the configuration.
     * @param device what the device calls itself.
     * @return what is known of it.
     */
    static FunctionIdentity of(
            final FunctionHost host, final FunctionName name, final String device) {
        if (name instanceof final FunctionName.Simulated simulated) {
            return new FunctionIdentity(
                    "",
                    "sim" + simulated.physicalFunction(),
                    "",
                    "vf-sim",
                    Integer.toString(simulated.index()),
                    "",
                    "");
        }
        if (PciAddress.parse(device) == null) {
            return UNKNOWN;
        }
        final Path function = host.sysfs().resolve("bus/pci/devices").resolve(device);
        final Path pf = function.resolve("physfn");
        return new FunctionIdentity(
                device,
                first(pf.resolve("net"), "*"),
                linked(function.resolve("driver")),
                linked(pf.resolve("driver")),
                number(pf, device),
                numaNode(function),
                iommu(function.resolve("iommu_group")));
    }

    private static String iommu(final Path group) {
        if (!Files.isDirectory(group)) {
            return "no";
        }
        try {
            return Files.readString(group.resolve("name")).strip().equals(NO_IOMMU) ? "no" : "yes";
        } catch (final IOException e) {
            // Only groups of some kinds have a name.
            return "yes";
        }
    }

    private static String numaNode(final Path function) {
        try {
            final String node = Files.readString(function.resolve("numa_node")).strip();
            return node.startsWith("-") ? "" : node;
        } catch (final IOException e) {
            return "";
        }
    }

    private static String number(final Path pf, final String device) {
        final String prefix = "virtfn";
        try (DirectoryStream<Path> links = Files.newDirectoryStream(pf, prefix + "*")) {
            for (final Path link : links) {
                if (linked(link).equals(device)) {
                    return String.valueOf(link.getFileName()).substring(prefix.length());
                }
            }
        } catch (final IOException e) {
            return "";
        }
        return "";
    }

    private static String first(final Path folder, final String pattern) {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, pattern)) {
            final var each = entries.iterator();
            return each.hasNext() ? String.valueOf(each.next().getFileName()) : "";
        } catch (final IOException e) {
            return "";
        }
    }

    private static String linked(final Path link) {
        try {
            return String.valueOf(Files.readSymbolicLink(link).getFileName());
        } catch (final IOException e) {
            return "";
        }
    }
}
