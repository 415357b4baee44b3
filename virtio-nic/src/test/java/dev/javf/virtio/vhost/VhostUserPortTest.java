package dev.javf.virtio.vhost;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.linux.EventFd;
import dev.javf.linux.PageSize;
import dev.javf.linux.SharedMemory;
import dev.javf.linux.UnixSocket;
import dev.javf.virtio.Feature;
import dev.javf.virtio.driver.VhostFrontEnd;
import dev.javf.virtio.driver.VhostFrontEnd.Order;
import dev.javf.virtio.vhost.VhostUserPort.Mode;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;

/** A vhost-user port and front-ends of all kinds; on one thread, with a clock of its own. */
class VhostUserPortTest extends VhostRig {
    @ParameterizedTest
    @EnumSource
    void shouldMovePacketsInEveryOrderOfMessages(final Order order) {
        for (final long more :
                List.of(
                        0L,
                        Feature.EVENT_IDX.mask(),
                        Feature.IN_ORDER.mask(),
                        Feature.RING_PACKED.mask(),
                        Feature.maskOf(Feature.RING_PACKED, Feature.EVENT_IDX),
                        Feature.maskOf(Feature.RING_PACKED, Feature.IN_ORDER))) {
            try (VhostFrontEnd guest = connect()) {
                guest.initialize(SPLIT | more, 2, order);
                exchange(guest, 2, 300);
                assertThat(guest.calls(0)).as("calls").isPositive();
            }
            assertThat(received()).isEmpty();
        }
        assertThat(reports).noneMatch(line -> line.contains("driver"));
    }

    /** QEMU 7.2 resets the status first and asks for positions then; stop, cont and migration. */
    @ParameterizedTest
    @EnumSource
    void shouldGoOnWhereItWas(final Order order) {
        for (final long more : List.of(0L, Feature.RING_PACKED.mask())) {
            try (VhostFrontEnd guest = connect()) {
                guest.initialize(SPLIT | more, 1, order);
                exchange(guest, 1, 10);
                for (int i = 0; i < 20; i++) {
                    final int[] positions = guest.stop();
                    final int done = 10 + 10 * i;
                    assertThat(positions[1] & 0x7FFF).isEqualTo(more == 0 ? done : done % 128);
                    assertThat(guest.transmit(0, frame(60, 1))).isTrue();
                    assertThat(received()).as("it is stopped").isEmpty();
                    if (order == Order.DPDK) {
                        // It never resets; a new owner does.
                        guest.send(3, 0, new byte[0]);
                    }
                    guest.start(positions, 0);
                    assertThat(received()).hasSize(1);
                    exchange(guest, 1, 9);
                }
            }
        }
    }

    @Test
    void shouldForgetTheDriversStatusWhenAllRingsStoppedAndFeaturesComeAnew() {
        try (VhostFrontEnd guest = connect()) {
            guest.initialize(SPLIT, 1, Order.DPDK);
            exchange(guest, 1, 3);
            guest.stop();
            guest.send(2, 0, VhostFrontEnd.word(SPLIT | 1L << 30 | Feature.IN_ORDER.mask()));
            assertThat(guest.ask(40)).isZero();
        }
    }

    @Test
    void shouldOfferNoVlanFilters() {
        try (VhostFrontEnd guest = connect()) {
            assertThat(Feature.CTRL_VLAN.isIn(guest.ask(1))).isFalse();
            guest.initialize(SPLIT, 1, Order.QEMU);
            assertThat(network.requests).endsWith("groups");
        }
        step();
        step();
        assertThat(network.requests).as("nobody is left who wants them").endsWith("reset");
    }

