package dev.javf.linux;

import java.lang.foreign.MemorySegment;

/**
 * The whole address space as one segment, for the packet path. A load or store through {@link #ALL}
 * compiles to one instruction: its base and bounds are constants, where a segment in a field costs
 * a lifetime check, a bounds check and the loads they need.
 *
 * <p>Nothing is checked in turn: a wrong address or one that is no longer mapped ends the process.
 * So addresses come from segments that their owner keeps open for as long as the poller runs, and
 * offsets are checked before they are added, never after.
 */
public final class UncheckedMemory {
    /** Address 0 to 2^63 - 1: an offset into it is an absolute address. */
    public static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    private UncheckedMemory() {}

    /**
     * A view of memory that something else owns and keeps mapped.
     *
     * @param address the first byte's address.
     * @param lengthBytes 0 or more.
     * @return a segment without a lifetime, with bounds.
     */
    public static MemorySegment of(final long address, final long lengthBytes) {
        return MemorySegment.ofAddress(address).reinterpret(lengthBytes);
    }
}
