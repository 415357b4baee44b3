package dev.javf.sim;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;

/**
 * The descriptors of one packet, copied from a Tx ring, and what the hardware makes of them. Reused
 * for every packet of a switch; for the switch's thread.
 *
 * <pre>
 *  data     address 63:0 | DTYPE 3:0, CMD 13:4, OFFSET 33:16, BUFFER SIZE 47:34, L2TAG1 63:48
 *  context  tunnelling 31:0, L2TAG2 47:32 | DTYPE 3:0, CMD 19:4, TSO LENGTH 47:30, MSS 63:50
 * </pre>
 *
 * Where the sources leave open what a malformed packet does, it is dropped and counted, and the
 * queue goes on behind it.
 */
final class TxPacket {
    /** The shortest frame that the hardware takes. */
    static final int MIN_FRAME_BYTES = 17;

    /** Buffers of a frame, or of a segment. */
    static final int MAX_BUFFERS = 8;

    static final long DTYPE_DONE = 0xF;
    private static final int DTYPE_DATA = 0;
    private static final int DTYPE_CONTEXT = 1;
    private static final int DTYPE_MASK = 0xF;

    private static final int EOP = 1 << 4;
    private static final int RS = 1 << 5;
    private static final int IL2TAG1 = 1 << 7;
    private static final int DUMMY = 1 << 8;
    private static final int OFFSET_SHIFT = 16;
    private static final int SIZE_SHIFT = 34;
    private static final int SIZE_MASK = 0x3FFF;
    private static final int L2TAG1_SHIFT = 48;

    private static final int CONTEXT_TSO = 1 << 4;
    private static final int CONTEXT_IL2TAG2 = 1 << 6;

    /** IL2TAG2_IL2H, SWTCH and SWPE: a tunnel's tag, and ways around the switch. */
    private static final int CONTEXT_NOT_FOR_VF = 0x78 << 4;

    private static final int L2TAG2_SHIFT = 32;

    private final EthernetSwitch owner;
    private final Frame frame;
    private final TxChecksums checksums = new TxChecksums();
    private final TxSegmentation segmentation;
    private final long[] addresses = new long[VfQueues.MAX_RING_LENGTH];
    private final long[] commands = new long[VfQueues.MAX_RING_LENGTH];
    private int descriptors;
    private boolean ended;

    TxPacket(final EthernetSwitch owner, final Frame frame) {
        this.owner = owner;
        this.frame = frame;
        segmentation = new TxSegmentation(owner, frame, this);
    }

    void clear() {
        descriptors = 0;
        ended = false;
    }

    /**
     * Adds a descriptor's private copy; as many as a ring has at most.
     *
     * @return whether it is the packet's last.
     */
    boolean add(final long quadword0, final long quadword1) {
        addresses[descriptors] = quadword0;
        commands[descriptors++] = quadword1;
        ended = (quadword1 & DTYPE_MASK) != DTYPE_CONTEXT && (quadword1 & EOP) != 0;
        return ended;
    }

    int descriptors() {
        return descriptors;
    }

    /** Quadword 1 of a descriptor. */
    long command(final int descriptor) {
        return commands[descriptor];
    }

    long address(final int descriptor) {
        return addresses[descriptor];
    }

    int bufferBytes(final int descriptor) {
        return (int) (commands[descriptor] >>> SIZE_SHIFT) & SIZE_MASK;
    }

    /** Whether a descriptor is to be marked done; context descriptors have no such bit. */
    static boolean reportsStatus(final long command) {
        return (command & DTYPE_MASK) != DTYPE_CONTEXT && (command & RS) != 0;
    }

    /** Puts the packet on its way, or counts why not. */
    void send(final TxQueue queue, final VfQueues vf) {
        final DropCause cause = check(queue, vf);
        if (cause != null) {
            vf.port().counters().dropped(cause);
        }
    }

