package dev.javf.sim;

import dev.javf.packet.Ethernet;
import dev.javf.vfio.DmaCursor;
import dev.javf.vfio.DmaSpace;
import dev.javf.vfio.IommuFault;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * A ring of 32-byte Rx descriptors: takes the buffers between its head and the tail register, fills
 * them and writes descriptors back, with the quadword that has DD last.
 *
 * <p>Descriptors are written back in groups of {@link #WRITE_BACK_STRIDE}; what doesn't fill a
 * group is held until the queue's vector lets it go (Linux i40e driver, WB_STRIDE). For the
 * switch's thread.
 */
final class RxQueue {
    static final int DESCRIPTOR_BYTES = 32;
    static final int WRITE_BACK_STRIDE = 4;

    /** Buffers that a packet may fill. */
    static final int MAX_BUFFERS = 5;

    private static final int FRAME_CHECK_SEQUENCE_BYTES = 4;
    private static final long TAIL_BASE = 0x2000;
    private static final int TAIL_MASK = VfQueues.MAX_RING_LENGTH;

    /** Queue contexts hold ring addresses in units of 128 bytes. */
    private static final long RING_ADDRESS_MASK = -128;

    private static final ValueLayout.OfLong QUADWORD =
            ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle STATUS = QUADWORD.varHandle();
    private static final VarHandle REGISTER =
            ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();

    private final String device;
    private final int number;
    private final DmaSpace dma;
    private final DmaCursor ring;
    private final DmaCursor buffer;
    private final MemorySegment registers;
    private final long[] heldStatus = new long[WRITE_BACK_STRIDE];
    private final MemorySegment checkSequence =
            Arena.ofAuto().allocate(FRAME_CHECK_SEQUENCE_BYTES, Integer.BYTES);
    private @Nullable RxQueueContext context;
    private boolean enabled;
    private int vector;
    private int itr;
    private int head;
    private int tail;
    private int held;

    RxQueue(
            final String device,
            final int number,
            final DmaSpace dma,
            final MemorySegment registers) {
        this.device = device;
        this.number = number;
        this.dma = dma;
        this.registers = registers;
        ring = new DmaCursor(dma);
        buffer = new DmaCursor(dma);
    }

    /** Forgets everything; what is held is never written back. */
    void reset() {
        held = 0;
        enabled = false;
        context = null;
        map(0, QueueInterrupts.NO_ITR);
    }

    void configure(final RxQueueContext newContext) {
        held = 0;
        enabled = false;
        context = newContext;
    }

    boolean enable() {
        if (context == null) {
            return false;
        }
        if (!enabled) {
            enabled = true;
            head = 0;
            tail = 0;
            held = 0;
        }
        return true;
    }

    void disable() {
        writeBack();
        enabled = false;
    }

    boolean isEnabled() {
        return enabled;
    }

    void map(final int newVector, final int newItr) {
        vector = newVector;
        itr = newItr;
    }

    int vector() {
        return vector;
    }

    int itr() {
        return itr;
    }

    /**
     * Writes a frame to the next buffers.
     *
     * @return null when it was written, else why not.
     */
    @Nullable DropCause receive(final Frame frame, final RxMetadata metadata) {
        final RxQueueContext queue = context;
        if (!enabled || queue == null) {
            return DropCause.RX_QUEUE_DISABLED;
        }
        final int visibleTags = metadata.visibleTags();
        final int tagBytes = Integer.bitCount(visibleTags) * Ethernet.VLAN_TAG_BYTES;
        final int addedBytes = tagBytes - (frame.typeOffset() - Ethernet.TYPE_OFFSET);
        final int frameBytes = frame.storedBytes() + addedBytes;
        final int totalBytes =
                queue.keepCrc() ? frameBytes + FRAME_CHECK_SEQUENCE_BYTES : frameBytes;
        final int buffers = (totalBytes + queue.bufferBytes() - 1) / queue.bufferBytes();
        if (frame.lengthBytes() > queue.maxPacketBytes() || buffers > MAX_BUFFERS) {
            return DropCause.RX_TOO_LONG;
        }
        final DropCause cause = checkRoom(queue, buffers);
        if (cause != null) {
            return cause;
        }
        final MemorySegment header =
                frame.isAsStored(visibleTags) ? frame.header() : frame.edit(visibleTags);
        final int headerBytes = frame.headerBytes() + addedBytes;
        if (buffers == 1 && totalBytes == headerBytes) {
            if (!selectBuffer(head, totalBytes)) {
                return DropCause.RX_IOMMU_FAULT;
            }
            MemorySegment.copy(header, 0, buffer.memory(), buffer.offset(), totalBytes);
        } else if (!scatter(queue, frame, header, headerBytes, totalBytes)) {
            return DropCause.RX_IOMMU_FAULT;
        }
        writeDescriptors(queue, frame, metadata, buffers, totalBytes);
        return null;
    }

    /** Writes back what is held. */
    void writeBack() {
        if (held == 0) {
            return;
        }
        final RxQueueContext queue = context;
        if (queue == null || !selectRing(queue)) {
            held = 0;
            return;
        }
        final MemorySegment memory = ring.memory();
        int slot = head - held;
        slot = slot < 0 ? slot + queue.ringLength() : slot;
        for (int i = 0; i < held; i++) {
            final long at = ring.offset() + (long) slot * DESCRIPTOR_BYTES;
            STATUS.setRelease(memory, at + 8, heldStatus[i]);
            slot = slot + 1 == queue.ringLength() ? 0 : slot + 1;
        }
        held = 0;
    }

    private @Nullable DropCause checkRoom(final RxQueueContext queue, final int buffers) {
        int room = tail - head;
        room = room < 0 ? room + queue.ringLength() : room;
        if (room < buffers) {
            tail = (int) REGISTER.getAcquire(registers, TAIL_BASE + 4L * number) & TAIL_MASK;
            if (tail >= queue.ringLength()) {
                enabled = false;
                return DropCause.RX_TAIL;
            }
            room = tail - head;
            room = room < 0 ? room + queue.ringLength() : room;
            if (room < buffers) {
                return DropCause.RX_NO_DESCRIPTOR;
            }
        }
        return selectRing(queue) ? null : DropCause.RX_IOMMU_FAULT;
    }

    /** Copies header, pieces and frame check sequence to as many buffers as they need. */
    private boolean scatter(
            final RxQueueContext queue,
            final Frame frame,
            final MemorySegment header,
            final int headerBytes,
            final int totalBytes) {
        int slot = head;
        int room = 0;
        long to = 0;
        int left = totalBytes;
        MemorySegment from = header;
        long fromOffset = 0;
        int fromBytes = headerBytes;
        int piece = frame.firstPiece();
        int crc = -1;
        while (true) {
            while (fromBytes > 0) {
                if (room == 0) {
                    room = Math.min(queue.bufferBytes(), left);
                    if (!selectBuffer(slot, room)) {
                        return false;
                    }
                    to = buffer.offset();
                    slot = slot + 1 == queue.ringLength() ? 0 : slot + 1;
                }
                final int chunk = Math.min(fromBytes, room);
                MemorySegment.copy(from, fromOffset, buffer.memory(), to, chunk);
                if (queue.keepCrc() && left > FRAME_CHECK_SEQUENCE_BYTES) {
                    crc = Checksums.frameCheckSequence(crc, from, fromOffset, chunk);
                }
                fromOffset += chunk;
                fromBytes -= chunk;
                to += chunk;
                room -= chunk;
                left -= chunk;
            }
            if (left == 0) {
                return true;
            }
            if (piece < frame.pieces()) {
                from = frame.pieceMemory(piece);
                fromOffset = frame.pieceOffset(piece);
                fromBytes = frame.pieceLength(piece++);
            } else {
                checkSequence.set(ValueLayout.JAVA_INT, 0, ~crc);
                from = checkSequence;
                fromOffset = 0;
                fromBytes = FRAME_CHECK_SEQUENCE_BYTES;
            }
        }
    }

    private void writeDescriptors(
            final RxQueueContext queue,
            final Frame frame,
            final RxMetadata metadata,
            final int buffers,
            final int totalBytes) {
        final MemorySegment memory = ring.memory();
        int left = totalBytes;
        for (int i = 0; i < buffers; i++) {
            final boolean last = i + 1 == buffers;
            final int length = last ? left : queue.bufferBytes();
            left -= length;
            final long at = ring.offset() + (long) head * DESCRIPTOR_BYTES;
            memory.set(QUADWORD, at, metadata.quadword0(queue, frame, length, last));
            memory.set(QUADWORD, at + 16, metadata.quadword2(queue, last));
            memory.set(QUADWORD, at + 24, 0);
            heldStatus[held++] = metadata.quadword1(queue, frame, length, last);
            final boolean groupEnds = (head & WRITE_BACK_STRIDE - 1) == WRITE_BACK_STRIDE - 1;
            head = head + 1 == queue.ringLength() ? 0 : head + 1;
            if (groupEnds || head == 0) {
                writeBack();
            }
        }
    }

    private boolean selectRing(final RxQueueContext queue) {
        final long iova = queue.ringIova() & RING_ADDRESS_MASK;
        final long lengthBytes = (long) queue.ringLength() * DESCRIPTOR_BYTES;
        if (ring.select(iova, lengthBytes)) {
            return true;
        }
        fault(iova, lengthBytes, ": ring");
        return false;
    }

    private boolean selectBuffer(final int slot, final int lengthBytes) {
        final long iova =
                ring.memory().get(QUADWORD, ring.offset() + (long) slot * DESCRIPTOR_BYTES);
        if (buffer.select(iova, lengthBytes)) {
            return true;
        }
        fault(iova, lengthBytes, ", descriptor " + slot + ": packet buffer");
        return false;
    }

    private void fault(final long iova, final long lengthBytes, final String what) {
        enabled = false;
        held = 0;
        dma.recordFault(new IommuFault(device, iova, lengthBytes, "Rx queue " + number + what));
    }
}
