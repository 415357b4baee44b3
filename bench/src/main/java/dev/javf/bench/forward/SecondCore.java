package dev.javf.bench.forward;

import dev.javf.bench.DeviceRings;
import dev.javf.linux.CpuAffinity;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * The device, in a thread that has a processor to itself: it serves one contestant's rings at a
 * time. And the other end of the probe: how long a cache line takes from this processor to that one
 * and back, which on a virtual machine changes within minutes, and everything that two threads
 * share with it.
 */
final class SecondCore implements AutoCloseable {
    private static final VarHandle WORD = ValueLayout.JAVA_LONG.varHandle();
    private static final int LINE_BYTES = 128;

    /** Round trips of a part of a probe; the fastest of the parts counts. */
    private static final int ROUND_TRIPS = 250;

    private static final int PARTS = 8;

    private final Arena arena = Arena.ofShared();

    /** Odd numbers are questions, the next even one is the answer. */
    private final MemorySegment line = arena.allocate(2 * LINE_BYTES, LINE_BYTES);

    private final Thread thread;
    private volatile @Nullable DeviceRings wanted;
    private volatile @Nullable DeviceRings served;
    private volatile boolean isClosed;
    private long asked;

    /**
     * Starts the thread.
     *
     * @param cpu the processor that it is kept on.
     */
    SecondCore(final int cpu) {
        thread =
                new Thread(
                        () -> {
                            CpuAffinity.pin(cpu);
                            run();
                        },
                        "device");
        thread.setDaemon(true);
        thread.start();
    }

    /**
     * Serves a contestant's rings from now on.
     *
     * @param rings the device's side of them; null for none.
     */
    void serve(final @Nullable DeviceRings rings) {
        wanted = rings;
        while (served != rings) {
            if (!thread.isAlive()) {
                throw new IllegalStateException("the device's thread has ended");
            }
            Thread.onSpinWait();
        }
    }

    /** Nanoseconds of a round trip of a cache line, while nothing is served. */
    double roundTripNs() {
        double fastest = Double.MAX_VALUE;
        for (int part = 0; part < PARTS; part++) {
            final long startNs = System.nanoTime();
            for (int i = 0; i < ROUND_TRIPS; i++) {
                final long answer = asked + 2;
                WORD.setRelease(line, 0L, asked + 1);
                while ((long) WORD.getAcquire(line, 0L) != answer) {
                    // The thread is there: serve() has seen it.
                }
                asked = answer;
            }
            fastest = Math.min(fastest, (double) (System.nanoTime() - startNs) / ROUND_TRIPS);
        }
        return fastest;
    }

    private void run() {
        while (!isClosed) {
            final DeviceRings rings = wanted;
            served = rings;
            if (rings == null) {
                answer();
            } else {
                serveWhileWanted(rings);
            }
        }
    }

    private void serveWhileWanted(final DeviceRings rings) {
        while (wanted == rings) {
            rings.turn();
        }
    }

    private void answer() {
        while (wanted == null && !isClosed) {
            final long question = (long) WORD.getAcquire(line, 0L);
            if ((question & 1) == 1) {
                WORD.setRelease(line, 0L, question + 1);
            }
        }
    }

    @Override
    public void close() {
        isClosed = true;
        wanted = null;
        try {
            thread.join();
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
            return;
        }
        arena.close();
    }
}
