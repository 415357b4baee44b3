package dev.javf.vfio.user;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.linux.Descriptor;
import dev.javf.linux.EventFd;
import dev.javf.linux.PageSize;
import dev.javf.linux.SharedMemory;
import dev.javf.linux.libc.Libc;

import org.junit.jupiter.api.Test;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** What of its memory a client lets the server reach, and takes away again. */
class ServerMappingTest extends ServerRig {
    private static final int EINVAL = Libc.EINVAL();

    @Test
    void shouldMapAndUnmapAsTheFirmwareOfAMachineDoes() {
        // SeaBIOS maps all, then splits the low megabyte several times.
        final Descriptor file = memory.descriptor();
        assertThat(client.dmaMap(3, 0, 0, 0x10000, file).errno()).isZero();
        assertThat(client.dmaMap(1, 0, 0xFFFC0000L, 0x40000).errno()).as("ROM").isZero();
        assertThat(client.dmaMap(3, 0, 0x8000, 0x1000, file).errno())
                .as("overlap")
                .isEqualTo(Libc.EEXIST());
        assertThat(client.dmaUnmap(0, 0, 0x10000).errno()).isZero();
        assertThat(client.dmaMap(3, 0, 0, 0x8000, file).errno()).isZero();
        assertThat(client.dmaMap(1, 0x8000, 0x8000, 0x4000, file).errno()).isZero();
        assertThat(client.dmaMap(3, 0xC000, 0xC000, 0x4000, file).errno()).isZero();
        assertThat(OpenDescriptors.mappings("server-test")).as("theirs once").isEqualTo(2);

        memory.segment().set(ValueLayout.JAVA_INT, 0x8010, 77);
        assertThat(cursor.select(0x8010, 4)).as("read only").isFalse();
        assertThat(cursor.selectReadable(0x8010, 4)).isTrue();
        assertThat(cursor.memory().get(ValueLayout.JAVA_INT, cursor.offset())).isEqualTo(77);
        assertThat(cursor.select(0xC000, 0x4000)).isTrue();
        cursor.memory().set(ValueLayout.JAVA_INT, cursor.offset(), 78);
        assertThat(memory.segment().get(ValueLayout.JAVA_INT, 0xC000)).isEqualTo(78);
        assertThat(cursor.selectReadable(0xFFFC0000L, 4)).as("no file").isFalse();

        // A guest with an IOMMU: everything, in powers of two and up to 2^64.
        assertThat(client.dmaUnmap(0, 0, 0x1000).errno()).as("cuts one").isEqualTo(EINVAL);
        assertThat(client.dmaUnmap(0, 0, 0xFEE00000L).errno()).isZero();
        assertThat(model.dma().size()).isEqualTo(1);
        assertThat(client.dmaUnmap(0, 0xFEF00000L, 0xFFFFFFFF01100000L).errno()).isZero();
        assertThat(model.dma().size()).isZero();
        assertThat(client.dmaUnmap(0, 0x1000, 0x1000).errno()).as("nothing there").isZero();
        assertThat(OpenDescriptors.mappings("server-test")).isEqualTo(1);

        assertThat(client.dmaMap(3, 0, -0x10000L, 0x10000, file).errno()).as("at the end").isZero();
        assertThat(cursor.select(-1, 1)).isTrue();
        assertThat(client.dmaUnmap(DmaUnmapMessage.ALL, 0, 0).errno()).isZero();
        assertThat(model.dma().size()).isZero();
    }

