package dev.javf.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.javf.iavf.LifecycleState;
import dev.javf.packet.Ethernet;
import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketPort;
import dev.javf.packet.PacketVector;
import dev.javf.sim.SimulatedDelays;
import dev.javf.sim.SimulatedPhysicalFunction;
import dev.javf.sim.SimulatedPhysicalFunctionContext;
import dev.javf.sim.SimulatedVirtualFunction;
import dev.javf.testing.Allocations;
import dev.javf.vfio.InProcessDoor;
import dev.javf.virtchnl.VlanRequestResult;
import dev.javf.virtchnl.VlanSet;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;

/**
 * The whole system on one thread and under a virtual clock: two virtual functions, their driver,
 * conductor, poller and ports, against the simulated PF.
 */
class SystemTest {
    private static final long CYCLE_NS = 10_000;
    private static final int CYCLES_MAX = 1_000_000;
    private static final int IPV4 = 0x0800;

    private long nowNs = 1;
    private final SimulatedPhysicalFunction simulator =
            new SimulatedPhysicalFunction(
                    new SimulatedPhysicalFunctionContext()
                            .virtualFunctions(2)
                            .nanoClock(() -> nowNs)
                            .delays(SimulatedDelays.TYPICAL));
    private Javfd daemon;
    private FunctionClient left;
    private FunctionClient right;

    @BeforeEach
    void launch() {
        daemon =
                Javfd.launch(
                        new JavfdContext()
                                .invoker(true)
                                .nanoClock(() -> nowNs += CYCLE_NS)
                                .simulator(simulator)
                                .device(new InProcessDoor(simulator.virtualFunction(0)))
                                .device(new InProcessDoor(simulator.virtualFunction(1))));
        left = daemon.function("sim:0/0");
        right = daemon.function("sim:0/1");
        await(left.state(LifecycleState.DOWN));
        await(right.state(LifecycleState.DOWN));
    }

    @AfterEach
    void close() {
        final PacketPool pool = daemon.packetPool();
        daemon.close();
        assertThat(daemon.errorCount()).isZero();
        assertThat(pool.available()).as("every buffer came back").isEqualTo(pool.capacity());
        for (final SimulatedVirtualFunction function : simulator.virtualFunctions()) {
            assertThat(function.dma().faults()).isEmpty();
        }
        simulator.close();
    }

    private <T> T await(final CompletableFuture<T> future) {
        for (int i = 0; i < CYCLES_MAX && !future.isDone(); i++) {
            daemon.doWork();
        }
        assertThat(future).isCompleted();
        return future.join();
    }

    private void run(final int cycles) {
        for (int i = 0; i < cycles; i++) {
            daemon.doWork();
        }
    }

    private VlanSet acknowledged(final FunctionClient function) {
        return await(function.ask(vf -> vf.vlans().acknowledged(Ethernet.TPID_8021Q)));
    }

    private MacAddress mac(final FunctionClient function) {
        return await(function.ask(vf -> Objects.requireNonNull(vf.macAddress())));
    }

    private MemoryPort port(final String name) {
        return new MemoryPort(name, daemon.packetPool());
    }

    private void up(final FunctionClient function, final PortBinding... bindings) {
        await(function.ports(List.of(bindings)));
        function.up();
        await(function.state(LifecycleState.UP));
    }

    private PortBinding bind(final FunctionClient function, final PacketPort port, final int vlan) {
        if (port instanceof final MemoryPort memoryPort) {
            memoryPort.source(mac(function));
        }
        return new PortBinding(port, vlan, mac(function), new PortCounters());
    }

    /** Fills the ring before the PF has enabled it, when the device takes no doorbells yet. */
    @Test
    void shouldSendAllThatWaitedForTheQueues() {
        final int waiting = 600;
        final MemoryPort leftPort = port("left");
        final MemoryPort rightPort = port("right");
        up(right, bind(right, rightPort, 0));
        final PortBinding binding = bind(left, leftPort, 0);
        for (int i = 0; i < waiting; i++) {
            leftPort.arrive(mac(right), IPV4, i);
        }
        up(left, binding);
        run(1000);
        assertThat(rightPort.left()).hasSize(waiting);
    }

