package dev.javf.bench;

import dev.javf.daemon.simulated.SimulatedDaemon;
import dev.javf.daemon.simulated.SimulatedDaemonContext;

import org.agrona.concurrent.SleepingMillisIdleStrategy;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * {@code ./javf bench idle}: how much of a processor each thread of the daemon takes while a VF is
 * up and nothing happens, with a poller that backs off and with one that sleeps until an interrupt.
 */
final class IdleComparison {
    /** The name on the command line. */
    static final String NAME = "idle";

    private static final long SECONDS = 5;

    private IdleComparison() {}

    static void main(final String[] arguments) throws InterruptedException {
        System.out.printf(Locale.ROOT, "| waiting | thread | %% of a processor |%n|---|---|--:|%n");
        measure("back-off", false);
        measure("interrupts", true);
    }

    private static void measure(final String name, final boolean interrupts)
            throws InterruptedException {
        final SimulatedDaemonContext context =
                new SimulatedDaemonContext()
                        .threads(true)
                        .daemon(settings ->
                                interrupts
                                        ? settings.interrupts(true)
                                                .idleStrategy(
                                                        () -> new SleepingMillisIdleStrategy(1))
                                        : settings)
                        .oneFunction();
        try (SimulatedDaemon system = context.launch()) {
            system.up(system.left());
            TimeUnit.SECONDS.sleep(1);
            final Map<String, Long> before = cpuNs();
            final long startNs = System.nanoTime();
            TimeUnit.SECONDS.sleep(SECONDS);
            final double elapsedNs = System.nanoTime() - startNs;
            for (final Map.Entry<String, Long> entry : cpuNs().entrySet()) {
                final Long first = before.get(entry.getKey());
                if (first != null) {
                    System.out.printf(
                            Locale.ROOT,
                            "| %s | %s | %.2f |%n",
                            name,
                            entry.getKey(),
                            100 * (entry.getValue() - first) / elapsedNs);
                }
            }
        }
    }

    private static Map<String, Long> cpuNs() {
        final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        final Map<String, Long> times = new TreeMap<>();
        for (final ThreadInfo thread : threads.dumpAllThreads(false, false)) {
            if (thread.getThreadName().startsWith("javf-")) {
                times.put(thread.getThreadName(), threads.getThreadCpuTime(thread.getThreadId()));
            }
        }
        return times;
    }
}
