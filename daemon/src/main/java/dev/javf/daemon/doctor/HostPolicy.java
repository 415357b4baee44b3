package dev.javf.daemon.doctor;

import dev.javf.daemon.config.FunctionSection;
import dev.javf.daemon.doctor.Finding.Level;
import dev.javf.linux.VfSettings;
import dev.javf.linux.VfSettings.LinkState;
import dev.javf.packet.MacAddress;
import dev.javf.virtchnl.VlanSet;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

/**
 * Compares what a host has set for a virtual function with what a configuration wants of it. A PF
 * says yes to much that it then doesn't do, so this isn't seen from the function.
 *
 * @param section the function's.
 * @param vlans all that are wanted, those of ports included.
 * @param pf the PF's network device.
 * @param pfDriver its driver; null if unknown.
 */
record HostPolicy(FunctionSection section, VlanSet vlans, String pf, @Nullable String pfDriver) {
    /** VLANs that ice and i40e let a function have that isn't trusted. */
    private static final int UNTRUSTED_VLANS_ICE = 8;

    private static final int UNTRUSTED_VLANS_I40E = 16;

    /**
     * Looks at the settings.
     *
     * @param settings of the host for the function.
     * @return what doesn't go together; if nothing, one finding that says how it is set.
     */
    List<Finding> examine(final VfSettings settings) {
        final List<Finding> findings = new ArrayList<>();
        final String change = "ip link set " + pf + " vf " + settings.index() + " ";
        final String subject = "its PF " + pf + " ";
        if (settings.linkState() == LinkState.DISABLE) {
            add(
                    findings,
                    Level.FAIL,
                    subject + "holds its link down (state disable)",
                    change + "state auto");
        }
        if (settings.portVlan() != 0 && !vlans.isEmpty()) {
            add(
                    findings,
                    Level.WARN,
                    subject
                            + "has put it in port VLAN "
                            + settings.portVlan()
                            + ", and usually refuses VLANs of its own then; wanted are "
                            + vlans,
                    change + "vlan 0");
        }
        if (Boolean.FALSE.equals(settings.isTrusted())) {
            untrusted(findings, subject, change + "trust on");
        }
        if (Boolean.TRUE.equals(settings.isSpoofChecked()) && section.isUnicastPromiscuous()) {
            add(
                    findings,
                    Level.WARN,
                    subject
                            + "checks for spoofing: frames from addresses other than its own are"
                            + " dropped, and promiscuous is asked for",
                    change + "spoofchk off");
        }
        if (findings.isEmpty()) {
            add(findings, Level.OK, subject + describe(settings), "");
        }
        return findings;
    }

    private void untrusted(
            final List<Finding> findings, final String subject, final String remedy) {
        if (section.isUnicastPromiscuous() || section.isMulticastPromiscuous()) {
            add(
                    findings,
                    Level.WARN,
                    subject
                            + "doesn't trust it, so it isn't made promiscuous even if the PF says"
                            + " yes",
                    remedy);
        }
        final int limit = "i40e".equals(pfDriver) ? UNTRUSTED_VLANS_I40E : UNTRUSTED_VLANS_ICE;
        if (vlans.size() > limit) {
            add(
                    findings,
                    Level.WARN,
                    subject
                            + "doesn't trust it, so it gets at most "
                            + limit
                            + " VLANs; "
                            + vlans.size()
                            + " are wanted",
                    remedy);
        }
    }

    private void add(
            final List<Finding> findings,
            final Level level,
            final String fact,
            final String remedy) {
        findings.add(new Finding(level, "function " + section.name(), fact, remedy));
    }

    private static String describe(final VfSettings settings) {
        return "has it as VF "
                + settings.index()
                + ": MAC "
                + (settings.macAddress() == 0 ? "unset" : new MacAddress(settings.macAddress()))
                + ", trust "
                + onOrOff(settings.isTrusted())
                + ", spoof check "
                + onOrOff(settings.isSpoofChecked())
                + (settings.portVlan() == 0
                        ? ", no port VLAN"
                        : ", port VLAN " + settings.portVlan())
                + ", link "
                + switch (settings.linkState()) {
                    case AUTO -> "as the PF's";
                    case ENABLE -> "always up";
                    case DISABLE -> "always down";
                    case UNKNOWN -> "unknown";
                };
    }

    private static String onOrOff(final @Nullable Boolean setting) {
        return setting == null ? "unknown" : setting ? "on" : "off";
    }
}
