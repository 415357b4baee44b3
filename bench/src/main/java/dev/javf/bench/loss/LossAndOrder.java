package dev.javf.bench.loss;

import dev.javf.bench.ChildJvm;
import dev.javf.daemon.FunctionClient;
import dev.javf.daemon.Javfd;
import dev.javf.daemon.simulated.SimulatedDaemon;
import dev.javf.daemon.simulated.SimulatedDaemonContext;
import dev.javf.iavf.RxQueue;
import dev.javf.packet.Ethernet;
import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketPort;
import dev.javf.packet.PacketVector;
import dev.javf.virtchnl.VlanSet;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/**
 * {@code ./javf bench loss [FRAMES]}: frames of all sizes from a port through the daemon, a VF, the
 * simulated switch, another VF and the daemon to another port; every byte of each is compared. One
 * thread under a virtual clock.
 */
public final class LossAndOrder {
    /** The name on the command line. */
    public static final String NAME = "loss";

    private static final int FRAME_BYTES_MIN = 60;
    private static final int FRAME_BYTES_MAX = 9720;
    static final int SIZES = FRAME_BYTES_MAX - FRAME_BYTES_MIN + 1;

    /** Frames on their way at most: the receiving ring has descriptors for all of them. */
    private static final int WINDOW = 64;

    private static final int VLAN = 100;
    private static final int CYCLES_MAX = 1_000_000;
    private static final int PATTERN_BYTES = 1 << 16;

    private static final MemorySegment PATTERN = pattern();

