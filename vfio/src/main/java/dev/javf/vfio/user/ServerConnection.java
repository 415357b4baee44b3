package dev.javf.vfio.user;

import dev.javf.linux.Descriptor;
import dev.javf.linux.MessageStream;
import dev.javf.linux.UnixSocket;
import dev.javf.linux.libc.Libc;
import dev.javf.vfio.DmaCursor;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * A client's connection to a server: asks, awaits the answer, and meanwhile answers the server's
 * own requests for memory. Once an answer is late or makes no sense the connection is lost for
 * good. For one thread.
 */
final class ServerConnection implements AutoCloseable {
    /** What {@link #ask} returns when there will be no answer. */
    static final int LOST = -1;

    private final MessageSocket socket;
    private final SocketWait wait;
    private final DmaCursor memory;
    private final LongSupplier nanoClock;
    private final long timeoutNs;
    private final @Nullable Runnable idle;
    private int lastId;
    private int maxDataBytes = Capabilities.UNSPECIFIED.maxDataXferSize();

    /**
     * A connection on which nothing has been said yet.
     *
     * @param connected becomes this object's.
     * @param memory what the server may ask for.
     * @param context how to wait.
     */
    ServerConnection(
            final UnixSocket connected,
            final DmaCursor memory,
            final VfioUserDevice.Context context) {
        socket = new MessageSocket(connected);
        wait = new SocketWait(connected);
        this.memory = memory;
        nanoClock = context.nanoClock();
        timeoutNs = context.timeoutNs();
        idle = context.idle();
    }

    /**
     * Says VERSION.
     *
     * @return 0, the server's errno, or {@link #LOST}.
     */
    int negotiate() {
        final VersionMessage wanted =
                new VersionMessage(
                        VersionMessage.MAJOR,
                        VersionMessage.MINOR,
                        new Capabilities(
                                        MessageSocket.MAX_DESCRIPTORS,
                                        MessageSocket.MAX_DATA_BYTES,
                                        Capabilities.UNSPECIFIED.maxDmaMaps())
                                .toJson());
        wanted.encode(prepare(wanted.payloadBytes()));
        final int result = ask(Command.VERSION, wanted.payloadBytes(), List.of());
        if (result != 0) {
            return result;
        }
        try {
            final VersionMessage answer = VersionMessage.decode(socket.payload());
            final Capabilities server = Capabilities.parse(answer.json());
            if (answer.major() == wanted.major() && answer.minor() <= wanted.minor()) {
                maxDataBytes = Math.min(server.maxDataXferSize(), MessageSocket.MAX_DATA_BYTES);
                return 0;
            }
            socket.end("it speaks version " + answer.major() + "." + answer.minor());
        } catch (final IllegalArgumentException e) {
            socket.end("its answer to VERSION makes no sense: " + e.getMessage());
        }
        return LOST;
    }

    /** Whether nothing more can be asked. */
    boolean isLost() {
        return !socket.endReason().isEmpty();
    }

    /** Why nothing more can be asked. */
    String lostReason() {
        return socket.endReason();
    }

    /**
     * Where a request's payload is to be put; waits until the one before has been sent.
     *
     * @param payloadBytes how long it is.
     */
    MemorySegment prepare(final int payloadBytes) {
        final long deadlineNs = nanoClock.getAsLong() + timeoutNs;
        while (!socket.flush()) {
            awaitUntil(deadlineNs, true);
        }
        return socket.outPayload(payloadBytes);
    }

    /**
     * Sends a request that isn't answered; its payload has been {@link #prepare}d.
     *
     * @param command what is asked.
     * @param payloadBytes how long the payload is.
     */
    void post(final Command command, final int payloadBytes) {
        send(command, payloadBytes, Header.NO_REPLY, List.of());
    }

