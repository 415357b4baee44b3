package dev.javf.iavf;

import dev.javf.vfio.PciBar;

import java.lang.foreign.MemorySegment;
import java.util.StringJoiner;

/**
 * The registers of a VF, in its memory region 0 (Intel's iavf_register.h). All have 32 bits and are
 * little endian. Reading {@link #VFINT_ICR01} clears it; no other register has an effect when read.
 *
 * <p>For the conductor; only the tail registers belong to pollers.
 */
public final class Registers {
    /** The memory region that holds the registers. */
    public static final int BAR = 0;

    /** Transmit queue 0's tail: the doorbell of a Tx ring. Queue q is 4 q further. */
    public static final int QTX_TAIL1 = 0x0000;

    /** Receive queue 0's tail: the doorbell of an Rx ring. Queue q is 4 q further. */
    public static final int QRX_TAIL1 = 0x2000;

    /** Interrupt throttling of queue vectors: index i, vector v at 64 i + 4 v. */
    public static final int VFINT_ITRN1 = 0x2800;

    /** Control of queue vectors: MSI-X vector v + 1 at 4 v. */
    public static final int VFINT_DYN_CTLN1 = 0x3800;

    /** Causes of vector 0; reading clears it. */
    public static final int VFINT_ICR01 = 0x4800;

    /** Interrupt throttling of vector 0: index i at 4 i. */
    public static final int VFINT_ITR01 = 0x4C00;

    /** Which causes raise vector 0. */
    public static final int VFINT_ICR0_ENA1 = 0x5000;

    /** Other causes of vector 0. */
    public static final int VFINT_STAT_CTL01 = 0x5400;

    /** Control of MSI-X vector 0, the mailbox's. */
    public static final int VFINT_DYN_CTL01 = 0x5C00;

    /** Receive mailbox: ring address, bits 63..32. */
    public static final int VF_ARQBAH1 = 0x6000;

    /** Send mailbox: head, which the device advances. */
    public static final int VF_ATQH1 = 0x6400;

    /** Send mailbox: length and state. */
    public static final int VF_ATQLEN1 = 0x6800;

    /** Receive mailbox: ring address, bits 31..0. */
    public static final int VF_ARQBAL1 = 0x6C00;

    /** Receive mailbox: tail, which the driver advances. */
    public static final int VF_ARQT1 = 0x7000;

    /** Receive mailbox: head, which the device advances. */
    public static final int VF_ARQH1 = 0x7400;

    /** Send mailbox: ring address, bits 63..32. */
    public static final int VF_ATQBAH1 = 0x7800;

    /** Send mailbox: ring address, bits 31..0. */
    public static final int VF_ATQBAL1 = 0x7C00;

    /** Receive mailbox: length and state. Without {@link #LEN_ENABLE} the VF has been reset. */
    public static final int VF_ARQLEN1 = 0x8000;

    /** Send mailbox: tail, which the driver advances; its doorbell. */
    public static final int VF_ATQT1 = 0x8400;

    /** How far a reset has come: {@link #RSTAT_MASK}. */
    public static final int VFGEN_RSTAT = 0x8800;

    /** Which packet types RSS hashes: half i at 4 i. */
    public static final int VFQF_HENA = 0xC400;

    /** RSS key: word i at 4 i. */
    public static final int VFQF_HKEY = 0xCC00;

    /** RSS lookup table: word i at 4 i. */
    public static final int VFQF_HLUT = 0xD000;

    /** Mailbox heads and tails: the index. */
    public static final int INDEX_MASK = 0x3FF;

    /** Mailbox lengths: the number of descriptors. */
    public static final int LEN_MASK = 0x3FF;

    /** Mailbox lengths: a VF error was seen; stays until written 0. */
    public static final int LEN_VFE = 1 << 28;

    /** Mailbox lengths: the PF found no free buffer; stays until written 0. */
    public static final int LEN_OVFL = 1 << 29;

    /** Mailbox lengths: a critical error was seen; stays until written 0. */
    public static final int LEN_CRIT = 1 << 30;

    /** Mailbox lengths: the ring is in use. Every reset clears it. */
    public static final int LEN_ENABLE = 1 << 31;

    /** Interrupt vectors: raise the interrupt. */
    public static final int DYN_CTL_INTENA = 1;

    /** Interrupt vectors: forget a pending interrupt. */
    public static final int DYN_CTL_CLEARPBA = 1 << 1;

