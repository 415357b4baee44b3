package dev.javf.iavf;

import dev.javf.virtchnl.Direction;
import dev.javf.virtchnl.Event;
import dev.javf.virtchnl.MalformedMessageException;
import dev.javf.virtchnl.Message;
import dev.javf.virtchnl.MessageDecoder;
import dev.javf.virtchnl.MessageDescription;
import dev.javf.virtchnl.Opcode;
import dev.javf.virtchnl.Status;
import dev.javf.virtchnl.VersionInfo;

import org.jspecify.annotations.Nullable;

import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;

/**
 * Requests and their answers. virtchnl marks neither, but a PF answers one VF's requests in their
 * order; so an answer belongs to the oldest request of its operation.
 *
 * <p>That stops being true once an answer stays out, for it may yet come and be taken for the next
 * one. So a timeout voids all requests of that operation, and none is sent until the PF has
 * answered a VERSION sent after them: what comes before that answer is dropped. If it doesn't come
 * either, the PF is not listening any more. A reset voids all requests and begins a new epoch.
 *
 * <p>For the conductor. A malformed message never settles a request: it could be anything.
 */
final class VirtchnlChannel implements AdminQueue.Receiver {
    /** Unanswered messages that are fine. */
    static final int IN_FLIGHT_DEFAULT = 8;

    /** Unanswered messages that a PF surely puts up with; an ice PF calls 64 an attack. */
    static final int IN_FLIGHT_MAX = 32;

    private final AdminQueue queue;
    private final DriverCounters counters;
    private final DistinctLog log;
    private final EventHandler events;
    private final int inFlightMax;
    private final long timeoutNs;
    private final @Nullable ExchangeListener listener;
    private final ArrayDeque<Exchange> inFlight = new ArrayDeque<>();
    private final Set<Opcode> doubtful = EnumSet.noneOf(Opcode.class);
    private final MemorySegment scratch = MemorySegment.ofArray(new byte[Message.MAX_BUFFER_BYTES]);
    private boolean advancedSpeed;
    private boolean fenceInFlight;
    private boolean held;
    private long epoch;
    private long nowNs;

    /** Told what nobody asked for. */
    interface EventHandler {
        void onEvent(Event event, long nowNs);

        /** Not even the fence was answered. */
        void onUnresponsive(String reason, long nowNs);
    }

    private record Exchange(Opcode opcode, long sentNs, long deadlineNs, AnswerHandler handler) {}

    VirtchnlChannel(
            final AdminQueue queue,
            final DriverCounters counters,
            final DistinctLog log,
            final EventHandler events,
            final int inFlightMax,
            final long timeoutNs,
            final @Nullable ExchangeListener listener) {
        this.queue = queue;
        this.counters = counters;
        this.log = log;
        this.events = events;
        this.inFlightMax = inFlightMax;
        this.timeoutNs = timeoutNs;
        this.listener = listener;
    }

    /** Whether a request of an operation may be sent now. */
    boolean canSend(final Opcode opcode) {
        return !held && inFlight.size() < inFlightMax && !doubtful.contains(opcode);
    }

    /**
     * Sends a request.
     *
     * @return false when it can't be sent now; try again later.
     */
    boolean send(
            final Opcode opcode,
            final @Nullable Message message,
            final AnswerHandler handler,
            final long timeNs) {
        if (!canSend(opcode) || !queue.send(opcode.code(), message)) {
            return false;
        }
        inFlight.add(new Exchange(opcode, timeNs, timeNs + timeoutNs, handler));
        onSent(opcode, message);
        return true;
    }

    /**
     * Sends a message that has no answer.
     *
     * @return false when the ring is full or the mailbox not started.
     */
    boolean sendUnanswered(final Opcode opcode) {
        if (!queue.send(opcode.code(), null)) {
            return false;
        }
        onSent(opcode, null);
        return true;
    }

    private void onSent(final Opcode opcode, final @Nullable Message message) {
        counters.countSent(opcode);
        if (listener != null) {
            int lengthBytes = 0;
            if (message != null) {
                lengthBytes = message.lengthBytes();
                message.encode(scratch, 0);
            }
            listener.onSent(
                    opcode,
                    MessageDescription.describe(
                            Direction.VF_TO_PF, opcode.code(), 0, scratch, 0, lengthBytes));
        }
    }

    /** Takes what has arrived and looks at deadlines. Returns how much there was to do. */
    int doWork(final long timeNs) {
        nowNs = timeNs;
        return queue.poll(this) + expire() + sendFence();
    }

    private int expire() {
        final long epochBefore = epoch;
        Opcode late = null;
        for (final Exchange exchange : inFlight) {
            if (nowNs - exchange.deadlineNs >= 0) {
                late = exchange.opcode;
                break;
            }
        }
        if (late == null) {
            return 0;
        }
        final List<Exchange> voided = new ArrayList<>();
        for (final Iterator<Exchange> all = inFlight.iterator(); all.hasNext(); ) {
            final Exchange exchange = all.next();
            if (exchange.opcode == late) {
                all.remove();
                voided.add(exchange);
            }
        }
        doubtful.add(late);
        counters.increment(DriverCounter.TIMEOUTS);
        log.distinct(
                Level.WARNING,
                "timeout",
                "the PF has not answered " + late + " within " + timeoutNs / 1_000_000 + " ms",
                nowNs);
        for (final Exchange exchange : voided) {
            if (listener != null) {
                listener.onTimeout(late, nowNs - exchange.sentNs);
            }
            if (epoch == epochBefore) {
                exchange.handler.onTimeout(nowNs);
            }
        }
        return voided.size();
    }

