package dev.javf.iavf;

import dev.javf.linux.PageSize;
import dev.javf.linux.SharedMemory;
import dev.javf.vfio.DmaMapping;
import dev.javf.vfio.PciDevice;
import dev.javf.virtchnl.Message;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;

/**
 * The VF's mailbox: a ring of messages to the PF and a ring of messages from it, 32 descriptors
 * each with a buffer of 4096 bytes, after the Linux iavf driver's iavf_adminq.c. Nothing waits: a
 * message that finds no room is refused, and what has arrived is taken by {@link #poll}.
 *
 * <p>The device is not trusted. A head outside the ring counts as "nothing has come", and a message
 * is copied to private memory before anyone looks at it. For the conductor alone.
 */
public final class AdminQueue implements AutoCloseable {
    /** Descriptors in each ring; one always stays free. */
    public static final int RING_LENGTH = 32;

    static final int BUFFER_BYTES = Message.MAX_BUFFER_BYTES;

    private static final int PAGE_BYTES = 4096;
    private static final int ERROR_BITS =
            Registers.LEN_VFE | Registers.LEN_OVFL | Registers.LEN_CRIT;

    // One page for each ring, then a page for each buffer: send buffers, receive buffers.
    private static final long SEND_RING_OFFSET = 0;
    private static final long RECEIVE_RING_OFFSET = PAGE_BYTES;
    private static final long SEND_BUFFERS_OFFSET = 2L * PAGE_BYTES;
    private static final long RECEIVE_BUFFERS_OFFSET =
            SEND_BUFFERS_OFFSET + (long) RING_LENGTH * BUFFER_BYTES;
    private static final long MEMORY_BYTES =
            RECEIVE_BUFFERS_OFFSET + (long) RING_LENGTH * BUFFER_BYTES;

    private final PciDevice device;
    private final Registers registers;
    private final SharedMemory sharedMemory;
    private final DmaMapping mapping;
    private final MemorySegment memory;
    private final MemorySegment sendRing;
    private final MemorySegment receiveRing;

    /** What is handed out: the device can't change it any more. */
    private final MemorySegment copy = MemorySegment.ofArray(new byte[BUFFER_BYTES]);

    private int sendNextToUse;
    private int receiveNextToClean;
    private boolean started;
    private int generation;

    /** Takes messages from the PF. */
    public interface Receiver {
        /**
         * A message.
         *
         * @param opcode the virtchnl operation, as the PF says.
         * @param status the virtchnl status, as the PF says.
         * @param body private memory, valid during the call.
         * @param lengthBytes of the body, 0 to 4096.
         */
        void onMessage(int opcode, int status, MemorySegment body, int lengthBytes);

        /**
         * Something that is no message. It has been skipped.
         *
         * @param what the fault, in a few words.
         */
        void onGarbage(String what);
    }

    /**
     * Allocates the rings and maps them for the device, which doesn't learn of them yet.
     *
     * @param device whose mailbox it is.
     * @param registers of the device.
     */
    public AdminQueue(final PciDevice device, final Registers registers) {
        this.device = device;
        this.registers = registers;
        sharedMemory =
                SharedMemory.allocate(
                        "javf mailbox " + device.name(), MEMORY_BYTES, PageSize.PLAIN_4K);
        memory = sharedMemory.segment();
        mapping = map(device, sharedMemory);
        sendRing =
                memory.asSlice(SEND_RING_OFFSET, (long) RING_LENGTH * AdminQueueDescriptor.BYTES);
        receiveRing =
                memory.asSlice(
                        RECEIVE_RING_OFFSET, (long) RING_LENGTH * AdminQueueDescriptor.BYTES);
    }

    private static DmaMapping map(final PciDevice device, final SharedMemory sharedMemory) {
        try {
            return device.mapDma(sharedMemory);
        } catch (final RuntimeException e) {
            sharedMemory.close();
            throw e;
        }
    }

