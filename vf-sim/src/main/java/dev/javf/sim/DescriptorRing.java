package dev.javf.sim;

import dev.javf.vfio.DmaCursor;
import dev.javf.vfio.DmaSpace;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The device's view of a ring of descriptors, in groups of {@link #GROUP}: they are looked up
 * together, and written back together. A lookup holds for one duty cycle at most, because the
 * driver may unmap the ring at any time. A group that isn't in this process's memory is copied in
 * and out. For the switch's thread.
 */
final class DescriptorRing {
    /** Descriptors that are written back together (Linux i40e driver, WB_STRIDE). */
    static final int GROUP = 4;

    /** Queue contexts hold ring addresses in units of 128 bytes; so a group is in one page. */
    private static final long ADDRESS_MASK = -128;

    private static final int NONE = -1;
    private static final ValueLayout.OfLong QUADWORD =
            ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LAST_WRITTEN = QUADWORD.varHandle();

    private final int descriptorBytes;
    private final DmaCursor cursor;
    private final MemorySegment copy;
    private MemorySegment memory;
    private long offset;
    private int selected = NONE;
    private boolean isCopy;
    private long firstIova;
    private int length;

    DescriptorRing(final DmaSpace dma, final int descriptorBytes) {
        this.descriptorBytes = descriptorBytes;
        cursor = new DmaCursor(dma);
        copy = Arena.ofAuto().allocate((long) GROUP * descriptorBytes, Long.BYTES);
        memory = copy;
    }

    void place(final long ringIova, final int ringLength) {
        firstIova = ringIova & ADDRESS_MASK;
        length = ringLength;
    }

    int length() {
        return length;
    }

    int next(final int slot) {
        return slot + 1 == length ? 0 : slot + 1;
    }

    /** Slots from one to another, around the ring. */
    int distance(final int from, final int to) {
        final int distance = to - from;
        return distance < 0 ? distance + length : distance;
    }

    /** Whether a slot is the last of its group. */
    boolean endsGroup(final int slot) {
        return (slot & GROUP - 1) == GROUP - 1 || slot + 1 == length;
    }

    long iova(final int slot) {
        return firstIova + (long) slot * descriptorBytes;
    }

    /** Forgets the last lookup. */
    void deselect() {
        selected = NONE;
    }

    /** Looks a slot's group up; false when it isn't mapped to be read and written. */
    boolean select(final int slot) {
        final int group = slot & -GROUP;
        return group == selected || lookUp(group);
    }

    private boolean lookUp(final int group) {
        selected = NONE;
        final long bytes = (long) Math.min(GROUP, length - group) * descriptorBytes;
        isCopy = !cursor.select(iova(group), bytes);
        if (isCopy) {
            memory = copy;
            offset = 0;
            if (!cursor.read(iova(group), copy, 0, bytes)) {
                return false;
            }
        } else {
            memory = cursor.memory();
            offset = cursor.offset();
        }
        selected = group;
        return true;
    }

    /** A quadword of a descriptor in the selected group. */
    long quadword(final int slot, final int index) {
        return memory.get(QUADWORD, at(slot, index));
    }

    /** Writes a quadword of a descriptor in the selected group. */
    boolean write(final int slot, final int index, final long value) {
        final long at = at(slot, index);
        memory.set(QUADWORD, at, value);
        return !isCopy || writeOut(slot, index, at);
    }

    /** As {@link #write}, after everything that was written before. */
    boolean release(final int slot, final int index, final long value) {
        final long at = at(slot, index);
        LAST_WRITTEN.setRelease(memory, at, value);
        return !isCopy || writeOut(slot, index, at);
    }

    private boolean writeOut(final int slot, final int index, final long at) {
        return cursor.write(iova(slot) + (long) index * Long.BYTES, copy, at, Long.BYTES);
    }

    private long at(final int slot, final int index) {
        return offset + (long) (slot - selected) * descriptorBytes + (long) index * Long.BYTES;
    }
}
