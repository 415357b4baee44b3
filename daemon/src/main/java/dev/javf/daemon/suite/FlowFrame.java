package dev.javf.daemon.suite;

import dev.javf.packet.Ethernet;
import dev.javf.packet.MacAddress;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The frames of {@link Traffic}: an Ethernet header with the first EtherType for local experiments
 * (IEEE 802), then the sending side, the VLAN that it was sent in, a sequence number, and bytes
 * that follow from these. The length follows from them, too. No tag: the device inserts and strips
 * it, so that a frame in the wrong VLAN still says where it belongs.
 */
final class FlowFrame {
    private static final int ETHER_TYPE = 0x88B5;
    private static final int SIDE = Ethernet.HEADER_BYTES;
    private static final int VLAN = SIDE + Short.BYTES;
    private static final int SEQUENCE = VLAN + Short.BYTES;
    private static final int PAYLOAD = SEQUENCE + Long.BYTES;
    private static final int EXTRA_BYTES = 256;
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfLong LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private FlowFrame() {}

    /** How long a frame is, in bytes: 60 to 315. */
    static int lengthBytes(final int vlan, final long sequence) {
        return Ethernet.MIN_FRAME_BYTES + (int) ((vlan + 37 * sequence) & (EXTRA_BYTES - 1));
    }

    /** Writes a whole frame at an offset, {@link #lengthBytes} long. */
    static void write(
            final MemorySegment memory,
            final long start,
            final MacAddress destination,
            final MacAddress source,
            final int side,
            final int vlan,
            final long sequence) {
        destination.write(memory, start + Ethernet.DESTINATION_OFFSET);
        source.write(memory, start + Ethernet.SOURCE_OFFSET);
        memory.set(SHORT, start + Ethernet.TYPE_OFFSET, (short) ETHER_TYPE);
        memory.set(SHORT, start + SIDE, (short) side);
        memory.set(SHORT, start + VLAN, (short) vlan);
        memory.set(LONG, start + SEQUENCE, sequence);
        for (int i = PAYLOAD, end = lengthBytes(vlan, sequence); i < end; i++) {
            memory.set(ValueLayout.JAVA_BYTE, start + i, payload(vlan, sequence, i));
        }
    }

    /**
     * Whether a frame says of itself who sent it in which VLAN. Any other is a stranger's.
     *
     * @param lengthBytes what arrived.
     */
    static boolean isOurs(final MemorySegment memory, final long start, final int lengthBytes) {
        return lengthBytes >= Ethernet.MIN_FRAME_BYTES
                && memory.get(SHORT, start + Ethernet.TYPE_OFFSET) == (short) ETHER_TYPE;
    }

    static int side(final MemorySegment memory, final long start) {
        return Short.toUnsignedInt(memory.get(SHORT, start + SIDE));
    }

    static int vlan(final MemorySegment memory, final long start) {
        return Short.toUnsignedInt(memory.get(SHORT, start + VLAN));
    }

    static long sequence(final MemorySegment memory, final long start) {
        return memory.get(LONG, start + SEQUENCE);
    }

    /** Whether length and every byte of the payload follow from what the frame says of itself. */
    static boolean isWhole(final MemorySegment memory, final long start, final int lengthBytes) {
        final int vlan = vlan(memory, start);
        final long sequence = sequence(memory, start);
        boolean isWhole = lengthBytes == lengthBytes(vlan, sequence);
        for (int i = PAYLOAD; i < lengthBytes && isWhole; i++) {
            isWhole = memory.get(ValueLayout.JAVA_BYTE, start + i) == payload(vlan, sequence, i);
        }
        return isWhole;
    }

    private static byte payload(final int vlan, final long sequence, final int i) {
        return (byte) (31 * sequence + 7L * vlan + i);
    }
}
