package dev.javf.vfio.user;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.javf.testing.Seed;

import org.junit.jupiter.api.Test;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

class JsonTextTest {
    @Test
    void shouldReadEveryKindOfValue() {
        assertThat(
                        JsonText.parse(
                                " { \"a\" : [ 1 , -2.5e1, true, false, null, \"x\" ] , \"b\":{}} "))
                .isEqualTo(
                        Map.of(
                                "a",
                                Arrays.asList(1L, -25.0, true, false, null, "x"),
                                "b",
                                Map.of()));
        assertThat(JsonText.parse("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\""))
                .isEqualTo("\"\\/\b\f\n\r\tA");
        assertThat(JsonText.parse("[]")).isEqualTo(List.of());
        assertThat(JsonText.parse("0")).isEqualTo(0L);
    }

    @Test
    void shouldRefuseWhatIsNotJson() {
        for (final String text :
                List.of(
                        "",
                        " ",
                        "{",
                        "}",
                        "[1",
                        "[1,]",
                        "[1 2]",
                        "{\"a\"}",
                        "{\"a\":}",
                        "{a:1}",
                        "{\"a\":1,}",
                        "\"",
                        "\"\\",
                        "\"\\x\"",
                        "\"\\u12\"",
                        "\"\u0001\"",
                        "01",
                        "+1",
                        "1.",
                        ".5",
                        "-",
                        "1e",
                        "tru",
                        "truex",
                        "nan",
                        "1 1",
                        "99999999999999999999")) {
            assertThatThrownBy(() -> JsonText.parse(text))
                    .as(text)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("JSON: ");
        }
    }

    @Test
    void shouldRefuseToGoDeep() {
        assertThat(JsonText.parse("[".repeat(16) + "]".repeat(16))).isInstanceOf(List.class);
        assertThatThrownBy(() -> JsonText.parse("[".repeat(100_000)))
                .hasMessage("JSON: less depth expected at character 16");
    }

    @Test
    void shouldReadCapabilities() {
        assertThat(Capabilities.parse("")).isEqualTo(Capabilities.UNSPECIFIED);
        assertThat(Capabilities.parse("{}")).isEqualTo(Capabilities.UNSPECIFIED);
        assertThat(Capabilities.parse(RawClient.QEMU_VERSION))
                .isEqualTo(new Capabilities(16, 1 << 20, 65535));
        assertThat(Capabilities.parse("{\"capabilities\":{\"max_data_xfer_size\":99999999999}}"))
                .isEqualTo(new Capabilities(1, Integer.MAX_VALUE, 65535));
        final Capabilities own = new Capabilities(3, 4, 5);
        assertThat(Capabilities.parse(own.toJson())).isEqualTo(own);
        for (final String text :
                List.of(
                        "3",
                        "{\"capabilities\":[]}",
                        "{\"capabilities\":{\"max_msg_fds\":\"3\"}}",
                        "{\"capabilities\":{\"max_msg_fds\":2.5}}",
                        "{\"capabilities\":{\"max_dma_maps\":-1}}")) {
            assertThatThrownBy(() -> Capabilities.parse(text))
                    .as(text)
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    /** Texts that are nearly right: an error or a value, nothing else. */
    @Test
    void shouldSurviveMutations() {
        Seed.forEach(
                1,
                2000,
                random -> {
                    final String text = mutate(random, RawClient.QEMU_VERSION);
                    try {
                        Capabilities.parse(text);
                    } catch (final IllegalArgumentException e) {
                        assertThat(e).hasMessageStartingWith("JSON: ");
                    }
                });
    }

    private static String mutate(final SplittableRandom random, final String text) {
        final StringBuilder mutated = new StringBuilder(text);
        for (int i = random.nextInt(1, 6); i > 0; i--) {
            final int at = random.nextInt(mutated.length());
            switch (random.nextInt(3)) {
                case 0 -> mutated.deleteCharAt(at);
                case 1 -> mutated.insert(at, "{}[]\",:\\u-+.e0".charAt(random.nextInt(14)));
                default -> mutated.setCharAt(at, (char) random.nextInt(128));
            }
        }
        return mutated.toString();
    }
}
