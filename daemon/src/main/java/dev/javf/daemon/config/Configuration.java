package dev.javf.daemon.config;

import java.util.List;

/**
 * Everything that an administrator has said. It has been checked in itself; whether the functions
 * exist is {@link ConfigurationCheck}'s.
 *
 * @param daemon the process.
 * @param control the control socket.
 * @param metrics the scrape endpoint.
 * @param telemetry DPDK's telemetry sockets.
 * @param simulator simulated PFs.
 * @param functions virtual functions, in the order in which they were written.
 * @param ports ports, by name.
 */
public record Configuration(
        DaemonSection daemon,
        ControlSection control,
        MetricsSection metrics,
        TelemetrySection telemetry,
        SimulatorSection simulator,
        List<FunctionSection> functions,
        List<PortSection> ports) {
    /** Buffers of what is between rings: a few bursts. */
    private static final int BURSTS = 512;

    /** Keeps copies. */
    public Configuration {
        functions = List.copyOf(functions);
        ports = List.copyOf(ports);
    }

    /**
     * The ports of a function.
     *
     * @param function its name.
     * @return in the order in which they were written.
     */
    public List<PortSection> portsOf(final String function) {
        return ports.stream().filter(port -> port.function().equals(function)).toList();
    }

    /**
     * Packet buffers that a function must have of its own, because one of its ports needs it to
     * itself ({@link PortKind#ownBuffers}).
     *
     * @param function which.
     * @return 0 for a function that uses those of all.
     */
    public int ownBuffers(final FunctionSection function) {
        final int needed =
                portsOf(function.name()).stream()
                        .mapToInt(port -> port.kind().ownBuffers(port))
                        .sum();
        return needed == 0 ? 0 : Math.toIntExact(needed + function.buffers() + BURSTS);
    }
}
