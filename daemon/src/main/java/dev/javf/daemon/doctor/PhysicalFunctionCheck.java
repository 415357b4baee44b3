package dev.javf.daemon.doctor;

import dev.javf.daemon.config.FunctionSection;
import dev.javf.daemon.doctor.Finding.Level;

import java.nio.file.Path;
import java.util.regex.Pattern;

/**
 * What can be seen of a function's PF without asking anybody: whose it is, its link, its longest
 * frame, the mode of its switch.
 *
 * @param files of the machine.
 * @param findings get what is found.
 */
record PhysicalFunctionCheck(HostFiles files, Findings findings) {
    /** How the kernel names the port of a VF's representor (devlink's port flavour pcivf). */
    private static final Pattern REPRESENTOR = Pattern.compile("(?:c\\d+)?pf\\d+vf\\d+");

    /** Looks at the PF of a function. */
    void examine(final String check, final FunctionSection section, final Path device) {
        final String pf = HostFiles.linkName(device.resolve("physfn"));
        if (pf == null) {
            findings.add(
                    Level.UNKNOWN,
                    check,
                    "its PF isn't on this machine: trust, port VLAN and spoof check can't be seen",
                    "");
            return;
        }
        final Path pfDevice = files.path("sys/bus/pci/devices/" + pf);
        final String driver = HostFiles.linkName(pfDevice.resolve("driver"));
        if (driver != null && driver.contains("vfio") && section.token() == null) {
            findings.add(
                    Level.FAIL,
                    check,
                    "its PF " + pf + " is bound to " + driver + ", so it needs a VF token",
                    "functions." + section.name() + ".token = UUID, as given to the PF's user");
        }
        if (ExtendedTags.of(pfDevice.resolve("config")) == ExtendedTags.OFF) {
            findings.add(
                    Level.WARN,
                    check,
                    "its PF " + pf + " has extended tags off: at most 32 reads at a time",
                    "setpci -s " + pf + " CAP_EXP+8.w=0100:0100");
        }
        for (final String name : HostFiles.names(pfDevice.resolve("net"))) {
            eswitch(check, pf, name);
            final String carrier = HostFiles.text(pfDevice.resolve("net/" + name + "/carrier"));
            if (!carrier.equals("1")) {
                findings.add(
                        Level.WARN,
                        check,
                        "its PF " + name + " has no carrier",
                        "ip link set " + name + " up, and look at the cable");
            }
            final String mtu = HostFiles.text(pfDevice.resolve("net/" + name + "/mtu"));
            final int wanted = section.maxFrameBytes() - 18;
            if (mtu.matches("\\d{1,6}") && Integer.parseInt(mtu) < wanted) {
                findings.add(
                        Level.WARN,
                        check,
                        "its PF " + name + " has MTU " + mtu + ", less than max-frame takes",
                        "ip link set " + name + " mtu " + wanted);
            }
        }
    }

    /**
     * In switchdev mode a PF has a representor for each VF, on the same switch. Asking devlink for
     * the mode itself takes CAP_NET_ADMIN, and everybody may see these.
     */
    private void eswitch(final String check, final String pf, final String netDevice) {
        final String id =
                HostFiles.text(files.path("sys/class/net/" + netDevice + "/phys_switch_id"));
        if (id.isEmpty()) {
            return;
        }
        for (final String other : HostFiles.names(files.path("sys/class/net"))) {
            final Path folder = files.path("sys/class/net/" + other);
            if (id.equals(HostFiles.text(folder.resolve("phys_switch_id")))
                    && REPRESENTOR
                            .matcher(HostFiles.text(folder.resolve("phys_port_name")))
                            .matches()) {
                findings.add(
                        Level.WARN,
                        check,
                        "its PF "
                                + netDevice
                                + " is in switchdev mode ("
                                + other
                                + " is a representor): it filters no VLANs for its VFs",
                        "devlink dev eswitch set pci/" + pf + " mode legacy");
                return;
            }
        }
    }
}
