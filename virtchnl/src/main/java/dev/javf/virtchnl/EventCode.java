package dev.javf.virtchnl;

import org.jspecify.annotations.Nullable;

/** What an EVENT message is about (virtchnl.h, enum virtchnl_event_codes). */
public enum EventCode {
    /** Nothing known. */
    UNKNOWN(0),
    /** The VF's link went up or down, or changed its speed. */
    LINK_CHANGE(1),
    /** The PF is about to reset the VF. */
    RESET_IMPENDING(2),
    /** The PF's driver goes away. */
    PF_DRIVER_CLOSE(3),
    /** For device configuration functions (DCF) only. */
    DCF_VSI_MAP_UPDATE(4);

    private static final EventCode[] ALL = values();

    private final int code;

    EventCode(final int code) {
        this.code = code;
    }

    /**
     * The code on the wire.
     *
     * @return 0..4.
     */
    public int code() {
        return code;
    }

    /**
     * The event of a code.
     *
     * @param code as on the wire.
     * @return null for a code that virtchnl.h doesn't define.
     */
    public static @Nullable EventCode of(final int code) {
        return code >= 0 && code < ALL.length ? ALL[code] : null;
    }

    /**
     * A name for any code.
     *
     * @param code as on the wire.
     * @return {@code EVENT_7} for a code that virtchnl.h doesn't define.
     */
    public static String nameOf(final int code) {
        final EventCode event = of(code);
        return event == null ? "EVENT_" + code : event.name();
    }
}
