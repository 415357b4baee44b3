package dev.javf.sim.program;

import dev.javf.linux.Epoll;
import dev.javf.linux.UnixAddress;
import dev.javf.sim.SimulatedPhysicalFunction;
import dev.javf.sim.SimulatedVirtualFunction;
import dev.javf.vfio.user.VfioUserServer;

import org.agrona.CloseHelper;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.IdleStrategy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The simulator's duty cycle: the servers of all VFs, and the PF's model. Servers and model share
 * the thread, so the model never touches memory that a client has just taken away.
 */
final class SimulatorAgent implements Agent {
    /** A client that is asked for its memory and doesn't answer for so long is cut off. */
    private static final long REMOTE_DMA_TIMEOUT_NS = TimeUnit.SECONDS.toNanos(1);

    private static final int EPOLL_EVENTS = 16;

    private final Epoll epoll = Epoll.create(EPOLL_EVENTS);
    private final SimulatedPhysicalFunction pf;
    private final List<VfioUserServer> servers = new ArrayList<>();

    /**
     * Listens on all sockets; whoever connects is answered once {@link #doWork} is called.
     *
     * @param pf becomes this object's.
     * @param directory where the sockets go; it exists.
     * @param report gets what an operator may want to know, a line at a time.
     * @throws dev.javf.linux.LinuxException if a socket is in use or not permitted.
     */
    SimulatorAgent(
            final SimulatedPhysicalFunction pf,
            final Path directory,
            final Consumer<String> report) {
        this.pf = pf;
        try {
            for (final SimulatedVirtualFunction function : pf.virtualFunctions()) {
                servers.add(
                        VfioUserServer.listen(
                                new UnixAddress(
                                        directory
                                                .resolve("vf" + function.index() + ".sock")
                                                .toString()),
                                function,
                                new VfioUserServer.Context()
                                        .remoteDmaTimeoutNs(REMOTE_DMA_TIMEOUT_NS)
                                        .epoll(epoll)
                                        .report(report)));
            }
        } catch (final RuntimeException e) {
            onClose();
            throw e;
        }
    }

    /** Where the VFs are served, in their order. */
    List<UnixAddress> addresses() {
        return servers.stream().map(VfioUserServer::address).toList();
    }

    /** To be used by the thread that calls {@link #doWork}. */
    IdleStrategy idleStrategy() {
        return new SimulatorIdleStrategy(epoll, pf::isQuiet, pf.context().nanoClock());
    }

    @Override
    public int doWork() {
        int count = 0;
        for (int i = 0; i < servers.size(); i++) {
            count += servers.get(i).doWork();
        }
        return count + pf.doWork();
    }

    @Override
    public void onClose() {
        CloseHelper.closeAll(servers);
        pf.close();
        epoll.close();
    }

    @Override
    public String roleName() {
        return "javf-sim";
    }
}
