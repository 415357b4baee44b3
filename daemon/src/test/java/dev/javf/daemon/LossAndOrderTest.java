package dev.javf.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.iavf.LifecycleState;
import dev.javf.iavf.RxQueue;
import dev.javf.packet.Ethernet;
import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketPort;
import dev.javf.packet.PacketVector;
import dev.javf.sim.SimulatedDelays;
import dev.javf.sim.SimulatedPhysicalFunction;
import dev.javf.sim.SimulatedPhysicalFunctionContext;
import dev.javf.testing.Allocations;
import dev.javf.vfio.InProcessDoor;
import dev.javf.virtchnl.VlanSet;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;

/**
 * Frames of all sizes from a port through the daemon, a VF, the simulated switch, another VF and
 * the daemon to another port; every byte of each is compared. {@code -Djavf.test.frames} sets how
 * many.
 */
class LossAndOrderTest {
    private static final int FRAME_BYTES_MIN = 60;
    private static final int FRAME_BYTES_MAX = 9720;
    private static final int SIZES = FRAME_BYTES_MAX - FRAME_BYTES_MIN + 1;

    /** Frames on their way at most: the receiving ring has descriptors for all of them. */
    private static final int WINDOW = 64;

    private static final int VLAN = 100;
    private static final long CYCLE_NS = 10_000;
    private static final int CYCLES_MAX = 1_000_000;
    private static final int PATTERN_BYTES = 1 << 16;

    private static final MemorySegment PATTERN = pattern();

    private long nowNs = 1;

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

    @Test
    void shouldLoseNoFrameOfAnySize() {
        carry(Long.getLong("javf.test.frames", 3 * SIZES));
    }

    @Test
    @Tag("proof")
    void shouldLoseNoneOfMillions() {
        carry(Long.getLong("javf.test.frames", 2_000_000));
    }

    private void carry(final long frames) {
        final SimulatedPhysicalFunction simulator =
                new SimulatedPhysicalFunction(
                        new SimulatedPhysicalFunctionContext()
                                .virtualFunctions(2)
                                .nanoClock(() -> nowNs)
                                .delays(SimulatedDelays.TYPICAL));
        final Javfd daemon =
                Javfd.launch(
                        new Javfd.Context()
                                .invoker(true)
                                .nanoClock(() -> nowNs += CYCLE_NS)
                                .simulator(simulator)
                                .device(
                                        new InProcessDoor(simulator.virtualFunction(0)),
                                        settings -> settings.maxFrameBytes(FRAME_BYTES_MAX))
                                .device(
                                        new InProcessDoor(simulator.virtualFunction(1)),
                                        settings -> settings.maxFrameBytes(FRAME_BYTES_MAX)));
        final PacketPool pool = daemon.packetPool();
        final FunctionClient left = daemon.function("sim:0/0");
        final FunctionClient right = daemon.function("sim:0/1");
        final Pair pair = new Pair(pool);
        for (final FunctionClient function : List.of(left, right)) {
            await(daemon, function.state(LifecycleState.DOWN));
            await(daemon, function.addVlans(VlanSet.of(VLAN)));
        }
        pair.from = mac(daemon, left);
        pair.to = mac(daemon, right);
        up(daemon, left, pair.source(), pair.from);
        up(daemon, right, pair.sink(), pair.to);
        pair.limit = Math.min(frames, SIZES);
        pump(daemon, simulator, pair);
        final long warmUp = pair.limit;
        pair.limit = frames;
        long allocated = 0;
        while (pair.received < frames) {
            allocated += Allocations.of(daemon.poller()::doWork);
            nowNs += CYCLE_NS;
            simulator.doWork(nowNs);
        }
        assertThat(pair.misplaced).as("frames lost, doubled or out of order").isZero();
        assertThat(pair.damaged).as("frames with a wrong byte").isZero();
        if (frames >= 100L * warmUp) {
            assertThat(allocated).as("bytes allocated after the warm-up").isLessThan(frames / 100);
        }
        daemon.close();
        assertThat(pool.available()).as("every buffer came back").isEqualTo(pool.capacity());
        assertThat(daemon.errorCount()).isZero();
        simulator.close();
    }

    private void pump(
            final Javfd daemon, final SimulatedPhysicalFunction simulator, final Pair pair) {
        while (pair.received < pair.limit) {
            daemon.poller().doWork();
            nowNs += CYCLE_NS;
            simulator.doWork(nowNs);
        }
    }

    private static void up(
            final Javfd daemon,
            final FunctionClient function,
            final PacketPort port,
            final MacAddress mac) {
        await(
                daemon,
                function.ports(List.of(new PortBinding(port, VLAN, mac, new PortCounters()))));
        function.up();
        await(daemon, function.state(LifecycleState.UP));
    }

    private static MacAddress mac(final Javfd daemon, final FunctionClient function) {
        return await(daemon, function.ask(vf -> Objects.requireNonNull(vf.macAddress())));
    }

    private static <T> T await(final Javfd daemon, final CompletableFuture<T> future) {
        for (int i = 0; i < CYCLES_MAX && !future.isDone(); i++) {
            daemon.doWork();
        }
        assertThat(future).isCompleted();
        return future.join();
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
