package dev.javf.daemon.ring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.javf.client.JavfPort;
import dev.javf.client.JavfPortException;
import dev.javf.client.PortContext;
import dev.javf.client.PortListener;
import dev.javf.client.examples.Echo;
import dev.javf.client.examples.Generator;
import dev.javf.client.examples.UdpResponder;
import dev.javf.daemon.ctl.CtlRun;
import dev.javf.daemon.service.JavfdProcess;
import dev.javf.packet.Ethernet;
import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketVector;
import dev.javf.virtchnl.VlanSet;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * Applications at ring ports of the real daemon, which is a process of its own: what they may count
 * on, whatever way the packets take.
 */
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class RingPortContract {
    private static final int IPV4 = 0x0800;
    private static final MacAddress EXTRA = MacAddress.of("02:00:00:00:77:01");

    private Path folder;
    private JavfdProcess daemon;

    /**
     * Functions of one PF: an application at each of ports a (trunk 100-103 and another address), b
     * (trunk 100-107) and c (VLAN 200), whose sockets are in the folder.
     */
    abstract String configuration(Path folder);

    @BeforeAll
    void start(@TempDir final Path given) throws Exception {
        folder = given;
        daemon = JavfdProcess.ready(folder, configuration(folder));
    }

    @AfterAll
    void stop() throws Exception {
        daemon.close();
    }

    private PortContext context(final String port) {
        return new PortContext().socket(folder.resolve(port + ".sock").toString());
    }

    /** Counts what comes, and turns until something is so. */
    private static final class Station implements PortListener, AutoCloseable {
        private final JavfPort port;
        private final MemorySegment frame = MemorySegment.ofArray(new byte[2048]);
        private final List<String> received = new ArrayList<>();
        private final List<String> answers = new ArrayList<>();

        Station(final PortContext context) {
            port = JavfPort.connect(context.listener(this));
        }

        @Override
        public void onAnswer(final long id, final boolean isDone, final String text) {
            answers.add(isDone ? "done" : text);
        }

        MacAddress mac() {
            return port.properties().mac();
        }

        int send(final MacAddress to, final MacAddress from, final int vlan, final int number) {
            to.write(frame, Ethernet.DESTINATION_OFFSET);
            from.write(frame, Ethernet.SOURCE_OFFSET);
            frame.set(
                    ValueLayout.JAVA_SHORT_UNALIGNED,
                    Ethernet.TYPE_OFFSET,
                    Short.reverseBytes((short) IPV4));
            frame.set(ValueLayout.JAVA_INT_UNALIGNED, Ethernet.HEADER_BYTES, number);
            return port.offer(frame, 0, Ethernet.MIN_FRAME_BYTES + number % 1000, vlan);
        }

        int turn() {
            return port.doWork()
                    + port.poll(
                            (memory, offset, lengthBytes, vlan, flags) ->
                                    received.add(
                                            vlan
                                                    + ":"
                                                    + memory.get(
                                                            ValueLayout.JAVA_INT_UNALIGNED,
                                                            offset + Ethernet.HEADER_BYTES)
                                                    + ":"
                                                    + lengthBytes),
                            PacketVector.CAPACITY_DEFAULT);
        }

        void await(final BooleanSupplier condition) {
            final long deadlineNs = System.nanoTime() + 30_000_000_000L;
            while (!condition.getAsBoolean()) {
                assertThat(System.nanoTime() - deadlineNs)
                        .as(received + " " + answers)
                        .isNegative();
                if (turn() == 0) {
                    Thread.onSpinWait();
                }
            }
        }

        @Override
        public void close() {
            port.close();
        }
    }

    @Test
    void shouldCarryPacketsBetweenApplications() {
        try (Station a = new Station(context("a"));
                Station b = new Station(context("b"))) {
            final int packets = 3000;
            int sent = 0;
            while (b.received.size() < packets) {
                // What is on its way is less than a ring: nothing may be lost.
                if (sent < packets
                        && sent - b.received.size() < 256
                        && a.send(b.mac(), a.mac(), 0, sent) == 1) {
                    sent++;
                }
                b.turn();
                a.turn();
            }
            for (int i = 0; i < packets; i++) {
                assertThat(b.received.get(i)).isEqualTo("0:" + i + ":" + (60 + i % 1000));
            }
        }
    }

    @Test
    void shouldGetVlansOfItsTrunkAndNoOthers() {
        try (Station a = new Station(context("a").vlans(VlanSet.of(100)));
                Station b = new Station(context("b").vlans(VlanSet.range(100, 101)))) {
            a.await(() -> a.answers.equals(List.of("done")));
            b.await(() -> b.answers.equals(List.of("done")));
            a.send(b.mac(), a.mac(), 100, 1);
            b.await(() -> b.received.equals(List.of("100:1:61")));
            // In the trunk, not asked for: dropped, until it is.
            a.send(b.mac(), a.mac(), 101, 2);
            a.send(b.mac(), a.mac(), 0, 9);
            b.await(() -> b.received.size() == 2);
            assertThat(b.received.get(1)).isEqualTo("0:9:69");
            a.port.addVlans(VlanSet.of(101));
            a.await(() -> a.answers.size() == 2);
            assertThat(a.answers.get(1)).isEqualTo("done");
            a.send(b.mac(), a.mac(), 101, 3);
            b.await(() -> b.received.size() == 3);
            assertThat(b.received.get(2)).isEqualTo("101:3:63");
            a.port.addVlans(VlanSet.of(103, 104));
            a.await(() -> a.answers.size() == 3);
            assertThat(a.answers.get(2))
                    .isEqualTo(
                            "VLANs 104 are not in the trunk of port a, which has 100-103; its"
                                    + " configuration decides");
            a.port.removeVlans(VlanSet.of(101));
            a.await(() -> a.answers.size() == 4);
            a.send(b.mac(), a.mac(), 101, 4);
            a.send(b.mac(), a.mac(), 100, 5);
            b.await(() -> b.received.size() == 4);
            assertThat(b.received.get(3)).isEqualTo("100:5:65");
        }
        assertThatVlansAreReleased();
    }

    private void assertThatVlansAreReleased() {
        final long deadlineNs = System.nanoTime() + 30_000_000_000L;
        while (!daemon.ctl("vlan", "show", "-j").out().contains("\"acknowledged\":\"none\"")) {
            assertThat(System.nanoTime() - deadlineNs).isNegative();
        }
    }

    @Test
    void shouldSendFromItsOwnAddressesOnly() {
        try (Station a = new Station(context("a"));
                Station b = new Station(context("b"))) {
            a.send(b.mac(), EXTRA, 0, 1);
            a.send(b.mac(), b.mac(), 0, 2);
            a.port.addAddress(EXTRA);
            a.await(() -> a.answers.equals(List.of("done")));
            a.send(b.mac(), EXTRA, 0, 3);
            b.await(() -> b.received.equals(List.of("0:3:63")));
            b.send(EXTRA, b.mac(), 0, 4);
            a.await(() -> a.received.equals(List.of("0:4:64")));
            a.port.addAddress(MacAddress.of("02:00:00:00:77:02"));
            a.await(() -> a.answers.size() == 2);
            assertThat(a.answers.get(1)).contains("02:00:00:00:77:02 is not among the addresses");
        }
    }

    @Test
    void shouldTurnTheSecondApplicationAway() {
        try (Station c = new Station(context("c"))) {
            assertThat(c.port.properties().vlan()).isEqualTo(200);
            assertThatThrownBy(() -> JavfPort.connect(context("c")))
                    .isInstanceOf(JavfPortException.class)
                    .hasMessageContaining("port c is in use by process");
        }
        try (Station again = new Station(context("c"))) {
            assertThat(again.port.isConnected()).isTrue();
        }
    }

    @Test
    void shouldWakeASleepingApplicationUp() {
        try (Station a = new Station(context("a"));
                Station b = new Station(context("b").wakeUps(true))) {
            final Thread sender =
                    Thread.ofPlatform()
                            .start(() -> {
                                for (int i = 0; i < 20; i++) {
                                    a.send(b.mac(), a.mac(), 0, i);
                                    Thread.onSpinWait();
                                }
                            });
            while (b.received.size() < 20) {
                b.port.await(60_000);
                b.turn();
            }
            assertThat(sender).isNotNull();
        }
    }

    @Test
    void shouldSayWhatIsWrongWhenNobodyServes() {
        assertThatThrownBy(() -> JavfPort.connect(context("nobody")))
                .isInstanceOf(JavfPortException.class)
                .hasMessageContaining("nobody.sock")
                .hasMessageContaining("is javfd running");
    }

    @Test
    void shouldShowAndCaptureWhatPassesAPort() throws Exception {
        final Path file = folder.resolve("a.pcap");
        try (Station a = new Station(context("a").vlans(VlanSet.of(100)));
                Station b = new Station(context("b").vlans(VlanSet.of(100)))) {
            a.await(() -> a.answers.equals(List.of("done")));
            b.await(() -> b.answers.equals(List.of("done")));
            final CompletableFuture<CtlRun> capture =
                    CompletableFuture.supplyAsync(() ->
                            daemon.ctl("port", "capture", "a", "-w", file.toString(), "-c", "3"));
            a.await(() ->
                    daemon.ctl("port", "show", "a", "-j")
                            .out()
                            .contains("\"capture\":{\"client\":\"process"));
            a.send(b.mac(), a.mac(), 100, 1);
            b.await(() -> b.received.size() == 1);
            b.send(a.mac(), b.mac(), 100, 2);
            a.await(() -> a.received.size() == 1);
            a.send(b.mac(), a.mac(), 0, 3);
            assertThat(capture.get(30, TimeUnit.SECONDS).status()).isZero();
        }
        final MemorySegment bytes = MemorySegment.ofArray(Files.readAllBytes(file));
        long offset = 24;
        for (final int lengthBytes : new int[] {61 + 4, 62 + 4, 63}) {
            assertThat(bytes.get(ValueLayout.JAVA_INT_UNALIGNED, offset + 8))
                    .isEqualTo(lengthBytes);
            final short type =
                    bytes.get(ValueLayout.JAVA_SHORT_UNALIGNED, offset + 16 + Ethernet.TYPE_OFFSET);
            assertThat(Short.toUnsignedInt(Short.reverseBytes(type)))
                    .isEqualTo(lengthBytes == 63 ? IPV4 : Ethernet.TPID_8021Q);
            offset += 16 + lengthBytes;
        }
        assertThat(offset).isEqualTo(bytes.byteSize());
        assertThat(daemon.ctl("port", "show", "a").out())
                .contains("ring violations position")
                .contains("counters rx_spoofed");
        assertThat(daemon.ctl("port", "show", "x").status()).isOne();
    }

    @Test
    void shouldRunTheExamples() {
        try (JavfPort a = JavfPort.connect(context("a"));
                JavfPort b = JavfPort.connect(context("b"))) {
            final Echo echo = new Echo(b);
            final Generator generator =
                    new Generator(a, b.properties().mac(), Ethernet.MIN_FRAME_BYTES, 20_000);
            while (generator.received() < 500) {
                generator.doWork();
                echo.doWork();
            }
            assertThat(generator.histogram().getTotalCount()).isGreaterThanOrEqualTo(500);
            assertThat(generator.sent()).isGreaterThanOrEqualTo(generator.received());
        }
    }

    @Test
    void shouldAnswerDatagrams() {
        try (Station a = new Station(context("a"));
                JavfPort b = JavfPort.connect(context("b"))) {
            final MemorySegment datagram = a.frame;
            datagram.fill((byte) 0);
            final byte[] ip = {0x45, 0, 0, 32, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2};
            MemorySegment.copy(
                    MemorySegment.ofArray(ip), 0, datagram, Ethernet.HEADER_BYTES, ip.length);
            final byte[] udp = {0x12, 0x34, 0, 7, 0, 12, 0, 0, 'j', 'a', 'v', 'f'};
            MemorySegment.copy(MemorySegment.ofArray(udp), 0, datagram, 34, udp.length);
            b.properties().mac().write(datagram, 0);
            a.mac().write(datagram, Ethernet.SOURCE_OFFSET);
            datagram.set(ValueLayout.JAVA_SHORT_UNALIGNED, 12, Short.reverseBytes((short) IPV4));
            final byte[] answer = new byte[Ethernet.MIN_FRAME_BYTES];
            while (a.port.poll(
                            (memory, offset, lengthBytes, vlan, flags) ->
                                    MemorySegment.copy(
                                            memory,
                                            ValueLayout.JAVA_BYTE,
                                            offset,
                                            answer,
                                            0,
                                            answer.length),
                            1)
                    == 0) {
                a.port.offer(datagram, 0, Ethernet.MIN_FRAME_BYTES);
                b.poll((m, at, n, vlan, flags) -> UdpResponder.answer(b, 7, m, at, n, vlan), 64);
                b.commit();
            }
            assertThat(Arrays.copyOfRange(answer, 26, 34))
                    .containsExactly(10, 0, 0, 2, 10, 0, 0, 1);
            assertThat(Arrays.copyOfRange(answer, 34, 38)).containsExactly(0, 7, 0x12, 0x34);
            assertThat(Arrays.copyOfRange(answer, 42, 46)).containsExactly('j', 'a', 'v', 'f');
        }
    }
}
