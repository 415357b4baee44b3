package dev.javf.daemon.ring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.client.JavfPort;
import dev.javf.client.JavfPortException;
import dev.javf.client.PortContext;
import dev.javf.client.PortListener;
import dev.javf.daemon.service.JavfdProcess;
import dev.javf.packet.Ethernet;
import dev.javf.packet.MacAddress;
import dev.javf.testing.Awaiting;
import dev.javf.testing.Machine;
import dev.javf.testing.Repository;
import dev.javf.testing.Seed;
import dev.javf.virtchnl.VlanSet;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.File;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;

/**
 * Processes at either end of ring ports die by SIGKILL, whatever they are doing, and nothing is
 * lost but what was theirs.
 */
@Timeout(900)
class KilledProcessesTest {
    private static final int IN_FLIGHT_MAX = 32;

    /** By so many the descriptors that have a buffer may differ at two looks. */
    private static final int RECEIVE_BLOCKS = 64;

    private static final int NUMBER_OFFSET = Ethernet.HEADER_BYTES;
    private static final long LIFE_NS_MAX = TimeUnit.MILLISECONDS.toNanos(5);

    /** Ports whose clients are killed: two of a function that is shared, one without copies. */
    private static final List<String> VICTIMS = List.of("v0", "v1", "v2");

    @TempDir private Path folder;

    /** Two neighbours at one function, two victims beside them, and one at the other function. */
    private String configuration() {
        return """
        functions {
          left { device = "sim:0/0" }
          right { device = "sim:0/1" }
        }
        ports {
          a { kind = ring, function = left, socket = "%1$s/a", mac = "02:00:00:00:00:0a"
              trunk = "100" }
          b { kind = ring, function = left, socket = "%1$s/b", mac = "02:00:00:00:00:0b"
              trunk = "100" }
          v0 { kind = ring, function = left, socket = "%1$s/v0", mac = "02:00:00:00:01:00"
               trunk = "100" }
          v1 { kind = ring, function = left, socket = "%1$s/v1", mac = "02:00:00:00:01:01"
               trunk = "100" }
          v2 { kind = ring, function = right, socket = "%1$s/v2", mac = "02:00:00:00:01:02"
               trunk = "100", transfer = zero-copy }
        }
        """
                .formatted(folder);
    }

    private JavfPort connect(final String port, final PortListener listener) {
        return Awaiting.until(
                        "port " + port,
                        () -> {
                            try {
                                return Optional.of(
                                        JavfPort.connect(
                                                new PortContext()
                                                        .socket(folder.resolve(port).toString())
                                                        .vlans(VlanSet.of(100))
                                                        .reconnectIntervalNs(1_000_000)
                                                        .listener(listener)));
                            } catch (final JavfPortException e) {
                                // The one before is just leaving, or the daemon is still coming up.
                                assertThat(e.getMessage())
                                        .containsAnyOf("in use", "ECONNREFUSED", "ENOENT");
                                return Optional.<JavfPort>empty();
                            }
                        },
                        Optional::isPresent)
                .orElseThrow();
    }

    /** Packets with numbers from one port to another, none of which may be lost or overtaken. */
    private static final class Exchange implements AutoCloseable {
        private final JavfPort from;
        private final JavfPort to;
        private final MemorySegment frame = MemorySegment.ofArray(new byte[64]);
        private int sent;
        private int received;

        Exchange(final JavfPort from, final JavfPort to) {
            this.from = from;
            this.to = to;
            from.properties().mac().write(frame, Ethernet.SOURCE_OFFSET);
            frame.set(ValueLayout.JAVA_SHORT_UNALIGNED, Ethernet.TYPE_OFFSET, (short) 8);
        }

        void turn(final SplittableRandom random) {
            if (sent - received < IN_FLIGHT_MAX) {
                frame.set(ValueLayout.JAVA_INT_UNALIGNED, NUMBER_OFFSET, sent);
                to.properties().mac().write(frame, 0);
                sent += from.offer(frame, 0, 64) == 1 ? 1 : 0;
                // Whoever is there gets some, too.
                MacAddress.of("02:00:00:00:01:0" + random.nextInt(VICTIMS.size())).write(frame, 0);
                from.offer(frame, 0, 64);
            }
            poll();
            from.doWork();
            to.doWork();
        }

        private int poll() {
            to.poll(
                    (memory, offset, lengthBytes, vlan, flags) -> {
                        assertThat(
                                        memory.get(
                                                ValueLayout.JAVA_INT_UNALIGNED,
                                                offset + NUMBER_OFFSET))
                                .isEqualTo(received);
                        received++;
                    },
                    IN_FLIGHT_MAX);
            return received;
        }

