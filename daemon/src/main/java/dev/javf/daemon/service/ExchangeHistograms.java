package dev.javf.daemon.service;

import dev.javf.iavf.ExchangeListener;
import dev.javf.packet.Counter;
import dev.javf.virtchnl.Opcode;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How long the PFs took to answer, by function and operation. The conductor writes, all may read.
 */
final class ExchangeHistograms {
    private final Map<Series, LatencyHistogram> histograms = new ConcurrentHashMap<>();
    private final Map<Series, Counter> errors = new ConcurrentHashMap<>();

    /**
     * What is told apart.
     *
     * @param function its name in the configuration.
     * @param opcode the operation.
     */
    record Series(String function, Opcode opcode) {}

    /** By function and operation; grows with what is used. */
    Map<Series, LatencyHistogram> histograms() {
        return histograms;
    }

    /** Answers with an error, by function and operation. */
    Map<Series, Counter> errors() {
        return errors;
    }

    /** For the messages of a function. */
    ExchangeListener listener(final String function) {
        return new ExchangeListener() {
            @Override
            public void onSent(final Opcode opcode, final String line) {
                // Counted by the driver.
            }

            @Override
            public void onAnswered(
                    final Opcode opcode,
                    final int status,
                    final long roundTripNs,
                    final String line) {
                final Series series = new Series(function, opcode);
                histograms
                        .computeIfAbsent(series, key -> new LatencyHistogram())
                        .record(roundTripNs);
                final Counter failed = errors.computeIfAbsent(series, key -> new Counter());
                if (status != 0) {
                    failed.increment();
                }
            }

            @Override
            public void onUnasked(final String line) {
                // Counted by the driver.
            }

            @Override
            public void onTimeout(final Opcode opcode, final long waitedNs) {
                // Counted by the driver.
            }
        };
    }
}
