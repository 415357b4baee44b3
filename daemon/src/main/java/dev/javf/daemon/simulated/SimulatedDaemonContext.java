package dev.javf.daemon.simulated;

import dev.javf.daemon.JavfdContext;
import dev.javf.iavf.VirtualFunctionContext;
import dev.javf.sim.SimulatedPhysicalFunctionContext;

import org.agrona.concurrent.NanoClock;

import java.util.List;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;

/** How a {@link SimulatedDaemon} differs from two plain functions on one thread. */
public final class SimulatedDaemonContext {
    private UnaryOperator<SimulatedPhysicalFunctionContext> simulator = UnaryOperator.identity();
    private BiFunction<JavfdContext, NanoClock, JavfdContext> daemon = (context, clock) -> context;
    private List<UnaryOperator<VirtualFunctionContext>> functions =
            List.of(UnaryOperator.identity(), UnaryOperator.identity());
    private boolean isThreaded;

    /**
     * Whether the simulator and the daemon have threads, and the system's clock.
     *
     * @param on whether; not unless set: one thread under a virtual clock.
     * @return this.
     */
    public SimulatedDaemonContext threads(final boolean on) {
        isThreaded = on;
        return this;
    }

    /**
     * Settings of the PF.
     *
     * @param settings what differs from a PF that takes its time as in all figures.
     * @return this.
     */
    public SimulatedDaemonContext simulator(
            final UnaryOperator<SimulatedPhysicalFunctionContext> settings) {
        simulator = settings;
        return this;
    }

    /**
     * Settings of the daemon.
     *
     * @param settings what differs from the defaults; devices, simulator, clock and threads are
     *     set.
     * @return this.
     */
    public SimulatedDaemonContext daemon(final UnaryOperator<JavfdContext> settings) {
        return daemon((context, clock) -> settings.apply(context));
    }

    /**
     * Settings of the daemon that need its clock.
     *
     * @param settings as of {@link #daemon(UnaryOperator)}; the clock is one that may be looked at
     *     without time going on.
     * @return this.
     */
    public SimulatedDaemonContext daemon(
            final BiFunction<JavfdContext, NanoClock, JavfdContext> settings) {
        daemon = settings;
        return this;
    }

    /**
     * Settings of the two functions.
     *
     * @param left what differs from the defaults at the first; nothing unless set.
     * @param right the same at the second.
     * @return this.
     */
    public SimulatedDaemonContext functions(
            final UnaryOperator<VirtualFunctionContext> left,
            final UnaryOperator<VirtualFunctionContext> right) {
        functions = List.of(left, right);
        return this;
    }

    /**
     * One function instead of two, with the defaults.
     *
     * @return this.
     */
    public SimulatedDaemonContext oneFunction() {
        functions = List.of(UnaryOperator.identity());
        return this;
    }

    /**
     * Starts it.
     *
     * @return the daemon; its functions are down and can be used.
     */
    public SimulatedDaemon launch() {
        return new SimulatedDaemon(isThreaded, simulator, daemon, functions);
    }
}
