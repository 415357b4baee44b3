package dev.javf.bench.linux;

/** The states of Linux' iavf driver, as far as the yardstick has them. */
enum LinuxState {
    STARTUP,
    INIT_VERSION_CHECK,
    INIT_GET_RESOURCES,
    INIT_EXTENDED_CAPS,
    INIT_FAILED,
    DOWN,
    DOWN_PENDING,
    RUNNING,
    REMOVED;

    /** Whether the probe is over and there is a network device. */
    boolean isProbed() {
        return switch (this) {
            case STARTUP,
                    INIT_VERSION_CHECK,
                    INIT_GET_RESOURCES,
                    INIT_EXTENDED_CAPS,
                    INIT_FAILED,
                    REMOVED ->
                    false;
            case DOWN, DOWN_PENDING, RUNNING -> true;
        };
    }
}
