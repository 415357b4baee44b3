package dev.javf.daemon.demo;

import dev.javf.packet.Ethernet;
import dev.javf.packet.MacAddress;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The fields of an Ethernet frame with ARP (RFC 826) or with ICMP echo in IPv4 (RFC 791, RFC 792),
 * at their offsets.
 *
 * @param memory where the frame is.
 * @param start offset of its first byte.
 * @param lengthBytes its length.
 */
record Frame(MemorySegment memory, long start, int lengthBytes) {
    /** Length of an echo request with 56 bytes of data, as ping sends it. */
    static final int ECHO_BYTES = 98;

    private static final ValueLayout.OfShort U16 =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfInt U32 =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private static final int TYPE_IPV4 = 0x0800;
    private static final int TYPE_ARP = 0x0806;
    private static final int ARP_BYTES = 28;
    private static final int PROTOCOL_ICMP = 1;
    private static final int IP = Ethernet.HEADER_BYTES;
    private static final int IP_HEADER_BYTES = 20;
    private static final int ICMP = IP + IP_HEADER_BYTES;
    private static final int ICMP_HEADER_BYTES = 8;

    private int u8(final int offset) {
        return memory.get(ValueLayout.JAVA_BYTE, start + offset) & 0xFF;
    }

    private int u16(final int offset) {
        return memory.get(U16, start + offset) & 0xFFFF;
    }

    private int u32(final int offset) {
        return memory.get(U32, start + offset);
    }

    private void u8(final int offset, final int value) {
        memory.set(ValueLayout.JAVA_BYTE, start + offset, (byte) value);
    }

    private void u16(final int offset, final int value) {
        memory.set(U16, start + offset, (short) value);
    }

    private void u32(final int offset, final int value) {
        memory.set(U32, start + offset, value);
    }

    long destination() {
        return MacAddress.readValue(memory, start + Ethernet.DESTINATION_OFFSET);
    }

    long source() {
        return MacAddress.readValue(memory, start + Ethernet.SOURCE_OFFSET);
    }

    boolean isArp() {
        return lengthBytes >= IP + ARP_BYTES && u16(Ethernet.TYPE_OFFSET) == TYPE_ARP;
    }

    int arpOperation() {
        return u16(IP + 6);
    }

    long arpSenderMac() {
        return MacAddress.readValue(memory, start + IP + 8);
    }

    int arpSender() {
        return u32(IP + 14);
    }

    int arpTarget() {
        return u32(IP + 24);
    }

    /** Whether it is ICMP in IPv4 without options, which is all that the demo's hosts send. */
    boolean isIcmp() {
        return lengthBytes >= ICMP + ICMP_HEADER_BYTES
                && u16(Ethernet.TYPE_OFFSET) == TYPE_IPV4
                && u8(IP) == 0x45
                && u8(IP + 9) == PROTOCOL_ICMP;
    }

    int ipSource() {
        return u32(IP + 12);
    }

    int ipDestination() {
        return u32(IP + 16);
    }

    int icmpType() {
        return u8(ICMP);
    }

    int icmpSequence() {
        return u16(ICMP + 6);
    }

    /** Writes an ARP packet for Ethernet and IPv4. */
    void arp(
            final int operation,
            final long destination,
            final long sourceMac,
            final int sender,
            final int target) {
        memory.asSlice(start, lengthBytes).fill((byte) 0);
        new MacAddress(destination).write(memory, start);
        new MacAddress(sourceMac).write(memory, start + Ethernet.SOURCE_OFFSET);
        u16(Ethernet.TYPE_OFFSET, TYPE_ARP);
        u16(IP, 1);
        u16(IP + 2, TYPE_IPV4);
        u8(IP + 4, MacAddress.LENGTH_BYTES);
        u8(IP + 5, Integer.BYTES);
        u16(IP + 6, operation);
        new MacAddress(sourceMac).write(memory, start + IP + 8);
        u32(IP + 14, sender);
        u32(IP + 24, target);
    }

    /** Writes an ICMP echo request or reply that fills the frame. */
    void echo(
            final long destination,
            final long sourceMac,
            final int ipSource,
            final int ipDestination,
            final int type,
            final int sequence) {
        memory.asSlice(start, lengthBytes).fill((byte) 0);
        new MacAddress(destination).write(memory, start);
        new MacAddress(sourceMac).write(memory, start + Ethernet.SOURCE_OFFSET);
        u16(Ethernet.TYPE_OFFSET, TYPE_IPV4);
        u8(IP, 0x45);
        u16(IP + 2, lengthBytes - IP);
        u8(IP + 8, 64);
        u8(IP + 9, PROTOCOL_ICMP);
        u32(IP + 12, ipSource);
        u32(IP + 16, ipDestination);
        u16(IP + 10, checksum(IP, IP_HEADER_BYTES));
        u8(ICMP, type);
        u16(ICMP + 6, sequence);
        u16(ICMP + 2, checksum(ICMP, lengthBytes - ICMP));
    }

    /**
     * Writes the answer to an ICMP echo request as long as this frame: with the identifier and the
     * data that the system's ping looks for.
     */
    void answer(final Frame request, final long mac, final int type) {
        MemorySegment.copy(request.memory, request.start, memory, start, lengthBytes);
        new MacAddress(request.source()).write(memory, start);
        new MacAddress(mac).write(memory, start + Ethernet.SOURCE_OFFSET);
        u32(IP + 12, request.ipDestination());
        u32(IP + 16, request.ipSource());
        // Addresses that change places leave the header's checksum as it is (RFC 1624 for ICMP's).
        final int before = u16(ICMP);
        u8(ICMP, type);
        int sum = (~u16(ICMP + 2) & 0xFFFF) + (~before & 0xFFFF) + u16(ICMP);
        sum = (sum >>> 16) + (sum & 0xFFFF);
        u16(ICMP + 2, ~(sum + (sum >>> 16)) & 0xFFFF);
    }

    /** The Internet checksum (RFC 1071) of an even number of bytes. */
    private int checksum(final int offset, final int length) {
        int sum = 0;
        for (int i = 0; i < length; i += 2) {
            sum += u16(offset + i);
        }
        sum = (sum >>> 16) + (sum & 0xFFFF);
        return ~(sum + (sum >>> 16)) & 0xFFFF;
    }
}
