package dev.javf.virtchnl;

import dev.javf.virtchnl.VlanBatch.Kind;

import org.jspecify.annotations.Nullable;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Filters, a PF and the mailbox between them, with everything that can go wrong as a move that can
 * be chosen. Messages stay in order, as they do between a VF and its PF; they can be lost, and
 * answers can be later than their deadlines.
 */
final class ModelWorld {
    static final int TPID = 0x8100;

    /** Copies share their listeners, so that these can't know whose results they are told. */
    private static final List<VlanRequestResult> RESULTS = new ArrayList<>();

    /** What may happen how often. */
    static final class Budget {
        int requests;

        /** For exploring: requests by VLAN id. */
        int[] requestsByVlan = {};

        int resets;
        int losses;
        int failures;
        int hastyDeadlines;
        int duplicates;
        int silentRestarts;

        Budget copy() {
            final Budget copy = new Budget();
            copy.requests = requests;
            copy.requestsByVlan = requestsByVlan.clone();
            copy.resets = resets;
            copy.losses = losses;
            copy.failures = failures;
            copy.hastyDeadlines = hastyDeadlines;
            copy.duplicates = duplicates;
            copy.silentRestarts = silentRestarts;
            return copy;
        }

        /** Whether answers are what they seem. */
        boolean isHarmless() {
            return losses + failures + duplicates == 0;
        }

        @Override
        public String toString() {
            return requests
                    + Arrays.toString(requestsByVlan)
                    + ","
                    + resets
                    + ","
                    + losses
                    + ","
                    + failures
                    + ","
                    + hastyDeadlines
                    + ","
                    + duplicates
                    + ","
                    + silentRestarts;
        }
    }

    /** A move: what, and a number that means something different for each. */
    record Move(What what, int number, @Nullable VlanSet vlans) {
        @Override
        public String toString() {
            return what + " " + number + (vlans == null ? "" : " " + vlans);
        }
    }

    enum What {
        ADD,
        REMOVE,
        SEND,
        PROCESS,
        PROCESS_FAILING_AT,
        PROCESS_LOSING_ANSWER,
        PROCESS_ANSWERING_TWICE,
        LOSE_REQUEST,
        DELIVER,
        DEADLINE,
        PF_RESET,
        NOTICE_RESET,
        SILENT_RESTART
    }

    /** What keeps the filters right; each can be taken away. */
    enum Guard {
        /** All are there. */
        NONE,
        /** After doubt nothing is sent until the PF has answered a fence. */
        FENCE,
        /** Answers of an earlier epoch are dropped. */
        EPOCH,
        /** An answer settles the batch that it belongs to, and no other. */
        TOKEN,
        /** No more is added than the PF's limit leaves. */
        LIMIT
    }

    private record Answer(long epoch, long token, int opcode, int status) {}

    final VlanFilters filters;
    final ModelPf pf;
    final Budget budget;

    /** For the tests that try whether the checks find anything. */
    Guard missing = Guard.NONE;

    private final ArrayDeque<VlanBatch> toPf = new ArrayDeque<>();
    private final ArrayDeque<Answer> toVf = new ArrayDeque<>();
    private final TreeSet<Long> completed = new TreeSet<>();
    private final boolean isHarmless;
    private final int highestVlanId;
    private boolean pfIsReset;
    private long epoch;
    private int mostInFlight;

    ModelWorld(
            final int maxInFlight,
            final int highestVlanId,
            final int maxDoubts,
            final ModelPf pf,
            final Budget budget) {
        this.highestVlanId = highestVlanId;
        filters = new VlanFilters(maxInFlight, highestVlanId, maxDoubts);
        this.pf = pf;
        this.budget = budget;
        isHarmless = budget.isHarmless() && pf.isHonest();
        negotiate();
    }

    private ModelWorld(final ModelWorld other) {
        highestVlanId = other.highestVlanId;
        filters = other.filters.copy();
        pf = other.pf.copy();
        budget = other.budget.copy();
        missing = other.missing;
        mostInFlight = other.mostInFlight;
        toPf.addAll(other.toPf);
        toVf.addAll(other.toVf);
        completed.addAll(other.completed);
        isHarmless = other.isHarmless;
        pfIsReset = other.pfIsReset;
        epoch = other.epoch;
    }

    ModelWorld copy() {
        return new ModelWorld(this);
    }

    private void negotiate() {
        epoch++;
        filters.reset(epoch);
        filters.limits(limits());
    }

    private VlanLimits limits() {
        final int believed = pf.maxFilters + (missing == Guard.LIMIT ? 1 : 0);
        return new ModelPf(pf.kind, believed, Set.of(), Set.of()).limits();
    }

