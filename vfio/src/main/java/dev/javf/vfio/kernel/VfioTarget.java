package dev.javf.vfio.kernel;

import org.jspecify.annotations.Nullable;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;

/**
 * A function to be opened: what sysfs says of it, checked.
 *
 * @param address of the function.
 * @param group number of its IOMMU group.
 * @param isNoIommu whether that group is none really.
 * @param characterDevice name of its own VFIO device; null if it has none.
 * @param physicalFunction if it is a virtual one.
 * @param token to be passed; null if none is to be.
 * @param sysfs to find out more if the kernel refuses.
 * @param context how to open.
 */
record VfioTarget(
        PciAddress address,
        String group,
        boolean isNoIommu,
        @Nullable String characterDevice,
        @Nullable PciAddress physicalFunction,
        @Nullable UUID token,
        PciSysfs sysfs,
        VfioPci.Context context) {
    /**
     * Looks at a function.
     *
     * @throws IllegalStateException if it isn't ready to be driven; the message says what to do.
     */
    static VfioTarget find(final PciAddress address, final VfioPci.Context context) {
        final PciSysfs sysfs = new PciSysfs(context.sysfs());
        if (!sysfs.exists(address)) {
            throw new IllegalStateException(
                    "there is no PCI function "
                            + address
                            + "; lspci -D lists them, and a PF makes VFs when their number is"
                            + " written to its sriov_numvfs");
        }
        if (!sysfs.isBoundToVfio(address)) {
            final String driver = sysfs.driver(address);
            throw new IllegalStateException(
                    address
                            + " is bound to "
                            + (driver == null ? "no driver" : driver)
                            + ", not to vfio-pci: driverctl set-override "
                            + address
                            + " vfio-pci");
        }
        final String group = sysfs.group(address);
        if (group == null) {
            throw new IllegalStateException(
                    address
                            + " isn't behind an IOMMU: switch it on in the firmware (VT-d, AMD-Vi)"
                            + " and on the kernel's command line (intel_iommu=on iommu=pt)");
        }
        final boolean isNoIommu = sysfs.isNoIommu(group);
        if (isNoIommu && !context.isUnsafeNoIommuAllowed()) {
            throw new IllegalStateException(
                    address
                            + " isn't behind an IOMMU (VFIO's no-IOMMU mode): it could read and"
                            + " write all of the machine's memory. Switch the IOMMU on, or allow it"
                            + " with unsafe-no-iommu");
        }
        final PciAddress physical = sysfs.physicalFunction(address);
        if (physical != null && sysfs.isBoundToVfio(physical) && context.token() == null) {
            throw new IllegalStateException(
                    address
                            + " needs the VF token (a UUID) that was given to its PF "
                            + physical
                            + ", which is bound to "
                            + sysfs.driver(physical));
        }
        return new VfioTarget(
                address,
                group,
                isNoIommu,
                sysfs.characterDevice(address),
                physical,
                physical != null && sysfs.isBoundToVfio(physical) ? context.token() : null,
                sysfs,
                context);
    }

    String name() {
        return address.toString();
    }

    VfioCalls calls() {
        return context.calls();
    }

    Path pagemap() {
        return context.pagemap();
    }

    String containerNode() {
        return context.dev().resolve("vfio/vfio").toString();
    }

    String groupNode() {
        return context.dev()
                .resolve("vfio")
                .resolve(isNoIommu ? "noiommu-" + group : group)
                .toString();
    }

    String iommuNode() {
        return context.dev().resolve("iommu").toString();
    }

    /** Null if the function has no VFIO device of its own. */
    @Nullable String deviceNode() {
        return characterDevice == null
                ? null
                : context.dev().resolve("vfio/devices").resolve(characterDevice).toString();
    }

    /** Whether the kernel offers the newer interface for this function. */
    boolean hasCharacterDevice() {
        final String node = deviceNode();
        return node != null
                && !isNoIommu
                && Files.exists(Path.of(node))
                && Files.exists(Path.of(iommuNode()));
    }

    /** What may be wrong when the kernel doesn't hand the function out. */
    String refusalAdvice() {
        if (token != null) {
            return "is it the token that was given to the PF "
                    + physicalFunction
                    + ", and can this kernel take one here?";
        }
        return "the kernel's log (dmesg) says why";
    }

    /** Says why the group can't be used. */
    String whyNotViable() {
        final String sibling = blockingSibling();
        return sibling != null
                ? sibling
                : "IOMMU group "
                        + group
                        + " of "
                        + address
                        + " isn't viable: one of "
                        + sysfs.members(group)
                        + " is used by the kernel; bind all to vfio-pci or to no driver";
    }

    /** Names a function that keeps the group from being used; null if there is none. */
    @Nullable String blockingSibling() {
        for (final PciAddress member : sysfs.members(group)) {
            final String driver = sysfs.driver(member);
            if (driver != null
                    && !driver.contains("vfio")
                    && !driver.equals("pci-stub")
                    && !driver.equals("pcieport")) {
                return "IOMMU group "
                        + group
                        + " of "
                        + address
                        + " isn't viable: "
                        + member
                        + " in it is bound to "
                        + driver
                        + "; bind that to vfio-pci, too: driverctl set-override "
                        + member
                        + " vfio-pci";
            }
        }
        return null;
    }
}
