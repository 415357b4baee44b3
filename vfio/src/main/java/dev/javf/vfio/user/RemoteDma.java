package dev.javf.vfio.user;

import dev.javf.linux.MessageStream;
import dev.javf.vfio.RemoteMemory;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * A client's memory behind DMA_READ and DMA_WRITE messages. An access waits for the client's
 * answer; what else the client sends meanwhile is kept for later. For the server's thread.
 */
final class RemoteDma implements RemoteMemory, AutoCloseable {
    /** Clients don't wait for the answers to their writes, so quite some may come. */
    private static final int MAX_DEFERRED = 1024;

    private static final long MAX_DEFERRED_BYTES = 1 << 20;

    private final MessageSocket socket;
    private final SocketWait wait;
    private final LongSupplier nanoClock;
    private final long timeoutNs;
    private final ArrayDeque<DeferredMessage> deferred = new ArrayDeque<>();
    private long deferredBytes;
    private int maxDataBytes;
    private int lastId;
    private boolean isSuspended;
    private boolean isFailed;

    /**
     * For one client.
     *
     * @param socket the connection.
     * @param wait for the connection.
     * @param nanoClock the time, in nanoseconds.
     * @param timeoutNs how long an answer may take; 0 if this memory isn't to be accessed at all.
     */
    RemoteDma(
            final MessageSocket socket,
            final SocketWait wait,
            final LongSupplier nanoClock,
            final long timeoutNs) {
        this.socket = socket;
        this.wait = wait;
        this.nanoClock = nanoClock;
        this.timeoutNs = timeoutNs;
    }

    /** How much data the client takes in one message. */
    void maxDataBytes(final int bytes) {
        maxDataBytes = bytes;
    }

    /** While a message is being answered, its buffer and the answer's are in use. */
    void suspend(final boolean isOn) {
        isSuspended = isOn;
    }

    /** The next message that was kept for later; null if there is none. The caller closes it. */
    @Nullable DeferredMessage nextDeferred() {
        final DeferredMessage next = deferred.poll();
        if (next != null) {
            deferredBytes -= next.payload().byteSize();
        }
        return next;
    }

    @Override
    public boolean read(
            final long iova,
            final MemorySegment destination,
            final long offset,
            final long lengthBytes) {
        long done = 0;
        while (done < lengthBytes) {
            final long count = Math.min(lengthBytes - done, maxDataBytes);
            final DmaTransfer transfer = new DmaTransfer(iova + done, count);
            if (!ask(Command.DMA_READ, transfer, MemorySegment.NULL, 0, count)) {
                return false;
            }
            MemorySegment.copy(
                    socket.payload(), DmaTransfer.LENGTH_BYTES, destination, offset + done, count);
            done += count;
        }
        return true;
    }

    @Override
    public boolean write(
            final long iova,
            final MemorySegment source,
            final long offset,
            final long lengthBytes) {
        long done = 0;
        while (done < lengthBytes) {
            final long count = Math.min(lengthBytes - done, maxDataBytes);
            final DmaTransfer transfer = new DmaTransfer(iova + done, count);
            if (!ask(Command.DMA_WRITE, transfer, source, offset + done, 0)) {
                return false;
            }
            done += count;
        }
        return true;
    }

    /** Sends a request, with data if it is a write, and awaits an answer with so much data. */
    private boolean ask(
            final Command command,
            final DmaTransfer transfer,
            final MemorySegment source,
            final long offset,
            final long answerBytes) {
        final long deadlineNs = nanoClock.getAsLong() + timeoutNs;
        if (timeoutNs == 0 || maxDataBytes == 0 || isSuspended || isFailed) {
            return false;
        }
        while (!socket.flush()) {
            if (!awaitUntil(deadlineNs, true)) {
                return false;
            }
        }
        final long dataBytes = command == Command.DMA_WRITE ? transfer.count() : 0;
        final int payloadBytes = DmaTransfer.LENGTH_BYTES + (int) dataBytes;
        final MemorySegment payload = socket.outPayload(payloadBytes);
        transfer.encode(payload);
        MemorySegment.copy(source, offset, payload, DmaTransfer.LENGTH_BYTES, dataBytes);
        lastId = (lastId + 1) & 0xFFFF;
        final int sizeBytes = Header.LENGTH_BYTES + payloadBytes;
        socket.send(new Header(lastId, command.code(), sizeBytes, 0, 0), List.of());
        return awaitAnswer(command, transfer, answerBytes, deadlineNs);
    }

    private boolean awaitAnswer(
            final Command command,
            final DmaTransfer transfer,
            final long answerBytes,
            final long deadlineNs) {
        while (true) {
            final boolean isFlushed = socket.flush();
            final MessageStream.Received received = socket.receive();
            if (received == MessageStream.Received.MESSAGE && socket.header().isReply()) {
                return isAnswer(command, transfer, answerBytes);
            }
            final boolean goesOn =
                    received == MessageStream.Received.MESSAGE
                            ? defer()
                            : received == MessageStream.Received.NOTHING
                                    && awaitUntil(deadlineNs, !isFlushed);
            if (!goesOn) {
                return false;
            }
        }
    }

    private boolean isAnswer(
            final Command command, final DmaTransfer transfer, final long answerBytes) {
        final Header header = socket.header();
        final boolean isMine = header.id() == lastId && header.command() == command.code();
        if (isMine && header.isError() && header.payloadBytes() == 0) {
            return false;
        }
        if (!isMine
                || header.isError()
                || header.payloadBytes() != DmaTransfer.LENGTH_BYTES + answerBytes
                || !DmaTransfer.decode(socket.payload()).equals(transfer)) {
            return fail("an answer came that fits no question");
        }
        return true;
    }

    private boolean defer() {
        if (deferred.size() == MAX_DEFERRED || deferredBytes > MAX_DEFERRED_BYTES) {
            return fail("too many messages came while " + Command.DMA_READ + " went unanswered");
        }
        final DeferredMessage message = DeferredMessage.takeFrom(socket);
        deferred.add(message);
        deferredBytes += message.payload().byteSize();
        return true;
    }

    private boolean awaitUntil(final long deadlineNs, final boolean forRoom) {
        final long leftNs = deadlineNs - nanoClock.getAsLong();
        if (leftNs <= 0) {
            return fail("no answer to " + Command.DMA_READ + " within " + timeoutNs + " ns");
        }
        wait.await(forRoom, leftNs);
        return true;
    }

    private boolean fail(final String reason) {
        isFailed = true;
        socket.end(reason);
        return false;
    }

    @Override
    public void close() {
        deferred.forEach(DeferredMessage::close);
        deferred.clear();
        isFailed = true;
    }
}
