package dev.javf.sim;

import dev.javf.packet.MacAddress;

import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Set;

/** A VF's MAC rules. For the model's thread. */
final class MacTable {
    private final SwitchRules rules;
    private final Set<MacAddress> installed = new LinkedHashSet<>();
    private Set<MacAddress> copy = Set.of();
    private boolean isCopyStale;

    MacTable(final SwitchRules rules) {
        this.rules = rules;
    }

    /**
     * Installs a rule.
     *
     * @return false if it was there.
     */
    boolean add(final MacAddress mac) {
        if (!installed.add(mac)) {
            return false;
        }
        rules.addMac(mac);
        isCopyStale = true;
        return true;
    }

    /**
     * Takes a rule away.
     *
     * @return false if there was none.
     */
    boolean remove(final MacAddress mac) {
        if (!installed.remove(mac)) {
            return false;
        }
        rules.removeMac(mac);
        isCopyStale = true;
        return true;
    }

    int size() {
        return installed.size();
    }

    /** Forgets everything, after a reset has taken the rules away. */
    void clear() {
        installed.clear();
        isCopyStale = true;
    }

    /** All rules; immutable. */
    Set<MacAddress> copy() {
        if (isCopyStale) {
            copy = Collections.unmodifiableSet(new LinkedHashSet<>(installed));
            isCopyStale = false;
        }
        return copy;
    }
}
