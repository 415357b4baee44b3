package dev.javf.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import static java.util.Objects.requireNonNull;

import dev.javf.linux.UnixSocket.Kind;
import dev.javf.linux.libc.Libc;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

class UnixSocketTest {
    @TempDir Path folder;

    private final MemorySegment memory = Arena.ofAuto().allocate(4096);

    @ParameterizedTest
    @EnumSource(
            value = Kind.class,
            names = {"STREAM", "SEQPACKET"})
    void shouldAcceptAndExchange(final Kind kind) {
        final UnixAddress address = path("socket");
        try (UnixSocket server = UnixSocket.listen(kind, address, 0600)) {
            assertThat(server.accept()).isNull();
            try (UnixSocket client = UnixSocket.connect(kind, address);
                    UnixSocket accepted = requireNonNull(server.accept())) {
                assertThat(accepted.receive(memory, 0, 100)).isEqualTo(UnixSocket.WOULD_BLOCK);
                assertThat(send(client, "hello")).isEqualTo(5);
                assertThat(receive(accepted)).isEqualTo("hello");
                assertThat(send(accepted, "back")).isEqualTo(4);
                assertThat(receive(client)).isEqualTo("back");
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Kind.class,
            names = {"STREAM", "SEQPACKET"})
    void shouldTellThatThePeerHasClosed(final Kind kind) {
        final List<UnixSocket> pair = UnixSocket.pair(kind);
        try (UnixSocket there = pair.get(1)) {
            try (UnixSocket here = pair.get(0)) {
                assertThat(send(here, "last")).isEqualTo(4);
            }
            assertThat(receive(there)).isEqualTo("last");
            assertThat(there.receive(memory, 0, 100)).isZero();
            assertThat(send(there, "late")).isEqualTo(-Libc.EPIPE());
        }
    }

    @Test
    void shouldTellThePeersGroups() throws IOException {
        final List<UnixSocket> pair = UnixSocket.pair(UnixSocket.Kind.STREAM);
        try (UnixSocket one = pair.getFirst();
                UnixSocket other = pair.getLast()) {
            final String own =
                    Files.readAllLines(Path.of("/proc/self/status")).stream()
                            .filter(line -> line.startsWith("Groups:"))
                            .findFirst()
                            .orElseThrow()
                            .substring("Groups:".length())
                            .strip();
            assertThat(one.peerGroups()).isEqualTo(other.peerGroups());
            assertThat(one.peerGroups().stream().map(String::valueOf).toList())
                    .isEqualTo(own.isEmpty() ? List.of() : List.of(own.split(" ", -1)));
        }
    }

    @Test
    void shouldReceiveDatagramsAtAnAbstractName() {
        final UnixAddress address = new UnixAddress("@javf-test-" + ProcessHandle.current().pid());
        try (UnixSocket server = UnixSocket.listen(Kind.DATAGRAM, address, 0);
                UnixSocket client = UnixSocket.connect(Kind.DATAGRAM, address)) {
            assertThat(send(client, "READY=1")).isEqualTo(7);
            assertThat(send(client, "STATUS=fine")).isEqualTo(11);
            assertThat(receive(server)).isEqualTo("READY=1");
            assertThat(receive(server)).isEqualTo("STATUS=fine");
            assertThat(server.receive(memory, 0, 100)).isEqualTo(UnixSocket.WOULD_BLOCK);
            assertThatThrownBy(() -> UnixSocket.listen(Kind.DATAGRAM, address, 0))
                    .isInstanceOf(LinuxException.class)
                    .hasMessageContaining("bind(" + address + ") failed: EADDRINUSE");
        }
        assertThatThrownBy(() -> UnixSocket.connect(Kind.DATAGRAM, address))
                .isInstanceOf(LinuxException.class)
                .hasMessageContaining("ECONNREFUSED");
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void shouldPassDescriptorsThatReferToTheSameFile(final Kind kind) throws Exception {
        final List<UnixSocket> pair = UnixSocket.pair(kind);
        try (UnixSocket here = pair.get(0);
                UnixSocket there = pair.get(1);
                EventFd event = EventFd.create();
                SharedMemory shared = SharedMemory.allocate("test", 4096, PageSize.PLAIN_4K)) {
            memory.setString(0, "two");
            final List<Descriptor> passed = List.of(event.descriptor(), shared.descriptor());
            assertThat(here.send(memory, 0, 3, passed)).isEqualTo(3);
            assertThat(event.descriptor().isOpen()).isTrue();

            final List<Descriptor> received = new ArrayList<>();
            assertThat(there.receive(memory, 0, 100, 8, received)).isEqualTo(3);
            assertThat(received).hasSize(2);
            assertThat(isCloseOnExec(received.get(0))).isTrue();
            try (EventFd theirEvent = EventFd.create(received.get(0));
                    Descriptor memfd = received.get(1);
                    SharedMemory theirs = SharedMemory.map(memfd, 0, 4096)) {
                theirEvent.signal();
                theirs.segment().set(ValueLayout.JAVA_INT, 8, 0xbeef);
                assertThat(event.drain()).isEqualTo(1);
                assertThat(shared.segment().get(ValueLayout.JAVA_INT, 8)).isEqualTo(0xbeef);
            }
            received.clear();
            assertThat(send(here, "none")).isEqualTo(4);
            assertThat(there.receive(memory, 0, 100, 8, received)).isEqualTo(4);
            assertThat(received).isEmpty();
        }
    }

    @Test
    void shouldPassAsManyDescriptorsAsTheKernelAllows() {
        final List<UnixSocket> pair = UnixSocket.pair(Kind.SEQPACKET);
        try (UnixSocket here = pair.get(0);
                UnixSocket there = pair.get(1);
                EventFd event = EventFd.create()) {
            final List<Descriptor> most = new ArrayList<>();
            for (int i = 0; i < UnixSocket.MAX_DESCRIPTORS; i++) {
                most.add(event.descriptor());
            }
            assertThat(here.send(memory, 0, 1, most)).isEqualTo(1);
            final List<Descriptor> received = new ArrayList<>();
            assertThat(there.receive(memory, 0, 1, UnixSocket.MAX_DESCRIPTORS, received))
                    .isEqualTo(1);
            assertThat(received).hasSize(UnixSocket.MAX_DESCRIPTORS);
            received.forEach(Descriptor::close);
            most.add(event.descriptor());
            assertThatThrownBy(() -> here.send(memory, 0, 1, most))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("1..253 descriptors");
        }
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void shouldCloseDescriptorsThatNobodyAskedFor(final Kind kind) throws Exception {
        final List<UnixSocket> pair = UnixSocket.pair(kind);
        try (UnixSocket here = pair.get(0);
                UnixSocket there = pair.get(1);
                EventFd event = EventFd.create()) {
            final Descriptor fd = event.descriptor();
            final long before = openFiles();
            assertThat(here.send(memory, 0, 3, List.of(fd, fd, fd))).isEqualTo(3);
            final List<Descriptor> received = new ArrayList<>();
            assertThat(there.receive(memory, 0, 100, 1, received)).isEqualTo(-Libc.EMSGSIZE());
            assertThat(received).isEmpty();
            assertThat(here.send(memory, 0, 3, List.of(fd, fd))).isEqualTo(3);
            assertThat(there.receive(memory, 0, 100)).isEqualTo(3);
            assertThat(openFiles()).isEqualTo(before);
        }
    }

    @Test
    void shouldRefuseMessagesThatDoNotFitAndCloseTheirDescriptors() throws Exception {
        final List<UnixSocket> pair = UnixSocket.pair(Kind.SEQPACKET);
        try (UnixSocket here = pair.get(0);
                UnixSocket there = pair.get(1);
                EventFd event = EventFd.create()) {
            final long before = openFiles();
            assertThat(here.send(memory, 0, 20, List.of(event.descriptor()))).isEqualTo(20);
            assertThat(send(here, "next")).isEqualTo(4);
            final List<Descriptor> received = new ArrayList<>();
            assertThat(there.receive(memory, 0, 19, 8, received)).isEqualTo(-Libc.EMSGSIZE());
            assertThat(received).isEmpty();
            assertThat(openFiles()).isEqualTo(before);
            assertThat(receive(there)).isEqualTo("next");
        }
    }

    @Test
    void shouldTellWhoThePeerIs() {
        final UnixAddress address = path("socket");
        try (UnixSocket server = UnixSocket.listen(Kind.STREAM, address, 0600);
                UnixSocket client = UnixSocket.connect(Kind.STREAM, address);
                UnixSocket accepted = requireNonNull(server.accept())) {
            final PeerCredentials self =
                    new PeerCredentials((int) ProcessHandle.current().pid(), uid(), gid());
            assertThat(accepted.peerCredentials()).isEqualTo(self);
            assertThat(client.peerCredentials()).isEqualTo(self);
        }
    }

    @Test
    void shouldCreateTheFileWithTheWantedPermissionsAndRemoveIt() throws Exception {
        final UnixAddress address = path("socket");
        try (UnixSocket server = UnixSocket.listen(Kind.STREAM, address, 0600)) {
            assertThat(server.descriptor().isOpen()).isTrue();
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(address.path())))
                    .isEqualTo("rw-------");
        }
        assertThat(address.path()).doesNotExist();
    }

    @Test
    void shouldReplaceAFileThatNobodyListensTo() throws Exception {
        final UnixAddress address = path("socket");
        final Path kept = folder.resolve("kept");
        try (UnixSocket killed = UnixSocket.listen(Kind.STREAM, address, 0600)) {
            assertThat(killed.accept()).isNull();
            Files.move(address.path(), kept);
        }
        // What a killed process leaves: a socket file without a socket.
        Files.move(kept, address.path());
        try (UnixSocket server = UnixSocket.listen(Kind.STREAM, address, 0600);
                UnixSocket client = UnixSocket.connect(Kind.STREAM, address)) {
            assertThat(server.accept()).isNotNull();
            assertThat(client.descriptor().isOpen()).isTrue();
        }
    }

    @Test
    void shouldNotReplaceWhatIsInUse() throws Exception {
        final UnixAddress address = path("socket");
        try (UnixSocket server = UnixSocket.listen(Kind.STREAM, address, 0600)) {
            assertThatThrownBy(() -> UnixSocket.listen(Kind.STREAM, address, 0600))
                    .isInstanceOf(LinuxException.class)
                    .hasMessageContaining("EADDRINUSE");
            assertThat(server.accept()).isNotNull();
        }
        Files.writeString(address.path(), "a file");
        assertThatThrownBy(() -> UnixSocket.listen(Kind.STREAM, address, 0600))
                .isInstanceOf(LinuxException.class)
                .hasMessageContaining("EADDRINUSE");
        assertThat(address.path()).content().isEqualTo("a file");
    }

    @Test
    void shouldNotRemoveAFileThatTookItsPlace() throws Exception {
        final UnixAddress address = path("socket");
        final UnixSocket first = UnixSocket.listen(Kind.STREAM, address, 0600);
        Files.delete(address.path());
        try (UnixSocket second = UnixSocket.listen(Kind.STREAM, address, 0600)) {
            first.close();
            assertThat(address.path()).exists();
            assertThat(second.accept()).isNull();
        }
        assertThat(address.path()).doesNotExist();
    }

    @Test
    void shouldReportANameThatCannotBe() {
        final String longest = "/" + "x".repeat(106);
        assertThat(new UnixAddress(longest).name()).isEqualTo(longest);
        assertThatThrownBy(() -> new UnixAddress(longest + "x"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("must have 1 to 107 bytes, has 108");
        assertThatThrownBy(() -> new UnixAddress("")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new UnixAddress("@")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new UnixAddress("a\0b"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'a\\0b' must not contain NUL");
    }

    @Test
    void shouldReportAPathThatIsNotThere() {
        final UnixAddress address = path("nowhere/socket");
        assertThatThrownBy(() -> UnixSocket.connect(Kind.STREAM, address))
                .isInstanceOf(LinuxException.class)
                .hasMessageContaining("connect(" + address + ") failed: ENOENT");
        assertThatThrownBy(() -> UnixSocket.listen(Kind.STREAM, address, 0600))
                .isInstanceOf(LinuxException.class)
                .hasMessageContaining("bind(" + address + ") failed: ENOENT");
    }

    @Test
    void shouldAllocateNothingWithoutDescriptors() {
        final List<UnixSocket> pair = UnixSocket.pair(Kind.SEQPACKET);
        try (UnixSocket here = pair.get(0);
                UnixSocket there = pair.get(1)) {
            final Runnable exchange =
                    () -> {
                        for (int i = 0; i < 50_000; i++) {
                            if (here.send(memory, 0, 64) != 64
                                    || there.receive(memory, 64, 128) != 64) {
                                throw new AssertionError("message lost");
                            }
                        }
                    };
            assertThat(SteadyState.allocatedBytes(exchange)).isZero();
        }
    }

    private UnixAddress path(final String name) {
        return new UnixAddress(folder.resolve(name).toString());
    }

    private int send(final UnixSocket socket, final String text) {
        memory.setString(0, text);
        return socket.send(memory, 0, text.length());
    }

    private String receive(final UnixSocket socket) {
        memory.fill((byte) 0);
        assertThat(socket.receive(memory, 0, 100)).isPositive();
        return memory.getString(0);
    }

    private int uid() {
        return attribute("unix:uid");
    }

    private int gid() {
        return attribute("unix:gid");
    }

    private static int attribute(final String name) {
        try {
            return (int) Files.getAttribute(Path.of("/proc/self"), name);
        } catch (final java.io.IOException e) {
            throw new AssertionError(e);
        }
    }

    private static boolean isCloseOnExec(final Descriptor descriptor) {
        final int flags =
                SystemCalls.fcntl(CallState.ofThread(), descriptor.fd(), Libc.F_GETFD(), 0);
        return (flags & Libc.FD_CLOEXEC()) != 0;
    }

    private static long openFiles() throws Exception {
        try (var files = Files.list(Path.of("/proc/self/fd"))) {
            return files.count();
        }
    }
}
