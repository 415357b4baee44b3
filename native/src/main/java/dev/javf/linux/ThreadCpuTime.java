package dev.javf.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * How long the calling thread has had a CPU (clock_gettime(2), CLOCK_THREAD_CPUTIME_ID): what other
 * threads take isn't in it. One thread at a time uses an object; reading allocates nothing.
 */
public final class ThreadCpuTime {
    private static final long NS_PER_S = 1_000_000_000L;

    private final CallState state = new CallState();

    /** A struct timespec. */
    private final MemorySegment time = Arena.ofAuto().allocate(2 * Long.BYTES, Long.BYTES);

    /**
     * Reads it; a system call.
     *
     * @return nanoseconds since the calling thread began.
     */
    public long nanoTime() {
        final int result =
                ProcessCalls.clockGettime(state, LinuxConstants.CLOCK_THREAD_CPUTIME_ID, time);
        if (result < 0) {
            throw new LinuxException("clock_gettime(CLOCK_THREAD_CPUTIME_ID)", -result);
        }
        return time.get(ValueLayout.JAVA_LONG, 0) * NS_PER_S
                + time.get(ValueLayout.JAVA_LONG, Long.BYTES);
    }
}
