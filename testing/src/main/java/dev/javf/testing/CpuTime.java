package dev.javf.testing;

import java.lang.management.ManagementFactory;

/** Processor time as the JVM has it, for tests in modules that don't read java.management. */
public final class CpuTime {
    private CpuTime() {}

    /** What the calling thread has used, in nanoseconds. */
    public static long ofThisThread() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }
}
