package dev.javf.daemon.doctor;

import dev.javf.daemon.config.Configuration;
import dev.javf.daemon.config.FunctionSection;
import dev.javf.daemon.config.PortSection;
import dev.javf.daemon.doctor.Finding.Level;
import dev.javf.linux.LinuxException;
import dev.javf.linux.VfSettings;
import dev.javf.virtchnl.VlanSet;

import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;

/**
 * How the host has set a function, where its PF's network device is here.
 *
 * @param files of the machine.
 * @param host tells what a PF, named by its network device, has set for its functions.
 * @param findings get what is found.
 */
record PolicyCheck(HostFiles files, Function<String, List<VfSettings>> host, Findings findings) {
    /** What the host has set for it, where its PF's network device is here. */
    void examine(
            final String check,
            final Configuration configuration,
            final FunctionSection section,
            final Path device) {
        final Path pfDevice = device.resolve("physfn");
        final List<String> pfs = HostFiles.names(pfDevice.resolve("net"));
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
                            new HostPolicy(
                                            section,
                                            vlans,
                                            pf,
                                            HostFiles.linkName(pfDevice.resolve("driver")))
                                    .examine(settings));
                    return;
                }
            }
        } catch (final LinuxException e) {
            reason = String.valueOf(e.getMessage());
        }
        findings.add(
                Level.UNKNOWN,
                check,
                "how its PF " + pf + " has set it can't be seen: " + reason,
                "ip -d link show " + pf);
    }

    /** The number of a function at its PF; empty if the PF hasn't got it. */
    private String number(final Path pfDevice, final String address) {
        final String prefix = "virtfn";
        for (final String name : HostFiles.names(pfDevice)) {
            if (name.startsWith(prefix)
                    && address.equals(HostFiles.linkName(pfDevice.resolve(name)))) {
                return name.substring(prefix.length());
            }
        }
        return "";
    }
}
