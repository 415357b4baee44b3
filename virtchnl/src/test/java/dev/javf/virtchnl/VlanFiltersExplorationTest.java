package dev.javf.virtchnl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.util.Map;
import java.util.Set;

/**
 * Every order of requests, messages, answers, deadlines, resets and faults, within bounds: in each
 * state that can be reached, nothing is wrong, and there is a way to rest, where the PF holds what
 * is wanted.
 */
final class VlanFiltersExplorationTest {
    private static final int VLANS = 2;
    private static final int MAX_DOUBTS = 4;

    private static ModelWorld world(
            final ModelPf.Kind kind,
            final int maxFilters,
            final int requests,
            final int resets,
            final int losses,
            final int failures,
            final int hastyDeadlines,
            final int silentRestarts) {
        final ModelWorld.Budget budget = new ModelWorld.Budget();
        budget.requestsByVlan = new int[] {0, requests, requests};
        budget.resets = resets;
        budget.losses = losses;
        budget.failures = failures;
        budget.hastyDeadlines = hastyDeadlines;
        budget.silentRestarts = silentRestarts;
        return new ModelWorld(
                VLANS + 1,
                VLANS,
                MAX_DOUBTS,
                new ModelPf(kind, maxFilters, Set.of(), Set.of()),
                budget);
    }

    @ParameterizedTest
    @CsvSource({
        "ICE_V2, 2, 3, 0, 1, 0, 0, 0",
        "ICE_V2, 1, 2, 1, 0, 1, 0, 0",
        "ICE_V2, 2, 2, 0, 0, 1, 1, 0",
        "ICE_OLD, 2, 2, 0, 0, 1, 0, 1",
        "ICE_STRICT, 2, 2, 0, 1, 1, 0, 0",
        "ICE_V1, 2, 2, 0, 1, 1, 0, 0",
        "I40E_V1, 2, 2, 1, 1, 0, 0, 0"
    })
    void shouldBeRightInEveryState(
            final ModelPf.Kind kind,
            final int maxFilters,
            final int requests,
            final int resets,
            final int losses,
            final int failures,
            final int hastyDeadlines,
            final int silentRestarts,
            final TestReporter reporter) {
        final Exploration exploration = new Exploration(VLANS);
        exploration.run(
                world(
                        kind,
                        maxFilters,
                        requests,
                        resets,
                        losses,
                        failures,
                        hastyDeadlines,
                        silentRestarts));
        report(exploration, reporter);
        assertThat(exploration.states()).isGreaterThan(1_000);
    }

    private static void report(final Exploration exploration, final TestReporter reporter) {
        reporter.publishEntry(
                Map.of(
                        "states", String.valueOf(exploration.states()),
                        "transitions", String.valueOf(exploration.transitions())));
    }

    @Tag("proof")
    @ParameterizedTest
    @CsvSource({
        "ICE_V2, 2, 3, 2, 1, 1, 0, 0",
        "ICE_V2, 2, 2, 1, 1, 1, 1, 0",
        "ICE_STRICT, 2, 2, 1, 1, 1, 1, 0",
        "ICE_OLD, 2, 2, 2, 0, 1, 1, 1"
    })
    void shouldBeRightInMillionsOfStates(
            final ModelPf.Kind kind,
            final int maxFilters,
            final int requests,
            final int resets,
            final int losses,
            final int failures,
            final int hastyDeadlines,
            final int silentRestarts,
            final TestReporter reporter) {
        final Exploration exploration = new Exploration(VLANS);
        exploration.run(
                world(
                        kind,
                        maxFilters,
                        requests,
                        resets,
                        losses,
                        failures,
                        hastyDeadlines,
                        silentRestarts));
        report(exploration, reporter);
        assertThat(exploration.states()).isGreaterThan(1_000_000);
    }

    @ParameterizedTest
    @CsvSource({
        "FENCE, 2, 2, 0, 0, 1, 1",
        "EPOCH, 2, 1, 1, 1, 0, 0",
        "TOKEN, 2, 1, 0, 0, 1, 0",
        "LIMIT, 1, 1, 0, 0, 0, 0"
    })
    void shouldFindWhatGoesWrongWithoutAGuard(
            final ModelWorld.Guard guard,
            final int maxFilters,
            final int requests,
            final int resets,
            final int losses,
            final int failures,
            final int hastyDeadlines) {
        final ModelWorld world =
                world(
                        ModelPf.Kind.ICE_V2,
                        maxFilters,
                        requests,
                        resets,
                        losses,
                        failures,
                        hastyDeadlines,
                        0);
        final Exploration exploration = new Exploration(VLANS);
        assertThatThrownBy(() -> exploration.run(world.without(guard)))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining(" after [");
    }

    /**
     * A filter is in one message at most, so that two VLANs are in no more than two; the third that
     * may be in flight with three allowed takes a third VLAN.
     */
    @Test
    void shouldBeRightWithThreeMessagesInFlight(final TestReporter reporter) {
        final ModelWorld.Budget budget = new ModelWorld.Budget();
        budget.requestsByVlan = new int[] {0, 1, 1, 1};
        budget.losses = 1;
        budget.failures = 1;
        final Exploration exploration = new Exploration(3);
        exploration.run(
                new ModelWorld(
                        3,
                        3,
                        MAX_DOUBTS,
                        new ModelPf(ModelPf.Kind.ICE_V2, 3, Set.of(), Set.of()),
                        budget));
        report(exploration, reporter);
        assertThat(exploration.mostInFlight()).isEqualTo(3);
        assertThat(exploration.states()).isGreaterThan(1_000);
    }
}
