package dev.javf.daemon.doctor;

import dev.javf.daemon.config.Configuration;
import dev.javf.daemon.doctor.Finding.Level;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Whether the process may lock what it needs, and whether there are huge pages for its packets.
 *
 * @param files of the machine.
 * @param findings get what is found.
 */
record MemoryCheck(HostFiles files, Findings findings) {
    private static final long BUFFER_BYTES = 2304;
    private static final long RING_BYTES_EACH = 1 << 20;
    private static final Pattern MEMLOCK =
            Pattern.compile("Max locked memory +(\\d+|unlimited) .*");

    /** What functions reach has to be locked. */
    void lockedMemory(final Configuration configuration) {
        // Every function maps the pool and its rings for itself, and each mapping counts.
        final long neededBytes =
                configuration.functions().size()
                        * (configuration.daemon().packetBuffers() * BUFFER_BYTES + RING_BYTES_EACH);
        final Matcher limit =
                HostFiles.text(files.path("proc/self/limits"))
                        .lines()
                        .map(MEMLOCK::matcher)
                        .filter(Matcher::matches)
                        .findFirst()
                        .orElse(null);
        if (limit == null) {
            findings.add(Level.UNKNOWN, "locked memory", "the limit can't be read", "");
        } else if (limit.group(1).equals("unlimited")
                || Long.parseLong(limit.group(1)) >= neededBytes) {
            findings.add(
                    Level.OK,
                    "locked memory",
                    "needs " + neededBytes + " bytes, may have " + limit.group(1),
                    "");
        } else {
            findings.add(
                    Level.FAIL,
                    "locked memory",
                    "needs " + neededBytes + " bytes, may have " + limit.group(1),
                    "LimitMEMLOCK=infinity in the unit, or ulimit -l unlimited");
        }
    }

    /** Packets go through fewer pages then. */
    void hugePages(final Configuration configuration) {
        final long pageBytes = 2 << 20;
        final long needed =
                (configuration.daemon().packetBuffers() * BUFFER_BYTES + pageBytes - 1) / pageBytes;
        final String free =
                HostFiles.text(
                        files.path("sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages"));
        if (free.matches("\\d{1,9}") && Long.parseLong(free) >= needed) {
            findings.add(
                    Level.OK,
                    "huge pages",
                    free + " of 2 MiB are free, " + needed + " are used",
                    "");
        } else {
            findings.add(
                    Level.WARN,
                    "huge pages",
                    (free.isEmpty() ? "none" : free)
                            + " of 2 MiB are free, "
                            + needed
                            + " would be used; ordinary pages work, slower",
                    "sysctl vm.nr_hugepages=" + needed);
        }
    }
}
