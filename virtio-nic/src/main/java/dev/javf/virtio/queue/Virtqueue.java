package dev.javf.virtio.queue;

import dev.javf.vfio.DmaSpace;
import dev.javf.virtio.Feature;

import java.lang.invoke.VarHandle;

/**
 * A virtqueue from the device's side, which polls it: driver notifications are suppressed from the
 * start. Buffers are used in the order in which they were made available (which is what IN_ORDER
 * demands), in bursts:
 *
 * <pre>
 *     if (queue.begin()) {
 *         while (queue.fetch(chain)) { ... queue.use(chain, bytesWritten); }
 *         if (queue.publish()) { interrupt the driver }
 *     }
 *     if (queue.fault() != NONE) { the device needs a reset }
 * </pre>
 *
 * <p>What the driver wrote is read once, checked, and used from the copy. The first fault stops the
 * queue until it is opened again. For one thread; a burst allocates nothing.
 */
public abstract class Virtqueue {
    /** Largest size that any virtqueue can have (VirtIO 1.2, 2.7 and 2.8.10.1). */
    public static final int MAX_SIZE = 32768;

    private final int maxSize;
    private final DescriptorTable table;
    private final RingMemory descriptors;
    private final RingMemory driverArea;
    private final RingMemory deviceArea;

    /** Length in bits 63..32, slots but one in 31..16, id in 15..0. */
    private final long[] usedChains;

    private int used;
    private int savedUsed;
    private int size;
    private boolean isOpen;
    private boolean isEventIndex;
    private boolean isIndirect;
    private boolean isInOrder;
    private boolean isAnyWritten;
    private boolean isQuiet;
    private QueueFault fault = QueueFault.NONE;
    private long faultAddress;

    Virtqueue(final DmaSpace dma, final int maxSize) {
        if (maxSize < 1 || maxSize > MAX_SIZE || Integer.bitCount(maxSize) != 1) {
            throw new IllegalArgumentException(
                    "virtqueue: maximum size " + maxSize + ", must be a power of two to 32768");
        }
        this.maxSize = maxSize;
        table = new DescriptorTable(dma, maxSize);
        descriptors = new RingMemory(dma);
        driverArea = new RingMemory(dma);
        deviceArea = new RingMemory(dma);
        usedChains = new long[maxSize];
    }

    /**
     * A queue that isn't open.
     *
     * @param dma the driver's memory.
     * @param maxSize descriptors that it may have, a power of two.
     * @param features as agreed with the driver; RING_PACKED decides on the format.
     */
    public static Virtqueue of(final DmaSpace dma, final int maxSize, final long features) {
        final Virtqueue queue =
                Feature.RING_PACKED.isIn(features)
                        ? new PackedVirtqueue(dma, maxSize)
                        : new SplitVirtqueue(dma, maxSize);
        queue.isEventIndex = Feature.EVENT_IDX.isIn(features);
        queue.isIndirect = Feature.INDIRECT_DESC.isIn(features);
        queue.isInOrder = Feature.IN_ORDER.isIn(features);
        return queue;
    }

    /**
     * Starts with a ring as the driver has just made it: nothing available, nothing used.
     *
     * @param settings nothing in it is believed.
     * @return what is wrong with them; NONE if the queue is open now.
     */
    public final QueueFault open(final QueueSettings settings) {
        final QueueFault cause = lay(settings);
        isOpen = cause == QueueFault.NONE;
        return cause;
    }

    /**
     * Goes on with a ring that was in use before. What was made available but not used comes again.
     *
     * @param settings nothing in it is believed.
     * @param position as {@link #position} said, in this process or an earlier one. A split ring
     *     doesn't need it: it says itself what has been used.
     * @return what is wrong with them; NONE if the queue is open now.
     */
    public final QueueFault resume(final QueueSettings settings, final int position) {
        QueueFault cause = lay(settings);
        if (cause == QueueFault.NONE && !resumeAt(position)) {
            cause = fail(QueueFault.AVAILABLE_INDEX, 0);
        }
        isOpen = cause == QueueFault.NONE;
        return cause;
    }

    /** Where the queue is, in the words of vhost-user's SET_VRING_BASE. Between two bursts. */
    public abstract int position();