    /**
     * Tells the device where the rings are, send ring first. Whatever was in them is gone.
     *
     * @return false when the device doesn't keep what was written, as in a reset.
     */
    public boolean start() {
        generation++;
        sendNextToUse = 0;
        receiveNextToClean = 0;
        sendRing.fill((byte) 0);
        final int sendLow =
                program(
                        Registers.VF_ATQH1,
                        Registers.VF_ATQT1,
                        Registers.VF_ATQLEN1,
                        Registers.VF_ATQBAL1,
                        Registers.VF_ATQBAH1,
                        SEND_RING_OFFSET);
        if (registers.read(Registers.VF_ATQBAL1) != sendLow) {
            return false;
        }
        for (int i = 0; i < RING_LENGTH; i++) {
            postReceiveBuffer(i);
        }
        VarHandle.releaseFence();
        final int receiveLow =
                program(
                        Registers.VF_ARQH1,
                        Registers.VF_ARQT1,
                        Registers.VF_ARQLEN1,
                        Registers.VF_ARQBAL1,
                        Registers.VF_ARQBAH1,
                        RECEIVE_RING_OFFSET);
        registers.write(Registers.VF_ARQT1, RING_LENGTH - 1);
        started = registers.read(Registers.VF_ARQBAL1) == receiveLow;
        return started;
    }

    private int program(
            final int head,
            final int tail,
            final int length,
            final int addressLow,
            final int addressHigh,
            final long ringOffset) {
        final long iova = mapping.iova(ringOffset);
        registers.write(head, 0);
        registers.write(tail, 0);
        registers.write(length, RING_LENGTH | Registers.LEN_ENABLE);
        registers.write(addressLow, (int) iova);
        registers.write(addressHigh, (int) (iova >>> 32));
        return (int) iova;
    }

    /**
     * Sends a message. It is on its way when this returns; nobody is told when the PF takes it.
     *
     * @param opcode the virtchnl operation.
     * @param message its body, or null for none.
     * @return false when the ring is full or the mailbox is not started.
     */
    public boolean send(final int opcode, final @Nullable Message message) {
        if (!started || freeSendSlots() == 0) {
            return false;
        }
        final int slot = sendNextToUse;
        final long bufferOffset = SEND_BUFFERS_OFFSET + (long) slot * BUFFER_BYTES;
        int lengthBytes = 0;
        if (message != null) {
            lengthBytes = message.lengthBytes();
            message.encode(memory, bufferOffset);
        }
        registers.recorder().sent(opcode, memory, bufferOffset, lengthBytes);
        AdminQueueDescriptor.putSend(
                sendRing, slot, opcode, lengthBytes, mapping.iova(bufferOffset));
        ringSendDoorbell();
        return true;
    }

    private void ringSendDoorbell() {
        sendNextToUse = (sendNextToUse + 1) % RING_LENGTH;
        VarHandle.releaseFence();
        registers.write(Registers.VF_ATQT1, sendNextToUse);
    }

    private int freeSendSlots() {
        final int head = registers.read(Registers.VF_ATQH1) & Registers.INDEX_MASK;
        if (head >= RING_LENGTH) {
            return 0;
        }
        return (head > sendNextToUse ? 0 : RING_LENGTH) + head - sendNextToUse - 1;
    }

    /** Whether the device has taken every message that was sent. */
    public boolean isSendQueueDrained() {
        return !started
                || (registers.read(Registers.VF_ATQH1) & Registers.INDEX_MASK) == sendNextToUse;
    }

    /**
     * Takes what has arrived.
     *
     * @param receiver called for each message, in their order. It may restart or stop the mailbox,
     *     which ends the call.
     * @return how many descriptors were taken, 31 at most.
     */
    public int poll(final Receiver receiver) {
        if (!started) {
            return 0;
        }
        final int head = registers.read(Registers.VF_ARQH1) & Registers.INDEX_MASK;
        if (head >= RING_LENGTH) {
            return 0;
        }
        VarHandle.acquireFence();
        final int generationBefore = generation;
        int taken = 0;
        while (receiveNextToClean != head
                && started
                && generation == generationBefore
                && take(receiver)) {
            taken++;
        }
        return taken;
    }

