package dev.javf.iavf;

import dev.javf.packet.PacketPool;
import dev.javf.vfio.InProcessDoor;
import dev.javf.virtchnl.EthStatistics;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.BooleanSupplier;

/** A VF over a {@link PfStub}, on one thread, under a clock that the test moves. */
final class DriverRig implements AutoCloseable {
    static final long STEP_NS = 100_000;

    final PfStub pf = new PfStub();
    final PacketPool pool = new PacketPool("test", 1024);
    final Owner owner = new Owner();
    final LogLines log = new LogLines();
    final List<String> states = new ArrayList<>();
    final List<String> links = new ArrayList<>();
    final List<EthStatistics> statistics = new ArrayList<>();
    final List<String> differences = new ArrayList<>();
    final List<String> alarms = new ArrayList<>();
    final List<Difference.Item> resolved = new ArrayList<>();
    final List<String> notices = new ArrayList<>();
    final VirtualFunctionContext context =
            new VirtualFunctionContext()
                    .device(new InProcessDoor(pf))
                    .queueOwner(owner)
                    .packetPool(pool)
                    .rxRingLength(64)
                    .txRingLength(64)
                    .statisticsPeriodNs(0)
                    .listener(new Listener())
                    .logger(log);
    private @Nullable VirtualFunction virtualFunction;
    long nowNs = 1_000_000_000;

    /** Whether the PF's end is served in {@link #step}. */
    boolean serving = true;

    DriverRig open() {
        virtualFunction = VirtualFunction.open(context);
        return this;
    }

    VirtualFunction vf() {
        return Objects.requireNonNull(virtualFunction);
    }

    /** Opens the VF and brings it up. */
    DriverRig up() {
        open();
        vf().up();
        runUntil(() -> vf().state() == LifecycleState.UP && vf().isLinkUp());
        return this;
    }

    void step() {
        nowNs += STEP_NS;
        vf().doWork(nowNs);
        if (serving) {
            pf.serve();
        }
    }

    void run(final long forNs) {
        for (final long end = nowNs + forNs; nowNs < end; ) {
            step();
        }
    }

    void runUntil(final BooleanSupplier condition) {
        for (int i = 0; i < 1_000_000; i++) {
            if (condition.getAsBoolean()) {
                return;
            }
            step();
        }
        throw new AssertionError(
                "never happened; state " + vf().state() + " " + vf().failure() + ", " + states);
    }

    void runUntil(final LifecycleState state) {
        runUntil(() -> vf().state() == state);
    }

    @Override
    public void close() {
        if (virtualFunction != null && !virtualFunction.isClosed()) {
            pf.allRegisters = 0;
            pf.mute.clear();
            pf.resetsEnd = true;
            owner.delayed = false;
            owner.runDelayed();
            vf().close();
            runUntil(vf()::isClosed);
        }
        pool.close();
    }

    /** Does at once what a poller would do a moment later, unless told to delay. */
    static final class Owner implements QueueOwner {
        final List<String> calls = new ArrayList<>();
        final List<Runnable> waiting = new ArrayList<>();
        boolean delayed;

        @Override
        public void prepare(final QueueSet queues, final Runnable done) {
            calls.add("prepare");
            later(
                    () -> {
                        for (int i = 0; i < queues.pairs(); i++) {
                            queues.rx(i).start();
                            queues.tx(i).start();
                        }
                    },
                    done);
        }

        @Override
        public void revoke(final QueueSet queues, final Runnable done) {
            calls.add("revoke");
            later(() -> {}, done);
        }

        @Override
        public void reclaim(final QueueSet queues, final Runnable done) {
            calls.add("reclaim");
            later(
                    () -> {
                        for (int i = 0; i < queues.pairs(); i++) {
                            queues.rx(i).reclaim();
                            queues.tx(i).reclaim();
                        }
                    },
                    done);
        }

        private void later(final Runnable work, final Runnable done) {
            final Runnable both =
                    () -> {
                        work.run();
                        done.run();
                    };
            if (delayed) {
                waiting.add(both);
            } else {
                both.run();
            }
        }

        void runDelayed() {
            final List<Runnable> now = List.copyOf(waiting);
            waiting.clear();
            now.forEach(Runnable::run);
        }
    }

    private final class Listener implements VirtualFunctionListener {
        @Override
        public void onStateChange(
                final VirtualFunction virtualFunction,
                final LifecycleState from,
                final LifecycleState to,
                final String reason) {
            states.add(to.name());
        }

        @Override
        public void onLinkChange(
                final VirtualFunction virtualFunction, final boolean up, final int speedMbps) {
            links.add(up ? "up " + speedMbps : "down");
        }

        @Override
        public void onStatistics(
                final VirtualFunction virtualFunction, final EthStatistics answer) {
            statistics.add(answer);
        }

        @Override
        public void onDifference(
                final VirtualFunction virtualFunction, final Difference difference) {
            differences.add(difference.toString());
        }

        @Override
        public void onDifferenceResolved(
                final VirtualFunction virtualFunction, final Difference difference) {
            resolved.add(difference.item());
        }

        @Override
        public void onNotice(final VirtualFunction virtualFunction, final String what) {
            notices.add(what);
        }

        @Override
        public void onAlarm(final VirtualFunction virtualFunction, final String what) {
            alarms.add(what);
        }
    }
}