    private QueueFault lay(final QueueSettings settings) {
        isOpen = false;
        isQuiet = false;
        fault = QueueFault.NONE;
        faultAddress = 0;
        used = 0;
        isAnyWritten = false;
        size = settings.size();
        if (size < 1 || size > maxSize || !isPossibleSize(size)) {
            return fail(QueueFault.SIZE, 0);
        }
        place(settings);
        restart();
        if (!descriptors.isAligned() || !driverArea.isAligned() || !deviceArea.isAligned()) {
            return fail(QueueFault.ALIGNMENT, 0);
        }
        if (!lookUp()) {
            return fail(QueueFault.RING_ADDRESS, settings.descriptorArea());
        }
        return QueueFault.NONE;
    }

    /** Forgets the ring. The driver's memory isn't touched any more. */
    public final void close() {
        isOpen = false;
    }

    /** Whether {@link #open} was called with success, and nothing has gone wrong since. */
    public final boolean isOpen() {
        return isOpen;
    }

    /** What went wrong last; NONE if nothing has since {@link #open}. */
    public final QueueFault fault() {
        return fault;
    }

    /** The address that {@link #fault} is about, if it is about one. */
    public final long faultAddress() {
        return faultAddress;
    }

    /**
     * Starts a burst.
     *
     * @return whether the queue is open and its rings are where they should be.
     */
    public final boolean begin() {
        if (!isOpen) {
            return false;
        }
        if (!lookUp()) {
            fail(QueueFault.RING_ADDRESS, 0);
            return false;
        }
        if (!isQuiet) {
            isQuiet = true;
            suppressDriverNotifications();
        }
        return true;
    }

    private boolean lookUp() {
        return descriptors.lookUp() && driverArea.lookUp() && deviceArea.lookUp();
    }

    /**
     * Takes the next chain that the driver has made available. Only within a burst.
     *
     * @param chain gets its buffers.
     * @return whether there was one; if not, {@link #fault} says whether that is an error.
     */
    public final boolean fetch(final DescriptorChain chain) {
        // A driver that makes buffers available faster than it gets them back doesn't own them.
        return isOpen && used < size && fetchNext(chain);
    }

    abstract boolean fetchNext(DescriptorChain chain);

    /**
     * Takes the next chains that are one buffer each, up to the first that is something else (which
     * {@link #fetch} then has to do with, whatever it is). Only within a burst.
     *
     * @param batch gets them.
     * @param isWritable whether the device is to write them, or to read.
     * @param max how many at most, up to {@link BufferBatch#CAPACITY}.
     * @return how many.
     */
    public final int fetchSingles(
            final BufferBatch batch, final boolean isWritable, final int max) {
        return isOpen
                ? fetchSingles(batch, isWritable ? Descriptor.WRITE : 0, Math.min(max, size - used))
                : 0;
    }

    abstract int fetchSingles(BufferBatch batch, int wantedFlags, int max);

    /**
     * Puts the last of those that were fetched back: they come again.
     *
     * @param count how many that haven't been used, of the last {@link #fetchSingles}.
     */
    public final void putBack(final int count) {
        moveBack(count);
    }

    abstract void moveBack(int count);

    /**
     * Gives buffers of a batch back that nothing was written to, as {@link #use} does a chain.
     *
     * @param batch has them.
     * @param count how many, from the first one on.
     */
    public final void useUnwritten(final BufferBatch batch, final int count) {
        final long[] chains = usedChains;
        final int[] ids = batch.ids;
        final int from = used;
        for (int i = 0; i < count; i++) {
            chains[from + i] = ids[i];
        }
        used = from + count;
    }

    /**
     * Gives buffers of a batch back, each with what was {@link BufferBatch#written} to it.
     *
     * @param batch has them.
     * @param first place of the first.
     * @param count how many; at least one byte was written to each.
     */
    public final void useWritten(final BufferBatch batch, final int first, final int count) {
        final long[] chains = usedChains;
        final int[] ids = batch.ids;
        final int[] lengths = batch.lengths;
        final int from = used - first;
        for (int i = first; i < first + count; i++) {
            chains[from + i] = (long) lengths[i] << Integer.SIZE | ids[i];
        }
        used += count;
        isAnyWritten |= count > 0;
    }

    /**
     * Gives a chain back, in the order of {@link #fetch}. The driver sees it after {@link
     * #publish}.
     *
     * @param chain as fetched.
     * @param writtenBytes to its buffers, from the first one on.
     */
    public final void use(final DescriptorChain chain, final long writtenBytes) {
        usedChains[used] =
                writtenBytes << Integer.SIZE | (chain.slots() - 1L) << Short.SIZE | chain.id();
        isAnyWritten |= writtenBytes != 0;
        used++;
    }

