package dev.javf.linux;

import dev.javf.linux.libc.Libc;
import dev.javf.linux.libc.statfs;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Memory that other processes and devices can share: a memfd (memfd_create(2)), mapped. Every page
 * is there once the object is, so no later access can fail for want of memory.
 *
 * <p>Any thread may use the memory. {@link #close()} unmaps it and comes after the last access.
 */
public final class SharedMemory implements AutoCloseable {
    private final Arena arena;
    private final MemorySegment segment;
    private final Descriptor descriptor;
    private final PageSize pageSize;
    private final @Nullable String fallbackReason;
    private final AtomicBoolean closed = new AtomicBoolean();

    private SharedMemory(
            final Arena arena,
            final MemorySegment segment,
            final Descriptor descriptor,
            final PageSize pageSize,
            final @Nullable String fallbackReason) {
        this.arena = arena;
        this.segment = segment;
        this.descriptor = descriptor;
        this.pageSize = pageSize;
        this.fallbackReason = fallbackReason;
    }

    /**
     * New memory, zeroed, of pages of the preferred size, or of the next smaller size that the
     * system can provide.
     *
     * @param name shown in /proc/PID/maps, up to 249 bytes.
     * @param lengthBytes more than 0; rounded up to whole pages.
     * @param preferred size of pages.
     * @return the memory; {@link #pageSize()} and {@link #fallbackReason()} say what was got.
     * @throws LinuxException if not even plain pages are available.
     */
    public static SharedMemory allocate(
            final String name, final long lengthBytes, final PageSize preferred) {
        if (lengthBytes <= 0) {
            throw new IllegalArgumentException(
                    "length of memory '" + name + "' must be more than 0, is " + lengthBytes);
        }
        @Nullable String reason = null;
        PageSize size = preferred;
        while (true) {
            try {
                return allocate(name, lengthBytes, size, reason);
            } catch (final LinuxException e) {
                final PageSize smaller = size.smaller();
                if (smaller == null) {
                    throw e;
                }
                reason = (reason == null ? "" : reason + "; ") + reason(lengthBytes, size, e);
                size = smaller;
            }
        }
    }

    /**
     * Maps memory that another process passed, readable and writable.
     *
     * <p>Whoever passed it can still shrink it, which makes the next access fail, unless {@link
     * #seals()} has F_SEAL_SHRINK.
     *
     * @param memfd a memfd or another file that can be mapped; it remains the caller's.
     * @param offset of the first byte, 0 or more, aligned or not.
     * @param lengthBytes more than 0; offset and length lie within the file.
     * @throws LinuxException if it can't be mapped.
     * @throws IllegalArgumentException if the range is not within the file.
     */
    public static SharedMemory map(
            final Descriptor memfd, final long offset, final long lengthBytes) {
        final long fileBytes = fileBytes(memfd);
        if (offset < 0
                || lengthBytes <= 0
                || offset > fileBytes
                || lengthBytes > fileBytes - offset) {
            throw new IllegalArgumentException(
                    "memory to map must lie within the file's "
                            + fileBytes
                            + " bytes: offset "
                            + offset
                            + ", length "
                            + lengthBytes);
        }
        final PageSize pageSize = pageSize(memfd);
        final long base = offset & -pageSize.bytes();
        final Descriptor copy = memfd.dup();
        final Arena arena = Arena.ofShared();
        try {
            final MemorySegment whole =
                    copy.map(
                            base,
                            pageSize.roundUp(offset - base + lengthBytes),
                            Libc.PROT_READ() | Libc.PROT_WRITE(),
                            arena);
            final MemorySegment segment = whole.asSlice(offset - base, lengthBytes);
            return new SharedMemory(arena, segment, copy, pageSize, null);
        } catch (final RuntimeException e) {
            arena.close();
            copy.close();
            throw e;
        }
    }

    /** The memory. Allocated memory has its length rounded up to whole pages. */
    public MemorySegment segment() {
        return segment;
    }

    /** The length of {@link #segment()}. */
    public long lengthBytes() {
        return segment.byteSize();
    }

    /** The size of the pages that were got. */
    public PageSize pageSize() {
        return pageSize;
    }

    /** Why the pages are smaller than preferred, in one line; null if they are not. */
    public @Nullable String fallbackReason() {
        return fallbackReason;
    }

    /** The memfd, to be passed to other processes; it remains this object's. */
    public Descriptor descriptor() {
        return descriptor;
    }

    /**
     * Fixes the length for good (F_SEAL_SHRINK, F_SEAL_GROW) and the seals too (F_SEAL_SEAL), so
     * that those who receive the memfd need not fear a page that is gone.
     *
     * @throws LinuxException if the file can't be sealed, as when a peer has set F_SEAL_SEAL.
     */
    public void seal() {
        final int seals = Libc.F_SEAL_SHRINK() | Libc.F_SEAL_GROW() | Libc.F_SEAL_SEAL();
        final int result =
                SystemCalls.fcntl(CallState.ofThread(), descriptor.fd(), Libc.F_ADD_SEALS(), seals);
        if (result < 0) {
            throw new LinuxException(
                    "fcntl(" + descriptor + ", F_ADD_SEALS, SHRINK | GROW | SEAL)", -result);
        }
    }

    /** The F_SEAL_ bits of the file; 0 if it is of a kind that knows no seals. */
    public int seals() {
        final int seals =
                SystemCalls.fcntl(CallState.ofThread(), descriptor.fd(), Libc.F_GET_SEALS(), 0);
        return Math.max(seals, 0);
    }

    /** Unmaps the memory and closes the memfd; a second call does nothing. */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            descriptor.close();
            arena.close();
        }
    }

    private static SharedMemory allocate(
            final String name,
            final long lengthBytes,
            final PageSize pageSize,
            final @Nullable String reason) {
        final long rounded = pageSize.roundUp(lengthBytes);
        final Descriptor memfd = createMemfd(name, pageSize);
        final Arena arena = Arena.ofShared();
        try {
            final CallState state = CallState.ofThread();
            check(
                    SystemCalls.ftruncate(state, memfd.fd(), rounded),
                    "ftruncate(memfd '" + name + "', " + rounded + ")");
            // For huge pages mmap reserves what it maps, or fails; populating then takes the pages,
            // so that neither another process nor a cgroup's limit can turn an access into SIGBUS.
            final MemorySegment segment =
                    memfd.map(0, rounded, Libc.PROT_READ() | Libc.PROT_WRITE(), arena);
            populate(state, segment);
            final String why = reason == null ? null : reason + "; uses " + pageSize + " pages";
            return new SharedMemory(arena, segment, memfd, pageSize, why);
        } catch (final RuntimeException e) {
            arena.close();
            memfd.close();
            throw e;
        }
    }

    private static Descriptor createMemfd(final String name, final PageSize pageSize) {
        final int huge =
                switch (pageSize) {
                    case PLAIN_4K -> 0;
                    case HUGE_2M -> Libc.MFD_HUGETLB() | LinuxConstants.MFD_HUGE_2MB;
                    case HUGE_1G -> Libc.MFD_HUGETLB() | LinuxConstants.MFD_HUGE_1GB;
                };
        final int flags = Libc.MFD_CLOEXEC() | Libc.MFD_ALLOW_SEALING() | huge;
        try (Arena arena = Arena.ofConfined()) {
            final int fd =
                    SystemCalls.memfdCreate(CallState.ofThread(), arena.allocateFrom(name), flags);
            check(fd, "memfd_create(\"" + name + "\", " + pageSize + " pages)");
            return Descriptor.owned(fd);
        }
    }

    private static void populate(final CallState state, final MemorySegment memory) {
        int result;
        do {
            result =
                    SystemCalls.madvise(
                            state, memory.address(), memory.byteSize(), Libc.MADV_POPULATE_WRITE());
        } while (result == -Libc.EINTR());
        check(result, "madvise(" + memory.byteSize() + " bytes, MADV_POPULATE_WRITE)");
    }

    private static long fileBytes(final Descriptor file) {
        final long bytes = SystemCalls.lseek(CallState.ofThread(), file.fd(), 0, Libc.SEEK_END());
        check(bytes, "lseek(" + file + ", 0, SEEK_END)");
        return bytes;
    }

    static PageSize pageSize(final Descriptor file) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment buffer = arena.allocate(statfs.layout());
            check(
                    SystemCalls.fstatfs(CallState.ofThread(), file.fd(), buffer),
                    "fstatfs(" + file + ")");
            if (statfs.f_type(buffer) == Integer.toUnsignedLong(Libc.HUGETLBFS_MAGIC())) {
                for (final PageSize size : PageSize.values()) {
                    if (size.bytes() == statfs.f_bsize(buffer)) {
                        return size;
                    }
                }
            }
            return PageSize.PLAIN_4K;
        }
    }

    private static String reason(
            final long lengthBytes, final PageSize size, final LinuxException e) {
        return size
                + " pages: "
                + size.roundUp(lengthBytes) / size.bytes()
                + " needed, not available ("
                + e.errnoName()
                + "; /sys/kernel/mm/hugepages/hugepages-"
                + size.bytes() / 1024
                + "kB/nr_hugepages reserves them)";
    }

    private static void check(final long result, final String call) {
        if (result < 0) {
            throw new LinuxException(call, (int) -result);
        }
    }
}
