package dev.javf.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.javf.linux.libc.Libc;
import dev.javf.testing.Machine;

import org.junit.jupiter.api.Test;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;

class SharedMemoryTest {
    @Test
    void shouldProvidePlainPages() {
        try (SharedMemory memory = SharedMemory.allocate("test", 5000, PageSize.PLAIN_4K)) {
            assertThat(memory.lengthBytes()).isEqualTo(8192);
            assertThat(memory.pageSize()).isEqualTo(PageSize.PLAIN_4K);
            assertThat(memory.fallbackReason()).isNull();
            assertThat(memory.segment().mismatch(MemorySegment.ofArray(new byte[8192])))
                    .isEqualTo(-1);
            memory.segment().set(ValueLayout.JAVA_LONG, 8184, 42L);
            assertThat(memory.segment().get(ValueLayout.JAVA_LONG, 8184)).isEqualTo(42L);
        }
    }

    @Test
    void shouldProvideHugePagesOf2MiB() throws Exception {
        Machine.needsHugePages(2);
        try (SharedMemory memory = SharedMemory.allocate("test", 3L << 20, PageSize.HUGE_2M)) {
            assertThat(memory.fallbackReason()).isNull();
            assertThat(memory.pageSize()).isEqualTo(PageSize.HUGE_2M);
            assertThat(memory.lengthBytes()).isEqualTo(4L << 20);
            assertThat(memory.segment().address() % PageSize.HUGE_2M.bytes()).isZero();
            assertThat(smaps(memory)).contains("KernelPageSize:     2048 kB");
            memory.segment().fill((byte) 0x5a);
        }
    }

    @Test
    void shouldFallBackToSmallerPagesAndSayWhy() throws Exception {
        final long pages = hugePages("2048") + 1;
        Machine.need(pages < 1024, "less than 1024 huge pages of 2 MiB");
        final long lengthBytes = pages * PageSize.HUGE_2M.bytes();
        try (SharedMemory memory = SharedMemory.allocate("test", lengthBytes, PageSize.HUGE_2M)) {
            assertThat(memory.pageSize()).isEqualTo(PageSize.PLAIN_4K);
            assertThat(memory.fallbackReason())
                    .matches(
                            "2 MiB pages: "
                                    + pages
                                    + " needed, not available \\(E[A-Z]+;"
                                    + " /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages"
                                    + " reserves them\\); uses 4 KiB pages");
            assertThat(memory.lengthBytes()).isEqualTo(lengthBytes);
            memory.segment().set(ValueLayout.JAVA_BYTE, lengthBytes - 1, (byte) 1);
        }
    }

    @Test
    void shouldFallBackFrom1GiBTo2MiB() throws Exception {
        Machine.needsHugePages(2);
        Machine.need(hugePages("1048576") == 0, "no huge pages of 1 GiB");
        try (SharedMemory memory = SharedMemory.allocate("test", 3L << 20, PageSize.HUGE_1G)) {
            assertThat(memory.pageSize()).isEqualTo(PageSize.HUGE_2M);
            assertThat(memory.lengthBytes()).isEqualTo(4L << 20);
            assertThat(memory.fallbackReason())
                    .startsWith("1 GiB pages: 1 needed, not available")
                    .endsWith("; uses 2 MiB pages")
                    .doesNotContain("2 MiB pages:");
        }
    }

    @Test
    void shouldGiveHugePagesBack() throws Exception {
        Machine.needsHugePages(2);
        for (long i = 0; i <= hugePages("2048"); i++) {
            try (SharedMemory memory = SharedMemory.allocate("test", 4L << 20, PageSize.HUGE_2M)) {
                assertThat(memory.pageSize()).isEqualTo(PageSize.HUGE_2M);
            }
        }
    }

    @Test
    void shouldMapTheSameMemoryThroughAPassedDescriptor() {
        try (SharedMemory memory = SharedMemory.allocate("test", 8192, PageSize.PLAIN_4K);
                Descriptor passed = memory.descriptor().dup();
                SharedMemory whole = SharedMemory.map(passed, 0, 8192);
                SharedMemory part = SharedMemory.map(passed, 4100, 8)) {
            whole.segment().set(ValueLayout.JAVA_INT, 4100, 0xcafe);
            assertThat(memory.segment().get(ValueLayout.JAVA_INT, 4100)).isEqualTo(0xcafe);
            assertThat(part.segment().get(ValueLayout.JAVA_INT, 0)).isEqualTo(0xcafe);
            assertThat(part.lengthBytes()).isEqualTo(8);
            assertThat(passed.isOpen()).isTrue();
        }
    }

