package dev.javf.daemon.doctor;

import dev.javf.daemon.doctor.Finding.Level;
import dev.javf.vfio.kernel.PciAddress;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Whether the kernel's VFIO has a function, its IOMMU group is free of others, and this user may
 * open it.
 *
 * @param files of the machine.
 * @param findings get what is found.
 */
record BindingCheck(HostFiles files, Findings findings) {
    static final String VFIO = "vfio-pci";

    /** Looks at a function. */
    void examine(final String check, final PciAddress address, final Path device) {
        driver(check, address, device);
        group(check, device);
    }

    private void driver(final String check, final PciAddress address, final Path device) {
        final String driver = HostFiles.linkName(device.resolve("driver"));
        if (driver != null && driver.contains("vfio")) {
            findings.add(Level.OK, check, address + " is bound to " + driver, "");
            return;
        }
        findings.add(
                Level.FAIL,
                check,
                address + " is bound to " + (driver == null ? "no driver" : driver),
                "driverctl set-override " + address + " " + VFIO);
        if (!Files.isDirectory(files.path("sys/bus/pci/drivers/" + VFIO))) {
            findings.add(
                    Level.FAIL,
                    check,
                    VFIO + " isn't loaded",
                    "modprobe " + VFIO + "; echo " + VFIO + " > /etc/modules-load.d/javf.conf");
        }
    }

    private void group(final String check, final Path device) {
        final String group = HostFiles.linkName(device.resolve("iommu_group"));
        if (group == null) {
            findings.add(
                    Level.FAIL,
                    check,
                    "it has no IOMMU group: no IOMMU confines it",
                    "switch VT-d or AMD-Vi on in the firmware, and boot with intel_iommu=on"
                            + " iommu=pt");
            return;
        }
        final Path members = files.path("sys/kernel/iommu_groups/" + group + "/devices");
        boolean isViable = true;
        for (final String member : HostFiles.names(members)) {
            final String driver =
                    HostFiles.linkName(files.path("sys/bus/pci/devices/" + member + "/driver"));
            if (driver != null && !driver.contains("vfio") && !driver.equals("pcieport")) {
                isViable = false;
                findings.add(
                        Level.FAIL,
                        check,
                        "IOMMU group " + group + " isn't viable: " + member + " uses " + driver,
                        "driverctl set-override " + member + " " + VFIO);
            }
        }
        final Path node = files.path("dev/vfio/" + group);
        if (!Files.exists(node)) {
            findings.add(
                    Level.UNKNOWN,
                    check,
                    "there is no /dev/vfio/" + group + "; it comes once the group is bound to vfio",
                    "");
        } else if (!Files.isReadable(node) || !Files.isWritable(node)) {
            findings.add(
                    Level.FAIL,
                    check,
                    "this user may not open /dev/vfio/" + group,
                    "install 70-javf-vfio.rules, and: udevadm trigger -s vfio");
        } else if (isViable) {
            findings.add(Level.OK, check, "IOMMU group " + group + " can be opened", "");
        }
    }
}
