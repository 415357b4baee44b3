package dev.javf.daemon.guest;

import dev.javf.linux.UnixAddress;
import dev.javf.sim.SimulatedPhysicalFunction;
import dev.javf.sim.SimulatedPhysicalFunctionContext;
import dev.javf.sim.SimulatedVirtualFunction;
import dev.javf.vfio.user.VfioUserServer;

import org.agrona.concurrent.Agent;
import org.agrona.concurrent.AgentRunner;
import org.agrona.concurrent.BackoffIdleStrategy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A simulated PF whose VFs are served on vfio-user sockets, on a thread of its own. */
public final class ServedFunctions implements AutoCloseable {
    private static final long MAX_IDLE_NS = TimeUnit.MICROSECONDS.toNanos(50);
    private static final long PATIENCE_S = 30;

    private final SimulatedPhysicalFunction pf;
    private final VirtchnlTrace trace = new VirtchnlTrace();
    private final List<VfioUserServer> servers = new ArrayList<>();
    private final List<Path> sockets = new ArrayList<>();
    private final ConcurrentLinkedQueue<Throwable> errors = new ConcurrentLinkedQueue<>();
    private final AgentRunner runner;

    /**
     * Begins to serve.
     *
     * @param context of the PF; its observer is set here.
     * @param folder for the sockets.
     */
    public ServedFunctions(final SimulatedPhysicalFunctionContext context, final Path folder) {
        pf = new SimulatedPhysicalFunction(context.observer(trace));
        for (final SimulatedVirtualFunction function : pf.virtualFunctions()) {
            final Path socket = folder.resolve("vf" + function.index() + ".sock");
            sockets.add(socket);
            servers.add(
                    VfioUserServer.listen(
                            new UnixAddress(socket.toString()),
                            function,
                            new VfioUserServer.Context().report(System.out::println)));
        }
        runner =
                new AgentRunner(
                        new BackoffIdleStrategy(10, 10, 1_000, MAX_IDLE_NS),
                        errors::add,
                        null,
                        new Server());
        AgentRunner.startOnThread(runner);
    }

    /** The PF. */
    SimulatedPhysicalFunction pf() {
        return pf;
    }

    /** One VF. */
    public SimulatedVirtualFunction vf(final int index) {
        return pf.virtualFunction(index);
    }

    /** What has passed between the VFs and their PF. */
    VirtchnlTrace trace() {
        return trace;
    }

    /** Where the VFs are, in their order. */
    List<Path> sockets() {
        return List.copyOf(sockets);
    }

    /** What has gone wrong on the model's thread. */
    List<Throwable> errors() {
        return List.copyOf(errors);
    }

    /** Has the system want a VF back. */
    public void requestRelease(final int index) {
        servers.get(index).requestRelease();
    }

    /** Waits until the host's administrator has been served. */
    static void await(final CompletionStage<Void> stage)
            throws InterruptedException, ExecutionException, TimeoutException {
        stage.toCompletableFuture().get(PATIENCE_S, TimeUnit.SECONDS);
    }

    @Override
    public void close() {
        runner.close();
        servers.forEach(VfioUserServer::close);
        pf.close();
    }

    /** The model's duty cycle and the sockets', which have to be on one thread. */
    private final class Server implements Agent {
        @Override
        public int doWork() {
            int count = 0;
            for (int i = 0; i < servers.size(); i++) {
                count += servers.get(i).doWork();
            }
            return count + pf.doWork();
        }

        @Override
        public String roleName() {
            return "served-functions";
        }
    }
}
