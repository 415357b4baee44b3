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
}
