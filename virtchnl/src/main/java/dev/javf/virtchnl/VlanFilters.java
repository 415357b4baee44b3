package dev.javf.virtchnl;

import dev.javf.virtchnl.VlanFilterMachine.Event;
import dev.javf.virtchnl.VlanFilterMachine.State;
import dev.javf.virtchnl.VlanFilterPlane.Parked;
import dev.javf.virtchnl.VlanRejection.Reason;
import dev.javf.virtchnl.VlanRequest.Outcome;

import org.jspecify.annotations.Nullable;

import java.util.BitSet;
import java.util.List;
import java.util.function.Consumer;

/**
 * The VLAN filters of one VF: what is wanted, what the PF holds, and the messages between the two.
 *
 * <p>Requests only change what is wanted, and return at once. The owner asks for the next message
 * to send ({@link #nextBatch}), reports answers, deadlines and resets, and delivers results. Every
 * filter follows {@link VlanFilterMachine}; what the PF holds is only ever what its answers prove.
 *
 * <p>Pure: no clock, no input or output. Not thread-safe: one thread owns it.
 */
public final class VlanFilters {
    /** How many messages may be in flight, unless said otherwise. */
    public static final int DEFAULT_MAX_IN_FLIGHT = 8;

    /** The most messages that may be in flight: an ice PF takes 63 unread ones for an attack. */
    public static final int HIGHEST_MAX_IN_FLIGHT = 32;

    /** How often in a row answers may be doubtful before only a reset helps. */
    public static final int DEFAULT_MAX_DOUBTS = 8;

    private final VlanFilterPlanes planes;
    private final VlanRequests requests;
    private final VlanAdmission admission;
    private final VlanPipeline pipeline;
    private final VlanFilterCounters counters;
    private final VlanExchange exchange;
    private long epoch;
    private String closed;

    /** Filters with the usual settings. */
    public VlanFilters() {
        this(DEFAULT_MAX_IN_FLIGHT);
    }

    /**
     * Filters.
     *
     * @param maxInFlight how many messages may wait for their answers, 1..32.
     */
    public VlanFilters(final int maxInFlight) {
        this(maxInFlight, VlanId.MAX, DEFAULT_MAX_DOUBTS);
    }

    /**
     * Filters in a smaller world, for exploring all of it.
     *
     * @param maxInFlight how many messages may wait for their answers, 1..32.
     * @param highestVlanId the highest VLAN id that will be used, 1..4094.
     * @param maxDoubts how often in a row answers may be doubtful before only a reset helps.
     */
    public VlanFilters(final int maxInFlight, final int highestVlanId, final int maxDoubts) {
        if (maxInFlight < 1 || maxInFlight > HIGHEST_MAX_IN_FLIGHT) {
            throw new IllegalArgumentException(
                    "max in flight " + maxInFlight + ": use 1.." + HIGHEST_MAX_IN_FLIGHT);
        }
        planes = new VlanFilterPlanes(VlanId.check(highestVlanId));
        requests = new VlanRequests(highestVlanId);
        admission = new VlanAdmission(planes, requests);
        pipeline = new VlanPipeline();
        counters = new VlanFilterCounters();
        exchange = new VlanExchange(maxInFlight, maxDoubts, planes, admission, pipeline, counters);
        closed = "";
    }

    private VlanFilters(final VlanFilters other) {
        planes = other.planes.copy();
        requests = other.requests.copy();
        admission = other.admission.copy(planes, requests);
        pipeline = other.pipeline.copy();
        counters = new VlanFilterCounters(other.counters);
        exchange = other.exchange.copy(planes, admission, pipeline, counters);
        epoch = other.epoch;
        closed = other.closed;
    }

    /**
     * An independent copy. The listeners of requests are shared.
     *
     * @return what behaves the same from now on.
     */
    public VlanFilters copy() {
        return new VlanFilters(this);
    }

    /**
     * Wants VLANs, once more each. They are wanted, over all resets, until as many {@link #remove}
     * calls. For a VLAN that was rejected this is another chance.
     *
     * @param tpid their EtherType: 0x8100, 0x88A8 or 0x9100.
     * @param vlans which.
     * @param listener is told exactly once, by {@link #deliverResults}, when each VLAN is settled.
     * @return the request's number.
     * @throws IllegalArgumentException for another EtherType, or no VLAN.
     */
    public long add(
            final int tpid, final VlanSet vlans, final Consumer<VlanRequestResult> listener) {
        final int index = check(tpid, vlans);
        final VlanFilterPlane plane = planes.plane(index);
        final VlanRequest request = requests.begin(true, tpid, vlans, listener);
        for (int v = vlans.next(0); v != VlanSet.NONE; v = vlans.next(v + 1)) {
            if (!closed.isEmpty()) {
                requests.fail(request, v, Reason.CLOSED, 0);
                continue;
            }
            final boolean wasDesired = plane.isDesired(v);
            if (plane.wants(v) == 0) {
                requests.settleAll(false, index, v, Outcome.SUPERSEDED);
            }
            plane.wants(v, plane.wants(v) + 1);
            if (!wasDesired) {
                admission.admit(plane, v);
            }
            requests.await(request, index, v);
            admission.resolve(index, v);
        }
        return request.id;
    }

