package dev.javf.linux;

import dev.javf.linux.net.Net;

import java.nio.charset.StandardCharsets;

/** What the kernel takes for the name of a network device. */
final class DeviceName {
    private static final int MAX_BYTES = Net.IFNAMSIZ() - 1;

    /** A percent sign would ask the kernel to number the device. */
    private static final String FORBIDDEN = "/:%\u007f\u00a0";

    private DeviceName() {}

    /**
     * Refuses what can't be a name.
     *
     * @param what it is the name of, as the message begins.
     */
    static void check(final String what, final String name) {
        final int lengthBytes = name.getBytes(StandardCharsets.UTF_8).length;
        final boolean isValid =
                lengthBytes >= 1
                        && lengthBytes <= MAX_BYTES
                        && !name.equals(".")
                        && !name.equals("..")
                        && name.chars().noneMatch(c -> c <= ' ' || FORBIDDEN.indexOf(c) >= 0);
        if (!isValid) {
            throw new IllegalArgumentException(
                    what
                            + " '"
                            + name
                            + "' must have 1 to "
                            + MAX_BYTES
                            + " bytes without '/', ':', '%' and white space");
        }
    }
}