    private @Nullable DropCause check(final TxQueue queue, final VfQueues vf) {
        final boolean hasContext = (commands[0] & DTYPE_MASK) == DTYPE_CONTEXT;
        final int first = hasContext ? 1 : 0;
        long totalBytes = 0;
        for (int i = first; i < descriptors; i++) {
            final int type = (int) commands[i] & DTYPE_MASK;
            if (type != DTYPE_DATA) {
                return type == DTYPE_CONTEXT ? DropCause.TX_CONTEXT : DropCause.TX_DESCRIPTOR_TYPE;
            }
            final int bytes = bufferBytes(i);
            if (bytes == 0) {
                return DropCause.TX_BUFFER_LENGTH;
            }
            totalBytes += bytes;
        }
        if (!ended) {
            return DropCause.TX_NO_END_OF_PACKET;
        }
        final long context = hasContext ? commands[0] : 0;
        if (hasContext
                && ((context & CONTEXT_NOT_FOR_VF) != 0 || !TxTunnel.isValid(tunnel(first)))) {
            return DropCause.TX_CONTEXT;
        }
        final long command = commands[first];
        if (!mayInsert(context, command, vf.vlanOffloads())) {
            return DropCause.TX_TAG_INSERTION;
        }
        if ((context & CONTEXT_TSO) != 0) {
            return segmentation.send(queue, vf, first, totalBytes);
        }
        if (descriptors - first > MAX_BUFFERS) {
            return DropCause.TX_BUFFER_COUNT;
        }
        if (totalBytes < MIN_FRAME_BYTES) {
            return DropCause.TX_TOO_SHORT;
        }
        if (totalBytes > vf.maxFrameBytes()) {
            return DropCause.TX_TOO_LONG;
        }
        return sendFrame(queue, vf, first, (int) totalBytes);
    }

    private @Nullable DropCause sendFrame(
            final TxQueue queue, final VfQueues vf, final int first, final int totalBytes) {
        final long command = commands[first];
        final int tunnel = tunnel(first);
        final boolean withChecksums = TxChecksums.isWanted(command) || TxTunnel.isThere(tunnel);
        final int headerBytes =
                withChecksums ? TxChecksums.headerBytes(command) + TxTunnel.bytes(tunnel) : 0;
        if (withChecksums && (!TxChecksums.areOffsetsValid(command) || headerBytes > totalBytes)) {
            return DropCause.TX_CHECKSUM_OFFSET;
        }
        frame.clear();
        if (first + 1 == descriptors && !withChecksums) {
            final MemorySegment memory = queue.select(frame, first, addresses[first], totalBytes);
            if (memory == null) {
                return DropCause.TX_IOMMU_FAULT;
            }
            frame.borrow(memory, queue.selectedOffset(), totalBytes, owner.doubleVlanMode());
        } else {
            if (!gather(queue, first)) {
                return DropCause.TX_IOMMU_FAULT;
            }
            frame.seal(Math.max(Frame.HEADER_BYTES, headerBytes), owner.doubleVlanMode());
        }
        if (withChecksums) {
            checksums.insert(frame, command, tunnel, 0, 0);
        }
        insertTags(first, vf);
        if ((command & DUMMY) == 0) {
            owner.transmit(frame, vf.port());
        }
        return null;
    }

    private boolean gather(final TxQueue queue, final int first) {
        for (int i = first; i < descriptors; i++) {
            final int bytes = bufferBytes(i);
            final MemorySegment memory = queue.select(frame, i, addresses[i], bytes);
            if (memory == null) {
                return false;
            }
            frame.append(memory, queue.selectedOffset(), bytes);
        }
        return true;
    }

    private boolean mayInsert(final long context, final long command, final VlanOffloads offloads) {
        return ((command & IL2TAG1) == 0 || offloads.innerInsertion())
                && ((context & CONTEXT_IL2TAG2) == 0
                        || (owner.doubleVlanMode() && offloads.outerInsertion() != 0));
    }

    /** Inserts the tags that the descriptors carry; the outer one last, so that it comes first. */
    void insertTags(final int first, final VfQueues vf) {
        final long command = commands[first];
        if ((command & IL2TAG1) != 0) {
            frame.insertTag(tag(VlanOffloads.INNER_TPID, (int) (command >>> L2TAG1_SHIFT)));
        }
        if (first > 0 && (commands[0] & CONTEXT_IL2TAG2) != 0) {
            frame.insertTag(
                    tag(vf.vlanOffloads().outerInsertion(), (int) (addresses[0] >>> L2TAG2_SHIFT)));
        }
    }

    private static int tag(final int tpid, final int tci) {
        return tpid << 16 | (tci & 0xFFFF);
    }

    /**
     * The tunnelling parameters; 0 without context descriptor.
     *
     * @param first the first data descriptor.
     */
    int tunnel(final int first) {
        return first == 0 ? 0 : (int) addresses[0];
    }

    /** OFFSET of a data descriptor. */
    static int offsets(final long command) {
        return (int) (command >>> OFFSET_SHIFT) & 0x3FFFF;
    }
}
