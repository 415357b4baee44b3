package dev.javf.daemon.control;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.javf.daemon.config.NearestWord;
import dev.javf.linux.LineInput;
import dev.javf.linux.SocketOutput;
import dev.javf.linux.UnixSocket;

import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;

/**
 * One client. The next line is looked at only when the one before has been answered and the answer
 * has been taken: a client costs one command, one line and one answer at most. For the control
 * thread.
 */
final class ControlConnection implements AutoCloseable {
    /** The longest line, its end included. */
    static final int LINE_BYTES_MAX = 16 << 10;

    private final UnixSocket socket;
    private final ControlServer server;
    private final Client client;
    private final LineInput input;
    private final SocketOutput output;
    private @Nullable Pending pending;
    private boolean isOver;
    private boolean isPeerDone;
    private long progressNs;

    private record Pending(Request request, Command command, Answer answer) {}

    /**
     * A client that has just come.
     *
     * @param socket becomes this object's.
     * @param server whose client it is.
     * @param client who it is.
     * @param nowNs the time.
     */
    ControlConnection(
            final UnixSocket socket,
            final ControlServer server,
            final Client client,
            final long nowNs) {
        this.socket = socket;
        this.server = server;
        this.client = client;
        progressNs = nowNs;
        input = new LineInput(server.memory(), LINE_BYTES_MAX);
        output = new SocketOutput(server.memory());
    }

    /** Whether the connection is to be closed. */
    boolean isOver() {
        return isOver;
    }

    /** Whether a command is being done. */
    boolean isAwaiting() {
        return pending != null;
    }

    /** Says why there will be no more, and is over once that is on its way. */
    void refuse(final ControlException error) {
        isPeerDone = true;
        answer(null, error);
    }

    /**
     * Sends, receives, and has a command done.
     *
     * @param nowNs the time.
     * @return how much there was to do.
     */
    int doWork(final long nowNs) {
        if (isOver) {
            return 0;
        }
        int count = send() + takeAnswer();
        if (!output.isEmpty() || pending != null) {
            return progress(count, nowNs, !output.isEmpty());
        }
        count += runLine() ? 1 : receive();
        return progress(count + send(), nowNs, !input.isEmpty());
    }

    private int progress(final int count, final long nowNs, final boolean isHalfWay) {
        if (count > 0 || !isHalfWay) {
            progressNs = nowNs;
        } else if (nowNs - progressNs > ControlServer.PATIENCE_NS) {
            server.report(client + " stopped in the middle of a line; closed");
            isOver = true;
            return 1;
        }
        return count;
    }

    private int send() {
        final int sent = output.send(socket);
        isOver |= sent < 0;
        return Math.abs(sent);
    }

    private int receive() {
        if (isPeerDone) {
            isOver = true;
            return 1;
        }
        final int received = input.receive(socket);
        if (received == UnixSocket.WOULD_BLOCK) {
            return 0;
        }
        if (received == LineInput.TOO_LONG) {
            refuse(
                    new ControlException(
                            ControlException.Code.MALFORMED,
                            "a line has at most " + (LINE_BYTES_MAX - 1) + " bytes"));
        }
        isPeerDone |= received <= 0;
        return 1;
    }

    /** Has the next line done, if there is a whole one. */
    private boolean runLine() {
        final byte[] line = input.next();
        if (line == null) {
            return false;
        }
        Request request = null;
        try {
            request = Request.parse(line);
            run(request);
        } catch (final ControlException e) {
            server.onRefused();
            answer(request, e);
        }
        return true;
    }

    private void run(final Request request) {
        final String name = request.command();
        final Command command = server.commands().get(name);
        if (command == null) {
            final List<String> names = new ArrayList<>(server.commands().keySet());
            throw new ControlException(
                    ControlException.Code.UNKNOWN_COMMAND,
                    "no command '"
                            + Request.shortened(name)
                            + "'"
                            + NearestWord.hint(Request.shortened(name), names)
                            + "; there are: "
                            + String.join(", ", names));
        }
        if (!client.role().permits(command.role())) {
            server.audit(client, request, "denied");
            throw new ControlException(
                    ControlException.Code.DENIED,
                    "user "
                            + client.user()
                            + " may not '"
                            + name
                            + "'; the configuration's control."
                            + (command.role() == Role.READ ? "readers" : "administrators")
                            + " says who may");
        }
        request.allow(command.arguments());
        try {
            pending = new Pending(request, command, command.body().apply(request));
        } catch (final ControlException e) {
            if (command.role() == Role.ADMINISTER) {
                server.audit(client, request, "refused: " + e.getMessage());
            }
            throw e;
        } catch (final IllegalStateException e) {
            throw new ControlException(ControlException.Code.BUSY, String.valueOf(e.getMessage()));
        }
    }

    private int takeAnswer() {
        final Pending done = pending;
        if (done == null || !done.answer().isReady()) {
            return 0;
        }
        pending = null;
        String outcome;
        try {
            final ObjectNode line = line(done.request(), true);
            final JsonNode result = done.answer().make();
            outcome = Command.outcome(result);
            line.set("result", result);
            write(line);
        } catch (final RuntimeException e) {
            final Throwable cause = e.getCause();
            final ControlException error =
                    error(e instanceof CompletionException && cause != null ? cause : e);
            outcome = error.code().text() + ": " + error.getMessage();
            answer(done.request(), error);
        }
        if (done.command().role() == Role.ADMINISTER) {
            server.audit(client, done.request(), outcome);
        }
        return 1;
    }

    private static ControlException error(final Throwable cause) {
        if (cause instanceof final ControlException known) {
            return known;
        }
        return new ControlException(
                cause instanceof IllegalArgumentException
                        ? ControlException.Code.ARGUMENT
                        : ControlException.Code.FAILED,
                cause.getMessage() == null ? cause.toString() : cause.getMessage());
    }

    private static ObjectNode line(final @Nullable Request request, final boolean isDone) {
        final ObjectNode line = Request.MAPPER.createObjectNode();
        line.put("version", Request.VERSION);
        final JsonNode id = request == null ? null : request.id();
        if (id != null) {
            line.set("id", id);
        }
        line.put("ok", isDone);
        return line;
    }

    private void answer(final @Nullable Request request, final ControlException error) {
        final ObjectNode line = line(request, false);
        line.putObject("error")
                .put("code", error.code().text())
                .put("message", String.valueOf(error.getMessage()));
        write(line);
    }

    private void write(final ObjectNode line) {
        try {
            output.set(
                    (Request.MAPPER.writeValueAsString(line) + "\n")
                            .getBytes(StandardCharsets.UTF_8));
        } catch (final JsonProcessingException e) {
            throw new IllegalStateException("a tree of values can be written", e);
        }
    }

    @Override
    public void close() {
        isOver = true;
        socket.close();
    }

    /**
     * Who is at the other end, as the kernel said when it connected.
     *
     * @param process 0 if it is in another namespace.
     * @param user effective user.
     * @param group effective group.
     * @param role what it may do.
     */
    record Client(int process, int user, int group, Role role) {
        @Override
        public String toString() {
            return "uid=" + user + " gid=" + group + " pid=" + process;
        }
    }
}
