package dev.javf.daemon.suite;

import dev.javf.daemon.FunctionClient;
import dev.javf.daemon.Javfd;
import dev.javf.daemon.JavfdContext;
import dev.javf.daemon.PortBinding;
import dev.javf.iavf.DriverCounter;
import dev.javf.iavf.VirtualFunction;
import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketPool;
import dev.javf.sim.SimulatedPhysicalFunction;
import dev.javf.sim.SimulatedVirtualFunction;
import dev.javf.vfio.InProcessDoor;
import dev.javf.virtchnl.VlanSet;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** javf itself: the daemon on all virtual functions of a simulator. */
final class JavfDriver implements SuiteDriver {
    private static final List<DriverCounter> SHOULD_BE_ZERO =
            List.of(
                    DriverCounter.LIFECYCLE_VIOLATIONS,
                    DriverCounter.MALFORMED_MESSAGES,
                    DriverCounter.UNKNOWN_OPCODES,
                    DriverCounter.GARBAGE_DESCRIPTORS,
                    DriverCounter.TIMEOUTS);

    private final Javfd daemon;
    private final List<Function> functions = new ArrayList<>();

    /**
     * Starts the daemon, which runs the simulator, too.
     *
     * @param simulator with its virtual functions.
     * @param pace sets the clock, and whether there are threads.
     */
    JavfDriver(final SimulatedPhysicalFunction simulator, final Pace pace) {
        final JavfdContext context =
                new JavfdContext()
                        .nanoClock(pace.clock())
                        .invoker(!pace.isThreaded())
                        .simulator(simulator);
        for (final SimulatedVirtualFunction model : simulator.virtualFunctions()) {
            context.device(new InProcessDoor(model));
        }
        daemon = Javfd.launch(context);
        for (final SimulatedVirtualFunction model : simulator.virtualFunctions()) {
            functions.add(new Function(daemon.function(model.name()), model));
        }
    }

    @Override
    public List<Function> functions() {
        return List.copyOf(functions);
    }

    @Override
    public PacketPool packetPool() {
        return daemon.packetPool();
    }

    @Override
    public int doWork() {
        return daemon.doWork();
    }

    @Override
    public String trouble() {
        if (daemon.errorCount() != 0) {
            return daemon.errorCount() + " errors in the daemon's duty cycles";
        }
        return daemon.stalls();
    }

    @Override
    public void close() {
        daemon.close();
    }

    /** One function of the daemon's. */
    static final class Function implements SuiteFunction {
        private final FunctionClient client;
        private final SimulatedVirtualFunction model;

        Function(final FunctionClient client, final SimulatedVirtualFunction model) {
            this.client = client;
            this.model = model;
        }

        @Override
        public String name() {
            return client.name();
        }

        @Override
        public CompletableFuture<?> addVlans(final VlanSet vlans) {
            return client.addVlans(vlans);
        }

        @Override
        public CompletableFuture<?> removeVlans(final VlanSet vlans) {
            return client.removeVlans(vlans);
        }

        @Override
        public void up() {
            client.up();
        }

        @Override
        public void down() {
            client.down();
        }

        @Override
        public CompletableFuture<VfView> view() {
            return client.ask(VfView::of);
        }

        @Override
        public CompletableFuture<@Nullable MacAddress> macAddress() {
            return client.ask(VirtualFunction::macAddress);
        }

        @Override
        public CompletableFuture<?> ports(final List<PortBinding> bindings) {
            return client.ports(bindings);
        }

        @Override
        public CompletableFuture<?> unbind() {
            return client.close();
        }

        @Override
        public CompletableFuture<?> bind() {
            return client.reopen(new InProcessDoor(model));
        }

        @Override
        public CompletableFuture<String> trouble() {
            return client.ask(vf -> {
                final StringBuilder text = new StringBuilder();
                for (final DriverCounter counter : SHOULD_BE_ZERO) {
                    final long count = vf.counters().get(counter);
                    if (count != 0) {
                        text.append(name()).append(": ").append(count).append(' ');
                        text.append(counter.label()).append("; ");
                    }
                }
                return text.toString();
            });
        }
    }
}
