package dev.javf.daemon.doctor;

import dev.javf.daemon.FunctionHost;
import dev.javf.daemon.FunctionName;
import dev.javf.daemon.PollerWaiting;
import dev.javf.daemon.Simulators;
import dev.javf.daemon.config.Configuration;
import dev.javf.daemon.config.FunctionSection;
import dev.javf.daemon.config.PortSection;
import dev.javf.daemon.doctor.Finding.Level;
import dev.javf.linux.LinuxException;
import dev.javf.linux.Netlink;
import dev.javf.linux.VfSettings;
import dev.javf.vfio.kernel.PciAddress;
import dev.javf.virtchnl.VlanSet;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Looks at a machine, or at a folder that looks like one. It reads files, and asks the kernel how a
 * PF has set its functions; it opens no device and changes nothing.
 */
public final class Doctor {
    private static final String VFIO = "vfio-pci";
    private static final long BUFFER_BYTES = 2304;
    private static final long RING_BYTES_EACH = 1 << 20;
    private static final Pattern MEMLOCK =
            Pattern.compile("Max locked memory +(\\d+|unlimited) .*");

    private static final Pattern CPUS_ALLOWED =
            Pattern.compile("(?m)^Cpus_allowed_list:\\s+(\\d+(?:-\\d+)?(?:,\\d+(?:-\\d+)?)*)$");

    private final Path root;
    private final Map<String, String> environment;
    private final Function<String, List<VfSettings>> host;
    private final List<Finding> findings = new ArrayList<>();

    private Doctor(
            final Path root,
            final Map<String, String> environment,
            final Function<String, List<VfSettings>> host) {
        this.root = root;
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
        if (needsVfio) {
            doctor.iommu();
            doctor.lockedMemory(configuration);
        }
        doctor.hugePages(configuration);
        doctor.processors(configuration);
        for (final PortSection port : configuration.ports()) {
            if (port.kind().name().equals("tap")) {
                doctor.tap();
                break;
            }
        }
        return List.copyOf(doctor.findings);
    }

    private static List<VfSettings> askKernel(final String pf) {
        try (Netlink netlink = Netlink.open()) {
            return netlink.virtualFunctions(pf);
        }
    }

