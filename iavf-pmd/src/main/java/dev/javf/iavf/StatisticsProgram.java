package dev.javf.iavf;

import dev.javf.virtchnl.EthStatistics;
import dev.javf.virtchnl.Message;
import dev.javf.virtchnl.Opcode;
import dev.javf.virtchnl.QueueSelect;

import org.jspecify.annotations.Nullable;

import java.util.function.Consumer;

/**
 * Asks the PF for its counters: first thing after a reset, before anything can be counted, then
 * once per period and when told to. Whoever reads them reads {@link PfStatistics}.
 */
final class StatisticsProgram extends PeriodicQuestion {
    private final PfStatistics statistics;
    private final Consumer<EthStatistics> listener;

    StatisticsProgram(
            final DriverParts parts,
            final PfStatistics statistics,
            final Consumer<EthStatistics> listener) {
        super(parts, Opcode.GET_STATS, parts.context().statisticsPeriodNs());
        this.statistics = statistics;
        this.listener = listener;
    }

    /** The same, and the PF counts from zero. */
    @Override
    void reset() {
        super.reset();
        statistics.onReset();
    }

    int doWork(final int vsiId, final long nowNs) {
        return isDue(nowNs) ? ask(new QueueSelect(vsiId, 0, 0), nowNs) : 0;
    }

    @Override
    void onAnswer(final @Nullable Message body) {
        if (body instanceof final EthStatistics answer) {
            statistics.onAnswer(answer);
            listener.accept(answer);
        }
    }
}
