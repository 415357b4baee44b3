package dev.javf.sim.program;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;

import dev.javf.linux.LineInput;
import dev.javf.linux.SocketOutput;
import dev.javf.linux.UnixSocket;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletionException;

/**
 * One client of the control socket. The next line is only looked at once the one before has been
 * answered, and the answer is on its way. For the model's thread.
 */
final class ControlConnection implements AutoCloseable {
    /** The longest line. */
    static final int MAX_LINE_BYTES = 4096;

    private static final JsonFactory JSON = new JsonFactory();

    private final UnixSocket socket;
    private final ControlCommands commands;
    private final LineInput input;
    private final SocketOutput output;
    private boolean isAwaiting;
    private boolean isOver;
    private boolean isPeerDone;

    /**
     * A client that has just come.
     *
     * @param socket becomes this object's.
     * @param commands what it may say.
     * @param memory native; for one system call at a time.
     */
    ControlConnection(
            final UnixSocket socket, final ControlCommands commands, final MemorySegment memory) {
        this.socket = socket;
        this.commands = commands;
        input = new LineInput(memory, MAX_LINE_BYTES);
        output = new SocketOutput(memory);
    }

    /** Whether the connection is to be closed. */
    boolean isOver() {
        return isOver;
    }

    /**
     * Sends, receives, and runs a line.
     *
     * @return how much there was to do.
     */
    int doWork() {
        if (isOver) {
            return 0;
        }
        int count = send();
        if (!output.isEmpty() || isAwaiting) {
            return count;
        }
        count += runLine() ? 1 : receive();
        return count + send();
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
            answerError("a command has at most " + (MAX_LINE_BYTES - 1) + " bytes");
        }
        isPeerDone = received <= 0;
        return 1;
    }

    /** Runs the next line, if there is a whole one. */
    private boolean runLine() {
        final byte[] line = input.next();
        if (line != null) {
            run(new String(line, StandardCharsets.UTF_8));
        }
        return line != null;
    }

    private void run(final String line) {
        isAwaiting = true;
        try {
            commands.run(line)
                    .whenComplete((answer, error) -> {
                        isAwaiting = false;
                        if (error == null) {
                            answer(answer);
                        } else {
                            answerError(message(error));
                        }
                    });
        } catch (final IllegalArgumentException | IllegalStateException e) {
            isAwaiting = false;
            answerError(message(e));
        }
    }

    private static String message(final Throwable error) {
        final Throwable cause =
                error instanceof CompletionException && error.getCause() != null
                        ? error.getCause()
                        : error;
        return String.valueOf(cause.getMessage());
    }

    private void answer(final ControlCommands.Answer answer) {
        write(json -> {
            json.writeBooleanField("ok", true);
            if (!answer.field().isEmpty()) {
                json.writeFieldName(answer.field());
                answer.content().write(json);
            }
        });
    }

    private void answerError(final String message) {
        write(json -> {
            json.writeBooleanField("ok", false);
            json.writeStringField("error", message);
        });
    }

    private void write(final ControlCommands.Answer.Content content) {
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (JsonGenerator json = JSON.createGenerator(bytes)) {
            json.writeStartObject();
            content.write(json);
            json.writeEndObject();
            json.writeRaw('\n');
        } catch (final IOException e) {
            throw new UncheckedIOException("memory can be written", e);
        }
        output.set(bytes.toByteArray());
    }

    @Override
    public void close() {
        isOver = true;
        socket.close();
    }
}
