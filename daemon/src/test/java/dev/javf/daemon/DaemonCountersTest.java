package dev.javf.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.daemon.counters.CountersFile;
import dev.javf.daemon.counters.CountersFileWriter;
import dev.javf.daemon.simulated.SimulatedDaemon;
import dev.javf.daemon.simulated.SimulatedDaemonContext;
import dev.javf.iavf.DriverCounterTypes;
import dev.javf.iavf.LifecycleState;
import dev.javf.iavf.TrafficCounters;
import dev.javf.packet.CounterType;
import dev.javf.packet.Counters;

import org.agrona.CloseHelper;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;

/** What the daemon counts is in its counters file, at the moment at which it counts it. */
class DaemonCountersTest {
    private static final int FRAMES = 100;
    private static final int IPV4 = 0x0800;
    private static final String POLLER = "javf-poller-0";

    @TempDir private Path folder;

    private SimulatedDaemon system;
    private @Nullable CountersFileWriter writer;
    private CountersFile file;

    private record Places(CountersFileWriter writer) implements CounterPlaces {
        @Override
        public Counters function(final String device) {
            return writer.of(device);
        }

        @Override
        public Counters port(final String device, final String port) {
            return writer.of(device + "/" + port);
        }

        @Override
        public Counters thread(final String name) {
            return writer.of(name);
        }
    }

    @BeforeEach
    void launch() {
        system =
                new SimulatedDaemonContext()
                        .daemon((context, clock) -> {
                            final CountersFileWriter created =
                                    CountersFileWriter.create(folder.resolve("c"), 1024, clock);
                            writer = created;
                            return context.counters(new Places(created));
                        })
                        .functions(settings -> settings.queuePairs(2), UnaryOperator.identity())
                        .launch();
        file = CountersFile.open(folder.resolve("c"));
    }

    @AfterEach
    void close() {
        CloseHelper.closeAll(system, file, writer);
    }

    @Test
    void shouldHaveAllCountersInTheFile() {
        carryFrames();
        final FunctionClient left = system.left();
        final FunctionClient right = system.right();
        assertSame(left);
        assertSame(right);
        assertThat(value(DriverCounterTypes.STATE, "sim:0/0", -1))
                .isEqualTo(LifecycleState.UP.code());
        assertThat(value(DriverCounterTypes.LINK, "sim:0/0", -1)).isEqualTo(1);
        assertThat(sum(DriverCounterTypes.TX_PACKETS, "sim:0/0")).isEqualTo(FRAMES);
        assertThat(sum(DriverCounterTypes.RX_PACKETS, "sim:0/1")).isEqualTo(FRAMES);
        assertThat(value(DriverCounterTypes.RX_POSTED, "sim:0/1", 0)).isEqualTo(508);
        assertThat(value(DriverCounterTypes.RX_READY, "sim:0/1", 0)).isZero();
        assertThat(value(DriverCounterTypes.RX_RING, "sim:0/1", 0)).isEqualTo(512);
        final long beats = value(DaemonCounterTypes.BEATS, POLLER, -1);
        assertThat(beats).isEqualTo(system.daemon().dutyCycles().getFirst().beats()).isPositive();
        assertThat(system.clock().nanoTime() - value(DaemonCounterTypes.LAST_BEAT, POLLER, -1))
                .isBetween(0L, 100 * SimulatedDaemon.CYCLE_NS);
        assertThat(sum(DaemonCounterTypes.CYCLE_TIMES, POLLER)).isEqualTo(beats);
        assertThat(value(DaemonCounterTypes.POOL_FREE, POLLER, -1))
                .isEqualTo(system.daemon().packetPool().available());
        system.await(left.ports(List.of()));
        system.await(left.close());
        assertThat(value(DriverCounterTypes.STATE, "sim:0/0", -1))
                .isEqualTo(LifecycleState.CLOSED.code());
        assertThat(file.unplaced()).isZero();
    }

    private void carryFrames() {
        final FunctionClient left = system.left();
        final FunctionClient right = system.right();
        final MemoryPort sender = MemoryPort.of(system, left, "sender");
        final MemoryPort receiver = MemoryPort.of(system, right, "receiver");
        for (int i = 0; i < FRAMES; i++) {
            sender.arrive(system.mac(right), IPV4, i);
        }
        up(right, receiver);
        up(left, sender);
        system.awaitUntil("all frames", () -> receiver.left().size() >= FRAMES);
        // Levels are published each 10 ms.
        system.run((int) (50_000_000 / SimulatedDaemon.CYCLE_NS));
        assertThat(receiver.left()).hasSize(FRAMES);
    }

    private void up(final FunctionClient function, final MemoryPort port) {
        final PortCounters counters = function.portCounters(port.name());
        system.up(function, new PortBinding(port, 0, system.mac(function), counters));
    }

    private void assertSame(final FunctionClient function) {
        final TrafficCounters traffic = function.monitor().traffic();
        for (int queue = 0; queue < traffic.queueCount(); queue++) {
            final String owner = function.name();
            assertThat(value(DriverCounterTypes.RX_PACKETS, owner, queue))
                    .isEqualTo(traffic.rxPackets(queue));
            assertThat(value(DriverCounterTypes.RX_BYTES, owner, queue))
                    .isEqualTo(traffic.rxBytes(queue));
            assertThat(value(DriverCounterTypes.RX_EMPTY_POLLS, owner, queue))
                    .isEqualTo(traffic.rxEmptyPolls(queue))
                    .isPositive();
            assertThat(value(DriverCounterTypes.TX_BYTES, owner, queue))
                    .isEqualTo(traffic.txBytes(queue));
        }
        assertThat(sum(DriverCounterTypes.RX_BURST_SIZES, function.name()))
                .isEqualTo(sum(DriverCounterTypes.RX_BURSTS, function.name()));
        assertThat(sum(DriverCounterTypes.TX_BURST_SIZES, function.name()))
                .isEqualTo(sum(DriverCounterTypes.TX_BURSTS, function.name()));
    }

    private long value(final CounterType type, final String owner, final int index) {
        return file.entries().stream()
                .filter(entry -> entry.type() == type.id() && entry.owner().equals(owner))
                .filter(entry -> entry.index() == index)
                .findFirst()
                .orElseThrow()
                .value();
    }

    private long sum(final CounterType type, final String owner) {
        return file.entries().stream()
                .filter(entry -> entry.type() == type.id() && entry.owner().equals(owner))
                .mapToLong(CountersFile.Entry::value)
                .sum();
    }
}
