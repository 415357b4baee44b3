package dev.javf.sim;

import dev.javf.linux.PageSize;
import dev.javf.linux.SharedMemory;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The contents of a VF's registers, without effects; those of the queues' interrupt vectors are
 * {@link QueueInterrupts}'. The doorbells and throttling intervals are in memory that can be shared
 * with another process; so nothing in them is to be believed. Any thread; reads acquire, writes
 * release.
 */
final class RegisterFile implements AutoCloseable {
    /** The pages in which every register is plain memory: queue tails and ITR intervals. */
    static final int SHARED_BYTES = 0x3000;

    private static final VarHandle SHARED =
            ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();
    private static final VarHandle PRIVATE = MethodHandles.arrayElementVarHandle(int[].class);

    private static final int ITR0_SLOT = 0;
    private static final int SINGLE_SLOT = ITR0_SLOT + VfRegister.ITR_INDEXES;
    private static final int SINGLES =
            (VfRegister.VFGEN_RSTAT - VfRegister.VFINT_ICR01) / 0x400 + 1;
    private static final int HENA_SLOT = SINGLE_SLOT + SINGLES;
    private static final int HKEY_SLOT = HENA_SLOT + 2;
    private static final int HLUT_SLOT = HKEY_SLOT + 13;
    private static final int HREGION_SLOT = HLUT_SLOT + 16;
    private static final int SLOTS = HREGION_SLOT + 8;

    /** The one hole in the row of single registers. */
    private static final int UNUSED = 0x5800;

    private static final int ITRN_END =
            VfRegister.VFINT_ITRN1 + VfRegister.ITRN_STRIDE * VfRegister.ITR_INDEXES;

    private final SharedMemory sharedMemory;
    private final MemorySegment shared;
    private final int[] slots = new int[SLOTS];

    RegisterFile(final String name) {
        sharedMemory = SharedMemory.allocate(name, SHARED_BYTES, PageSize.PLAIN_4K);
        shared = sharedMemory.segment();
    }

    /** Whether there is a register at an offset. */
    static boolean isRegister(final int offset) {
        return offset < SHARED_BYTES ? isShared(offset) : slot(offset) >= 0;
    }

    /** What a register holds; 0 where there is none. */
    int get(final int offset) {
        if (offset < SHARED_BYTES) {
            return isShared(offset) ? (int) SHARED.getAcquire(shared, (long) offset) : 0;
        }
        final int slot = slot(offset);
        return slot < 0 ? 0 : (int) PRIVATE.getAcquire(slots, slot);
    }

    /** Stores; does nothing where there is no register. */
    void set(final int offset, final int value) {
        if (offset < SHARED_BYTES) {
            if (isShared(offset)) {
                SHARED.setRelease(shared, (long) offset, value);
            }
            return;
        }
        final int slot = slot(offset);
        if (slot >= 0) {
            PRIVATE.setRelease(slots, slot, value);
        }
    }

    /** Takes what a register holds and leaves another value. Not for shared registers. */
    int getAndSet(final int offset, final int value) {
        return (int) PRIVATE.getAndSet(slots, slot(offset), value);
    }

    /** Sets bits. Not for shared registers. */
    void or(final int offset, final int bits) {
        PRIVATE.getAndBitwiseOr(slots, slot(offset), bits);
    }

    /**
     * Clears bits. Not for shared registers.
     *
     * @return what the register held before.
     */
    int andNot(final int offset, final int bits) {
        return (int) PRIVATE.getAndBitwiseAnd(slots, slot(offset), ~bits);
    }

    /** All registers to 0, as power-up and a reset of the whole device do. */
    void clear() {
        for (int offset = 0; offset < SHARED_BYTES; offset += Integer.BYTES) {
            SHARED.setRelease(shared, (long) offset, 0);
        }
        for (int slot = 0; slot < SLOTS; slot++) {
            PRIVATE.setRelease(slots, slot, 0);
        }
    }

    /** What a VF reset clears: interrupt registers, the mailbox lengths, the reset state. */
    void clearOnVfReset() {
        set(VfRegister.VF_ARQLEN1, 0);
        set(VfRegister.VF_ATQLEN1, 0);
        set(VfRegister.VFGEN_RSTAT, VfRegister.RSTAT_INPROGRESS);
        set(VfRegister.VFINT_DYN_CTL01, 0);
        for (int i = 0; i < VfRegister.ITR_INDEXES; i++) {
            set(VfRegister.VFINT_ITR01 + Integer.BYTES * i, 0);
        }
        for (int offset = VfRegister.VFINT_ITRN1; offset < ITRN_END; offset += Integer.BYTES) {
            set(offset, 0);
        }
    }

    /** The memory of the shared registers, which start at offset 0. */
    SharedMemory sharedMemory() {
        return sharedMemory;
    }

    @Override
    public void close() {
        sharedMemory.close();
    }

    private static boolean isShared(final int offset) {
        return offset < VfRegister.QTX_TAIL1 + Integer.BYTES * VfRegister.QUEUE_REGISTERS
                || (offset >= VfRegister.QRX_TAIL1
                        && offset
                                < VfRegister.QRX_TAIL1 + Integer.BYTES * VfRegister.QUEUE_REGISTERS)
                || (offset >= VfRegister.VFINT_ITRN1 && offset < ITRN_END);
    }

    private static int slot(final int offset) {
        if (offset >= VfRegister.VFINT_ICR01 && offset <= VfRegister.VFGEN_RSTAT) {
            if ((offset & 0x3FF) == 0 && offset != UNUSED) {
                return SINGLE_SLOT + (offset - VfRegister.VFINT_ICR01) / 0x400;
            }
            return member(offset, VfRegister.VFINT_ITR01, VfRegister.ITR_INDEXES, ITR0_SLOT);
        }
        int slot = member(offset, VfRegister.VFQF_HENA, 2, HENA_SLOT);
        slot = Math.max(slot, member(offset, VfRegister.VFQF_HKEY, 13, HKEY_SLOT));
        slot = Math.max(slot, member(offset, VfRegister.VFQF_HLUT, 16, HLUT_SLOT));
        return Math.max(slot, member(offset, VfRegister.VFQF_HREGION, 8, HREGION_SLOT));
    }

    private static int member(
            final int offset, final int first, final int count, final int firstSlot) {
        final int index = (offset - first) >> 2;
        return offset >= first && index < count ? firstSlot + index : -1;
    }
}
