package dev.javf.linux;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * Takes apart what comes from a stream socket into lines of a bounded length. Its own memory is as
 * large as the longest line so far. One thread at a time uses it.
 */
public final class LineInput {
    /** What {@link #receive} returns when a line is longer than it may be. */
    public static final int TOO_LONG = Integer.MIN_VALUE;

    private static final byte[] NOTHING = {};

    private final MemorySegment memory;
    private final int lineBytesMax;
    private byte[] bytes = NOTHING;
    private int size;

    /** Up to here no end of a line has been found. */
    private int searched;

    /**
     * Nothing received.
     *
     * @param memory native; holds what a system call received, and nothing between two calls. Many
     *     connections may share it.
     * @param lineBytesMax the longest line, its end included.
     */
    public LineInput(final MemorySegment memory, final int lineBytesMax) {
        this.memory = memory;
        this.lineBytesMax = lineBytesMax;
    }

    /** Whether nothing waits: no line, and no part of one. */
    public boolean isEmpty() {
        return size == 0;
    }

    /**
     * Receives what there is, at most one line's worth. Not to be called while {@link #next} gives
     * lines.
     *
     * @param socket where from.
     * @return bytes received, 0 when the peer is done, {@link UnixSocket#WOULD_BLOCK} or another
     *     negated errno, and {@link #TOO_LONG}.
     */
    public int receive(final UnixSocket socket) {
        if (size == lineBytesMax) {
            return TOO_LONG;
        }
        final int room = (int) Math.min(memory.byteSize(), lineBytesMax - size);
        final int received = socket.receive(memory, 0, room);
        if (received > 0) {
            if (size + received > bytes.length) {
                bytes = Arrays.copyOf(bytes, size + received);
            }
            MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, 0, bytes, size, received);
            size += received;
        }
        return received;
    }

    /**
     * The next line.
     *
     * @return without its end, which is a line feed, with or without a carriage return before it;
     *     null if there is no whole one.
     */
    public byte @Nullable [] next() {
        while (searched < size && bytes[searched] != '\n') {
            searched++;
        }
        if (searched == size) {
            return null;
        }
        final int end = searched > 0 && bytes[searched - 1] == '\r' ? searched - 1 : searched;
        final byte[] line = Arrays.copyOf(bytes, end);
        size -= searched + 1;
        System.arraycopy(bytes, searched + 1, bytes, 0, size);
        searched = 0;
        if (size == 0) {
            bytes = NOTHING;
        }
        return line;
    }
}
