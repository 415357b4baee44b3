package dev.javf.virtio.driver;

import dev.javf.virtio.queue.QueueSettings;

import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** Separate areas for descriptors, available and used ring (VirtIO 1.2, 2.7). */
final class SplitDriverRing implements DriverRing {
    private static final VarHandle SHORT = ValueLayout.JAVA_SHORT.varHandle();
    private static final int NEXT = 1;
    private static final int WRITE = 2;
    private static final int INDIRECT = 4;

    private final GuestMemory memory;
    private final int size;
    private final boolean isEventIndex;
    private final boolean isInOrder;

    /** Chains that the device has, in the order in which it got them. */
    private final Deque<Integer> outstanding = new ArrayDeque<>();

    /**
     * With IN_ORDER: the last chain of those that came back together; negative if none are left.
     */
    private int batchEnd = -1;

    private final long descriptors;
    private final long available;
    private final long used;
    private final long tables;
    private final Deque<Integer> free = new ArrayDeque<>();
    private final int[] chainLength;
    private int availableIndex;
    private int usedIndex;
    private int usedLength;

    SplitDriverRing(final GuestMemory memory, final int size, final Format format) {
        this.memory = memory;
        this.size = size;
        isEventIndex = format.isEventIndex();
        isInOrder = format.isInOrder();
        descriptors = memory.allocate(16L * size, 16);
        available = memory.allocate(6 + 2L * size, 2);
        used = memory.allocate(6 + 8L * size, 4);
        tables = memory.allocate(16L * size * size, 16);
        chainLength = new int[size];
        for (int i = 0; i < size; i++) {
            free.add(i);
        }
    }

    @Override
    public QueueSettings settings() {
        return new QueueSettings(
                size, memory.iova(descriptors), memory.iova(available), memory.iova(used));
    }

    @Override
    public int add(final List<Buffer> buffers, final boolean isIndirect) {
        final int needed = isIndirect ? 1 : buffers.size();
        if (free.size() < needed || buffers.size() > size) {
            return -1;
        }
        final int head = free.remove();
        outstanding.add(head);
        chainLength[head] = needed;
        if (isIndirect) {
            final long table = tables + 16L * size * head;
            for (int i = 0; i < buffers.size(); i++) {
                final boolean isLast = i + 1 == buffers.size();
                write(table + 16L * i, buffers.get(i), isLast ? 0 : NEXT, isLast ? 0 : i + 1);
            }
            write(descriptors + 16L * head, memory.iova(table), 16 * buffers.size(), INDIRECT, 0);
        } else {
            int index = head;
            for (int i = 0; i < buffers.size(); i++) {
                final boolean isLast = i + 1 == buffers.size();
                final int next = isLast ? 0 : free.remove();
                write(descriptors + 16L * index, buffers.get(i), isLast ? 0 : NEXT, next);
                index = next;
            }
        }
        memory.segment()
                .set(
                        ValueLayout.JAVA_SHORT,
                        available + 4 + 2L * (availableIndex % size),
                        (short) head);
        availableIndex = (availableIndex + 1) & 0xFFFF;
        SHORT.setRelease(memory.segment(), available + 2, (short) availableIndex);
        return head;
    }

    private void write(final long at, final Buffer buffer, final int flags, final int next) {
        write(
                at,
                memory.iova(buffer.offset()),
                buffer.lengthBytes(),
                flags | (buffer.isWritable() ? WRITE : 0),
                next);
    }

    private void write(
            final long at, final long address, final int length, final int flags, final int next) {
        memory.segment().set(ValueLayout.JAVA_LONG, at, address);
        memory.segment().set(ValueLayout.JAVA_INT, at + 8, length);
        memory.segment().set(ValueLayout.JAVA_SHORT, at + 12, (short) flags);
        memory.segment().set(ValueLayout.JAVA_SHORT, at + 14, (short) next);
    }

    @Override
    public int poll() {
        final int index = (short) SHORT.getAcquire(memory.segment(), used + 2) & 0xFFFF;
        if (index == usedIndex) {
            return -1;
        }
        final int head = nextUsed();
        usedIndex = (usedIndex + 1) & 0xFFFF;
        int descriptor = head;
        for (int i = 0; i < chainLength[head]; i++) {
            free.add(descriptor);
            descriptor = get16(descriptors + 16L * descriptor + 14);
        }
        return head;
    }

    /** One element may stand for all chains up to the one that it names. */
    private int nextUsed() {
        final int oldest = outstanding.remove();
        usedLength = 0;
        if (batchEnd < 0) {
            final long element = used + 4 + 8L * (usedIndex % size);
            batchEnd = memory.segment().get(ValueLayout.JAVA_INT, element);
            usedLength = memory.segment().get(ValueLayout.JAVA_INT, element + 4);
        }
        final int head = isInOrder ? oldest : batchEnd;
        if (head == batchEnd) {
            batchEnd = -1;
        }
        return head;
    }

    @Override
    public int usedLength() {
        return usedLength;
    }

    @Override
    public void wantInterrupt(final boolean isWanted) {
        if (isEventIndex) {
            // The next one, or one that can't come for a whole lap.
            final int event = isWanted ? usedIndex : usedIndex - 1;
            set16(available + 4 + 2L * size, event);
        } else {
            set16(available, isWanted ? 0 : 1);
        }
        VarHandle.fullFence();
    }

    @Override
    public boolean isQuiet() {
        return isEventIndex || get16(used) == 1;
    }

    private int get16(final long at) {
        return Short.toUnsignedInt(memory.segment().get(ValueLayout.JAVA_SHORT, at));
    }

    private void set16(final long at, final int value) {
        memory.segment().set(ValueLayout.JAVA_SHORT, at, (short) value);
    }
}
