package dev.javf.daemon.ctl;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.javf.daemon.control.Request;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/** A connection to javfd. For one thread. */
final class ControlClient implements AutoCloseable {
    private static final int BUFFER_BYTES = 1 << 16;
    private static final long ANSWER_BYTES_MAX = 64L << 20;

    private final SocketChannel channel;
    private final Selector selector;
    private final long timeoutNs;
    private final ByteBuffer in = ByteBuffer.allocate(BUFFER_BYTES).flip();

    /**
     * Connects.
     *
     * @param socket path of the control socket.
     * @param timeoutNs how long an answer may take, in nanoseconds.
     * @throws FailedException if nobody is there, or we may not.
     */
    ControlClient(final String socket, final long timeoutNs) throws FailedException {
        this.timeoutNs = timeoutNs;
        try {
            channel = SocketChannel.open(StandardProtocolFamily.UNIX);
            selector = Selector.open();
            channel.connect(UnixDomainSocketAddress.of(socket));
            channel.configureBlocking(false);
            channel.register(selector, SelectionKey.OP_READ);
        } catch (final IOException | UnsupportedOperationException | IllegalArgumentException e) {
            throw new FailedException(
                    "no javfd answers at "
                            + socket
                            + " ("
                            + e.getMessage()
                            + "); is it running (systemctl status javfd), are you in its group, or"
                            + " is the socket elsewhere (--socket, JAVF_SOCKET)?");
        }
    }

    /** What can't be done, for people. */
    static final class FailedException extends Exception {
        private static final long serialVersionUID = 1L;

        FailedException(final String message) {
            super(message);
        }
    }

    /** A request of the version that is spoken here. */
    static ObjectNode request(final String command) {
        return Request.MAPPER
                .createObjectNode()
                .put("version", Request.VERSION)
                .put("command", command);
    }

    /**
     * Asks, and waits for the answer.
     *
     * @param request made by {@link #request}.
     * @return the result.
     * @throws FailedException if the daemon refuses, is gone or silent; the message says why.
     */
    JsonNode ask(final ObjectNode request) throws FailedException {
        try {
            final ByteBuffer line =
                    ByteBuffer.wrap((request + "\n").getBytes(StandardCharsets.UTF_8));
            while (line.hasRemaining()) {
                if (channel.write(line) == 0) {
                    Thread.onSpinWait();
                }
            }
            final JsonNode answer = Request.MAPPER.readTree(readLine());
            if (answer.path("ok").asBoolean()) {
                return answer.path("result");
            }
            throw new FailedException(
                    answer.path("error").path("message").asText("javfd answers: " + answer));
        } catch (final IOException e) {
            throw new FailedException("the connection to javfd broke: " + e.getMessage());
        }
    }

    private byte[] readLine() throws IOException, FailedException {
        final ByteArrayOutputStream line = new ByteArrayOutputStream();
        final long deadlineNs = System.nanoTime() + timeoutNs;
        while (true) {
            while (in.hasRemaining()) {
                final byte next = in.get();
                if (next == '\n') {
                    return line.toByteArray();
                }
                line.write(next);
            }
            if (line.size() > ANSWER_BYTES_MAX) {
                throw new FailedException("javfd answers without end");
            }
            in.clear();
            final int read = channel.read(in);
            in.flip();
            if (read < 0) {
                throw new FailedException("javfd has closed the connection without an answer");
            }
            if (read == 0) {
                final long leftMs = TimeUnit.NANOSECONDS.toMillis(deadlineNs - System.nanoTime());
                if (leftMs <= 0) {
                    throw new FailedException(
                            "javfd hasn't answered within "
                                    + TimeUnit.NANOSECONDS.toMillis(timeoutNs)
                                    + " ms; it may still do what was asked. --timeout waits"
                                    + " longer");
                }
                selector.select(leftMs);
                selector.selectedKeys().clear();
            }
        }
    }

    @Override
    public void close() {
        try {
            selector.close();
            channel.close();
        } catch (final IOException e) {
            // Nothing is left to be done with it.
            return;
        }
    }
}
