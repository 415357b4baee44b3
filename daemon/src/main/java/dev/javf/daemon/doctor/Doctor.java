package dev.javf.daemon.doctor;

import dev.javf.daemon.FunctionHost;
import dev.javf.daemon.FunctionName;
import dev.javf.daemon.Simulators;
import dev.javf.daemon.config.Configuration;
import dev.javf.daemon.config.FunctionSection;
import dev.javf.daemon.doctor.Finding.Level;
import dev.javf.linux.Netlink;
import dev.javf.linux.VfSettings;
import dev.javf.vfio.kernel.PciAddress;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Looks at a machine, or at a folder that looks like one. It reads files, and asks the kernel how a
 * PF has set its functions; it opens no device and changes nothing.
 */
public final class Doctor {
    private final HostFiles files;
    private final Map<String, String> environment;
    private final Function<String, List<VfSettings>> host;
    private final Findings findings = new Findings();

    private Doctor(
            final Path root,
            final Map<String, String> environment,
            final Function<String, List<VfSettings>> host) {
        files = new HostFiles(root);
        this.environment = environment;
        this.host = host;
    }

    /**
     * Looks at everything that a configuration needs.
     *
     * @param configuration right in itself.
     * @param root of the machine's file system, {@code /} or a made-up one.
     * @param environment variables, for functions that are named by one.
     * @return what was found, in the order of the checks.
     */
    public static List<Finding> examine(
            final Configuration configuration,
            final Path root,
            final Map<String, String> environment) {
        return examine(
                configuration,
                root,
                environment,
                root.equals(Path.of("/")) ? Doctor::askKernel : pf -> List.of());
    }

    /**
     * Looks at everything that a configuration needs.
     *
     * @param host tells what a PF, named by its network device, has set for its functions.
     */
    static List<Finding> examine(
            final Configuration configuration,
            final Path root,
            final Map<String, String> environment,
            final Function<String, List<VfSettings>> host) {
        final Doctor doctor = new Doctor(root, environment, host);
        boolean needsVfio = false;
        for (final FunctionSection function : configuration.functions()) {
            needsVfio |= doctor.function(configuration, function);
        }
        final MemoryCheck memory = new MemoryCheck(doctor.files, doctor.findings);
        if (needsVfio) {
            new IommuCheck(doctor.files, doctor.findings).examine();
            memory.lockedMemory(configuration);
        }
        memory.hugePages(configuration);
        new ProcessorCheck(doctor.files, doctor.findings).examine(configuration);
        if (configuration.ports().stream().anyMatch(port -> port.kind().name().equals("tap"))) {
            new TapCheck(doctor.files, doctor.findings).examine();
        }
        return doctor.findings.all();
    }

    private static List<VfSettings> askKernel(final String pf) {
        try (Netlink netlink = Netlink.open()) {
            return netlink.virtualFunctions(pf);
        }
    }

    /** Looks at a function; says whether it is one that the kernel's VFIO has. */
    private boolean function(final Configuration configuration, final FunctionSection section) {
        final String check = "function " + section.name();
        final FunctionName name;
        try {
            name =
                    section.device()
                            .resolve(
                                    new FunctionHost(
                                            files.path("sys"), environment, Simulators.NONE));
        } catch (final IllegalStateException e) {
            findings.add(
                    Level.FAIL,
                    check,
                    section.device() + ": " + e.getMessage(),
                    "lspci -Dd 8086: lists the functions; set functions."
                            + section.name()
                            + ".device to one");
            return section.device() instanceof FunctionName.Kernel;
        }
        if (!(name instanceof final FunctionName.Kernel kernel)) {
            findings.add(Level.OK, check, name + " is there", "");
            return false;
        }
        final PciAddress address = kernel.address();
        final Path device = files.path("sys/bus/pci/devices/" + address);
        new BindingCheck(files, findings).examine(check, address, device);
        new PhysicalFunctionCheck(files, findings).examine(check, section, device);
        new PolicyCheck(files, host, findings).examine(check, configuration, section, device);
        return true;
    }
}
