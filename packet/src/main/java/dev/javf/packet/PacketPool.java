package dev.javf.packet;

import dev.javf.linux.PageSize;
import dev.javf.linux.SharedMemory;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Packet buffers of one size in one piece of memory, handed out by index. A buffer is
 *
 * <pre>
 *  0            headroom                        headroom + data capacity = stride
 *  +---------------+--------------------------------------+
 *  |   headroom    |               data                   |
 *  +---------------+--------------------------------------+
 * </pre>
 *
 * with headroom and stride multiples of 128 bytes, the granularity in which an E810 counts buffer
 * lengths. A new packet starts behind the headroom; what is put before it later (a tag, a virtio
 * header) needs no copy.
 *
 * <p>A pool belongs to one thread, the poller that owns it. Free buffers are a stack, so that the
 * one handed out next is the one most likely still in the cache.
 *
 * <p>Unless {@code -Djavf.disable.checks=true} is given, a second {@link #free} of a buffer and a
 * write into a free buffer are found and thrown.
 */
public final class PacketPool implements AutoCloseable {
    /** System property that turns off the checks for double free and use after free. */
    public static final String DISABLE_CHECKS_PROP_NAME = "javf.disable.checks";

    /** Whether double free and use after free are looked for. */
    public static final boolean CHECKED = !Boolean.getBoolean(DISABLE_CHECKS_PROP_NAME);

    /** What {@link #allocate} returns when no buffer is free. */
    public static final int NONE = -1;

    /** Headroom and data capacity are multiples of this. */
    public static final int GRANULARITY_BYTES = 128;

    /** Most headroom, in bytes. */
    public static final int HEADROOM_BYTES_MAX = 32768;

    /** Default headroom, in bytes. */
    public static final int HEADROOM_BYTES_DEFAULT = 128;

    /** Default data capacity, in bytes: a frame of 1518 bytes with double tag and room to spare. */
    public static final int DATA_CAPACITY_BYTES_DEFAULT = 2048;

    private static final long POISON = 0xDEAD_F4EE_DEAD_F4EEL;
    private static final int POISON_BYTES = 64;

    private final SharedMemory sharedMemory;
    private final MemorySegment memory;
    private final int capacity;
    private final int headroomBytes;
    private final int dataCapacityBytes;
    private final int strideBytes;
    private final int[] free;
    private final boolean[] isFree;

    /** For each buffer of a packet with several: the next one, or {@link #NONE}. */
    private final int[] next;

    /** For each but the first of them: where its piece of the packet starts. */
    private final int[] pieceOffsets;

    /** For each but the first of them: how long its piece of the packet is. */
    private final int[] pieceLengths;

    /** Pools of this memory that aren't closed. */
    private final AtomicInteger users;

    /** Whether free buffers hold a pattern, by which a write into them is found. */
    private final boolean isPoisoned;

    private int freeCount;
    private long exhaustedCount;

    /**
     * Allocates the memory and puts every buffer on the free stack.
     *
     * @param name of the memory, as /proc/self/maps shows it.
     * @param capacity number of buffers, at least 1.
     * @param headroomBytes a multiple of 128, 0 to {@link #HEADROOM_BYTES_MAX}.
     * @param dataCapacityBytes a multiple of 128 from 1024 to 16256, which an ice PF accepts as an
     *     Rx buffer.
     * @param pageSize preferred size of the pages; smaller ones are taken when there are none.
     * @throws IllegalArgumentException when a number is out of its range.
     */
    public PacketPool(
            final String name,
            final int capacity,
            final int headroomBytes,
            final int dataCapacityBytes,
            final PageSize pageSize) {
        this(name, capacity, headroomBytes, dataCapacityBytes, pageSize, CHECKED);
    }

    private PacketPool(
            final String name,
            final int capacity,
            final int headroomBytes,
            final int dataCapacityBytes,
            final PageSize pageSize,
            final boolean isPoisoned) {
        if (capacity < 1) {
            throw new IllegalArgumentException(
                    "packet pool '" + name + "': capacity " + capacity + ", at least 1 is needed");
        }
        if (headroomBytes < 0
                || headroomBytes > HEADROOM_BYTES_MAX
                || headroomBytes % GRANULARITY_BYTES != 0) {
            throw new IllegalArgumentException(
                    "packet pool '"
                            + name
                            + "': headroom "
                            + headroomBytes
                            + " bytes, must be a multiple of "
                            + GRANULARITY_BYTES
                            + " up to "
                            + HEADROOM_BYTES_MAX);
        }
        if (dataCapacityBytes < 1024
                || dataCapacityBytes > 16256
                || dataCapacityBytes % GRANULARITY_BYTES != 0) {
            throw new IllegalArgumentException(
                    "packet pool '"
                            + name
                            + "': data capacity "
                            + dataCapacityBytes
                            + " bytes, must be a multiple of "
                            + GRANULARITY_BYTES
                            + " from 1024 to 16256");
        }
        this.capacity = capacity;
        this.isPoisoned = isPoisoned;
        users = new AtomicInteger(1);
        this.headroomBytes = headroomBytes;
        this.dataCapacityBytes = dataCapacityBytes;
        strideBytes = headroomBytes + dataCapacityBytes;
        sharedMemory = SharedMemory.allocate(name, (long) capacity * strideBytes, pageSize);
        memory = sharedMemory.segment();
        free = new int[capacity];
        isFree = new boolean[capacity];
        next = new int[capacity];
        pieceOffsets = new int[capacity];
        pieceLengths = new int[capacity];
        for (int buffer = capacity - 1; buffer >= 0; buffer--) {
            if (CHECKED) {
                poison(buffer);
            }
            free[freeCount++] = buffer;
        }
    }

    /** A share of another pool's buffers. */
    private PacketPool(final PacketPool whole, final int share) {
        capacity = share;
        isPoisoned = whole.isPoisoned;
        users = whole.users;
        headroomBytes = whole.headroomBytes;
        dataCapacityBytes = whole.dataCapacityBytes;
        strideBytes = whole.strideBytes;
        sharedMemory = whole.sharedMemory;
        memory = whole.memory;
        free = new int[whole.free.length];
        isFree = whole.isFree;
        next = whole.next;
        pieceOffsets = whole.pieceOffsets;
        pieceLengths = whole.pieceLengths;
        whole.freeCount -= share;
        System.arraycopy(whole.free, whole.freeCount, free, 0, share);
        freeCount = share;
    }

    /**
     * Pools for several threads that share one piece of memory: a buffer may be freed into another
     * pool than it was taken from, once it has been handed to that pool's thread by something that
     * orders memory. Each pool has a share of the buffers to begin with.
     *
     * @param name of the memory.
     * @param shares buffers of each pool, at least 1.
     * @return the pools; the memory is unmapped when all of them are closed.
     */
    public static List<PacketPool> split(final String name, final int... shares) {
        return split(name, CHECKED, shares);
    }

    /**
     * The same for memory that another process may map and write to: its length is fixed, and a
     * write into a free buffer isn't looked for.
     *
     * @param name of the memory.
     * @param shares buffers of each pool, at least 1.
     * @return the pools; the memory is unmapped here when all of them are closed.
     * @throws dev.javf.linux.LinuxException when there isn't enough memory.
     */
    public static List<PacketPool> splitForOthers(final String name, final int... shares) {
        final List<PacketPool> pools = split(name, false, shares);
        pools.getFirst().sharedMemory.seal();
        return pools;
    }

    private static List<PacketPool> split(
            final String name, final boolean isPoisoned, final int... shares) {
        int sum = 0;
        for (final int share : shares) {
            if (share < 1) {
                throw new IllegalArgumentException(
                        "packet pool '"
                                + name
                                + "': a share of "
                                + share
                                + ", at least 1 is needed");
            }
            sum = Math.addExact(sum, share);
        }
        final PacketPool whole =
                new PacketPool(
                        name,
                        sum,
                        HEADROOM_BYTES_DEFAULT,
                        DATA_CAPACITY_BYTES_DEFAULT,
                        PageSize.HUGE_2M,
                        isPoisoned);
        final List<PacketPool> pools = new ArrayList<>();
        for (final int share : shares) {
            pools.add(new PacketPool(whole, share));
        }
        whole.users.set(shares.length);
        return pools;
    }

    /**
     * A pool of the default buffer size.
     *
     * @param name of the memory.
     * @param capacity number of buffers.
     */
    public PacketPool(final String name, final int capacity) {
        this(name, capacity, HEADROOM_BYTES_DEFAULT, DATA_CAPACITY_BYTES_DEFAULT, PageSize.HUGE_2M);
    }

    /**
     * Takes a free buffer.
     *
     * @return its index, or {@link #NONE}; each such miss is counted.
     */
    public int allocate() {
        if (freeCount == 0) {
            exhaustedCount++;
            return NONE;
        }
        final int buffer = free[--freeCount];
        if (CHECKED) {
            checkUntouched(buffer);
        }
        return buffer;
    }

    /**
     * Gives a buffer back.
     *
     * @param buffer its index.
     * @throws IllegalStateException in checked mode, when it is free already.
     */
    public void free(final int buffer) {
        if (CHECKED) {
            if (isFree[buffer]) {
                throw new IllegalStateException("double free of packet buffer " + buffer);
            }
            poison(buffer);
        }
        free[freeCount++] = buffer;
    }

    /**
     * Takes many free buffers at once. There must be so many.
     *
     * @param buffers gets their indexes.
     * @param from where in it the first goes.
     * @param count how many, at most {@link #available}.
     */
    public void allocate(final int[] buffers, final int from, final int count) {
        final int rest = freeCount - count;
        System.arraycopy(free, rest, buffers, from, count);
        freeCount = rest;
        if (CHECKED) {
            for (int i = from; i < from + count; i++) {
                checkUntouched(buffers[i]);
            }
        }
    }

    /**
     * Gives many buffers back at once.
     *
     * @param buffers their indexes.
     * @param from where in it the first is.
     * @param count how many.
     * @throws IllegalStateException in checked mode, when one is free already.
     */
    public void free(final int[] buffers, final int from, final int count) {
        if (CHECKED) {
            for (int i = from; i < from + count; i++) {
                free(buffers[i]);
            }
        } else if (count == 1) {
            free(buffers[from]);
        } else {
            System.arraycopy(buffers, from, free, freeCount, count);
            freeCount += count;
        }
    }

    /**
     * Gives back the buffers of all packets in a vector, and empties it.
     *
     * @param vector packets of this pool.
     */
    public void free(final PacketVector vector) {
        for (int i = 0, size = vector.size(); i < size; i++) {
            free(vector, i);
        }
        vector.clear();
    }

    /**
     * Gives back the buffers of one packet, which stays in its vector.
     *
     * @param vector where it is.
     * @param i its place there.
     */
    public void free(final PacketVector vector, final int i) {
        if ((vector.flags(i) & PacketVector.FLAG_SEGMENTED) == 0) {
            free(vector.buffer(i));
        } else {
            freeChain(vector.buffer(i));
        }
    }

    /**
     * Gives back all buffers of a packet that was begun with {@link #begin}.
     *
     * @param first index of the first.
     */
    public void freeChain(final int first) {
        int buffer = first;
        while (buffer != NONE) {
            final int following = next[buffer];
            free(buffer);
            buffer = following;
        }
    }

    /**
     * Begins a packet of several buffers. Packets of one buffer need no call.
     *
     * @param first its first buffer, up to now its only one.
     */
    public void begin(final int first) {
        next[first] = NONE;
    }

    /**
     * Links a buffer, with the next piece of a packet, behind the packet's last.
     *
     * @param last the packet's last buffer up to now.
     * @param buffer the next one; it becomes the last.
     * @param offsetBytes from its start to the first byte of the piece.
     * @param lengthBytes of the piece.
     */
    public void append(
            final int last, final int buffer, final int offsetBytes, final int lengthBytes) {
        next[last] = buffer;
        next[buffer] = NONE;
        pieceOffsets[buffer] = offsetBytes;
        pieceLengths[buffer] = lengthBytes;
    }

    /**
     * The buffer after one of a packet with {@link PacketVector#FLAG_SEGMENTED}; without that flag
     * it means nothing.
     *
     * @param buffer one of the packet's.
     * @return the next one, or {@link #NONE} after the last.
     */
    public int next(final int buffer) {
        return next[buffer];
    }

    /**
     * Where the piece of a packet starts in one of its buffers after the first.
     *
     * @param buffer that one.
     * @return bytes from the buffer's start.
     */
    public int pieceOffsetBytes(final int buffer) {
        return pieceOffsets[buffer];
    }

    /**
     * How long the piece of a packet is in one of its buffers after the first.
     *
     * @param buffer that one.
     * @return bytes.
     */
    public int pieceLengthBytes(final int buffer) {
        return pieceLengths[buffer];
    }

    /**
     * Appends a copy of a packet, in buffers of its own, to another vector. There must be room.
     *
     * @param from where the packet is.
     * @param i its place there.
     * @param to gets the copy.
     * @return false when there are not enough buffers; then nothing was appended.
     */
    public boolean copy(final PacketVector from, final int i, final PacketVector to) {
        final int original = from.buffer(i);
        final int first = allocate();
        if (first == NONE) {
            return false;
        }
        copyPiece(original, first, from.offsetBytes(i), from.lengthBytes(i));
        if ((from.flags(i) & PacketVector.FLAG_SEGMENTED) != 0) {
            int last = first;
            begin(first);
            for (int piece = next[original]; piece != NONE; piece = next[piece]) {
                final int copy = allocate();
                if (copy == NONE) {
                    freeChain(first);
                    return false;
                }
                copyPiece(piece, copy, pieceOffsets[piece], pieceLengths[piece]);
                append(last, copy, pieceOffsets[piece], pieceLengths[piece]);
                last = copy;
            }
        }
        to.add(from, i);
        to.buffer(to.size() - 1, first);
        return true;
    }

    private void copyPiece(final int from, final int to, final int offset, final int length) {
        MemorySegment.copy(
                memory, bufferOffset(from) + offset, memory, bufferOffset(to) + offset, length);
    }

    /** The memory that holds all buffers; its length is rounded up to whole pages. */
    public MemorySegment memory() {
        return memory;
    }

    /** The memory with its descriptor, for a device to map or another process to share. */
    public SharedMemory sharedMemory() {
        return sharedMemory;
    }

    /** Number of buffers that it had to begin with. */
    public int capacity() {
        return capacity;
    }

    /** Number of buffers of all pools that share its memory. */
    public int wholeCapacity() {
        return next.length;
    }

    /** Number of free buffers. */
    public int available() {
        return freeCount;
    }

    /** How often {@link #allocate} found none. */
    public long exhaustedCount() {
        return exhaustedCount;
    }

    /** Bytes from one buffer to the next. */
    public int strideBytes() {
        return strideBytes;
    }

    /** Bytes before a new packet's first. */
    public int headroomBytes() {
        return headroomBytes;
    }

    /** Bytes that a packet may have in one buffer. */
    public int dataCapacityBytes() {
        return dataCapacityBytes;
    }

    /**
     * Where a buffer starts.
     *
     * @param buffer its index.
     * @return offset in {@link #memory}, in bytes.
     */
    public long bufferOffset(final int buffer) {
        return (long) buffer * strideBytes;
    }

    /**
     * Where a new packet's data start in a buffer.
     *
     * @param buffer its index.
     * @return offset in {@link #memory}, in bytes.
     */
    public long dataOffset(final int buffer) {
        return (long) buffer * strideBytes + headroomBytes;
    }

    /** Unmaps the memory, if no other pool has it. No device may reach it any more. */
    @Override
    public void close() {
        if (users.decrementAndGet() == 0) {
            sharedMemory.close();
        }
    }

    private void poison(final int buffer) {
        isFree[buffer] = true;
        if (!isPoisoned) {
            return;
        }
        final long start = dataOffset(buffer);
        for (int i = 0; i < POISON_BYTES; i += Long.BYTES) {
            memory.set(ValueLayout.JAVA_LONG, start + i, POISON);
        }
    }

    private void checkUntouched(final int buffer) {
        isFree[buffer] = false;
        if (!isPoisoned) {
            return;
        }
        final long start = dataOffset(buffer);
        for (int i = 0; i < POISON_BYTES; i += Long.BYTES) {
            if (memory.get(ValueLayout.JAVA_LONG, start + i) != POISON) {
                throw new IllegalStateException(
                        "use after free: packet buffer " + buffer + " was written while free");
            }
        }
    }
}