    /** Remembers the place, for {@link #restore}. */
    public final void save() {
        savedUsed = used;
        savePosition();
    }

    /** Returns to the place of {@link #save}: what was fetched and used since wasn't. */
    public final void restore() {
        used = savedUsed;
        restorePosition();
    }

    /**
     * Ends a burst: the driver sees everything that was used, at once.
     *
     * @return whether the driver wants to be told.
     */
    public final boolean publish() {
        if (used == 0 || !isOpen) {
            return false;
        }
        final int count = used;
        if (isInOrder && !isAnyWritten) {
            // The last one stands for all of them (2.7.11, 2.8.11); what wasn't written has no
            // length that would have to be told.
            publishLastUsed(count);
        } else {
            publishUsed(count);
        }
        used = 0;
        isAnyWritten = false;
        // The driver sets its suppression, then looks at the ring; here it is the other way round.
        // Without a full fence between the two, both could miss each other's store.
        VarHandle.fullFence();
        return isNotificationWanted(count);
    }

    /**
     * Something is wrong with a chain's content: the queue stops.
     *
     * @param cause what is wrong.
     * @param address that it is about; 0 for none.
     * @return the cause.
     */
    public final QueueFault fail(final QueueFault cause, final long address) {
        isOpen = false;
        fault = cause;
        faultAddress = address;
        return cause;
    }

    abstract boolean isPossibleSize(int descriptorCount);

    abstract void place(QueueSettings settings);

    /** Nothing available, nothing used. */
    abstract void restart();

    /** Takes up a position; false if it can't be. The rings have been looked up. */
    abstract boolean resumeAt(int position);

    abstract void suppressDriverNotifications();

    abstract void savePosition();

    abstract void restorePosition();

    abstract void publishUsed(int count);

    /** The same with one element, for all those that were used. */
    abstract void publishLastUsed(int count);

    /** Whether the last {@code count} used chains, published just now, are to be notified of. */
    abstract boolean isNotificationWanted(int count);

    /**
     * Appends what an indirect descriptor stands for.
     *
     * @param chain gets the buffers.
     * @param address of the table.
     * @param rest the descriptor's second half.
     * @param flags the descriptor's.
     * @return whether it is as it should be.
     */
    final boolean addTable(
            final DescriptorChain chain, final long address, final long rest, final int flags) {
        if (!isIndirect || (flags & Descriptor.NEXT) != 0) {
            fail(QueueFault.INDIRECT, address);
            return false;
        }
        final QueueFault cause = table.fetch(address, Descriptor.lengthBytes(rest), size);
        if (cause != QueueFault.NONE) {
            fail(cause, address);
            return false;
        }
        return addTable(chain, table);
    }

    /** Appends the table's buffers, in the order of the ring's format. */
    abstract boolean addTable(DescriptorChain chain, DescriptorTable fetched);

    /** Appends one buffer; false, with the fault set, if it may not be there. */
    final boolean add(
            final DescriptorChain chain, final long address, final long rest, final int flags) {
        final QueueFault cause =
                chain.add(address, Descriptor.lengthBytes(rest), (flags & Descriptor.WRITE) != 0);
        if (cause != QueueFault.NONE) {
            fail(cause, address);
            return false;
        }
        return true;
    }

    /** Whether the driver agreed to EVENT_IDX. */
    final boolean isEventIndex() {
        return isEventIndex;
    }

    /** Whether the driver agreed to INDIRECT_DESC. */
    final boolean isIndirect() {
        return isIndirect;
    }

    /** Whether the driver agreed to IN_ORDER. */
    final boolean isInOrder() {
        return isInOrder;
    }

    /** Descriptors in the ring, as {@link #open} was told. */
    public final int size() {
        return size;
    }

    final RingMemory descriptors() {
        return descriptors;
    }

    final RingMemory driverArea() {
        return driverArea;
    }

    final RingMemory deviceArea() {
        return deviceArea;
    }

    final int usedId(final int index) {
        return (int) usedChains[index] & 0xFFFF;
    }

    final int usedLength(final int index) {
        return (int) (usedChains[index] >>> Integer.SIZE);
    }

    final int usedSlots(final int index) {
        return ((int) usedChains[index] >>> Short.SIZE) + 1;
    }
}