    /**
     * Wants VLANs once less each. Those that nobody wants any more are deleted. To remove what
     * isn't wanted does no harm: it waits until the PF doesn't hold it.
     *
     * @param tpid their EtherType: 0x8100, 0x88A8 or 0x9100.
     * @param vlans which.
     * @param listener is told exactly once, by {@link #deliverResults}, when each VLAN is settled.
     * @return the request's number.
     * @throws IllegalArgumentException for another EtherType, or no VLAN.
     */
    public long remove(
            final int tpid, final VlanSet vlans, final Consumer<VlanRequestResult> listener) {
        final int index = check(tpid, vlans);
        final VlanFilterPlane plane = planes.plane(index);
        final VlanRequest request = requests.begin(false, tpid, vlans, listener);
        for (int v = vlans.next(0); v != VlanSet.NONE; v = vlans.next(v + 1)) {
            if (!closed.isEmpty()) {
                requests.fail(request, v, Reason.CLOSED, 0);
                continue;
            }
            if (plane.wants(v) > 1) {
                plane.wants(v, plane.wants(v) - 1);
                requests.settle(request, v, Outcome.KEPT);
                continue;
            }
            if (plane.wants(v) == 1) {
                requests.settleAll(true, index, v, Outcome.SUPERSEDED);
                plane.wants(v, 0);
            }
            plane.park(v, Parked.NO, 0);
            requests.await(request, index, v);
            admission.resolve(index, v);
        }
        admission.admitWaiting();
        return request.id;
    }

    private int check(final int tpid, final VlanSet vlans) {
        final int index = VlanFilterPlanes.indexOf(tpid);
        if (vlans.isEmpty()) {
            throw new IllegalArgumentException("no VLAN given");
        }
        final int beyond = vlans.next(planes.highestVlanId() + 1);
        if (beyond != VlanSet.NONE) {
            throw new IllegalArgumentException(
                    "VLAN " + beyond + " is above " + planes.highestVlanId());
        }
        return index;
    }

    /**
     * Calls the listeners of the requests that have completed. They may make new requests.
     *
     * @return how many were called.
     */
    public int deliverResults() {
        return requests.deliver(admission.lastLimits(), closed);
    }

    /**
     * There is no VF any more: all requests fail, now and in future; nothing more is sent.
     *
     * @param why for people, not empty.
     */
    public void close(final String why) {
        if (why.isEmpty()) {
            throw new IllegalArgumentException("say why");
        }
        closed = why;
        admission.forgetLimits();
        pipeline.restart();
        planes.forEach((plane, vlanId) -> {
            requests.failAll(true, plane, vlanId, Reason.CLOSED, 0);
            requests.failAll(false, plane, vlanId, Reason.CLOSED, 0);
        });
    }

    /**
     * The VF was reset, or will be in a moment: the PF forgets all its filters. What is wanted
     * stays. Nothing is sent until {@link #limits} are known again.
     *
     * @param newEpoch greater than the one before; answers with another one will be dropped.
     */
    public void reset(final long newEpoch) {
        begin(newEpoch, Event.RESET);
    }

    /**
     * The mailbox began anew, but nobody saw the PF reset the VF: it may have kept its filters.
     * Otherwise like {@link #reset}.
     *
     * @param newEpoch greater than the one before; answers with another one will be dropped.
     */
    public void restart(final long newEpoch) {
        begin(newEpoch, Event.RESTART);
    }

    private void begin(final long newEpoch, final Event event) {
        if (newEpoch <= epoch) {
            throw new IllegalArgumentException(
                    "epoch " + newEpoch + ", expected more than " + epoch);
        }
        epoch = newEpoch;
        counters.resets++;
        admission.forgetLimits();
        exchange.begin(event);
    }

    /**
     * What the PF offers, negotiated in this epoch. The same limits again change nothing.
     *
     * @param negotiated what may be used from now on.
     */
    public void limits(final VlanLimits negotiated) {
        if (closed.isEmpty()) {
            admission.limits(negotiated);
        }
    }

    /**
     * The next message to send. It is in flight from now on: ask only with a free place in the
     * mailbox.
     *
     * @return null if there is nothing to send now.
     */
    public @Nullable VlanBatch nextBatch() {
        return exchange.nextBatch(epoch);
    }

