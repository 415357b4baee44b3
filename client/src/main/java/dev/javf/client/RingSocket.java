package dev.javf.client;

import dev.javf.linux.Descriptor;
import dev.javf.linux.LinuxException;
import dev.javf.linux.UnixSocket;
import dev.javf.linux.libc.Libc;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A connection between a client and the daemon: messages of one line of text each, over a UNIX
 * socket of kind SEQPACKET. Nothing blocks. One thread.
 */
public final class RingSocket implements AutoCloseable {
    /** Longest message. */
    public static final int MESSAGE_BYTES_MAX = 16384;

    private final UnixSocket socket;
    private final MemorySegment buffer = Arena.ofAuto().allocate(MESSAGE_BYTES_MAX);
    private final List<Descriptor> received = new ArrayList<>();
    private boolean isEnded;

    /**
     * A connection.
     *
     * @param socket becomes this object's.
     */
    public RingSocket(final UnixSocket socket) {
        this.socket = socket;
    }

    /** The socket. */
    public UnixSocket socket() {
        return socket;
    }

    /**
     * Sends a message.
     *
     * @param text the line; what doesn't fit is cut off.
     * @param passed descriptors that go with it.
     * @return false when it can't be sent now: the other end doesn't read, or is gone.
     */
    public boolean send(final String text, final List<Descriptor> passed) {
        final byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        final int lengthBytes = Math.min(bytes.length, MESSAGE_BYTES_MAX);
        MemorySegment.copy(MemorySegment.ofArray(bytes), 0, buffer, 0, lengthBytes);
        final int sent = socket.send(buffer, 0, lengthBytes, passed);
        isEnded |= sent < 0 && sent != UnixSocket.WOULD_BLOCK;
        return sent == lengthBytes;
    }

    /**
     * Receives a message.
     *
     * @param descriptors most that may come with it; more end the connection.
     * @return the line; null when there is none now, or none will come: see {@link #isEnded}.
     */
    public @Nullable String receive(final int descriptors) {
        int length = socket.receive(buffer, 0, MESSAGE_BYTES_MAX, descriptors, received);
        if (length == -Libc.ECONNRESET()) {
            // It didn't read all it was sent; what it said last comes behind the error.
            length = socket.receive(buffer, 0, MESSAGE_BYTES_MAX, descriptors, received);
        }
        if (length > 0) {
            final byte[] bytes = new byte[length];
            MemorySegment.copy(buffer, 0, MemorySegment.ofArray(bytes), 0, length);
            return new String(bytes, StandardCharsets.UTF_8);
        }
        isEnded |= length != UnixSocket.WOULD_BLOCK && length != -Libc.EINTR();
        return null;
    }

    /** Descriptors that came with messages since the last call; the caller's. */
    public List<Descriptor> takeDescriptors() {
        final List<Descriptor> taken = List.copyOf(received);
        received.clear();
        return taken;
    }

    /** Whether the other end has closed, died, or broken the rules. */
    public boolean isEnded() {
        return isEnded;
    }

    /** Closes the connection. */
    @Override
    public void close() {
        try {
            takeDescriptors().forEach(Descriptor::close);
        } catch (final LinuxException e) {
            // They are gone one way or another.
            received.clear();
        }
        socket.close();
    }
}