    @Test
    void shouldCarryFramesAcrossEachVlanAndLeakNone() {
        final VlanSet vlans = VlanSet.range(100, 107);
        assertThat(await(left.addVlans(vlans)).isSuccess()).isTrue();
        assertThat(await(right.addVlans(vlans)).isSuccess()).isTrue();
        final MemoryPort[] leftPorts = new MemoryPort[8];
        final MemoryPort[] rightPorts = new MemoryPort[8];
        final PortBinding[] leftBindings = new PortBinding[8];
        final PortBinding[] rightBindings = new PortBinding[8];
        for (int i = 0; i < 8; i++) {
            leftPorts[i] = port("left" + i);
            rightPorts[i] = port("right" + i);
            leftBindings[i] = bind(left, leftPorts[i], 100 + i);
            rightBindings[i] = bind(right, rightPorts[i], 100 + i);
        }
        up(left, leftBindings);
        up(right, rightBindings);

        for (int i = 0; i < 8; i++) {
            leftPorts[i].arrive(mac(right), IPV4, 1000 + i);
            leftPorts[i].arrive(MacAddress.BROADCAST, IPV4, 2000 + i);
        }
        run(100);

        for (int i = 0; i < 8; i++) {
            // Frame numbers make the source addresses irrelevant: what matters is where they come
            // out.
            assertThat(rightPorts[i].left()).containsExactly(1000 + i, 2000 + i);
            assertThat(leftPorts[i].left()).isEmpty();
        }
    }

    @Test
    void shouldRefuseTheNinthVlanOfAFunctionThatIsNotTrustedAndKeepTheOthers() {
        assertThat(await(left.addVlans(VlanSet.range(100, 107))).isSuccess()).isTrue();
        final VlanRequestResult result = await(left.addVlans(VlanSet.of(108)));

        assertThat(result.rejected()).isEqualTo(VlanSet.of(108));
        assertThat(result.rejections().getFirst().remedy())
                .isEqualTo(
                        "VF is not trusted and its 8 user VLANs are used: ip link set PF vf N trust"
                                + " on");
        assertThat(acknowledged(left)).isEqualTo(VlanSet.range(100, 107));
    }

    @Test
    void shouldKeepItsVlansWhenItGoesDownAndUp() {
        await(left.addVlans(VlanSet.range(100, 103)));
        up(left);
        left.down();
        await(left.state(LifecycleState.DOWN));
        await(left.addVlans(VlanSet.of(200)));
        left.up();
        await(left.state(LifecycleState.UP));

        assertThat(acknowledged(left)).isEqualTo(VlanSet.parse("100-103,200"));
    }

    @Test
    void shouldComeBackWithItsVlansAfterAReset() {
        final MemoryPort leftPort = port("left");
        final MemoryPort rightPort = port("right");
        await(left.addVlans(VlanSet.of(100)));
        await(right.addVlans(VlanSet.of(100)));
        up(left, bind(left, leftPort, 100));
        up(right, bind(right, rightPort, 100));
        final CompletableFuture<LifecycleState> resetting = left.state(LifecycleState.RESETTING);

        simulator.virtualFunction(0).functionLevelReset();
        await(resetting);
        await(left.state(LifecycleState.UP));
        run(1000);

        assertThat(acknowledged(left)).isEqualTo(VlanSet.of(100));
        leftPort.arrive(mac(right), IPV4, 7);
        rightPort.arrive(mac(left), IPV4, 8);
        run(100);
        assertThat(rightPort.left()).containsExactly(7);
        assertThat(leftPort.left()).containsExactly(8);
    }

