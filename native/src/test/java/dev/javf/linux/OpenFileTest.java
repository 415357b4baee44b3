package dev.javf.linux;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.linux.libc.Libc;

import org.junit.jupiter.api.Test;

class OpenFileTest {
    @Test
    void shouldTellWhichDescriptorsAreOfTheSameFile() {
        try (SharedMemory first = SharedMemory.allocate("first", 8192, PageSize.PLAIN_4K);
                SharedMemory second = SharedMemory.allocate("second", 4096, PageSize.PLAIN_4K);
                Descriptor copy = first.descriptor().dup()) {
            final OpenFile file = OpenFile.of(first.descriptor());
            assertThat(file.isRegular()).isTrue();
            assertThat(file.lengthBytes()).isEqualTo(8192);
            assertThat(file.seals()).isZero();
            assertThat(OpenFile.of(copy)).isEqualTo(file);
            assertThat(OpenFile.of(second.descriptor()).inode()).isNotEqualTo(file.inode());
            first.seal();
            assertThat(OpenFile.of(copy).seals())
                    .isEqualTo(Libc.F_SEAL_SEAL() | Libc.F_SEAL_SHRINK() | Libc.F_SEAL_GROW());
        }
    }

    @Test
    void shouldTellWhatIsNoRegularFile() {
        try (Descriptor folder = Descriptor.open("/proc/self", Libc.O_RDONLY());
                EventFd eventFd = EventFd.create();
                SharedMemory memory = SharedMemory.allocate("file", 1, PageSize.PLAIN_4K)) {
            assertThat(OpenFile.of(folder).isRegular()).isFalse();
            assertThat(OpenFile.of(folder).seals()).isZero();
            assertThat(OpenFile.of(eventFd.descriptor()).isRegular()).isFalse();
            assertThat(OpenFile.isEventFd(eventFd.descriptor())).isTrue();
            assertThat(OpenFile.isEventFd(folder)).isFalse();
            assertThat(OpenFile.isEventFd(memory.descriptor())).isFalse();
        }
    }
}
