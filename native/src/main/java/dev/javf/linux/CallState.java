package dev.javf.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * Where a system call leaves its errno, and one word of native memory for small arguments. Never
 * shared by two threads at a time: a thread has one of its own, and an object that calls from the
 * packet path owns one.
 */
final class CallState {
    private static final StructLayout CAPTURE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO =
            CAPTURE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
    private static final ThreadLocal<CallState> OF_THREAD = ThreadLocal.withInitial(CallState::new);

    final MemorySegment capture;

    /** Eight bytes, aligned, for the caller's use between two calls. */
    final MemorySegment word;

    CallState() {
        final Arena arena = Arena.ofAuto();
        capture = arena.allocate(CAPTURE);
        word = arena.allocate(ValueLayout.JAVA_LONG);
    }

    /** The calling thread's own. */
    static CallState ofThread() {
        return OF_THREAD.get();
    }

    /** The errno of the last call; meaningful only if that call returned -1. */
    int errno() {
        return (int) ERRNO.get(capture, 0L);
    }
}
