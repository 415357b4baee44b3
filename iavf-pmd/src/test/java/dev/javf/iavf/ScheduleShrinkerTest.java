package dev.javf.iavf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.sim.PfMode;

import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;

/** A driver with one guard broken is found out, and what is told of it is short. */
class ScheduleShrinkerTest {
    private static final long HOUR_NS = 3_600_000_000_000L;

    /** Never looks at registers, so that it doesn't notice a reset that nobody announces. */
    private static final Timeouts BLIND =
            new Timeouts(
                    Timeouts.DEFAULTS.requestNs(),
                    HOUR_NS,
                    Timeouts.DEFAULTS.resetStartNs(),
                    Timeouts.DEFAULTS.resetNs(),
                    Timeouts.DEFAULTS.removalNs(),
                    Timeouts.DEFAULTS.releaseNs(),
                    Timeouts.DEFAULTS.pauseMinNs(),
                    Timeouts.DEFAULTS.pauseMaxNs());

    private static Schedule failing() {
        long seed = 1;
        Schedule schedule = ScheduleGenerator.generate(seed);
        while (!isLong(schedule) || !ScheduleCampaign.fails(schedule, BLIND)) {
            seed++;
            schedule = ScheduleGenerator.generate(seed);
        }
        return schedule;
    }

    private static boolean isLong(final Schedule schedule) {
        return schedule.steps().size() >= 20
                && schedule.steps().stream()
                        .anyMatch(step ->
                                step.action() instanceof ScheduleActions.FunctionLevelReset);
    }

    @Test
    void shouldLeaveNoMoreThanWhatFails() {
        final Schedule failing = failing();
        final Schedule smallest =
                new ScheduleShrinker(schedule -> ScheduleCampaign.fails(schedule, BLIND))
                        .shrink(failing);
        assertThat(smallest.steps()).isNotEmpty().hasSizeLessThanOrEqualTo(5);
        assertThat(ScheduleCampaign.fails(smallest, BLIND)).isTrue();
        for (int i = 0; i < smallest.steps().size(); i++) {
            final List<ScheduleStep> fewer = new ArrayList<>(smallest.steps());
            fewer.remove(i);
            assertThat(ScheduleCampaign.fails(smallest.with(fewer), BLIND))
                    .as("without step %s of %s", i + 1, smallest.describe())
                    .isFalse();
        }
        assertThat(ScheduleCampaign.fails(smallest, Timeouts.DEFAULTS)).isFalse();
    }

    @Test
    void shouldSayWhatToReplay() {
        final Schedule failing = failing();
        assertThat(ScheduleCampaign.explain(failing, BLIND))
                .contains(
                        "-Djavf.test.schedules.first=" + failing.seed(),
                        "1. after ",
                        "VF>PF GET_VF_RESOURCES",
                        "Reset[");
    }

    @Test
    void shouldShrinkToTheStepsThatMatter() {
        final Schedule schedule = ScheduleGenerator.generate(7);
        final ScheduleStep first = schedule.steps().get(2);
        final ScheduleStep last = schedule.steps().getLast();
        final ScheduleShrinker shrinker =
                new ScheduleShrinker(candidate ->
                        candidate.steps().stream()
                                .map(ScheduleStep::action)
                                .toList()
                                .containsAll(List.of(first.action(), last.action())));
        assertThat(shrinker.shrink(schedule).steps())
                .containsExactly(
                        new ScheduleStep(0, first.action()), new ScheduleStep(0, last.action()));
    }

    @Test
    void shouldMakeTheSameOfASeedEveryTime() {
        assertThat(ScheduleGenerator.generate(42)).isEqualTo(ScheduleGenerator.generate(42));
        assertThat(ScheduleGenerator.generate(42).mode()).isIn((Object[]) PfMode.values());
    }
}
