package dev.javf.linux;

import dev.javf.linux.libc.Libc;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Messages over a connected stream socket: each starts with a header that says how long it is, and
 * descriptors may come with it. It never waits: a message that is there only in part is gone on
 * with at the next call, and so is one that could only be sent in part. For one thread.
 */
public abstract class MessageStream implements AutoCloseable {
    private static final int FIRST_BUFFER_BYTES = 4096;

    /** What there was to be received. */
    public enum Received {
        /** No whole message yet. */
        NOTHING,
        /** A message; it stays until the next call. */
        MESSAGE,
        /** No more will come; {@link #endReason} says why. */
        END
    }

    private final UnixSocket socket;
    private final int headerBytes;
    private final int maxMessageBytes;
    private final int maxDescriptors;
    private final List<Descriptor> descriptors = new ArrayList<>();
    private final List<Descriptor> outDescriptors = new ArrayList<>();
    private MemorySegment in = allocate(FIRST_BUFFER_BYTES);
    private MemorySegment out = allocate(FIRST_BUFFER_BYTES);
    private int inBytes;
    private int inSize;
    private int outSent;
    private int outBytes;
    private boolean isComplete;
    private String endReason = "";

    /**
     * A stream on which nothing has been received yet.
     *
     * @param socket becomes this object's.
     * @param headerBytes length of a header.
     * @param maxMessageBytes length of the longest message, header included.
     * @param maxDescriptors of one message.
     */
    protected MessageStream(
            final UnixSocket socket,
            final int headerBytes,
            final int maxMessageBytes,
            final int maxDescriptors) {
        this.socket = socket;
        this.headerBytes = headerBytes;
        this.maxMessageBytes = maxMessageBytes;
        this.maxDescriptors = maxDescriptors;
    }

    /**
     * Looks at a header that has just come; {@link #end}s the stream if it can't be.
     *
     * @param header of the message.
     * @return what it says of the length of the whole message, header included, in bytes.
     */
    protected abstract long accept(MemorySegment header);

    private static MemorySegment allocate(final int lengthBytes) {
        return Arena.ofAuto().allocate(lengthBytes, Long.BYTES);
    }

    /** The socket, which stays this object's. */
    public final UnixSocket socket() {
        return socket;
    }

    /** Looks for a message. Descriptors of the one before that nobody took are closed. */
    public final Received receive() {
        if (isComplete) {
            isComplete = false;
            inBytes = 0;
            closeDescriptors();
        }
        while (endReason.isEmpty()) {
            final boolean isHeader = inBytes < headerBytes;
            final int wanted = isHeader ? headerBytes : inSize;
            if (inBytes == wanted) {
                isComplete = true;
                return Received.MESSAGE;
            }
            if (!receive(wanted - inBytes)) {
                break;
            }
            if (isHeader && inBytes == headerBytes) {
                makeRoom();
            }
        }
        return endReason.isEmpty() ? Received.NOTHING : Received.END;
    }

    private boolean receive(final int lengthBytes) {
        final int result =
                socket.receive(
                        in, inBytes, lengthBytes, maxDescriptors - descriptors.size(), descriptors);
        if (result > 0) {
            inBytes += result;
            return true;
        }
        if (result == 0) {
            endReason =
                    inBytes == 0 ? "the peer has closed" : "the peer has closed within a message";
        } else if (result == -Libc.EMSGSIZE()) {
            endReason = "more than " + maxDescriptors + " descriptors came with a message";
        } else if (result != UnixSocket.WOULD_BLOCK && result != -Libc.EINTR()) {
            endReason = "receiving failed with errno " + -result;
        }
        return false;
    }

    private void makeRoom() {
        final long sizeBytes = accept(in);
        if (sizeBytes < headerBytes || sizeBytes > maxMessageBytes) {
            end(
                    "a message says it has "
                            + sizeBytes
                            + " bytes; "
                            + headerBytes
                            + " to "
                            + maxMessageBytes
                            + " are possible");
            return;
        }
        inSize = (int) sizeBytes;
        if (inSize > in.byteSize()) {
            final MemorySegment larger = allocate(inSize);
            MemorySegment.copy(in, 0, larger, 0, headerBytes);
            in = larger;
        }
    }

    /** Why nothing more will come; empty if more may. */
    public final String endReason() {
        return endReason;
    }

    /**
     * Makes this the end: nothing more is received, and what waits to be sent is dropped.
     *
     * @param reason for {@link #endReason}; the first one counts.
     */
    public final void end(final String reason) {
        outSent = 0;
        outBytes = 0;
        if (endReason.isEmpty()) {
            endReason = reason;
        }
    }

    /** What follows the header in the received message; empty if there is none. */
    public final MemorySegment payload() {
        return isComplete ? in.asSlice(headerBytes, inSize - headerBytes) : MemorySegment.NULL;
    }

    /** The descriptors that came with the received message; who takes one removes it. */
    public final List<Descriptor> descriptors() {
        return descriptors;
    }

    /**
     * Where the next message's payload is to be put. Only while nothing waits to be sent.
     *
     * @param lengthBytes how long it may become.
     */
    public final MemorySegment outPayload(final int lengthBytes) {
        return outMessage(headerBytes + lengthBytes).asSlice(headerBytes, lengthBytes);
    }

    /**
     * Where the next message's header is to be put, in front of the payload. Only while nothing
     * waits to be sent.
     *
     * @param lengthBytes of the whole message.
     */
    protected final MemorySegment outMessage(final int lengthBytes) {
        if (outSent < outBytes) {
            throw new IllegalStateException("a message is still being sent");
        }
        if (lengthBytes > out.byteSize()) {
            out = allocate(lengthBytes);
        }
        return out;
    }

    /**
     * Sends what is in {@link #outMessage}, or as much of it as can be sent now.
     *
     * @param lengthBytes of the whole message.
     * @param passed descriptors to go with it; they remain the caller's and open until all is sent.
     */
    protected final void send(final int lengthBytes, final List<Descriptor> passed) {
        outSent = 0;
        outBytes = lengthBytes;
        outDescriptors.clear();
        outDescriptors.addAll(passed);
        flush();
    }

    /**
     * Goes on with what couldn't be sent at once.
     *
     * @return whether nothing is left.
     */
    public final boolean flush() {
        while (outSent < outBytes) {
            final int result = socket.send(out, outSent, outBytes - outSent, outDescriptors);
            if (result > 0) {
                outSent += result;
                outDescriptors.clear();
            } else if (result == UnixSocket.WOULD_BLOCK) {
                return false;
            } else if (result != -Libc.EINTR()) {
                end("sending failed with errno " + -result);
            }
        }
        return true;
    }

    private void closeDescriptors() {
        descriptors.forEach(Descriptor::close);
        descriptors.clear();
    }

    /** Closes the socket and all descriptors that nobody took. */
    @Override
    public final void close() {
        closeDescriptors();
        socket.close();
    }
}
