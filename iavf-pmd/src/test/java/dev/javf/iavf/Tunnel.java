package dev.javf.iavf;

import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketVector;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * What is put around a {@link Datagram} (RFC 2003, 2784, 7348), with checksums computed the way RFC
 * 1071 says: what devices and drivers do is measured against it.
 *
 * @param destination of the outer Ethernet header.
 * @param source likewise.
 * @param isIpv6 whether the outer IP header is one of IPv6.
 * @param form which tunnel.
 * @param hasUdpChecksum whether a VXLAN packet has a UDP checksum.
 */
record Tunnel(
        MacAddress destination,
        MacAddress source,
        boolean isIpv6,
        Form form,
        boolean hasUdpChecksum) {
    private static final int IDENTIFICATION = 0x4321;
    private static final int VNI = 0x123456;

    /** Which tunnel. */
    enum Form {
        IP,
        GRE,
        GRE_ETHERNET,
        VXLAN
    }

    boolean hasEthernet() {
        return form == Form.GRE_ETHERNET || form == Form.VXLAN;
    }

    int networkBytes() {
        return isIpv6 ? 40 : 20;
    }

    /** From behind the outer IP header to the inner one. */
    int tunnelBytes() {
        return switch (form) {
            case IP -> 0;
            case GRE -> 8;
            case GRE_ETHERNET -> 8 + Datagram.LINK_BYTES;
            case VXLAN -> 16 + Datagram.LINK_BYTES;
        };
    }

    /** How {@link PacketVector#tunnel} names it. */
    int kind() {
        return switch (form) {
            case IP -> PacketVector.TUNNEL_IP;
            case GRE, GRE_ETHERNET -> PacketVector.TUNNEL_GRE;
            case VXLAN ->
                    hasUdpChecksum ? PacketVector.TUNNEL_UDP_CHECKSUM : PacketVector.TUNNEL_UDP;
        };
    }

    /** The type of a packet that comes out of it, as a receiver is told. */
    int type(final int innerType) {
        final int tunnel =
                switch (form) {
                    case IP -> PacketVector.TYPE_TUNNEL_IP;
                    case GRE -> PacketVector.TYPE_TUNNEL_GRE_OR_UDP;
                    case GRE_ETHERNET, VXLAN -> PacketVector.TYPE_TUNNEL_ETHERNET;
                };
        return tunnel
                | (isIpv6 ? PacketVector.TYPE_IPV6 : PacketVector.TYPE_IPV4)
                | innerType << PacketVector.TYPE_INNER_SHIFT;
    }

    /**
     * The whole packet.
     *
     * @param inner frame, of which a tunnel without Ethernet takes what is behind that header.
     * @param number of the segment.
     */
    byte[] around(final byte[] inner, final int number) {
        final boolean isInnerIpv6 = inner[Datagram.LINK_BYTES] >>> 4 == 6;
        final byte[] content =
                hasEthernet()
                        ? inner
                        : Arrays.copyOfRange(inner, Datagram.LINK_BYTES, inner.length);
        final int headers = tunnelBytes() - (hasEthernet() ? Datagram.LINK_BYTES : 0);
        final int length = headers + content.length;
        final ByteBuffer frame = ByteBuffer.allocate(Datagram.LINK_BYTES + networkBytes() + length);
        frame.putShort((short) (destination.value() >>> 32)).putInt((int) destination.value());
        frame.putShort((short) (source.value() >>> 32)).putInt((int) source.value());
        network(frame, length, isInnerIpv6, number);
        final int tunnel = frame.position();
        switch (form) {
            case IP -> {}
            case GRE, GRE_ETHERNET -> {
                frame.putShort((short) 0x2000);
                frame.putShort((short) (hasEthernet() ? 0x6558 : isInnerIpv6 ? 0x86DD : 0x0800));
                frame.putInt(VNI);
            }
            case VXLAN -> {
                frame.putShort((short) 50_000).putShort((short) 4789);
                frame.putShort((short) length).putShort((short) 0);
                frame.putInt(0x0800_0000).putInt(VNI << 8);
            }
        }
        frame.put(content);
        if (hasUdpChecksum) {
            final int sum = ~Datagram.sum(frame, tunnel, length, pseudo(frame, length)) & 0xFFFF;
            frame.putShort(tunnel + 6, (short) (sum == 0 ? 0xFFFF : sum));
        }
        return frame.array();
    }

    private void network(
            final ByteBuffer frame, final int length, final boolean isInnerIpv6, final int number) {
        final int protocol =
                switch (form) {
                    case IP -> isInnerIpv6 ? 41 : 4;
                    case GRE, GRE_ETHERNET -> 47;
                    case VXLAN -> 17;
                };
        if (isIpv6) {
            frame.putShort((short) 0x86DD).putInt(0x6000_0000).putShort((short) length);
            frame.put((byte) protocol).put((byte) 64);
            for (int i = 0; i < 32; i++) {
                frame.put((byte) (i * 11 + 5));
            }
        } else {
            frame.putShort((short) 0x0800).putShort((short) 0x4500);
            frame.putShort((short) (20 + length)).putShort((short) (IDENTIFICATION + number));
            frame.putShort((short) 0).put((byte) 64).put((byte) protocol).putShort((short) 0);
            frame.putInt(0xC0A8_0001).putInt(0xC0A8_0002);
            frame.putShort(
                    Datagram.LINK_BYTES + 10,
                    (short) ~Datagram.sum(frame, Datagram.LINK_BYTES, 20, 0));
        }
    }

    private int pseudo(final ByteBuffer frame, final int length) {
        final int addresses = Datagram.LINK_BYTES + (isIpv6 ? 8 : 12);
        return Datagram.sum(frame, addresses, isIpv6 ? 32 : 8, 17 + length);
    }

    /** The packet as it is handed over to have all its checksums filled in. */
    byte[] prepared(final byte[] preparedInner) {
        final byte[] frame = around(preparedInner, 0);
        final ByteBuffer bytes = ByteBuffer.wrap(frame);
        if (!isIpv6) {
            bytes.putShort(Datagram.LINK_BYTES + 10, (short) 0x5555);
        }
        if (hasUdpChecksum) {
            final int udp = Datagram.LINK_BYTES + networkBytes();
            bytes.putShort(udp + 6, (short) pseudo(bytes, frame.length - udp));
        }
        return frame;
    }
}
