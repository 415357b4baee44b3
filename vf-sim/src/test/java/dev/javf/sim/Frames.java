package dev.javf.sim;

import dev.javf.packet.MacAddress;

import java.nio.ByteBuffer;

/** Frames for tests, byte by byte. */
final class Frames {
    private Frames() {}

    static byte[] ethernet(
            final MacAddress destination,
            final MacAddress source,
            final int type,
            final int lengthBytes) {
        final ByteBuffer frame = ByteBuffer.allocate(lengthBytes);
        mac(frame, destination);
        mac(frame, source);
        frame.putShort((short) type);
        for (int i = 0; frame.hasRemaining(); i++) {
            frame.put((byte) (i * 7));
        }
        return frame.array();
    }

    /** A frame with a tag before those it has. */
    static byte[] tagged(final byte[] frame, final int tpid, final int tci) {
        final ByteBuffer tagged = ByteBuffer.allocate(frame.length + 4);
        tagged.put(frame, 0, 12);
        tagged.putShort((short) tpid);
        tagged.putShort((short) tci);
        tagged.put(frame, 12, frame.length - 12);
        return tagged.array();
    }

    /** An IPv4 packet with right header checksum in a frame. */
    static byte[] ipv4(
            final MacAddress destination,
            final MacAddress source,
            final int[] addresses,
            final int protocol,
            final byte[] payload) {
        final ByteBuffer frame = ByteBuffer.allocate(14 + 20 + payload.length);
        mac(frame, destination);
        mac(frame, source);
        frame.putShort((short) 0x0800);
        frame.put((byte) 0x45).put((byte) 0).putShort((short) (20 + payload.length));
        frame.putShort((short) 0x1234).putShort((short) 0);
        frame.put((byte) 64).put((byte) protocol).putShort((short) 0);
        frame.putInt(addresses[0]).putInt(addresses[1]);
        frame.put(payload);
        frame.putShort(24, (short) ~sum(frame.array(), 14, 34, 0));
        return frame.array();
    }

    /** An IPv6 packet in a frame. */
    static byte[] ipv6(
            final MacAddress destination,
            final MacAddress source,
            final byte[] addresses,
            final int nextHeader,
            final byte[] payload) {
        final ByteBuffer frame = ByteBuffer.allocate(14 + 40 + payload.length);
        mac(frame, destination);
        mac(frame, source);
        frame.putShort((short) 0x86DD);
        frame.putInt(0x6000_0000).putShort((short) payload.length);
        frame.put((byte) nextHeader).put((byte) 64).put(addresses);
        frame.put(payload);
        return frame.array();
    }

    /** A TCP segment without checksum. */
    static byte[] tcp(
            final int sourcePort, final int destinationPort, final int flags, final byte[] data) {
        final ByteBuffer segment = ByteBuffer.allocate(20 + data.length);
        segment.putShort((short) sourcePort).putShort((short) destinationPort);
        segment.putInt(0x0102_0304).putInt(0x0506_0708);
        segment.put((byte) 0x50).put((byte) flags).putShort((short) 0x2000);
        segment.putInt(0);
        segment.put(data);
        return segment.array();
    }

    /** A UDP datagram without checksum. */
    static byte[] udp(final int sourcePort, final int destinationPort, final byte[] data) {
        final ByteBuffer datagram = ByteBuffer.allocate(8 + data.length);
        datagram.putShort((short) sourcePort).putShort((short) destinationPort);
        datagram.putShort((short) (8 + data.length)).putShort((short) 0);
        datagram.put(data);
        return datagram.array();
    }

    /** Writes a right TCP or UDP checksum into an untagged IPv4 frame without options. */
    static void checksumIpv4(final byte[] frame) {
        final int field = 34 + (frame[23] == 6 ? 16 : 6);
        put(frame, field, 0);
        final int pseudo = sum(frame, 26, 34, frame[23] + frame.length - 34);
        put(frame, field, ~sum(frame, 34, frame.length, pseudo));
    }

    /** The Internet checksum's sum (RFC 1071), the plain way. */
    static int sum(final byte[] bytes, final int from, final int to, final int start) {
        long sum = start;
        for (int i = from; i < to; i += 2) {
            sum += (bytes[i] & 0xFF) << 8 | (i + 1 < to ? bytes[i + 1] & 0xFF : 0);
        }
        while (sum >>> 16 != 0) {
            sum = (sum & 0xFFFF) + (sum >>> 16);
        }
        return (int) sum;
    }

    static void put(final byte[] bytes, final int offset, final int value) {
        bytes[offset] = (byte) (value >>> 8);
        bytes[offset + 1] = (byte) value;
    }

    static byte[] counting(final int lengthBytes) {
        final byte[] bytes = new byte[lengthBytes];
        for (int i = 0; i < lengthBytes; i++) {
            bytes[i] = (byte) (i * 31 + (i >>> 8));
        }
        return bytes;
    }

    private static void mac(final ByteBuffer frame, final MacAddress address) {
        frame.putShort((short) (address.value() >>> 32)).putInt((int) address.value());
    }
}