    @Test
    void shouldNotAllocateOnThePollersThread() {
        await(left.addVlans(VlanSet.of(100)));
        await(right.addVlans(VlanSet.of(100)));
        final Source source = new Source(daemon.packetPool());
        final Sink sink = new Sink(daemon.packetPool());
        up(left, bind(left, source, 100));
        up(right, bind(right, sink, 100));
        source.prepare(mac(left), mac(right));

        // Only the poller's duty cycles count; the simulator's run between them. The first rounds
        // warm it up: the
        // compiler's own changes of mind cost a few bytes, once.
        long allocated = Long.MAX_VALUE;
        int rounds = 0;
        while (allocated > 0 && rounds < 5) {
            allocated = pump(source, sink, 1_000_000);
            rounds++;
        }

        assertThat(allocated).as("bytes for 10^6 packets, each received and sent").isZero();
        assertThat(sink.packets).isEqualTo(rounds * 1_000_000);
        assertThat(sink.misplaced).as("in order").isZero();
    }

    private long pump(final Source source, final Sink sink, final int packets) {
        final int target = sink.packets + packets;
        source.credit = packets;
        final long[] allocated = {0};
        while (sink.packets < target) {
            allocated[0] += Allocations.of(daemon.poller()::doWork);
            nowNs += CYCLE_NS;
            simulator.doWork(nowNs);
        }
        return allocated[0];
    }

    @Test
    void shouldNameWhatIsWrongWithItsContext() {
        assertThatThrownBy(() -> Javfd.launch(new JavfdContext()))
                .hasMessage("a daemon needs at least one device to drive");
        assertThatThrownBy(() ->
                        Javfd.launch(
                                new JavfdContext()
                                        .packetBuffers(100)
                                        .device(new InProcessDoor(simulator.virtualFunction(0)))))
                .hasMessage("packetBuffers 100: 1 devices need at least 1024");
        assertThatThrownBy(() -> daemon.function("sim:0/9"))
                .hasMessage("no virtual function 'sim:0/9'; there are [sim:0/0, sim:0/1]");
    }

    /** Sends numbered frames as fast as they are taken. */
    private static final class Source implements PacketPort {
        private final PacketPool pool;
        private MacAddress from = MacAddress.ZERO;
        private MacAddress to = MacAddress.ZERO;
        private int next;
        private int credit;

        Source(final PacketPool pool) {
            this.pool = pool;
        }

        void prepare(final MacAddress sender, final MacAddress receiver) {
            from = sender;
            to = receiver;
        }

        @Override
        public String name() {
            return "source";
        }

        @Override
        public int receive(final PacketVector vector) {
            int count = 0;
            while (vector.room() > 0 && credit > 0) {
                final int buffer = pool.allocate();
                if (buffer == PacketPool.NONE) {
                    break;
                }
                final long start = pool.dataOffset(buffer);
                to.write(pool.memory(), start);
                from.write(pool.memory(), start + 6);
                pool.memory().set(ValueLayout.JAVA_SHORT_UNALIGNED, start + 12, (short) 0xB588);
                pool.memory().set(ValueLayout.JAVA_INT_UNALIGNED, start + 14, next++);
                vector.add(buffer, pool.headroomBytes(), 60, 0, 0, 0);
                credit--;
                count++;
            }
            return count;
        }

        @Override
        public int transmit(final PacketVector vector) {
            final int count = vector.size();
            pool.free(vector);
            return count;
        }

        @Override
        public void close() {
            credit = 0;
        }
    }

    /** Checks the numbers of what it gets. */
    private static final class Sink implements PacketPort {
        private final PacketPool pool;
        private int packets;
        private int misplaced;

        Sink(final PacketPool pool) {
            this.pool = pool;
        }

        @Override
        public String name() {
            return "sink";
        }

        @Override
        public int receive(final PacketVector vector) {
            return 0;
        }

        @Override
        public int transmit(final PacketVector vector) {
            final int count = vector.size();
            for (int i = 0; i < count; i++) {
                final int number =
                        pool.memory()
                                .get(
                                        ValueLayout.JAVA_INT_UNALIGNED,
                                        pool.bufferOffset(vector.buffer(i))
                                                + vector.offsetBytes(i)
                                                + 14);
                misplaced += number == packets + i ? 0 : 1;
            }
            packets += count;
            pool.free(vector);
            return count;
        }

        @Override
        public void close() {}
    }
}