    @Test
    void shouldMapPartsOfHugePages() {
        Machine.needsHugePages(2);
        try (SharedMemory memory = SharedMemory.allocate("test", 4L << 20, PageSize.HUGE_2M);
                SharedMemory part = SharedMemory.map(memory.descriptor(), (2L << 20) + 64, 64)) {
            memory.segment().set(ValueLayout.JAVA_LONG, (2L << 20) + 64, 7L);
            assertThat(part.segment().get(ValueLayout.JAVA_LONG, 0)).isEqualTo(7L);
            assertThat(part.pageSize()).isEqualTo(PageSize.HUGE_2M);
        }
    }

    @Test
    void shouldRefuseToMapOutsideTheFile() {
        try (SharedMemory memory = SharedMemory.allocate("test", 4096, PageSize.PLAIN_4K)) {
            final Descriptor memfd = memory.descriptor();
            for (final long[] range :
                    new long[][] {
                        {0, 4097}, {4096, 1}, {-1, 1}, {0, 0}, {1, Long.MAX_VALUE}, {5000, 1}
                    }) {
                assertThatThrownBy(() -> SharedMemory.map(memfd, range[0], range[1]))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("4096 bytes: offset " + range[0]);
            }
        }
    }

    @Test
    void shouldNotShrinkOrGrowOnceSealed() {
        try (SharedMemory memory = SharedMemory.allocate("test", 4096, PageSize.PLAIN_4K)) {
            assertThat(memory.seals()).isZero();
            memory.seal();
            assertThat(memory.seals())
                    .isEqualTo(Libc.F_SEAL_SHRINK() | Libc.F_SEAL_GROW() | Libc.F_SEAL_SEAL());
            final CallState state = CallState.ofThread();
            final int fd = memory.descriptor().fd();
            assertThat(SystemCalls.ftruncate(state, fd, 0)).isEqualTo(-Libc.EPERM());
            assertThat(SystemCalls.ftruncate(state, fd, 8192)).isEqualTo(-Libc.EPERM());
            assertThatThrownBy(memory::seal)
                    .isInstanceOf(LinuxException.class)
                    .hasMessageContaining("EPERM");
        }
    }

    @Test
    void shouldUnmapOnClose() {
        final SharedMemory memory = SharedMemory.allocate("test", 4096, PageSize.PLAIN_4K);
        final MemorySegment segment = memory.segment();
        memory.close();
        memory.close();
        assertThatThrownBy(() -> segment.get(ValueLayout.JAVA_BYTE, 0))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> memory.descriptor().fd())
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void shouldRefuseALengthOfNothing() {
        assertThatThrownBy(() -> SharedMemory.allocate("test", 0, PageSize.PLAIN_4K))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("length of memory 'test' must be more than 0, is 0");
    }

    @Test
    void shouldBeReachableThroughTheUncheckedView() {
        try (SharedMemory memory = SharedMemory.allocate("test", 4096, PageSize.PLAIN_4K)) {
            final long address = memory.segment().address();
            UncheckedMemory.ALL.set(ValueLayout.JAVA_LONG, address + 16, 99L);
            assertThat(memory.segment().get(ValueLayout.JAVA_LONG, 16)).isEqualTo(99L);
            assertThat(UncheckedMemory.of(address, 24).get(ValueLayout.JAVA_LONG, 16))
                    .isEqualTo(99L);
            assertThatThrownBy(() -> UncheckedMemory.of(address, 24).get(ValueLayout.JAVA_LONG, 24))
                    .isInstanceOf(IndexOutOfBoundsException.class);
        }
    }

    /** How many there are or may be, free or not. */
    private static long hugePages(final String kilobytes) throws Exception {
        final Path folder = Path.of("/sys/kernel/mm/hugepages/hugepages-" + kilobytes + "kB");
        return Files.exists(folder)
                ? number(folder.resolve("nr_hugepages"))
                        + number(folder.resolve("nr_overcommit_hugepages"))
                : 0;
    }

    private static long number(final Path file) throws Exception {
        return Long.parseLong(Files.readString(file).strip());
    }

    private static String smaps(final SharedMemory memory) throws Exception {
        final String start = Long.toHexString(memory.segment().address()) + "-";
        final String all = Files.readString(Path.of("/proc/self/smaps"));
        final int at = all.indexOf(start);
        return all.substring(at, all.indexOf("VmFlags", at));
    }
}
