package dev.javf.daemon.doctor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Whether a PCI Express function may have more than 32 requests under way (PCI Express Base
 * Specification, Device Capabilities bit 5 and Device Control bit 8).
 */
enum ExtendedTags {
    /** It may. */
    ON,
    /** It could, and isn't let. */
    OFF,
    /** It can't. */
    NONE,
    /** The configuration space can't be read so far; only root can. */
    UNKNOWN;

    private static final int CAPABILITIES = 0x34;
    private static final int EXPRESS = 0x10;
    private static final int CAPABILITIES_MAX = 48;
    private static final int DEVICE_CAPABILITIES = 4;
    private static final int DEVICE_CONTROL = 8;
    private static final int SUPPORTED = 1 << 5;
    private static final int ENABLED = 1 << 8;

    /**
     * Looks into a configuration space.
     *
     * @param config the device's file {@code config} in sysfs.
     */
    static ExtendedTags of(final Path config) {
        final byte[] bytes;
        try {
            bytes = Files.readAllBytes(config);
        } catch (final IOException e) {
            return UNKNOWN;
        }
        int at = bytes.length > CAPABILITIES ? bytes[CAPABILITIES] & 0xFC : 0;
        for (int i = 0; i < CAPABILITIES_MAX && at != 0; i++) {
            if (at + DEVICE_CONTROL + 2 > bytes.length) {
                return UNKNOWN;
            }
            if ((bytes[at] & 0xFF) == EXPRESS) {
                if ((u16(bytes, at + DEVICE_CAPABILITIES) & SUPPORTED) == 0) {
                    return NONE;
                }
                return (u16(bytes, at + DEVICE_CONTROL) & ENABLED) == 0 ? OFF : ON;
            }
            at = bytes[at + 1] & 0xFC;
        }
        return bytes.length > CAPABILITIES + 1 ? NONE : UNKNOWN;
    }

    private static int u16(final byte[] bytes, final int offset) {
        return (bytes[offset] & 0xFF) | ((bytes[offset + 1] & 0xFF) << 8);
    }
}
