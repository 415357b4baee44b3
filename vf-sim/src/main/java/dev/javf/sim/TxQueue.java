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
 * Done descriptors are written back in groups like Rx ones. For the switch's thread.
 */
final class TxQueue {
    static final int DESCRIPTOR_BYTES = 16;

    private static final int TAIL_MASK = VfQueues.MAX_RING_LENGTH;
    private static final VarHandle REGISTER =
            ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();

    private final String device;
    private final int number;
    private final VfQueues vf;
    private final DmaSpace dma;
    private final DescriptorRing ring;
    private final DmaCursor buffer;
    private final MemorySegment registers;
    private final int[] heldSlot = new int[DescriptorRing.GROUP];
    private final long[] heldCommand = new long[DescriptorRing.GROUP];
    private @Nullable TxQueueContext context;
    private boolean enabled;
    private int vector;
    private int itr;
    private int head;
    private int held;
    private boolean reported;
    private long selectedOffset;

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
        ring = new DescriptorRing(dma, DESCRIPTOR_BYTES);
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
        ring.place(newContext.ringIova(), newContext.ringLength());
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
        if (!enabled) {
            return 0;
        }
        final int tail = (int) REGISTER.getAcquire(registers, 4L * number) & TAIL_MASK;
        if (tail == head) {
            return 0;
        }
        if (tail >= ring.length()) {
            enabled = false;
            vf.port().counters().dropped(DropCause.TX_TAIL);
            return 0;
        }
        ring.deselect();
        int count = 0;
        while (count < frameLimit && head != tail && enabled) {
            if (fetch(packet, tail)) {
                packet.send(this, vf);
            } else {
                vf.port().counters().dropped(DropCause.TX_IOMMU_FAULT);
            }
            if (enabled) {
                complete(packet);
                count++;
            }
        }
        return count;
    }

    /** Copies the descriptors of the packet at the head, up to its last or the tail. */
    private boolean fetch(final TxPacket packet, final int tail) {
        packet.clear();
        int slot = head;
        boolean more = true;
        while (more && slot != tail) {
            if (!ring.select(slot)) {
                fault(ring.iova(slot), DESCRIPTOR_BYTES, slot, "ring");
                return false;
            }
            more = !packet.add(ring.quadword(slot, 0), ring.quadword(slot, 1));
            slot = ring.next(slot);
        }
        return true;
    }

    private void complete(final TxPacket packet) {
        for (int i = 0; i < packet.descriptors(); i++) {
            final long command = packet.command(i);
            if (TxPacket.reportsStatus(command)) {
                reported = true;
                heldSlot[held] = head;
                heldCommand[held++] = command | TxPacket.DTYPE_DONE;
            }
            if (ring.endsGroup(head)) {
                flush();
            }
            head = ring.next(head);
        }
    }

    /** Writes back what is held. */
    void writeBack() {
        ring.deselect();
        flush();
    }

    private void flush() {
        for (int i = 0; i < held; i++) {
            final int slot = heldSlot[i];
            if (!ring.select(slot) || !ring.release(slot, 1, heldCommand[i])) {
                fault(ring.iova(slot), DESCRIPTOR_BYTES, slot, "ring");
            }
        }
        held = 0;
    }

    /**
     * Finds the bytes that a descriptor of the packet at the head names.
     *
     * @param frame has room for a copy, if they can't be used where they are.
     * @param descriptor its place in the packet.
     * @return the memory they are in, at {@link #selectedOffset}; null after a fault.
     */
    @Nullable MemorySegment select(
            final Frame frame, final int descriptor, final long iova, final int lengthBytes) {
        if (buffer.selectReadable(iova, lengthBytes)) {
            selectedOffset = buffer.offset();
            return buffer.memory();
        }
        selectedOffset = frame.takeSendBounce(lengthBytes);
        if (buffer.read(iova, frame.sendBounce(), selectedOffset, lengthBytes)) {
            return frame.sendBounce();
        }
        final int slot = (head + descriptor) % ring.length();
        fault(iova, lengthBytes, slot, "packet buffer");
        return null;
    }

    long selectedOffset() {
        return selectedOffset;
    }

    private void fault(final long iova, final int lengthBytes, final int slot, final String what) {
        enabled = false;
        held = 0;
        dma.recordFault(
                new IommuFault(
                        device,
                        iova,
                        lengthBytes,
                        "Tx queue " + number + ", descriptor " + slot + ": " + what));
    }
}
