package dev.javf.linux;

import dev.javf.linux.libc.Libc;

import java.lang.foreign.MemorySegment;

/**
 * Accesses to mapped pages that aren't to be had: behind the end of a file that has been shrunk, or
 * huge pages when none is free. The kernel sends SIGBUS, and the JVM throws an {@link
 * InternalError}: in the thread that made the access, at once or a little later, when it next looks
 * whether something is to be thrown. So whoever catches one knows that memory has gone, but not
 * whose; {@link #isWhole} finds out.
 */
public final class MemoryFault {
    private static final String SAYING = "unsafe memory access";

    private MemoryFault() {}

    /**
     * Whether an error says that an access to mapped memory has failed.
     *
     * @param error what was caught.
     */
    public static boolean isCauseOf(final Throwable error) {
        return error instanceof InternalError
                && error.getMessage() != null
                && error.getMessage().contains(SAYING);
    }

    /**
     * Whether all pages of a mapping can be had. Takes as long as providing those that aren't there
     * yet does, and as much memory (madvise(2), MADV_POPULATE_READ).
     *
     * @param mapping starts at a page's beginning.
     */
    public static boolean isWhole(final MemorySegment mapping) {
        int result;
        do {
            result =
                    SystemCalls.madvise(
                            CallState.ofThread(),
                            mapping.address(),
                            mapping.byteSize(),
                            LinuxConstants.MADV_POPULATE_READ);
        } while (result == -Libc.EINTR());
        return result == 0;
    }
}
