package dev.javf.daemon.doctor;

import dev.javf.daemon.doctor.Finding.Level;

/**
 * Whether an IOMMU is on.
 *
 * @param files of the machine.
 * @param findings get what is found.
 */
record IommuCheck(HostFiles files, Findings findings) {
    /** Looks. */
    void examine() {
        final boolean isThere = !HostFiles.names(files.path("sys/class/iommu")).isEmpty();
        findings.add(
                isThere ? Level.OK : Level.FAIL,
                "IOMMU",
                isThere ? "on" : "none is on",
                isThere
                        ? ""
                        : "switch VT-d or AMD-Vi on in the firmware, and boot with"
                                + " intel_iommu=on iommu=pt");
    }
}
