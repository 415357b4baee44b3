package dev.javf.virtio.vhost;

import dev.javf.linux.Descriptor;
import dev.javf.linux.UnixSocket;
import dev.javf.linux.libc.Libc;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * Messages over a connected socket: 12 bytes of header (request, flags, length of the payload), in
 * the machine's byte order. It never waits. For one thread.
 */
final class VhostSocket implements AutoCloseable {
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
    private static final ValueLayout.OfInt WORD = ValueLayout.JAVA_INT;

    /** What there was to be received. */
    enum Received {
        /** No whole message yet. */
        NOTHING,
        /** A message; it stays until the next call. */
        MESSAGE,
        /** No more will come; {@link #endReason} says why. */
        END
    }

    private final UnixSocket socket;
    private final List<Descriptor> descriptors = new ArrayList<>();
    private final MemorySegment in =
            Arena.ofAuto().allocate(HEADER_BYTES + MAX_PAYLOAD_BYTES, Long.BYTES);
    private final MemorySegment out =
            Arena.ofAuto().allocate(HEADER_BYTES + 2L * Long.BYTES, Long.BYTES);
    private int inBytes;
    private int outBytes;
    private int outSent;
    private boolean isComplete;
    private String endReason = "";

    VhostSocket(final UnixSocket socket) {
        this.socket = socket;
    }

    /** Looks for a message. Descriptors of the one before that nobody took are closed. */
    Received receive() {
        if (isComplete) {
            isComplete = false;
            inBytes = 0;
            closeDescriptors();
        }
        while (endReason.isEmpty()) {
            final int wanted =
                    inBytes < HEADER_BYTES ? HEADER_BYTES : HEADER_BYTES + payloadBytes();
            if (inBytes == wanted) {
                isComplete = true;
                return Received.MESSAGE;
            }
            if (!receive(wanted - inBytes)) {
                break;
            }
            if (inBytes == HEADER_BYTES) {
                checkHeader();
            }
        }
        return endReason.isEmpty() ? Received.NOTHING : Received.END;
    }

    private boolean receive(final int lengthBytes) {
        final int result =
                socket.receive(
                        in,
                        inBytes,
                        lengthBytes,
                        MAX_DESCRIPTORS - descriptors.size(),
                        descriptors);
        if (result > 0) {
            inBytes += result;
            return true;
        }
        if (result == 0) {
            endReason = "the front-end has closed";
        } else if (result == -Libc.EMSGSIZE()) {
            endReason = "more than " + MAX_DESCRIPTORS + " descriptors came with a message";
        } else if (result != UnixSocket.WOULD_BLOCK && result != -Libc.EINTR()) {
            endReason = "receiving failed with errno " + -result;
        }
        return false;
    }

    private void checkHeader() {
        final int flags = in.get(WORD, FLAGS);
        if (Integer.compareUnsigned(payloadBytes(), MAX_PAYLOAD_BYTES) > 0) {
            end(
                    "a message says it has "
                            + Integer.toUnsignedString(payloadBytes())
                            + " bytes; at most "
                            + MAX_PAYLOAD_BYTES
                            + " are possible");
        } else if ((flags & VERSION_MASK) != VERSION || (flags & REPLY) != 0) {
            end(
                    "a message has flags 0x"
                            + Integer.toHexString(flags)
                            + "; it must be a request"
                            + " of version 1");
        }
    }

    /** The received message's request number. */
    int request() {
        return in.get(WORD, 0);
    }

    /** Whether the front-end waits for an acknowledgement, if that was agreed on. */
    boolean needsReply() {
        return (in.get(WORD, FLAGS) & NEED_REPLY) != 0;
    }

    /** The received message's length, without header. */
    int payloadBytes() {
        return in.get(WORD, LENGTH);
    }

    /** The received message, without header. */
    MemorySegment payload() {
        return in.asSlice(HEADER_BYTES, payloadBytes());
    }

    /** The descriptors that came with the received message; who takes one removes it. */
    List<Descriptor> descriptors() {
        return descriptors;
    }

    /** Answers the received message with 8 bytes. */
    void reply(final long value) {
        out.set(WORD, 0, request());
        // Exactly these: DPDK's front-end takes no others.
        out.set(WORD, FLAGS, VERSION | REPLY);
        out.set(WORD, LENGTH, Long.BYTES);
        out.set(ValueLayout.JAVA_LONG_UNALIGNED, HEADER_BYTES, value);
        outBytes = HEADER_BYTES + Long.BYTES;
        outSent = 0;
        flush();
    }

    /**
     * Goes on with what couldn't be sent at once.
     *
     * @return whether nothing is left.
     */
    boolean flush() {
        while (outSent < outBytes && endReason.isEmpty()) {
            final int result = socket.send(out, outSent, outBytes - outSent);
            if (result > 0) {
                outSent += result;
            } else if (result == UnixSocket.WOULD_BLOCK) {
                return false;
            } else if (result != -Libc.EINTR()) {
                end("sending failed with errno " + -result);
            }
        }
        return true;
    }

    /** Makes this the end, for the first reason given. */
    void end(final String reason) {
        if (endReason.isEmpty()) {
            endReason = reason;
        }
    }

    /** Why nothing more will come; empty if more may. */
    String endReason() {
        return endReason;
    }

    private void closeDescriptors() {
        descriptors.forEach(Descriptor::close);
        descriptors.clear();
    }

    /** Closes the socket and all descriptors that nobody took. */
    @Override
    public void close() {
        closeDescriptors();
        socket.close();
    }
}
