package dev.javf.iavf;

import dev.javf.virtchnl.Opcode;

import org.jspecify.annotations.Nullable;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/** The requests that wait for an answer, oldest first. There are 32 at most, so it just looks. */
final class ExchangesInFlight {
    private final ArrayDeque<Exchange> exchanges = new ArrayDeque<>();

    void add(final Exchange exchange) {
        exchanges.add(exchange);
    }

    int size() {
        return exchanges.size();
    }

    void clear() {
        exchanges.clear();
    }

    /** The oldest whose deadline has passed. */
    @Nullable Exchange late(final long nowNs) {
        if (exchanges.isEmpty()) {
            return null; // Asked in every duty cycle: nothing is made for nothing.
        }
        for (final Exchange exchange : exchanges) {
            if (nowNs - exchange.deadlineNs() >= 0) {
                return exchange;
            }
        }
        return null;
    }

    /** The oldest of an operation. */
    @Nullable Exchange oldest(final Opcode opcode) {
        for (final Exchange exchange : exchanges) {
            if (exchange.opcode() == opcode) {
                return exchange;
            }
        }
        return null;
    }

    /** Takes one out. */
    void remove(final Exchange exchange) {
        exchanges.remove(exchange);
    }

    /** Takes the one that a correlator calls by this token. */
    @Nullable Exchange takeDelegated(final long token) {
        for (final Iterator<Exchange> all = exchanges.iterator(); all.hasNext(); ) {
            final Exchange exchange = all.next();
            if (exchange.correlator() != null && exchange.token() == token) {
                all.remove();
                return exchange;
            }
        }
        return null;
    }

    /** Takes all of an operation that have handlers. */
    List<Exchange> takeAllHandled(final Opcode opcode) {
        final List<Exchange> taken = new ArrayList<>();
        for (final Iterator<Exchange> all = exchanges.iterator(); all.hasNext(); ) {
            final Exchange exchange = all.next();
            if (exchange.opcode() == opcode && exchange.handler() != null) {
                all.remove();
                taken.add(exchange);
            }
        }
        return taken;
    }

    /** Forgets those that their correlator no longer waits for. */
    void dropVoided() {
        exchanges.removeIf(exchange -> {
            final ExchangeCorrelator correlator = exchange.correlator();
            return correlator != null && !correlator.isInFlight(exchange.token());
        });
    }
}
