package dev.javf.daemon.doctor;

import dev.javf.daemon.PollerWaiting;
import dev.javf.daemon.config.Configuration;
import dev.javf.daemon.doctor.Finding.Level;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Pollers that never sleep want CPUs of their own.
 *
 * @param files of the machine.
 * @param findings get what is found.
 */
record ProcessorCheck(HostFiles files, Findings findings) {
    private static final Pattern CPUS_ALLOWED =
            Pattern.compile("(?m)^Cpus_allowed_list:\\s+(\\d+(?:-\\d+)?(?:,\\d+(?:-\\d+)?)*)$");

    /** Looks at those that this process may use, and at those that are isolated. */
    void examine(final Configuration configuration) {
        final String check = "processors";
        final Matcher allowed =
                CPUS_ALLOWED.matcher(HostFiles.text(files.path("proc/self/status")));
        final int needed = configuration.daemon().pollers() + 1;
        if (allowed.find() && count(allowed.group(1)) < needed) {
            findings.add(
                    Level.WARN,
                    check,
                    "the pollers and the conductor are "
                            + needed
                            + " threads, and this process may use the CPUs "
                            + allowed.group(1),
                    "CPUAffinity= in the unit: systemctl edit javfd");
        }
        if (configuration.daemon().waiting().contains(PollerWaiting.BUSY_SPIN)
                && HostFiles.text(files.path("sys/devices/system/cpu/isolated")).isEmpty()) {
            findings.add(
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
}
