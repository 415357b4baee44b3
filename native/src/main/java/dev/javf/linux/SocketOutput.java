package dev.javf.linux;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * What is still to be sent on a socket: one answer at a time, from the heap, by way of memory that
 * many connections share. One thread at a time uses it.
 */
public final class SocketOutput {
    private static final byte[] NOTHING = {};

    private final MemorySegment memory;
    private byte[] bytes = NOTHING;
    private int offset;

    /**
     * Nothing to send.
     *
     * @param memory native; holds what a system call sends, and nothing between two calls. A
     *     message of a SEQPACKET socket must fit.
     */
    public SocketOutput(final MemorySegment memory) {
        this.memory = memory;
    }

    /** Whether all has been sent. */
    public boolean isEmpty() {
        return offset == bytes.length;
    }

    /**
     * Has something sent.
     *
     * @param next the bytes, which remain the caller's and must not change until they are sent.
     * @throws IllegalStateException when what came before hasn't been sent.
     */
    public void set(final byte[] next) {
        if (!isEmpty()) {
            throw new IllegalStateException(
                    bytes.length - offset + " bytes of the answer before are still to be sent");
        }
        bytes = next;
        offset = 0;
    }

    /**
     * Sends as much as the socket takes now.
     *
     * @param socket where to.
     * @return bytes sent; negative, an errno, when the peer is gone.
     */
    public int send(final UnixSocket socket) {
        int count = 0;
        while (!isEmpty()) {
            final int length = (int) Math.min(memory.byteSize(), bytes.length - offset);
            MemorySegment.copy(bytes, offset, memory, ValueLayout.JAVA_BYTE, 0, length);
            final int sent = socket.send(memory, 0, length);
            if (sent == UnixSocket.WOULD_BLOCK) {
                return count;
            }
            if (sent < 0) {
                return sent;
            }
            offset += sent;
            count += sent;
        }
        bytes = NOTHING;
        offset = 0;
        return count;
    }
}
