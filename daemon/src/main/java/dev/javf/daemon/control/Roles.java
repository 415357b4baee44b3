package dev.javf.daemon.control;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Who may do what, by the numbers of users and groups. Immutable. */
public final class Roles {
    private static final String EVERYBODY = "*";
    private static final String GROUP = "@";

    private final Subjects administrators;
    private final Subjects readers;
    private final int ownUser;

    private record Subjects(boolean everybody, Set<Integer> users, Set<Integer> groups) {
        boolean contains(final int user, final int group, final List<Integer> others) {
            return everybody
                    || users.contains(user)
                    || groups.contains(group)
                    || others.stream().anyMatch(groups::contains);
        }
    }

    /**
     * Looks names up.
     *
     * @param administrators users, {@code @groups} or {@code *}, by name or number.
     * @param readers the same.
     * @param ownUser who always may do everything.
     * @param etc the folder of {@code passwd} and {@code group}.
     * @throws IllegalArgumentException naming the user or group that there isn't.
     */
    public Roles(
            final List<String> administrators,
            final List<String> readers,
            final int ownUser,
            final Path etc) {
        this.administrators = subjects(administrators, etc);
        this.readers = subjects(readers, etc);
        this.ownUser = ownUser;
    }

    private static Subjects subjects(final List<String> names, final Path etc) {
        final Set<Integer> users = new HashSet<>();
        final Set<Integer> groups = new HashSet<>();
        for (final String name : names) {
            if (name.startsWith(GROUP)) {
                groups.add(number(etc.resolve("group"), name.substring(1), "group"));
            } else if (!name.equals(EVERYBODY)) {
                users.add(number(etc.resolve("passwd"), name, "user"));
            }
        }
        return new Subjects(names.contains(EVERYBODY), users, groups);
    }

    private static int number(final Path file, final String name, final String kind) {
        if (name.chars().allMatch(Character::isDigit)) {
            return Integer.parseUnsignedInt(name);
        }
        try {
            for (final String line : Files.readAllLines(file, StandardCharsets.ISO_8859_1)) {
                final List<String> fields = List.of(line.split(":", -1));
                if (fields.size() > 2 && fields.getFirst().equals(name)) {
                    return Integer.parseUnsignedInt(fields.get(2));
                }
            }
        } catch (final IOException e) {
            throw new IllegalArgumentException(
                    "can't look up the " + kind + " '" + name + "': " + e.getMessage(), e);
        }
        throw new IllegalArgumentException(
                "there is no "
                        + kind
                        + " '"
                        + name
                        + "' in "
                        + file
                        + "; write its number if a directory service has it");
    }

    /**
     * The role of a client.
     *
     * @param user its effective user.
     * @param group its effective group.
     * @param others its supplementary groups.
     * @return what it may do.
     */
    public Role of(final int user, final int group, final List<Integer> others) {
        if (user == ownUser || administrators.contains(user, group, others)) {
            return Role.ADMINISTER;
        }
        return readers.contains(user, group, others) ? Role.READ : Role.NONE;
    }
}
