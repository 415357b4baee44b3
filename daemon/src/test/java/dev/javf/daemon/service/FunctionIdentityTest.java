package dev.javf.daemon.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.daemon.FunctionHost;
import dev.javf.daemon.FunctionName;
import dev.javf.daemon.Simulators;
import dev.javf.vfio.kernel.PciAddress;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;

/** A machine's sysfs that is made up. */
class FunctionIdentityTest {
    private static final String VF = "0000:3b:01.0";

    @TempDir private Path sysfs;

    private FunctionIdentity identity() {
        return FunctionIdentity.of(
                new FunctionHost(sysfs, Map.of(), Simulators.NONE),
                new FunctionName.Kernel(Objects.requireNonNull(PciAddress.parse(VF))),
                VF);
    }

    @Test
    void shouldSayWhetherAnIommuConfinesIt() throws IOException {
        final Path device = Files.createDirectories(sysfs.resolve("bus/pci/devices/" + VF));
        Files.writeString(device.resolve("numa_node"), "1\n");
        assertThat(identity()).isEqualTo(new FunctionIdentity(VF, "", "", "", "", "1", "no"));
        final Path group = Files.createDirectories(sysfs.resolve("kernel/iommu_groups/7"));
        Files.createSymbolicLink(device.resolve("iommu_group"), group);
        assertThat(identity().iommu()).isEqualTo("yes");
        Files.writeString(group.resolve("name"), "vfio-noiommu\n");
        assertThat(identity().iommu()).isEqualTo("no");
    }
}
