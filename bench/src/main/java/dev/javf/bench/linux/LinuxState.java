package dev.javf.bench.linux;

/** The states of Linux' iavf driver, as far as the yardstick has them. */
enum LinuxState {
    STARTUP,
    INIT_VERSION_CHECK,
    INIT_GET_RESOURCES,
    INIT_EXTENDED_CAPS,
    INIT_FAILED,
    RESETTING,
    DOWN,
    DOWN_PENDING,
    RUNNING,
    REMOVED;

    /** Whether the probe is over and there is a network device. */
    boolean isProbed() {
        return ordinal() >= RESETTING.ordinal();
    }
}
