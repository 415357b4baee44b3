package dev.javf.iavf;

import dev.javf.sim.PfMode;

import java.util.List;

/**
 * What happens to one VF, from power up to its end: everything that isn't said here is decided by
 * nobody, so that a schedule always runs the same way.
 *
 * @param seed decides what is left: how quickly the driver's thread is there, how long resets take.
 * @param mode of the PF.
 * @param steps one after the other.
 */
record Schedule(long seed, PfMode mode, List<ScheduleStep> steps) {
    /** The same PF and seed with other steps. */
    Schedule with(final List<ScheduleStep> otherSteps) {
        return new Schedule(seed, mode, List.copyOf(otherSteps));
    }

    /** One step a line. */
    String describe() {
        final StringBuilder text = new StringBuilder();
        text.append("seed ").append(seed).append(", PF ").append(mode);
        for (int i = 0; i < steps.size(); i++) {
            text.append("\n  ").append(i + 1).append(". ").append(steps.get(i));
        }
        return text.toString();
    }
}
