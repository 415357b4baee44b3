package dev.javf.daemon.doctor;

import java.util.ArrayList;
import java.util.List;

/** What has been found so far. One thread. */
final class Findings {
    private final List<Finding> all = new ArrayList<>();

    void add(
            final Finding.Level level, final String check, final String fact, final String remedy) {
        all.add(new Finding(level, check, fact, remedy));
    }

    void addAll(final List<Finding> more) {
        all.addAll(more);
    }

    /** In the order in which they were found. */
    List<Finding> all() {
        return List.copyOf(all);
    }
}
