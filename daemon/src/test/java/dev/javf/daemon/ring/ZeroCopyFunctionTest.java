package dev.javf.daemon.ring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.client.JavfPort;
import dev.javf.client.PortContext;
import dev.javf.client.PortQueue;
import dev.javf.daemon.FunctionClient;
import dev.javf.daemon.control.Roles;
import dev.javf.daemon.simulated.FlowTraffic;
import dev.javf.daemon.simulated.SimulatedDaemon;
import dev.javf.daemon.simulated.SimulatedDaemonContext;
import dev.javf.linux.UnixAddress;
import dev.javf.packet.Ethernet;
import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketVector;
import dev.javf.testing.Seed;
import dev.javf.virtchnl.VlanSet;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * A function whose buffers an application has, with queues at two pollers, under traffic: what
 * comes is sent back from where it was received. The system's end checks that every buffer has come
 * back.
 */
class ZeroCopyFunctionTest {
    private static final int WINDOW = 128;
    private static final int QUEUES = 2;
    private static final Logger LOGGER = Logger.getLogger(RingDoor.class.getName());

    @TempDir private Path folder;

    private final SimulatedDaemon system =
            new SimulatedDaemonContext()
                    .daemon(context ->
                            context.pollers(4096, 4096)
                                    .ownBuffers("sim:0/0", 4096)
                                    .pollerChoice("sim:0/0", queue -> queue)
                                    .pollerChoice("sim:0/1", queue -> 0))
                    .functions(
                            settings -> settings.queuePairs(2), settings -> settings.queuePairs(1))
                    .launch();
    private final FunctionClient left = system.left();
    private final FunctionClient right = system.right();
    private final RingServer server = new RingServer(System::nanoTime);
    private final PacketVector burst = new PacketVector();
    private final Level before = LOGGER.getLevel();
    private FlowTraffic.Source source;
    private MacAddress own;
    private MacAddress other;
    private RingPort port;
    private long sentBack;

    @BeforeEach
    void open() {
        LOGGER.setLevel(Level.OFF);
        own = system.mac(left);
        other = system.mac(right);
        assertThat(left.hasOwnPools()).isTrue();
        assertThat(left.packetPool(1).sharedMemory())
                .isNotSameAs(system.daemon().packetPool(1).sharedMemory());
        port =
                server.open(
                        new RingSettings(
                                "p",
                                address(),
                                0600,
                                new Roles(List.of("*"), List.of(), 0, Path.of("/etc")),
                                own,
                                0,
                                VlanSet.EMPTY,
                                Set.of(),
                                1514,
                                true,
                                QUEUES,
                                RawClient.SLOTS,
                                0),
                        null,
                        left.packetPool(1));
        system.up(left, RingServer.bind(port).atPoller(1));
        source = new FlowTraffic.Source(system.daemon().packetPool(0), other, own);
        system.up(right, system.bind(right, source, 0).atPoller(0));
    }

    @AfterEach
    void close() {
        system.close();
        server.onClose();
        LOGGER.setLevel(before);
    }

    private UnixAddress address() {
        return new UnixAddress(folder.resolve("p.sock").toString());
    }

    private void turn() {
        server.doWork();
        system.work();
    }

    private JavfPort connect() {
        final CompletableFuture<JavfPort> connected =
                CompletableFuture.supplyAsync(() ->
                        JavfPort.connect(
                                new PortContext().socket(address().toString()).queues(QUEUES)));
        while (!connected.isDone()) {
            turn();
            LockSupport.parkNanos(1);
        }
        return connected.join();
    }

    /** Sends what has come back to where it came from. */
    private void echo(final JavfPort client) {
        for (int i = 0; i < QUEUES; i++) {
            final PortQueue queue = client.queue(i);
            queue.receive(burst);
            for (int packet = 0; packet < burst.size(); packet++) {
                final long frame =
                        queue.bufferOffset(burst.buffer(packet)) + burst.offsetBytes(packet);
                other.write(queue.memory(), frame);
                own.write(queue.memory(), frame + Ethernet.SOURCE_OFFSET);
            }
            sentBack += queue.forward(burst);
        }
    }

    private long returned() {
        return right.monitor().traffic().rxPackets(0);
    }

    /** Until so many more have made their way there and back. */
    private void carry(final JavfPort client, final int frames) {
        final long from = returned();
        final long[] allowed = {from};
        final long base = sourceBase;
        for (int cycles = 0; returned() < from + frames; cycles++) {
            assertThat(cycles).isLessThan(1_000_000);
            if (cycles % 64 == 0) {
                allowed[0] += WINDOW / 2;
                sourceBase = base + allowed[0] - from;
                source.allowUpTo(sourceBase);
            }
            turn();
            echo(client);
        }
    }

    /** Frames that the source has been allowed up to now. */
    private long sourceBase;

    @Test
    void shouldCarryFromAndToTheFunctionsBuffers() {
        try (JavfPort client = connect()) {
            carry(client, 5_000);
            assertThat(sentBack).isGreaterThanOrEqualTo(5_000);
            assertThat(client.properties().isZeroCopy()).isTrue();
            // Both queues of the function have received, at their pollers.
            for (int queue = 0; queue < 2; queue++) {
                assertThat(left.monitor().traffic().rxPackets(queue)).isPositive();
            }
            assertThat(port.counters().rxSpoofed().value()).isZero();
        }
    }

    @Test
    void shouldGoOnThroughResetsUnderTraffic() {
        try (JavfPort client = connect()) {
            for (int round = 0; round < 6; round++) {
                carry(client, 500);
                sourceBase += WINDOW;
                source.allowUpTo(sourceBase);
                system.reset(left);
                assertThat(client.isConnected()).isTrue();
            }
            carry(client, 500);
        }
    }

    @Test
    void shouldTakeEverythingBackFromClientsThatVanish() {
        Seed.forEach(1, 1, this::vanish);
    }

    private void vanish(final SplittableRandom random) {
        for (int round = 0; round < 50; round++) {
            final RawClient client = new RawClient(address());
            try (client) {
                client.say("hello 2 wake=0 queues=1");
                String welcome = "";
                while (!welcome.startsWith("welcome")) {
                    turn();
                    welcome = client.hear();
                    if (client.isEnded()) {
                        break;
                    }
                }
                for (int i = random.nextInt(20); i > 0 && !client.isEnded(); i--) {
                    sourceBase += random.nextInt(64);
                    source.allowUpTo(sourceBase);
                    client.send(random.nextInt(8));
                    turn();
                }
            }
        }
        try (JavfPort client = connect()) {
            carry(client, 1000);
        }
        assertThat(port.ringCounters().connections().value()).isGreaterThan(10);
    }
}
