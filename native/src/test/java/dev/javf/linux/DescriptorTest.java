package dev.javf.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.javf.linux.libc.Libc;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;

class DescriptorTest {
    @TempDir Path folder;

    @Test
    void shouldReadAndWriteAFile() throws Exception {
        final Path file = Files.writeString(folder.resolve("file"), "0123456789");
        try (Arena arena = Arena.ofConfined();
                Descriptor descriptor = Descriptor.open(file.toString(), Libc.O_RDWR())) {
            final MemorySegment memory = arena.allocate(4);
            assertThat(descriptor.pread(memory, 3)).isEqualTo(4);
            assertThat(memory.toArray(ValueLayout.JAVA_BYTE)).asString().isEqualTo("3456");
            assertThat(descriptor.pwrite(memory, 0)).isEqualTo(4);
            assertThat(descriptor.read(memory)).isEqualTo(4);
            assertThat(descriptor.write(memory)).isEqualTo(4);
            assertThat(file).content().isEqualTo("3456345689");
        }
    }

    @Test
    void shouldReturnTheNegatedErrnoOfAFailedRead() throws Exception {
        final Path file = Files.createFile(folder.resolve("file"));
        try (Arena arena = Arena.ofConfined();
                Descriptor descriptor = Descriptor.open(file.toString(), Libc.O_WRONLY())) {
            assertThat(descriptor.read(arena.allocate(1))).isEqualTo(-Libc.EBADF());
            assertThat(descriptor.pread(arena.allocate(1), -1)).isEqualTo(-Libc.EINVAL());
        }
    }

    @Test
    void shouldNotTakeAnOldErrnoForANewFailure() throws Exception {
        final Path file = Files.writeString(folder.resolve("file"), "x");
        try (Arena arena = Arena.ofConfined();
                Descriptor descriptor = Descriptor.open(file.toString(), Libc.O_RDONLY())) {
            assertThat(descriptor.write(arena.allocate(1))).isEqualTo(-Libc.EBADF());
            assertThat(descriptor.read(arena.allocate(1))).isEqualTo(1);
            assertThat(descriptor.read(arena.allocate(1))).isZero();
        }
    }

    @Test
    void shouldMapAFileForTheLifeOfTheArena() throws Exception {
        final Path file = Files.writeString(folder.resolve("file"), "content");
        final MemorySegment mapped;
        try (Arena arena = Arena.ofShared()) {
            try (Descriptor descriptor = Descriptor.open(file.toString(), Libc.O_RDWR())) {
                mapped = descriptor.map(0, 7, Libc.PROT_READ() | Libc.PROT_WRITE(), arena);
            }
            mapped.set(ValueLayout.JAVA_BYTE, 0, (byte) 'C');
            assertThat(file).content().isEqualTo("Content");
        }
        assertThatThrownBy(() -> mapped.get(ValueLayout.JAVA_BYTE, 0))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void shouldRefuseHeapSegments() {
        try (EventFd event = EventFd.create()) {
            final MemorySegment heap = MemorySegment.ofArray(new byte[8]);
            assertThatThrownBy(() -> event.descriptor().read(heap))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("native memory");
        }
    }

    @Test
    void shouldCloseOnceAndRefuseUseAfterwards() {
        final EventFd event = EventFd.create();
        final Descriptor descriptor = event.descriptor();
        final int fd = descriptor.fd();
        final Path link = Path.of("/proc/self/fd/" + fd);
        assertThat(Files.isSymbolicLink(link)).isTrue();
        descriptor.close();
        assertThat(descriptor.isOpen()).isFalse();
        assertThatThrownBy(descriptor::fd)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("descriptor " + fd + " is closed");
        // Whatever gets the number next must not be closed by a second close.
        final Descriptor next = Descriptor.open("/dev/null", Libc.O_RDONLY());
        descriptor.close();
        assertThat(next.isOpen()).isTrue();
        assertThat(Files.isSymbolicLink(Path.of("/proc/self/fd/" + next.fd()))).isTrue();
        next.close();
    }

    @Test
    void shouldDuplicateTheOpenFile() {
        try (EventFd event = EventFd.create()) {
            final Descriptor copy = event.descriptor().dup();
            assertThat(copy.fd()).isNotEqualTo(event.descriptor().fd());
            try (EventFd other = EventFd.create(copy)) {
                other.signal();
            }
            assertThat(copy.isOpen()).isFalse();
            assertThat(event.drain()).isEqualTo(1);
        }
    }

    @Test
    void shouldRefuseAPathThatCWouldCut() {
        assertThatThrownBy(() -> Descriptor.open("/dev/null\0/other", Libc.O_RDONLY()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("path '/dev/null\\0/other' must not contain NUL");
    }

    @Test
    void shouldRefuseANegativeNumber() {
        assertThatThrownBy(() -> Descriptor.owned(-1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("-1");
    }

    @Test
    void shouldReportAFailedIoctlByName() {
        try (EventFd event = EventFd.create()) {
            final Descriptor descriptor = event.descriptor();
            assertThatThrownBy(() -> descriptor.ioctl("SOME_REQUEST", 0x1234, 5))
                    .isInstanceOf(LinuxException.class)
                    .hasMessageContaining("SOME_REQUEST, 5) failed: ENOTTY");
            assertThat(descriptor.tryIoctl(0x1234, MemorySegment.NULL)).isEqualTo(-Libc.ENOTTY());
        }
    }
}