    /** A world in which one guard is missing from the start. */
    ModelWorld without(final Guard guard) {
        missing = guard;
        negotiate();
        return this;
    }

    /** The most messages that were ever in flight on the way to this state. */
    int mostInFlight() {
        return mostInFlight;
    }

    /** The moves that are possible, requests excepted. */
    List<Move> moves() {
        final List<Move> moves = new ArrayList<>();
        if (filters.copy().nextBatch() != null) {
            moves.add(new Move(What.SEND, 0, null));
        }
        final VlanBatch request = toPf.peek();
        if (request != null && !pfIsReset) {
            moves.add(new Move(What.PROCESS, 0, null));
            if (budget.failures > 0 && request.kind() != Kind.FENCE) {
                for (int at = 0; at < request.vlanIds().size(); at++) {
                    moves.add(new Move(What.PROCESS_FAILING_AT, at, null));
                }
            }
            if (budget.losses > 0) {
                moves.add(new Move(What.PROCESS_LOSING_ANSWER, 0, null));
                moves.add(new Move(What.LOSE_REQUEST, 0, null));
            }
            if (budget.duplicates > 0 && request.kind() != Kind.FENCE) {
                moves.add(new Move(What.PROCESS_ANSWERING_TWICE, 0, null));
            }
        }
        if (!toVf.isEmpty()) {
            moves.add(new Move(What.DELIVER, 0, null));
        }
        for (final long token : tokens()) {
            if (isLost(token) || budget.hastyDeadlines > 0) {
                moves.add(new Move(What.DEADLINE, (int) token, null));
            }
        }
        if (pfIsReset) {
            moves.add(new Move(What.NOTICE_RESET, 0, null));
        } else if (budget.resets > 0 || filters.needsReset()) {
            moves.add(new Move(What.PF_RESET, 0, null));
        }
        if (budget.silentRestarts > 0) {
            moves.add(new Move(What.SILENT_RESTART, 0, null));
        }
        return moves;
    }

    private List<Long> tokens() {
        final List<Long> tokens = new ArrayList<>();
        for (long token = 1; tokens.size() < filters.inFlight(); token++) {
            if (filters.isInFlight(token)) {
                tokens.add(token);
            }
        }
        return tokens;
    }

    /** Whether nothing that could lead to the batch's answer is under way. */
    private boolean isLost(final long token) {
        return toPf.stream().noneMatch(batch -> batch.token() == token)
                && toVf.stream().noneMatch(answer -> answer.token == token);
    }

    void apply(final Move move) {
        switch (move.what) {
            case ADD -> {
                spendRequest(vlans(move));
                filters.add(TPID, vlans(move), RESULTS::add);
            }
            case REMOVE -> {
                spendRequest(vlans(move));
                filters.remove(TPID, vlans(move), RESULTS::add);
            }
            case SEND -> send();
            case PROCESS -> process(-1, 1);
            case PROCESS_FAILING_AT -> {
                budget.failures--;
                process(move.number, 1);
            }
            case PROCESS_LOSING_ANSWER -> {
                budget.losses--;
                process(-1, 0);
            }
            case PROCESS_ANSWERING_TWICE -> {
                budget.duplicates--;
                process(-1, 2);
            }
            case LOSE_REQUEST -> {
                budget.losses--;
                toPf.remove();
            }
            case DELIVER -> {
                final Answer answer = missing == Guard.TOKEN ? toVf.removeLast() : toVf.remove();
                filters.onAnswer(
                        missing == Guard.EPOCH ? epoch : answer.epoch,
                        answer.opcode,
                        answer.status);
            }
            case DEADLINE -> {
                if (!isLost(move.number)) {
                    budget.hastyDeadlines--;
                }
                filters.onTimeout(move.number);
            }
            case PF_RESET -> {
                budget.resets -= filters.needsReset() ? 0 : 1;
                pf.reset();
                pfIsReset = true;
            }
            case NOTICE_RESET -> {
                pfIsReset = false;
                toPf.clear();
                negotiate();
            }
            case SILENT_RESTART -> {
                budget.silentRestarts--;
                toPf.clear();
                epoch++;
                filters.restart(epoch);
                filters.limits(limits());
            }
        }
        deliver();
        check();
    }

    int requestsLeft(final int vlanId) {
        return budget.requestsByVlan[vlanId];
    }

    private void spendRequest(final VlanSet vlans) {
        if (budget.requestsByVlan.length == 0) {
            budget.requests--;
        } else {
            vlans.stream().forEach(vlanId -> budget.requestsByVlan[vlanId]--);
        }
    }

