package dev.javf.virtio.vhost;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.linux.EventFd;
import dev.javf.linux.PageSize;
import dev.javf.linux.SharedMemory;
import dev.javf.testing.TcpFrame;
import dev.javf.virtio.Feature;
import dev.javf.virtio.driver.DriverRing.Buffer;
import dev.javf.virtio.driver.VhostFrontEnd;
import dev.javf.virtio.driver.VhostFrontEnd.Order;

import org.junit.jupiter.api.Test;

import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What was found in other vhost-user back-ends, tried on this one. Each test has the number under
 * which it was published. Whatever a guest or its monitor does costs it its connection at most: the
 * next one is served as if nothing had been.
 */
class KnownVulnerabilitiesTest extends VhostRig {
    private static final int GUEST_BYTES = 16 << 20;
    private static final int TX = 1;
    private static final long OFFLOADS =
            Feature.maskOf(Feature.CSUM, Feature.HOST_TSO4, Feature.HOST_TSO6);

    private void assertServesTheNext() {
        try (VhostFrontEnd next = connect()) {
            next.initialize(SPLIT, 1, Order.QEMU);
            exchange(next, 1, 3);
        }
    }

    private VhostFrontEnd guest() {
        final VhostFrontEnd guest = connect();
        guest.initialize(SPLIT, 1, Order.QEMU);
        exchange(guest, 1, 3);
        return guest;
    }

    private void sends(final VhostFrontEnd guest, final Buffer... buffers) {
        assertThat(guest.ring(TX).add(List.of(buffers), false)).isNotNegative();
        assertThat(received()).isEmpty();
    }

    /** A buffer that begins in the guest's memory and ends outside: the whole range is checked. */
    @Test
    void cve_2018_1059_theWholeRangeIsTranslated() {
        try (VhostFrontEnd guest = guest()) {
            sends(guest, new Buffer(GUEST_BYTES - 64, 128, false));
            assertThat(guest.isCutOff()).isTrue();
            assertThat(reports.getLast()).contains("isn't in memory");
        }
        try (VhostFrontEnd guest = guest()) {
            // A ring whose first bytes are in memory.
            guest.stop();
            final byte[] addresses = guest.addresses(0);
            ByteBuffer.wrap(addresses)
                    .order(ByteOrder.nativeOrder())
                    .putLong(8, 0x7F12_3400_0000L + GUEST_BYTES - 16);
            guest.acknowledged(9, addresses);
            assertThat(guest.acknowledged(12, VhostFrontEnd.word(1 << 8))).isEqualTo(1);
        }
        assertServesTheNext();
    }

    /** Sizes set again and again, with descriptors that don't belong there: none is kept. */
    @Test
    void cve_2019_14818_settingASizeLeaksNothing() {
        try (VhostFrontEnd guest = connect();
                EventFd event = EventFd.create()) {
            guest.ask(1);
            guest.send(16, 0, VhostFrontEnd.word(1 << 3));
            final long before = openDescriptors();
            for (int i = 0; i < 500; i++) {
                assertThat(guest.acknowledged(8, VhostFrontEnd.pair(0, 1 + i % 256))).isZero();
                assertThat(guest.acknowledged(8, VhostFrontEnd.pair(0, 64), event.descriptor()))
                        .isEqualTo(1);
            }
            assertThat(openDescriptors()).isEqualTo(before);
        }
        assertServesTheNext();
    }

    /** Offset and length that overflow together; there is no log to be mapped at all. */
    @Test
    void cve_2020_10722_offsetAndLengthDoNotOverflow() {
        try (VhostFrontEnd guest = guest()) {
            final byte[] region = VhostFrontEnd.region(0, 4096, 0);
            for (final long offset : new long[] {-4096, Long.MAX_VALUE - 100, Long.MIN_VALUE}) {
                ByteBuffer.wrap(region).order(ByteOrder.nativeOrder()).putLong(32, offset);
                assertThat(guest.acknowledged(37, region, guest.file())).isEqualTo(1);
            }
            assertThat(guest.acknowledged(6, new byte[16], guest.file())).isEqualTo(1);
            exchange(guest, 1, 3);
        }
        assertServesTheNext();
    }

