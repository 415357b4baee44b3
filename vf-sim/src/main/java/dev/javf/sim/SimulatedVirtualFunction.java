package dev.javf.sim;

import dev.javf.linux.EventFd;
import dev.javf.vfio.DmaSpace;
import dev.javf.vfio.MsixTable;
import dev.javf.vfio.MsixVectors;
import dev.javf.vfio.PciConfigModel;
import dev.javf.vfio.PciDeviceModel;
import dev.javf.vfio.SparseMmap;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * A VF as its driver sees it: 8086:1889 with its registers (Intel adaptive virtual function
 * specification) in region 0 and the MSI-X table in region 3. What is written takes effect in the
 * duty cycle of its {@link SimulatedPhysicalFunction}; until then it is only stored.
 *
 * <p>Every method may be called from any thread, and none waits for the model, except that {@link
 * #functionLevelReset} sits out a burst of DMA in progress.
 */
public final class SimulatedVirtualFunction implements PciDeviceModel {
    /** Region that holds the registers. */
    public static final int REGISTERS_BAR = 0;

    /** Region that holds the MSI-X table. */
    public static final int MSIX_BAR = 3;

    private static final int VENDOR_INTEL = 0x8086;
    private static final int DEVICE_ADAPTIVE_VF = 0x1889;
    private static final int REVISION = 2;
    private static final int CLASS_ETHERNET = 0x020000;

    private final String name;
    private final int index;
    private final Attention attention;
    private final DmaSpace dma = new DmaSpace();
    private final DmaGate gate;
    private final PciConfigModel config;
    private final RegisterFile registers;
    private final SparseMmap sparseMmap;
    private final MsixVectors vectors;
    private final MailboxInterrupt interrupt;
    private final VfQueues queues;
    private final MsixTable msixTable;
    private volatile boolean isInDeviceReset;
    private volatile int resetsAsked;
    private volatile int resetsTaken;
    private int resetsSeen;
    private volatile VfSnapshot snapshot = VfSnapshot.AT_POWER_UP;

    SimulatedVirtualFunction(
            final String name,
            final int index,
            final int vectorCount,
            final int queuePairs,
            final Attention attention,
            final DmaGate gate,
            final EthernetSwitch ethernetSwitch) {
        this.name = name;
        this.index = index;
        this.attention = attention;
        this.gate = gate;
        config =
                new PciConfigModel(
                        new PciConfigModel.Identity(
                                VENDOR_INTEL,
                                DEVICE_ADAPTIVE_VF,
                                REVISION,
                                CLASS_ETHERNET,
                                VENDOR_INTEL,
                                0,
                                List.of(
                                        new PciConfigModel.Bar(REGISTERS_BAR, VfRegister.BAR_BYTES),
                                        new PciConfigModel.Bar(MSIX_BAR, MsixTable.BAR_BYTES)),
                                vectorCount,
                                MSIX_BAR,
                                MsixTable.PENDING_OFFSET),
                        this::functionLevelReset);
        registers = new RegisterFile(name);
        sparseMmap =
                new SparseMmap(
                        registers.sharedMemory(),
                        List.of(new SparseMmap.Area(0, RegisterFile.SHARED_BYTES)));
        vectors = new MsixVectors(vectorCount);
        interrupt = new MailboxInterrupt(registers, config, vectors);
        msixTable = new MsixTable(vectorCount);
        queues =
                new VfQueues(
                        name,
                        ethernetSwitch,
                        ethernetSwitch.addPort(name),
                        dma,
                        registers.sharedMemory().segment(),
                        new Host(),
                        queuePairs);
    }

    /** {@code sim:PF/VF}. */
    @Override
    public String name() {
        return name;
    }

    /** Number of the VF at its PF, from 0. */
    public int index() {
        return index;
    }

    /** What the PF holds for this VF: as of the end of the last duty cycle that changed it. */
    public VfSnapshot snapshot() {
        return snapshot;
    }

    @Override
    public PciConfigModel config() {
        return config;
    }

    @Override
    public long barLengthBytes(final int bar) {
        return switch (bar) {
            case REGISTERS_BAR -> VfRegister.BAR_BYTES;
            case MSIX_BAR -> MsixTable.BAR_BYTES;
            default -> 0;
        };
    }

    @Override
    public int readBar32(final int bar, final long offset) {
        if (bar == MSIX_BAR) {
            return msixTable.read((int) offset);
        }
        if (bar != REGISTERS_BAR) {
            return -1;
        }
        final int register = (int) offset;
        if (isInDeviceReset) {
            return VfRegister.IN_DEVICE_RESET;
        }
        final int vector = queueVectorOf(register);
        if (resetsAsked != resetsTaken) {
            return vector > 0 || RegisterFile.isRegister(register) ? 0 : VfRegister.IN_DEVICE_RESET;
        }
        if (vector > 0) {
            return queues.interrupts().readControl(vector);
        }
        return register == VfRegister.VFINT_ICR01
                ? registers.getAndSet(register, 0)
                : registers.get(register);
    }

    /** The queue vector whose control register is at an offset; 0 if there is none. */
    private static int queueVectorOf(final int register) {
        final int queueVector = ((register - VfRegister.VFINT_DYN_CTLN1) >> 2) + 1;
        return register >= VfRegister.VFINT_DYN_CTLN1
                        && queueVector <= VfRegister.DYN_CTLN_REGISTERS
                ? queueVector
                : 0;
    }

    @Override
    public void writeBar32(final int bar, final long offset, final int value) {
        if (bar == MSIX_BAR) {
            msixTable.write((int) offset, value);
        } else if (bar == REGISTERS_BAR && !isInDeviceReset && resetsAsked == resetsTaken) {
            writeRegister((int) offset, value);
        }
    }

    private void writeRegister(final int register, final int value) {
        switch (register) {
            case VfRegister.VFGEN_RSTAT, VfRegister.VFINT_ICR01 -> {
                // Only to be read.
            }
            case VfRegister.VF_ATQLEN1, VfRegister.VF_ARQLEN1 -> {
                final int kept = registers.get(register) & value & VfRegister.LEN_ERRORS;
                registers.set(
                        register, kept | (value & (VfRegister.LEN_ENABLE | VfRegister.INDEX_MASK)));
                attention.set(index);
            }
            case VfRegister.VF_ATQH1, VfRegister.VF_ARQH1, VfRegister.VF_ARQT1 ->
                    registers.set(register, value & VfRegister.INDEX_MASK);
            case VfRegister.VF_ATQT1 -> {
                registers.set(register, value & VfRegister.INDEX_MASK);
                attention.set(index);
            }
            case VfRegister.VFINT_ICR0_ENA1 -> {
                interrupt.writeEnable(value);
                attention.set(index);
            }
            case VfRegister.VFINT_DYN_CTL01 -> {
                interrupt.writeControl(value);
                attention.set(index);
            }
            default -> {
                final int vector = queueVectorOf(register);
                if (vector > 0) {
                    queues.interrupts().writeControl(vector, value);
                } else {
                    registers.set(register, value);
                }
            }
        }
    }

    /** Region 0 is memory where it has the queues' tails and throttling intervals. */
    @Override
    public @Nullable MemorySegment barMemory(
            final int bar, final long offset, final long lengthBytes) {
        return bar == REGISTERS_BAR
                        && offset >= 0
                        && lengthBytes >= 0
                        && offset <= RegisterFile.SHARED_BYTES - lengthBytes
                ? registers.sharedMemory().segment().asSlice(offset, lengthBytes)
                : null;
    }

    @Override
    public @Nullable SparseMmap sparseMmap(final int bar) {
        return bar == REGISTERS_BAR ? sparseMmap : null;
    }

    @Override
    public DmaSpace dma() {
        return dma;
    }

    @Override
    public int interruptVectors() {
        return vectors.count();
    }

    @Override
    public void interrupt(final int vector, final @Nullable EventFd eventFd) {
        vectors.attach(vector, eventFd);
    }

    /**
     * Function-level reset. From the moment it returns VFGEN_RSTAT and the ENABLE bits of the
     * mailbox read 0, writes to registers are lost until the model has seen the reset, and the
     * device touches no memory of the driver's.
     */
    @Override
    public void functionLevelReset() {
        synchronized (config) {
            config.clearOnReset();
            resetsAsked = resetsAsked + 1;
        }
        attention.set(index);
        gate.awaitEndOfCycle();
    }

    /**
     * Model: whether there has been a function-level reset. Its effects are to be made real, then
     * {@link #functionLevelResetTaken} called.
     */
    boolean takeFunctionLevelReset() {
        resetsSeen = resetsAsked;
        return resetsSeen != resetsTaken;
    }

    /** Model: registers may be read and written again. */
    void functionLevelResetTaken() {
        resetsTaken = resetsSeen;
    }

    /** Model: the hardware's part of a VF reset. */
    void resetRegisters() {
        registers.clearOnVfReset();
        interrupt.reset();
        msixTable.reset();
    }

    RegisterFile registers() {
        return registers;
    }

    MailboxInterrupt interrupt() {
        return interrupt;
    }

    VfQueues queues() {
        return queues;
    }

    void inDeviceReset(final boolean isInReset) {
        isInDeviceReset = isInReset;
    }

    void snapshot(final VfSnapshot latest) {
        snapshot = latest;
    }

    void close() {
        registers.close();
    }

    @Override
    public String toString() {
        return name;
    }

    /** The function as its queues see it. */
    private final class Host implements VfHost {
        @Override
        public boolean isBusMaster() {
            return config.isBusMaster();
        }

        @Override
        public void interrupt(final int vector) {
            vectors.signal(vector);
        }
    }
}
