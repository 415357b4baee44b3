package dev.javf.virtchnl;

import dev.javf.virtchnl.VlanBatch.Kind;
import dev.javf.virtchnl.VlanFilterMachine.Action;
import dev.javf.virtchnl.VlanFilterMachine.Event;
import dev.javf.virtchnl.VlanFilterMachine.State;

import java.util.Arrays;
import java.util.BitSet;

/**
 * The filters of one EtherType: parallel arrays by VLAN id, and sets of ids derived from them. All
 * changes go through the few methods that keep the sets right.
 */
final class VlanFilterPlane {
    /** Why a wanted filter isn't desired, or an unwanted one isn't touched. */
    enum Parked {
        /** It isn't parked. */
        NO,
        /** Wanted, but the PF allows no more. */
        LIMIT,
        /** Wanted, but the PF offers no such filters. */
        NOT_OFFERED,
        /** Wanted, but the PF refused to add it: it is absent. */
        REJECTED,
        /** The PF refused: no message about it is sent. */
        REFUSED
    }

    final int tpid;
    private final int[] wants;
    private final State[] states;
    private final Parked[] parked;
    private final int[] status;
    private final short[] cap;
    private final long[] addAnswer;
    private final long[] deleteAnswer;
    private final BitSet wanted;
    private final BitSet admitted;
    private final BitSet held;
    private final BitSet present;
    private final BitSet seen;
    private final BitSet unsure;
    private final BitSet used;
    private final BitSet toAdd;
    private final BitSet toDelete;
    private int admittedCount;

    VlanFilterPlane(final int tpid, final int highestVlanId) {
        this.tpid = tpid;
        wants = new int[highestVlanId + 1];
        states = new State[highestVlanId + 1];
        Arrays.fill(states, State.ABSENT);
        parked = new Parked[highestVlanId + 1];
        Arrays.fill(parked, Parked.NO);
        status = new int[highestVlanId + 1];
        cap = new short[highestVlanId + 1];
        addAnswer = new long[highestVlanId + 1];
        deleteAnswer = new long[highestVlanId + 1];
        wanted = new BitSet();
        admitted = new BitSet();
        held = new BitSet();
        present = new BitSet();
        seen = new BitSet();
        unsure = new BitSet();
        used = new BitSet();
        toAdd = new BitSet();
        toDelete = new BitSet();
    }

    private VlanFilterPlane(final VlanFilterPlane other) {
        tpid = other.tpid;
        wants = other.wants.clone();
        states = other.states.clone();
        parked = other.parked.clone();
        status = other.status.clone();
        cap = other.cap.clone();
        addAnswer = other.addAnswer.clone();
        deleteAnswer = other.deleteAnswer.clone();
        wanted = (BitSet) other.wanted.clone();
        admitted = (BitSet) other.admitted.clone();
        held = (BitSet) other.held.clone();
        present = (BitSet) other.present.clone();
        seen = (BitSet) other.seen.clone();
        unsure = (BitSet) other.unsure.clone();
        used = (BitSet) other.used.clone();
        toAdd = (BitSet) other.toAdd.clone();
        toDelete = (BitSet) other.toDelete.clone();
        admittedCount = other.admittedCount;
    }

    VlanFilterPlane copy() {
        return new VlanFilterPlane(this);
    }

    int highestVlanId() {
        return wants.length - 1;
    }

    int wants(final int vlanId) {
        return wants[vlanId];
    }

    State state(final int vlanId) {
        return states[vlanId];
    }

    Parked parked(final int vlanId) {
        return parked[vlanId];
    }

    /** The status of the answer that parked it. */
    int status(final int vlanId) {
        return status[vlanId];
    }

    /** The most filters that a batch with this one may have; 0 is no limit. */
    int cap(final int vlanId) {
        return cap[vlanId];
    }

    /** The token of the batch of a kind whose answer the state rests on; 0 for none. */
    long answeredBy(final int vlanId, final Kind kind) {
        return kind == Kind.ADD ? addAnswer[vlanId] : deleteAnswer[vlanId];
    }

    boolean isDesired(final int vlanId) {
        return admitted.get(vlanId);
    }

    /** Wanted and not parked. */
    int admittedCount() {
        return admittedCount;
    }

    /** How many filters the PF may hold. */
    int heldCount() {
        return held.cardinality();
    }

    /** How many filters the PF is known to hold, and no message is about. */
    int presentCount() {
        return present.cardinality();
    }

    /** Read-only. */
    BitSet wanted() {
        return wanted;
    }

