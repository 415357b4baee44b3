package dev.javf.iavf;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * Makes a failing schedule smaller as long as it fails: by delta debugging (Zeller and Hildebrandt,
 * 2002), it leaves out ever smaller parts of the steps, then pauses.
 */
final class ScheduleShrinker {
    /** Runs that a failure is worth. */
    private static final int RUNS_MAX = 2_000;

    private final Predicate<Schedule> fails;
    private int runs;

    /**
     * A shrinker.
     *
     * @param fails whether a schedule fails.
     */
    ScheduleShrinker(final Predicate<Schedule> fails) {
        this.fails = fails;
    }

    /** The smallest schedule that was found to fail. */
    Schedule shrink(final Schedule failing) {
        Schedule best = failing;
        for (int size = failing.steps().size(); size >= 1; size /= 2) {
            best = withoutParts(best, size);
        }
        // Leaving out the late ones may have made the early ones needless.
        best = withoutParts(best, 1);
        return withoutPauses(best);
    }

    private Schedule withoutParts(final Schedule from, final int size) {
        Schedule best = from;
        int at = 0;
        while (at < best.steps().size()) {
            final List<ScheduleStep> fewer = new ArrayList<>(best.steps());
            fewer.subList(at, Math.min(at + size, fewer.size())).clear();
            final Schedule smaller = best.with(fewer);
            if (stillFails(smaller)) {
                best = smaller;
            } else {
                at += size;
            }
        }
        return best;
    }

    private Schedule withoutPauses(final Schedule from) {
        Schedule best = from;
        for (int i = 0; i < best.steps().size(); i++) {
            final List<ScheduleStep> steps = new ArrayList<>(best.steps());
            steps.set(i, new ScheduleStep(0, steps.get(i).action()));
            final Schedule quicker = best.with(steps);
            if (stillFails(quicker)) {
                best = quicker;
            }
        }
        return best;
    }

    private boolean stillFails(final Schedule schedule) {
        return runs++ < RUNS_MAX && fails.test(schedule);
    }
}