    @Test
    void shouldUseThePairsThatAreEnabled() {
        try (VhostFrontEnd guest = connect()) {
            guest.initialize(SPLIT, 2, Order.QEMU);
            exchange(guest, 2, 3);
            guest.send(18, 0, VhostFrontEnd.pair(2, 0));
            guest.send(18, 0, VhostFrontEnd.pair(3, 0));
            step();
            give(frame(60, 1), 1);
            assertThat(guest.receive(1)).isEmpty();
            assertThat(guest.receive(0)).hasSize(1);
            guest.send(18, 0, VhostFrontEnd.pair(0, 0));
            step();
            give(frame(60, 2), 0);
            assertThat(guest.receive(0)).isEmpty();
            for (int ring = 0; ring < 4; ring++) {
                guest.send(18, 0, VhostFrontEnd.pair(ring, 1));
            }
            step();
            exchange(guest, 2, 3);
        }
    }

    @Test
    void shouldConnectAgainAndAgain() {
        serve(Mode.CLIENT, false);
        step();
        assertThat(port().isConnected()).isFalse();
        for (int i = 0; i < 3; i++) {
            try (UnixSocket listener = UnixSocket.listen(UnixSocket.Kind.STREAM, address(), 0600)) {
                UnixSocket connected = null;
                for (int tries = 0; tries < 200_000 && connected == null; tries++) {
                    step();
                    connected = listener.accept();
                }
                try (VhostFrontEnd guest =
                        new VhostFrontEnd(Objects.requireNonNull(connected), this::step)) {
                    guest.initialize(SPLIT, 1, Order.DPDK);
                    exchange(guest, 1, 5);
                }
            }
            for (int tries = 0; tries < 1000; tries++) {
                step();
            }
            assertThat(port().isConnected()).isFalse();
        }
    }

    /** kill -9: the front-end's rings are as they were; the next back-end has only them. */
    @Test
    void shouldTakeUpTheRingsOfABackEndThatDied() {
        try (VhostFrontEnd guest = connect()) {
            guest.initialize(SPLIT, 1, Order.QEMU);
            exchange(guest, 1, 50);
            final VhostUserPort before = port();
            serving = null;
            // Three that nobody has taken when the back-end dies.
            for (int i = 0; i < 3; i++) {
                guest.transmit(0, frame(60, i));
            }
            before.close();
            try (VhostFrontEnd again = connect()) {
                again.takeOver(guest);
                again.start(new int[2], 0);
                assertThat(received()).containsExactly(frame(60, 0), frame(60, 1), frame(60, 2));
                exchange(again, 1, 20);
            }
        }
    }