    private static VlanSet vlans(final Move move) {
        if (move.vlans == null) {
            throw new IllegalArgumentException("no VLANs");
        }
        return move.vlans;
    }

    private void send() {
        final VlanBatch batch = filters.nextBatch();
        if (batch != null) {
            if (batch.kind() == Kind.FENCE && missing == Guard.FENCE) {
                filters.onAnswer(epoch, batch.opcode().code(), 0);
            } else {
                toPf.add(batch);
            }
            mostInFlight = Math.max(mostInFlight, filters.inFlight());
        }
    }

    private void process(final int failAt, final int answers) {
        final VlanBatch batch = toPf.remove();
        final int status = pf.handle(batch, failAt);
        for (int i = 0; i < answers; i++) {
            toVf.add(new Answer(batch.epoch(), batch.token(), batch.opcode().code(), status));
        }
    }

    private void deliver() {
        RESULTS.clear();
        filters.deliverResults();
        for (final VlanRequestResult result : RESULTS) {
            if (!completed.add(result.id())) {
                throw new AssertionError("completed twice: " + result);
            }
        }
    }

    /** What is always true. */
    private void check() {
        if (filters.inFlight() > VlanFilters.HIGHEST_MAX_IN_FLIGHT) {
            throw new AssertionError("in flight: " + filters.inFlight());
        }
        if (pf.overLimit() > 0 && isHarmless) {
            throw new AssertionError("asked for more than the limit");
        }
    }

    /** One step towards rest, nothing going wrong any more; null at rest. */
    @Nullable Move stepToRest() {
        if (pfIsReset) {
            return new Move(What.NOTICE_RESET, 0, null);
        }
        if (!toVf.isEmpty()) {
            return new Move(What.DELIVER, 0, null);
        }
        if (!toPf.isEmpty()) {
            return new Move(What.PROCESS, 0, null);
        }
        if (filters.needsReset()) {
            return new Move(What.PF_RESET, 0, null);
        }
        if (filters.copy().nextBatch() != null) {
            return new Move(What.SEND, 0, null);
        }
        final List<Long> tokens = tokens();
        return tokens.isEmpty()
                ? null
                : new Move(What.DEADLINE, tokens.getFirst().intValue(), null);
    }

    /** What is true at rest. */
    void checkAtRest() {
        // A last look finds what has no room; there is nothing to send any more.
        if (filters.nextBatch() != null) {
            throw new AssertionError("not at rest");
        }
        deliver();
        if (!filters.isSettled()) {
            throw new AssertionError("not settled");
        }
        if (filters.openRequests() != 0) {
            throw new AssertionError(filters.openRequests() + " requests never complete");
        }
        VlanSet rejected = VlanSet.EMPTY;
        VlanSet refused = VlanSet.EMPTY;
        for (final VlanRejection rejection : filters.rejections()) {
            if (rejection.reason() == VlanRejection.Reason.PF_REFUSED_DELETE) {
                refused = refused.plus(rejection.vlans());
            } else {
                rejected = rejected.plus(rejection.vlans());
            }
        }
        final VlanSet expected = filters.wanted(TPID).minus(rejected);
        boolean isRight = expected.equals(filters.acknowledged(TPID));
        for (int vlanId = 1; vlanId <= highestVlanId; vlanId++) {
            final boolean isInstalled = pf.installed().contains(vlanId);
            isRight &=
                    switch (filters.state(TPID, vlanId)) {
                        case PRESENT -> isInstalled || pf.isSilent();
                        case ABSENT -> !isInstalled;
                        default -> refused.contains(vlanId) || rejected.contains(vlanId);
                    };
        }
        if (!isRight) {
            throw new AssertionError(
                    "installed "
                            + pf
                            + ", wanted "
                            + filters.wanted(TPID)
                            + ", acknowledged "
                            + filters.acknowledged(TPID)
                            + ", rejections "
                            + filters.rejections());
        }
    }

    String fingerprint() {
        final StringBuilder text = new StringBuilder(filters.fingerprint());
        text.append(pf).append('|').append(budget).append('|').append(pfIsReset).append('|');
        for (final VlanBatch batch : toPf) {
            text.append(batch.kind())
                    .append(batch.vlanIds())
                    .append(filters.isInFlight(batch.token()));
        }
        text.append('|');
        for (final Answer answer : toVf) {
            text.append(answer.epoch == epoch)
                    .append(filters.isInFlight(answer.token))
                    .append(answer.opcode)
                    .append(answer.status);
        }
        return text.toString();
    }
}
