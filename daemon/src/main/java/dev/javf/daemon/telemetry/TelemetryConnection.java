package dev.javf.daemon.telemetry;

import dev.javf.linux.SocketOutput;
import dev.javf.linux.UnixSocket;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * A tool that is connected. Its next message is looked at when the answer before has been taken.
 * For the control thread.
 */
final class TelemetryConnection implements AutoCloseable {
    /** The longest message; DPDK's own limit. */
    static final int MESSAGE_BYTES_MAX = 1024;

    private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(30);

    private final UnixSocket socket;
    private final MemorySegment memory;
    private final SocketOutput output;
    private final Function<byte[], byte @Nullable []> speaker;
    private boolean isOver;
    private long progressNs;

    /**
     * A tool that has just come.
     *
     * @param socket becomes this object's.
     * @param memory native, for one system call at a time; the longest answer fits.
     * @param speaker gives the answer to a message; null when the client has said that it goes.
     * @param nowNs the time.
     */
    TelemetryConnection(
            final UnixSocket socket,
            final MemorySegment memory,
            final Function<byte[], byte @Nullable []> speaker,
            final long nowNs) {
        this.socket = socket;
        this.memory = memory;
        this.speaker = speaker;
        output = new SocketOutput(memory);
        progressNs = nowNs;
    }

    UnixSocket socket() {
        return socket;
    }

    /** Whether the connection is to be closed. */
    boolean isOver() {
        return isOver;
    }

    /** Says something unasked. */
    void greet(final byte[] greeting) {
        output.set(greeting);
    }

    /**
     * Sends, receives and answers.
     *
     * @param nowNs the time.
     * @return how much there was to do.
     */
    int doWork(final long nowNs) {
        int count = send();
        if (output.isEmpty() && !isOver) {
            count += receive() + send();
        }
        if (count > 0 || output.isEmpty()) {
            progressNs = nowNs;
        } else if (nowNs - progressNs > PATIENCE_NS) {
            isOver = true;
        }
        return count;
    }

    private int send() {
        final int sent = output.send(socket);
        isOver |= sent < 0;
        return Math.abs(sent);
    }

    private int receive() {
        final int received = socket.receive(memory, 0, MESSAGE_BYTES_MAX);
        if (received == UnixSocket.WOULD_BLOCK) {
            return 0;
        }
        // A message that is too long is lost, and no answer could say to what it is one.
        final byte[] answer =
                received <= 0
                        ? null
                        : speaker.apply(memory.asSlice(0, received).toArray(ValueLayout.JAVA_BYTE));
        if (answer == null) {
            isOver = true;
        } else {
            output.set(answer);
        }
        return 1;
    }

    @Override
    public void close() {
        isOver = true;
        socket.close();
    }
}