    private void add(
            final Level level, final String check, final String fact, final String remedy) {
        findings.add(new Finding(level, check, fact, remedy));
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
                                            root.resolve("sys"), environment, Simulators.NONE));
        } catch (final IllegalStateException e) {
            add(Level.FAIL, check, section.device() + ": " + e.getMessage(), "");
            return section.device() instanceof FunctionName.Kernel;
        }
        if (!(name instanceof final FunctionName.Kernel kernel)) {
            add(Level.OK, check, name + " is there", "");
            return false;
        }
        final PciAddress address = kernel.address();
        final Path device = root.resolve("sys/bus/pci/devices/" + address);
        driver(check, address, device);
        group(check, device);
        physicalFunction(check, section, device);
        policy(check, configuration, section, device);
        return true;
    }

    private void driver(final String check, final PciAddress address, final Path device) {
        final String driver = linkName(device.resolve("driver"));
        if (driver != null && driver.contains("vfio")) {
            add(Level.OK, check, address + " is bound to " + driver, "");
            return;
        }
        add(
                Level.FAIL,
                check,
                address + " is bound to " + (driver == null ? "no driver" : driver),
                "driverctl set-override " + address + " " + VFIO);
        if (!Files.isDirectory(root.resolve("sys/bus/pci/drivers/" + VFIO))) {
            add(
                    Level.FAIL,
                    check,
                    VFIO + " isn't loaded",
                    "modprobe " + VFIO + "; echo " + VFIO + " > /etc/modules-load.d/javf.conf");
        }
    }

    private void group(final String check, final Path device) {
        final String group = linkName(device.resolve("iommu_group"));
        if (group == null) {
            add(
                    Level.FAIL,
                    check,
                    "it has no IOMMU group: no IOMMU confines it",
                    "switch VT-d or AMD-Vi on in the firmware, and boot with intel_iommu=on"
                            + " iommu=pt");
            return;
        }
        final Path members = root.resolve("sys/kernel/iommu_groups/" + group + "/devices");
        boolean isViable = true;
        for (final String member : names(members)) {
            final String driver =
                    linkName(root.resolve("sys/bus/pci/devices/" + member + "/driver"));
            if (driver != null && !driver.contains("vfio") && !driver.equals("pcieport")) {
                isViable = false;
                add(
                        Level.FAIL,
                        check,
                        "IOMMU group " + group + " isn't viable: " + member + " uses " + driver,
                        "driverctl set-override " + member + " " + VFIO);
            }
        }
        final Path node = root.resolve("dev/vfio/" + group);
        if (!Files.exists(node)) {
            add(
                    Level.UNKNOWN,
                    check,
                    "there is no /dev/vfio/" + group + "; it comes once the group is bound to vfio",
                    "");
        } else if (!Files.isReadable(node) || !Files.isWritable(node)) {
            add(
                    Level.FAIL,
                    check,
                    "this user may not open /dev/vfio/" + group,
                    "install 70-javf-vfio.rules, and: udevadm trigger -s vfio");
        } else if (isViable) {
            add(Level.OK, check, "IOMMU group " + group + " can be opened", "");
        }
    }

    private void physicalFunction(
            final String check, final FunctionSection section, final Path device) {
        final String pf = linkName(device.resolve("physfn"));
        if (pf == null) {
            add(
                    Level.UNKNOWN,
                    check,
                    "its PF isn't on this machine: trust, port VLAN and spoof check can't be seen",
                    "");
            return;
        }
        final Path pfDevice = root.resolve("sys/bus/pci/devices/" + pf);
        final String driver = linkName(pfDevice.resolve("driver"));
        if (driver != null && driver.contains("vfio") && section.token() == null) {
            add(
                    Level.FAIL,
                    check,
                    "its PF " + pf + " is bound to " + driver + ", so it needs a VF token",
                    "functions." + section.name() + ".token = UUID, as given to the PF's user");
        }
        if (ExtendedTags.of(pfDevice.resolve("config")) == ExtendedTags.OFF) {
            add(
                    Level.WARN,
                    check,
                    "its PF " + pf + " has extended tags off: at most 32 reads at a time",
                    "setpci -s " + pf + " CAP_EXP+8.w=0100:0100");
        }
        for (final String name : names(pfDevice.resolve("net"))) {
            final String carrier = text(pfDevice.resolve("net/" + name + "/carrier"));
            if (!carrier.equals("1")) {
                add(
                        Level.WARN,
                        check,
                        "its PF " + name + " has no carrier",
                        "ip link set " + name + " up, and look at the cable");
            }
            final String mtu = text(pfDevice.resolve("net/" + name + "/mtu"));
            final int wanted = section.maxFrameBytes() - 18;
            if (mtu.matches("\\d{1,6}") && Integer.parseInt(mtu) < wanted) {
                add(
                        Level.WARN,
                        check,
                        "its PF " + name + " has MTU " + mtu + ", less than max-frame takes",
                        "ip link set " + name + " mtu " + wanted);
            }
        }
    }

    /** What the host has set for it, where its PF's network device is here. */
    private void policy(
            final String check,
            final Configuration configuration,
            final FunctionSection section,
            final Path device) {
        final Path pfDevice = device.resolve("physfn");
        final List<String> pfs = names(pfDevice.resolve("net"));
        if (pfs.isEmpty()) {
            return;
        }
        VlanSet vlans = section.vlans();
        for (final PortSection port : configuration.ports()) {
            if (port.function().equals(section.name()) && port.vlan() != 0) {
                vlans = vlans.plus(VlanSet.of(port.vlan()));
            }
        }
        final String pf = pfs.getFirst();
        final String number = number(pfDevice, String.valueOf(device.getFileName()));
        String reason = "the kernel doesn't list it";
        try {
            for (final VfSettings settings : host.apply(pf)) {
                if (number.equals(Integer.toString(settings.index()))) {
                    findings.addAll(
                            new HostPolicy(section, vlans, pf, linkName(pfDevice.resolve("driver")))
                                    .examine(settings));
                    return;
                }
            }
        } catch (final LinuxException e) {
            reason = String.valueOf(e.getMessage());
        }
        add(
                Level.UNKNOWN,
                check,
                "how its PF " + pf + " has set it can't be seen: " + reason,
                "ip -d link show " + pf);
    }

    /** The number of a function at its PF; empty if the PF hasn't got it. */
    private static String number(final Path pfDevice, final String address) {
        final String prefix = "virtfn";
        for (final String name : names(pfDevice)) {
            if (name.startsWith(prefix) && address.equals(linkName(pfDevice.resolve(name)))) {
                return name.substring(prefix.length());
            }
        }
        return "";
    }

    private void iommu() {
        final boolean isThere = !names(root.resolve("sys/class/iommu")).isEmpty();
        add(
                isThere ? Level.OK : Level.FAIL,
                "IOMMU",
                isThere ? "on" : "none is on",
                isThere
                        ? ""
                        : "switch VT-d or AMD-Vi on in the firmware, and boot with"
                                + " intel_iommu=on iommu=pt");
    }

    private void lockedMemory(final Configuration configuration) {
        // Every function maps the pool and its rings for itself, and each mapping counts.
        final long neededBytes =
                configuration.functions().size()
                        * (configuration.daemon().packetBuffers() * BUFFER_BYTES + RING_BYTES_EACH);
        final Matcher limit =
                text(root.resolve("proc/self/limits"))
                        .lines()
                        .map(MEMLOCK::matcher)
                        .filter(Matcher::matches)
                        .findFirst()
                        .orElse(null);
        if (limit == null) {
            add(Level.UNKNOWN, "locked memory", "the limit can't be read", "");
        } else if (limit.group(1).equals("unlimited")
                || Long.parseLong(limit.group(1)) >= neededBytes) {
            add(
                    Level.OK,
                    "locked memory",
                    "needs " + neededBytes + " bytes, may have " + limit.group(1),
                    "");
        } else {
            add(
                    Level.FAIL,
                    "locked memory",
                    "needs " + neededBytes + " bytes, may have " + limit.group(1),
                    "LimitMEMLOCK=infinity in the unit, or ulimit -l unlimited");
        }
    }

    private void hugePages(final Configuration configuration) {
        final long pageBytes = 2 << 20;
        final long needed =
                (configuration.daemon().packetBuffers() * BUFFER_BYTES + pageBytes - 1) / pageBytes;
        final String free =
                text(root.resolve("sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages"));
        if (free.matches("\\d{1,9}") && Long.parseLong(free) >= needed) {
            add(Level.OK, "huge pages", free + " of 2 MiB are free, " + needed + " are used", "");
        } else {
            add(
                    Level.WARN,
                    "huge pages",
                    (free.isEmpty() ? "none" : free)
                            + " of 2 MiB are free, "
                            + needed
                            + " would be used; ordinary pages work, slower",
                    "sysctl vm.nr_hugepages=" + needed);
        }
    }

    /** Pollers that never sleep want CPUs of their own. */
    private void processors(final Configuration configuration) {
        final String check = "processors";
        final Matcher allowed = CPUS_ALLOWED.matcher(text(root.resolve("proc/self/status")));
        final int needed = configuration.daemon().pollers() + 1;
        if (allowed.find() && count(allowed.group(1)) < needed) {
            add(
                    Level.WARN,
                    check,
                    "the pollers and the conductor are "
                            + needed
                            + " threads, and this process may use the CPUs "
                            + allowed.group(1),
                    "CPUAffinity= in the unit: systemctl edit javfd");
        }
        if (configuration.daemon().waiting().contains(PollerWaiting.BUSY_SPIN)
                && text(root.resolve("sys/devices/system/cpu/isolated")).isEmpty()) {
            add(
                    Level.WARN,
                    check,
                    "a poller never sleeps, and no CPU is isolated: others take its time",
                    "boot with isolcpus=LIST nohz_full=LIST irqaffinity=OTHERS, and set"
                            + " CPUAffinity= in the unit");
        }
    }

    /** How many there are in a list of the kernel's: {@code 0-3,8}. */
    private static int count(final String list) {
        int count = 0;
        for (final String range : list.split(",", -1)) {
            final String[] ends = range.split("-", 2);
            count += Integer.parseInt(ends[ends.length - 1]) - Integer.parseInt(ends[0]) + 1;
        }
        return count;
    }

    private void tap() {
        final Path node = root.resolve("dev/net/tun");
        if (!Files.exists(node)) {
            add(Level.FAIL, "TAP devices", "there is no /dev/net/tun", "modprobe tun");
        } else if (!Files.isReadable(node) || !Files.isWritable(node)) {
            add(
                    Level.FAIL,
                    "TAP devices",
                    "this user may not open /dev/net/tun",
                    "chmod 0666 /dev/net/tun");
        } else {
            add(Level.OK, "TAP devices", "/dev/net/tun can be opened", "");
        }
    }

    private static @Nullable String linkName(final Path link) {
        try {
            return Files.isSymbolicLink(link)
                    ? String.valueOf(Files.readSymbolicLink(link).getFileName())
                    : null;
        } catch (final IOException e) {
            return null;
        }
    }

    private static List<String> names(final Path folder) {
        final List<String> names = new ArrayList<>();
        if (Files.isDirectory(folder)) {
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
                entries.forEach(entry -> names.add(String.valueOf(entry.getFileName())));
            } catch (final IOException | DirectoryIteratorException e) {
                return List.of();
            }
        }
        Collections.sort(names);
        return names;
    }

    /** What a file says; nothing if it can't be read. */
    private static String text(final Path file) {
        try {
            return Files.readString(file).strip();
        } catch (final IOException e) {
            return "";
        }
    }
}
