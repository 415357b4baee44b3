package dev.javf.virtio.net;

import dev.javf.vfio.DmaSpace;
import dev.javf.virtio.net.NetworkControl.Answer;
import dev.javf.virtio.net.NetworkControl.Outcome;
import dev.javf.virtio.queue.DescriptorChain;
import dev.javf.virtio.queue.QueueFault;
import dev.javf.virtio.queue.Virtqueue;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The queue by which a guest says what it wants of the network. One request at a time: its answer
 * is awaited, in further duty cycles, before the next one is looked at.
 */
final class ControlQueue {
    /** Descriptors of the queue, at most. */
    static final int MAX_SIZE = 64;

    private static final byte OK = 0;
    private static final byte ERROR = 1;

    /** Does what is asked for. */
    interface Handler {
        /**
         * Starts.
         *
         * @param request to be done.
         * @return the answer, which may come later.
         */
        Answer handle(ControlRequest request);

        /**
         * It is done: what the guest sees changes, before it is told.
         *
         * @param request as started.
         */
        void done(ControlRequest request);
    }

    private final Virtqueue queue;
    private final Handler handler;
    private final long timeoutNs;
    private final NetCounters counters;
    private final DescriptorChain chain;
    private final MemorySegment bytes = Arena.ofAuto().allocate(ControlRequest.MAX_BYTES);
    private final MemorySegment result = Arena.ofAuto().allocate(1);
    private @Nullable ControlRequest request;
    private Answer answer = NetworkControl.DONE;
    private long deadlineNs;

    ControlQueue(
            final DmaSpace dma,
            final Virtqueue queue,
            final Handler handler,
            final long timeoutNs,
            final NetCounters counters) {
        this.queue = queue;
        this.handler = handler;
        this.timeoutNs = timeoutNs;
        this.counters = counters;
        chain = new DescriptorChain(dma, MAX_SIZE);
    }

    /**
     * Looks for an answer that has come, or for a request.
     *
     * @param nowNs the time.
     * @return how much there was to do; 0 if nothing. The queue's burst is to be published.
     */
    int doWork(final long nowNs) {
        if (!queue.begin()) {
            return 0;
        }
        final ControlRequest current = request;
        if (current != null) {
            await(current, nowNs);
            return isBusy() ? 0 : 1;
        }
        if (!queue.fetch(chain)) {
            return 0;
        }
        start(nowNs);
        return 1;
    }

    private void start(final long nowNs) {
        if (chain.writableBytes() < 1) {
            queue.fail(QueueFault.HEADER, 0);
            return;
        }
        counters.controlRequests().increment();
        final long lengthBytes = chain.readableBytes();
        if (lengthBytes > ControlRequest.MAX_BYTES) {
            finish(ERROR);
            return;
        }
        if (!chain.read(bytes, 0, lengthBytes)) {
            queue.fail(QueueFault.BUFFER_ADDRESS, chain.address());
            return;
        }
        final ControlRequest next = ControlRequest.decode(bytes, (int) lengthBytes);
        if (next == null) {
            finish(ERROR);
            return;
        }
        request = next;
        answer = handler.handle(next);
        deadlineNs = nowNs + timeoutNs;
        await(next, nowNs);
    }

    private void await(final ControlRequest current, final long nowNs) {
        final Outcome outcome = answer.outcome();
        if (outcome == Outcome.DONE) {
            handler.done(current);
            finish(OK);
        } else if (outcome == Outcome.REFUSED) {
            finish(ERROR);
        } else if (nowNs - deadlineNs >= 0) {
            // A guest waits for its control queue with a lock held: it can't be for ever.
            answer.abandon();
            finish(ERROR);
        }
    }

    private void finish(final byte ack) {
        request = null;
        if (ack == ERROR) {
            counters.controlErrors().increment();
        }
        result.set(ValueLayout.JAVA_BYTE, 0, ack);
        if (chain.write(result, 0, 1)) {
            queue.use(chain, 1);
        } else {
            queue.fail(QueueFault.BUFFER_ADDRESS, chain.address());
        }
    }

    private boolean isBusy() {
        return request != null;
    }

    /** Forgets a request that waits. */
    void abandon() {
        if (request != null) {
            request = null;
            answer.abandon();
        }
    }

    Virtqueue queue() {
        return queue;
    }
}
