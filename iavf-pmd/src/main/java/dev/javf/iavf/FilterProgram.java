package dev.javf.iavf;

import dev.javf.virtchnl.Capability;
import dev.javf.virtchnl.Message;
import dev.javf.virtchnl.Opcode;

import org.jspecify.annotations.Nullable;

/**
 * Keeps the PF's filters what they are wanted to be, whenever the mailbox has room: addresses
 * first, then VLANs. Works alike while the VF is down, on its way, or up; a stop doesn't touch
 * filters.
 */
final class FilterProgram {
    private final DriverParts parts;
    private final MacFilters macs;
    private final VlanProgram vlans;
    private @Nullable MacBatch unsentMacs;

    /** Of address messages there is one in flight at most, so that no answer is another one's. */
    private boolean macsInFlight;

    FilterProgram(final DriverParts parts, final MacFilters macs, final VlanProgram vlans) {
        this.parts = parts;
        this.macs = macs;
        this.vlans = vlans;
    }

    /** The PF has said what it offers since the last reset. */
    void begin(final Negotiated negotiated) {
        vlans.begin(negotiated);
    }

    /** The VF was reset, or is about to be: the PF holds nothing, and no answer will come. */
    void reset() {
        macs.reset();
        vlans.reset();
        unsentMacs = null;
        macsInFlight = false;
    }

    /** There will be no VF any more: whoever waits is told. */
    void close(final String why) {
        macs.close(why);
        vlans.close(why);
    }

    /** Whether the queues may be started: all addresses have been sent, and the first VLANs. */
    boolean isStartSent() {
        return unsentMacs == null && !macs.hasWork() && vlans.isStartSent();
    }

    /** Whether the PF has answered for every address. */
    boolean isSettled() {
        return unsentMacs == null && !macsInFlight && !macs.hasWork();
    }

    /**
     * Sends what is to be sent, as far as the mailbox takes it.
     *
     * @param areQueuesNext whether the queues are about to be started, which most VLANs let pass.
     */
    int doWork(final Negotiated negotiated, final boolean areQueuesNext, final long nowNs) {
        final int sent =
                negotiated.has(Capability.L2) ? sendMacs(negotiated.vsi().vsiId(), nowNs) : 0;
        return sent + vlans.doWork(areQueuesNext, nowNs);
    }

    private int sendMacs(final int vsiId, final long nowNs) {
        if (macsInFlight
                || !parts.channel().canSend(Opcode.ADD_ETH_ADDR)
                || !parts.channel().canSend(Opcode.DEL_ETH_ADDR)) {
            return 0;
        }
        final MacBatch batch = unsentMacs == null ? macs.nextBatch() : unsentMacs;
        if (batch == null) {
            return 0;
        }
        macsInFlight =
                parts.channel()
                        .send(batch.opcode(), batch.message(vsiId), new MacAnswer(batch), nowNs);
        unsentMacs = macsInFlight ? null : batch;
        return macsInFlight ? 1 : 0;
    }

    private final class MacAnswer implements AnswerHandler {
        private final MacBatch batch;

        MacAnswer(final MacBatch batch) {
            this.batch = batch;
        }

        @Override
        public void onAnswer(final int status, final @Nullable Message body, final long nowNs) {
            macsInFlight = false;
            macs.onAnswer(batch, status);
        }

        @Override
        public void onTimeout(final long nowNs) {
            macsInFlight = false;
            macs.onTimeout(batch);
        }
    }
}