    private int sendFence() {
        if (held || doubtful.isEmpty() || fenceInFlight) {
            return 0;
        }
        // Beyond the bound on messages in flight: it is what makes room again.
        if (!queue.send(Opcode.VERSION.code(), VersionInfo.VERSION_1_1)) {
            return 0;
        }
        fenceInFlight = true;
        inFlight.add(
                new Exchange(
                        Opcode.VERSION,
                        nowNs,
                        nowNs + timeoutNs,
                        new Fence(EnumSet.copyOf(doubtful))));
        onSent(Opcode.VERSION, VersionInfo.VERSION_1_1);
        return 1;
    }

    /** Answered after everything that was sent before it. */
    private final class Fence implements AnswerHandler {
        private final Set<Opcode> settles;

        Fence(final Set<Opcode> settles) {
            this.settles = settles;
        }

        @Override
        public void onAnswer(final int status, final @Nullable Message body, final long timeNs) {
            fenceInFlight = false;
            doubtful.removeAll(settles);
        }

        @Override
        public void onTimeout(final long timeNs) {
            fenceInFlight = false;
            events.onUnresponsive("the PF has stopped answering", timeNs);
        }
    }

    @Override
    public void onMessage(
            final int opcode, final int status, final MemorySegment body, final int lengthBytes) {
        counters.increment(DriverCounter.MESSAGES_RECEIVED);
        final Opcode known = Opcode.of(opcode);
        if (known == null) {
            counters.increment(DriverCounter.UNKNOWN_OPCODES);
            log.distinct(
                    Level.WARNING,
                    "unknown opcode",
                    "ignored a message of the PF with unknown operation "
                            + Integer.toUnsignedString(opcode),
                    nowNs);
            return;
        }
        final Message message;
        try {
            message = decode(known, status, body, lengthBytes);
        } catch (final MalformedMessageException e) {
            onMalformed(known, String.valueOf(e.getMessage()));
            return;
        }
        if (message == null && lengthBytes != 0) {
            onMalformed(known, lengthBytes + " bytes, expected 0");
            return;
        }
        counters.countReceived(known);
        if (message instanceof final Event event) {
            traceUnasked(opcode, status, body, lengthBytes);
            events.onEvent(event, nowNs);
        } else {
            answer(known, status, message, body, lengthBytes);
        }
    }

    private @Nullable Message decode(
            final Opcode opcode,
            final int status,
            final MemorySegment body,
            final int lengthBytes) {
        if (status != Status.SUCCESS.code() && lengthBytes == 0 && opcode != Opcode.EVENT) {
            return null;
        }
        return MessageDecoder.decode(
                Direction.PF_TO_VF, opcode.code(), body, 0, lengthBytes, advancedSpeed);
    }

    private void onMalformed(final Opcode opcode, final String what) {
        counters.increment(DriverCounter.MALFORMED_MESSAGES);
        log.distinct(
                Level.WARNING,
                opcode.name(),
                "ignored a malformed message of the PF: " + opcode + ": " + what,
                nowNs);
    }

    private void answer(
            final Opcode opcode,
            final int status,
            final @Nullable Message message,
            final MemorySegment body,
            final int lengthBytes) {
        if (status != Status.SUCCESS.code()) {
            counters.increment(DriverCounter.ERROR_ANSWERS);
        }
        final Exchange exchange = takeOldest(opcode);
        if (exchange == null) {
            counters.increment(DriverCounter.STALE_ANSWERS);
            traceUnasked(opcode.code(), status, body, lengthBytes);
            return;
        }
        if (listener != null) {
            listener.onAnswered(
                    opcode,
                    status,
                    nowNs - exchange.sentNs,
                    MessageDescription.describe(
                            Direction.PF_TO_VF, opcode.code(), status, body, 0, lengthBytes));
        }
        exchange.handler.onAnswer(status, message, nowNs);
    }

    private @Nullable Exchange takeOldest(final Opcode opcode) {
        for (final Iterator<Exchange> all = inFlight.iterator(); all.hasNext(); ) {
            final Exchange exchange = all.next();
            if (exchange.opcode == opcode) {
                all.remove();
                return exchange;
            }
        }
        return null;
    }

    private void traceUnasked(
            final int opcode, final int status, final MemorySegment body, final int lengthBytes) {
        if (listener != null) {
            listener.onUnasked(
                    MessageDescription.describe(
                            Direction.PF_TO_VF, opcode, status, body, 0, lengthBytes));
        }
    }

    @Override
    public void onGarbage(final String what) {
        counters.increment(DriverCounter.GARBAGE_DESCRIPTORS);
        log.distinct(
                Level.WARNING, "garbage", "ignored what the mailbox delivered: " + what, nowNs);
    }

    /** Whether ADV_LINK_SPEED was granted, which decides how events write a speed. */
    void advancedSpeed(final boolean granted) {
        advancedSpeed = granted;
    }

    /** Whether to send no requests, because the PF is about to reset the VF. */
    void hold(final boolean on) {
        held = on;
    }

    /** Voids all requests, after a reset; their handlers are not called. */
    void newEpoch() {
        epoch++;
        counters.add(DriverCounter.ABANDONED, inFlight.size());
        inFlight.clear();
        doubtful.clear();
        fenceInFlight = false;
        held = false;
        advancedSpeed = false;
    }

    /** Requests that the PF hasn't answered. */
    int inFlight() {
        return inFlight.size();
    }

    /** Resets so far. */
    long epoch() {
        return epoch;
    }
}
