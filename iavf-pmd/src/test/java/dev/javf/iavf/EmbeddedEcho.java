package dev.javf.iavf;

import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketVector;
import dev.javf.vfio.PciDevice;
import dev.javf.virtchnl.VlanSet;

import java.util.Objects;

/** The example of docs/embedding.md: an echo on a VF of its own, on the caller's thread. */
final class EmbeddedEcho implements AutoCloseable {
    private final PacketPool pool = new PacketPool("echo", 4096);
    private final OwnThreadQueues queues = new OwnThreadQueues();
    private final PacketVector packets = new PacketVector();
    private final VirtualFunction vf;

    EmbeddedEcho(final PciDevice device) {
        vf =
                VirtualFunction.open(
                        new VirtualFunctionContext()
                                .device(device)
                                .packetPool(pool)
                                .queueOwner(queues));
        vf.addVlans(VlanSet.range(100, 107), result -> {});
        vf.up();
    }

    int doWork() {
        int work = vf.doWork();
        final QueueSet set = queues.queues();
        if (set != null && vf.state() == LifecycleState.UP) {
            final TxQueue tx = set.tx(0);
            tx.freeDone();
            work += set.rx(0).receive(packets);
            for (int i = 0; i < packets.size(); i++) {
                final long at = pool.bufferOffset(packets.buffer(i)) + packets.offsetBytes(i);
                MacAddress.read(pool.memory(), at + MacAddress.LENGTH_BYTES)
                        .write(pool.memory(), at);
                Objects.requireNonNull(vf.macAddress())
                        .write(pool.memory(), at + MacAddress.LENGTH_BYTES);
            }
            tx.transmit(packets);
            pool.free(packets); // what there was no room for
        }
        return work;
    }

    boolean isUp() {
        return vf.state() == LifecycleState.UP && vf.isLinkUp() && vf.vlans().isSettled();
    }

    VirtualFunction vf() {
        return vf;
    }

    PacketPool pool() {
        return pool;
    }

    @Override
    public void close() {
        vf.close();
        while (!vf.isClosed()) {
            vf.doWork();
        }
        pool.close();
    }
}
