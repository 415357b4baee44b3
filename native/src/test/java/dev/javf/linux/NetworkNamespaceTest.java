package dev.javf.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.javf.linux.libc.Libc;
import dev.javf.testing.Machine;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.io.BufferedReader;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

class NetworkNamespaceTest {
    private static final int EBADFD = 77;

    @BeforeEach
    void needs() {
        Machine.needsTapAndNamespaces();
    }

    @Test
    void shouldMakeANamespaceOfItsOwnWithNothingButLoopback() {
        try (NetworkNamespace namespace = NetworkNamespace.create();
                NetworkNamespace ours = NetworkNamespace.current();
                Netlink netlink = Netlink.open(namespace)) {
            assertThat(namespace.toString()).matches("net:\\[\\d+]").isNotEqualTo(ours.toString());
            assertThat(netlink.links()).extracting(Link::name).contains("lo");
            assertThat(netlink.link("lo").isUp()).isFalse();
        }
    }

    @Test
    void shouldRunInTheNamespaceAndLeaveTheCallersAlone() {
        try (NetworkNamespace namespace = NetworkNamespace.create();
                NetworkNamespace before = NetworkNamespace.current()) {
            final String inside = namespace.call(NetworkNamespaceTest::currentName);
            assertThat(inside).isEqualTo(namespace.toString());
            final StringBuilder ran = new StringBuilder();
            namespace.run(() -> ran.append(currentName()));
            assertThat(ran).hasToString(namespace.toString());
            assertThat(currentName()).isEqualTo(before.toString());
        }
    }

    @Test
    void shouldThrowWhatTheBodyThrows() {
        try (NetworkNamespace namespace = NetworkNamespace.create()) {
            assertThatThrownBy(() ->
                            namespace.run(() -> {
                                throw new UnsupportedOperationException("no");
                            }))
                    .isInstanceOf(UnsupportedOperationException.class)
                    .hasMessage("no");
            assertThatThrownBy(() ->
                            namespace.call(() -> {
                                throw new IOException("checked");
                            }))
                    .isInstanceOf(IllegalStateException.class)
                    .hasCauseInstanceOf(IOException.class);
            assertThat(namespace.<Integer>call(() -> 5)).isEqualTo(5);
        }
    }

    @Test
    void shouldFinishTheCallAndKeepTheInterrupt() {
        try (NetworkNamespace namespace = NetworkNamespace.create()) {
            Thread.currentThread().interrupt();
            assertThat(namespace.call(NetworkNamespaceTest::currentName))
                    .isEqualTo(namespace.toString());
            assertThat(Thread.interrupted()).isTrue();
        }
    }

    @Test
    void shouldBeReachableForOtherPrograms() throws Exception {
        Machine.needsCommand("nsenter");
        try (NetworkNamespace namespace = NetworkNamespace.create()) {
            final Process process =
                    new ProcessBuilder(
                                    "nsenter",
                                    "--net=" + namespace.procPath(),
                                    "readlink",
                                    "/proc/self/ns/net")
                            .redirectErrorStream(true)
                            .start();
            try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
                assertThat(out.readLine()).isEqualTo(namespace.toString());
            }
            assertThat(process.waitFor()).isZero();
        }
    }

    @Test
    void shouldOpenTheNamespaceOfAProcess() {
        try (NetworkNamespace ofPid = NetworkNamespace.ofPid(ProcessHandle.current().pid());
                NetworkNamespace current = NetworkNamespace.current()) {
            assertThat(ofPid.toString()).isEqualTo(current.toString());
        }
    }

    @Test
    void shouldReportNamesAndProcessesThatAreNotThere() {
        assertThatThrownBy(() -> NetworkNamespace.ofName("javf-no-such-name"))
                .isInstanceOf(LinuxException.class)
                .hasMessageContaining("/run/netns/javf-no-such-name")
                .hasMessageContaining("ENOENT");
        assertThatThrownBy(() -> NetworkNamespace.ofName("../../etc/passwd"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'../../etc/passwd' must be a name");
        assertThatThrownBy(() -> NetworkNamespace.ofPid(0))
                .isInstanceOf(LinuxException.class)
                .hasMessageContaining("ENOENT");
    }

    @Test
    void shouldRefuseToEnterWhatIsNoNamespace() {
        try (NetworkNamespace file = NetworkNamespace.ofPath(Path.of("/dev/null"))) {
            assertThatThrownBy(() -> file.run(() -> {}))
                    .isInstanceOf(LinuxException.class)
                    .hasMessageContaining("CLONE_NEWNET) failed: EINVAL");
        }
        final NetworkNamespace namespace = NetworkNamespace.create();
        namespace.close();
        assertThat(namespace).hasToString("a closed network namespace");
        assertThatThrownBy(() -> namespace.run(() -> {}))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("is closed");
    }

    @Test
    void shouldVanishWithItsProcessEvenWhenThatIsKilled() throws Exception {
        final Process holder =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "--enable-native-access=ALL-UNNAMED",
                                "-cp",
                                System.getProperty("java.class.path"),
                                NamespaceHolder.class.getName())
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        try (NetworkNamespace nursery = NetworkNamespace.create();
                TapDevice tap = TapDevice.open("witness", nursery);
                Netlink netlink = Netlink.open(nursery);
                Epoll epoll = Epoll.create(1);
                Arena arena = Arena.ofConfined()) {
            final Path path = Path.of(holder.inputReader(StandardCharsets.UTF_8).readLine());
            try (NetworkNamespace theirs = NetworkNamespace.ofPath(path)) {
                netlink.moveTo(netlink.link("witness").index(), theirs);
            }
            assertThat(tap.name()).isEqualTo("witness");
            epoll.add(tap.descriptor(), Libc.EPOLLIN(), 1);
            assertThat(epoll.poll(0)).isZero();
            holder.destroyForcibly().waitFor();
            // The device dies with the namespace that it was moved to, and wakes us.
            assertThat(epoll.poll(30_000)).isEqualTo(1);
            assertThat(epoll.eventMask(0) & Libc.EPOLLERR()).isNotZero();
            assertThat(tap.read(arena.allocate(2048), 0, 2048)).isEqualTo(-EBADFD);
        } finally {
            holder.destroyForcibly();
        }
    }

    private static String currentName() {
        try (NetworkNamespace current = NetworkNamespace.current()) {
            return current.toString();
        }
    }
}
