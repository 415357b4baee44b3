package dev.javf.vfio.user;

import org.jspecify.annotations.Nullable;

/** What a message asks for. */
enum Command {
    VERSION(1),
    DMA_MAP(2),
    DMA_UNMAP(3),
    DEVICE_GET_INFO(4),
    DEVICE_GET_REGION_INFO(5),
    DEVICE_GET_REGION_IO_FDS(6),
    DEVICE_GET_IRQ_INFO(7),
    DEVICE_SET_IRQS(8),
    REGION_READ(9),
    REGION_WRITE(10),
    /** The only two that a server sends to a client. */
    DMA_READ(11),
    DMA_WRITE(12),
    DEVICE_RESET(13),
    REGION_WRITE_MULTI(15),
    DEVICE_FEATURE(16),
    MIG_DATA_READ(17),
    MIG_DATA_WRITE(18);

    private static final @Nullable Command[] BY_CODE = new @Nullable Command[19];

    private final int code;

    static {
        for (final Command command : values()) {
            BY_CODE[command.code] = command;
        }
    }

    Command(final int code) {
        this.code = code;
    }

    int code() {
        return code;
    }

    /** Null if there is no such command. */
    static @Nullable Command of(final int code) {
        return code < BY_CODE.length ? BY_CODE[code] : null;
    }
}
