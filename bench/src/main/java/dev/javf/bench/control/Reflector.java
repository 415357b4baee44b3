package dev.javf.bench.control;

import dev.javf.iavf.QueueOwner;
import dev.javf.iavf.QueueSet;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketVector;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Polls a function's queues and sends every frame back to where it came from. */
final class Reflector implements QueueOwner {
    private static final int MAC_BYTES = 6;

    private final PacketVector burst = new PacketVector();
    private @Nullable QueueSet queues;

    @Override
    public void prepare(final QueueSet given, final Runnable done) {
        start(given);
        queues = given;
        done.run();
    }

    @Override
    public void revoke(final QueueSet taken, final Runnable done) {
        queues = null;
        done.run();
    }

    @Override
    public void reclaim(final QueueSet taken, final Runnable done) {
        takeBuffers(taken);
        done.run();
    }

    static void start(final QueueSet queues) {
        for (int i = 0; i < queues.pairs(); i++) {
            queues.rx(i).start();
            queues.tx(i).start();
        }
    }

    static void takeBuffers(final QueueSet queues) {
        for (int i = 0; i < queues.pairs(); i++) {
            queues.rx(i).reclaim();
            queues.tx(i).reclaim();
        }
    }

    void doWork() {
        final QueueSet polled = queues;
        if (polled == null) {
            return;
        }
        for (int i = 0; i < polled.pairs(); i++) {
            polled.tx(i).freeDone();
            if (polled.rx(i).receive(burst) > 0) {
                for (int packet = 0; packet < burst.size(); packet++) {
                    turnAround(polled.pool(), packet);
                }
                polled.tx(i).transmit(burst);
                polled.pool().free(burst);
            }
        }
    }

    private void turnAround(final PacketPool pool, final int packet) {
        final MemorySegment memory = pool.memory();
        final long at = pool.bufferOffset(burst.buffer(packet)) + burst.offsetBytes(packet);
        for (int i = 0; i < MAC_BYTES; i++) {
            final byte destination = memory.get(ValueLayout.JAVA_BYTE, at + i);
            final byte source = memory.get(ValueLayout.JAVA_BYTE, at + MAC_BYTES + i);
            memory.set(ValueLayout.JAVA_BYTE, at + i, source);
            memory.set(ValueLayout.JAVA_BYTE, at + MAC_BYTES + i, destination);
        }
    }
}
