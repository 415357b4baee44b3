package dev.javf.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.daemon.counters.CountersFile;
import dev.javf.daemon.counters.CountersFileWriter;
import dev.javf.iavf.DriverCounterTypes;
import dev.javf.iavf.LifecycleState;
import dev.javf.iavf.TrafficCounters;
import dev.javf.packet.CounterType;
import dev.javf.packet.Counters;
import dev.javf.packet.MacAddress;
import dev.javf.sim.SimulatedDelays;
import dev.javf.sim.SimulatedPhysicalFunction;
import dev.javf.sim.SimulatedPhysicalFunctionContext;
import dev.javf.vfio.InProcessDoor;

import org.agrona.CloseHelper;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;

/** What the daemon counts is in its counters file, at the moment at which it counts it. */
class DaemonCountersTest {
    private static final long CYCLE_NS = 10_000;
    private static final int CYCLES_MAX = 200_000;
    private static final int FRAMES = 100;
    private static final int IPV4 = 0x0800;
    private static final String POLLER = "javf-poller-0";

    @TempDir private Path folder;

    private long nowNs = 1;
    private SimulatedPhysicalFunction simulator;
    private Javfd daemon;
    private CountersFileWriter writer;
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
        simulator =
                new SimulatedPhysicalFunction(
                        new SimulatedPhysicalFunctionContext()
                                .virtualFunctions(2)
                                .nanoClock(() -> nowNs)
                                .delays(SimulatedDelays.TYPICAL));
        writer = CountersFileWriter.create(folder.resolve("c"), 1024, () -> nowNs);
        file = CountersFile.open(writer.path());
        daemon =
                Javfd.launch(
                        new JavfdContext()
                                .invoker(true)
                                .nanoClock(() -> nowNs += CYCLE_NS)
                                .counters(new Places(writer))
                                .simulator(simulator)
                                .device(
                                        new InProcessDoor(simulator.virtualFunction(0)),
                                        settings -> settings.queuePairs(2))
                                .device(new InProcessDoor(simulator.virtualFunction(1))));
    }

    @AfterEach
    void close() {
        daemon.close();
        assertThat(daemon.errorCount()).isZero();
        CloseHelper.closeAll(file, writer, simulator);
    }

    @Test
    void shouldHaveAllCountersInTheFile() {
        carryFrames();
        final FunctionClient left = daemon.function("sim:0/0");
        final FunctionClient right = daemon.function("sim:0/1");
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
        assertThat(beats).isEqualTo(daemon.dutyCycles().getFirst().beats()).isPositive();
        assertThat(nowNs - value(DaemonCounterTypes.LAST_BEAT, POLLER, -1))
                .isBetween(0L, 100 * CYCLE_NS);
        assertThat(sum(DaemonCounterTypes.CYCLE_TIMES, POLLER)).isEqualTo(beats);
        assertThat(value(DaemonCounterTypes.POOL_FREE, POLLER, -1))
                .isEqualTo(daemon.packetPool().available());
        await(left.ports(List.of()));
        await(left.close());
        assertThat(value(DriverCounterTypes.STATE, "sim:0/0", -1))
                .isEqualTo(LifecycleState.CLOSED.code());
        assertThat(file.unplaced()).isZero();
    }

    private void carryFrames() {
        final FunctionClient left = daemon.function("sim:0/0");
        final FunctionClient right = daemon.function("sim:0/1");
        await(left.state(LifecycleState.DOWN));
        await(right.state(LifecycleState.DOWN));
        final MemoryPort sender = new MemoryPort("sender", daemon.packetPool());
        final MemoryPort receiver = new MemoryPort("receiver", daemon.packetPool());
        sender.source(mac(left));
        for (int i = 0; i < FRAMES; i++) {
            sender.arrive(mac(right), IPV4, i);
        }
        up(right, new PortBinding(receiver, 0, mac(right), right.portCounters("receiver")));
        up(left, new PortBinding(sender, 0, mac(left), left.portCounters("sender")));
        for (int i = 0; i < CYCLES_MAX && receiver.left().size() < FRAMES; i++) {
            daemon.doWork();
        }
        // Levels are published each 10 ms.
        for (final long endNs = nowNs + 50_000_000; nowNs < endNs; ) {
            daemon.doWork();
        }
        assertThat(receiver.left()).hasSize(FRAMES);
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

    private MacAddress mac(final FunctionClient function) {
        return await(function.ask(vf -> Objects.requireNonNull(vf.macAddress())));
    }

    private void up(final FunctionClient function, final PortBinding binding) {
        await(function.ports(List.of(binding)));
        function.up();
        await(function.state(LifecycleState.UP));
    }

    private <T> T await(final CompletableFuture<T> future) {
        for (int i = 0; i < CYCLES_MAX && !future.isDone(); i++) {
            daemon.doWork();
        }
        assertThat(future).isCompleted();
        return future.join();
    }
}