    @Test
    void shouldRefuseWhatCannotBe() {
        try (VhostFrontEnd guest = connect();
                SharedMemory unsealed =
                        SharedMemory.allocate("unsealed", 1 << 20, PageSize.PLAIN_4K);
                EventFd event = EventFd.create()) {
            guest.initialize(SPLIT, 1, Order.QEMU);
            refused(guest, 2, VhostFrontEnd.word(1L << 19 | SPLIT), "weren't offered");
            refused(guest, 2, VhostFrontEnd.word(0), "VERSION_1");
            refused(guest, 2, VhostFrontEnd.word(SPLIT), "while rings run");
            refused(guest, 16, VhostFrontEnd.word(1L << 12), "weren't offered");
            refused(guest, 39, VhostFrontEnd.word(0x100), "no byte");
            refused(guest, 8, VhostFrontEnd.pair(0, 64), "while it runs");
            refused(guest, 10, VhostFrontEnd.pair(0, 64), "while it runs");
            refused(guest, 8, VhostFrontEnd.pair(8, 64), "no ring 8");
            refused(guest, 8, VhostFrontEnd.pair(-1, 64), "no ring 4294967295");
            refused(guest, 8, VhostFrontEnd.pair(2, 0), "size 0");
            refused(guest, 8, VhostFrontEnd.pair(2, -1), "size 4294967295");
            refused(guest, 18, VhostFrontEnd.pair(2, 2), "enable 2");
            refused(guest, 20, VhostFrontEnd.word(1501), "MTU 1501");
            refused(guest, 20, VhostFrontEnd.word(-1), "MTU -1");
            refused(guest, 13, VhostFrontEnd.word(0), "against its word");
            refused(guest, 13, VhostFrontEnd.word(1 << 9), "no ring");
            refused(guest, 37, VhostFrontEnd.region(0, 4096, 0), "without its file");
            refused(guest, 6, new byte[16], "isn't known");
            refused(guest, 8, new byte[7], "7 bytes");
            refused(guest, 5, new byte[8 + 9 * 32], "bytes");
            refused(guest, 38, VhostFrontEnd.region(0, 4096, 0), "no such");

            assertThat(guest.acknowledged(13, VhostFrontEnd.word(0), unsealed.descriptor()))
                    .isEqualTo(1);
            assertThat(reports.getLast()).contains("no eventfd");
            assertThat(guest.acknowledged(18, VhostFrontEnd.pair(0, 1), event.descriptor()))
                    .isEqualTo(1);
            assertThat(reports.getLast()).contains("1 descriptors");
            for (final byte[] region :
                    List.of(
                            VhostFrontEnd.region(0, 1 << 20, 0),
                            VhostFrontEnd.region(0, 0, 0),
                            VhostFrontEnd.region(-4096, 8192, 0),
                            VhostFrontEnd.region(0, Long.MIN_VALUE, 0))) {
                assertThat(guest.acknowledged(37, region, unsealed.descriptor())).isEqualTo(1);
            }
            assertThat(guest.acknowledged(37, VhostFrontEnd.region(0, 32 << 20, 0), guest.file()))
                    .as("more than the file has")
                    .isEqualTo(1);
            assertThat(
                            guest.acknowledged(
                                    37,
                                    VhostFrontEnd.region(0x1_0000_0000L, 4096, 0),
                                    guest.file()))
                    .as("overlaps")
                    .isEqualTo(1);
            exchange(guest, 1, 5);
        }
    }

    private void refused(
            final VhostFrontEnd guest, final int request, final byte[] payload, final String why) {
        assertThat(guest.acknowledged(request, payload)).as(why).isEqualTo(1);
        assertThat(reports.getLast()).contains(why);
    }

    /** Without an acknowledgement nobody would know: the connection is at its end. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4})
    void shouldEndAConnectionThatMakesNoSense(final int what) {
        try (VhostFrontEnd guest = connect()) {
            guest.initialize(SPLIT, 1, Order.QEMU);
            switch (what) {
                case 0 -> guest.send(99, 0, new byte[0]);
                case 1 -> guest.send(18, 0, VhostFrontEnd.pair(99, 1));
                case 2 -> guest.send(1, 3, new byte[0]);
                case 3 -> guest.send(1, 4, new byte[0]);
                default -> guest.raw(new byte[] {1, 0, 0, 0, 1, 0, 0, 0, 1, 0x10, 0, 0});
            }
            assertThat(guest.isCutOff()).isTrue();
        }
        try (VhostFrontEnd next = connect()) {
            next.initialize(SPLIT, 1, Order.QEMU);
            exchange(next, 1, 3);
        }
    }

    /** A driver that breaks the rules of its rings: a reset helps, which is a new connection. */
    @Test
    void shouldEndTheConnectionOfADriverThatBreaksTheRules() {
        try (VhostFrontEnd guest = connect()) {
            guest.initialize(SPLIT, 1, Order.QEMU);
            final long available = guest.ring(1).settings().driverArea() - 0x1_0000_0000L;
            guest.memory().segment().set(ValueLayout.JAVA_SHORT, available + 2, (short) 1000);
            assertThat(received()).isEmpty();
            assertThat(guest.isCutOff()).isTrue();
            assertThat(reports.getLast()).contains("available index");
        }
    }

