package dev.javf.iavf;

import dev.javf.virtchnl.EthStatistics;
import dev.javf.virtchnl.Message;
import dev.javf.virtchnl.Opcode;
import dev.javf.virtchnl.QueueSelect;
import dev.javf.virtchnl.Status;

import org.jspecify.annotations.Nullable;

import java.util.function.Consumer;

/**
 * Asks the PF for its counters: first thing after a reset, before anything can be counted, then
 * once per period and when told to. Whoever reads them reads {@link PfStatistics}.
 */
final class StatisticsProgram {
    /** A PF that doesn't answer is asked so much less often. */
    private static final int PATIENCE = 10;

    private final DriverParts parts;
    private final PfStatistics statistics;
    private final Consumer<EthStatistics> listener;
    private final long periodNs;
    private boolean wanted;
    private boolean inFlight;
    private long dueNs;

    StatisticsProgram(
            final DriverParts parts,
            final PfStatistics statistics,
            final Consumer<EthStatistics> listener) {
        this.parts = parts;
        this.statistics = statistics;
        this.listener = listener;
        periodNs = parts.context().statisticsPeriodNs();
    }

    /** Wants them soon. */
    void request() {
        wanted = true;
    }

    /** The VF was reset, or is about to be: the PF counts from zero, and no answer will come. */
    void reset() {
        inFlight = false;
        statistics.onReset();
    }

    /** The PF takes messages since the last reset. */
    void begin(final long nowNs) {
        dueNs = nowNs;
    }

    int doWork(final int vsiId, final long nowNs) {
        if (inFlight || !(wanted || (periodNs > 0 && nowNs - dueNs >= 0))) {
            return 0;
        }
        final AnswerHandler handler =
                new AnswerHandler() {
                    @Override
                    public void onAnswer(
                            final int status, final @Nullable Message body, final long now) {
                        inFlight = false;
                        wanted = false;
                        if (status == Status.SUCCESS.code()
                                && body instanceof final EthStatistics answer) {
                            statistics.onAnswer(answer);
                            listener.accept(answer);
                        }
                    }

                    @Override
                    public void onTimeout(final long now) {
                        inFlight = false;
                        dueNs = now + PATIENCE * periodNs;
                    }
                };
        inFlight =
                parts.channel()
                        .send(Opcode.GET_STATS, new QueueSelect(vsiId, 0, 0), handler, nowNs);
        if (inFlight) {
            dueNs = nowNs + periodNs;
        }
        return inFlight ? 1 : 0;
    }
}
