package dev.javf.iavf;

import dev.javf.virtchnl.Capability;
import dev.javf.virtchnl.EthStatistics;
import dev.javf.virtchnl.Message;
import dev.javf.virtchnl.Opcode;
import dev.javf.virtchnl.PromiscuousMode;
import dev.javf.virtchnl.QueueSelect;
import dev.javf.virtchnl.Status;

import org.jspecify.annotations.Nullable;

import java.util.function.Consumer;

/**
 * Keeps the PF's filters what they are wanted to be, whenever the mailbox has room: addresses and
 * promiscuity first, then VLANs. It also asks for statistics. Works alike while the VF is down, on
 * its way, or up; a stop doesn't touch filters.
 */
final class FilterProgram {
    private final DriverParts parts;
    private final MacFilters macs;
    private final VlanProgram vlans;
    private final Consumer<EthStatistics> statistics;
    private @Nullable MacBatch unsentMacs;

    /** Of address messages there is one in flight at most, so that no answer is another one's. */
    private boolean macsInFlight;

    private int promiscuousWanted;
    private int promiscuousHeld;
    private boolean promiscuousInFlight;
    private boolean statisticsWanted;
    private boolean statisticsInFlight;

    FilterProgram(
            final DriverParts parts,
            final MacFilters macs,
            final VlanProgram vlans,
            final Consumer<EthStatistics> statistics) {
        this.parts = parts;
        this.macs = macs;
        this.vlans = vlans;
        this.statistics = statistics;
    }

    /** Wants frames for any unicast address, or any multicast address. */
    void promiscuous(final boolean unicast, final boolean multicast) {
        promiscuousWanted =
                (unicast ? PromiscuousMode.UNICAST : 0)
                        | (multicast ? PromiscuousMode.MULTICAST : 0);
    }

    void requestStatistics() {
        statisticsWanted = true;
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
        promiscuousHeld = 0;
        promiscuousInFlight = false;
        statisticsInFlight = false;
    }

    /** There will be no VF any more: whoever waits is told. */
    void close(final String why) {
        macs.close(why);
        vlans.close(why);
    }

    /** Whether everything that is wanted has been sent. */
    boolean isSent() {
        return unsentMacs == null && !macs.hasWork() && !needsPromiscuous() && vlans.isSent();
    }

    int doWork(final Negotiated negotiated, final long nowNs) {
        final int vsiId = negotiated.vsi().vsiId();
        int sent = 0;
        if (negotiated.has(Capability.L2)) {
            sent += sendMacs(vsiId, nowNs) + sendPromiscuous(vsiId, nowNs);
        }
        return sent + vlans.doWork(nowNs) + sendStatistics(vsiId, nowNs);
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

    private boolean needsPromiscuous() {
        return promiscuousWanted != promiscuousHeld && !promiscuousInFlight;
    }

    private int sendPromiscuous(final int vsiId, final long nowNs) {
        if (!needsPromiscuous()) {
            return 0;
        }
        final int flags = promiscuousWanted;
        final AnswerHandler handler =
                new AnswerHandler() {
                    @Override
                    public void onAnswer(
                            final int status, final @Nullable Message body, final long now) {
                        promiscuousInFlight = false;
                        // Refused or not, it is not asked again before the wish or the VF changes.
                        promiscuousHeld = flags;
                        if (status != Status.SUCCESS.code()) {
                            parts.log()
                                    .distinct(
                                            System.Logger.Level.WARNING,
                                            "refused promiscuity",
                                            "the PF refuses promiscuous mode: "
                                                    + Status.nameOf(status),
                                            now);
                        }
                    }

                    @Override
                    public void onTimeout(final long now) {
                        promiscuousInFlight = false;
                    }
                };
        promiscuousInFlight =
                parts.channel()
                        .send(
                                Opcode.CONFIG_PROMISCUOUS_MODE,
                                new PromiscuousMode(vsiId, flags),
                                handler,
                                nowNs);
        return promiscuousInFlight ? 1 : 0;
    }

    private int sendStatistics(final int vsiId, final long nowNs) {
        if (!statisticsWanted || statisticsInFlight) {
            return 0;
        }
        final AnswerHandler handler =
                new AnswerHandler() {
                    @Override
                    public void onAnswer(
                            final int status, final @Nullable Message body, final long now) {
                        statisticsInFlight = false;
                        statisticsWanted = false;
                        if (status == Status.SUCCESS.code()
                                && body instanceof final EthStatistics answer) {
                            statistics.accept(answer);
                        }
                    }

                    @Override
                    public void onTimeout(final long now) {
                        statisticsInFlight = false;
                    }
                };
        statisticsInFlight =
                parts.channel()
                        .send(Opcode.GET_STATS, new QueueSelect(vsiId, 0, 0), handler, nowNs);
        return statisticsInFlight ? 1 : 0;
    }
}