        /** Until all have come that were sent. */
        void drain() {
            Awaiting.until("all that was sent", () -> poll() == sent);
        }

        /** The next one is sent by another port. */
        void sendBy(final JavfPort other) {
            final MemorySegment packet = MemorySegment.ofArray(new byte[64]);
            packet.copyFrom(frame);
            to.properties().mac().write(packet, 0);
            other.properties().mac().write(packet, Ethernet.SOURCE_OFFSET);
            packet.set(ValueLayout.JAVA_INT_UNALIGNED, NUMBER_OFFSET, sent);
            assertThat(other.offer(packet, 0, 64)).isOne();
            sent++;
        }

        /** Until some more have gone through. */
        void go(final int packets, final SplittableRandom random) {
            final int wanted = received + packets;
            final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
            while (received < wanted) {
                assertThat(System.nanoTime() - deadlineNs).as("goes on").isNegative();
                turn(random);
            }
        }

        @Override
        public void close() {
            from.close();
            to.close();
        }
    }

    private static final PortListener NOBODY = new PortListener() {};

    private static long descriptors(final long pid) throws IOException {
        try (Stream<Path> files = Files.list(Path.of("/proc", Long.toString(pid), "fd"))) {
            return files.count();
        }
    }

    /** Pieces of memory that clients have, or had. */
    private static long mappings(final long pid) throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc", Long.toString(pid), "maps"))) {
            return lines.filter(line -> line.contains("javf ring ")).count();
        }
    }

    private static long number(final JavfdProcess daemon, final String port, final String name) {
        final String shown = daemon.ctl("port", "show", port, "-j").out();
        final Matcher matcher = Pattern.compile("\"" + name + "\":(\\d+)").matcher(shown);
        assertThat(matcher.find()).as("%s in %s", name, shown).isTrue();
        return Long.parseLong(matcher.group(1));
    }

    @Test
    void shouldLoseNothingToAFewKilledClients() throws Exception {
        Seed.forEach(1, 1, random -> killClients(random, 30));
    }

    @Test
    @Tag("proof")
    void shouldLoseNothingTo1000KilledClients() throws Exception {
        Seed.forEach(1, 1, random -> killClients(random, 1000));
    }

    private void killClients(final SplittableRandom random, final int kills) {
        try (JavfdProcess daemon = JavfdProcess.ready(folder, configuration())) {
            try (Exchange exchange = new Exchange(connect("a", NOBODY), connect("b", NOBODY))) {
                killClients(random, kills, daemon, exchange);
            }
            Awaiting.until(
                    "every VLAN released",
                    () -> daemon.ctl("vlan", "show", "-j").out(),
                    shown -> !shown.contains("\"acknowledged\":\"100\""));
        } catch (final Exception e) {
            throw new AssertionError(e);
        }
    }

    private void killClients(
            final SplittableRandom random,
            final int kills,
            final JavfdProcess daemon,
            final Exchange exchange)
            throws IOException, InterruptedException {
        final Path program = compile();
        exchange.go(1000, random);
        final long pid = daemon.process().pid();
        final long descriptors = descriptors(pid);
        final long mappings = mappings(pid);
        final long free = number(daemon, "v2", "buffers_free");
        int killed = 0;
        while (killed < kills) {
            final List<Process> clients = new ArrayList<>();
            for (final String victim : VICTIMS) {
                clients.add(
                        new ProcessBuilder(program.toString(), folder.resolve(victim).toString())
                                .inheritIO()
                                .start());
            }
            while (!clients.isEmpty()) {
                final long endNs = System.nanoTime() + random.nextLong(LIFE_NS_MAX);
                while (System.nanoTime() - endNs < 0) {
                    exchange.turn(random);
                }
                final Process client = clients.remove(random.nextInt(clients.size()));
                assertThat(client.isAlive()).as("it is a kill that ends it").isTrue();
                client.destroyForcibly().waitFor();
                killed++;
            }
        }
        exchange.go(1000, random);
        long connections = 0;
        for (final String victim : VICTIMS) {
            connections += number(daemon, victim, "connections");
            assertThat(number(daemon, victim, "position")).isZero();
            assertThat(number(daemon, victim, "buffer")).isZero();
        }
        assertThat(connections).as("they lived long enough").isGreaterThan(kills / 4);
        for (final String neighbour : List.of("a", "b")) {
            assertThat(number(daemon, neighbour, "tx_full")).isZero();
        }
        Awaiting.until(
                "every buffer",
                () -> number(daemon, "v2", "buffers_free"),
                now -> now >= free - RECEIVE_BLOCKS);
        Awaiting.until("descriptors as before", () -> descriptors(pid), now -> now <= descriptors);
        assertThat(mappings(pid)).isEqualTo(mappings);
        for (final String victim : VICTIMS) {
            try (JavfPort again = connect(victim, NOBODY)) {
                exchange.drain();
                exchange.sendBy(again);
                exchange.drain();
            }
        }
    }

    private Path compile() throws IOException, InterruptedException {
        Machine.needsCommand("gcc");
        final Path program = folder.resolve("ring-client");
        final Path source = Repository.file("daemon/src/test/c/ring-client.c");
        final Process compiler =
                new ProcessBuilder(
                                "gcc", "-O2", "-Wall", "-o", program.toString(), source.toString())
                        .inheritIO()
                        .start();
        assertThat(compiler.waitFor()).isZero();
        return program;
    }

    @Test
    @Tag("proof")
    void shouldServeAgainAfter100KillsOfTheDaemon() throws Exception {
        killDaemon(100);
    }

    /** Counts what a port is told. */
    private static final class Events implements PortListener {
        private int connected;
        private int ended;
        private int granted;

        @Override
        public void onConnected(final JavfPort port) {
            connected++;
        }

        @Override
        public void onDisconnected(final String reason) {
            // The first one isn't killed, and says that it closes its ports.
            ended += reason.equals("javfd has ended") ? 1 : 0;
        }

        @Override
        public void onAnswer(final long id, final boolean isDone, final String text) {
            granted += isDone ? 1 : 0;
        }
    }

    /** The class path with archives for folders: a JVM keeps what it has loaded of no other. */
    private String archivedClassPath() {
        final ToolProvider jar = ToolProvider.findFirst("jar").orElseThrow();
        final List<String> archived = new ArrayList<>();
        for (final String entry :
                System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
            if (Files.isDirectory(Path.of(entry))) {
                final String archive = folder.resolve(archived.size() + ".jar").toString();
                final int status =
                        jar.run(
                                System.out,
                                System.err,
                                "--create",
                                "--no-manifest",
                                "--file=" + archive,
                                "-C",
                                entry,
                                ".");
                if (status == 0) {
                    archived.add(archive);
                }
            } else if (Files.exists(Path.of(entry))) {
                archived.add(entry);
            }
        }
        return String.join(File.pathSeparator, archived);
    }

    private void killDaemon(final int kills) throws Exception {
        final Path file = JavfdProcess.configure(folder, configuration());
        // The first one leaves an archive of its classes, which makes the others start faster.
        final List<String> options =
                List.of(
                        "-cp",
                        archivedClassPath(),
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+AutoCreateSharedArchive",
                        "-XX:SharedArchiveFile=" + folder.resolve("javfd.jsa"));
        Process daemon = JavfdProcess.start(folder, Map.of(), options, "--config", file.toString());
        final Events atA = new Events();
        final Events atB = new Events();
        final SplittableRandom random = new SplittableRandom(1);
        try (Exchange exchange = new Exchange(connect("a", atA), connect("b", atB))) {
            exchange.go(100, random);
            daemon.destroy();
            daemon.waitFor();
            long descriptors = 0;
            for (int i = 0; i < kills; i++) {
                daemon = JavfdProcess.start(folder, Map.of(), options, "--config", file.toString());
                final int number = i + 2;
                Awaiting.until(
                        "both are connected again",
                        () -> {
                            exchange.from.doWork();
                            exchange.to.doWork();
                            return atA.connected == number && atB.connected == number;
                        });
                // What was in flight is gone with the daemon.
                exchange.sent = exchange.received;
                exchange.go(random.nextInt(200), random);
                daemon.destroyForcibly().waitFor();
                Awaiting.until(
                        "both are told",
                        () -> {
                            exchange.from.doWork();
                            exchange.to.doWork();
                            return atA.ended == number - 1 && atB.ended == number - 1;
                        });
                assertThat(exchange.from.offer(exchange.frame, 0, 64))
                        .isEqualTo(JavfPort.NOT_CONNECTED);
                if (i == 0) {
                    descriptors = descriptors(ProcessHandle.current().pid());
                }
            }
            assertThat(descriptors(ProcessHandle.current().pid())).isLessThanOrEqualTo(descriptors);
            assertThat(atA.granted).as("its VLAN was asked for again").isPositive();
        } finally {
            daemon.destroyForcibly().waitFor();
        }
    }
}