    private static final long FRAMES = 100_000_000;
    private static final com.sun.management.ThreadMXBean THREADS =
            (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();

    private LossAndOrder() {}

    /**
     * What came of it.
     *
     * @param frames sent and received.
     * @param misplaced of them lost, doubled or out of order.
     * @param damaged with a wrong byte.
     * @param allocatedBytes by the whole system, after every size was there once.
     */
    record Result(long frames, long misplaced, long damaged, long allocatedBytes) {}

    /**
     * Runs it in a JVM like that of the daemon.
     *
     * @param arguments after the name: how many frames, 100 million unless given.
     * @throws IOException when the JVM can't be started, or a frame was lost or damaged.
     */
    public static void main(final String[] arguments) throws IOException {
        final long frames = arguments.length > 1 ? Long.parseLong(arguments[1]) : FRAMES;
        if (frames < 1) {
            throw new IllegalArgumentException("frames " + frames + ": must be more than 0");
        }
        if (!ChildJvm.isOne()) {
            ChildJvm.run(LossAndOrder.class, NAME, Long.toString(frames));
            return;
        }
        final long startNs = System.nanoTime();
        final Result result = carry(frames, Javfd::doWork);
        System.out.printf(
                Locale.ROOT,
                "%d frames of %d to %d bytes in %.0f s: %d lost, doubled or out of order; %d"
                        + " damaged; %d bytes allocated%n",
                result.frames(),
                FRAME_BYTES_MIN,
                FRAME_BYTES_MAX,
                (System.nanoTime() - startNs) / 1e9,
                result.misplaced(),
                result.damaged(),
                result.allocatedBytes());
        if (result.misplaced() + result.damaged() != 0) {
            throw new IOException("not every frame arrived as it was sent");
        }
    }

    private static MemorySegment pattern() {
        final byte[] bytes = new byte[PATTERN_BYTES];
        new SplittableRandom(1).nextBytes(bytes);
        return Arena.global().allocate(PATTERN_BYTES).copyFrom(MemorySegment.ofArray(bytes));
    }

    /** Neighbouring frames differ in size; after {@link #SIZES} frames every size was there. */
    private static int lengthOf(final long number) {
        return FRAME_BYTES_MIN + (int) (number * 7919 % SIZES);
    }

    private static long patternOffset(final long number) {
        return number * 61 % (PATTERN_BYTES - FRAME_BYTES_MAX);
    }

    /**
     * Sends frames and looks at each that arrives.
     *
     * @param frames how many.
     * @param cycle what is done in turn, at least the daemon's duty cycle.
     * @throws IllegalStateException when there were errors, or buffers didn't come back.
     */
    static Result carry(final long frames, final Consumer<Javfd> cycle) {
        try (SimulatedDaemon system =
                new SimulatedDaemonContext()
                        .functions(
                                settings -> settings.maxFrameBytes(FRAME_BYTES_MAX),
                                settings -> settings.maxFrameBytes(FRAME_BYTES_MAX))
                        .launch()) {
            final Javfd daemon = system.daemon();
            final Pair pair = new Pair(daemon.packetPool());
            for (final FunctionClient function : daemon.functions()) {
                system.await(function.addVlans(VlanSet.of(VLAN)));
            }
            pair.from = system.mac(system.left());
            pair.to = system.mac(system.right());
            system.up(system.left(), system.bind(system.left(), pair.source(), VLAN));
            system.up(system.right(), system.bind(system.right(), pair.sink(), VLAN));
            pair.limit = Math.min(frames, SIZES);
            pump(daemon, pair, cycle);
            pair.limit = frames;
            final long before = THREADS.getCurrentThreadAllocatedBytes();
            pump(daemon, pair, cycle);
            final long allocated = THREADS.getCurrentThreadAllocatedBytes() - before;
            return new Result(pair.received, pair.misplaced, pair.damaged, allocated);
        }
    }

    private static void pump(final Javfd daemon, final Pair pair, final Consumer<Javfd> cycle) {
        int cycles = 0;
        long seen = pair.received;
        while (pair.received < pair.limit) {
            cycle.accept(daemon);
            if (pair.received != seen) {
                seen = pair.received;
                cycles = 0;
            } else if (++cycles > CYCLES_MAX) {
                throw new IllegalStateException(
                        "nothing arrives after " + seen + " frames of " + pair.limit);
            }
        }
    }

    /** Both ends: one makes frames, the other one knows what they must be. */
    private static final class Pair {
        private final PacketPool pool;
        private final int[] pieces = new int[RxQueue.PIECES_MAX];
        private MacAddress from = MacAddress.ZERO;
        private MacAddress to = MacAddress.ZERO;
        private long limit;
        private long sent;
        private long received;
        private long misplaced;
        private long damaged;

        Pair(final PacketPool pool) {
            this.pool = pool;
        }

        PacketPort source() {
            return new End("source") {
                @Override
                public int receive(final PacketVector vector) {
                    int count = 0;
                    while (vector.room() > 0 && sent < limit && sent - received < WINDOW) {
                        make(vector, sent++);
                        count++;
                    }
                    return count;
                }
            };
        }

        PacketPort sink() {
            return new End("sink") {
                @Override
                public int transmit(final PacketVector vector) {
                    final int count = vector.size();
                    for (int i = 0; i < count; i++) {
                        check(vector, i, received++);
                    }
                    pool.free(vector);
                    return count;
                }
            };
        }

        private void make(final PacketVector vector, final long number) {
            final int length = lengthOf(number);
            final int capacity = pool.dataCapacityBytes();
            final int buffers = (length + capacity - 1) / capacity;
            pool.allocate(pieces, 0, buffers);
            long pattern = patternOffset(number);
            for (int i = 0, left = length; i < buffers; i++, left -= capacity) {
                final int bytes = Math.min(left, capacity);
                MemorySegment.copy(
                        PATTERN, pattern, pool.memory(), pool.dataOffset(pieces[i]), bytes);
                pattern += bytes;
                if (i == 0) {
                    pool.begin(pieces[0]);
                } else {
                    pool.append(pieces[i - 1], pieces[i], pool.headroomBytes(), bytes);
                }
            }
            final long start = pool.dataOffset(pieces[0]);
            to.write(pool.memory(), start);
            from.write(pool.memory(), start + Ethernet.SOURCE_OFFSET);
            final long type = start + Ethernet.TYPE_OFFSET;
            pool.memory().set(ValueLayout.JAVA_SHORT_UNALIGNED, type, (short) 0xB588);
            pool.memory().set(ValueLayout.JAVA_LONG_UNALIGNED, type + 2, number);
            final int first = Math.min(length, capacity);
            if (buffers == 1) {
                vector.add(pieces[0], pool.headroomBytes(), first, 0, 0, 0);
            } else {
                final int further = length - first;
                vector.addSegmented(pieces[0], pool.headroomBytes(), first, further, 0, 0, 0);
            }
        }

        private void check(final PacketVector vector, final int i, final long number) {
            int buffer = vector.buffer(i);
            long at = pool.bufferOffset(buffer) + vector.offsetBytes(i);
            int bytes = vector.lengthBytes(i);
            final long numberAt = at + Ethernet.HEADER_BYTES;
            if (pool.memory().get(ValueLayout.JAVA_LONG_UNALIGNED, numberAt) != number
                    || vector.totalBytes(i) != lengthOf(number)) {
                misplaced++;
                return;
            }
            // Behind addresses, type and number the pattern goes on.
            final int head = Ethernet.HEADER_BYTES + Long.BYTES;
            long pattern = patternOffset(number) + head;
            at += head;
            bytes -= head;
            int left = vector.totalBytes(i) - head;
            boolean isGood = true;
            while (true) {
                isGood &=
                        MemorySegment.mismatch(
                                        pool.memory(),
                                        at,
                                        at + bytes,
                                        PATTERN,
                                        pattern,
                                        pattern + bytes)
                                < 0;
                pattern += bytes;
                left -= bytes;
                if (left == 0) {
                    break;
                }
                buffer = pool.next(buffer);
                at = pool.bufferOffset(buffer) + pool.pieceOffsetBytes(buffer);
                bytes = pool.pieceLengthBytes(buffer);
            }
            damaged += isGood ? 0 : 1;
        }

        /** A port that only does one of the two. */
        private abstract class End implements PacketPort {
            private final String name;

            End(final String name) {
                this.name = name;
            }

            @Override
            public String name() {
                return name;
            }

            @Override
            public int receive(final PacketVector vector) {
                return 0;
            }

            @Override
            public int transmit(final PacketVector vector) {
                final int count = vector.size();
                pool.free(vector);
                return count;
            }

            @Override
            public void close() {}
        }
    }
}
