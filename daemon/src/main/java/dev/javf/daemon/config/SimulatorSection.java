package dev.javf.daemon.config;

import dev.javf.packet.MacAddress;
import dev.javf.sim.PfMode;
import dev.javf.sim.SimulatedPhysicalFunctionContext;

import org.jspecify.annotations.Nullable;

import java.util.Arrays;
import java.util.List;

/**
 * Section {@code simulator}: what the physical functions are like whose functions are named {@code
 * sim:PF/VF}.
 *
 * @param values as read.
 */
public record SimulatorSection(Values values) {
    static final Key<String> PF =
            Key.of(
                    "pf",
                    ValueType.choice(Arrays.stream(PfMode.values()).map(PfMode::text).toList()),
                    "ice-v2-svm",
                    "The driver of the simulated PFs.");

    static final Key<MacAddress> FIRST_MAC =
            Key.optional(
                    "first-mac",
                    ValueType.unicastMac(),
                    "Address of function 0 of each simulated PF, the others get the following"
                            + " ones. Without it the PF gives none, and the driver makes them up.");

    static final Key<Integer> MAX_QUEUE_PAIRS =
            Key.of(
                    "max-queue-pairs",
                    ValueType.integer(
                            SimulatedPhysicalFunctionContext.MAX_QUEUE_PAIRS,
                            SimulatedPhysicalFunctionContext.MAX_LARGE_QUEUE_PAIRS),
                    Integer.toString(SimulatedPhysicalFunctionContext.MAX_QUEUE_PAIRS),
                    "Queue pairs that a function can ask for. With more than 16 the PF, one of ice,"
                            + " has large VFs.");

    static final List<Key<?>> KEYS = List.of(PF, FIRST_MAC, MAX_QUEUE_PAIRS);

    /** The driver of the PF. */
    public PfMode pf() {
        return PfMode.of(values.get(PF));
    }

    /** Address of function 0; null for random ones. */
    public @Nullable MacAddress firstMac() {
        return values.find(FIRST_MAC).orElse(null);
    }

    /** The most queue pairs of a function. */
    public int maxQueuePairs() {
        return values.get(MAX_QUEUE_PAIRS);
    }

    /** Whether all values are the same, wherever they are written. */
    public boolean sameAs(final SimulatorSection other) {
        return values.sameAs(other.values);
    }
}