    /**
     * Sends a request and awaits its answer; its payload has been {@link #prepare}d.
     *
     * @param command what is asked.
     * @param payloadBytes how long the payload is.
     * @param passed goes with it, and remains the caller's.
     * @return 0 when {@link #payload} is the answer, the server's errno, or {@link #LOST}.
     */
    int ask(final Command command, final int payloadBytes, final List<Descriptor> passed) {
        send(command, payloadBytes, 0, passed);
        final long deadlineNs = nanoClock.getAsLong() + timeoutNs;
        while (!isLost()) {
            final boolean isFlushed = socket.flush();
            final MessageStream.Received received = socket.receive();
            if (received == MessageStream.Received.NOTHING) {
                awaitUntil(deadlineNs, !isFlushed);
            } else if (received == MessageStream.Received.MESSAGE) {
                final Header header = socket.header();
                if (header.isCommand()) {
                    serve(header);
                } else if (!header.isReply()
                        || header.id() != lastId
                        || header.command() != command.code()
                        || (header.isError() && header.errno() <= 0)) {
                    socket.end("an answer came that doesn't fit " + command);
                } else {
                    return header.isError() ? header.errno() : 0;
                }
            }
        }
        return LOST;
    }

    private void send(
            final Command command,
            final int payloadBytes,
            final int flags,
            final List<Descriptor> passed) {
        if (!isLost()) {
            lastId = (lastId + 1) & 0xFFFF;
            final int sizeBytes = Header.LENGTH_BYTES + payloadBytes;
            socket.send(new Header(lastId, command.code(), sizeBytes, flags, 0), passed);
        }
    }

    private void awaitUntil(final long deadlineNs, final boolean forRoom) {
        final long leftNs = deadlineNs - nanoClock.getAsLong();
        if (leftNs <= 0) {
            socket.end("it doesn't answer within " + timeoutNs / 1_000_000 + " ms");
        } else if (idle != null) {
            idle.run();
        } else {
            wait.await(forRoom, leftNs);
        }
    }

    /** The last answer's payload, until the next call. */
    MemorySegment payload() {
        return socket.payload();
    }

    /** The descriptors that came with the last answer; who takes one removes it. */
    List<Descriptor> descriptors() {
        return socket.descriptors();
    }

    /** Data that fits a message. */
    int maxDataBytes() {
        return maxDataBytes;
    }

    /** Answers what the server has asked meanwhile, and notices when it has gone. */
    void doWork() {
        while (!isLost() && socket.flush()) {
            final MessageStream.Received received = socket.receive();
            if (received != MessageStream.Received.MESSAGE) {
                return;
            }
            if (socket.header().isCommand()) {
                serve(socket.header());
            } else {
                socket.end("an answer came that nobody had asked for");
            }
        }
    }

    /** Answers a request of the server's. */
    private void serve(final Header header) {
        final MemorySegment payload = socket.payload();
        int result = -Libc.EOPNOTSUPP();
        final boolean isRead = header.command() == Command.DMA_READ.code();
        if (isRead || header.command() == Command.DMA_WRITE.code()) {
            result =
                    payload.byteSize() < DmaTransfer.LENGTH_BYTES
                            ? -Libc.EINVAL()
                            : transfer(isRead, payload);
        }
        if (!isLost() && header.wantsReply()) {
            final int errno = Math.max(0, -result);
            final int flags = Header.TYPE_REPLY | (errno == 0 ? 0 : Header.ERROR);
            final int sizeBytes = Header.LENGTH_BYTES + Math.max(0, result);
            final Header reply = new Header(header.id(), header.command(), sizeBytes, flags, errno);
            socket.send(reply, List.of());
        }
    }

    /** The length of the answer's payload in bytes, or a negated errno. */
    private int transfer(final boolean isRead, final MemorySegment payload) {
        final DmaTransfer transfer = DmaTransfer.decode(payload);
        final long count = transfer.count();
        final long dataBytes = payload.byteSize() - DmaTransfer.LENGTH_BYTES;
        if (count <= 0
                || count > MessageSocket.MAX_DATA_BYTES
                || dataBytes != (isRead ? 0 : count)) {
            return -Libc.EINVAL();
        }
        final int answerBytes = DmaTransfer.LENGTH_BYTES + (isRead ? (int) count : 0);
        final MemorySegment answer = prepare(answerBytes);
        transfer.encode(answer);
        final boolean isDone =
                isRead
                        ? memory.read(transfer.address(), answer, DmaTransfer.LENGTH_BYTES, count)
                        : memory.write(
                                transfer.address(), payload, DmaTransfer.LENGTH_BYTES, count);
        return isDone ? answerBytes : -Libc.EFAULT();
    }

    @Override
    public void close() {
        wait.close();
        socket.close();
    }
}
