package dev.javf.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.BitSet;

/**
 * On which CPUs the calling thread may run (sched_setaffinity(2)). Call it on the platform thread
 * that it is for.
 */
public final class CpuAffinity {
    /** More CPUs than Linux can be built for (NR_CPUS is 8192 at most). */
    private static final int MAX_CPUS = 8192;

    private CpuAffinity() {}

    /**
     * Keeps the calling thread on one CPU.
     *
     * @param cpu its number, from 0.
     * @throws LinuxException if the CPU doesn't exist or isn't allowed to this process.
     */
    public static void pin(final int cpu) {
        if (cpu < 0 || cpu >= MAX_CPUS) {
            throw new IllegalArgumentException(
                    "a CPU is 0.." + (MAX_CPUS - 1) + ", not " + cpu + "; allowed: " + get());
        }
        final BitSet cpus = new BitSet();
        cpus.set(cpu);
        set(cpus);
    }

    /**
     * Keeps the calling thread on some CPUs. The kernel leaves out those that aren't there.
     *
     * @param cpus the numbers of at least one CPU that exists.
     * @throws LinuxException if there is none of them, or none that is allowed to this process.
     */
    public static void set(final BitSet cpus) {
        final byte[] bits = cpus.toByteArray();
        if (bits.length > MAX_CPUS / 8) {
            throw new IllegalArgumentException(
                    "a CPU is 0.." + (MAX_CPUS - 1) + ", not " + (cpus.length() - 1));
        }
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment mask = arena.allocate(MAX_CPUS / 8, 8);
            MemorySegment.copy(bits, 0, mask, ValueLayout.JAVA_BYTE, 0, bits.length);
            final int result = ProcessCalls.schedSetaffinity(CallState.ofThread(), mask);
            if (result < 0) {
                throw new LinuxException(
                        "sched_setaffinity(0, " + cpus + ")",
                        -result,
                        "this thread runs on CPUs "
                                + get()
                                + "; see Cpus_allowed_list in /proc/self/status");
            }
        }
    }

    /** The CPUs on which the calling thread may run. */
    public static BitSet get() {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment mask = arena.allocate(MAX_CPUS / 8, 8);
            final int result = ProcessCalls.schedGetaffinity(CallState.ofThread(), mask);
            if (result < 0) {
                throw new LinuxException("sched_getaffinity(0)", -result);
            }
            return BitSet.valueOf(mask.toArray(ValueLayout.JAVA_BYTE));
        }
    }
}
