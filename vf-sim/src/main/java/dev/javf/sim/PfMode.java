package dev.javf.sim;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Which PF driver the model is, as far as VLANs go: what it offers, where its limits are and what
 * it tells a VF when something fails. Everything else is the Linux ice driver's behaviour in all
 * modes.
 */
public enum PfMode {
    /**
     * Linux ice, single VLAN mode, VLAN_V2: inner filters with TPID 0x8100, 8 for an untrusted VF.
     * A message that would exceed the limit is refused as a whole; one that fails half way leaves
     * its first filters installed.
     */
    ICE_V2_SVM(Family.ICE, true, false, false, false),

    /**
     * Linux ice of before VLAN_V2: 7 VLANs for an untrusted VF, and SUCCESS for any more, which are
     * not installed.
     */
    ICE_V1(Family.ICE, false, false, false, false),

    /** Linux ice, double VLAN mode: outer filters with TPID 0x8100, 0x88A8 and 0x9100 at once. */
    ICE_V2_DVM(Family.ICE, true, true, false, false),

    /**
     * Linux i40e: 16 VLANs for an untrusted VF, looked at once in each message; SUCCESS for a
     * message beyond it, and for filters that the hardware refused. Duplicates are counted.
     */
    I40E_V1(Family.I40E, false, false, true, false),

    /**
     * Intel's out-of-tree i40e in double VLAN mode: outer filters, told apart by VLAN id alone;
     * with a port VLAN, SUCCESS and nothing done.
     */
    I40E_V2(Family.I40E, true, true, true, true),

    /**
     * ice before May 2024, out of tree: counts a duplicate that it never uncounts, and refuses to
     * delete more filters in one message than it counts.
     */
    ICE_OLD(Family.ICE, true, false, true, true);

    private final Family family;
    private final boolean hasVlanV2;
    private final boolean isDoubleVlan;
    private final boolean countsDuplicates;
    private final boolean isOutOfTree;

    PfMode(
            final Family family,
            final boolean hasVlanV2,
            final boolean isDoubleVlan,
            final boolean countsDuplicates,
            final boolean isOutOfTree) {
        this.family = family;
        this.hasVlanV2 = hasVlanV2;
        this.isDoubleVlan = isDoubleVlan;
        this.countsDuplicates = countsDuplicates;
        this.isOutOfTree = isOutOfTree;
    }

    /**
     * The mode of a name.
     *
     * @param name as users write it, such as {@code ice-v2-svm}.
     * @return which.
     * @throws IllegalArgumentException when it is none.
     */
    public static PfMode of(final String name) {
        for (final PfMode mode : values()) {
            if (mode.text().equals(name)) {
                return mode;
            }
        }
        throw new IllegalArgumentException(
                "PF '"
                        + name
                        + "': use one of "
                        + Arrays.stream(values())
                                .map(PfMode::text)
                                .collect(Collectors.joining(", ")));
    }

    /** How users write it: {@code ice-v2-svm}. */
    public String text() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private enum Family {
        ICE,
        I40E
    }

    /** Whether it is an i40e: 700-series hardware under the same protocol. */
    public boolean isI40e() {
        return family == Family.I40E;
    }

    /** Whether the PF offers VLAN_V2. */
    public boolean hasVlanV2() {
        return hasVlanV2;
    }

    /** Whether the device tells an outer tag from an inner one. */
    public boolean isDoubleVlan() {
        return isDoubleVlan;
    }

    /** Whether a filter that is installed already counts once more. */
    public boolean countsDuplicates() {
        return countsDuplicates;
    }

    /** Whether this is a driver of Intel's and not the kernel's own. */
    public boolean isOutOfTree() {
        return isOutOfTree;
    }
}