    /** Interrupt vectors: where the throttling index to update starts. */
    public static final int DYN_CTL_ITR_INDX_SHIFT = 3;

    /** Interrupt vectors, throttling index: leave all intervals as they are. */
    public static final int DYN_CTL_ITR_INDX_NONE = 3;

    /** Interrupt vectors: where the interval starts. */
    public static final int DYN_CTL_INTERVAL_SHIFT = 5;

    /** Interrupt vectors: an interval counts units of 2 microseconds. */
    public static final int ITR_UNIT_NS = 2_000;

    /** Queue vectors: write descriptors back when the interval is over, without an interrupt. */
    public static final int DYN_CTLN_WB_ON_ITR = 1 << 30;

    /** Reset status: the two bits that count. */
    public static final int RSTAT_MASK = 3;

    /** Reset status: a reset is going on, or the function has just got its power. */
    public static final int RSTAT_IN_PROGRESS = 0;

    /** Reset status: the reset is over, the PF has not yet set the VF up. */
    public static final int RSTAT_COMPLETED = 1;

    /** Reset status: the PF has set the VF up; the mailbox may be used. */
    public static final int RSTAT_VF_ACTIVE = 2;

    /** What every register reads while the device's register block is in reset. */
    public static final int IN_RESET = 0xDEADBEEF;

    /** What every register reads when nothing answers on the bus. */
    public static final int NO_ANSWER = 0xFFFFFFFF;

    private final PciBar bar;
    private final FlightRecorder recorder;
    private int lastStatus;
    private int lastSendLength;
    private int lastReceiveLength;

    /**
     * The registers in a memory region.
     *
     * @param bar the VF's region 0, of at least 64 KiB.
     * @throws IllegalArgumentException when it is shorter.
     */
    public Registers(final PciBar bar) {
        this(bar, new FlightRecorder());
    }

    /** The same, with what is worth knowing recorded: the mailbox's state, and what is written. */
    Registers(final PciBar bar, final FlightRecorder recorder) {
        if (bar.lengthBytes() < 0x10000) {
            throw new IllegalArgumentException(
                    "memory region "
                            + BAR
                            + " has "
                            + bar.lengthBytes()
                            + " bytes, a VF's registers need 65536; is this an Intel VF?");
        }
        this.bar = bar;
        this.recorder = recorder;
    }

    /**
     * Reads a register.
     *
     * @param offset in bytes.
     * @return its value.
     */
    public int read(final int offset) {
        final int value = bar.read32(offset);
        switch (offset) {
            case VFGEN_RSTAT -> lastStatus = recordChange(offset, lastStatus, value);
            case VF_ATQLEN1 -> lastSendLength = recordChange(offset, lastSendLength, value);
            case VF_ARQLEN1 -> lastReceiveLength = recordChange(offset, lastReceiveLength, value);
            default -> {}
        }
        return value;
    }

    private int recordChange(final int offset, final int before, final int value) {
        if (value != before) {
            recorder.registerRead(offset, value);
        }
        return value;
    }

    /**
     * Writes a register.
     *
     * @param offset in bytes.
     * @param value what to write.
     */
    public void write(final int offset, final int value) {
        // Of the mailbox's tails the messages tell already.
        if (offset != VF_ATQT1 && offset != VF_ARQT1) {
            recorder.registerWritten(offset, value);
        }
        bar.write32(offset, value);
    }

    /**
     * Writes a register without a trace: for what is written so often that it would push everything
     * else out of the record.
     */
    void writeUnrecorded(final int offset, final int value) {
        bar.write32(offset, value);
    }

    /** Where accesses are recorded. */
    FlightRecorder recorder() {
        return recorder;
    }

    /**
     * The doorbell of an Rx ring.
     *
     * @param queue 0 and up.
     * @return the register, 4 bytes.
     */
    public MemorySegment rxTail(final int queue) {
        return bar.memory(QRX_TAIL1 + 4L * queue, Integer.BYTES);
    }

    /**
     * The doorbell of a Tx ring.
     *
     * @param queue 0 and up.
     * @return the register, 4 bytes.
     */
    public MemorySegment txTail(final int queue) {
        return bar.memory(QTX_TAIL1 + 4L * queue, Integer.BYTES);
    }

