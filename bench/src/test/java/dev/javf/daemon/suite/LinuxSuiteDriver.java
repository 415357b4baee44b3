package dev.javf.daemon.suite;

import dev.javf.daemon.InvokedPoller;
import dev.javf.packet.PacketPool;
import dev.javf.sim.SimulatedPhysicalFunction;
import dev.javf.virtchnl.VlanSet;

import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * The Linux rules on all virtual functions of a simulator. It begins as the published script does:
 * both network devices are moved into namespaces of their own, with a VLAN device on each of them,
 * and the kernel deletes VLAN devices and takes the network device down in one go then.
 */
final class LinuxSuiteDriver implements SuiteDriver {
    /** Outside 100 to 107, as what the published log's kernel had left over. */
    static final VlanSet LEFT_BEHIND = VlanSet.of(99);

    private final SimulatedPhysicalFunction simulator;
    private final Pace pace;
    private final InvokedPoller poller;
    private final List<LinuxFunction> functions;

    LinuxSuiteDriver(
            final SimulatedPhysicalFunction simulator, final Pace pace, final boolean isMoved) {
        this.simulator = simulator;
        this.pace = pace;
        poller = new InvokedPoller(pace.clock());
        functions =
                simulator.virtualFunctions().stream()
                        .map(model -> new LinuxFunction(model, poller))
                        .toList();
        if (isMoved) {
            functions.forEach(this::move);
        }
    }

    /** Up with a VLAN device on it, moved, up again. */
    private void move(final LinuxFunction function) {
        function.up();
        final CompletableFuture<?> unusedAdded = function.addVlans(LEFT_BEHIND);
        while (!isUpAndSettled(function)) {
            doWork();
        }
        final CompletableFuture<?> unusedRemoved = function.removeVlans(LEFT_BEHIND);
        function.down();
        function.up();
        while (!isUpAndSettled(function)) {
            doWork();
        }
    }

    private static boolean isUpAndSettled(final LinuxFunction function) {
        final VfView view = function.view().join();
        return view.isSettled() && view.isLinkUp();
    }

    @Override
    public List<LinuxFunction> functions() {
        return functions;
    }

    @Override
    public PacketPool packetPool() {
        return poller.pool();
    }

    @Override
    public int doWork() {
        int work = simulator.doWork() + poller.doWork();
        final long nowNs = pace.clock().nanoTime();
        for (final LinuxFunction function : functions) {
            work += function.doWork(nowNs);
        }
        return work;
    }

    @Override
    public String trouble() {
        return "";
    }

    /** The devices go with the simulator, which is closed next. */
    @Override
    public void close() {
        for (final LinuxFunction function : functions) {
            final CompletableFuture<?> unusedTaken = function.ports(List.of());
        }
        final CompletableFuture<?> gone =
                CompletableFuture.allOf(
                        functions.stream()
                                .map(LinuxFunction::unbind)
                                .toArray(CompletableFuture[]::new));
        while (!gone.isDone()) {
            doWork();
        }
        // What the poller still has to do for the last of them.
        while (poller.doWork() > 0) {}
        poller.close();
    }
}
