package dev.javf.virtio.driver;

import dev.javf.virtio.queue.QueueSettings;

import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** One ring for what is available and what is used (VirtIO 1.2, 2.8). */
final class PackedDriverRing implements DriverRing {
    private static final VarHandle SHORT = ValueLayout.JAVA_SHORT.varHandle();
    private static final int NEXT = 1;
    private static final int WRITE = 2;
    private static final int INDIRECT = 4;
    private static final int AVAIL = 1 << 7;
    private static final int USED = 1 << 15;
    private static final int AT_DESCRIPTOR = 2;

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

    private final long ring;
    private final long driverEvent;
    private final long deviceEvent;
    private final long tables;
    private final Deque<Integer> freeIds = new ArrayDeque<>();
    private final int[] chainLength;
    private int freeSlots;
    private int next;
    private int wrap = 1;
    private int usedNext;
    private int usedWrap = 1;
    private int usedLength;

    PackedDriverRing(final GuestMemory memory, final int size, final Format format) {
        this.memory = memory;
        this.size = size;
        isEventIndex = format.isEventIndex();
        isInOrder = format.isInOrder();
        ring = memory.allocate(16L * size, 16);
        driverEvent = memory.allocate(4, 4);
        deviceEvent = memory.allocate(4, 4);
        tables = memory.allocate(16L * size * size, 16);
        chainLength = new int[size];
        freeSlots = size;
        for (int id = size - 1; id >= 0; id--) {
            freeIds.add(id);
        }
    }

    @Override
    public QueueSettings settings() {
        return new QueueSettings(
                size, memory.iova(ring), memory.iova(driverEvent), memory.iova(deviceEvent));
    }

    @Override
    public int add(final List<Buffer> buffers, final boolean isIndirect) {
        final int needed = isIndirect ? 1 : buffers.size();
        if (freeSlots < needed || buffers.size() > size) {
            return -1;
        }
        final int id = freeIds.remove();
        outstanding.add(id);
        chainLength[id] = needed;
        freeSlots -= needed;
        final int head = next;
        int headFlags = 0;
        for (int i = 0; i < needed; i++) {
            final long at = ring + 16L * next;
            int flags = wrap == 1 ? AVAIL : USED;
            if (isIndirect) {
                final long table = tables + 16L * size * id;
                for (int j = 0; j < buffers.size(); j++) {
                    final Buffer buffer = buffers.get(j);
                    put(table + 16L * j, buffer, 0);
                    set16(table + 16L * j + 14, buffer.isWritable() ? WRITE : 0);
                }
                memory.segment().set(ValueLayout.JAVA_LONG, at, memory.iova(table));
                memory.segment().set(ValueLayout.JAVA_INT, at + 8, 16 * buffers.size());
                set16(at + 12, id);
                flags |= INDIRECT;
            } else {
                final Buffer buffer = buffers.get(i);
                put(at, buffer, i + 1 == needed ? id : 0xDEAD);
                flags |= (i + 1 < needed ? NEXT : 0) | (buffer.isWritable() ? WRITE : 0);
            }
            // The head's flags make the whole chain available, so they come last.
            if (i == 0) {
                headFlags = flags;
            } else {
                set16(at + 14, flags);
            }
            next++;
            if (next == size) {
                next = 0;
                wrap ^= 1;
            }
        }
        SHORT.setRelease(memory.segment(), ring + 16L * head + 14, (short) headFlags);
        return id;
    }

    private void put(final long at, final Buffer buffer, final int id) {
        memory.segment().set(ValueLayout.JAVA_LONG, at, memory.iova(buffer.offset()));
        memory.segment().set(ValueLayout.JAVA_INT, at + 8, buffer.lengthBytes());
        set16(at + 12, id);
    }

    @Override
    public int poll() {
        usedLength = 0;
        if (batchEnd < 0) {
            final long at = ring + 16L * usedNext;
            final int flags = (short) SHORT.getAcquire(memory.segment(), at + 14) & 0xFFFF;
            final int wanted = usedWrap == 1 ? AVAIL | USED : 0;
            if ((flags & (AVAIL | USED)) != wanted) {
                return -1;
            }
            batchEnd = Short.toUnsignedInt(memory.segment().get(ValueLayout.JAVA_SHORT, at + 12));
            usedLength = memory.segment().get(ValueLayout.JAVA_INT, at + 8);
        }
        // One descriptor may stand for all chains up to the one that it names.
        final int oldest = outstanding.remove();
        final int id = isInOrder ? oldest : batchEnd;
        if (id == batchEnd) {
            batchEnd = -1;
        }
        usedNext += chainLength[id];
        if (usedNext >= size) {
            usedNext -= size;
            usedWrap ^= 1;
        }
        freeSlots += chainLength[id];
        freeIds.add(id);
        return id;
    }

    @Override
    public int usedLength() {
        return usedLength;
    }

    @Override
    public void wantInterrupt(final boolean isWanted) {
        if (isWanted && isEventIndex) {
            set16(driverEvent, usedNext | usedWrap << 15);
            set16(driverEvent + 2, AT_DESCRIPTOR);
        } else {
            set16(driverEvent + 2, isWanted ? 0 : 1);
        }
        VarHandle.fullFence();
    }

    @Override
    public boolean isQuiet() {
        return Short.toUnsignedInt(memory.segment().get(ValueLayout.JAVA_SHORT, deviceEvent + 2))
                == 1;
    }

    private void set16(final long at, final int value) {
        memory.segment().set(ValueLayout.JAVA_SHORT, at, (short) value);
    }
}
