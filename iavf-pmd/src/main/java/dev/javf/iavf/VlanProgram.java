package dev.javf.iavf;

import dev.javf.packet.Ethernet;
import dev.javf.virtchnl.Opcode;
import dev.javf.virtchnl.VlanBatch;
import dev.javf.virtchnl.VlanFilters;
import dev.javf.virtchnl.VlanLimits;
import dev.javf.virtchnl.VlanRequestResult;
import dev.javf.virtchnl.VlanSet;

import org.jspecify.annotations.Nullable;

import java.util.EnumSet;
import java.util.function.Consumer;

/**
 * The mailbox's end of {@link VlanFilters}, which alone decides what is sent and what an answer
 * means: batches go out while there is room, answers and deadlines go back. Its operations carry no
 * requests of anyone else's.
 */
final class VlanProgram implements ExchangeCorrelator {
    /** How often it asks which VLANs frames have come of. */
    static final long SEEN_INTERVAL_NS = 200_000_000;

    /** Tags of this EtherType are what the device strips. */
    private static final int STRIPPED_TPID = Ethernet.TPID_8021Q;

    private final DriverParts parts;
    private final VlanFilters filters;
    private @Nullable VlanBatch unsent;
    private boolean everythingSent = true;

    /** Since the last reset. */
    private boolean anythingSent;

    /** Whether the queues are waited for, and since when. */
    private boolean isWaiting;

    private long waitingSinceNs;

    private long requests;
    private long epoch;
    private long nextSeenNs;

    VlanProgram(final DriverParts parts, final int messagesInFlight) {
        this.parts = parts;
        filters = new VlanFilters(messagesInFlight);
    }

    VlanFilters filters() {
        return filters;
    }

    long add(final int tpid, final VlanSet vlans, final Consumer<VlanRequestResult> listener) {
        everythingSent = false;
        requests++;
        return filters.add(tpid, vlans, listener);
    }

    long remove(final int tpid, final VlanSet vlans, final Consumer<VlanRequestResult> listener) {
        everythingSent = false;
        requests++;
        return filters.remove(tpid, vlans, listener);
    }

    /** How many requests there have been. */
    long requests() {
        return requests;
    }

    /** The VF was reset, or is about to be: the PF holds nothing, and no answer will come. */
    void reset() {
        unsent = null;
        everythingSent = false;
        anythingSent = false;
        isWaiting = false;
        epoch++;
        filters.reset(epoch);
    }

    /** What the PF offers since the last reset. */
    void begin(final Negotiated negotiated) {
        filters.limits(
                VlanLimits.of(
                        negotiated.resources().capabilities(),
                        negotiated.vsi().vsiId(),
                        negotiated.vlans(),
                        true));
        parts.channel()
                .delegate(
                        EnumSet.of(
                                Opcode.ADD_VLAN,
                                Opcode.DEL_VLAN,
                                Opcode.ADD_VLAN_V2,
                                Opcode.DEL_VLAN_V2),
                        this);
    }

    /** Nobody will get an answer any more. */
    void close(final String why) {
        unsent = null;
        filters.close(why);
    }

    /**
     * Whether the queues may be started, as of the last duty cycle: everything that is wanted has
     * been sent, or the first message of it. A PF works in order and takes a while for each filter:
     * behind thousands of them the queues would wait for half a second.
     */
    boolean isStartSent() {
        return everythingSent || anythingSent;
    }

    /**
     * Sends what is to be sent, as far as the mailbox takes it.
     *
     * @param areQueuesNext whether no more than one message may be sent after a reset, because the
     *     queues are about to be started. They are waited for as long as for an answer of the PF: a
     *     poller that doesn't take its queues must not keep the VLANs from the PF.
     */
    int doWork(final boolean areQueuesNext, final long nowNs) {
        final boolean letQueuesPass = letQueuesPass(areQueuesNext, nowNs);
        int sent = 0;
        while ((unsent != null || parts.channel().hasRoom()) && !(letQueuesPass && anythingSent)) {
            final VlanBatch batch = unsent == null ? filters.nextBatch() : unsent;
            if (batch == null) {
                everythingSent = filters.inFlight() < parts.context().messagesInFlight();
                break;
            }
            final boolean taken =
                    parts.channel()
                            .sendDelegated(
                                    batch.opcode(), batch.message(), this, batch.token(), nowNs);
            unsent = taken ? null : batch;
            if (!taken) {
                break;
            }
            anythingSent = true;
            sent++;
        }
        lookAtTraffic(nowNs);
        if (filters.needsReset()) {
            parts.fail("the PF doesn't answer for VLAN filters, or contradicts itself");
        }
        return sent;
    }

    private boolean letQueuesPass(final boolean areQueuesNext, final long nowNs) {
        if (areQueuesNext && !isWaiting) {
            waitingSinceNs = nowNs;
        }
        isWaiting = areQueuesNext;
        return isWaiting && nowNs - waitingSinceNs < parts.context().timeouts().requestNs();
    }

    private void lookAtTraffic(final long nowNs) {
        final QueueSet queues = parts.handOver().queues();
        if (queues == null || nowNs - nextSeenNs < 0) {
            return;
        }
        nextSeenNs = nowNs + SEEN_INTERVAL_NS;
        for (int i = 0; i < queues.pairs(); i++) {
            final VlanSet seen = queues.rx(i).vlansSeen().take();
            if (!seen.isEmpty()) {
                filters.markSeen(STRIPPED_TPID, seen);
            }
        }
    }

    @Override
    public long onAnswer(final Opcode opcode, final int status) {
        final VlanBatch answered = filters.onAnswer(epoch, opcode.code(), status);
        return answered == null ? NONE : answered.token();
    }

    @Override
    public void onTimeout(final long token) {
        filters.onTimeout(token);
    }

    @Override
    public boolean isInFlight(final long token) {
        return filters.isInFlight(token);
    }
}
