package dev.javf.sim;

import dev.javf.packet.Ethernet;
import dev.javf.vfio.DmaSpace;
import dev.javf.vfio.IommuFault;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * A ring of 32-byte Rx descriptors: takes the buffers between its head and the tail register, fills
 * them and writes descriptors back, with the quadword that has DD last.
 *
 * <p>Descriptors are written back in groups of {@link DescriptorRing#GROUP}; what doesn't fill a
 * group is held until the queue's vector lets it go (Linux i40e driver, WB_STRIDE). For the
 * switch's thread.
 */
final class RxQueue {
    static final int DESCRIPTOR_BYTES = 32;

    /** Buffers that a packet may fill. */
    static final int MAX_BUFFERS = 5;

    private static final long TAIL_BASE = 0x2000;
    private static final int TAIL_MASK = VfQueues.MAX_RING_LENGTH;
    private static final VarHandle REGISTER =
            ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();

    private final String device;
    private final int number;
    private final DmaSpace dma;
    private final DescriptorRing ring;
    private final RxScatter scatter;
    private final MemorySegment registers;
    private final long[] heldStatus = new long[DescriptorRing.GROUP];
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
            final RxScatter scatter,
            final MemorySegment registers) {
        this.device = device;
        this.number = number;
        this.dma = dma;
        this.registers = registers;
        ring = new DescriptorRing(dma, DESCRIPTOR_BYTES);
        this.scatter = scatter;
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
        ring.place(newContext.ringIova(), newContext.ringLength());
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
        final int tagBytes = metadata.visibleTagCount() * Ethernet.VLAN_TAG_BYTES;
        final int addedBytes = tagBytes - frame.storedTagBytes();
        final int frameBytes = frame.storedBytes() + addedBytes;
        final int crcBytes = queue.keepCrc() ? frameBytes : 0;
        final int totalBytes =
                queue.keepCrc() ? frameBytes + RxScatter.FRAME_CHECK_SEQUENCE_BYTES : frameBytes;
        final int buffers =
                totalBytes <= queue.bufferBytes()
                        ? 1
                        : (totalBytes + queue.bufferBytes() - 1) / queue.bufferBytes();
        final int strippedBytes = metadata.strippedTagCount() * Ethernet.VLAN_TAG_BYTES;
        if (frameBytes + strippedBytes > queue.maxPacketBytes() || buffers > MAX_BUFFERS) {
            return DropCause.RX_TOO_LONG;
        }
        ring.deselect();
        final DropCause cause = checkRoom(buffers);
        if (cause != null) {
            return cause;
        }
        final int visibleTags = metadata.visibleTags();
        final boolean written;
        if (buffers == 1 && totalBytes == frame.headerBytes() && frame.isAsStored(visibleTags)) {
            written = fillBuffer(frame, visibleTags);
        } else {
            scatter.start(frame, visibleTags, crcBytes);
            written = fillBuffers(queue, frame, totalBytes);
        }
        if (!written || !writeDescriptors(queue, frame, metadata, totalBytes)) {
            return DropCause.RX_IOMMU_FAULT;
        }
        return null;
    }

    /** Writes back what is held. */
    void writeBack() {
        ring.deselect();
        flush();
    }

    private void flush() {
        int slot = ring.distance(held, head);
        for (int i = 0; i < held; i++) {
            if (!ring.select(slot) || !ring.release(slot, 1, heldStatus[i])) {
                ringFault(slot);
                return;
            }
            slot = ring.next(slot);
        }
        held = 0;
    }

    private @Nullable DropCause checkRoom(final int buffers) {
        if (ring.distance(head, tail) < buffers) {
            tail = (int) REGISTER.getAcquire(registers, TAIL_BASE + 4L * number) & TAIL_MASK;
            if (tail >= ring.length()) {
                enabled = false;
                return DropCause.RX_TAIL;
            }
            if (ring.distance(head, tail) < buffers) {
                return DropCause.RX_NO_DESCRIPTOR;
            }
        }
        return null;
    }

    private boolean fillBuffer(final Frame frame, final int visibleTags) {
        if (!ring.select(head)) {
            ringFault(head);
            return false;
        }
        final long iova = ring.quadword(head, 0);
        if (!scatter.write(frame, visibleTags, iova)) {
            fault(iova, frame.headerBytes(), head, "packet buffer");
            return false;
        }
        return true;
    }

    private boolean fillBuffers(
            final RxQueueContext queue, final Frame frame, final int totalBytes) {
        int slot = head;
        for (int left = totalBytes; left > 0; slot = ring.next(slot)) {
            if (!ring.select(slot)) {
                ringFault(slot);
                return false;
            }
            final long iova = ring.quadword(slot, 0);
            final int length = Math.min(queue.bufferBytes(), left);
            if (!scatter.fill(frame, iova, length)) {
                fault(iova, length, slot, "packet buffer");
                return false;
            }
            left -= length;
        }
        return true;
    }

    private boolean writeDescriptors(
            final RxQueueContext queue,
            final Frame frame,
            final RxMetadata metadata,
            final int totalBytes) {
        int left = totalBytes;
        while (left > 0) {
            final int length = Math.min(queue.bufferBytes(), left);
            left -= length;
            final boolean last = left == 0;
            if (!ring.select(head)
                    || !ring.write(head, 0, metadata.quadword0(queue, frame, length, last))
                    || !ring.write(head, 2, metadata.quadword2(queue, frame, last))
                    || !ring.write(head, 3, metadata.quadword3(queue, last))) {
                ringFault(head);
                return false;
            }
            heldStatus[held++] = metadata.quadword1(queue, frame, length, last);
            final boolean endsGroup = ring.endsGroup(head);
            head = ring.next(head);
            if (endsGroup) {
                flush();
            }
        }
        return enabled;
    }

    private void ringFault(final int slot) {
        fault(ring.iova(slot), DESCRIPTOR_BYTES, slot, "ring");
    }

    private void fault(final long iova, final int lengthBytes, final int slot, final String what) {
        enabled = false;
        held = 0;
        dma.recordFault(
                new IommuFault(
                        device,
                        iova,
                        lengthBytes,
                        "Rx queue " + number + ", descriptor " + slot + ": " + what));
    }
}