    /**
     * A register's name.
     *
     * @param offset in bytes.
     * @return {@code VF_ARQLEN1}, {@code QTX_TAIL1(3)}, or {@code 0x1234} for no register of a VF.
     */
    public static String nameOf(final int offset) {
        return switch (offset) {
            case VFINT_ICR01 -> "VFINT_ICR01";
            case VFINT_ICR0_ENA1 -> "VFINT_ICR0_ENA1";
            case VFINT_STAT_CTL01 -> "VFINT_STAT_CTL01";
            case VFINT_DYN_CTL01 -> "VFINT_DYN_CTL01";
            case VF_ARQBAH1 -> "VF_ARQBAH1";
            case VF_ATQH1 -> "VF_ATQH1";
            case VF_ATQLEN1 -> "VF_ATQLEN1";
            case VF_ARQBAL1 -> "VF_ARQBAL1";
            case VF_ARQT1 -> "VF_ARQT1";
            case VF_ARQH1 -> "VF_ARQH1";
            case VF_ATQBAH1 -> "VF_ATQBAH1";
            case VF_ATQBAL1 -> "VF_ATQBAL1";
            case VF_ARQLEN1 -> "VF_ARQLEN1";
            case VF_ATQT1 -> "VF_ATQT1";
            case VFGEN_RSTAT -> "VFGEN_RSTAT";
            default -> nameOfIndexed(offset);
        };
    }

    private static String nameOfIndexed(final int offset) {
        final int itr = offset - VFINT_ITRN1;
        if (itr >= 0 && itr < 3 * 64 && itr % 4 == 0) {
            return "VFINT_ITRN1(" + itr / 64 + "," + itr % 64 / 4 + ")";
        }
        if (offset % 4 == 0) {
            for (final Indexed registers : Indexed.values()) {
                final int index = (offset - registers.first) / 4;
                if (offset >= registers.first && index < registers.count) {
                    return registers.name() + "(" + index + ")";
                }
            }
        }
        return "0x" + Integer.toHexString(offset);
    }

    /**
     * One line for a register and its value.
     *
     * @param offset in bytes.
     * @param value what it holds.
     * @return such as {@code VF_ARQLEN1 = 0x80000020 (ENABLE, 32 descriptors)}.
     */
    public static String describe(final int offset, final int value) {
        final String text = nameOf(offset) + " = 0x" + Integer.toHexString(value);
        if (value == IN_RESET) {
            return text + " (in reset)";
        }
        if (value == NO_ANSWER) {
            return text + " (no answer)";
        }
        return switch (offset) {
            case VF_ARQLEN1, VF_ATQLEN1 -> text + " (" + length(value) + ")";
            case VFGEN_RSTAT -> text + " (" + resetStatus(value) + ")";
            default -> text;
        };
    }

    private static String length(final int value) {
        final String errors = errorNames(value);
        return ((value & LEN_ENABLE) != 0 ? "ENABLE, " : "disabled, ")
                + (errors.isEmpty() ? "" : errors + ", ")
                + (value & LEN_MASK)
                + " descriptors";
    }

    /** The error bits of a mailbox length: {@code CRIT, OVFL, VFE}, those that are set. */
    static String errorNames(final int value) {
        final StringJoiner names = new StringJoiner(", ");
        if ((value & LEN_CRIT) != 0) {
            names.add("CRIT");
        }
        if ((value & LEN_OVFL) != 0) {
            names.add("OVFL");
        }
        if ((value & LEN_VFE) != 0) {
            names.add("VFE");
        }
        return names.toString();
    }

    private static String resetStatus(final int value) {
        return switch (value & RSTAT_MASK) {
            case RSTAT_IN_PROGRESS -> "reset in progress";
            case RSTAT_COMPLETED -> "reset completed";
            case RSTAT_VF_ACTIVE -> "VF active";
            default -> "undefined";
        };
    }

    private enum Indexed {
        QTX_TAIL1(Registers.QTX_TAIL1, 256),
        QRX_TAIL1(Registers.QRX_TAIL1, 256),
        VFINT_DYN_CTLN1(Registers.VFINT_DYN_CTLN1, 64),
        VFINT_ITR01(Registers.VFINT_ITR01, 3),
        VFQF_HENA(Registers.VFQF_HENA, 2),
        VFQF_HKEY(Registers.VFQF_HKEY, 13),
        VFQF_HLUT(Registers.VFQF_HLUT, 16);

        private final int first;
        private final int count;

        Indexed(final int first, final int count) {
            this.first = first;
            this.count = count;
        }
    }
}
