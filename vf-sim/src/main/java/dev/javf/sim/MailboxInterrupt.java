package dev.javf.sim;

import dev.javf.vfio.MsixVectors;
import dev.javf.vfio.PciConfigModel;

import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A VF's vector 0: causes in VFINT_ICR01, which of them count in VFINT_ICR0_ENA1, and whether the
 * vector may interrupt in VFINT_DYN_CTL01. An event while INTENA is clear, the throttling interval
 * is not over, or the function is no bus master stays pending until it may interrupt.
 *
 * <p>CLEARPBA takes away what waits in the pending bit array only, that is an event that found
 * INTENA set. What comes while INTENA is clear, as it is from an interrupt on until the driver has
 * served it, isn't there yet and is told when INTENA is set again, with CLEARPBA or without:
 * Linux's ice ends each of its polls by setting both at once (ice_buildreg_itr), and would lose the
 * frames that came just before. A cause that doesn't count in VFINT_ICR0_ENA1 when it happens is
 * told once when it counts again, unless the driver has read it from VFINT_ICR01 meanwhile.
 */
final class MailboxInterrupt {
    static final int VECTOR = 0;

    /** Vector 0's throttling interval for what is neither receive nor transmit. */
    private static final int OTHER_ITR = 2;

    private final RegisterFile registers;
    private final PciConfigModel config;
    private final MsixVectors vectors;
    private final AtomicBoolean isPending = new AtomicBoolean();

    /** A cause came while it didn't count, and no interrupt has told of it. */
    private final AtomicBoolean isUntold = new AtomicBoolean();

    private long quietUntilNs = Long.MIN_VALUE;

    MailboxInterrupt(
            final RegisterFile registers, final PciConfigModel config, final MsixVectors vectors) {
        this.registers = registers;
        this.config = config;
        this.vectors = vectors;
    }

    /** Whether an interrupt waits to be sent. Any thread. */
    boolean isPending() {
        return isPending.getOpaque();
    }

    /** Driver: writes VFINT_DYN_CTL01. */
    void writeControl(final int value) {
        final boolean wasEnabled =
                (registers.get(VfRegister.VFINT_DYN_CTL01) & VfRegister.DYN_CTL_INTENA) != 0;
        registers.set(
                VfRegister.VFINT_DYN_CTL01,
                value & ~(VfRegister.DYN_CTL_CLEARPBA | VfRegister.DYN_CTL_SWINT_TRIG));
        final int itr = (value >>> VfRegister.DYN_CTL_ITR_SHIFT) & VfRegister.DYN_CTL_ITR_NONE;
        if (itr != VfRegister.DYN_CTL_ITR_NONE) {
            registers.set(
                    VfRegister.VFINT_ITR01 + Integer.BYTES * itr,
                    (value >>> VfRegister.DYN_CTL_INTERVAL_SHIFT) & VfRegister.INTERVAL_MASK);
        }
        if (wasEnabled && (value & VfRegister.DYN_CTL_CLEARPBA) != 0) {
            isPending.set(false);
        }
        if ((value & VfRegister.DYN_CTL_SWINT_TRIG) != 0) {
            registers.or(VfRegister.VFINT_ICR01, VfRegister.ICR01_SWINT);
            isPending.set(true);
        }
    }

    /** Driver: writes VFINT_ICR0_ENA1. A cause that is there already counts from now on. */
    void writeEnable(final int value) {
        registers.set(VfRegister.VFINT_ICR0_ENA1, value);
        if ((registers.get(VfRegister.VFINT_ICR01) & value & VfRegister.ICR01_ADMINQ) != 0
                && isUntold.getAndSet(false)) {
            isPending.set(true);
        }
    }

    /** Model: something happened in the mailbox. */
    void raise(final long nowNs) {
        // Said before the cause is looked at: a driver that enables it meanwhile finds one of both.
        isUntold.set(true);
        registers.or(VfRegister.VFINT_ICR01, VfRegister.ICR01_ADMINQ);
        if ((registers.get(VfRegister.VFINT_ICR0_ENA1) & VfRegister.ICR01_ADMINQ) != 0) {
            isUntold.set(false);
            isPending.set(true);
            poll(nowNs);
        }
    }

    /**
     * Model: sends what is pending, if it may be sent.
     *
     * @return whether it was.
     */
    boolean poll(final long nowNs) {
        if (nowNs < quietUntilNs
                || !config.isBusMaster()
                || (registers.get(VfRegister.VFINT_DYN_CTL01) & VfRegister.DYN_CTL_INTENA) == 0
                || !isPending.compareAndSet(true, false)) {
            return false;
        }
        registers.andNot(VfRegister.VFINT_DYN_CTL01, VfRegister.DYN_CTL_INTENA);
        final int units = registers.get(VfRegister.VFINT_ITR01 + Integer.BYTES * OTHER_ITR);
        quietUntilNs = nowNs + (units & VfRegister.INTERVAL_MASK) * VfRegister.ITR_UNIT_NS;
        vectors.signal(VECTOR);
        return true;
    }

    /** Model: forgets everything, as a reset does. */
    void reset() {
        isPending.set(false);
        isUntold.set(false);
        quietUntilNs = Long.MIN_VALUE;
    }
}
