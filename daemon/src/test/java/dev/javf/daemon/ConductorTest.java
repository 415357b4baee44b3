package dev.javf.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;

/** How much a duty cycle of the conductor does of what others ask for. */
class ConductorTest {
    private final Conductor conductor = new Conductor(() -> 0);

    /** What was done: a letter for a command, a number for a part. */
    private final List<String> done = new ArrayList<>();

    private void ask(final int count) {
        for (int i = 0; i < count; i++) {
            conductor.execute(() -> done.add("c"));
        }
    }

    private void askInParts(final int parts) {
        conductor.execute(
                new Conductor.InParts() {
                    private int part;

                    @Override
                    public void run() {
                        done.add(Integer.toString(++part));
                    }

                    @Override
                    public boolean isDone() {
                        return part == parts;
                    }
                });
    }

    private String cycle() {
        done.clear();
        assertThat(conductor.doWork()).isEqualTo(done.size());
        return String.join("", done);
    }

    @Test
    void shouldDoNoMoreThan32CommandsInADutyCycle() {
        ask(1000);
        for (int left = 1000; left > 0; left -= 32) {
            assertThat(cycle()).isEqualTo("c".repeat(Math.min(left, 32)));
        }
        assertThat(cycle()).isEmpty();
    }

    @Test
    void shouldDoOnePartOfALongCommandInADutyCycle() {
        ask(2);
        askInParts(3);
        ask(1);
        askInParts(1);
        askInParts(2);
        assertThat(cycle()).isEqualTo("cc1");
        assertThat(cycle()).isEqualTo("2");
        ask(1);
        assertThat(cycle()).isEqualTo("3");
        assertThat(cycle()).isEqualTo("c1");
        assertThat(cycle()).isEqualTo("1");
        assertThat(cycle()).isEqualTo("2");
        assertThat(cycle()).isEqualTo("c");
    }

    @Test
    void shouldDropALongCommandWhosePartFails() {
        conductor.execute(
                new Conductor.InParts() {
                    @Override
                    public void run() {
                        throw new IllegalStateException("a part failed");
                    }

                    @Override
                    public boolean isDone() {
                        return false;
                    }
                });
        ask(1);
        assertThatThrownBy(conductor::doWork).hasMessage("a part failed");
        assertThat(cycle()).isEqualTo("c");
    }

    @Test
    void shouldRefuseWhatIsMoreThanItsQueueHolds() {
        ask(4096);
        assertThatThrownBy(() -> ask(1))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("4096 commands are waiting");
        conductor.doWork();
        ask(1);
    }
}