    /**
     * Takes one descriptor, unless the device isn't done with it. Then its head is wrong, as in a
     * reset, which sets it to 0: nothing has come.
     */
    private boolean take(final Receiver receiver) {
        final int slot = receiveNextToClean;
        final int flags = AdminQueueDescriptor.flags(receiveRing, slot);
        if ((flags & AdminQueueDescriptor.FLAG_DD) == 0) {
            return false;
        }
        final int adminOpcode = AdminQueueDescriptor.opcode(receiveRing, slot);
        final int lengthBytes = AdminQueueDescriptor.lengthBytes(receiveRing, slot);
        final int opcode = AdminQueueDescriptor.virtchnlOpcode(receiveRing, slot);
        final int status = AdminQueueDescriptor.virtchnlStatus(receiveRing, slot);
        final String garbage = garbage(flags, adminOpcode, lengthBytes);
        if (garbage == null) {
            MemorySegment.copy(
                    memory,
                    RECEIVE_BUFFERS_OFFSET + (long) slot * BUFFER_BYTES,
                    copy,
                    0,
                    lengthBytes);
        }
        postReceiveBuffer(slot);
        VarHandle.releaseFence();
        registers.write(Registers.VF_ARQT1, slot);
        receiveNextToClean = (slot + 1) % RING_LENGTH;
        if (garbage == null) {
            registers.recorder().received(opcode, status, copy, lengthBytes);
            receiver.onMessage(opcode, status, copy, lengthBytes);
        } else {
            receiver.onGarbage(garbage);
        }
        return true;
    }

    private static @Nullable String garbage(
            final int flags, final int adminOpcode, final int lengthBytes) {
        if ((flags & AdminQueueDescriptor.FLAG_ERR) != 0) {
            return "descriptor with ERR";
        }
        if (adminOpcode != AdminQueueDescriptor.OPCODE_FROM_PF) {
            return "descriptor with opcode 0x" + Integer.toHexString(adminOpcode);
        }
        if (lengthBytes > BUFFER_BYTES) {
            return "message of " + lengthBytes + " bytes, a buffer has " + BUFFER_BYTES;
        }
        return null;
    }

    private void postReceiveBuffer(final int slot) {
        AdminQueueDescriptor.putReceive(
                receiveRing,
                slot,
                BUFFER_BYTES,
                mapping.iova(RECEIVE_BUFFERS_OFFSET + (long) slot * BUFFER_BYTES));
    }

    /**
     * Looks at the error bits of both rings, and clears those that don't need a reset.
     *
     * @return {@link Registers#LEN_VFE}, {@link Registers#LEN_OVFL} and {@link Registers#LEN_CRIT},
     *     those that were set.
     */
    int takeErrors() {
        return started ? takeErrors(Registers.VF_ATQLEN1) | takeErrors(Registers.VF_ARQLEN1) : 0;
    }

    private int takeErrors(final int register) {
        final int value = registers.read(register);
        if (value == Registers.NO_ANSWER
                || value == Registers.IN_RESET
                || (value & Registers.LEN_ENABLE) == 0) {
            return 0;
        }
        final int errors = value & ERROR_BITS;
        if (errors != 0) {
            registers.write(register, value & ~ERROR_BITS);
        }
        return errors;
    }

    /**
     * Tells the device that the driver goes away, if it still listens. {@link #isSendQueueDrained}
     * says when it has heard.
     *
     * @return whether it was told; a reset has ended the mailbox already.
     */
    boolean postShutdown() {
        final int length = registers.read(Registers.VF_ATQLEN1);
        final boolean listens =
                started
                        && length != Registers.NO_ANSWER
                        && length != Registers.IN_RESET
                        && (length & Registers.LEN_ENABLE) != 0
                        && freeSendSlots() > 0;
        if (listens) {
            AdminQueueDescriptor.putShutdown(sendRing, sendNextToUse);
            ringSendDoorbell();
        }
        return listens;
    }

    /**
     * Takes the rings away from the device; without effect in a reset, which has done so already.
     */
    public void stop() {
        started = false;
        generation++;
        registers.write(Registers.VF_ATQH1, 0);
        registers.write(Registers.VF_ATQT1, 0);
        registers.write(Registers.VF_ATQLEN1, 0);
        registers.write(Registers.VF_ATQBAL1, 0);
        registers.write(Registers.VF_ATQBAH1, 0);
        registers.write(Registers.VF_ARQH1, 0);
        registers.write(Registers.VF_ARQT1, 0);
        registers.write(Registers.VF_ARQLEN1, 0);
        registers.write(Registers.VF_ARQBAL1, 0);
        registers.write(Registers.VF_ARQBAH1, 0);
    }

    /** Forgets the rings without touching the device, which is in reset or gone. */
    public void abandon() {
        started = false;
        generation++;
    }

    /** Whether the mailbox is started and no reset has been noticed. */
    public boolean isStarted() {
        return started;
    }

    /** Unmaps and frees the rings. The device must have stopped. */
    @Override
    public void close() {
        started = false;
        device.unmapDma(mapping);
        sharedMemory.close();
    }
}
