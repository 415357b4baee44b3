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
 * and lifetime; otherwise to an absolute address ({@link UncheckedMemory}). The switch is a
 * constant, so that the compiler leaves one of the two: an instruction, wherever it is inlined.
 *
 * <p>Use: {@code base(memory)} once for each piece of memory, then {@code get(memory, base +
 * offset)}.
 */
final class DeviceMemory {
    private static final VarHandle QWORD =
            ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();

    private static final VarHandle REGISTER =
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

    /** What to add to offsets in {@code memory} for the other methods. */
    static long base(final MemorySegment memory) {
        return PacketPool.CHECKED ? 0 : memory.address();
    }

    /** Loads a quadword of a descriptor, plainly. */
    static long get(final MemorySegment memory, final long at) {
        return PacketPool.CHECKED ? (long) QWORD.get(memory, at) : UncheckedMemory.getLong(at);
    }

    /** Loads a quadword of a descriptor at once, whatever the device does. */
    static long getOpaque(final MemorySegment memory, final long at) {
        return PacketPool.CHECKED
                ? (long) QWORD.getOpaque(memory, at)
                : UncheckedMemory.getLongOpaque(at);
    }

    /** Loads a quadword of a descriptor before everything that is loaded after it. */
    static long getAcquire(final MemorySegment memory, final long at) {
        return PacketPool.CHECKED
                ? (long) QWORD.getAcquire(memory, at)
                : UncheckedMemory.getLongAcquire(at);
    }

    /** Stores a quadword of a descriptor, plainly. */
    static void set(final MemorySegment memory, final long at, final long value) {
        if (PacketPool.CHECKED) {
            QWORD.set(memory, at, value);
        } else {
            UncheckedMemory.putLong(at, value);
        }
    }

    /**
     * Writes a doorbell after everything that was written before (release). On x86-64 a plain store
     * does that for uncached device memory too.
     */
    static void ring(final MemorySegment doorbell, final long at, final int value) {
        if (PacketPool.CHECKED) {
            REGISTER.setRelease(doorbell, at, value);
        } else {
            UncheckedMemory.putIntRelease(at, value);
        }
    }
}
