package dev.javf.bench.forward;

import dev.javf.bench.DeviceRings;
import dev.javf.linux.PageSize;
import dev.javf.linux.SharedMemory;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * The library that the build makes of forward.c with the machine's own gcc, for this very
 * processor, in this process: so it has the same kind of memory and the same processor as the
 * others.
 */
final class CContestant implements Contestant {
    private static final String LIBRARY = "forward.so";
    private static final int RING = 512;
    private static final int BUFFERS = 4 * RING;
    private static final int STRUCTURE_BYTES = 128;
    private static final int STRIDE_BYTES = 2176;
    private static final long TAILS_OFFSET = RING * 48L;
    private static final long STRUCTURES_OFFSET = 32 << 10;
    private static final long DATA_OFFSET = STRUCTURES_OFFSET + BUFFERS * STRUCTURE_BYTES;
    private static final long IOVA = 1L << 36;

    private final Arena arena = Arena.ofShared();
    private final SharedMemory memory =
            SharedMemory.allocate(
                    "bench-c", DATA_OFFSET + (long) BUFFERS * STRIDE_BYTES, PageSize.HUGE_2M);
    private final MemorySegment polls = arena.allocate(ValueLayout.JAVA_LONG);
    private final MethodHandle run;
    private double burstFound;

    @SuppressWarnings("restricted") // Its own library, whose functions are as described here.
    private CContestant(final Path library) {
        final SymbolLookup symbols = SymbolLookup.libraryLookup(library, arena);
        final Linker linker = Linker.nativeLinker();
        final MethodHandle open =
                linker.downcallHandle(
                        symbols.findOrThrow("forward_open"),
                        FunctionDescriptor.ofVoid(
                                ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.ADDRESS));
        run =
                linker.downcallHandle(
                        symbols.findOrThrow("forward_run"),
                        FunctionDescriptor.of(
                                ValueLayout.JAVA_DOUBLE,
                                ValueLayout.JAVA_INT,
                                ValueLayout.JAVA_INT,
                                ValueLayout.JAVA_INT,
                                ValueLayout.ADDRESS));
        try {
            open.invokeExact(
                    memory.segment(),
                    memory.segment().asSlice(STRUCTURES_OFFSET),
                    memory.segment().asSlice(DATA_OFFSET));
        } catch (final Throwable e) {
            throw new IllegalStateException("forward_open", e);
        }
    }

    /**
     * Loads the library.
     *
     * @return null if the build didn't make it, because there was no gcc.
     * @throws IOException when it can't be copied to where it can be loaded from.
     */
    static @Nullable CContestant load() throws IOException {
        try (InputStream resource = CContestant.class.getResourceAsStream(LIBRARY)) {
            if (resource == null) {
                return null;
            }
            final Path copy = Files.createTempFile("javf-forward", ".so");
            try {
                Files.copy(resource, copy, StandardCopyOption.REPLACE_EXISTING);
                return new CContestant(copy);
            } finally {
                Files.delete(copy);
            }
        }
    }

    @Override
    public String name() {
        return "C";
    }

    @Override
    public DeviceRings rings(final boolean touchesFrames) {
        final long rings = memory.segment().address();
        return new DeviceRings(
                rings,
                rings + RING * 32L,
                rings + TAILS_OFFSET,
                rings + TAILS_OFFSET + 64,
                RING,
                rings + DATA_OFFSET - IOVA,
                touchesFrames);
    }

    @Override
    public double run(final int burst, final int packets, final boolean isDeviceHere) {
        final double ns;
        try {
            ns = (double) run.invokeExact(burst, packets, isDeviceHere ? 1 : 0, polls);
        } catch (final Throwable e) {
            throw new IllegalStateException("forward_run", e);
        }
        if (ns < 0) {
            throw new IllegalStateException("the device has stopped");
        }
        burstFound = (double) packets / polls.get(ValueLayout.JAVA_LONG, 0);
        return ns;
    }

    @Override
    public double burstFound() {
        return burstFound;
    }

    @Override
    public void close() {
        arena.close();
        memory.close();
    }
}