    /**
     * The PF has answered. All answers to VLAN messages are to be reported, in the order they came,
     * and those to VERSION while a fence is in flight. No one else may use these operations
     * meanwhile.
     *
     * @param answerEpoch the epoch in which the answer came.
     * @param opcode its operation.
     * @param status its status.
     * @return the batch that it answers; null if the answer was dropped, and counted.
     */
    public @Nullable VlanBatch onAnswer(
            final long answerEpoch, final int opcode, final int status) {
        if (answerEpoch != epoch || !closed.isEmpty()) {
            counters.staleAnswers++;
            return null;
        }
        return exchange.onAnswer(opcode, status);
    }

    /**
     * A batch's deadline has passed.
     *
     * @param token the batch's.
     * @return false if the batch isn't in flight any more: nothing happens.
     */
    public boolean onTimeout(final long token) {
        return exchange.onTimeout(token);
    }

    /**
     * Whether a batch waits for its answer.
     *
     * @param token the batch's.
     * @return false also for tokens of other epochs.
     */
    public boolean isInFlight(final long token) {
        return pipeline.find(token) != null;
    }

    /**
     * How many batches wait for their answers.
     *
     * @return 0..max in flight.
     */
    public int inFlight() {
        return pipeline.inFlight();
    }

    /**
     * Whether answers stay out, or contradict one another, so that only a reset of the VF helps.
     * Nothing is sent any more.
     *
     * @return true until a reset, or until the answer that stayed out comes after all.
     */
    public boolean needsReset() {
        return pipeline.isStuck();
    }

    /**
     * Whether the PF holds what is wanted, apart from {@link #rejections}.
     *
     * @return false while anything is in flight or to be sent.
     */
    public boolean isSettled() {
        return exchange.isSettled();
    }

    /**
     * How many requests wait.
     *
     * @return those that haven't completed.
     */
    public int openRequests() {
        return requests.open();
    }

    /**
     * What has been done.
     *
     * @return live.
     */
    public VlanFilterCounters counters() {
        return counters;
    }

    /**
     * What is wanted, rejected or not.
     *
     * @param tpid the EtherType.
     * @return a snapshot.
     */
    public VlanSet wanted(final int tpid) {
        return VlanFilterView.wanted(planes, tpid);
    }

    /**
     * What the PF has confirmed that it holds. Some PFs confirm what they don't do.
     *
     * @param tpid the EtherType.
     * @return a snapshot.
     */
    public VlanSet acknowledged(final int tpid) {
        return VlanFilterView.acknowledged(planes, tpid);
    }

    /**
     * What is known to work, of what was acknowledged.
     *
     * @param tpid the EtherType.
     * @return a snapshot.
     */
    public VlanSet seen(final int tpid) {
        return VlanFilterView.seen(planes, tpid);
    }

    /**
     * A frame of each of these VLANs has passed.
     *
     * @param tpid the EtherType.
     * @param vlans those that aren't acknowledged are left out.
     */
    public void markSeen(final int tpid, final VlanSet vlans) {
        final VlanFilterPlane plane = planes.plane(VlanFilterPlanes.indexOf(tpid));
        final BitSet present = plane.present();
        for (int v = present.nextSetBit(0); v >= 0; v = present.nextSetBit(v + 1)) {
            if (vlans.contains(v)) {
                plane.markSeen(v);
            }
        }
    }

    /**
     * The filters that aren't as they should be, by reason.
     *
     * @return a snapshot; empty between a reset and the end of the negotiation.
     */
    public List<VlanRejection> rejections() {
        final VlanLimits limits = admission.limits();
        return limits == null ? List.of() : VlanFilterView.rejections(planes, limits);
    }

    /**
     * The state of one filter.
     *
     * @param tpid the EtherType.
     * @param vlanId 1..4094.
     * @return what the PF holds.
     */
    public State state(final int tpid, final int vlanId) {
        return VlanFilterView.state(planes, tpid, VlanId.check(vlanId));
    }

    /**
     * How often a VLAN is wanted.
     *
     * @param tpid the EtherType.
     * @param vlanId 1..4094.
     * @return 0 or more.
     */
    public int wants(final int tpid, final int vlanId) {
        return VlanFilterView.wants(planes, tpid, VlanId.check(vlanId));
    }

    /**
     * How many filters the PF may hold, VLAN 0 not counted.
     *
     * @return more than the PF's limit only while answers are doubtful; then nothing is added.
     */
    public int heldAtMost() {
        return planes.heldCount();
    }

    /**
     * All that decides what happens from now on, in a form that is equal for equal states: numbers
     * that only ever rise are left out. For exploring.
     *
     * @return text without meaning to people.
     */
    public String fingerprint() {
        final StringBuilder text = new StringBuilder();
        VlanFilterView.fingerprint(text, planes, pipeline);
        text.append(admission.limits()).append(';');
        text.append(admission.lastLimits()).append(';');
        text.append(exchange.perhapsFull()).append(';');
        text.append(closed).append(';');
        requests.fingerprint(text);
        return text.toString();
    }
}
