package dev.javf.sim;

import dev.javf.vfio.DmaCursor;
import dev.javf.vfio.IommuFault;
import dev.javf.virtchnl.Message;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Queue;

/**
 * The hardware of a VF's mailbox: takes commands from the send queue (ATQ) and puts messages into
 * the receive queue (ARQ), both rings in the driver's memory. A ring or buffer that isn't mapped is
 * an IOMMU fault; it sets CRIT and stops the queue until the driver writes the queue's length
 * register again.
 */
final class Mailbox {
    private final SimulatedVirtualFunction function;
    private final RegisterFile registers;
    private final MailboxInterrupt interrupt;
    private final DmaCursor ring;
    private final DmaCursor buffer;
    private final MailboxDescriptor descriptor = new MailboxDescriptor();
    private final Queue<MailboxMessage> sent = new ArrayDeque<>();
    private long overflows;

    Mailbox(final SimulatedVirtualFunction function) {
        this.function = function;
        registers = function.registers();
        interrupt = function.interrupt();
        ring = new DmaCursor(function.dma());
        buffer = new DmaCursor(function.dma());
    }

    /** Whether the send queue has commands, which {@link #poll} takes once it may. */
    boolean hasCommands() {
        final int length = registers.get(VfRegister.VF_ATQLEN1);
        return (length & VfRegister.LEN_ENABLE) != 0
                && (length & (VfRegister.LEN_CRIT | VfRegister.LEN_VFE)) == 0
                && registers.get(VfRegister.VF_ATQT1) != registers.get(VfRegister.VF_ATQH1);
    }

    /**
     * Takes all commands from the send queue. Messages for the PF are left in {@link #nextSent}.
     *
     * @return number of commands.
     */
    int poll(final long nowNs) {
        int count = 0;
        final int tail = registers.get(VfRegister.VF_ATQT1);
        while (hasCommands() && function.config().isBusMaster()) {
            final int length = registers.get(VfRegister.VF_ATQLEN1) & VfRegister.INDEX_MASK;
            final int head = registers.get(VfRegister.VF_ATQH1);
            if (head >= length || tail >= length) {
                registers.or(VfRegister.VF_ATQLEN1, VfRegister.LEN_VFE);
                break;
            }
            if (head == tail || !takeCommand(head, nowNs)) {
                break;
            }
            registers.set(VfRegister.VF_ATQH1, head + 1 == length ? 0 : head + 1);
            count++;
        }
        return count;
    }

    /** The oldest message to the PF that hasn't been taken, or null. */
    @Nullable MailboxMessage nextSent() {
        return sent.poll();
    }

    private boolean takeCommand(final int index, final long nowNs) {
        final long iova = descriptorIova(VfRegister.VF_ATQBAH1, VfRegister.VF_ATQBAL1, index);
        if (!descriptor.read(ring, iova)) {
            faultAtDescriptor(VfRegister.VF_ATQLEN1, iova, "ATQ", index);
            return false;
        }
        final int returnCode = execute(index);
        descriptor.complete(returnCode);
        if (!descriptor.write(ring, iova)) {
            faultAtDescriptor(VfRegister.VF_ATQLEN1, iova, "ATQ", index);
            return false;
        }
        final int wanted =
                returnCode == MailboxDescriptor.RC_OK
                        ? MailboxDescriptor.FLAG_SI
                        : MailboxDescriptor.FLAG_SI | MailboxDescriptor.FLAG_EI;
        if ((descriptor.flags() & wanted) != MailboxDescriptor.FLAG_SI) {
            interrupt.raise(nowNs);
        }
        return true;
    }

    private int execute(final int index) {
        return switch (descriptor.opcode()) {
            case MailboxDescriptor.OPCODE_SEND_TO_PF -> sendToPf(index);
            case MailboxDescriptor.OPCODE_QUEUE_SHUTDOWN -> MailboxDescriptor.RC_OK;
            default -> MailboxDescriptor.RC_ENOSYS;
        };
    }

