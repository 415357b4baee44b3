package dev.javf.linux;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.testing.Machine;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The sizes, offsets and values in the bindings are those of the system's C headers. Headers older
 * than the bindings' lack some: what couldn't be compared is printed, and how much was compared at
 * least is fixed, so that this can't silently compare nothing. Folders of newer headers can be
 * named with {@code -Djavf.test.headers=FOLDER}.
 */
class BindingsProbeTest {
    private static final Path BY_HAND = Path.of("src/main/java/dev/javf/linux/LinuxConstants.java");
    private static final Pattern CONSTANT =
            Pattern.compile("/\\*\\* (\\S+\\.h)\\. \\*/\\s+static final (?:int|long) (\\w+) =");

    /** What has grown between the oldest headers of interest (Linux 6.1) and the bindings'. */
    private static final Map<String, Long> IN_OLDER_HEADERS =
            Map.of("sizeof(struct vfio_device_info)", 20L, "VIRTIO_TRANSPORT_F_END", 41L);

    @TempDir Path folder;

    @BeforeEach
    void needs() {
        Machine.needsCommand("cc");
    }

    @ParameterizedTest
    @CsvSource({"libc, 402", "net, 506", "pci, 112", "vfio, 450", "virtio, 626"})
    void shouldAgreeWithTheHeaders(final String topic, final int least) throws Exception {
        final BoundTopic bound = BoundTopic.of(topic);
        assertThat(bound.constants()).isEqualTo((int) bound.asked("constant"));
        assertThat(bound.structures()).isGreaterThanOrEqualTo((int) bound.asked("struct|union"));
        final Path header = Path.of("bindings/headers", topic + ".h").toAbsolutePath();
        final String what =
                "%s: %d structures with %d members, %d constants"
                        .formatted(topic, bound.structures(), bound.members(), bound.constants());
        compare(what, "#include \"" + header + "\"\n", bound.items(), least);
    }

    @Test
    void shouldAgreeWithTheHeadersOfTheConstantsMadeByHand() throws Exception {
        final Map<String, String> headers = new TreeMap<>();
        final Matcher matcher = CONSTANT.matcher(Files.readString(BY_HAND));
        while (matcher.find()) {
            headers.put(matcher.group(2), matcher.group(1));
        }
        final List<ProbeItem> items = new ArrayList<>();
        for (final Field field : LinuxConstants.class.getDeclaredFields()) {
            if (Modifier.isStatic(field.getModifiers()) && !field.isSynthetic()) {
                assertThat(headers).containsKey(field.getName());
                items.add(
                        new ProbeItem(
                                field.getName(),
                                field.getName(),
                                ((Number) field.get(null)).longValue()));
            }
        }
        final String preamble =
                headers.values().stream()
                        .distinct()
                        .map(header -> "#include <" + header + ">\n")
                        .collect(Collectors.joining("", "#include <sys/ioctl.h>\n", ""));
        compare("by hand: " + items.size() + " constants", preamble, items, items.size());
    }

    @Test
    void shouldNoticeWhatIsWrongAndLeaveOutWhatIsUnknown() throws Exception {
        final ProbeItem right = new ProbeItem("int", "sizeof(int)", 4);
        final ProbeItem wrong = new ProbeItem("long", "sizeof(long)", 4);
        final ProbeItem signed = new ProbeItem("MAX", "4294967295U", -1);
        final List<ProbeItem> unknown =
                List.of(
                        new ProbeItem("NAME", "NO_SUCH_NAME", 1),
                        new ProbeItem("struct", "sizeof(struct no_such_struct)", 1),
                        new ProbeItem("member", "offsetof(struct some, no_such_member)", 1));
        final List<ProbeItem> items = new ArrayList<>(List.of(right));
        items.addAll(unknown);
        items.addAll(List.of(wrong, signed));
        final CProbe probe =
                new CProbe(folder, "#include <no/such/header.h>\nstruct some { int member; };\n");
        final Map<ProbeItem, Long> values = probe.values(items);
        assertThat(values)
                .containsExactlyInAnyOrderEntriesOf(
                        Map.of(right, 4L, wrong, 8L, signed, 0xffff_ffffL));
        assertThat(right.agreesWith(4)).isTrue();
        assertThat(wrong.agreesWith(8)).isFalse();
        assertThat(signed.agreesWith(0xffff_ffffL)).isTrue();
        assertThat(probe.missingHeaders()).containsExactly("no/such/header.h");
    }

    private void compare(
            final String what, final String preamble, final List<ProbeItem> items, final int least)
            throws Exception {
        final CProbe probe = new CProbe(folder, preamble);
        final Map<ProbeItem, Long> values = probe.values(items);
        System.out.printf(
                "bindings probe, %s: compared %d of %d numbers%s%n",
                what, values.size(), items.size(), differences(items, values, probe));
        assertThat(values.entrySet())
                .filteredOn(value -> !value.getKey().agreesWith(value.getValue()))
                .filteredOn(value -> !isOlder(value.getKey(), value.getValue()))
                .isEmpty();
        assertThat(values).hasSizeGreaterThanOrEqualTo(least);
    }

    private static boolean isOlder(final ProbeItem item, final long actual) {
        return IN_OLDER_HEADERS.getOrDefault(item.expression(), item.expected()) == actual;
    }

    /** What the installed headers lack, and what they have in an older form. */
    private static String differences(
            final List<ProbeItem> items, final Map<ProbeItem, Long> values, final CProbe probe) {
        final Set<String> known =
                values.keySet().stream().map(ProbeItem::owner).collect(Collectors.toSet());
        final Set<String> missing = new TreeSet<>(probe.missingHeaders());
        final Set<String> older = new TreeSet<>();
        for (final ProbeItem item : items) {
            final Long value = values.get(item);
            if (value == null) {
                missing.add(known.contains(item.owner()) ? item.expression() : item.owner());
            } else if (!item.agreesWith(value)) {
                older.add(item.expression() + " = " + value);
            }
        }
        return (missing.isEmpty() ? "" : "; not in these headers: " + String.join(", ", missing))
                + (older.isEmpty() ? "" : "; different in these headers: " + older);
    }
}
