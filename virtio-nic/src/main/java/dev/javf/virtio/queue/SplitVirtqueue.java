package dev.javf.virtio.queue;

import dev.javf.linux.virtio.Virtio;
import dev.javf.vfio.DmaSpace;

/** The ring format with separate areas for descriptors, available and used ring (2.7). */
final class SplitVirtqueue extends Virtqueue {
    private static final int INDEX = 2;
    private static final int RING = 4;
    private static final int AVAILABLE_BYTES = 2;
    private static final int USED_BYTES = 8;
    private static final int INDEX_MASK = 0xFFFF;

    private int mask;
    private int next;
    private int available;
    private int savedNext;
    private int usedIndex;

    SplitVirtqueue(final DmaSpace dma, final int maxSize) {
        super(dma, maxSize);
    }

    @Override
    boolean isPossibleSize(final int descriptorCount) {
        return Integer.bitCount(descriptorCount) == 1;
    }

    @Override
    void place(final QueueSettings settings) {
        final int size = settings.size();
        mask = size - 1;
        // Behind each ring are the two bytes of the event index, which exist in any case.
        descriptors().place(settings.descriptorArea(), (long) size * Descriptor.BYTES, 16, false);
        driverArea()
                .place(
                        settings.driverArea(),
                        RING + (long) size * AVAILABLE_BYTES + Short.BYTES,
                        2,
                        false);
        deviceArea()
                .place(
                        settings.deviceArea(),
                        RING + (long) size * USED_BYTES + Short.BYTES,
                        4,
                        true);
    }

    @Override
    void restart() {
        next = 0;
        available = 0;
        usedIndex = 0;
    }

    /**
     * Everything up to the used index is done, and what follows isn't: buffers keep their order.
     */
    @Override
    boolean resumeAt(final int position) {
        usedIndex = deviceArea().get16(INDEX);
        next = usedIndex;
        available = usedIndex;
        return true;
    }

    @Override
    public int position() {
        return next;
    }

    /** With EVENT_IDX the flag must stay 0 (2.7.10.1); an event index left alone does as well. */
    @Override
    void suppressDriverNotifications() {
        deviceArea().set16(0, isEventIndex() ? 0 : Virtio.VRING_USED_F_NO_NOTIFY());
    }

    @Override
    boolean fetchNext(final DescriptorChain chain) {
        if (next == available && !lookForMore()) {
            return false;
        }
        final int head = driverArea().get16(RING + (long) (next & mask) * AVAILABLE_BYTES);
        chain.clear();
        if (!walk(chain, head)) {
            return false;
        }
        chain.finish(head, 1);
        next = (next + 1) & INDEX_MASK;
        return true;
    }

    private boolean lookForMore() {
        final int index = driverArea().get16Acquire(INDEX);
        if (((index - next) & INDEX_MASK) > size()) {
            fail(QueueFault.AVAILABLE_INDEX, 0);
            return false;
        }
        available = index;
        return next != index;
    }

    @Override
    int fetchSingles(final BufferBatch batch, final int wantedFlags, final int max) {
        if (((available - next) & INDEX_MASK) < max && !lookForMore()) {
            return 0;
        }
        final int most = Math.min(max, (available - next) & INDEX_MASK);
        final long ring = driverArea().address() + RING;
        final long table = descriptors().address();
        final long[] addresses = batch.addresses;
        final int[] lengths = batch.lengths;
        final int[] ids = batch.ids;
        int count = 0;
        for (; count < most; count++) {
            final int head =
                    RingMemory.load16(ring + (long) ((next + count) & mask) * AVAILABLE_BYTES);
            final int index = inRing(head);
            if (index != head) {
                break;
            }
            final long at = table + (long) index * Descriptor.BYTES;
            final long rest = RingMemory.load64(at + Long.BYTES);
            if (Descriptor.third(rest) != wantedFlags) {
                break;
            }
            addresses[count] = RingMemory.load64(at);
            lengths[count] = (int) Descriptor.lengthBytes(rest);
            ids[count] = index;
        }
        next = (next + count) & INDEX_MASK;
        return count;
    }

    @Override
    void moveBack(final int count) {
        next = (next - count) & INDEX_MASK;
    }

    /**
     * An index that is in the descriptor table, whatever was read: the index itself if it is right.
     * To compare isn't enough. When the page is gone, the load does nothing, and an InternalError
     * comes some instructions later; until then a register has anything, not the 16 bits that the
     * compiler believes in.
     */
    private int inRing(final int index) {
        return index & mask;
    }

    private boolean walk(final DescriptorChain chain, final int head) {
        int index = head;
        for (int length = 1; length <= size(); length++) {
            final int place = inRing(index);
            if (place != index) {
                fail(QueueFault.DESCRIPTOR_INDEX, 0);
                return false;
            }
            final long at = (long) place * Descriptor.BYTES;
            final long address = descriptors().get64(at);
            final long rest = descriptors().get64(at + Long.BYTES);
            final int flags = Descriptor.third(rest);
            if ((flags & Descriptor.INDIRECT) != 0) {
                return addTable(chain, address, rest, flags);
            }
            if (!add(chain, address, rest, flags)) {
                return false;
            }
            if ((flags & Descriptor.NEXT) == 0) {
                return true;
            }
            index = Descriptor.fourth(rest);
        }
        fail(QueueFault.CHAIN_LENGTH, 0);
        return false;
    }

    /** The table's descriptors are a list, too, from the first one on. */
    @Override
    boolean addTable(final DescriptorChain chain, final DescriptorTable fetched) {
        int index = 0;
        for (int length = 1; length <= fetched.length(); length++) {
            final long rest = fetched.rest(index);
            final int flags = Descriptor.third(rest);
            if ((flags & Descriptor.INDIRECT) != 0) {
                fail(QueueFault.INDIRECT, 0);
                return false;
            }
            if (!add(chain, fetched.address(index), rest, flags)) {
                return false;
            }
            if ((flags & Descriptor.NEXT) == 0) {
                return true;
            }
            index = Descriptor.fourth(rest);
            if (index >= fetched.length()) {
                fail(QueueFault.DESCRIPTOR_INDEX, 0);
                return false;
            }
        }
        fail(QueueFault.CHAIN_LENGTH, 0);
        return false;
    }

    @Override
    void savePosition() {
        savedNext = next;
    }

    @Override
    void restorePosition() {
        next = savedNext;
    }

    @Override
    void publishUsed(final int count) {
        for (int i = 0; i < count; i++) {
            writeUsed(i, i);
        }
        advance(count);
    }

    @Override
    void publishLastUsed(final int count) {
        writeUsed(0, count - 1);
        advance(count);
    }

    private void writeUsed(final int place, final int index) {
        deviceArea()
                .set64(
                        RING + (long) ((usedIndex + place) & mask) * USED_BYTES,
                        (long) usedLength(index) << Integer.SIZE | usedId(index));
    }

    private void advance(final int count) {
        usedIndex = (usedIndex + count) & INDEX_MASK;
        deviceArea().set16Release(INDEX, usedIndex);
    }

    @Override
    boolean isNotificationWanted(final int count) {
        if (!isEventIndex()) {
            return (driverArea().get16(0) & Virtio.VRING_AVAIL_F_NO_INTERRUPT()) == 0;
        }
        final int event = driverArea().get16(RING + (long) size() * AVAILABLE_BYTES);
        return ((usedIndex - event - 1) & INDEX_MASK) < count;
    }
}
