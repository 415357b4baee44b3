package dev.javf.sim;

import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;

/**
 * The VLAN filters that a VF has asked for and that are installed, and how many of them the PF
 * counts against its limit; not those of VLAN 0 nor of the port VLAN. For the model's thread.
 */
final class VlanTable {
    private final SwitchRules rules;
    private final Set<VlanKey> installed = new TreeSet<>();
    private Set<VlanKey> copy = Set.of();
    private boolean isCopyStale;
    private int counted;

    VlanTable(final SwitchRules rules) {
        this.rules = rules;
    }

    /**
     * Installs a filter.
     *
     * @return false if it was there.
     */
    boolean add(final VlanKey vlan) {
        if (!installed.add(vlan)) {
            return false;
        }
        rules.addVlan(vlan);
        isCopyStale = true;
        return true;
    }

    /**
     * Takes a filter away.
     *
     * @return false if there was none.
     */
    boolean remove(final VlanKey vlan) {
        if (!installed.remove(vlan)) {
            return false;
        }
        rules.removeVlan(vlan);
        isCopyStale = true;
        return true;
    }

    /** What the PF's driver thinks there is. */
    int counted() {
        return counted;
    }

    void count(final int difference) {
        counted = Math.max(0, counted + difference);
    }

    boolean isEmpty() {
        return installed.isEmpty();
    }

    /** Forgets everything, after a reset has taken the rules away. */
    void clear() {
        installed.clear();
        counted = 0;
        isCopyStale = true;
    }

    /** All filters; immutable. */
    Set<VlanKey> copy() {
        if (isCopyStale) {
            copy = Collections.unmodifiableSet(new TreeSet<>(installed));
            isCopyStale = false;
        }
        return copy;
    }
}
