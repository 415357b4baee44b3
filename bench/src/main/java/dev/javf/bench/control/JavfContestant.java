package dev.javf.bench.control;

import dev.javf.iavf.LifecycleState;
import dev.javf.iavf.QueueOwner;
import dev.javf.iavf.VirtualFunction;
import dev.javf.iavf.VirtualFunctionContext;
import dev.javf.packet.PacketPool;
import dev.javf.vfio.PciDevice;
import dev.javf.virtchnl.VlanSet;

import org.agrona.concurrent.NanoClock;

/** javf's driver. */
final class JavfContestant implements Contestant {
    private final VirtualFunction function;

    JavfContestant(
            final PciDevice device,
            final QueueOwner owner,
            final PacketPool pool,
            final NanoClock clock) {
        function =
                VirtualFunction.open(
                        new VirtualFunctionContext()
                                .device(device)
                                .queueOwner(owner)
                                .packetPool(pool)
                                .nanoClock(clock));
    }

    @Override
    public int doWork(final long nowNs) {
        return function.doWork(nowNs);
    }

    @Override
    public void addVlans(final VlanSet vlans) {
        function.addVlans(vlans, result -> {});
    }

    @Override
    public void removeVlans(final VlanSet vlans) {
        function.removeVlans(vlans, result -> {});
    }

    @Override
    public void up() {
        function.up();
    }

    @Override
    public void down() {
        function.down();
    }

    @Override
    public boolean isUp() {
        return function.state() == LifecycleState.UP && function.isLinkUp();
    }

    @Override
    public boolean isDown() {
        return function.state() == LifecycleState.DOWN;
    }

    @Override
    public boolean isSettled() {
        return function.vlans().isSettled() && function.vlans().openRequests() == 0;
    }
}