    private int sendToPf(final int index) {
        final int length = descriptor.lengthBytes();
        if (length == 0) {
            sent.add(MailboxMessage.empty(function.index(), descriptor.cookieHigh(), 0));
            return MailboxDescriptor.RC_OK;
        }
        final int needed =
                MailboxDescriptor.FLAG_BUF
                        | MailboxDescriptor.FLAG_RD
                        | (length > MailboxDescriptor.SMALL_BUFFER_BYTES
                                ? MailboxDescriptor.FLAG_LB
                                : 0);
        if (length > Message.MAX_BUFFER_BYTES || (descriptor.flags() & needed) != needed) {
            return MailboxDescriptor.RC_EINVAL;
        }
        final MemorySegment body = MemorySegment.ofArray(new byte[length]);
        if (!buffer.read(descriptor.address(), body, 0, length)) {
            fault(
                    VfRegister.VF_ATQLEN1,
                    descriptor.address(),
                    length,
                    "ATQ, descriptor " + index + ": buffer");
            return MailboxDescriptor.RC_BAD_ADDR;
        }
        sent.add(
                new MailboxMessage(
                        function.index(), descriptor.cookieHigh(), 0, body.asReadOnly()));
        return MailboxDescriptor.RC_OK;
    }

    /**
     * Puts a message into the receive queue. It is lost when the queue is off or has no free
     * buffer; the latter sets OVFL.
     *
     * @return whether the driver got it.
     */
    boolean deliver(final MailboxMessage message, final long nowNs) {
        final int lengthRegister = registers.get(VfRegister.VF_ARQLEN1);
        if ((lengthRegister & VfRegister.LEN_ENABLE) == 0
                || (lengthRegister & (VfRegister.LEN_CRIT | VfRegister.LEN_VFE)) != 0
                || !function.config().isBusMaster()) {
            return false;
        }
        final int length = lengthRegister & VfRegister.INDEX_MASK;
        final int head = registers.get(VfRegister.VF_ARQH1);
        final int tail = registers.get(VfRegister.VF_ARQT1);
        if (head >= length || tail >= length) {
            registers.or(VfRegister.VF_ARQLEN1, VfRegister.LEN_VFE);
            return false;
        }
        if (head == tail) {
            registers.or(VfRegister.VF_ARQLEN1, VfRegister.LEN_OVFL);
            overflows++;
            return false;
        }
        final long iova = descriptorIova(VfRegister.VF_ARQBAH1, VfRegister.VF_ARQBAL1, head);
        if (!descriptor.read(ring, iova)) {
            faultAtDescriptor(VfRegister.VF_ARQLEN1, iova, "ARQ", head);
            return false;
        }
        final int returnCode = fillBuffer(message, head);
        descriptor.deliver(message, returnCode);
        if (!descriptor.write(ring, iova)) {
            faultAtDescriptor(VfRegister.VF_ARQLEN1, iova, "ARQ", head);
            return false;
        }
        registers.set(VfRegister.VF_ARQH1, head + 1 == length ? 0 : head + 1);
        interrupt.raise(nowNs);
        return returnCode == MailboxDescriptor.RC_OK;
    }

    private int fillBuffer(final MailboxMessage message, final int index) {
        final int length = message.lengthBytes();
        if (length == 0) {
            return MailboxDescriptor.RC_OK;
        }
        final int capacity = descriptor.lengthBytes();
        if (!descriptor.has(MailboxDescriptor.FLAG_BUF)
                || length > capacity
                || (capacity > MailboxDescriptor.SMALL_BUFFER_BYTES
                        && !descriptor.has(MailboxDescriptor.FLAG_LB))) {
            return MailboxDescriptor.RC_ENOSPC;
        }
        if (!buffer.write(descriptor.address(), message.body(), 0, length)) {
            fault(
                    VfRegister.VF_ARQLEN1,
                    descriptor.address(),
                    length,
                    "ARQ, descriptor " + index + ": buffer");
            return MailboxDescriptor.RC_BAD_ADDR;
        }
        return MailboxDescriptor.RC_OK;
    }

    /** Messages that found the receive queue without free buffer. */
    long overflows() {
        return overflows;
    }

    private void faultAtDescriptor(
            final int lengthRegister, final long iova, final String queue, final int index) {
        fault(lengthRegister, iova, MailboxDescriptor.BYTES, queue + ", descriptor " + index);
    }

    private void fault(
            final int lengthRegister, final long iova, final int lengthBytes, final String what) {
        registers.or(lengthRegister, VfRegister.LEN_CRIT);
        function.dma().recordFault(new IommuFault(function.name(), iova, lengthBytes, what));
    }

    private long descriptorIova(final int highRegister, final int lowRegister, final int index) {
        final long base =
                (long) registers.get(highRegister) << Integer.SIZE
                        | Integer.toUnsignedLong(registers.get(lowRegister));
        return base + (long) MailboxDescriptor.BYTES * index;
    }
}
