package dev.javf.iavf;

import dev.javf.linux.UncheckedMemory;
import dev.javf.packet.PacketPool;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * How the packet path reaches descriptors and doorbells. In checked mode ({@link
 * PacketPool#CHECKED}) an access goes through the segment that holds the memory, with its bounds
 * and lifetime; otherwise through {@link UncheckedMemory#ALL}, at an absolute address. The switch
 * is a constant, so that the compiler leaves one of the two.
 *
 * <p>Use: {@code view(memory)} and {@code base(memory)} once per burst, then {@code QWORD.get(view,
 * base + offset)}.
 */
final class DeviceMemory {
    /** Quadwords of descriptors: little endian, aligned. */
    static final VarHandle QWORD =
            ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();

    /** Registers: little endian, aligned; use opaque or stronger modes only. */
    static final VarHandle REGISTER =
            ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();

    private DeviceMemory() {}

    /** How it is reached, in words. */
    static String mode() {
        return PacketPool.CHECKED
                ? "every access checked; -D"
                        + PacketPool.DISABLE_CHECKS_PROP_NAME
                        + "=true is about twice as fast"
                : "accesses not checked";
    }

    /** The segment to go through. */
    static MemorySegment view(final MemorySegment memory) {
        return PacketPool.CHECKED ? memory : UncheckedMemory.ALL;
    }

    /** What to add to offsets in {@code memory} for {@link #view}. */
    static long base(final MemorySegment memory) {
        return PacketPool.CHECKED ? 0 : memory.address();
    }

    /**
     * Writes a doorbell after everything that was written before (release). On x86-64 a plain store
     * does that for uncached device memory too.
     */
    static void ring(final MemorySegment doorbell, final int value) {
        REGISTER.setRelease(view(doorbell), base(doorbell), value);
    }
}
