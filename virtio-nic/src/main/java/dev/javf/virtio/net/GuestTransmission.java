package dev.javf.virtio.net;

import dev.javf.packet.PacketVector;
import dev.javf.virtio.queue.Virtqueue;

/** What the guest transmits, from all its pairs in turns. For the poller's thread. */
final class GuestTransmission {
    private final NetQueues queues;
    private final NetCounters counters;
    private int nextPair;

    GuestTransmission(final NetQueues queues, final NetCounters counters) {
        this.queues = queues;
        this.counters = counters;
    }

    void reset() {
        nextPair = 0;
    }

    /** As {@link dev.javf.packet.PacketPort#receive}. */
    int take(final PacketVector vector) {
        if (!queues.isRunning()) {
            return 0;
        }
        final int before = vector.size();
        final int pairs = Math.min(queues.activePairs(), queues.pairs());
        long bytes = 0;
        for (int i = 0; i < pairs && vector.room() > 0 && queues.isLive(); i++) {
            nextPair = nextPair + 1 >= pairs ? 0 : nextPair + 1;
            bytes += take(vector, nextPair);
        }
        final int packets = vector.size() - before;
        if (packets > 0) {
            counters.rxPackets().add(packets);
            counters.rxBytes().add(bytes);
        }
        return packets;
    }

    private long take(final PacketVector vector, final int pair) {
        final TransmitRing ring = queues.transmitRing(pair);
        final Virtqueue queue = ring.queue();
        final int index = NetQueues.transmitIndex(pair);
        if (!queue.begin()) {
            queues.check(index, queue);
            return 0;
        }
        final long bytes = ring.take(vector);
        queues.publish(index, queue);
        return bytes;
    }
}
