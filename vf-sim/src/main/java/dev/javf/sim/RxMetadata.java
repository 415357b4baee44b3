package dev.javf.sim;

/**
 * What the write-back of a received frame says, in both formats: legacy (RXDID 1; E810 and X710
 * datasheets, legacy 32-byte Rx descriptor) and flexible with the NIC profile (RXDID 2).
 *
 * <pre>
 *             legacy                                  flexible
 *  quadword 0 L2TAG1 at 16, RSS hash at 32            RXDID at 0, UMBCAST at 14, ptype at 16, length at 32
 *  quadword 1 status at 0, errors at 19, ptype at 30, status at 0, L2TAG1 at 16, RSS hash at 32
 *             length at 38
 *  quadword 2 L2TAG2P at 0, L2TAG2_2 at 48            NAT at 4, L2TAG2P at 11, time valid at 24,
 *                                                     L2TAG2_2 at 48
 *  quadword 3 0                                       low bits of the time of arrival at 32
 * </pre>
 *
 * Both have DD in bit 0 of quadword 1, and EOF in bit 1. Only the last descriptor of a packet says
 * more than these, the length, and its format. Reused for every frame.
 */
final class RxMetadata {
    private static final long DD = 1;
    private static final long EOF = 1 << 1;

    private static final long LEGACY_L2TAG1P = 1 << 2;
    private static final long LEGACY_L3L4P = 1 << 3;
    private static final long LEGACY_CRCP = 1 << 4;
    private static final long LEGACY_ZERO_UDP_CHECKSUM = 1 << 8;
    private static final int LEGACY_UMBCAST_SHIFT = 9;
    private static final long LEGACY_FLTSTAT_RSS = 3 << 12;
    private static final long LEGACY_LPBK = 1 << 14;
    private static final long LEGACY_IPV6EXADD = 1 << 15;
    private static final long LEGACY_IPE = 1 << 22;
    private static final long LEGACY_L4E = 1 << 23;
    private static final long LEGACY_EIPE = 1 << 24;
    private static final int LEGACY_PTYPE_SHIFT = 30;
    private static final int LEGACY_LENGTH_SHIFT = 38;
    private static final long LEGACY_L2TAG2P = 1;

    private static final long FLEX_L3L4P = 1 << 3;
    private static final long FLEX_IPE = 1 << 4;
    private static final long FLEX_L4E = 1 << 5;
    private static final long FLEX_EIPE = 1 << 6;
    private static final long FLEX_EUDPE = 1 << 7;
    private static final long FLEX_LPBK = 1 << 8;
    private static final long FLEX_IPV6EXADD = 1 << 9;
    private static final long FLEX_CRCP = 1 << 11;
    private static final long FLEX_RSS_VALID = 1 << 12;
    private static final long FLEX_L2TAG1P = 1 << 13;
    private static final int FLEX_UMBCAST_SHIFT = 14;
    private static final int FLEX_PTYPE_SHIFT = 16;
    private static final int FLEX_LENGTH_SHIFT = 32;
    private static final long FLEX_L2TAG2P = 1 << 11;
    private static final long FLEX_NAT = 1 << 4;
    private static final long FLEX_TIMESTAMP_VALID = 1 << 24;
    private static final int TIMESTAMP_SHIFT = 32;

    private static final int L2TAG1_SHIFT = 16;
    private static final int HASH_SHIFT = 32;
    private static final int L2TAG2_2_SHIFT = 48;
    private static final int NO_TAG = -1;

    private int visibleTags;
    private int tag1;
    private int tag2;
    private boolean hashed;
    private int hash;
    private boolean loopback;
    private long arrivedNs;

    void clear(final boolean isLoopback, final long nowNs) {
        arrivedNs = nowNs;
        tag1 = NO_TAG;
        tag2 = NO_TAG;
        hashed = false;
        hash = 0;
        loopback = isLoopback;
    }

    /** Tags that stay in the packet: bit i for the frame's tag at position i. */
    void visibleTags(final int mask) {
        visibleTags = mask;
    }

    int visibleTags() {
        return visibleTags;
    }

    int visibleTagCount() {
        return Integer.bitCount(visibleTags);
    }

    /** Tags that the descriptor has instead of the packet. */
    int strippedTagCount() {
        return (tag1 == NO_TAG ? 0 : 1) + (tag2 == NO_TAG ? 0 : 1);
    }

    void tag1(final int tci) {
        tag1 = tci;
    }

