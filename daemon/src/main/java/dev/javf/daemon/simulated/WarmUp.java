package dev.javf.daemon.simulated;

import dev.javf.daemon.FunctionClient;
import dev.javf.daemon.PortBinding;
import dev.javf.linux.ThreadCpuTime;
import dev.javf.packet.PacketPool;
import dev.javf.sim.SimulatedDelays;
import dev.javf.virtchnl.VlanSet;

/**
 * Has the JVM compile the packet path before there are packets: a second daemon, on this thread and
 * under a clock of its own, carries frames between two simulated functions. Without and with a VLAN
 * tag, because a case that the compiler has never seen sends it back to the start.
 */
public final class WarmUp {
    private static final int VLAN = 100;
    private static final int BUFFERS = 2048;
    private static final int FRAMES = 2000;
    private static final int WINDOW = 256;

    /** Time on a processor that is shared may not come; then it takes so many times as long. */
    private static final int PATIENCE = 3;

    private WarmUp() {}

    /** Frames from one port to another. */
    private record Flow(FlowTraffic.Source source, FlowTraffic.Sink sink, int vlan) {
        static Flow of(final SimulatedDaemon system, final int vlan) {
            final PacketPool pool = system.daemon().packetPool();
            return new Flow(
                    new FlowTraffic.Source(
                            pool, system.mac(system.left()), system.mac(system.right())),
                    new FlowTraffic.Sink(pool),
                    vlan);
        }

        PortBinding begin(final SimulatedDaemon system) {
            return system.bind(system.left(), source, vlan);
        }

        PortBinding end(final SimulatedDaemon system) {
            return system.bind(system.right(), sink, vlan);
        }
    }

    /**
     * Carries frames.
     *
     * @param cpuNs processor time of the calling thread to spend, in nanoseconds; it takes at least
     *     what one round takes.
     * @return how many were carried.
     */
    public static long run(final long cpuNs) {
        final ThreadCpuTime cpuTime = new ThreadCpuTime();
        final long cpuBeginNs = cpuTime.nanoTime();
        final long beginNs = System.nanoTime();
        try (SimulatedDaemon system =
                new SimulatedDaemonContext()
                        .simulator(settings -> settings.delays(SimulatedDelays.NONE))
                        .daemon(settings -> settings.packetBuffers(BUFFERS))
                        .launch()) {
            for (final FunctionClient function : system.daemon().functions()) {
                system.await(function.addVlans(VlanSet.of(VLAN)));
            }
            final Flow plain = Flow.of(system, 0);
            final Flow tagged = Flow.of(system, VLAN);
            system.up(system.right(), plain.end(system), tagged.end(system));
            system.up(system.left(), plain.begin(system), tagged.begin(system));
            do {
                FlowTraffic.carry(system, plain.source, plain.sink, FRAMES, WINDOW);
                FlowTraffic.carry(system, tagged.source, tagged.sink, FRAMES, WINDOW);
            } while (cpuTime.nanoTime() - cpuBeginNs < cpuNs
                    && System.nanoTime() - beginNs < PATIENCE * cpuNs);
            return plain.sink.received() + tagged.sink.received();
        }
    }
}
