package dev.javf.vfio.user;

import dev.javf.linux.Descriptor;
import dev.javf.linux.UnixSocket;
import dev.javf.linux.libc.Libc;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Messages over a connected socket. It never waits: a message that is there only in part is gone on
 * with at the next call, and so is one that could only be sent in part. For one thread.
 */
final class MessageSocket implements AutoCloseable {
    /** Data of one message at most, in either direction. */
    static final int MAX_DATA_BYTES = 1 << 20;

    /** Descriptors of one message at most. */
    static final int MAX_DESCRIPTORS = 16;

    private static final int MAX_MESSAGE_BYTES = Header.LENGTH_BYTES + 64 + MAX_DATA_BYTES;
    private static final int FIRST_BUFFER_BYTES = 4096;

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
    private final List<Descriptor> outDescriptors = new ArrayList<>();
    private MemorySegment in = Arena.ofAuto().allocate(FIRST_BUFFER_BYTES);
    private MemorySegment out = Arena.ofAuto().allocate(FIRST_BUFFER_BYTES);
    private Header header = new Header(0, 0, 0, 0, 0);
    private int inBytes;
    private int outSent;
    private int outBytes;
    private boolean isComplete;
    private String endReason = "";

    MessageSocket(final UnixSocket socket) {
        this.socket = socket;
    }

    UnixSocket socket() {
        return socket;
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
                    inBytes < Header.LENGTH_BYTES ? Header.LENGTH_BYTES : header.sizeBytes();
            if (inBytes == wanted) {
                isComplete = true;
                return Received.MESSAGE;
            }
            if (!receive(wanted - inBytes)) {
                break;
            }
            if (inBytes == Header.LENGTH_BYTES && wanted == Header.LENGTH_BYTES) {
                acceptHeader();
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
            endReason =
                    inBytes == 0 ? "the peer has closed" : "the peer has closed within a message";
        } else if (result == -Libc.EMSGSIZE()) {
            endReason = "more than " + MAX_DESCRIPTORS + " descriptors came with a message";
        } else if (result != UnixSocket.WOULD_BLOCK && result != -Libc.EINTR()) {
            endReason = "receiving failed with errno " + -result;
        }
        return false;
    }

    private void acceptHeader() {
        header = Header.decode(in);
        final int sizeBytes = header.sizeBytes();
        if (sizeBytes < Header.LENGTH_BYTES || sizeBytes > MAX_MESSAGE_BYTES) {
            endReason =
                    "a message says it has "
                            + Integer.toUnsignedString(sizeBytes)
                            + " bytes; 16 to "
                            + MAX_MESSAGE_BYTES
                            + " are possible";
        } else if (sizeBytes > in.byteSize()) {
            final MemorySegment larger = Arena.ofAuto().allocate(sizeBytes);
            MemorySegment.copy(in, 0, larger, 0, Header.LENGTH_BYTES);
            in = larger;
        }
    }

    /** Why nothing more will come. */
    String endReason() {
        return endReason;
    }

    /**
     * Makes this the end: nothing more is received, and what waits to be sent is dropped.
     *
     * @param reason for {@link #endReason}.
     */
    void end(final String reason) {
        outSent = 0;
        outBytes = 0;
        if (endReason.isEmpty()) {
            endReason = reason;
        }
    }

    /** The received message's header. */
    Header header() {
        return header;
    }

    /** What follows the header in the received message; empty if there is none. */
    MemorySegment payload() {
        return isComplete
                ? in.asSlice(Header.LENGTH_BYTES, header.payloadBytes())
                : MemorySegment.NULL;
    }

    /** The descriptors that came with the received message; who takes one removes it. */
    List<Descriptor> descriptors() {
        return descriptors;
    }

    /**
     * Where the next message's payload is to be put. Only while nothing waits to be sent.
     *
     * @param lengthBytes how long it may become.
     */
    MemorySegment outPayload(final int lengthBytes) {
        requireFlushed();
        if (Header.LENGTH_BYTES + lengthBytes > out.byteSize()) {
            out = Arena.ofAuto().allocate(Header.LENGTH_BYTES + (long) lengthBytes);
        }
        return out.asSlice(Header.LENGTH_BYTES, lengthBytes);
    }

    /**
     * Sends a message, or as much of it as can be sent now.
     *
     * @param message its header; the payload is in {@link #outPayload}.
     * @param passed descriptors to go with it; they remain the caller's and open until all is sent.
     */
    void send(final Header message, final List<Descriptor> passed) {
        requireFlushed();
        message.encode(out);
        outSent = 0;
        outBytes = message.sizeBytes();
        outDescriptors.clear();
        outDescriptors.addAll(passed);
        flush();
    }

    /**
     * Goes on with what couldn't be sent at once.
     *
     * @return whether nothing is left.
     */
    boolean flush() {
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

    private void requireFlushed() {
        if (outSent < outBytes) {
            throw new IllegalStateException("a message is still being sent");
        }
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
