package dev.javf.sim;

/**
 * Where a VF's registers are in memory region 0, and what their bits mean (Intel adaptive virtual
 * function specification; Linux iavf driver, iavf_register.h).
 */
final class VfRegister {
    static final int BAR_BYTES = 128 << 10;

    static final int QTX_TAIL1 = 0x0000;
    static final int QRX_TAIL1 = 0x2000;
    static final int VFINT_ITRN1 = 0x2800;
    static final int VFINT_DYN_CTLN1 = 0x3800;
    static final int VFINT_ICR01 = 0x4800;
    static final int VFINT_ITR01 = 0x4C00;
    static final int VFINT_ICR0_ENA1 = 0x5000;
    static final int VFINT_STAT_CTL01 = 0x5400;
    static final int VFINT_DYN_CTL01 = 0x5C00;
    static final int VF_ARQBAH1 = 0x6000;
    static final int VF_ATQH1 = 0x6400;
    static final int VF_ATQLEN1 = 0x6800;
    static final int VF_ARQBAL1 = 0x6C00;
    static final int VF_ARQT1 = 0x7000;
    static final int VF_ARQH1 = 0x7400;
    static final int VF_ATQBAH1 = 0x7800;
    static final int VF_ATQBAL1 = 0x7C00;
    static final int VF_ARQLEN1 = 0x8000;
    static final int VF_ATQT1 = 0x8400;
    static final int VFGEN_RSTAT = 0x8800;
    static final int VFQF_HENA = 0xC400;
    static final int VFQF_HKEY = 0xCC00;
    static final int VFQF_HLUT = 0xD000;
    static final int VFQF_HREGION = 0xD400;

    static final int QUEUE_REGISTERS = 256;
    static final int DYN_CTLN_REGISTERS = 64;
    static final int ITR_INDEXES = 3;
    static final int ITRN_VECTORS = 16;
    static final int ITRN_STRIDE = 64;

    /** Heads, tails and lengths of the mailbox queues. */
    static final int INDEX_MASK = 0x3FF;

    static final int LEN_VFE = 1 << 28;
    static final int LEN_OVFL = 1 << 29;
    static final int LEN_CRIT = 1 << 30;
    static final int LEN_ENABLE = 1 << 31;
    static final int LEN_ERRORS = LEN_VFE | LEN_OVFL | LEN_CRIT;

    static final int DYN_CTL_INTENA = 1;
    static final int DYN_CTL_CLEARPBA = 1 << 1;
    static final int DYN_CTL_SWINT_TRIG = 1 << 2;
    static final int DYN_CTL_ITR_SHIFT = 3;
    static final int DYN_CTL_ITR_NONE = 3;
    static final int DYN_CTL_INTERVAL_SHIFT = 5;
    static final int INTERVAL_MASK = 0xFFF;
    static final int DYN_CTL_WB_ON_ITR = 1 << 30;

    /** One unit of an ITR interval. */
    static final long ITR_UNIT_NS = 2_000;

    static final int ICR01_ADMINQ = 1 << 30;
    static final int ICR01_SWINT = 1 << 31;

    static final int RSTAT_INPROGRESS = 0;
    static final int RSTAT_COMPLETED = 1;
    static final int RSTAT_VFACTIVE = 2;

    /** What every register reads while the whole device is in reset. */
    static final int IN_DEVICE_RESET = 0xDEADBEEF;

    private VfRegister() {}
}
