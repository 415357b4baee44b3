package dev.javf.iavf;

import dev.javf.packet.Counter;
import dev.javf.packet.Counters;
import dev.javf.virtchnl.Opcode;

import java.util.EnumMap;
import java.util.Map;
import java.util.function.Function;

/**
 * The counters of one VF's driver. The conductor writes them, any thread may read them. They never
 * go back, whatever happens to the VF.
 */
public final class DriverCounters {
    private final Map<DriverCounter, Counter> counters;
    private final Map<ResetCause, Counter> resets;
    private final Map<Opcode, Counter> sent = filled(Opcode.class, opcode -> new Counter());
    private final Map<Opcode, Counter> received = filled(Opcode.class, opcode -> new Counter());

    DriverCounters(final Counters places) {
        counters =
                filled(
                        DriverCounter.class,
                        counter -> places.counter(DriverCounterTypes.of(counter)));
        resets = filled(ResetCause.class, cause -> places.counter(DriverCounterTypes.of(cause)));
    }

    private static <K extends Enum<K>> Map<K, Counter> filled(
            final Class<K> type, final Function<K, Counter> source) {
        final Map<K, Counter> map = new EnumMap<>(type);
        for (final K key : type.getEnumConstants()) {
            map.put(key, source.apply(key));
        }
        return map;
    }

    /**
     * A counter.
     *
     * @param counter which.
     * @return its value.
     */
    public long get(final DriverCounter counter) {
        return of(counters, counter).value();
    }

    /**
     * Resets of one kind.
     *
     * @param cause why.
     * @return how many.
     */
    public long resets(final ResetCause cause) {
        return of(resets, cause).value();
    }

    /** Resets of all kinds. */
    public long resets() {
        long sum = 0;
        for (final Counter counter : resets.values()) {
            sum += counter.value();
        }
        return sum;
    }

    /**
     * Messages of one operation that were sent to the PF.
     *
     * @param opcode the operation.
     * @return how many.
     */
    public long sent(final Opcode opcode) {
        return of(sent, opcode).value();
    }

    /**
     * Messages of one operation that came from the PF, malformed ones not counted.
     *
     * @param opcode the operation.
     * @return how many.
     */
    public long received(final Opcode opcode) {
        return of(received, opcode).value();
    }

    void increment(final DriverCounter counter) {
        of(counters, counter).increment();
    }

    void add(final DriverCounter counter, final long count) {
        of(counters, counter).add(count);
    }

    void countReset(final ResetCause cause) {
        of(resets, cause).increment();
    }

    void countSent(final Opcode opcode) {
        increment(DriverCounter.MESSAGES_SENT);
        of(sent, opcode).increment();
    }

    void countReceived(final Opcode opcode) {
        of(received, opcode).increment();
    }

    private static <K extends Enum<K>> Counter of(final Map<K, Counter> map, final K key) {
        final Counter counter = map.get(key);
        if (counter == null) {
            throw new IllegalStateException("no counter for " + key);
        }
        return counter;
    }
}
