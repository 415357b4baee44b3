package dev.javf.daemon.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

class RolesTest {
    private static final int OWN = 990;

    @TempDir private Path etc;

    @BeforeEach
    void writeUsers() throws IOException {
        Files.writeString(
                etc.resolve("passwd"),
                "root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n");
        Files.writeString(etc.resolve("group"), "root:x:0:\nops:x:50:ann\n");
    }

    private Roles roles(final List<String> administrators, final List<String> readers) {
        return new Roles(administrators, readers, OWN, etc);
    }

    @Test
    void shouldKnowUsersAndGroupsByNameAndNumber() {
        final Roles roles = roles(List.of("root", "@ops"), List.of("1001", "@60"));
        assertThat(roles.of(0, 0, List.of())).isEqualTo(Role.ADMINISTER);
        assertThat(roles.of(1000, 1000, List.of())).isEqualTo(Role.NONE);
        assertThat(roles.of(1000, 50, List.of())).isEqualTo(Role.ADMINISTER);
        assertThat(roles.of(1000, 1000, List.of(4, 50))).isEqualTo(Role.ADMINISTER);
        assertThat(roles.of(1001, 1001, List.of())).isEqualTo(Role.READ);
        assertThat(roles.of(1002, 1002, List.of(60))).isEqualTo(Role.READ);
        assertThat(roles.of(OWN, 1, List.of())).isEqualTo(Role.ADMINISTER);
    }

    @Test
    void shouldLetEverybodyLookIfToldSo() {
        final Roles roles = roles(List.of(), List.of("*"));
        assertThat(roles.of(5, 5, List.of())).isEqualTo(Role.READ);
        assertThat(roles.of(0, 0, List.of())).isEqualTo(Role.READ);
    }

    @Test
    void shouldNameWhomThereIsNot() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> roles(List.of("bob"), List.of()))
                .withMessageContaining("there is no user 'bob' in " + etc.resolve("passwd"));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> roles(List.of("root"), List.of("@devs")))
                .withMessageContaining("there is no group 'devs'")
                .withMessageContaining("write its number");
    }

    @Test
    void shouldPermitWhatLesserRolesMay() {
        assertThat(Role.ADMINISTER.permits(Role.READ)).isTrue();
        assertThat(Role.READ.permits(Role.ADMINISTER)).isFalse();
        assertThat(Role.NONE.permits(Role.READ)).isFalse();
    }
}
