package dev.javf.daemon.ctl;

import dev.javf.daemon.counters.CountersFile;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A counters file at one moment.
 *
 * @param nowNs when, on the clock of the file.
 * @param entries its counters.
 * @param sums the values of an owner's counters of one type, over all queues and items.
 */
record TopSample(long nowNs, List<CountersFile.Entry> entries, Map<Key, Long> sums) {
    /** What is added up. */
    record Key(String owner, int type) {}

    /**
     * Reads a file.
     *
     * @param file an open one.
     * @param nowNs the time on its clock.
     * @return all of it.
     */
    static TopSample of(final CountersFile file, final long nowNs) {
        final List<CountersFile.Entry> entries = new ArrayList<>(file.entries());
        final Map<Key, Long> sums = new HashMap<>();
        for (final CountersFile.Entry entry : entries) {
            sums.merge(new Key(entry.owner(), entry.type()), entry.value(), Long::sum);
        }
        return new TopSample(nowNs, entries, sums);
    }

    /** Owners that have a counter of a type, in the order of the file. */
    Set<String> owners(final int type) {
        final Set<String> owners = new LinkedHashSet<>();
        for (final CountersFile.Entry entry : entries) {
            if (entry.type() == type) {
                owners.add(entry.owner());
            }
        }
        return owners;
    }

    boolean has(final String owner, final int type) {
        return sums.containsKey(new Key(owner, type));
    }

    long value(final String owner, final int type) {
        return sums.getOrDefault(new Key(owner, type), 0L);
    }

    /** The values of an owner's counters from one type to another, both included. */
    long sum(final String owner, final int firstType, final int lastType) {
        long sum = 0;
        for (int type = firstType; type <= lastType; type++) {
            sum += value(owner, type);
        }
        return sum;
    }

    /** How much came per second since an earlier sample, of types from one to another. */
    double rate(
            final TopSample before, final String owner, final int firstType, final int lastType) {
        final double seconds = (nowNs - before.nowNs) / 1e9;
        final long more = sum(owner, firstType, lastType) - before.sum(owner, firstType, lastType);
        return seconds > 0 ? Math.max(more, 0) / seconds : 0;
    }
}
