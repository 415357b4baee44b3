package dev.javf.vfio.user;

import dev.javf.linux.Descriptor;
import dev.javf.linux.MessageStream;
import dev.javf.linux.UnixSocket;

import java.lang.foreign.MemorySegment;
import java.util.List;

/** vfio-user's messages over a connected socket. It never waits. For one thread. */
final class MessageSocket extends MessageStream {
    /** Data of one message at most, in either direction. */
    static final int MAX_DATA_BYTES = 1 << 20;

    /** Descriptors of one message at most. */
    static final int MAX_DESCRIPTORS = 16;

    private static final int MAX_MESSAGE_BYTES = Header.LENGTH_BYTES + 64 + MAX_DATA_BYTES;

    private Header header = new Header(0, 0, 0, 0, 0);

    MessageSocket(final UnixSocket socket) {
        super(socket, Header.LENGTH_BYTES, MAX_MESSAGE_BYTES, MAX_DESCRIPTORS);
    }

    @Override
    protected long accept(final MemorySegment message) {
        header = Header.decode(message);
        return Integer.toUnsignedLong(header.sizeBytes());
    }

    /** The received message's header. */
    Header header() {
        return header;
    }

    /**
     * Sends a message, or as much of it as can be sent now.
     *
     * @param message its header; the payload is in {@link #outPayload}.
     * @param passed descriptors to go with it; they remain the caller's and open until all is sent.
     */
    void send(final Header message, final List<Descriptor> passed) {
        message.encode(outMessage(message.sizeBytes()));
        send(message.sizeBytes(), passed);
    }
}
