package dev.javf.testing;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * TCP in IPv4 or IPv6 in Ethernet, as bytes, for tests of checksums and segmentation. Everything is
 * reckoned the slow and plain way, and shares nothing with what is tested.
 */
public final class TcpFrame {
    /** Length of the Ethernet header. */
    public static final int LINK_BYTES = 14;

    /** Length of the TCP header; it has a time stamp option. */
    public static final int TCP_BYTES = 32;

    private static final int FIN_PSH_ACK = 0x19;

    private TcpFrame() {}

    /** Length of the IP header. */
    public static int networkBytes(final boolean isIpv6) {
        return isIpv6 ? 40 : 20;
    }

    /** Length of all headers. */
    public static int headerBytes(final boolean isIpv6) {
        return LINK_BYTES + networkBytes(isIpv6) + TCP_BYTES;
    }

    /**
     * A frame with right checksums, with FIN and PSH.
     *
     * @param isIpv6 which IP.
     * @param destination MAC address, in the low 48 bits.
     * @param source MAC address, in the low 48 bits.
     * @param payloadBytes so much, of random bytes.
     * @param seed of addresses, numbers and payload.
     */
    public static byte[] of(
            final boolean isIpv6,
            final long destination,
            final long source,
            final int payloadBytes,
            final long seed) {
        final byte[] frame = begun(isIpv6, destination, source, payloadBytes, seed);
        final int at = LINK_BYTES + networkBytes(isIpv6);
        put16(frame, at + 16, ~sum(0, frame, at, frame.length));
        return frame;
    }

    /** The same as a sender leaves it that has the NIC finish the TCP checksum, or cut it. */
    public static byte[] begun(
            final boolean isIpv6,
            final long destination,
            final long source,
            final int payloadBytes,
            final long seed) {
        final SplittableRandom random = new SplittableRandom(seed);
        final byte[] bytes = new byte[headerBytes(isIpv6) + payloadBytes];
        random.nextBytes(bytes);
        final ByteBuffer frame = ByteBuffer.wrap(bytes);
        frame.putShort((short) (destination >>> 32)).putInt((int) destination);
        frame.putShort((short) (source >>> 32)).putInt((int) source);
        frame.putShort((short) (isIpv6 ? 0x86DD : 0x0800));
        if (isIpv6) {
            frame.putInt(0x6000_0000).putShort((short) (TCP_BYTES + payloadBytes));
            frame.put((byte) 6).put((byte) 64);
        } else {
            frame.putShort((short) 0x4500).putShort((short) (20 + TCP_BYTES + payloadBytes));
            frame.putShort((short) random.nextInt()).putShort((short) 0x4000);
            frame.putShort((short) 0x4006).putShort((short) 0);
            put16(bytes, LINK_BYTES + 10, ~sum(0, bytes, LINK_BYTES, LINK_BYTES + 20));
        }
        final int at = LINK_BYTES + networkBytes(isIpv6);
        bytes[at + 12] = (byte) ((TCP_BYTES / 4) << 4);
        bytes[at + 13] = FIN_PSH_ACK;
        put16(bytes, at + 16, pseudo(bytes, isIpv6));
        return bytes;
    }

    /** Whether all lengths and checksums of a frame are right. */
    public static boolean isRight(final byte[] frame) {
        final boolean isIpv6 = isIpv6(frame);
        final int at = LINK_BYTES + networkBytes(isIpv6);
        final int length =
                isIpv6 ? get16(frame, LINK_BYTES + 4) + 40 : get16(frame, LINK_BYTES + 2);
        return LINK_BYTES + length == frame.length
                && (isIpv6 || sum(0, frame, LINK_BYTES, at) == 0xFFFF)
                && sum(pseudo(frame, isIpv6), frame, at, frame.length) == 0xFFFF;
    }

    /**
     * The segments of a frame that a NIC has cut, put together again.
     *
     * @param segments in order.
     * @return the payload.
     * @throws AssertionError if one of them isn't right, or not what follows the one before.
     */
    public static byte[] payload(final Iterable<byte[]> segments) {
        byte[] payload = new byte[0];
        byte[] last = new byte[0];
        int next = 0;
        for (final byte[] segment : segments) {
            final int headers = headerBytes(isIpv6(segment));
            final int tcp = headers - TCP_BYTES;
            final int sequence = ByteBuffer.wrap(segment).getInt(tcp + 4);
            require(isRight(segment), "a segment's lengths and checksums");
            require(payload.length == 0 || sequence == next, "a segment's sequence number");
            require(last.length == 0 || (last[tcp + 13] & 9) == 0, "no FIN before the last");
            next = sequence + segment.length - headers;
            final int done = payload.length;
            payload = Arrays.copyOf(payload, done + segment.length - headers);
            System.arraycopy(segment, headers, payload, done, segment.length - headers);
            last = segment;
        }
        require(
                last.length > 0 && (last[headerBytes(isIpv6(last)) - TCP_BYTES + 13] & 9) == 9,
                "FIN");
        return payload;
    }

    /** The payload of a frame that is in one piece. */
    public static byte[] payload(final byte[] frame) {
        return Arrays.copyOfRange(frame, headerBytes(isIpv6(frame)), frame.length);
    }

    private static void require(final boolean isTrue, final String what) {
        if (!isTrue) {
            throw new AssertionError(what + " is wrong");
        }
    }

    private static boolean isIpv6(final byte[] frame) {
        return get16(frame, 12) == 0x86DD;
    }

    private static int pseudo(final byte[] frame, final boolean isIpv6) {
        final int at = LINK_BYTES + networkBytes(isIpv6);
        final int addresses = isIpv6 ? LINK_BYTES + 8 : LINK_BYTES + 12;
        final long length = (long) frame.length - at;
        return sum(6 + (length & 0xFFFF) + (length >>> 16), frame, addresses, at);
    }

    private static int sum(final long begun, final byte[] bytes, final int from, final int to) {
        long sum = begun;
        for (int i = from; i < to; i += 2) {
            sum += (bytes[i] & 0xFF) << 8 | (i + 1 < to ? bytes[i + 1] & 0xFF : 0);
        }
        while (sum >>> 16 != 0) {
            sum = (sum & 0xFFFF) + (sum >>> 16);
        }
        return (int) sum;
    }

    private static int get16(final byte[] bytes, final int at) {
        return (bytes[at] & 0xFF) << 8 | (bytes[at + 1] & 0xFF);
    }

    private static void put16(final byte[] bytes, final int at, final int value) {
        bytes[at] = (byte) (value >>> 8);
        bytes[at + 1] = (byte) value;
    }
}
