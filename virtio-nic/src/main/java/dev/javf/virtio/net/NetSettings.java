package dev.javf.virtio.net;

import dev.javf.packet.Ethernet;
import dev.javf.packet.MacAddress;

/**
 * What a virtio network device is made with.
 *
 * @param name for messages.
 * @param mac the device's own address.
 * @param mtu largest payload of a frame, 68 to 65535 bytes.
 * @param maxQueuePairs 1 to 16.
 * @param maxQueueSize of receive and transmit queues: a power of two, 64 to 32768.
 * @param isTrunk whether the guest sees VLAN tags and says which VLANs it wants. Otherwise frames
 *     pass untagged.
 * @param speedMbps of the link, as the guest is to see it; -1 for unknown.
 * @param controlTimeoutNs how long the network may take for a request of the guest, in nanoseconds,
 *     before the guest is told that it failed.
 */
public record NetSettings(
        String name,
        MacAddress mac,
        int mtu,
        int maxQueuePairs,
        int maxQueueSize,
        boolean isTrunk,
        int speedMbps,
        long controlTimeoutNs) {
    /** Most queue pairs. */
    public static final int MAX_QUEUE_PAIRS = 16;

    private static final int MIN_MTU = 68;
    private static final int MAX_MTU = 65535;

    public NetSettings {
        check(name, "MTU", mtu, MIN_MTU, MAX_MTU);
        check(name, "queue pairs", maxQueuePairs, 1, MAX_QUEUE_PAIRS);
        check(name, "queue size", maxQueueSize, 64, 32768);
        if (Integer.bitCount(maxQueueSize) != 1) {
            throw new IllegalArgumentException(
                    name + ": queue size " + maxQueueSize + " must be a power of two");
        }
        if (mac.isMulticast() || mac.isZero()) {
            throw new IllegalArgumentException(
                    name
                            + ": "
                            + mac
                            + " is no station's address; take one such as 02:00:00:00:00:01");
        }
    }

    /** Longest frame: the MTU with an Ethernet header and, for a trunk, a tag. */
    int maxFrameBytes() {
        return mtu + Ethernet.HEADER_BYTES + (isTrunk ? Ethernet.VLAN_TAG_BYTES : 0);
    }

    private static void check(
            final String name,
            final String what,
            final int value,
            final int least,
            final int most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(
                    name + ": " + what + " " + value + ", must be " + least + " to " + most);
        }
    }

    /**
     * An access port with the usual numbers.
     *
     * @param name for messages.
     * @param mac the device's own address.
     */
    public static NetSettings access(final String name, final MacAddress mac) {
        return new NetSettings(name, mac, 1500, 4, 256, false, -1, 1_000_000_000L);
    }

    /** The same, with VLAN tags. */
    public NetSettings trunk() {
        return new NetSettings(
                name, mac, mtu, maxQueuePairs, maxQueueSize, true, speedMbps, controlTimeoutNs);
    }

    /**
     * The same, with another number of queue pairs.
     *
     * @param pairs 1 to 16.
     */
    public NetSettings queuePairs(final int pairs) {
        return new NetSettings(
                name, mac, mtu, pairs, maxQueueSize, isTrunk, speedMbps, controlTimeoutNs);
    }

    /**
     * The same, with another MTU.
     *
     * @param bytes 68 to 65535.
     */
    public NetSettings mtu(final int bytes) {
        return new NetSettings(
                name,
                mac,
                bytes,
                maxQueuePairs,
                maxQueueSize,
                isTrunk,
                speedMbps,
                controlTimeoutNs);
    }
}
