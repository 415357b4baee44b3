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
import dev.javf.virtchnl.VlanFilterList;
import dev.javf.virtchnl.VlanFilterListV2;

import org.agrona.concurrent.NanoClock;
import org.jspecify.annotations.Nullable;

import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.util.EnumSet;
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
 * <p>Operations can be delegated to a correlator, which then does all this by itself.
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
    private final NanoClock clock;
    private final @Nullable ExchangeListener listener;
    private final ExchangesInFlight inFlight = new ExchangesInFlight();
    private final Set<Opcode> doubtful = EnumSet.noneOf(Opcode.class);
    private final Set<Opcode> delegated = EnumSet.noneOf(Opcode.class);
    private final MemorySegment scratch = MemorySegment.ofArray(new byte[Message.MAX_BUFFER_BYTES]);
    private @Nullable ExchangeCorrelator delegate;
    private boolean advancedSpeed;
    private boolean fenceInFlight;
    private boolean held;
    private long epoch;
    private long nowNs;

    /** Told what nobody asked for. */
    interface EventHandler {
        void onEvent(Event event, long nowNs);

        /** An answer came that belongs to no request, so an earlier one may have been another's. */
        void onUnaskedAnswer(Opcode opcode, int status);

        /** Not even the fence was answered. */
        void onUnresponsive(String reason, long nowNs);
    }

    VirtchnlChannel(
            final AdminQueue queue,
            final DriverCounters counters,
            final DistinctLog log,
            final EventHandler events,
            final int inFlightMax,
            final long timeoutNs,
            final NanoClock clock,
            final @Nullable ExchangeListener listener) {
        this.queue = queue;
        this.counters = counters;
        this.log = log;
        this.events = events;
        this.inFlightMax = inFlightMax;
        this.timeoutNs = timeoutNs;
        this.clock = clock;
        this.listener = listener;
    }

    /** Whether the bound on messages in flight leaves room for another. */
    boolean hasRoom() {
        return !held && inFlight.size() < inFlightMax;
    }

    /** Whether a request of an operation may be sent now. */
    boolean canSend(final Opcode opcode) {
        return hasRoom() && !doubtful.contains(opcode);
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
        inFlight.add(new Exchange(opcode, traceNs(), timeNs + timeoutNs, handler, null, 0));
        onSent(opcode, message);
        return true;
    }

    /** The time for round trips; a duty cycle's own is too coarse, but nobody may be measuring. */
    private long traceNs() {
        return listener == null ? 0 : clock.nanoTime();
    }

    /** From now on, until a reset, answers to these operations go to a correlator. */
    void delegate(final Set<Opcode> opcodes, final ExchangeCorrelator to) {
        delegated.clear();
        delegated.addAll(opcodes);
        delegate = to;
    }

    /**
     * Sends a request for a correlator.
     *
     * @return false when it can't be sent now; try again later.
     */
    boolean sendDelegated(
            final Opcode opcode,
            final @Nullable Message message,
            final ExchangeCorrelator correlator,
            final long token,
            final long timeNs) {
        if (!hasRoom() || !queue.send(opcode.code(), message)) {
            return false;
        }
        inFlight.add(new Exchange(opcode, traceNs(), timeNs + timeoutNs, null, correlator, token));
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
            listener.onSent(opcode, () -> describeSent(opcode, message));
            if (message instanceof final VlanFilterListV2 list) {
                listener.onFilters(opcode, list.filters().size());
            } else if (message instanceof final VlanFilterList list) {
                listener.onFilters(opcode, list.vlanIds().size());
            }
        }
    }

    private String describeSent(final Opcode opcode, final @Nullable Message message) {
        int lengthBytes = 0;
        if (message != null) {
            lengthBytes = message.lengthBytes();
            message.encode(scratch, 0);
        }
        return describe(Direction.VF_TO_PF, opcode.code(), 0, scratch, lengthBytes);
    }

    private static String describe(
            final Direction direction,
            final int opcode,
            final int status,
            final MemorySegment body,
            final int lengthBytes) {
        return MessageDescription.describe(direction, opcode, status, body, 0, lengthBytes);
    }

    /** Takes what has arrived and looks at deadlines. Returns how much there was to do. */
    int doWork(final long timeNs) {
        nowNs = timeNs;
        return queue.poll(this) + expire() + sendFence();
    }

    private int expire() {
        final Exchange late = inFlight.late(nowNs);
        if (late == null) {
            return 0;
        }
        counters.increment(DriverCounter.TIMEOUTS);
        log.distinct(
                Level.WARNING,
                "timeout",
                "the PF has not answered "
                        + late.opcode()
                        + " within "
                        + timeoutNs / 1_000_000
                        + " ms",
                nowNs);
        if (listener != null) {
            listener.onTimeout(late.opcode(), traceNs() - late.sentNs());
        }
        final ExchangeCorrelator correlator = late.correlator();
        if (correlator == null) {
            voidAll(late.opcode());
        } else {
            inFlight.remove(late);
            correlator.onTimeout(late.token());
            inFlight.dropVoided();
        }
        return 1;
    }

    /** Ends all requests of an operation, whose answers nobody could tell apart any more. */
    private void voidAll(final Opcode opcode) {
        doubtful.add(opcode);
        final long epochBefore = epoch;
        for (final Exchange exchange : inFlight.takeAllHandled(opcode)) {
            final AnswerHandler handler = exchange.handler();
            if (handler != null && epoch == epochBefore) {
                handler.onTimeout(nowNs);
            }
        }
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
        final Fence fence = new Fence(EnumSet.copyOf(doubtful));
        inFlight.add(new Exchange(Opcode.VERSION, traceNs(), nowNs + timeoutNs, fence, null, 0));
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
            final Opcode opcode, final int status, final MemorySegment body, final int length) {
        if (status != Status.SUCCESS.code() && length == 0 && opcode != Opcode.EVENT) {
            return null;
        }
        return MessageDecoder.decode(
                Direction.PF_TO_VF, opcode.code(), body, 0, length, advancedSpeed);
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
        final Exchange exchange = take(opcode, status);
        if (exchange == null) {
            counters.increment(DriverCounter.STALE_ANSWERS);
            traceUnasked(opcode.code(), status, body, lengthBytes);
            if (!doubtful.contains(opcode) && !delegated.contains(opcode)) {
                events.onUnaskedAnswer(opcode, status);
            }
            return;
        }
        if (listener != null) {
            listener.onAnswered(
                    opcode,
                    status,
                    traceNs() - exchange.sentNs(),
                    () -> describe(Direction.PF_TO_VF, opcode.code(), status, body, lengthBytes));
        }
        final AnswerHandler handler = exchange.handler();
        if (handler != null) {
            handler.onAnswer(status, message, nowNs);
        }
    }

    /** Finds the request that an answer belongs to, and takes it out. */
    private @Nullable Exchange take(final Opcode opcode, final int status) {
        final Exchange oldest = inFlight.oldest(opcode);
        if (oldest != null && oldest.handler() != null) {
            inFlight.remove(oldest);
            return oldest;
        }
        final ExchangeCorrelator correlator = delegate;
        if (correlator == null || (oldest == null && !delegated.contains(opcode))) {
            return null;
        }
        final Exchange answered = inFlight.takeDelegated(correlator.onAnswer(opcode, status));
        inFlight.dropVoided();
        return answered;
    }

    private void traceUnasked(
            final int opcode, final int status, final MemorySegment body, final int lengthBytes) {
        if (listener != null) {
            listener.onUnasked(
                    () -> describe(Direction.PF_TO_VF, opcode, status, body, lengthBytes));
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

    /** Voids all requests, after a reset; nobody is told. */
    void newEpoch() {
        epoch++;
        counters.add(DriverCounter.ABANDONED, inFlight.size());
        inFlight.clear();
        doubtful.clear();
        delegated.clear();
        delegate = null;
        fenceInFlight = false;
        held = false;
        advancedSpeed = false;
    }

    /** Requests that the PF hasn't answered. */
    int inFlight() {
        return inFlight.size();
    }
}