    /** Read-only. */
    BitSet present() {
        return present;
    }

    /** Read-only. */
    BitSet toAdd() {
        return toAdd;
    }

    /** Read-only. */
    BitSet toDelete() {
        return toDelete;
    }

    /** Read-only. */
    BitSet seen() {
        return seen;
    }

    /** Those that ever had to do with a request; all others are as they were made. Read-only. */
    BitSet used() {
        return used;
    }

    /** Present by the word of a PF that may have been full, and silent about it. Read-only. */
    BitSet unsure() {
        return unsure;
    }

    void markUnsure(final int vlanId) {
        if (present.get(vlanId)) {
            unsure.set(vlanId);
        }
    }

    void markSeen(final int vlanId) {
        if (present.get(vlanId)) {
            seen.set(vlanId);
        }
    }

    void wants(final int vlanId, final int count) {
        wants[vlanId] = count;
        wanted.set(vlanId, count > 0);
        refresh(vlanId);
    }

    void park(final int vlanId, final Parked how, final int why) {
        parked[vlanId] = how;
        status[vlanId] = why;
        refresh(vlanId);
    }

    /**
     * Notes the answer that the state rests on from now on. After a success it rests on nothing
     * else; an error says no more than that nothing changed, and leaves in force what was before.
     */
    void answered(final int vlanId, final Kind kind, final long token, final boolean isSuccess) {
        if (kind == Kind.ADD) {
            addAnswer[vlanId] = token;
            deleteAnswer[vlanId] = isSuccess ? 0 : deleteAnswer[vlanId];
        } else {
            deleteAnswer[vlanId] = token;
            addAnswer[vlanId] = isSuccess ? 0 : addAnswer[vlanId];
        }
    }

    /** An answer has proved to be worth nothing. */
    void forgetAnswer(final int vlanId, final Kind kind) {
        if (kind == Kind.ADD) {
            addAnswer[vlanId] = 0;
        } else {
            deleteAnswer[vlanId] = 0;
        }
    }

    /**
     * Moves a filter by the table.
     *
     * @param batchSize of the batch that the event is about, for splitting it.
     * @param why the status of the answer, for parking it.
     * @return the action that the table named.
     */
    Action apply(final int vlanId, final Event event, final int batchSize, final int why) {
        final boolean desired = isDesired(vlanId);
        final VlanFilterMachine.Row row = VlanFilterMachine.next(desired, states[vlanId], event);
        states[vlanId] = row.to();
        switch (row.action()) {
            case SPLIT -> cap[vlanId] = (short) ((batchSize + 1) / 2);
            case REJECT -> {
                parked[vlanId] = Parked.REJECTED;
                status[vlanId] = why;
                cap[vlanId] = 1;
            }
            case REFUSE -> {
                parked[vlanId] = Parked.REFUSED;
                status[vlanId] = why;
                cap[vlanId] = 1;
            }
            case NONE, SEND_ADD, SEND_DELETE -> {}
        }
        // An undesired filter keeps its cap when the PF holds it after all: or two that can't be
        // deleted
        // would forever be tried together.
        if ((row.to() == State.PRESENT && desired)
                || (row.to() == State.ABSENT && wants[vlanId] == 0)) {
            cap[vlanId] = 0;
        }
        refresh(vlanId);
        return row.action();
    }

    /** A reset: no suspicion survives it. */
    void forget(final int vlanId) {
        cap[vlanId] = 0;
        addAnswer[vlanId] = 0;
        deleteAnswer[vlanId] = 0;
        status[vlanId] = 0;
        parked[vlanId] = Parked.NO;
        refresh(vlanId);
    }

    private void refresh(final int vlanId) {
        used.set(vlanId);
        final State state = states[vlanId];
        final boolean desired = wants[vlanId] > 0 && parked[vlanId] == Parked.NO;
        if (admitted.get(vlanId) != desired) {
            admitted.set(vlanId, desired);
            admittedCount += desired ? 1 : -1;
        }
        held.set(vlanId, state != State.ABSENT);
        present.set(vlanId, state == State.PRESENT);
        if (state != State.PRESENT) {
            seen.clear(vlanId);
            unsure.clear(vlanId);
        }
        final Action next =
                parked[vlanId] == Parked.REFUSED
                        ? Action.NONE
                        : VlanFilterMachine.onFlush(desired, state);
        toAdd.set(vlanId, next == Action.SEND_ADD);
        toDelete.set(vlanId, next == Action.SEND_DELETE);
    }
}
