package dev.javf.daemon.counters;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.daemon.DaemonCounterTypes;
import dev.javf.iavf.DriverCounter;
import dev.javf.iavf.DriverCounterTypes;
import dev.javf.iavf.LifecycleState;
import dev.javf.iavf.ResetCause;
import dev.javf.packet.CounterType;

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
    private static final Path PAGE =
            (Files.isDirectory(Path.of("docs")) ? Path.of("docs") : Path.of("..", "docs"))
                    .resolve("counters-file.md");
    private static final String BEGIN = "<!-- begin of the table printed from the types -->\n";
    private static final String END = "<!-- end of the table -->\n";

    @Test
    void shouldListEveryType() throws Exception {
        final String page = Files.readString(PAGE);
        final int begin = page.indexOf(BEGIN) + BEGIN.length();
        final int end = page.indexOf(END);
        assertThat(end).isGreaterThanOrEqualTo(begin);
        final String table = table();
        if ("write".equals(System.getProperty("javf.docs"))) {
            Files.writeString(PAGE, page.substring(0, begin) + table + page.substring(end));
        } else {
            assertThat(page.substring(begin, end)).isEqualTo(table);
        }
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
