package dev.javf.iavf;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongFunction;

/** Runs the schedules of many seeds on a few threads, and says of one that fails what is in it. */
final class ScheduleCampaign {
    /** System property: the first seed instead of the test's own. */
    static final String FIRST_PROP_NAME = "javf.test.schedules.first";

    /** System property: how many seeds instead of the test's own number. */
    static final String COUNT_PROP_NAME = "javf.test.schedules";

    private static final int TRACE_LINES = 200;

    private ScheduleCampaign() {}

    /** A seed whose schedule failed. */
    private record Failure(long seed, Throwable cause) {}

    /**
     * Runs the schedules of {@code count} seeds from {@code first} on, or of those that the system
     * properties name.
     *
     * @throws AssertionError with the seed of the lowest that failed and the least that fails of
     *     it.
     */
    static void run(final long first, final int count, final int threads) {
        run(first, count, threads, ScheduleGenerator::generate);
    }

    /** The same with other schedules than usual. */
    static void run(
            final long first,
            final int count,
            final int threads,
            final LongFunction<Schedule> generator) {
        final long from = Long.getLong(FIRST_PROP_NAME, first);
        final long to = from + Long.getLong(COUNT_PROP_NAME, count);
        final AtomicLong next = new AtomicLong(from);
        final AtomicReference<@Nullable Failure> failure = new AtomicReference<>();
        final List<Thread> workers = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            workers.add(Thread.ofPlatform().start(() -> work(next, to, generator, failure)));
        }
        for (final Thread worker : workers) {
            join(worker);
        }
        final Failure failed = failure.get();
        if (failed != null) {
            throw new AssertionError(
                    explain(generator.apply(failed.seed), Timeouts.DEFAULTS), failed.cause);
        }
    }

    private static void work(
            final AtomicLong next,
            final long to,
            final LongFunction<Schedule> generator,
            final AtomicReference<@Nullable Failure> failure) {
        try (ScheduleRunner runner = new ScheduleRunner()) {
            long seed = next.getAndIncrement();
            while (seed < to && failure.get() == null) {
                try {
                    runner.run(generator.apply(seed));
                } catch (final RuntimeException | AssertionError e) {
                    failure.compareAndSet(null, new Failure(seed, e));
                    return;
                }
                seed = next.getAndIncrement();
            }
        }
    }

    private static void join(final Thread worker) {
        try {
            worker.join();
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** A failing schedule made as small as can be, what passed between VF and PF, and the seed. */
    static String explain(final Schedule failing, final Timeouts timeouts) {
        final Schedule smallest =
                new ScheduleShrinker(schedule -> fails(schedule, timeouts)).shrink(failing);
        try (ScheduleRunner runner = new ScheduleRunner(timeouts)) {
            final List<String> trace = runner.trace(smallest);
            final String result = trace.getLast();
            final int from = Math.max(0, trace.size() - TRACE_LINES);
            return result
                    + "\nreplay with -D"
                    + FIRST_PROP_NAME
                    + "="
                    + failing.seed()
                    + " -D"
                    + COUNT_PROP_NAME
                    + "=1; what is needed of it: "
                    + smallest.describe()
                    + "\n"
                    + String.join("\n", trace.subList(from, trace.size()));
        }
    }

    /** Whether a schedule fails; with a runner of its own, as the failure may spoil its buffers. */
    static boolean fails(final Schedule schedule, final Timeouts timeouts) {
        try (ScheduleRunner runner = new ScheduleRunner(timeouts)) {
            runner.run(schedule);
            return false;
        } catch (final RuntimeException | AssertionError e) {
            return true;
        }
    }
}
