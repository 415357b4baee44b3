package dev.javf.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.iavf.LifecycleState;
import dev.javf.linux.Descriptor;
import dev.javf.linux.EventFd;
import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketPort;
import dev.javf.packet.PacketVector;
import dev.javf.sim.SimulatedDelays;
import dev.javf.sim.SimulatedPhysicalFunction;
import dev.javf.sim.SimulatedPhysicalFunctionContext;
import dev.javf.testing.Seed;
import dev.javf.vfio.InProcessDoor;

import org.agrona.concurrent.SleepingMillisIdleStrategy;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/** A poller that sleeps, on a thread of its own, and everything that has to wake it. */
@Timeout(value = 600, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class InterruptWaitTest {
    private static final int ROUND_TRIPS = 1000;

    private final SimulatedPhysicalFunction simulator =
            new SimulatedPhysicalFunction(
                    new SimulatedPhysicalFunctionContext()
                            .virtualFunctions(2)
                            .nanoClock(System::nanoTime)
                            .delays(SimulatedDelays.TYPICAL));
    private Javfd daemon;
    private FunctionClient left;
    private FunctionClient right;

    @BeforeEach
    void launch() {
        daemon =
                Javfd.launch(
                        new JavfdContext()
                                .simulator(simulator)
                                .interrupts(true)
                                .idleStrategy(() -> new SleepingMillisIdleStrategy(1))
                                .device(new InProcessDoor(simulator.virtualFunction(0)))
                                .device(new InProcessDoor(simulator.virtualFunction(1))));
        left = daemon.function("sim:0/0");
        right = daemon.function("sim:0/1");
    }

    @AfterEach
    void close() {
        daemon.close();
        assertThat(daemon.errorCount()).isZero();
        simulator.close();
    }

    private static <T> T await(final CompletableFuture<T> future) {
        return future.orTimeout(60, TimeUnit.SECONDS).join();
    }

    private static MacAddress mac(final FunctionClient function) {
        return await(function.ask(vf -> Objects.requireNonNull(vf.macAddress())));
    }

    private InterruptWait waiting() {
        return Objects.requireNonNull(daemon.poller().waiting());
    }

    private void up(final FunctionClient function, final PacketPort port) {
        await(function.state(LifecycleState.DOWN));
        final PortBinding binding = new PortBinding(port, 0, mac(function), new PortCounters());
        await(function.ports(List.of(binding)));
        function.up();
        await(function.state(LifecycleState.UP));
    }

    /** One frame at a time, so that before each the poller has reason to sleep. */
    @Test
    void shouldBeWokenByEveryFrameAndEveryPort() {
        exchange(ROUND_TRIPS, new SplittableRandom(1));
    }

    @Test
    @Tag("proof")
    void shouldBeWokenByEachOfManyFrames() {
        Seed.forEach(1, 1, random -> exchange(50_000, random));
    }

    /** Each round is two frames. At random it waits, so that the poller is anywhere by then. */
    private void exchange(final int rounds, final SplittableRandom random) {
        try (EchoPort leftPort = new EchoPort(daemon.packetPool());
                EchoPort rightPort = new EchoPort(daemon.packetPool())) {
            up(left, leftPort);
            up(right, rightPort);
            leftPort.addresses(mac(left), mac(right));
            rightPort.addresses(mac(right), mac(left));
            for (int i = 1; i <= rounds; i++) {
                if (random.nextInt(4) == 0) {
                    LockSupport.parkNanos(random.nextInt(300_000));
                }
                leftPort.send();
                rightPort.await(i);
                rightPort.send();
                leftPort.await(i);
                if (i == rounds / 2) {
                    resetLeft();
                }
            }
            assertThat(waiting().missed().value()).isZero();
            assertThat(waiting().sleeps().value()).isGreaterThan(rounds / 10);
            await(left.ports(List.of()));
            await(right.ports(List.of()));
        }
    }

    /** After a reset the vectors are the same, and armed anew. */
    private void resetLeft() {
        final CompletableFuture<LifecycleState> resetting = left.state(LifecycleState.RESETTING);
        simulator.virtualFunction(0).functionLevelReset();
        await(resetting);
        await(left.state(LifecycleState.UP));
    }

    /** A port whose other end is the test's thread. */
    private static final class EchoPort implements PacketPort {
        private final PacketPool pool;
        private final EventFd arrival = EventFd.create();
        private final AtomicInteger toSend = new AtomicInteger();
        private final AtomicInteger received = new AtomicInteger();
        private volatile MacAddress from = MacAddress.ZERO;
        private volatile MacAddress to = MacAddress.ZERO;

        EchoPort(final PacketPool pool) {
            this.pool = pool;
        }

        void addresses(final MacAddress own, final MacAddress other) {
            from = own;
            to = other;
        }

        void send() {
            toSend.incrementAndGet();
            arrival.signal();
        }

        void await(final int frames) {
            while (received.get() < frames) {
                LockSupport.parkNanos(10_000);
            }
        }

        @Override
        public String name() {
            return "echo";
        }

        @Override
        public Descriptor readiness() {
            return arrival.descriptor();
        }

        @Override
        public int receive(final PacketVector vector) {
            if (toSend.get() == 0) {
                return 0;
            }
            arrival.drain();
            toSend.decrementAndGet();
            final int buffer = pool.allocate();
            final long start = pool.dataOffset(buffer);
            to.write(pool.memory(), start);
            from.write(pool.memory(), start + 6);
            pool.memory().set(ValueLayout.JAVA_SHORT_UNALIGNED, start + 12, (short) 0xB588);
            vector.add(buffer, pool.headroomBytes(), 60, 0, 0, 0);
            return 1;
        }

        @Override
        public int transmit(final PacketVector vector) {
            final int count = vector.size();
            pool.free(vector);
            received.addAndGet(count);
            return count;
        }

        @Override
        public void close() {
            arrival.close();
        }
    }
}