    @Test
    void shouldTakeMemoryAndLetItGo() {
        try (VhostFrontEnd guest = connect();
                SharedMemory more = SharedMemory.allocate("more", 1 << 20, PageSize.PLAIN_4K)) {
            more.seal();
            guest.initialize(SPLIT, 1, Order.QEMU);
            assertThat(guest.ask(36)).isEqualTo(32);
            assertThat(
                            guest.acknowledged(
                                    37, VhostFrontEnd.region(0, 1 << 20, 0), more.descriptor()))
                    .isZero();
            exchange(guest, 1, 3);
            assertThat(guest.acknowledged(38, VhostFrontEnd.region(0, 1 << 20, 0))).isZero();
            exchange(guest, 1, 3);
            assertThat(guest.acknowledged(5, guest.table(), guest.file()))
                    .as("the table that it has")
                    .isZero();
            exchange(guest, 1, 3);
            assertThat(guest.acknowledged(34, new byte[0])).isZero();
            assertThat(received()).isEmpty();
            guest.initialize(SPLIT, 1, Order.QEMU);
            exchange(guest, 1, 3);
        }
    }

    /** Memory that a front-end takes away under our hands costs it its connection, and no more. */
    @Test
    void shouldOutliveMemoryThatIsCutOff() throws IOException {
        serve(Mode.SERVER, true);
        try (VhostFrontEnd guest = connect()) {
            final Path file = folder.resolve("memory");
            guest.initialize(SPLIT, 1, Order.QEMU);
            guest.useFile(file);
            exchange(guest, 1, 3);
            for (int i = 0; i < 8; i++) {
                guest.transmit(0, frame(1000, i));
            }
            guest.truncate(file);
            received();
            give(frame(60, 1), 0);
            assertThat(guest.isCutOff()).isTrue();
            assertThat(reports.getLast()).contains("memory is gone");
        }
        try (VhostFrontEnd next = connect()) {
            next.initialize(SPLIT, 1, Order.QEMU);
            exchange(next, 1, 3);
        }
    }

    /** Messages of all kinds with all kinds of content, and descriptors where none belong. */
    @Test
    void shouldOutliveHostileFrontEnds() {
        final SplittableRandom random = new SplittableRandom(0x7E57);
        final List<Order> orders = List.of(Order.values());
        final long before = openDescriptors();
        for (int connection = 0; connection < 300; connection++) {
            try (VhostFrontEnd guest = connect();
                    EventFd event = EventFd.create()) {
                if (random.nextBoolean()) {
                    guest.initialize(SPLIT, 1, orders.get(random.nextInt(3)));
                }
                for (int i = 0; i < 60; i++) {
                    final byte[] payload =
                            switch (random.nextInt(6)) {
                                case 0 -> new byte[0];
                                case 1 -> new byte[random.nextInt(300)];
                                case 2 ->
                                        VhostFrontEnd.pair(random.nextInt(10), random.nextInt(300));
                                case 3 -> guest.table();
                                case 4 ->
                                        VhostFrontEnd.region(
                                                random.nextLong() & -4096,
                                                random.nextInt(1 << 20),
                                                random.nextLong());
                                default -> VhostFrontEnd.word(random.nextLong(1 << 10));
                            };
                    if (random.nextInt(20) == 0) {
                        random.nextBytes(payload);
                    }
                    final int request = random.nextInt(46);
                    final int flags = random.nextInt(16) == 0 ? random.nextInt(16) : 8;
                    switch (random.nextInt(4)) {
                        case 0 -> guest.send(request, flags, payload, event.descriptor());
                        case 1 -> guest.send(request, flags, payload, guest.file());
                        default -> guest.send(request, flags, payload);
                    }
                    received();
                    give(frame(60, i), i);
                }
            }
            step();
        }
        while (port().isConnected()) {
            step();
        }
        assertThat(openDescriptors()).isLessThanOrEqualTo(before + 1);
        try (VhostFrontEnd next = connect()) {
            next.initialize(SPLIT, 1, Order.QEMU);
            exchange(next, 1, 3);
        }
    }
}
