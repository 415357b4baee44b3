package dev.javf.virtio.vhost;

import dev.javf.linux.MessageStream;
import dev.javf.linux.UnixSocket;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * vhost-user's messages over a connected socket: 12 bytes of header (request, flags, length of the
 * payload), in the machine's byte order. It never waits. For one thread.
 */
final class VhostSocket extends MessageStream {
    static final int HEADER_BYTES = 12;

    /** Longest payload; the longest message that this back-end knows has 264. */
    static final int MAX_PAYLOAD_BYTES = 4096;

    /** Descriptors of one message at most. */
    static final int MAX_DESCRIPTORS = 8;

    private static final int FLAGS = 4;
    private static final int LENGTH = 8;
    private static final int VERSION_MASK = 3;
    private static final int VERSION = 1;
    private static final int REPLY = 1 << 2;
    private static final int NEED_REPLY = 1 << 3;
    private static final int REPLY_BYTES = HEADER_BYTES + Long.BYTES;
    private static final ValueLayout.OfInt WORD = ValueLayout.JAVA_INT;

    private int request;
    private int flags;

    VhostSocket(final UnixSocket socket) {
        super(socket, HEADER_BYTES, HEADER_BYTES + MAX_PAYLOAD_BYTES, MAX_DESCRIPTORS);
    }

    @Override
    protected long accept(final MemorySegment header) {
        request = header.get(WORD, 0);
        flags = header.get(WORD, FLAGS);
        if ((flags & VERSION_MASK) != VERSION || (flags & REPLY) != 0) {
            end(
                    "a message has flags 0x"
                            + Integer.toHexString(flags)
                            + "; it must be a request of version 1");
        }
        return HEADER_BYTES + Integer.toUnsignedLong(header.get(WORD, LENGTH));
    }

    /** The received message's request number. */
    int request() {
        return request;
    }

    /** Whether the front-end waits for an acknowledgement, if that was agreed on. */
    boolean needsReply() {
        return (flags & NEED_REPLY) != 0;
    }

    /** Answers the received message with 8 bytes. */
    void reply(final long value) {
        final MemorySegment out = outMessage(REPLY_BYTES);
        out.set(WORD, 0, request);
        // Exactly these: DPDK's front-end takes no others.
        out.set(WORD, FLAGS, VERSION | REPLY);
        out.set(WORD, LENGTH, Long.BYTES);
        out.set(ValueLayout.JAVA_LONG_UNALIGNED, HEADER_BYTES, value);
        send(REPLY_BYTES, List.of());
    }
}