    @Test
    void shouldRefuseMappingsThatMakeNoSense() {
        final Descriptor file = memory.descriptor();
        assertThat(client.dmaMap(0, 0, 0, 0x1000, file).errno()).isEqualTo(EINVAL);
        assertThat(client.dmaMap(4, 0, 0, 0x1000, file).errno()).isEqualTo(EINVAL);
        assertThat(client.dmaMap(3, 0, 0, 0, file).errno()).isEqualTo(EINVAL);
        assertThat(client.dmaMap(3, 0, 0x10, 0x1000, file).errno()).isEqualTo(EINVAL);
        assertThat(client.dmaMap(3, 0x10, 0, 0x1000, file).errno()).isEqualTo(EINVAL);
        assertThat(client.dmaMap(3, 0, 0, 0x1010, file).errno()).isEqualTo(EINVAL);
        assertThat(client.dmaMap(3, 0, 0, 0x11000, file).errno()).isEqualTo(EINVAL);
        assertThat(client.dmaMap(3, 0xF000, 0, 0x2000, file).errno()).isEqualTo(EINVAL);
        assertThat(client.dmaMap(3, -0x1000, 0, 0x1000, file).errno()).isEqualTo(EINVAL);
        assertThat(client.dmaMap(3, 0, -0x1000, 0x2000, file).errno()).isEqualTo(EINVAL);
        assertThat(client.dmaMap(3, 0, 0, Long.MIN_VALUE).errno()).isEqualTo(EINVAL);
        assertThat(client.dmaMap(3, 0, 0, 0x1000, file, file).errno()).isEqualTo(EINVAL);
        try (SharedMemory unsealed = SharedMemory.allocate("unsealed", 4096, PageSize.PLAIN_4K);
                EventFd eventFd = EventFd.create()) {
            assertThat(client.dmaMap(3, 0, 0, 0x1000, unsealed.descriptor()).errno())
                    .isEqualTo(Libc.EPERM());
            assertThat(client.dmaMap(3, 0, 0, 0x1000, eventFd.descriptor()).errno())
                    .isEqualTo(Libc.EPERM());
        }
        assertThat(client.dmaUnmap(1, 0, 0x1000).errno()).isEqualTo(EINVAL);
        assertThat(client.dmaUnmap(0, 0, 0).errno()).isEqualTo(EINVAL);
        assertThat(client.dmaUnmap(2, 0, 0x1000).errno()).isEqualTo(EINVAL);
        assertThat(client.dmaUnmap(0, 0x1000, -0xFFFL).errno()).isEqualTo(EINVAL);
        assertThat(client.dmaUnmap(0, 0x2000, -0x1000L).errno()).as("wraps").isEqualTo(EINVAL);
        assertThat(model.dma().size()).isZero();
    }

    @Test
    void shouldTakeAFileThatMayOnlyBeRead() {
        try (Descriptor readOnly =
                Descriptor.open("/proc/self/fd/" + memory.descriptor().fd(), Libc.O_RDONLY())) {
            assertThat(client.dmaMap(3, 0, 0, 0x1000, readOnly).errno()).isEqualTo(Libc.EACCES());
            assertThat(client.dmaMap(1, 0, 0, 0x1000, readOnly).errno()).isZero();
        }
        assertThat(client.dmaMap(3, 0, 0x10000, 0x1000, memory.descriptor()).errno())
                .as("the same file, to be written, too")
                .isZero();
        assertThat(cursor.select(0, 4)).isFalse();
        assertThat(cursor.select(0x10000, 4)).isTrue();
        assertThat(client.dmaUnmap(0, 0, 0x1000).errno()).isZero();
        assertThat(OpenDescriptors.mappings("server-test")).isEqualTo(2);
    }

    @Test
    void shouldMapNoMoreFilesThanAProcessCanAfford() {
        final List<SharedMemory> files = new ArrayList<>();
        for (int i = 0; i <= ClientMemory.MAX_FILES; i++) {
            final SharedMemory file = SharedMemory.allocate("one-of-many", 4096, PageSize.PLAIN_4K);
            file.seal();
            files.add(file);
            assertThat(client.dmaMap(3, 0, 4096L * i, 0x1000, file.descriptor()).errno())
                    .as("file " + i)
                    .isEqualTo(i == ClientMemory.MAX_FILES ? Libc.ENOSPC() : 0);
        }
        assertThat(OpenDescriptors.mappings("one-of-many"))
                .isEqualTo(files.size() + ClientMemory.MAX_FILES);
        assertThat(client.dmaUnmap(0, 0, 0x1000).errno()).isZero();
        assertThat(client.dmaMap(3, 0, 0, 0x1000, files.getLast().descriptor()).errno())
                .as("when there is room again")
                .isZero();
        assertThat(client.dmaUnmap(DmaUnmapMessage.ALL, 0, 0).errno()).isZero();
        assertThat(OpenDescriptors.mappings("one-of-many")).isEqualTo(files.size());
        files.forEach(SharedMemory::close);
    }
}
