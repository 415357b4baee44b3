package dev.javf.sim.program;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;

import dev.javf.linux.UnixSocket;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
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
    private final MemorySegment in = Arena.ofAuto().allocate(MAX_LINE_BYTES);
    private int inBytes;
    private MemorySegment out = MemorySegment.NULL;
    private int outOffset;
    private boolean isAwaiting;
    private boolean isOver;
    private boolean isPeerDone;

    /**
     * A client that has just come.
     *
     * @param socket becomes this object's.
     * @param commands what it may say.
     */
    ControlConnection(final UnixSocket socket, final ControlCommands commands) {
        this.socket = socket;
        this.commands = commands;
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
        if (outOffset < out.byteSize() || isAwaiting) {
            return count;
        }
        count += runLine() ? 1 : receive();
        return count + send();
    }

    private int send() {
        int count = 0;
        while (outOffset < out.byteSize() && !isOver) {
            final int sent = socket.send(out, outOffset, (int) out.byteSize() - outOffset);
            if (sent == UnixSocket.WOULD_BLOCK) {
                break;
            }
            if (sent < 0) {
                isOver = true;
            } else {
                outOffset += sent;
            }
            count++;
        }
        return count;
    }

    private int receive() {
        if (isPeerDone) {
            isOver = true;
            return 1;
        }
        if (inBytes == MAX_LINE_BYTES) {
            answerError("a command has at most " + (MAX_LINE_BYTES - 1) + " bytes");
            inBytes = 0;
            isPeerDone = true;
            return 1;
        }
        final int received = socket.receive(in, inBytes, MAX_LINE_BYTES - inBytes);
        if (received == UnixSocket.WOULD_BLOCK) {
            return 0;
        }
        if (received <= 0) {
            isPeerDone = true;
        } else {
            inBytes += received;
        }
        return 1;
    }

    /** Runs the next line, if there is a whole one. */
    private boolean runLine() {
        int end = 0;
        while (end < inBytes && in.get(ValueLayout.JAVA_BYTE, end) != '\n') {
            end++;
        }
        if (end == inBytes) {
            return false;
        }
        final byte[] line = in.asSlice(0, end).toArray(ValueLayout.JAVA_BYTE);
        MemorySegment.copy(in, end + 1L, in, 0, inBytes - end - 1L);
        inBytes -= end + 1;
        run(new String(line, StandardCharsets.UTF_8));
        return true;
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
        out = Arena.ofAuto().allocateFrom(ValueLayout.JAVA_BYTE, bytes.toByteArray());
        outOffset = 0;
    }

    @Override
    public void close() {
        isOver = true;
        socket.close();
    }
}
