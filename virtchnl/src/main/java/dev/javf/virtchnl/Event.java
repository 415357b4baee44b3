package dev.javf.virtchnl;

import java.lang.foreign.MemorySegment;

/**
 * EVENT, PF to VF, unasked (virtchnl.h, struct virtchnl_pf_event; 16 bytes).
 *
 * <p>How a link speed is written depends on whether {@link Capability#ADV_LINK_SPEED} was granted,
 * so {@link #decode} must be told.
 */
public sealed interface Event extends Message {
    /** Severity of {@link ResetImpending} and {@link PfDriverClose}: "certain doom". */
    int SEVERITY_CERTAIN_DOOM = 255;

    /** Length of every event in bytes. */
    int LENGTH_BYTES = 16;

    /**
     * The VF's link. A VF without enabled queues is told "down".
     *
     * @param up whether the link is up.
     * @param speedMbps megabits per second; 0 is unknown.
     * @param advancedSpeed whether the speed is written as a number and not as a bit. As a bit, a
     *     speed that has none is written as unknown.
     */
    record LinkChange(boolean up, int speedMbps, boolean advancedSpeed) implements Event {
        @Override
        public void encode(final MemorySegment buffer, final long offset) {
            Wire.clear(buffer, offset, LENGTH_BYTES);
            Wire.put32(buffer, offset, EventCode.LINK_CHANGE.code());
            Wire.put32(buffer, offset + 4, advancedSpeed ? speedMbps : bitOfSpeed(speedMbps));
            Wire.put8(buffer, offset + 8, up ? 1 : 0);
        }
    }

    /** The PF is about to reset the VF: its mailbox stops, its filters and queues are gone. */
    record ResetImpending() implements Event {
        @Override
        public void encode(final MemorySegment buffer, final long offset) {
            Wire.clear(buffer, offset, LENGTH_BYTES);
            Wire.put32(buffer, offset, EventCode.RESET_IMPENDING.code());
            Wire.put32(buffer, offset + 12, SEVERITY_CERTAIN_DOOM);
        }
    }

    /** The PF's driver goes away. */
    record PfDriverClose() implements Event {
        @Override
        public void encode(final MemorySegment buffer, final long offset) {
            Wire.clear(buffer, offset, LENGTH_BYTES);
            Wire.put32(buffer, offset, EventCode.PF_DRIVER_CLOSE.code());
            Wire.put32(buffer, offset + 12, SEVERITY_CERTAIN_DOOM);
        }
    }

    /**
     * Any other event: to be counted, not acted upon.
     *
     * @param code the event; see {@link EventCode}.
     * @param data the 8 bytes that belong to it.
     * @param severity 0 or {@link #SEVERITY_CERTAIN_DOOM}.
     */
    record Unknown(int code, long data, int severity) implements Event {
        @Override
        public void encode(final MemorySegment buffer, final long offset) {
            Wire.put32(buffer, offset, code);
            Wire.put64(buffer, offset + 4, data);
            Wire.put32(buffer, offset + 12, severity);
        }
    }

    @Override
    default int lengthBytes() {
        return LENGTH_BYTES;
    }

    /**
     * Reads one.
     *
     * @param buffer a private copy of the message.
     * @param offset of its first byte.
     * @param lengthBytes its length.
     * @param advancedSpeed whether {@link Capability#ADV_LINK_SPEED} was granted.
     * @return the event.
     * @throws MalformedMessageException if the length is wrong.
     */
    static Event decode(
            final MemorySegment buffer,
            final long offset,
            final int lengthBytes,
            final boolean advancedSpeed) {
        Wire.requireLength("Event", lengthBytes, LENGTH_BYTES);
        final int code = Wire.i32(buffer, offset);
        final EventCode event = EventCode.of(code);
        if (event == EventCode.LINK_CHANGE) {
            final int speed = Wire.i32(buffer, offset + 4);
            return new LinkChange(
                    Wire.u8(buffer, offset + 8) != 0,
                    advancedSpeed ? speed : speedOfBit(speed),
                    advancedSpeed);
        }
        if (event == EventCode.RESET_IMPENDING) {
            return new ResetImpending();
        }
        if (event == EventCode.PF_DRIVER_CLOSE) {
            return new PfDriverClose();
        }
        return new Unknown(code, Wire.i64(buffer, offset + 4), Wire.i32(buffer, offset + 12));
    }

    /** The speed of a bit (virtchnl.h, enum virtchnl_link_speed); 0 for any other value. */
    private static int speedOfBit(final int bit) {
        return switch (bit) {
            case 1 -> 2_500;
            case 1 << 1 -> 100;
            case 1 << 2 -> 1_000;
            case 1 << 3 -> 10_000;
            case 1 << 4 -> 40_000;
            case 1 << 5 -> 20_000;
            case 1 << 6 -> 25_000;
            case 1 << 7 -> 5_000;
            default -> 0;
        };
    }

    private static int bitOfSpeed(final int speedMbps) {
        return switch (speedMbps) {
            case 2_500 -> 1;
            case 100 -> 1 << 1;
            case 1_000 -> 1 << 2;
            case 10_000 -> 1 << 3;
            case 40_000 -> 1 << 4;
            case 20_000 -> 1 << 5;
            case 25_000 -> 1 << 6;
            case 5_000 -> 1 << 7;
            default -> 0;
        };
    }
}
