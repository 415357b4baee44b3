package dev.javf.virtio.vhost;

import org.jspecify.annotations.Nullable;

/** A front-end's requests that this back-end knows, with the length that each must have. */
enum VhostRequest {
    GET_FEATURES(1, 0, 0, true),
    SET_FEATURES(2, 8, 0, false),
    SET_OWNER(3, 0, 0, false),
    RESET_OWNER(4, 0, 0, false),
    /** 8 bytes, then 32 for each region. */
    SET_MEM_TABLE(5, VhostRequest.TABLE, 8, false),
    SET_VRING_NUM(8, 8, 0, false),
    SET_VRING_ADDR(9, 40, 0, false),
    SET_VRING_BASE(10, 8, 0, false),
    GET_VRING_BASE(11, 8, 0, true),
    SET_VRING_KICK(12, 8, 1, false),
    SET_VRING_CALL(13, 8, 1, false),
    SET_VRING_ERR(14, 8, 1, false),
    GET_PROTOCOL_FEATURES(15, 0, 0, true),
    SET_PROTOCOL_FEATURES(16, 8, 0, false),
    GET_QUEUE_NUM(17, 0, 0, true),
    SET_VRING_ENABLE(18, 8, 0, false),
    NET_SET_MTU(20, 8, 0, false),
    RESET_DEVICE(34, 0, 0, false),
    GET_MAX_MEM_SLOTS(36, 0, 0, true),
    ADD_MEM_REG(37, 40, 1, false),
    /** Some front-ends pass the region's file once more. */
    REM_MEM_REG(38, 40, 1, false),
    SET_STATUS(39, 8, 0, false),
    GET_STATUS(40, 0, 0, true);

    /** Stands for the length of a table of memory regions. */
    private static final int TABLE = -1;

    private static final int TABLE_HEAD_BYTES = 8;
    private static final int REGION_BYTES = 32;

    /** Regions that one table has at most. */
    static final int TABLE_REGIONS = 8;

    private final int code;
    private final int payloadBytes;
    private final int maxDescriptors;
    private final boolean hasReply;

    VhostRequest(
            final int code,
            final int payloadBytes,
            final int maxDescriptors,
            final boolean hasReply) {
        this.code = code;
        this.payloadBytes = payloadBytes;
        this.maxDescriptors = maxDescriptors;
        this.hasReply = hasReply;
    }

    /** The request of a number; null if it isn't known. */
    static @Nullable VhostRequest of(final int code) {
        for (final VhostRequest request : values()) {
            if (request.code == code) {
                return request;
            }
        }
        return null;
    }

    int code() {
        return code;
    }

    /** Whether it is answered with more than an acknowledgement. */
    boolean hasReply() {
        return hasReply;
    }

    /** Descriptors that may come with it. */
    int maxDescriptors() {
        return maxDescriptors;
    }

    /** Whether a payload has the length that it must have. */
    boolean isLength(final long lengthBytes) {
        if (payloadBytes != TABLE) {
            return lengthBytes == payloadBytes;
        }
        final long regions = (lengthBytes - TABLE_HEAD_BYTES) / REGION_BYTES;
        return lengthBytes >= TABLE_HEAD_BYTES
                && regions <= TABLE_REGIONS
                && lengthBytes == TABLE_HEAD_BYTES + regions * REGION_BYTES;
    }
}
