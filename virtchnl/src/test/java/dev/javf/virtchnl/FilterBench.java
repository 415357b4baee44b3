package dev.javf.virtchnl;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/** Filters on the bench: a test is the owner and the PF at once. */
final class FilterBench {
    static final int TPID = 0x8100;

    final VlanFilters filters;
    final List<VlanRequestResult> results = new ArrayList<>();
    private final ArrayDeque<VlanBatch> inFlight = new ArrayDeque<>();
    private long epoch;

    FilterBench(final VlanLimits limits) {
        this(new VlanFilters(), limits);
    }

    FilterBench(final VlanFilters filters, final VlanLimits limits) {
        this.filters = filters;
        reset(limits);
    }

    static VlanLimits v2(final int maxFilters) {
        return VlanLimits.v2(1, new VlanV2Capabilities.Filtering(0, 1, 1, maxFilters));
    }

    static VlanLimits v2Double(final int maxFilters) {
        return VlanLimits.v2(1, new VlanV2Capabilities.Filtering(0x20000007, 0, 7, maxFilters));
    }

    long epoch() {
        return epoch;
    }

    void reset(final VlanLimits limits) {
        epoch++;
        inFlight.clear();
        filters.reset(epoch);
        filters.limits(limits);
    }

    /** The mailbox begins anew, and nobody saw a reset. */
    void restart(final VlanLimits limits) {
        epoch++;
        inFlight.clear();
        filters.restart(epoch);
        filters.limits(limits);
    }

    long add(final String vlans) {
        return filters.add(TPID, VlanSet.parse(vlans), results::add);
    }

    long remove(final String vlans) {
        return filters.remove(TPID, VlanSet.parse(vlans), results::add);
    }

    /** Sends all that can be sent; returns it as {@code "ADD 100-107"}. */
    List<String> send() {
        final List<String> sent = new ArrayList<>();
        for (VlanBatch next = filters.nextBatch(); next != null; next = filters.nextBatch()) {
            inFlight.add(next);
            sent.add(text(next));
        }
        return sent;
    }

    private static String text(final VlanBatch batch) {
        if (batch.kind() == VlanBatch.Kind.FENCE) {
            return "FENCE";
        }
        final int[] ids = batch.vlanIds().stream().mapToInt(Integer::intValue).toArray();
        return batch.kind() + " " + VlanSet.of(ids);
    }

    /** Answers the oldest message; returns it as {@link #send} does. */
    String answer(final int status) {
        final VlanBatch batch = inFlight.remove();
        final VlanBatch answered = filters.onAnswer(epoch, batch.opcode().code(), status);
        assertThat(answered).isEqualTo(batch);
        filters.deliverResults();
        return text(batch);
    }

    String ok() {
        return answer(0);
    }

    String error() {
        return answer(Status.ERR_PARAM.code());
    }

    VlanBatch oldest() {
        return inFlight.element();
    }

    /** The PF loses the oldest message, and its deadline passes. */
    void timeOut() {
        assertThat(filters.onTimeout(inFlight.remove().token())).isTrue();
        filters.deliverResults();
    }

    /** Exchanges messages with a PF until there is nothing left to do; returns how many. */
    int exchange(final ModelPf pf) {
        int messages = 0;
        send();
        while (!inFlight.isEmpty()) {
            answer(pf.handle(inFlight.element(), -1));
            messages++;
            send();
        }
        filters.deliverResults();
        return messages;
    }

    VlanSet acknowledged() {
        return filters.acknowledged(TPID);
    }

    VlanFilterMachine.State state(final int vlanId) {
        return filters.state(TPID, vlanId);
    }

    /** The result of the request completed last. */
    VlanRequestResult lastResult() {
        filters.deliverResults();
        return results.getLast();
    }

    VlanRequestResult result(final long id) {
        filters.deliverResults();
        return results.stream().filter(result -> result.id() == id).findFirst().orElseThrow();
    }

    boolean isComplete(final long id) {
        filters.deliverResults();
        return results.stream().anyMatch(result -> result.id() == id);
    }
}
