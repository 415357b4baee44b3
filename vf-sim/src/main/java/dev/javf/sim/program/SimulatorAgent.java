package dev.javf.sim.program;

import dev.javf.linux.Epoll;
import dev.javf.linux.UnixAddress;
import dev.javf.sim.SimulatedPhysicalFunction;
import dev.javf.sim.SimulatedVirtualFunction;
import dev.javf.vfio.user.VfioUserServer;

import org.agrona.CloseHelper;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.IdleStrategy;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The simulator's duty cycle: the servers of all VFs, the control socket, the uplink, and the PF's
 * model. Servers and model share the thread, so the model never touches memory that a client has
 * just taken away.
 */
final class SimulatorAgent implements Agent {
    /** A client that is asked for its memory and doesn't answer for so long is cut off. */
    private static final long REMOTE_DMA_TIMEOUT_NS = TimeUnit.SECONDS.toNanos(1);

    private static final int EPOLL_EVENTS = 16;

    /** Answers that didn't fit a socket, and timeouts, have no event. */
    private static final int CYCLES_NOT_LOOKED_MAX = 64;

    /** The file of the control socket. */
    static final String CONTROL_SOCKET = "control.sock";

    private final Epoll epoll = Epoll.create(EPOLL_EVENTS);
    private final SimulatedPhysicalFunction pf;
    private final List<VfioUserServer> servers = new ArrayList<>();
    private @Nullable ControlServer control;
    private @Nullable TapUplink uplink;
    private int cyclesNotLooked;

    /**
     * Listens on all sockets; whoever connects is answered once {@link #doWork} is called.
     *
     * @param pf becomes this object's.
     * @param commands for the control socket.
     * @param directory where the sockets go; it exists.
     * @param tapName of the device at the port's uplink; null for none.
     * @param isUnsealedMemoryAllowed whether to take memory that clients could shrink.
     * @param report gets what an operator may want to know, a line at a time.
     * @throws dev.javf.linux.LinuxException if a socket or the device's name is in use, or it isn't
     *     permitted.
     * @throws IllegalArgumentException if a name is too long, or can't be one.
     */
    SimulatorAgent(
            final SimulatedPhysicalFunction pf,
            final ControlCommands commands,
            final Path directory,
            final @Nullable String tapName,
            final boolean isUnsealedMemoryAllowed,
            final Consumer<String> report) {
        this.pf = pf;
        try {
            for (final SimulatedVirtualFunction function : pf.virtualFunctions()) {
                servers.add(
                        VfioUserServer.listen(
                                address(directory, "vf" + function.index() + ".sock"),
                                function,
                                new VfioUserServer.Context()
                                        .remoteDmaTimeoutNs(REMOTE_DMA_TIMEOUT_NS)
                                        .unsealedMemoryAllowed(isUnsealedMemoryAllowed)
                                        .epoll(epoll)
                                        .report(report)));
            }
            control =
                    new ControlServer(address(directory, CONTROL_SOCKET), commands, epoll, report);
            if (tapName != null) {
                uplink = new TapUplink(tapName, pf.ethernetSwitch().wire(), epoll);
            }
        } catch (final RuntimeException e) {
            onClose();
            throw e;
        }
    }

    private static UnixAddress address(final Path directory, final String file) {
        return new UnixAddress(directory.resolve(file).toString());
    }

    /** Where the VFs are served, in their order. */
    List<UnixAddress> addresses() {
        return servers.stream().map(VfioUserServer::address).toList();
    }

    /** To be used by the thread that calls {@link #doWork}. */
    IdleStrategy idleStrategy() {
        return new SimulatorIdleStrategy(epoll, pf::isQuiet, pf.context().nanoClock());
    }

    /** A client that takes pages away from under the model is cut off; the others go on. */
    @Override
    public int doWork() {
        try {
            return work();
        } catch (final InternalError e) {
            return 1 + VfioUserServer.contain(e, servers);
        }
    }

    private int work() {
        int count = 0;
        final TapUplink plugged = uplink;
        if (plugged != null) {
            count += plugged.doWork();
        }
        count += pf.doWork();
        // While packets flow all sockets together cost one system call, not two for each VF.
        if (count == 0 || ++cyclesNotLooked == CYCLES_NOT_LOOKED_MAX || epoll.poll(0) > 0) {
            cyclesNotLooked = 0;
            count += look();
        }
        return count;
    }

    private int look() {
        int count = 0;
        for (int i = 0; i < servers.size(); i++) {
            count += servers.get(i).doWork();
        }
        final ControlServer controlled = control;
        return controlled == null ? count : count + controlled.doWork();
    }

    @Override
    public void onClose() {
        CloseHelper.closeAll(servers);
        CloseHelper.closeAll(control, uplink);
        pf.close();
        epoll.close();
    }

    @Override
    public String roleName() {
        return "javf-sim";
    }
}