    /** Ring numbers beyond the last, in every request that has one. */
    @Test
    void cve_2020_10723_ringNumbersAreChecked() {
        try (VhostFrontEnd guest = guest();
                EventFd event = EventFd.create()) {
            for (final int ring : new int[] {8, 255, 256, 65536, -1, Integer.MIN_VALUE}) {
                for (final int request : new int[] {8, 10, 18}) {
                    assertThat(guest.acknowledged(request, VhostFrontEnd.pair(ring, 1)))
                            .isEqualTo(1);
                }
                final byte[] addresses = guest.addresses(0);
                ByteBuffer.wrap(addresses).order(ByteOrder.nativeOrder()).putInt(0, ring);
                assertThat(guest.acknowledged(9, addresses)).isEqualTo(1);
            }
            for (final int request : new int[] {12, 13, 14}) {
                for (int ring = 8; ring < 256; ring++) {
                    assertThat(
                                    guest.acknowledged(
                                            request, VhostFrontEnd.word(ring), event.descriptor()))
                            .isEqualTo(1);
                }
            }
            exchange(guest, 1, 3);
            guest.send(11, 0, VhostFrontEnd.pair(-1, 0));
            assertThat(guest.isCutOff()).as("an answer has no room for an error").isTrue();
        }
        assertServesTheNext();
    }

    /** Crypto sessions (10724, 14374 to 14378) and what is behind them aren't there. */
    @Test
    void cve_2020_10724_thereIsNoCrypto() {
        try (VhostFrontEnd guest = guest()) {
            for (final int request : new int[] {26, 27}) {
                assertThat(guest.acknowledged(request, new byte[4096])).isEqualTo(1);
            }
            exchange(guest, 1, 3);
        }
    }

    /** A buffer that isn't in memory at all, to be read and to be written. */
    @Test
    void cve_2020_10725_addressesThatAreNowhereAreNotUsed() {
        try (VhostFrontEnd guest = guest()) {
            sends(guest, new Buffer(1L << 40, 100, false));
            assertThat(guest.isCutOff()).isTrue();
        }
        try (VhostFrontEnd guest = guest()) {
            final long available = guest.ring(0).settings().driverArea() - 0x1_0000_0000L;
            final long descriptors = guest.ring(0).settings().descriptorArea() - 0x1_0000_0000L;
            for (int i = 0; i < 128; i++) {
                guest.memory()
                        .segment()
                        .set(ValueLayout.JAVA_LONG, descriptors + 16L * i, 0xDEAD_0000L);
            }
            assertThat(available).isPositive();
            give(frame(60, 1), 0);
            assertThat(guest.isCutOff()).isTrue();
            assertThat(reports.getLast()).contains("isn't in memory");
        }
        assertServesTheNext();
    }

    /** The same message a thousand times: descriptors and mappings don't add up. */
    @Test
    void cve_2020_10726_repeatedMessagesLeakNothing() {
        try (VhostFrontEnd guest = guest();
                EventFd event = EventFd.create();
                SharedMemory more = SharedMemory.allocate("more", 1 << 20, PageSize.PLAIN_4K)) {
            more.seal();
            final long before = openDescriptors();
            for (int i = 0; i < 1000; i++) {
                guest.acknowledged(13, VhostFrontEnd.word(0), event.descriptor());
                guest.acknowledged(12, VhostFrontEnd.word(0), event.descriptor());
                guest.acknowledged(14, VhostFrontEnd.word(0), event.descriptor());
                guest.acknowledged(5, guest.table(), guest.file());
                guest.acknowledged(37, VhostFrontEnd.region(0, 1 << 20, 0), more.descriptor());
                guest.acknowledged(38, VhostFrontEnd.region(0, 1 << 20, 0), more.descriptor());
            }
            assertThat(openDescriptors()).isEqualTo(before);
            exchange(guest, 1, 3);
        }
        assertServesTheNext();
    }

