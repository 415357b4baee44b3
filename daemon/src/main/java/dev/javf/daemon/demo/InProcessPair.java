package dev.javf.daemon.demo;

import dev.javf.daemon.JavfdContext;
import dev.javf.sim.SimulatedPhysicalFunction;
import dev.javf.sim.SimulatedPhysicalFunctionContext;
import dev.javf.vfio.InProcessDoor;
import dev.javf.vfio.PciDevice;

import java.util.List;
import java.util.stream.Collectors;

/** The simulator is an agent of the daemon's. */
final class InProcessPair implements SimulatedPair {
    private final SimulatedPhysicalFunction simulator =
            new SimulatedPhysicalFunction(
                    new SimulatedPhysicalFunctionContext().virtualFunctions(2));

    @Override
    public String description() {
        return "in this process";
    }

    @Override
    public List<PciDevice> devices() {
        return simulator.virtualFunctions().stream().<PciDevice>map(InProcessDoor::new).toList();
    }

    @Override
    public void addTo(final JavfdContext context) {
        context.simulator(simulator);
    }

    @Override
    public String faults() {
        return simulator.virtualFunctions().stream()
                .filter(function -> function.dma().faultCount() > 0)
                .map(function -> function + " " + function.dma().faults())
                .collect(Collectors.joining(", "));
    }

    @Override
    public void close() {
        simulator.close();
    }
}
