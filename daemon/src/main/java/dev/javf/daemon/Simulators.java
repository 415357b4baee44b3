package dev.javf.daemon;

import dev.javf.packet.MacAddress;
import dev.javf.sim.PfMode;
import dev.javf.sim.SimulatedPhysicalFunction;
import dev.javf.sim.SimulatedPhysicalFunctionContext;
import dev.javf.vfio.InProcessDoor;
import dev.javf.vfio.PciDevice;

import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Physical functions that are simulated in this process, by their number. */
public final class Simulators implements AutoCloseable {
    /** No simulator. */
    public static final Simulators NONE =
            new Simulators(
                    List.of(),
                    PfMode.ICE_V2_SVM,
                    null,
                    SimulatedPhysicalFunctionContext.MAX_QUEUE_PAIRS);

    private static final int MAC_STEP = 1 << 16;

    private final Map<Integer, SimulatedPhysicalFunction> physicalFunctions = new TreeMap<>();

    /**
     * Makes the physical functions that are named, each with as many virtual functions as needed.
     *
     * @param names of functions; those that aren't simulated don't matter.
     * @param mode the driver of the PFs.
     * @param firstMac of each PF's function 0, the PF's number apart; null for none.
     * @param maxQueuePairs that a function can ask for; more than 16 of ice only.
     */
    public Simulators(
            final List<? extends FunctionName> names,
            final PfMode mode,
            final @Nullable MacAddress firstMac,
            final int maxQueuePairs) {
        final Map<Integer, Integer> counts = new TreeMap<>();
        for (final FunctionName name : names) {
            if (name instanceof final FunctionName.Simulated simulated) {
                counts.merge(simulated.physicalFunction(), simulated.index() + 1, Math::max);
            }
        }
        counts.forEach((number, count) ->
                physicalFunctions.put(
                        number,
                        new SimulatedPhysicalFunction(
                                new SimulatedPhysicalFunctionContext()
                                        .index(number)
                                        .mode(mode)
                                        .virtualFunctions(count)
                                        .maxQueuePairsPerVf(maxQueuePairs)
                                        .firstMac(
                                                firstMac == null
                                                        ? null
                                                        : new MacAddress(
                                                                firstMac.value()
                                                                        + (long) number
                                                                                * MAC_STEP)))));
    }

    /** The models, to be run as agents. */
    public List<SimulatedPhysicalFunction> physicalFunctions() {
        return List.copyOf(physicalFunctions.values());
    }

    /** Opens a function. */
    PciDevice open(final FunctionName.Simulated name) {
        final SimulatedPhysicalFunction pf = physicalFunctions.get(name.physicalFunction());
        if (pf == null || name.index() >= pf.virtualFunctions().size()) {
            throw new IllegalStateException(
                    name
                            + " isn't simulated in this process; only a configuration or the demo"
                            + " starts a simulator");
        }
        return new InProcessDoor(pf.virtualFunction(name.index()));
    }

    @Override
    public void close() {
        physicalFunctions.values().forEach(SimulatedPhysicalFunction::close);
    }
}
