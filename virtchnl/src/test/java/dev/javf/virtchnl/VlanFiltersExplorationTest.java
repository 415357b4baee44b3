package dev.javf.virtchnl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.javf.virtchnl.ModelPf.Kind;
import dev.javf.virtchnl.ModelWorld.Guard;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Every order of requests, messages, answers, deadlines, resets and faults, within bounds: in each
 * state that can be reached, nothing is wrong, and there is a way to rest, where the PF holds what
 * is wanted.
 */
final class VlanFiltersExplorationTest {
    private static final int VLANS = 2;
    private static final int MAX_DOUBTS = 4;

    /** A world of two VLANs, and what may happen in it at most. */
    record Bounds(
            Kind kind,
            int maxFilters,
            int requests,
            int resets,
            int losses,
            int failures,
            int hastyDeadlines,
            int silentRestarts) {

        ModelWorld world() {
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
    }

    private static Stream<Bounds> thousandsOfStates() {
        return Stream.of(
                new Bounds(Kind.ICE_V2, 2, 3, 0, 1, 0, 0, 0),
                new Bounds(Kind.ICE_V2, 1, 2, 1, 0, 1, 0, 0),
                new Bounds(Kind.ICE_V2, 2, 2, 0, 0, 1, 1, 0),
                new Bounds(Kind.ICE_OLD, 2, 2, 0, 0, 1, 0, 1),
                new Bounds(Kind.ICE_STRICT, 2, 2, 0, 1, 1, 0, 0),
                new Bounds(Kind.ICE_V1, 2, 2, 0, 1, 1, 0, 0),
                new Bounds(Kind.I40E_V1, 2, 2, 1, 1, 0, 0, 0));
    }

    private static Stream<Bounds> millionsOfStates() {
        return Stream.of(
                new Bounds(Kind.ICE_V2, 2, 3, 2, 1, 1, 0, 0),
                new Bounds(Kind.ICE_V2, 2, 2, 1, 1, 1, 1, 0),
                new Bounds(Kind.ICE_STRICT, 2, 2, 1, 1, 1, 1, 0),
                new Bounds(Kind.ICE_OLD, 2, 2, 2, 0, 1, 1, 1));
    }

    /** What may go wrong must happen in the world in which nothing guards against it. */
    private static Stream<Arguments> guards() {
        return Stream.of(
                Arguments.of(Guard.FENCE, new Bounds(Kind.ICE_V2, 2, 2, 0, 0, 1, 1, 0)),
                Arguments.of(Guard.EPOCH, new Bounds(Kind.ICE_V2, 2, 1, 1, 1, 0, 0, 0)),
                Arguments.of(Guard.TOKEN, new Bounds(Kind.ICE_V2, 2, 1, 0, 0, 1, 0, 0)),
                Arguments.of(Guard.LIMIT, new Bounds(Kind.ICE_V2, 1, 1, 0, 0, 0, 0, 0)));
    }

    @ParameterizedTest
    @MethodSource("thousandsOfStates")
    void shouldBeRightInEveryState(final Bounds bounds, final TestReporter reporter) {
        assertThat(explore(VLANS, bounds.world(), reporter).states()).isGreaterThan(1_000);
    }

    @Tag("proof")
    @ParameterizedTest
    @MethodSource("millionsOfStates")
    void shouldBeRightInMillionsOfStates(final Bounds bounds, final TestReporter reporter) {
        assertThat(explore(VLANS, bounds.world(), reporter).states()).isGreaterThan(1_000_000);
    }

    private static Exploration explore(
            final int vlans, final ModelWorld world, final TestReporter reporter) {
        final Exploration exploration = new Exploration(vlans);
        exploration.run(world);
        reporter.publishEntry(
                Map.of(
                        "states", String.valueOf(exploration.states()),
                        "transitions", String.valueOf(exploration.transitions())));
        return exploration;
    }

    @ParameterizedTest
    @MethodSource("guards")
    void shouldFindWhatGoesWrongWithoutAGuard(final Guard guard, final Bounds bounds) {
        final Exploration exploration = new Exploration(VLANS);
        assertThatThrownBy(() -> exploration.run(bounds.world().without(guard)))
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
        final Exploration exploration =
                explore(
                        3,
                        new ModelWorld(
                                3,
                                3,
                                MAX_DOUBTS,
                                new ModelPf(Kind.ICE_V2, 3, Set.of(), Set.of()),
                                budget),
                        reporter);
        assertThat(exploration.mostInFlight()).isEqualTo(3);
        assertThat(exploration.states()).isGreaterThan(1_000);
    }
}
