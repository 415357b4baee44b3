package dev.javf.daemon.guest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.sim.SimulatedPhysicalFunctionContext;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * Our driver over the kernel's VFIO, in a guest with an IOMMU whose functions the simulator serves:
 * pings, {@code kill -9} and restart, unbind while running. What happens is in the script.
 */
@Tag("proof")
class KernelVfioGuestTest {
    private static final String SCRIPT = "kernel-vfio.sh";
    private static final String ROOT = "javf";
    private static final int TRIES = 2;

    /** Statuses of {@code tools/lab/guest} when the guest ran out of time, died or didn't boot. */
    private static final List<Integer> UNFINISHED = List.of(124, 125, 126);

    @TempDir private Path folder;

    @Test
    void shouldDriveFunctionsThroughTheKernelsVfio() throws Exception {
        Lab.need();
        final Path added = Files.createDirectories(folder.resolve("added"));
        GuestRoot.make(added.resolve(ROOT));
        try (InputStream script = KernelVfioGuestTest.class.getResourceAsStream(SCRIPT)) {
            Files.copy(Objects.requireNonNull(script), added.resolve(SCRIPT));
        }
        try (ServedFunctions functions =
                new ServedFunctions(
                        new SimulatedPhysicalFunctionContext().virtualFunctions(2), folder)) {
            GuestRoot.train(added.resolve(ROOT), "vfio-user:" + functions.sockets().getFirst());
            int status = run(functions, added);
            for (int i = 1; i < TRIES && UNFINISHED.contains(status); i++) {
                status = run(functions, added);
            }
            assertThat(status).as("the script's status; it said why").isZero();
            assertThat(functions.errors()).isEmpty();
            assertThat(functions.vf(0).dma().faults()).isEmpty();
            assertThat(functions.vf(1).dma().faults()).isEmpty();
        }
    }

    private static int run(final ServedFunctions functions, final Path added)
            throws IOException, InterruptedException {
        final ProcessBuilder builder =
                new ProcessBuilder(
                        "nice",
                        "-n",
                        "5",
                        Lab.guest().toString(),
                        "export JAVA='" + GuestRoot.java("/" + ROOT) + "'; exec sh /" + SCRIPT);
        builder.environment().put("ADD", added.toString());
        builder.environment().put("IOMMU", "1");
        builder.environment().put("TIMEOUT", "180");
        builder.environment().put("MODULES", "vfio-pci vfio_iommu_type1 tun");
        // With small pages the kernel maps one by one, and each is a message.
        builder.environment().put("KERNEL_ARGS", "hugepages=64");
        builder.environment()
                .put(
                        "VFIO_USER",
                        functions.sockets().stream()
                                .map(Path::toString)
                                .collect(Collectors.joining(" ")));
        return builder.inheritIO().start().waitFor();
    }
}
