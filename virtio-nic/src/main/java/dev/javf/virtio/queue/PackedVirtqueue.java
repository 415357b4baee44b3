package dev.javf.virtio.queue;

import dev.javf.linux.virtio.Virtio;
import dev.javf.vfio.DmaSpace;

/**
 * The ring format in which the device writes used descriptors over available ones (2.8). Which is
 * which is told by two flags and, at either end, a wrap counter that starts at 1.
 */
final class PackedVirtqueue extends Virtqueue {
    private static final int EVENT_FLAGS = 2;
    private static final int EVENT_BYTES = 4;
    private static final int EVENT_WRAP = 1 << Virtio.VRING_PACKED_EVENT_F_WRAP_CTR();
    private static final int EVENT_DISABLE = Virtio.VRING_PACKED_EVENT_FLAG_DISABLE();
    private static final int EVENT_AT_DESCRIPTOR = Virtio.VRING_PACKED_EVENT_FLAG_DESC();
    private static final int OWNER = Descriptor.AVAIL | Descriptor.USED;
    private static final int KIND = Descriptor.NEXT | Descriptor.WRITE | Descriptor.INDIRECT;

    private int next;
    private boolean nextWrap;
    private int savedNext;
    private boolean savedNextWrap;
    private int usedNext;
    private boolean usedWrap;
    private int publishedSlots;

    PackedVirtqueue(final DmaSpace dma, final int maxSize) {
        super(dma, maxSize);
    }

    /** Any number will do (2.8.10.1). */
    @Override
    boolean isPossibleSize(final int descriptorCount) {
        return true;
    }

    @Override
    void place(final QueueSettings settings) {
        descriptors()
                .place(
                        settings.descriptorArea(),
                        (long) settings.size() * Descriptor.BYTES,
                        16,
                        true);
        driverArea().place(settings.driverArea(), EVENT_BYTES, 4, false);
        deviceArea().place(settings.deviceArea(), EVENT_BYTES, 4, true);
    }

    @Override
    void restart() {
        next = 0;
        nextWrap = true;
        usedNext = 0;
        usedWrap = true;
    }

    /**
     * Place and wrap counter of what was made available are in the low 16 bits, those of what was
     * used above; from there it goes on. DPDK says 0 there and means the same as below. Where the
     * ring says that it was elsewhere, an earlier process was killed, and the ring is right; if
     * buffers may have several descriptors, or one mark may stand for several buffers, it can't
     * say.
     */
    @Override
    boolean resumeAt(final int position) {
        final int used = position >>> Short.SIZE;
        final int half = used == 0 ? position & 0xFFFF : used;
        next = half & ~EVENT_WRAP;
        nextWrap = (half & EVENT_WRAP) != 0;
        if (next >= size()) {
            return false;
        }
        if (isIndirect() && !isInOrder()) {
            believeTheRing();
        }
        usedNext = next;
        usedWrap = nextWrap;
        return true;
    }

    private void believeTheRing() {
        final PackedTrace trace = new PackedTrace(descriptors(), size());
        if (trace.contradicts(next, nextWrap)) {
            next = trace.place();
            nextWrap = trace.wrap();
            trace.finish();
        }
    }

    @Override
    public int position() {
        final int half = next | (nextWrap ? EVENT_WRAP : 0);
        return half << Short.SIZE | half;
    }

    @Override
    void suppressDriverNotifications() {
        deviceArea().set16(EVENT_FLAGS, EVENT_DISABLE);
    }

    @Override
    boolean fetchNext(final DescriptorChain chain) {
        long rest = descriptors().get64Acquire(restAt(next));
        // Available: AVAIL is the wrap counter, USED is not.
        if ((Descriptor.fourth(rest) & OWNER) != (nextWrap ? Descriptor.AVAIL : Descriptor.USED)) {
            return false;
        }
        chain.clear();
        int slot = next;
        for (int slots = 1; slots <= size(); slots++) {
            final long address = descriptors().get64((long) slot * Descriptor.BYTES);
            final int flags = Descriptor.fourth(rest);
            final boolean isTable = (flags & Descriptor.INDIRECT) != 0;
            if (!(isTable
                    ? addTable(chain, address, rest, flags)
                    : add(chain, address, rest, flags))) {
                return false;
            }
            if ((flags & Descriptor.NEXT) == 0) {
                chain.finish(Descriptor.third(rest), slots);
                advance(slots);
                return true;
            }
            slot = slot + 1 == size() ? 0 : slot + 1;
            rest = descriptors().get64(restAt(slot));
        }
        fail(QueueFault.CHAIN_LENGTH, 0);
        return false;
    }

