package dev.javf.linux;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** ARP frames (RFC 826), the smallest thing that the kernel answers. */
final class Arp {
    static final int FRAME_BYTES = 42;

    private static final ValueLayout.OfShort BE16 =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfInt BE32 =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final long BROADCAST = 0xffff_ffff_ffffL;

    private Arp() {}

    /** Writes a request: who has {@code target}? */
    static void request(
            final MemorySegment frame, final long senderMac, final int sender, final int target) {
        MacBytes.put(frame, 0, BROADCAST);
        MacBytes.put(frame, 6, senderMac);
        frame.set(BE16, 12, (short) 0x0806);
        frame.set(BE16, 14, (short) 1);
        frame.set(BE16, 16, (short) 0x0800);
        frame.set(ValueLayout.JAVA_BYTE, 18, (byte) 6);
        frame.set(ValueLayout.JAVA_BYTE, 19, (byte) 4);
        frame.set(BE16, 20, (short) 1);
        MacBytes.put(frame, 22, senderMac);
        frame.set(BE32, 28, sender);
        MacBytes.put(frame, 32, 0);
        frame.set(BE32, 38, target);
    }

    /** Whether the frame says that {@code sender} is at {@code senderMac}. */
    static boolean isReply(final MemorySegment frame, final long senderMac, final int sender) {
        return frame.get(BE16, 12) == 0x0806
                && frame.get(BE16, 20) == 2
                && MacBytes.get(frame, 22) == senderMac
                && frame.get(BE32, 28) == sender;
    }
}
