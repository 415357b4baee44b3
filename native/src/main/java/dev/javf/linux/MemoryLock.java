package dev.javf.linux;

import dev.javf.linux.libc.Libc;
import dev.javf.linux.libc.rlimit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Keeps the memory of this process from being paged out (mlockall(2)), so that a poller never waits
 * for a disk. A page is locked when it is first touched: a Java heap's reserve costs nothing.
 */
public final class MemoryLock {
    /** What {@link #limitBytes()} says if there is no limit. */
    public static final long UNLIMITED = Long.MAX_VALUE;

    private static final Path STATM = Path.of("/proc/self/statm");

    private MemoryLock() {}

    /**
     * Locks all memory, what is mapped now and what will be.
     *
     * @throws LinuxException if the limit is too low or locking is not permitted; the message says
     *     what is needed, what is allowed and what raises it.
     */
    public static void lockAll() {
        final int flags = Libc.MCL_CURRENT() | Libc.MCL_FUTURE() | Libc.MCL_ONFAULT();
        final int result = ProcessCalls.mlockall(CallState.ofThread(), flags);
        if (result < 0) {
            throw new LinuxException(
                    "mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)",
                    -result,
                    "needed: "
                            + mappedBytes()
                            + " bytes (all that is mapped, used or not), allowed by RLIMIT_MEMLOCK:"
                            + " "
                            + limitBytes()
                            + "; set LimitMEMLOCK=infinity in the systemd unit, or ulimit -l"
                            + " unlimited, or give the process CAP_IPC_LOCK");
        }
    }

    /**
     * Undoes {@link #lockAll()}.
     *
     * @throws LinuxException if munlockall(2) fails.
     */
    public static void unlockAll() {
        final int result = ProcessCalls.munlockall(CallState.ofThread());
        if (result < 0) {
            throw new LinuxException("munlockall()", -result);
        }
    }

    /** How much this process may lock without CAP_IPC_LOCK (RLIMIT_MEMLOCK), in bytes. */
    public static long limitBytes() {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment limit = arena.allocate(rlimit.layout());
            final int result =
                    ProcessCalls.getrlimit(CallState.ofThread(), Libc.RLIMIT_MEMLOCK(), limit);
            if (result < 0) {
                throw new LinuxException("getrlimit(RLIMIT_MEMLOCK)", -result);
            }
            return limitBytes(rlimit.rlim_cur(limit));
        }
    }

    static long limitBytes(final long softLimit) {
        return softLimit == Libc.RLIM_INFINITY() ? UNLIMITED : softLimit;
    }

    /** What the kernel compares with the limit: the size of the address space in use. */
    static long mappedBytes() {
        try {
            final String pages = Files.readString(STATM).split(" ", 2)[0];
            return Long.parseLong(pages) * PageSize.PLAIN_4K.bytes();
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
