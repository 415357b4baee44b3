package dev.javf.virtchnl;

import org.jspecify.annotations.Nullable;

/** The status of a PF's answer (virtchnl.h, enum virtchnl_status_code). */
public enum Status {
    /** Done. */
    SUCCESS(0),
    /** A parameter, a length, the VF's state or a limit was not acceptable. */
    ERR_PARAM(-5),
    /** The PF lacks memory or another resource. */
    ERR_NO_MEMORY(-18),
    /** The operation doesn't match its answer. */
    ERR_OPCODE_MISMATCH(-38),
    /** The control queue completed with an error. */
    ERR_CQP_COMPL_ERROR(-39),
    /** The PF doesn't know this VF. */
    ERR_INVALID_VF_ID(-40),
    /** The PF's own admin queue failed. */
    ERR_ADMIN_QUEUE_ERROR(-53),
    /** The operation isn't implemented, or not allowed by the capabilities granted. */
    ERR_NOT_SUPPORTED(-64);

    private static final Status[] ALL = values();

    private final int code;

    Status(final int code) {
        this.code = code;
    }

    /**
     * The status on the wire.
     *
     * @return 0 or a negative number.
     */
    public int code() {
        return code;
    }

    /**
     * The status of a code.
     *
     * @param code as on the wire.
     * @return null for a code that virtchnl.h doesn't define.
     */
    public static @Nullable Status of(final int code) {
        for (final Status status : ALL) {
            if (status.code == code) {
                return status;
            }
        }
        return null;
    }

    /**
     * A name for any code.
     *
     * @param code as on the wire.
     * @return {@code STATUS_-7} for a code that virtchnl.h doesn't define.
     */
    public static String nameOf(final int code) {
        final Status status = of(code);
        return status == null ? "STATUS_" + code : status.name();
    }
}
