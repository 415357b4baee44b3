package dev.javf.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.daemon.simulated.SimulatedDaemon;
import dev.javf.daemon.simulated.SimulatedDaemonContext;
import dev.javf.linux.Descriptor;
import dev.javf.linux.EventFd;
import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketPort;
import dev.javf.packet.PacketVector;
import dev.javf.testing.Seed;

import org.agrona.concurrent.SleepingMillisIdleStrategy;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/** A poller that sleeps, on a thread of its own, and everything that has to wake it. */
@Timeout(value = 600, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class InterruptWaitTest {
    private static final int ROUND_TRIPS = 1000;

    private final SimulatedDaemon system =
            new SimulatedDaemonContext()
                    .threads(true)
                    .daemon(context ->
                            context.interrupts(true)
                                    .idleStrategy(() -> new SleepingMillisIdleStrategy(1)))
                    .launch();
    private final FunctionClient left = system.left();
    private final FunctionClient right = system.right();

    @AfterEach
    void close() {
        system.close();
    }

    private InterruptWait waiting() {
        return Objects.requireNonNull(system.daemon().poller().waiting());
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
        try (EchoPort leftPort = new EchoPort(system.daemon().packetPool());
                EchoPort rightPort = new EchoPort(system.daemon().packetPool())) {
            system.up(left, system.bind(left, leftPort, 0));
            system.up(right, system.bind(right, rightPort, 0));
            // A frame, port or command that doesn't wake it stays where it is.
            waiting().sleepForGood();
            leftPort.addresses(system.mac(left), system.mac(right));
            rightPort.addresses(system.mac(right), system.mac(left));
            for (int i = 1; i <= rounds; i++) {
                if (random.nextInt(4) == 0) {
                    LockSupport.parkNanos(random.nextInt(300_000));
                }
                leftPort.send();
                awaitFrames(rightPort, i);
                rightPort.send();
                awaitFrames(leftPort, i);
                if (i == rounds / 2) {
                    // After a reset the vectors are the same, and armed anew.
                    system.reset(left);
                }
            }
            system.await(left.ports(List.of()));
            system.await(right.ports(List.of()));
        }
        assertThat(waiting().sleeps().value()).isGreaterThan(rounds / 10);
    }

    private void awaitFrames(final EchoPort port, final int frames) {
        system.awaitUntil("frame " + frames, () -> port.received() >= frames);
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

        int received() {
            return received.get();
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