    void tag2(final int tci) {
        tag2 = tci;
    }

    void hash(final int value) {
        hashed = true;
        hash = value;
    }

    long quadword0(
            final RxQueueContext queue, final Frame frame, final int length, final boolean last) {
        final long always;
        if (queue.isLegacy()) {
            always = 0;
        } else {
            always = queue.descriptorId() | (long) length << FLEX_LENGTH_SHIFT;
        }
        if (!last) {
            return always;
        }
        if (queue.isLegacy()) {
            return tag(tag1) << L2TAG1_SHIFT | (long) hash << HASH_SHIFT;
        }
        return always
                | (long) frame.castKind() << FLEX_UMBCAST_SHIFT
                | (long) frame.headers().packetType() << FLEX_PTYPE_SHIFT;
    }

    /** The quadword with DD. */
    long quadword1(
            final RxQueueContext queue, final Frame frame, final int length, final boolean last) {
        if (queue.isLegacy()) {
            final long start = DD | (long) length << LEGACY_LENGTH_SHIFT;
            return last ? start | EOF | legacyStatus(frame, queue.keepCrc()) : start;
        }
        return last ? DD | EOF | flexStatus(frame, queue.keepCrc()) : DD;
    }

    long quadword2(final RxQueueContext queue, final Frame frame, final boolean last) {
        if (!last) {
            return 0;
        }
        final long others =
                (!queue.isLegacy() && frame.headers().isTunnel() ? FLEX_NAT : 0)
                        | (hasTimestamp(queue) ? FLEX_TIMESTAMP_VALID : 0);
        if (tag2 == NO_TAG) {
            return others;
        }
        final long present = queue.isLegacy() ? LEGACY_L2TAG2P : FLEX_L2TAG2P;
        return others | present | tag(tag2) << L2TAG2_2_SHIFT;
    }

    /** The low 32 bits of when the frame arrived. */
    long quadword3(final RxQueueContext queue, final boolean last) {
        return last && hasTimestamp(queue) ? arrivedNs << TIMESTAMP_SHIFT : 0;
    }

    private static boolean hasTimestamp(final RxQueueContext queue) {
        return queue.timestamps() && !queue.isLegacy();
    }

    private long legacyStatus(final Frame frame, final boolean hasCrc) {
        final PacketHeaders headers = frame.headers();
        long status =
                (long) frame.castKind() << LEGACY_UMBCAST_SHIFT
                        | (long) headers.packetType() << LEGACY_PTYPE_SHIFT;
        status |= tag1 == NO_TAG ? 0 : LEGACY_L2TAG1P;
        status |= hasCrc ? LEGACY_CRCP : 0;
        status |= hashed ? LEGACY_FLTSTAT_RSS : 0;
        status |= loopback ? LEGACY_LPBK : 0;
        if (headers.isIp()) {
            status |= LEGACY_L3L4P;
            status |= headers.hasExtensionAddresses() ? LEGACY_IPV6EXADD : 0;
            status |= headers.ipError() ? LEGACY_IPE : 0;
            status |= headers.transportError() ? LEGACY_L4E : 0;
            status |= headers.outerIpError() ? LEGACY_EIPE : 0;
            status |= headers.zeroUdpChecksum() ? LEGACY_ZERO_UDP_CHECKSUM : 0;
        }
        return status;
    }

    private long flexStatus(final Frame frame, final boolean hasCrc) {
        final PacketHeaders headers = frame.headers();
        long status = tag(tag1) << L2TAG1_SHIFT | (long) hash << HASH_SHIFT;
        status |= tag1 == NO_TAG ? 0 : FLEX_L2TAG1P;
        status |= hasCrc ? FLEX_CRCP : 0;
        status |= hashed ? FLEX_RSS_VALID : 0;
        status |= loopback ? FLEX_LPBK : 0;
        if (headers.isIp()) {
            status |= FLEX_L3L4P;
            status |= headers.hasExtensionAddresses() ? FLEX_IPV6EXADD : 0;
            status |= headers.ipError() ? FLEX_IPE : 0;
            status |= headers.transportError() ? FLEX_L4E : 0;
            status |= headers.outerIpError() ? FLEX_EIPE : 0;
            status |= headers.outerUdpError() ? FLEX_EUDPE : 0;
        }
        return status;
    }

    private static long tag(final int tci) {
        return tci == NO_TAG ? 0 : tci;
    }
}
