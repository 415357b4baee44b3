package dev.javf.daemon.guest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.daemon.guest.LinuxSuite.Body;
import dev.javf.daemon.suite.SuiteNames;
import dev.javf.daemon.suite.SuiteTable;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * The VLAN suite with Linux's own iavf driver (6.12), in two guests: names and order are the
 * suite's, and what passes and what doesn't is exactly what docs/fidelity.md says.
 */
@Tag("proof")
@Timeout(500)
class LinuxVlanSuiteTest {
    private static Map<String, Body> resetsAndPings(final LinuxSuite suite) {
        final Map<String, Body> cases = new LinkedHashMap<>(LinuxResetCases.all(suite));
        cases.putAll(LinuxPingCases.all(suite));
        return cases;
    }

    /** A busy host can make an emulated machine too slow, so a second guest may try. */
    private static void run(
            final List<String> prefixes, final Function<LinuxSuite, Map<String, Body>> cases)
            throws Exception {
        Lab.need();
        try {
            runOnce(prefixes, cases);
        } catch (final AssertionError | UncheckedIOException e) {
            System.out.println("once more, after: " + e);
            runOnce(prefixes, cases);
        }
    }

    private static void runOnce(
            final List<String> prefixes, final Function<LinuxSuite, Map<String, Body>> cases)
            throws Exception {
        try (LinuxSuite suite = new LinuxSuite()) {
            final Map<String, Body> wanted = cases.apply(suite);
            assertThat(wanted.keySet())
                    .containsExactlyElementsOf(
                            SuiteNames.all().stream()
                                    .filter(name -> prefixes.stream().anyMatch(name::startsWith))
                                    .toList());
            final Map<String, String> failed = suite.run(wanted);
            final List<String> recorded = new ArrayList<>(SuiteTable.read().failingWithIavf());
            recorded.retainAll(wanted.keySet());
            assertThat(failed.keySet())
                    .as(failed.toString())
                    .containsExactlyInAnyOrderElementsOf(recorded);
            suite.expectNoTrouble();
        }
    }

    @Test
    void shouldPassAndFailTheStateCasesAsRecorded() throws Exception {
        run(List.of("state: "), LinuxStateCases::all);
    }

    @Test
    void shouldPassAndFailTheResetAndPingCasesAsRecorded() throws Exception {
        run(List.of("reset: ", "ping: "), LinuxVlanSuiteTest::resetsAndPings);
    }
}
