package dev.javf.iavf;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

class LifecycleTest {
    private static final Set<LifecycleState> WITHOUT_DEVICE =
            EnumSet.of(LifecycleState.CLOSED, LifecycleState.CLOSING, LifecycleState.REMOVED);

    private final List<String> told = new ArrayList<>();
    private final Lifecycle lifecycle =
            new Lifecycle((from, event, to, reason) -> told.add(from + ">" + to));

    @Test
    void shouldHaveEveryTransitionOnce() {
        assertThat(Lifecycle.transitions())
                .extracting(row -> row.from() + "+" + row.event())
                .doesNotHaveDuplicates();
        for (final Lifecycle.Transition row : Lifecycle.transitions()) {
            assertThat(Lifecycle.next(row.from(), row.event())).isEqualTo(row.to());
        }
    }

    @Test
    void shouldReachEveryStateAndLeaveItAgain() {
        assertThat(paths().keySet()).containsExactlyInAnyOrder(LifecycleState.values());
        for (final LifecycleState state : LifecycleState.values()) {
            assertThat(Lifecycle.transitions()).anyMatch(row -> row.from() == state);
        }
    }

    @Test
    void shouldLeadOutOfNeedsResetOnlyByAResetOrForGood() {
        assertThat(Lifecycle.transitions())
                .filteredOn(row -> row.from() == LifecycleState.NEEDS_RESET)
                .extracting(Lifecycle.Transition::to)
                .containsOnly(
                        LifecycleState.RESETTING, LifecycleState.CLOSING, LifecycleState.REMOVED);
    }

    @Test
    void shouldLetNothingButResetsAndTheEndInterruptAnyState() {
        for (final LifecycleState state : LifecycleState.values()) {
            if (!WITHOUT_DEVICE.contains(state)) {
                assertThat(Lifecycle.next(state, LifecycleEvent.CLOSE))
                        .isEqualTo(LifecycleState.CLOSING);
                assertThat(Lifecycle.next(state, LifecycleEvent.GONE))
                        .isEqualTo(LifecycleState.REMOVED);
            }
        }
        assertThat(Lifecycle.next(LifecycleState.CLOSING, LifecycleEvent.RESET_SEEN)).isNull();
        assertThat(Lifecycle.next(LifecycleState.REMOVED, LifecycleEvent.RESET)).isNull();
    }

    @ParameterizedTest
    @EnumSource(LifecycleState.class)
    void shouldRefuseAndRecordWhatIsNotInTheTable(final LifecycleState state) {
        for (final LifecycleEvent event : LifecycleEvent.values()) {
            final Lifecycle fresh = new Lifecycle((from, e, to, reason) -> told.add(reason));
            paths().getOrDefault(state, List.of()).forEach(step -> fresh.on(step, "path"));
            assertThat(fresh.state()).isEqualTo(state);
            final LifecycleState expected = Lifecycle.next(state, event);
            told.clear();
            assertThat(fresh.on(event, "why")).isEqualTo(expected != null);
            if (expected != null) {
                assertThat(fresh.state()).isEqualTo(expected);
                assertThat(fresh.violationCount()).isZero();
                assertThat(told).containsExactly("why");
            } else {
                assertThat(fresh.state())
                        .isEqualTo(
                                WITHOUT_DEVICE.contains(state)
                                        ? state
                                        : LifecycleState.NEEDS_RESET);
                assertThat(fresh.violations())
                        .containsExactly(new Lifecycle.Violation(state, event, "why"));
                assertThat(told).containsExactly("refused: " + event + " in " + state + " (why)");
            }
        }
    }

    @Test
    void shouldRememberTheFirstViolationsAndCountAll() {
        for (int i = 0; i < 100; i++) {
            lifecycle.on(LifecycleEvent.STARTED, "number " + i);
        }
        assertThat(lifecycle.violationCount()).isEqualTo(100);
        assertThat(lifecycle.violations()).hasSize(Lifecycle.VIOLATIONS_REMEMBERED);
        assertThat(lifecycle.violations().getFirst().reason()).isEqualTo("number 0");
    }

    /** For each state, the shortest way there. */
    private static Map<LifecycleState, List<LifecycleEvent>> paths() {
        final Map<LifecycleState, List<LifecycleEvent>> paths = new HashMap<>();
        final ArrayDeque<LifecycleState> queue = new ArrayDeque<>();
        paths.put(LifecycleState.CLOSED, List.of());
        queue.add(LifecycleState.CLOSED);
        while (!queue.isEmpty()) {
            final LifecycleState from = queue.removeFirst();
            for (final Lifecycle.Transition row : Lifecycle.transitions()) {
                if (row.from() == from && !paths.containsKey(row.to())) {
                    final List<LifecycleEvent> path =
                            new ArrayList<>(paths.getOrDefault(from, List.of()));
                    path.add(row.event());
                    paths.put(row.to(), path);
                    queue.add(row.to());
                }
            }
        }
        return paths;
    }
}
