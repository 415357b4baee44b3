package dev.javf.virtio;

/**
 * The device status register once more, as sentences about single bits (VirtIO 1.2, 2.1, 2.1.1,
 * 2.1.2, 3.1.1) with the specification's numbers. It shares nothing with {@link DeviceStatus}: no
 * constants, no rules, no order of cases.
 *
 * @param status after.
 * @param actions their names, in order, separated by blanks.
 */
record StatusOracle(int status, String actions) {
    private static final int[] BITS = {0x01, 0x02, 0x04, 0x08, 0x40, 0x80};

    static StatusOracle write(final int register, final int written) {
        final int before = register % 16 + register / 64 * 64;
        if (written == 0) {
            return new StatusOracle(0, "RESET");
        }
        // "The driver MUST NOT clear a device status bit", NEEDS_RESET is set by the device, and
        // after FAILED or NEEDS_RESET nothing goes on without a reset.
        boolean isViolation = false;
        boolean isNews = false;
        for (final int bit : BITS) {
            final boolean was = has(before, bit);
            final boolean is = has(written, bit);
            isViolation |= was && !is;
            isNews |= was != is;
            isViolation |= !was && is && (bit == 0x40 || has(before, 0x80));
        }
        if (!isNews) {
            return new StatusOracle(before, "");
        }
        if (isViolation) {
            if (!has(before, 0x40)) {
                return deviceNeedsReset(before);
            }
            // Clearing is ignored now; but a driver may always say that it has given up, if that
            // is said properly.
            return new StatusOracle(before, "");
        }
        int after = before;
        for (final int bit : BITS) {
            if (has(written, bit) && (!has(before, 0x40) || bit == 0x80)) {
                after += has(after, bit) ? 0 : bit;
            }
        }
        return new StatusOracle(after, actions(before, after));
    }

    static StatusOracle deviceNeedsReset(final int register) {
        final int before = register % 16 + register / 64 * 64;
        final int after = has(before, 0x40) ? before : before + 0x40;
        return new StatusOracle(after, actions(before, after));
    }

    private static String actions(final int before, final int after) {
        String names = "";
        if (has(after, 0x08) && !has(before, 0x08)) {
            names += "APPLY_FEATURES ";
        }
        final boolean moved = movesPackets(before);
        final boolean moves = movesPackets(after);
        if (moves && !moved) {
            names += "START ";
        }
        if (moved && !moves) {
            names += "STOP ";
        }
        // "If DRIVER_OK is set, after it sets DEVICE_NEEDS_RESET, the device MUST send a device
        // configuration change notification."
        if (has(after, 0x40) && !has(before, 0x40) && has(before, 0x04)) {
            names += "NOTIFY_CONFIGURATION ";
        }
        return names.strip();
    }

    private static boolean movesPackets(final int status) {
        return has(status, 0x04) && has(status, 0x08) && !has(status, 0x40) && !has(status, 0x80);
    }

    private static boolean has(final int status, final int bit) {
        return status / bit % 2 == 1;
    }
}
