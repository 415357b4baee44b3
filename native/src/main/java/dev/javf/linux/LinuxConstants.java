package dev.javf.linux;

/**
 * Constants that the generated bindings lack. Each names its header; a test compares every one with
 * what the system's compiler says.
 */
final class LinuxConstants {
    /** linux/memfd.h. */
    static final int MFD_HUGE_2MB = 21 << 26;

    /** linux/memfd.h. */
    static final int MFD_HUGE_1GB = 30 << 26;

    /** linux/if_tun.h. */
    static final long TUNSETIFF = 0x400454caL;

    /** linux/if_tun.h. */
    static final long TUNGETIFF = 0x800454d2L;

    /** linux/if_tun.h. */
    static final long TUNSETOFFLOAD = 0x400454d0L;

    /** linux/if_tun.h. */
    static final long TUNSETVNETHDRSZ = 0x400454d8L;

    /** linux/if_tun.h. */
    static final long TUNSETVNETLE = 0x400454dcL;

    /** linux/sockios.h. */
    static final long SIOCGIFFLAGS = 0x8913L;

    /** linux/sockios.h. */
    static final long SIOCSIFFLAGS = 0x8914L;

    /** linux/sockios.h. */
    static final long SIOCGIFMTU = 0x8921L;

    /** linux/sockios.h. */
    static final long SIOCSIFMTU = 0x8922L;

    /** linux/sockios.h. */
    static final long SIOCSIFHWADDR = 0x8924L;

    /** linux/sockios.h. */
    static final long SIOCGIFHWADDR = 0x8927L;

    /** linux/rtnetlink.h. */
    static final int RTM_NEWADDR = 20;

    /** linux/rtnetlink.h. */
    static final int RTEXT_FILTER_VF = 1;

    /** linux/rtnetlink.h. */
    static final int RTEXT_FILTER_SKIP_STATS = 8;

    /** linux/if_link.h. */
    static final int IFLA_EXT_MASK = 29;

    /** linux/if_link.h. */
    static final int IFLA_VF_LINK_STATE = 5;

    /** linux/if_addr.h. */
    static final int IFA_ADDRESS = 1;

    /** linux/if_addr.h. */
    static final int IFA_LOCAL = 2;

    /** linux/if_addr.h. */
    static final int IFA_F_NODAD = 0x02;

    /** linux/netlink.h. */
    static final int NETLINK_CAP_ACK = 10;

    /** linux/netlink.h. */
    static final int NLM_F_DUMP_INTR = 0x10;

    /** linux/netlink.h. */
    static final int NLM_F_CAPPED = 0x100;

    /** linux/netlink.h. */
    static final int NLM_F_ACK_TLVS = 0x200;

    /** linux/netlink.h. */
    static final int NLMSGERR_ATTR_MSG = 1;

    /** asm-generic/socket.h. */
    static final int SO_PEERGROUPS = 59;

    /** time.h. */
    static final int CLOCK_THREAD_CPUTIME_ID = 3;

    /** sys/stat.h. */
    static final int S_IFMT = 0xf000;

    /** sys/stat.h. */
    static final int S_IFSOCK = 0xc000;

    /** linux/mman.h. */
    static final int MADV_POPULATE_READ = 22;

    private LinuxConstants() {}
}