    /**
     * A driver that changes a descriptor while it is looked at (14375 for one): length and address
     * come from one look, so a frame is one of the two, whole.
     */
    @Test
    void cve_2020_14375_descriptorsAreReadOnce() throws InterruptedException {
        try (VhostFrontEnd guest = guest()) {
            final long descriptors = guest.ring(TX).settings().descriptorArea() - 0x1_0000_0000L;
            final AtomicBoolean isOver = new AtomicBoolean();
            final Thread flipper =
                    Thread.ofPlatform()
                            .start(() -> {
                                int length = 72;
                                while (!isOver.get()) {
                                    length = length == 72 ? 1012 : 72;
                                    for (int i = 0; i < 128; i++) {
                                        guest.memory()
                                                .segment()
                                                .set(
                                                        ValueLayout.JAVA_INT,
                                                        descriptors + 16L * i + 8,
                                                        length);
                                    }
                                }
                            });
            final long data = guest.memory().allocate(2048, 64);
            int frames = 0;
            while (frames < 20_000) {
                while (guest.ring(TX).add(List.of(new Buffer(data, 72, false)), false) >= 0) {
                    frames++;
                }
                for (final byte[] frame : received()) {
                    assertThat(frame.length).isIn(60, 1000);
                }
                int done = guest.ring(TX).poll();
                while (done >= 0) {
                    done = guest.ring(TX).poll();
                }
            }
            isOver.set(true);
            flipper.join();
        }
        assertServesTheNext();
    }

    /** Descriptors that come with requests for in-flight memory, which isn't offered. */
    @Test
    void cve_2022_0669_descriptorsOfUnknownRequestsAreClosed() {
        try (VhostFrontEnd guest = guest()) {
            final long before = openDescriptors();
            for (int i = 0; i < 500; i++) {
                assertThat(
                                guest.acknowledged(
                                        32, new byte[24], guest.file(), guest.file(), guest.file()))
                        .isEqualTo(1);
            }
            assertThat(openDescriptors()).isEqualTo(before);
            exchange(guest, 1, 3);
        }
    }

    /** A chain shorter than the packet's header, and headers over many buffers. */
    @Test
    void cve_2022_2132_headersMayBeAnywhereButMustBeThere() {
        for (int length = 0; length < 12; length++) {
            try (VhostFrontEnd guest = guest()) {
                sends(guest, new Buffer(0x80_0000, length, false));
                assertThat(guest.isCutOff()).as("%d bytes", length).isTrue();
                assertThat(reports.getLast()).contains("too short");
            }
        }
        try (VhostFrontEnd guest = guest()) {
            final long data = guest.memory().allocate(256, 64);
            final byte[] sent = frame(60, 7);
            guest.memory().put(data + 12, sent);
            final List<Buffer> chain = new ArrayList<>();
            for (int i = 0; i < 72; i++) {
                chain.add(new Buffer(data + i, 1, false));
            }
            assertThat(guest.ring(TX).add(chain, false)).isNotNegative();
            assertThat(received()).as("72 buffers of one byte").containsExactly(sent);
        }
        assertServesTheNext();
    }

    /** Offsets of checksums that are nowhere: not looked at, or not believed. */
    @Test
    void cve_2024_11614_checksumOffsetsAreNotBelieved() {
        final byte[] header = {1, 1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1};
        for (final long more : List.of(0L, OFFLOADS)) {
            try (VhostFrontEnd guest = connect()) {
                guest.initialize(SPLIT | more, 1, Order.QEMU);
                final long data = guest.memory().allocate(256, 64);
                final byte[] sent = frame(60, 7);
                guest.memory().put(data + 12, sent);
                guest.memory().put(data, header);
                assertThat(guest.ring(TX).add(List.of(new Buffer(data, 72, false)), false))
                        .isNotNegative();
                assertThat(received()).hasSize(more == 0 ? 1 : 0);
            }
            assertServesTheNext();
        }
        assertThat(port().device().counters().rxOffload().value()).isEqualTo(1);
    }

