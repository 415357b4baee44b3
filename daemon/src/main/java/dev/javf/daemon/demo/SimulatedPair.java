package dev.javf.daemon.demo;

import dev.javf.daemon.JavfdContext;
import dev.javf.vfio.PciDevice;

import java.util.List;

/** Two simulated virtual functions, wherever their simulator runs. */
interface SimulatedPair extends AutoCloseable {
    /** Where the simulator is, for a line of the account. */
    String description();

    /** The functions; the daemon closes them. */
    List<PciDevice> devices();

    /** Gives the daemon what it has to run besides the functions. */
    void addTo(JavfdContext context);

    /**
     * Memory that the functions touched although it was not mapped for DMA; empty if none. Asked
     * after the daemon has let go of them.
     */
    String faults();

    @Override
    void close();
}
