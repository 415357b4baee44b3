package dev.javf.daemon.ring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.client.JavfPort;
import dev.javf.client.JavfPortException;
import dev.javf.client.PortContext;
import dev.javf.client.PortListener;
import dev.javf.linux.UnixAddress;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketVector;
import dev.javf.testing.Seed;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;

/** Either end of a ring port dies at any moment; the other one goes on. */
class RingKillTest {
    private static final int BUFFERS = 512;
    private static final Logger LOGGER = Logger.getLogger(RingDoor.class.getName());

    @TempDir private Path folder;

    private UnixAddress address(final String name) {
        return new UnixAddress(folder.resolve(name).toString());
    }

    private static Process start(final Class<?> program, final UnixAddress address)
            throws IOException {
        return new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-Xmx64m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-Xshare:auto",
                        "--enable-native-access=ALL-UNNAMED",
                        "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        program.getName(),
                        address.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private static void await(final BooleanSupplier condition) {
        final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - deadlineNs).isNegative();
            Thread.onSpinWait();
        }
    }

    private static long count(final String folder) throws IOException {
        try (Stream<Path> files = Files.list(Path.of("/proc/" + folder))) {
            return files.count();
        }
    }

    @Test
    void shouldTakeBackWhatAClientLeavesAtAnyStep() {
        Seed.forEach(1, 1, random -> abandon(random, 1000));
    }

    /** Clients that vanish as a killed process does: without a word, with whatever is written. */
    private void abandon(final SplittableRandom random, final int clients) {
        final Level before = LOGGER.getLevel();
        LOGGER.setLevel(Level.OFF);
        try (PacketPool pool = new PacketPool("test", BUFFERS)) {
            final RingServer server = new RingServer(System::nanoTime);
            final RingPort port = server.open(EchoDaemon.settings("p", address("p")), null, pool);
            final PacketVector vector = new PacketVector();
            final Runnable turn =
                    () -> {
                        server.doWork();
                        port.doWork();
                        port.receive(vector);
                        port.transmit(vector);
                        pool.free(vector);
                    };
            long descriptors = 0;
            for (int i = 0; i < clients; i++) {
                try (RawClient client = new RawClient(address("p"))) {
                    live(client, random, turn);
                }
                // Until the next one is let in, all of this one is gone.
                await(() -> {
                    turn.run();
                    return port.client().isEmpty();
                });
                turn.run();
                turn.run();
                assertThat(pool.available()).isEqualTo(BUFFERS);
                if (i == 10) {
                    descriptors = count("self/fd");
                }
            }
            assertThat(count("self/fd")).isLessThanOrEqualTo(descriptors + 2);
            assertThat(port.ringCounters().connections().value()).isGreaterThan(clients / 2);
            port.releaseBuffers();
            server.onClose();
        } catch (final IOException e) {
            throw new AssertionError(e);
        } finally {
            LOGGER.setLevel(before);
        }
    }

    private static void live(
            final RawClient client, final SplittableRandom random, final Runnable turn) {
        int steps = random.nextInt(12);
        if (steps-- <= 0) {
            return;
        }
        client.say("hello 2 wake=" + random.nextInt(2));
        for (int i = 0; i < steps && i < 2; i++) {
            turn.run();
        }
        if (!client.hear().startsWith("welcome")) {
            return;
        }
        for (; steps > 0; steps--) {
            switch (random.nextInt(5)) {
                case 0 -> client.send(random.nextInt(8));
                // Half of what a claim writes, and no commit.
                case 1 -> client.slot(random.nextInt(RawClient.SLOTS), random.nextLong(), 0);
                case 2 -> client.say("vlan add 1 100");
                case 3 -> client.pool().fill((byte) steps);
                default -> turn.run();
            }
        }
    }

    @Test
    void shouldConnectAgainToADaemonThatWasKilled() throws Exception {
        kill(2);
    }

    /** The socket's file is there a moment before anybody listens. */
    private static JavfPort connectWhenListening(final Supplier<PortContext> context) {
        final List<JavfPort> ports = new ArrayList<>();
        await(() -> {
            try {
                ports.add(JavfPort.connect(context.get()));
            } catch (final JavfPortException e) {
                assertThat(e.getMessage()).containsAnyOf("ECONNREFUSED", "ENOENT");
            }
            return !ports.isEmpty();
        });
        return ports.getFirst();
    }

    private void kill(final int times) throws Exception {
        final List<String> events = new ArrayList<>();
        final PortListener listener =
                new PortListener() {
                    @Override
                    public void onConnected(final JavfPort port) {
                        events.add("connected");
                    }

                    @Override
                    public void onDisconnected(final String reason) {
                        events.add(reason);
                    }
                };
        Process daemon = start(EchoDaemon.class, address("d"));
        try {
            final MemorySegment frame = MemorySegment.ofArray(new byte[60]);
            try (JavfPort port =
                    connectWhenListening(() ->
                            new PortContext()
                                    .socket(address("d").toString())
                                    .reconnectIntervalNs(1_000_000)
                                    .listener(listener))) {
                for (int i = 0; i < times; i++) {
                    final int[] received = {0};
                    await(() -> {
                        port.offer(frame, 0, 60);
                        port.doWork();
                        received[0] += port.poll((memory, offset, length, vlan, flags) -> {}, 64);
                        return received[0] > 100;
                    });
                    daemon.destroyForcibly().waitFor();
                    await(() -> {
                        port.offer(frame, 0, 60);
                        port.doWork();
                        return !port.isConnected();
                    });
                    assertThat(port.offer(frame, 0, 60)).isEqualTo(JavfPort.NOT_CONNECTED);
                    daemon = start(EchoDaemon.class, address("d"));
                    await(() -> {
                        port.doWork();
                        return port.isConnected();
                    });
                }
            }
        } finally {
            daemon.destroyForcibly().waitFor();
        }
        assertThat(events.stream().filter("connected"::equals).count()).isEqualTo(times + 1L);
        assertThat(events.stream().filter("javfd has ended"::equals).count()).isEqualTo(times);
    }
}
