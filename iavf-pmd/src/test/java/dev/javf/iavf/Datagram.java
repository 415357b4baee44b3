package dev.javf.iavf;

import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketVector;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * An IP packet with right checksums, computed the way RFC 1071 and 9260 say, one number after the
 * other: what devices and drivers do is measured against it.
 */
final class Datagram {
    static final int TCP = 6;
    static final int UDP = 17;
    static final int SCTP = 132;
    static final int LINK_BYTES = 14;

    private static final int ACK_PSH_FIN_CWR = 0x99;
    private static final int PSH_FIN = 0x09;
    private static final int CWR = 0x80;

    private final MacAddress destination;
    private final MacAddress source;
    private final boolean isIpv6;
    private final int protocol;

    Datagram(
            final MacAddress destination,
            final MacAddress source,
            final boolean isIpv6,
            final int protocol) {
        this.destination = destination;
        this.source = source;
        this.isIpv6 = isIpv6;
        this.protocol = protocol;
    }

    int networkBytes() {
        return isIpv6 ? 40 : 20;
    }

    int transportBytes() {
        return switch (protocol) {
            case TCP -> 32;
            case UDP -> 8;
            default -> 12;
        };
    }

    int headerBytes() {
        return LINK_BYTES + networkBytes() + transportBytes();
    }

    /** Type bits of {@link PacketVector}. */
    int type() {
        final int transport =
                switch (protocol) {
                    case TCP -> PacketVector.TYPE_TCP;
                    case UDP -> PacketVector.TYPE_UDP;
                    default -> PacketVector.TYPE_SCTP;
                };
        return transport | (isIpv6 ? PacketVector.TYPE_IPV6 : PacketVector.TYPE_IPV4);
    }

    /** The packet with all checksums. */
    byte[] frame(final byte[] payload) {
        return frame(payload, 0, 0, ACK_PSH_FIN_CWR);
    }

    /** The packets that it becomes when it is cut. */
    List<byte[]> segments(final byte[] payload, final int segmentBytes) {
        final List<byte[]> segments = new ArrayList<>();
        for (int at = 0; at < payload.length; at += segmentBytes) {
            final int end = Math.min(at + segmentBytes, payload.length);
            int flags = ACK_PSH_FIN_CWR;
            flags &= at > 0 ? ~CWR : -1;
            flags &= end < payload.length ? ~PSH_FIN : -1;
            final byte[] part = Arrays.copyOfRange(payload, at, end);
            segments.add(frame(part, at, at / segmentBytes, flags));
        }
        return segments;
    }

    /**
     * The packet as it is handed over to have its checksums filled in: the pseudo header's sum in
     * the field of TCP and UDP, anything elsewhere.
     */
    byte[] prepared(final byte[] payload) {
        final byte[] frame = frame(payload);
        final ByteBuffer bytes = ByteBuffer.wrap(frame);
        final int transport = LINK_BYTES + networkBytes();
        if (!isIpv6) {
            bytes.putShort(LINK_BYTES + 10, (short) 0x5555);
        }
        if (protocol == SCTP) {
            bytes.putInt(transport + 8, 0x5555_5555);
        } else {
            final int length = frame.length - transport;
            bytes.putShort(transport + (protocol == TCP ? 16 : 6), (short) pseudo(bytes, length));
        }
        return frame;
    }

    private byte[] frame(
            final byte[] payload, final int sequence, final int identification, final int flags) {
        final ByteBuffer frame = ByteBuffer.allocate(headerBytes() + payload.length);
        final int length = transportBytes() + payload.length;
        frame.putShort((short) (destination.value() >>> 32)).putInt((int) destination.value());
        frame.putShort((short) (source.value() >>> 32)).putInt((int) source.value());
        if (isIpv6) {
            frame.putShort((short) 0x86DD).putInt(0x6000_0000).putShort((short) length);
            frame.put((byte) protocol).put((byte) 64);
            for (int i = 0; i < 32; i++) {
                frame.put((byte) (i * 37 + 1));
            }
        } else {
            frame.putShort((short) 0x0800).putShort((short) 0x4500);
            frame.putShort((short) (20 + length)).putShort((short) (0x1234 + identification));
            frame.putShort((short) 0x4000).put((byte) 64).put((byte) protocol).putShort((short) 0);
            frame.putInt(0x0A00_0001).putInt(0x0A00_0002);
            frame.putShort(LINK_BYTES + 10, (short) ~sum(frame, LINK_BYTES, 20, 0));
        }
        final int transport = frame.position();
        frame.putShort((short) 4000).putShort((short) 5000);
        switch (protocol) {
            case TCP -> {
                frame.putInt(0x0102_0304 + sequence).putInt(77).put((byte) 0x80).put((byte) flags);
                frame.putShort((short) 1000).putInt(0).putInt(0x0101_080A).putLong(9);
            }
            case UDP -> frame.putShort((short) length).putShort((short) 0);
            default -> frame.putLong(0x1122_3344L << 32);
        }
        frame.put(payload);
        switch (protocol) {
            case TCP -> frame.putShort(transport + 16, complement(frame, transport, length));
            case UDP -> {
                final short value = complement(frame, transport, length);
                frame.putShort(transport + 6, value == 0 ? -1 : value);
            }
            default -> {
                final CRC32C crc = new CRC32C();
                crc.update(frame.array(), transport, length);
                frame.order(ByteOrder.LITTLE_ENDIAN).putInt(transport + 8, (int) crc.getValue());
            }
        }
        return frame.array();
    }

    private short complement(final ByteBuffer frame, final int transport, final int length) {
        return (short) ~sum(frame, transport, length, pseudo(frame, length));
    }

    private int pseudo(final ByteBuffer frame, final int length) {
        final int addresses = LINK_BYTES + (isIpv6 ? 8 : 12);
        return sum(frame, addresses, isIpv6 ? 32 : 8, protocol + length);
    }

    /** The folded sum of bytes, two at a time. */
    static int sum(final ByteBuffer bytes, final int from, final int length, final int start) {
        int sum = start;
        for (int i = 0; i < length; i++) {
            final int octet = bytes.get(from + i) & 0xFF;
            sum += (i & 1) == 0 ? octet << 8 : octet;
            sum = (sum & 0xFFFF) + (sum >>> 16);
        }
        return sum;
    }
}
