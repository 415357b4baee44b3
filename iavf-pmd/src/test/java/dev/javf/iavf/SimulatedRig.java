package dev.javf.iavf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.packet.Ethernet;
import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketPool;
import dev.javf.sim.SimulatedPhysicalFunction;
import dev.javf.sim.SimulatedPhysicalFunctionContext;
import dev.javf.sim.SimulatedVirtualFunction;
import dev.javf.sim.VfSnapshot;
import dev.javf.sim.VlanKey;
import dev.javf.sim.Wire;
import dev.javf.vfio.InProcessDoor;
import dev.javf.virtchnl.VlanRejection;
import dev.javf.virtchnl.VlanSet;

import org.agrona.concurrent.NanoClock;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** A VF over the simulated PF, on one thread, under a virtual clock. */
final class SimulatedRig implements AutoCloseable {
    private final PacketPool pool;
    private final LogLines log = new LogLines();
    private final SimulatedPhysicalFunction pf;
    private final SimulatedVirtualFunction model;
    private final Supplier<VirtualFunctionContext> opening;
    private VirtualFunction vf;
    final DriverRig.Owner owner = new DriverRig.Owner();
    final List<String> notices = new ArrayList<>();
    private long nowNs = 1_000_000_000;
    private long stepNs = 50_000;

    SimulatedRig(final SimulatedPhysicalFunctionContext context) {
        this(context, settings -> {});
    }

    /** With other settings of the driver. */
    SimulatedRig(
            final SimulatedPhysicalFunctionContext context,
            final Consumer<VirtualFunctionContext> settings) {
        this(context, settings, 1024);
    }

    /** With another number of packet buffers. */
    SimulatedRig(
            final SimulatedPhysicalFunctionContext context,
            final Consumer<VirtualFunctionContext> settings,
            final int buffers) {
        pool = new PacketPool("test", buffers);
        final NanoClock clock = () -> nowNs;
        pf = new SimulatedPhysicalFunction(context.nanoClock(clock));
        model = pf.virtualFunction(0);
        opening =
                () -> {
                    final VirtualFunctionContext driver =
                            new VirtualFunctionContext()
                                    .device(new InProcessDoor(model))
                                    .nanoClock(clock)
                                    .queueOwner(owner)
                                    .packetPool(pool)
                                    .rxRingLength(64)
                                    .txRingLength(64)
                                    .listener(new Listener())
                                    .logger(log);
                    settings.accept(driver);
                    return driver;
                };
        vf = VirtualFunction.open(opening.get());
    }

    /** Closes the VF, and opens it as at first: what another process of the daemon does. */
    void reopen() {
        vf.close();
        runUntil(vf::isClosed);
        vf = VirtualFunction.open(opening.get());
    }

    VirtualFunction vf() {
        return vf;
    }

    SimulatedPhysicalFunction pf() {
        return pf;
    }

    PacketPool pool() {
        return pool;
    }

    LogLines log() {
        return log;
    }

    long nowNs() {
        return nowNs;
    }

    void stepNs(final long newStepNs) {
        stepNs = newStepNs;
    }

    VfSnapshot snapshot() {
        return model.snapshot();
    }

    long faults() {
        return model.dma().faultCount();
    }

    void step() {
        nowNs += stepNs;
        vf.doWork();
        pf.doWork();
    }

    /** One duty cycle of the driver's alone. */
    int stepVf() {
        nowNs += stepNs;
        return vf.doWork();
    }

    void run(final long forNs) {
        for (final long end = nowNs + forNs; nowNs < end; ) {
            step();
        }
    }

    void runUntil(final BooleanSupplier condition) {
        for (final long end = nowNs + 300_000_000_000L; !condition.getAsBoolean(); ) {
            if (nowNs >= end) {
                throw new AssertionError(
                        "never happened; "
                                + vf.state()
                                + ", failure '"
                                + vf.failure()
                                + "', VLANs wanted "
                                + vf.vlans().wanted(Ethernet.TPID_8021Q)
                                + ", acknowledged "
                                + vf.vlans().acknowledged(Ethernet.TPID_8021Q)
                                + ", settled "
                                + vf.vlans().isSettled()
                                + ", open "
                                + vf.vlans().openRequests()
                                + ", "
                                + vf.vlans().rejections()
                                + ", MACs "
                                + vf.acknowledgedMacs()
                                + ", link "
                                + vf.isLinkUp()
                                + ", PF "
                                + snapshot()
                                + ", log "
                                + log.lines);
            }
            step();
        }
    }

    void runUntil(final LifecycleState state) {
        runUntil(() -> vf.state() == state);
    }

    /** VLANs of EtherType 0x8100 that the PF holds. */
    VlanSet heldVlans() {
        final VlanSet.Builder set = new VlanSet.Builder();
        for (final VlanKey key : snapshot().vlans()) {
            set.add(key.vlanId());
        }
        return set.build();
    }

    /** A bit for each queue that is in use. */
    private BigInteger queuesInUse() {
        final QueueSet queues = vf.queues();
        return BigInteger.TWO.pow(queues == null ? 0 : queues.pairs()).subtract(BigInteger.ONE);
    }

    /** Whether driver and PF agree that everything wanted is there, refused VLANs aside. */
    boolean isComplete() {
        if (vf.state() != LifecycleState.UP || !vf.isLinkUp() || !vf.vlans().isSettled()) {
            return false;
        }
        VlanSet wanted = vf.vlans().wanted(Ethernet.TPID_8021Q);
        // What the PF holds of filters about which it refused something, nobody can know.
        VlanSet refused = VlanSet.EMPTY;
        for (final VlanRejection rejection : vf.vlans().rejections()) {
            wanted = wanted.minus(rejection.vlans());
            if (rejection.status() != 0) {
                refused = refused.plus(rejection.vlans());
            }
        }
        final VfSnapshot held = snapshot();
        return heldVlans().minus(refused).equals(wanted)
                && vf.vlans().acknowledged(Ethernet.TPID_8021Q).equals(wanted)
                && isSettled()
                && held.rxQueues().equals(queuesInUse())
                && held.txQueues().equals(queuesInUse())
                && held.macs().containsAll(vf.acknowledgedMacs())
                && held.macs().contains(MacAddress.BROADCAST);
    }

    /** Whether the PF has answered for everything, refusals included. */
    boolean isSettled() {
        return vf.isSettled();
    }

    int vsiId() {
        return java.util.Objects.requireNonNull(vf.negotiated()).vsi().vsiId();
    }

    Wire wire() {
        return pf.ethernetSwitch().wire();
    }

    /** The host does it in its own time; it must not refuse at once. */
    void ask(final CompletionStage<Void> request) {
        assertThat(request.toCompletableFuture()).isNotCompletedExceptionally();
    }

    /** Closes the VF; nothing must be left, and nothing have happened that must not. */
    void assertClean() {
        assertThat(faults()).isZero();
        assertThat(snapshot().isMalicious()).isFalse();
        assertThat(vf.lifecycle().violationCount()).isZero();
        vf.close();
        runUntil(vf::isClosed);
        assertThat(pool.available()).isEqualTo(pool.capacity());
        assertThat(faults()).isZero();
    }

    private final class Listener implements VirtualFunctionListener {
        @Override
        public void onNotice(final VirtualFunction virtualFunction, final String what) {
            notices.add(what);
        }
    }

    @Override
    public void close() {
        if (!vf.isClosed()) {
            vf.close();
            runUntil(vf::isClosed);
        }
        pf.close();
        pool.close();
    }
}
