package dev.javf.sim;

import dev.javf.vfio.DmaCursor;
import dev.javf.vfio.DmaSpace;
import dev.javf.vfio.IommuFault;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * A ring of 16-byte Tx descriptors: fetches packets between its head and the tail register, hands
 * each to a {@link TxPacket}, and writes DTYPE 0xF into those descriptors that asked for it (RS).
 * Done descriptors are written back in groups of {@link #WRITE_BACK_STRIDE} like Rx ones. For the
 * switch's thread.
 */
final class TxQueue {
    static final int DESCRIPTOR_BYTES = 16;
    static final int WRITE_BACK_STRIDE = 4;

    private static final int TAIL_MASK = VfQueues.MAX_RING_LENGTH;
    private static final long RING_ADDRESS_MASK = -128;
    private static final ValueLayout.OfLong QUADWORD =
            ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle COMMAND = QUADWORD.varHandle();
    private static final VarHandle REGISTER =
            ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();

    private final String device;
    private final int number;
    private final VfQueues vf;
    private final DmaSpace dma;
    private final DmaCursor ring;
    private final DmaCursor buffer;
    private final MemorySegment registers;
    private final int[] heldSlot = new int[WRITE_BACK_STRIDE];
    private final long[] heldCommand = new long[WRITE_BACK_STRIDE];
    private @Nullable TxQueueContext context;
    private boolean enabled;
    private int vector;
    private int itr;
    private int head;
    private int held;
    private boolean reported;

    TxQueue(
            final String device,
            final int number,
            final VfQueues vf,
            final DmaSpace dma,
            final MemorySegment registers) {
        this.device = device;
        this.number = number;
        this.vf = vf;
        this.dma = dma;
        this.registers = registers;
        buffer = new DmaCursor(dma);
        ring = new DmaCursor(dma);
    }

    /** Forgets everything; what is held is never written back. */
    void reset() {
        held = 0;
        enabled = false;
        context = null;
        map(0, QueueInterrupts.NO_ITR);
    }

    void configure(final TxQueueContext newContext) {
        held = 0;
        enabled = false;
        context = newContext;
    }

    /**
     * An E810's doorbell means nothing to a queue that is not enabled: an old tail is forgotten.
     */
    boolean enable() {
        if (context == null) {
            return false;
        }
        if (!enabled) {
            enabled = true;
            head = 0;
            held = 0;
            REGISTER.setOpaque(registers, 4L * number, 0);
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

    /** Whether a descriptor was done since the last call, and asked to be told. */
    boolean takeReported() {
        final boolean taken = reported;
        reported = false;
        return taken;
    }

    /**
     * Sends what the driver has queued.
     *
     * @param packet what to gather descriptors in.
     * @param frameLimit packets at most.
     * @return packets taken from the ring, bad ones included.
     */
    int send(final TxPacket packet, final int frameLimit) {
        final TxQueueContext queue = context;
        if (!enabled || queue == null) {
            return 0;
        }
        final int tail = (int) REGISTER.getAcquire(registers, 4L * number) & TAIL_MASK;
        if (tail == head) {
            return 0;
        }
        if (tail >= queue.ringLength()) {
            enabled = false;
            vf.port().counters().dropped(DropCause.TX_TAIL);
            return 0;
        }
        if (!selectRing(queue)) {
            vf.port().counters().dropped(DropCause.TX_IOMMU_FAULT);
            return 0;
        }
        int count = 0;
        while (count < frameLimit && head != tail && enabled) {
            final int descriptors = fetch(queue, packet, tail);
            packet.send(this, vf);
            if (enabled) {
                complete(queue, packet, descriptors);
                count++;
            }
        }
        return count;
    }

    /** Copies the descriptors of the packet at the head, up to its last or the tail. */
    private int fetch(final TxQueueContext queue, final TxPacket packet, final int tail) {
        final MemorySegment memory = ring.memory();
        packet.clear();
        int slot = head;
        boolean more = true;
        while (more && slot != tail) {
            final long at = ring.offset() + (long) slot * DESCRIPTOR_BYTES;
            more = !packet.add(memory.get(QUADWORD, at), memory.get(QUADWORD, at + 8));
            slot = slot + 1 == queue.ringLength() ? 0 : slot + 1;
        }
        return packet.descriptors();
    }

    private void complete(
            final TxQueueContext queue, final TxPacket packet, final int descriptors) {
        for (int i = 0; i < descriptors; i++) {
            final long command = packet.command(i);
            if (TxPacket.reportsStatus(command)) {
                reported = true;
                heldSlot[held] = head;
                heldCommand[held++] = command | TxPacket.DTYPE_DONE;
            }
            final boolean groupEnds = (head & WRITE_BACK_STRIDE - 1) == WRITE_BACK_STRIDE - 1;
            head = head + 1 == queue.ringLength() ? 0 : head + 1;
            if (groupEnds || head == 0) {
                writeBack();
            }
        }
    }

    /** Writes back what is held. */
    void writeBack() {
        if (held == 0) {
            return;
        }
        final TxQueueContext queue = context;
        if (queue != null && selectRing(queue)) {
            for (int i = 0; i < held; i++) {
                COMMAND.setRelease(
                        ring.memory(),
                        ring.offset() + (long) heldSlot[i] * DESCRIPTOR_BYTES + 8,
                        heldCommand[i]);
            }
        }
        held = 0;
    }

    private boolean selectRing(final TxQueueContext queue) {
        final long iova = queue.ringIova() & RING_ADDRESS_MASK;
        final long lengthBytes = (long) queue.ringLength() * DESCRIPTOR_BYTES;
        if (ring.select(iova, lengthBytes)) {
            return true;
        }
        fault(iova, lengthBytes, ": ring");
        return false;
    }

    /**
     * Finds the bytes that a descriptor of the packet at the head names.
     *
     * @param descriptor its place in the packet.
     * @return the memory they are in, at {@link #selectedOffset}; null after a fault.
     */
    @Nullable MemorySegment select(final int descriptor, final long iova, final int lengthBytes) {
        if (buffer.select(iova, lengthBytes)) {
            return buffer.memory();
        }
        final TxQueueContext queue = context;
        final int slot = queue == null ? 0 : (head + descriptor) % queue.ringLength();
        fault(iova, lengthBytes, ", descriptor " + slot + ": packet buffer");
        return null;
    }

    long selectedOffset() {
        return buffer.offset();
    }

    private void fault(final long iova, final long lengthBytes, final String what) {
        enabled = false;
        held = 0;
        dma.recordFault(new IommuFault(device, iova, lengthBytes, "Tx queue " + number + what));
    }
}
