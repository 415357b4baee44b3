package dev.javf.virtchnl;

import java.lang.foreign.MemorySegment;

/**
 * GET_STATS, PF to VF (virtchnl.h, struct virtchnl_eth_stats; 96 bytes). Counters of the VF since
 * its last reset, unsigned 64 bits.
 *
 * @param rxBytes bytes received.
 * @param rxUnicast unicast frames received.
 * @param rxMulticast multicast frames received.
 * @param rxBroadcast broadcast frames received.
 * @param rxDiscards frames dropped on receive.
 * @param rxUnknownProtocol frames received for an unknown protocol.
 * @param txBytes bytes sent.
 * @param txUnicast unicast frames sent.
 * @param txMulticast multicast frames sent.
 * @param txBroadcast broadcast frames sent.
 * @param txDiscards frames dropped on transmit.
 * @param txErrors frames not sent for an error.
 */
public record EthStatistics(
        long rxBytes,
        long rxUnicast,
        long rxMulticast,
        long rxBroadcast,
        long rxDiscards,
        long rxUnknownProtocol,
        long txBytes,
        long txUnicast,
        long txMulticast,
        long txBroadcast,
        long txDiscards,
        long txErrors)
        implements Message {
    private static final int LENGTH_BYTES = 96;

    @Override
    public int lengthBytes() {
        return LENGTH_BYTES;
    }

    @Override
    public void encode(final MemorySegment buffer, final long offset) {
        Wire.put64(buffer, offset, rxBytes);
        Wire.put64(buffer, offset + 8, rxUnicast);
        Wire.put64(buffer, offset + 16, rxMulticast);
        Wire.put64(buffer, offset + 24, rxBroadcast);
        Wire.put64(buffer, offset + 32, rxDiscards);
        Wire.put64(buffer, offset + 40, rxUnknownProtocol);
        Wire.put64(buffer, offset + 48, txBytes);
        Wire.put64(buffer, offset + 56, txUnicast);
        Wire.put64(buffer, offset + 64, txMulticast);
        Wire.put64(buffer, offset + 72, txBroadcast);
        Wire.put64(buffer, offset + 80, txDiscards);
        Wire.put64(buffer, offset + 88, txErrors);
    }

    /**
     * Reads one.
     *
     * @param buffer a private copy of the message.
     * @param offset of its first byte.
     * @param lengthBytes its length.
     * @return the message.
     * @throws MalformedMessageException if the length is wrong.
     */
    public static EthStatistics decode(
            final MemorySegment buffer, final long offset, final int lengthBytes) {
        Wire.requireLength("EthStatistics", lengthBytes, LENGTH_BYTES);
        return new EthStatistics(
                Wire.i64(buffer, offset),
                Wire.i64(buffer, offset + 8),
                Wire.i64(buffer, offset + 16),
                Wire.i64(buffer, offset + 24),
                Wire.i64(buffer, offset + 32),
                Wire.i64(buffer, offset + 40),
                Wire.i64(buffer, offset + 48),
                Wire.i64(buffer, offset + 56),
                Wire.i64(buffer, offset + 64),
                Wire.i64(buffer, offset + 72),
                Wire.i64(buffer, offset + 80),
                Wire.i64(buffer, offset + 88));
    }
}
