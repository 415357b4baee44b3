package dev.javf.linux;

import java.io.IOException;
import java.lang.foreign.GroupLayout;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.PaddingLayout;
import java.lang.foreign.SequenceLayout;
import java.lang.foreign.UnionLayout;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Everything that the generated bindings of one topic (libc, net, ...) say of C. */
final class BoundTopic {
    private static final Path GENERATED = Path.of("bindings/generated/dev/javf/linux");
    private static final Path INCLUDES = Path.of("bindings/includes");

    private static final Pattern QUOTED_TYPE =
            Pattern.compile("(?<=\\{@snippet lang=c :\n \\* )(struct|union|typedef)( \\w+)?");

    private final String topic;
    private final List<ProbeItem> items = new ArrayList<>();
    private int structures;
    private int members;
    private int constants;

    private BoundTopic(final String topic) {
        this.topic = topic;
    }

    static BoundTopic of(final String topic) throws Exception {
        final BoundTopic bound = new BoundTopic(topic);
        try (Stream<Path> files = Files.list(GENERATED.resolve(topic))) {
            for (final Path file : files.sorted().toList()) {
                bound.read(file);
            }
        }
        return bound;
    }

    List<ProbeItem> items() {
        return items;
    }

    int structures() {
        return structures;
    }

    int members() {
        return members;
    }

    int constants() {
        return constants;
    }

    /** How many constants and structures jextract was asked for. */
    long asked(final String kinds) throws IOException {
        try (Stream<String> lines = Files.lines(INCLUDES.resolve(topic + ".txt"))) {
            return lines.filter(line -> line.matches("--include-(" + kinds + ") .*")).count();
        }
    }

    private void read(final Path file) throws Exception {
        final String name = file.getFileName().toString().replace(".java", "");
        final Class<?> bound = Class.forName("dev.javf.linux." + topic + "." + name);
        if (name.equalsIgnoreCase(topic)) {
            readConstants(bound);
            return;
        }
        final Method layout =
                Stream.of(bound.getMethods())
                        .filter(method -> method.getName().equals("layout"))
                        .findFirst()
                        .orElse(null);
        if (layout != null) {
            final String type = typeName(Files.readString(file), name);
            structures++;
            final MemoryLayout whole = (MemoryLayout) layout.invoke(null);
            items.add(new ProbeItem(type, "sizeof(" + type + ")", whole.byteSize()));
            if (whole instanceof final GroupLayout group) {
                readMembers(type, "", 0, group);
                checkOffsets(bound, group);
            }
        }
    }

    private void readConstants(final Class<?> header) throws Exception {
        final Set<String> names =
                Stream.of(header.getDeclaredMethods())
                        .map(Method::getName)
                        .collect(Collectors.toSet());
        for (final Method method : header.getDeclaredMethods()) {
            final String name = method.getName();
            final boolean isFunction = names.contains(name + "$descriptor");
            if (method.getParameterCount() == 0 && !isFunction && !name.contains("$")) {
                constants++;
                items.add(constant(name, method.invoke(null)));
            }
        }
    }

    private static ProbeItem constant(final String name, final Object value) {
        return switch (value) {
            case final Number number -> new ProbeItem(name, name, number.longValue());
            case final MemorySegment text ->
                    new ProbeItem(name, "strcmp(%s, \"%s\")".formatted(name, text.getString(0)), 0);
            default -> throw new AssertionError(name + " is a " + value.getClass());
        };
    }

    private void readMembers(
            final String type, final String prefix, final long base, final GroupLayout group) {
        long offset = base;
        for (final MemoryLayout member : group.memberLayouts()) {
            final long at = group instanceof UnionLayout ? base : offset;
            offset = at + member.byteSize();
            if (member instanceof PaddingLayout) {
                continue;
            }
            final String name = member.name().orElse("$anon");
            if (name.startsWith("$anon")) {
                readMembers(type, prefix, at, (GroupLayout) member);
            } else {
                readMember(type, prefix + name, at, member);
            }
        }
    }

    private void readMember(
            final String type, final String path, final long at, final MemoryLayout member) {
        members++;
        items.add(new ProbeItem(type, "offsetof(%s, %s)".formatted(type, path), at));
        String element = path;
        MemoryLayout layout = member;
        while (layout instanceof final SequenceLayout sequence) {
            if (sequence.elementCount() != 0) {
                items.add(size(type, element, sequence));
            }
            element += "[0]";
            layout = sequence.elementLayout();
        }
        items.add(size(type, element, layout));
        if (layout instanceof final GroupLayout group) {
            readMembers(type, element + ".", at, group);
        }
    }

    private static ProbeItem size(final String type, final String path, final MemoryLayout layout) {
        return new ProbeItem(
                type, "sizeof(((%s *) 0)->%s)".formatted(type, path), layout.byteSize());
    }

    /** The offsets that the accessors use are those of the layout. */
    private static void checkOffsets(final Class<?> bound, final GroupLayout group)
            throws Exception {
        for (final MemoryLayout member : group.memberLayouts()) {
            final String name = member.name().orElse("$anon");
            if (member instanceof PaddingLayout || name.startsWith("$anon")) {
                continue;
            }
            final String accessor = name.equals("class") ? "class_" : name;
            final long stated = (long) bound.getMethod(accessor + "$offset").invoke(null);
            if (stated != group.byteOffset(PathElement.groupElement(name))) {
                throw new AssertionError(bound + " accesses " + name + " at " + stated);
            }
        }
    }

    /** How C calls the type: the generated comment quotes its declaration. */
    private static String typeName(final String source, final String name) {
        final Matcher matcher = QUOTED_TYPE.matcher(source);
        if (!matcher.find()) {
            throw new AssertionError("no declaration is quoted for " + name);
        }
        return matcher.group().endsWith(" " + name) ? matcher.group(1) + " " + name : name;
    }
}
