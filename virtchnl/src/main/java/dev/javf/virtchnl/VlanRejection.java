package dev.javf.virtchnl;

/**
 * Filters that are not as they should be, and why.
 *
 * @param tpid their EtherType.
 * @param vlans their VLAN ids.
 * @param reason in short.
 * @param status of the PF's answer; 0 if the PF wasn't asked.
 * @param remedy one line for people: what is wrong and what helps.
 */
public record VlanRejection(int tpid, VlanSet vlans, Reason reason, int status, String remedy) {
    /** The most that any PF allows a VF that isn't trusted: i40e 16, ice 8. */
    private static final int UNTRUSTED_MAX = 16;

    /** Why. */
    public enum Reason {
        /** The PF allows no more filters. */
        LIMIT,
        /** The PF offers no such filters. */
        NOT_OFFERED,
        /** The PF refused to add them. */
        PF_REFUSED_ADD,
        /** The PF refused to delete them: it may hold them although nobody wants them. */
        PF_REFUSED_DELETE,
        /** There is no VF any more. */
        CLOSED
    }

    static VlanRejection of(
            final int tpid,
            final VlanSet vlans,
            final Reason reason,
            final int status,
            final VlanLimits limits,
            final String closed) {
        final String remedy =
                switch (reason) {
                    case LIMIT -> limit(limits);
                    case NOT_OFFERED ->
                            limits.protocol() == VlanLimits.Protocol.NONE
                                    ? limits.obstacle()
                                    : notOffered(tpid, limits);
                    case PF_REFUSED_ADD ->
                            "the PF refused to add it ("
                                    + Status.nameOf(status)
                                    + "): its VLAN rules, shared by all VFs, may be used up; "
                                    + "see the PF's kernel log";
                    case PF_REFUSED_DELETE ->
                            "the PF refused to delete it ("
                                    + Status.nameOf(status)
                                    + "), and may hold it until the VF is reset; "
                                    + "see the PF's kernel log";
                    case CLOSED -> closed;
                };
        return new VlanRejection(tpid, vlans, reason, status, remedy);
    }

    private static String limit(final VlanLimits limits) {
        return limits.maxFilters() > UNTRUSTED_MAX
                ? "all "
                        + limits.maxFilters()
                        + " VLANs that the PF allows this VF are used; where VFs share them, fewer"
                        + " VFs leave more for each"
                : "VF is not trusted and its "
                        + limits.maxFilters()
                        + " user VLANs are used: ip link set PF vf N trust on";
    }

    private static String notOffered(final int tpid, final VlanLimits limits) {
        return "the PF filters no VLANs of EtherType 0x"
                + Integer.toHexString(tpid)
                + ", only "
                + VlanSupport.names(limits.tpids())
                + (limits.protocol() == VlanLimits.Protocol.V2 && !limits.outer()
                        ? ": it is in single VLAN mode"
                        : "");
    }
}
