package dev.javf.linux;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** Names and texts of error numbers, as the C library knows them (glibc 2.32 or newer). */
final class Errno {
    private static final MethodHandle NAME = link("strerrorname_np");
    private static final MethodHandle TEXT = link("strerrordesc_np");

    private Errno() {}

    /** The symbolic name, such as {@code EACCES}; {@code errno 4711} if there is none. */
    static String name(final int errno) {
        return string(NAME, errno, "errno " + errno);
    }

    /** The untranslated description, such as {@code Permission denied}. */
    static String text(final int errno) {
        return string(TEXT, errno, "unknown error");
    }

    private static MethodHandle link(final String function) {
        final Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(
                linker.defaultLookup().findOrThrow(function),
                FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
    }

    private static String string(
            final MethodHandle function, final int errno, final String otherwise) {
        final MemorySegment text;
        try {
            text = (MemorySegment) function.invokeExact(errno);
        } catch (final Throwable t) {
            throw SystemCalls.unexpected(t);
        }
        return text.address() == 0 ? otherwise : text.reinterpret(Long.MAX_VALUE).getString(0);
    }
}