    @Override
    int fetchSingles(final BufferBatch batch, final int wantedFlags, final int max) {
        final int size = size();
        final long table = descriptors().address();
        final long[] addresses = batch.addresses;
        final int[] lengths = batch.lengths;
        final int[] ids = batch.ids;
        int wanted = (nextWrap ? Descriptor.AVAIL : Descriptor.USED) | wantedFlags;
        int slot = next;
        int count = 0;
        for (; count < max; count++) {
            final long at = table + (long) slot * Descriptor.BYTES;
            final long rest = RingMemory.load64Acquire(at + Long.BYTES);
            if ((Descriptor.fourth(rest) & (OWNER | KIND)) != wanted) {
                break;
            }
            addresses[count] = RingMemory.load64(at);
            lengths[count] = (int) Descriptor.lengthBytes(rest);
            ids[count] = Descriptor.third(rest);
            slot++;
            if (slot == size) {
                slot = 0;
                wanted ^= OWNER;
            }
        }
        advance(count);
        return count;
    }

    @Override
    void moveBack(final int count) {
        next -= count;
        if (next < 0) {
            next += size();
            nextWrap = !nextWrap;
        }
    }

    private static long restAt(final int slot) {
        return (long) slot * Descriptor.BYTES + Long.BYTES;
    }

    private void advance(final int slots) {
        next += slots;
        if (next >= size()) {
            next -= size();
            nextWrap = !nextWrap;
        }
    }

    /** All the table's descriptors, one after the other; only WRITE means anything (2.8.8). */
    @Override
    boolean addTable(final DescriptorChain chain, final DescriptorTable fetched) {
        for (int index = 0; index < fetched.length(); index++) {
            final long rest = fetched.rest(index);
            if (!add(chain, fetched.address(index), rest, Descriptor.fourth(rest))) {
                return false;
            }
        }
        return true;
    }

    @Override
    void savePosition() {
        savedNext = next;
        savedNextWrap = nextWrap;
    }

    @Override
    void restorePosition() {
        next = savedNext;
        nextWrap = savedNextWrap;
    }

    /**
     * The first one's flags are written last, so that the driver, which looks at them in order,
     * sees all of them or none.
     */
    @Override
    void publishUsed(final int count) {
        final int firstSlot = usedNext;
        final long first = usedDescriptor(0);
        advanceUsed(usedSlots(0));
        publishedSlots = usedSlots(0);
        for (int i = 1; i < count; i++) {
            descriptors().set64Release(restAt(usedNext), usedDescriptor(i));
            advanceUsed(usedSlots(i));
            publishedSlots += usedSlots(i);
        }
        descriptors().set64Release(restAt(firstSlot), first);
    }

    @Override
    void publishLastUsed(final int count) {
        descriptors().set64Release(restAt(usedNext), usedDescriptor(count - 1));
        publishedSlots = 0;
        for (int i = 0; i < count; i++) {
            advanceUsed(usedSlots(i));
            publishedSlots += usedSlots(i);
        }
    }

    private long usedDescriptor(final int index) {
        final int lengthBytes = usedLength(index);
        final int flags = (usedWrap ? OWNER : 0) | (lengthBytes == 0 ? 0 : Descriptor.WRITE);
        return (long) flags << 48
                | (long) usedId(index) << 32
                | Integer.toUnsignedLong(lengthBytes);
    }

    private void advanceUsed(final int slots) {
        usedNext += slots;
        if (usedNext >= size()) {
            usedNext -= size();
            usedWrap = !usedWrap;
        }
    }

    @Override
    boolean isNotificationWanted(final int count) {
        final int flags = driverArea().get16(EVENT_FLAGS);
        if (flags != EVENT_AT_DESCRIPTOR || !isEventIndex()) {
            return flags != EVENT_DISABLE;
        }
        final int event = driverArea().get16(0);
        final int eventSlot = event & ~EVENT_WRAP;
        final boolean isThisLap = ((event & EVENT_WRAP) != 0) == usedWrap;
        // How far behind the place where the device is now; not positive if it is still to come.
        final int behind = usedNext - eventSlot + (isThisLap ? 0 : size());
        return behind > 0 && behind <= publishedSlots;
    }
}
