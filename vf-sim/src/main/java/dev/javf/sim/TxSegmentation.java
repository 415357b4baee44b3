package dev.javf.sim;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * TCP segmentation: one packet of the driver becomes many frames. Headers are repeated, with
 * length, IPv4 identification, sequence number, flags and checksums of each segment. The driver
 * leaves the sum of the pseudo-header without length in the TCP checksum field. For the switch's
 * thread.
 */
final class TxSegmentation {
    /** Segment sizes that the hardware takes. */
    static final int MIN_SEGMENT_BYTES = 64;

    static final int MAX_SEGMENT_BYTES = 9668;

    private static final int TSO_LENGTH_SHIFT = 30;
    private static final int TSO_LENGTH_MASK = 0x3FFFF;
    private static final int MSS_SHIFT = 50;
    private static final int FIN_PSH = 0x09;
    private static final int CWR = 0x80;
    private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;

    private final EthernetSwitch owner;
    private final Frame frame;
    private final TxPacket packet;
    private final TxChecksums checksums = new TxChecksums();
    private final MemorySegment headers =
            Arena.ofAuto().allocate(Frame.HEADER_CAPACITY_BYTES, Long.BYTES);
    private final MemorySegment segmentHeaders =
            Arena.ofAuto().allocate(Frame.HEADER_CAPACITY_BYTES, Long.BYTES);

    /** Where the next payload byte is. */
    private int descriptor;

    private int descriptorOffset;

    TxSegmentation(final EthernetSwitch owner, final Frame frame, final TxPacket packet) {
        this.owner = owner;
        this.frame = frame;
        this.packet = packet;
    }

    @Nullable DropCause send(
            final TxQueue queue, final VfQueues vf, final int first, final long totalBytes) {
        final long context = packet.command(0);
        final long command = packet.command(first);
        final int segmentBytes = (int) (context >>> MSS_SHIFT);
        final int tunnel = packet.tunnel(first);
        final int headerBytes = TxChecksums.headerBytes(command) + TxTunnel.bytes(tunnel);
        final long payloadBytes = context >>> TSO_LENGTH_SHIFT & TSO_LENGTH_MASK;
        if (segmentBytes < MIN_SEGMENT_BYTES
                || segmentBytes > MAX_SEGMENT_BYTES
                || !TxChecksums.isTcp(command)
                || !TxChecksums.areOffsetsValid(command)
                || payloadBytes == 0
                || payloadBytes + headerBytes != totalBytes
                || headerBytes + segmentBytes > vf.maxFrameBytes()) {
            return DropCause.TX_SEGMENTATION;
        }
        descriptor = first;
        descriptorOffset = 0;
        frame.clear();
        if (!copyHeaders(queue, headerBytes)) {
            return DropCause.TX_IOMMU_FAULT;
        }
        for (long sent = 0; sent < payloadBytes; sent += segmentBytes) {
            final int bytes = (int) Math.min(segmentBytes, payloadBytes - sent);
            writeHeaders(
                    command, tunnel, headerBytes, (int) sent, bytes, segmentBytes, payloadBytes);
            frame.clear();
            frame.append(segmentHeaders, 0, headerBytes);
            final DropCause cause = appendPayload(queue, bytes);
            if (cause != null) {
                return cause;
            }
            frame.seal(Math.max(Frame.HEADER_BYTES, headerBytes), owner.doubleVlanMode());
            final int transportBytes = TxChecksums.transportBytes(command) + bytes;
            final int outerBytes =
                    headerBytes
                            - TxChecksums.linkBytes(command)
                            - TxTunnel.networkBytes(tunnel)
                            + bytes;
            checksums.insert(
                    frame,
                    command,
                    tunnel,
                    Checksums.bigEndian(transportBytes),
                    Checksums.bigEndian(outerBytes));
            packet.insertTags(first, vf);
            owner.transmit(frame, vf.port());
        }
        return null;
    }

    private boolean copyHeaders(final TxQueue queue, final int headerBytes) {
        int copied = 0;
        while (copied < headerBytes) {
            final int chunk =
                    Math.min(
                            headerBytes - copied,
                            packet.bufferBytes(descriptor) - descriptorOffset);
            final MemorySegment memory =
                    queue.select(
                            frame,
                            descriptor,
                            packet.address(descriptor) + descriptorOffset,
                            chunk);
            if (memory == null) {
                return false;
            }
            MemorySegment.copy(memory, queue.selectedOffset(), headers, copied, chunk);
            copied += chunk;
            advance(chunk);
        }
        return true;
    }

    private @Nullable DropCause appendPayload(final TxQueue queue, final int payloadBytes) {
        int left = payloadBytes;
        while (left > 0) {
            if (frame.pieces() == Frame.MAX_PIECES) {
                return DropCause.TX_BUFFER_COUNT;
            }
            final int chunk = Math.min(left, packet.bufferBytes(descriptor) - descriptorOffset);
            final MemorySegment memory =
                    queue.select(
                            frame,
                            descriptor,
                            packet.address(descriptor) + descriptorOffset,
                            chunk);
            if (memory == null) {
                return DropCause.TX_IOMMU_FAULT;
            }
            frame.append(memory, queue.selectedOffset(), chunk);
            left -= chunk;
            advance(chunk);
        }
        return null;
    }

    private void advance(final int bytes) {
        descriptorOffset += bytes;
        if (descriptorOffset == packet.bufferBytes(descriptor)) {
            descriptor++;
            descriptorOffset = 0;
        }
    }

    private void writeHeaders(
            final long command,
            final int tunnel,
            final int headerBytes,
            final int sent,
            final int bytes,
            final int segmentBytes,
            final long payloadBytes) {
        MemorySegment.copy(headers, 0, segmentHeaders, 0, headerBytes);
        final int number = sent / segmentBytes;
        final int outer = TxChecksums.linkBytes(command);
        final int network = outer + TxTunnel.bytes(tunnel);
        final int tcp = network + TxChecksums.networkBytes(command);
        final int end = headerBytes + bytes;
        writeLength(network, TxChecksums.isIpv4(command), end - network, number);
        if (TxTunnel.isThere(tunnel)) {
            writeLength(
                    outer,
                    !TxTunnel.isIpv6(tunnel),
                    end - outer,
                    TxTunnel.countsIdentification(tunnel) ? number : 0);
            if (TxTunnel.isUdp(tunnel)) {
                final int udp = outer + TxTunnel.networkBytes(tunnel);
                put16(udp + 4, end - udp);
            }
        }
        final int sequence = Integer.reverseBytes(segmentHeaders.get(INT, tcp + 4)) + sent;
        segmentHeaders.set(INT, tcp + 4, Integer.reverseBytes(sequence));
        int flags = segmentHeaders.get(BYTE, tcp + 13);
        if (sent > 0) {
            flags &= ~CWR;
        }
        if (sent + bytes < payloadBytes) {
            flags &= ~FIN_PSH;
        }
        segmentHeaders.set(BYTE, tcp + 13, (byte) flags);
    }

    private void writeLength(
            final int network, final boolean isIpv4, final int bytes, final int number) {
        if (isIpv4) {
            put16(network + 2, bytes);
            put16(network + 4, get16(network + 4) + number);
        } else {
            put16(network + 4, bytes - 40);
        }
    }

    private int get16(final int offset) {
        return Short.reverseBytes(segmentHeaders.get(SHORT, offset)) & 0xFFFF;
    }

    private void put16(final int offset, final int value) {
        segmentHeaders.set(SHORT, offset, Short.reverseBytes((short) value));
    }
}
