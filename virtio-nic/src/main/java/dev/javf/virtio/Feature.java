package dev.javf.virtio;

import dev.javf.linux.virtio.Virtio;

import org.jspecify.annotations.Nullable;

/**
 * The features that this device knows (VirtIO 1.2, 5.1.3 and 6), and what they need. A set of
 * features is a long with the bits of {@link #mask}.
 */
public enum Feature {
    /** Transmitted packets may have an unfinished checksum. */
    CSUM(Virtio.VIRTIO_NET_F_CSUM()),
    /** Received packets may have an unfinished checksum, or one that is known to be good. */
    GUEST_CSUM(Virtio.VIRTIO_NET_F_GUEST_CSUM()),
    /** The device says the largest MTU. */
    MTU(Virtio.VIRTIO_NET_F_MTU()),
    /** The device has an address. */
    MAC(Virtio.VIRTIO_NET_F_MAC()),
    /** Received packets may be several TCP segments over IPv4 in one. */
    GUEST_TSO4(Virtio.VIRTIO_NET_F_GUEST_TSO4(), GUEST_CSUM),
    /** The same over IPv6. */
    GUEST_TSO6(Virtio.VIRTIO_NET_F_GUEST_TSO6(), GUEST_CSUM),
    /** Transmitted packets may be TCP over IPv4 to be cut into segments. */
    HOST_TSO4(Virtio.VIRTIO_NET_F_HOST_TSO4(), CSUM),
    /** The same over IPv6. */
    HOST_TSO6(Virtio.VIRTIO_NET_F_HOST_TSO6(), CSUM),
    /** A received packet may fill several buffers. */
    MRG_RXBUF(Virtio.VIRTIO_NET_F_MRG_RXBUF()),
    /** The device says whether the link is up. */
    STATUS(Virtio.VIRTIO_NET_F_STATUS()),
    /** There is a control queue. */
    CTRL_VQ(Virtio.VIRTIO_NET_F_CTRL_VQ()),
    /** Promiscuous and all-multicast mode, and the table of addresses. */
    CTRL_RX(Virtio.VIRTIO_NET_F_CTRL_RX(), CTRL_VQ),
    /** VLAN filters. */
    CTRL_VLAN(Virtio.VIRTIO_NET_F_CTRL_VLAN(), CTRL_VQ),
    /** The device may ask the driver to announce itself to the network. */
    GUEST_ANNOUNCE(Virtio.VIRTIO_NET_F_GUEST_ANNOUNCE(), CTRL_VQ),
    /** Several queue pairs. */
    MQ(Virtio.VIRTIO_NET_F_MQ(), CTRL_VQ),
    /** The driver may set the address through the control queue. */
    CTRL_MAC_ADDR(Virtio.VIRTIO_NET_F_CTRL_MAC_ADDR(), CTRL_VQ),
    /** The device says its speed. */
    SPEED_DUPLEX(Virtio.VIRTIO_NET_F_SPEED_DUPLEX()),
    /** Descriptors may stand in a table of their own. */
    INDIRECT_DESC(Virtio.VIRTIO_RING_F_INDIRECT_DESC()),
    /** Notifications are suppressed by ring position instead of by a flag. */
    EVENT_IDX(Virtio.VIRTIO_RING_F_EVENT_IDX()),
    /** Not a device of before VirtIO 1.0. */
    VERSION_1(Virtio.VIRTIO_F_VERSION_1()),
    /** Packed instead of split rings. */
    RING_PACKED(Virtio.VIRTIO_F_RING_PACKED()),
    /** Buffers are used in the order in which they were made available. */
    IN_ORDER(Virtio.VIRTIO_F_IN_ORDER()),
    /** The driver's notifications say more than the queue. */
    NOTIFICATION_DATA(Virtio.VIRTIO_F_NOTIFICATION_DATA()),
    /** One queue can be reset. */
    RING_RESET(Virtio.VIRTIO_F_RING_RESET());

    private final int bit;
    private final @Nullable Feature need;

    Feature(final int bit) {
        this(bit, null);
    }

    Feature(final int bit, final @Nullable Feature need) {
        this.bit = bit;
        this.need = need;
    }

    /** Its bit's number. */
    public int bit() {
        return bit;
    }

    /** Its bit. */
    public long mask() {
        return 1L << bit;
    }

    /**
     * Whether it is in a set.
     *
     * @param features the set.
     */
    public boolean isIn(final long features) {
        return (features >>> bit & 1) != 0;
    }

    /**
     * A set.
     *
     * @param features what is in it.
     */
    public static long maskOf(final Feature... features) {
        long mask = 0;
        for (final Feature feature : features) {
            mask |= feature.mask();
        }
        return mask;
    }

    /**
     * What is wrong with a driver's choice (VirtIO 1.2, 2.2.2).
     *
     * @param offered what the driver may choose from.
     * @param chosen what it chose.
     * @return the reason why it can't be had, or null if it can.
     */
    public static @Nullable String objection(final long offered, final long chosen) {
        if ((chosen & ~offered) != 0) {
            return "features 0x" + Long.toHexString(chosen & ~offered) + " weren't offered";
        }
        if (!VERSION_1.isIn(chosen)) {
            return "VERSION_1 is missing; this is no device of before VirtIO 1.0";
        }
        for (final Feature feature : values()) {
            final Feature need = feature.need;
            if (need != null && feature.isIn(chosen) && !need.isIn(chosen)) {
                return feature + " needs " + need + ", which wasn't chosen";
            }
        }
        return null;
    }
}
