package dev.javf.virtchnl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.javf.virtchnl.VlanFilterMachine.Action;
import dev.javf.virtchnl.VlanFilterMachine.Event;
import dev.javf.virtchnl.VlanFilterMachine.State;

import org.junit.jupiter.api.Test;

final class VlanFilterMachineTest {
    @Test
    void shouldRefuseWhatIsNotInTheTable() {
        assertThat(VlanFilterMachine.has(true, State.PRESENT, Event.FLUSH)).isFalse();
        assertThatThrownBy(() -> VlanFilterMachine.next(true, State.PRESENT, Event.FLUSH))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("a desired filter that is PRESENT has no transition for FLUSH");
        assertThatThrownBy(() -> VlanFilterMachine.next(false, State.ABSENT, Event.OK))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("an undesired filter that is ABSENT has no transition for OK");
    }

    @Test
    void shouldAnswerOnlyWhatIsInFlight() {
        for (final State state : State.values()) {
            for (final boolean desired : new boolean[] {true, false}) {
                for (final Event event :
                        new Event[] {
                            Event.OK, Event.ERROR_SHARED, Event.ERROR_ALONE, Event.SHAKEN
                        }) {
                    assertThat(VlanFilterMachine.has(desired, state, event))
                            .as("%s %s %s", desired, state, event)
                            .isEqualTo(state.isInFlight());
                }
                assertThat(VlanFilterMachine.has(desired, state, Event.FLUSH))
                        .isEqualTo(!state.isInFlight() && !isAtRest(desired, state));
                assertThat(VlanFilterMachine.has(desired, state, Event.DOUBT)).isTrue();
                assertThat(VlanFilterMachine.next(desired, state, Event.RESET).to())
                        .isEqualTo(State.ABSENT);
                assertThat(VlanFilterMachine.next(desired, state, Event.RESTART).to())
                        .isEqualTo(state == State.ABSENT ? State.ABSENT : State.UNKNOWN);
            }
        }
    }

    private static boolean isAtRest(final boolean desired, final State state) {
        return state == (desired ? State.PRESENT : State.ABSENT);
    }

    @Test
    void shouldSendExactlyWhenAMessageGoesOnItsWay() {
        for (final VlanFilterMachine.Row row : VlanFilterMachine.ROWS) {
            final boolean isSent =
                    row.action() == Action.SEND_ADD || row.action() == Action.SEND_DELETE;
            assertThat(isSent).as("%s", row).isEqualTo(row.event() == Event.FLUSH);
            if (isSent) {
                assertThat(row.to().isInFlight()).isTrue();
            }
        }
    }

    @Test
    void shouldOnlyTrustAnswers() {
        for (final VlanFilterMachine.Row row : VlanFilterMachine.ROWS) {
            if (row.to() == State.PRESENT) {
                assertThat(row.event()).as("%s", row).isEqualTo(Event.OK);
            }
        }
    }
}
