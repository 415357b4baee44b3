package dev.javf.daemon.counters;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.daemon.DaemonCounterTypes;
import dev.javf.iavf.DriverCounter;
import dev.javf.iavf.DriverCounterTypes;
import dev.javf.iavf.LifecycleState;
import dev.javf.iavf.ResetCause;
import dev.javf.packet.CounterType;
import dev.javf.testing.Repository;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Keeps the page equal to the types that there are. Where it isn't: {@code mvn test -pl daemon
 * -Dtest=CountersDocsTest -Djavf.docs=write} writes it anew.
 */
class CountersDocsTest {
    private static final Path PAGE = Repository.file("docs/counters-file.md");

    @Test
    void shouldListEveryType() throws Exception {
        Repository.keep(PAGE, "table", table());
    }

    @Test
    void shouldNameTheCodeOfEveryState() throws IOException {
        final StringBuilder states = new StringBuilder();
        for (final LifecycleState state : LifecycleState.values()) {
            states.append(states.isEmpty() ? "" : ", ")
                    .append(state.code())
                    .append(' ')
                    .append(state);
        }
        assertThat(Files.readString(PAGE)).contains(states);
    }

    private static String table() throws IllegalAccessException {
        final List<CounterType> types = new ArrayList<>();
        for (final Class<?> list : List.of(DriverCounterTypes.class, DaemonCounterTypes.class)) {
            for (final Field field : list.getFields()) {
                types.add((CounterType) field.get(null));
            }
        }
        for (final ResetCause cause : ResetCause.values()) {
            types.add(DriverCounterTypes.of(cause));
        }
        for (final DriverCounter counter : DriverCounter.values()) {
            types.add(DriverCounterTypes.of(counter));
        }
        types.sort(Comparator.comparingInt(CounterType::id));
        assertThat(types.stream().map(CounterType::id)).doesNotHaveDuplicates();
        final StringBuilder text = new StringBuilder("| type | | |\n|--:|---|---|\n");
        for (final CounterType type : types) {
            text.append("| ")
                    .append(type.id())
                    .append(" | ")
                    .append(type.label())
                    .append(" | ")
                    .append(type.isLevel() ? "level" : "count")
                    .append(" |\n");
        }
        return text.toString();
    }
}