    /**
     * "Double fetch when dequeue offloading" (DPDK, October 2025): a header that changes while it
     * is looked at. It is copied first, so what is asked for is what was checked.
     */
    @Test
    void offloadHeadersAreReadOnce() throws InterruptedException {
        try (VhostFrontEnd guest = connect()) {
            guest.initialize(SPLIT | OFFLOADS, 1, Order.QEMU);
            final byte[] frame = TcpFrame.begun(false, 0x0200_0000_0001L, MAC.value(), 2000, 1);
            final long data = guest.memory().allocate(4096, 64);
            guest.memory().put(data + 12, frame);
            final AtomicBoolean isOver = new AtomicBoolean();
            final Thread flipper =
                    Thread.ofPlatform()
                            .start(() -> {
                                final byte[] good = header(1000, 34, 16);
                                final byte[] bad = header(0xFFFF, 0xFFFF, 0xFFFF);
                                while (!isOver.get()) {
                                    guest.memory().put(data, good);
                                    guest.memory().put(data, bad);
                                }
                            });
            int taken = 0;
            for (int round = 0; round < 2000; round++) {
                while (guest.ring(TX)
                                .add(List.of(new Buffer(data, 12 + frame.length, false)), false)
                        >= 0) {
                    taken++;
                }
                while (port().receive(vector) > 0) {
                    for (int i = 0; i < vector.size(); i++) {
                        assertThat(vector.segmentBytes(i)).isEqualTo(1000);
                        assertThat(vector.linkBytes(i)).isEqualTo(14);
                        assertThat(vector.networkBytes(i)).isEqualTo(20);
                        assertThat(vector.transportBytes(i)).isEqualTo(32);
                    }
                    pool.free(vector);
                }
                int done = guest.ring(TX).poll();
                while (done >= 0) {
                    done = guest.ring(TX).poll();
                }
            }
            isOver.set(true);
            flipper.join();
            assertThat(taken).isGreaterThan(100_000);
        }
        assertServesTheNext();
    }

    private static byte[] header(final int size, final int start, final int offset) {
        return ByteBuffer.allocate(12)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put((byte) 1)
                .put((byte) 1)
                .putShort((short) 0)
                .putShort((short) size)
                .putShort((short) start)
                .putShort((short) offset)
                .array();
    }

    /** Chains that go round, or are longer than the ring. */
    @Test
    void chainsAreBounded() {
        try (VhostFrontEnd guest = guest()) {
            final long descriptors = guest.ring(TX).settings().descriptorArea() - 0x1_0000_0000L;
            for (int i = 0; i < 128; i++) {
                guest.memory()
                        .segment()
                        .set(ValueLayout.JAVA_SHORT, descriptors + 16L * i + 12, (short) 1);
                guest.memory()
                        .segment()
                        .set(
                                ValueLayout.JAVA_SHORT,
                                descriptors + 16L * i + 14,
                                (short) ((i + 1) % 128));
            }
            final long available = guest.ring(TX).settings().driverArea() - 0x1_0000_0000L;
            guest.memory()
                    .segment()
                    .set(
                            ValueLayout.JAVA_SHORT,
                            available + 2,
                            (short)
                                    (guest.memory()
                                                    .segment()
                                                    .get(ValueLayout.JAVA_SHORT, available + 2)
                                            + 1));
            assertThat(received()).isEmpty();
            assertThat(guest.isCutOff()).isTrue();
            assertThat(reports.getLast()).contains("more descriptors than the queue");
        }
        assertServesTheNext();
    }
}
