package dev.javf.daemon.demo;

import dev.javf.iavf.ExchangeListener;
import dev.javf.virtchnl.Opcode;

import org.HdrHistogram.SingleWriterRecorder;

import java.util.Locale;
import java.util.function.Supplier;

/**
 * Prints every message between a virtual function and its PF, and records round trips. For the
 * conductor's thread.
 */
final class ExchangeLines implements ExchangeListener {
    private static final double US = 1e3;

    private final Account account;
    private final String name;
    private final SingleWriterRecorder roundTrips;

    ExchangeLines(final Account account, final String name, final SingleWriterRecorder roundTrips) {
        this.account = account;
        this.name = name;
        this.roundTrips = roundTrips;
    }

    @Override
    public void onSent(final Opcode opcode, final Supplier<String> line) {
        tell(opcode, line);
    }

    /** Statistics come every second and would drown the rest. */
    private void tell(final Opcode opcode, final Supplier<String> line) {
        if (opcode != Opcode.GET_STATS) {
            account.event(name, line.get());
        }
    }

    @Override
    public void onAnswered(
            final Opcode opcode,
            final int status,
            final long roundTripNs,
            final Supplier<String> line) {
        roundTrips.recordValue(roundTripNs);
        tell(
                opcode,
                () -> String.format(Locale.ROOT, "%s (%.0f us)", line.get(), roundTripNs / US));
    }

    @Override
    public void onUnasked(final Supplier<String> line) {
        account.event(name, line.get());
    }

    @Override
    public void onTimeout(final Opcode opcode, final long waitedNs) {
        account.event(
                name,
                String.format(Locale.ROOT, "%s: no answer in %.0f us", opcode, waitedNs / US));
    }
}
