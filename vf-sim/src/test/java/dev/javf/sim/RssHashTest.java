package dev.javf.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.SplittableRandom;

/** The vectors are those of "Verifying the RSS Hash Calculation" (Microsoft, NDIS). */
class RssHashTest {
    private static final int[] KEY = {
        0x6d5a56da,
        0x255b0ec2,
        0x4167253d,
        0x43a38fb0,
        0xd0ca2bcb,
        0xae7b30b4,
        0x77cb2da3,
        0x8030f20c,
        0x6a42b73b,
        0xbeac01fa,
        0,
        0,
        0
    };
    private static final int FLTSTAT_RSS = 3;
    private static final int TCP = 6;
    private static final int UDP = 17;

    private final EthernetSwitch bridge = new EthernetSwitch("pf0", false);
    private final RingDriver sender = RingDriver.started(bridge, 1);
    private final RingDriver receiver = new RingDriver(bridge, 2, 4, 64, 2048);

    @BeforeEach
    void start() {
        for (int queue = 0; queue < 4; queue++) {
            receiver.start(queue, RxQueueContext.LEGACY);
        }
        receiver.queues.doWork(0, 0);
        final ByteBuffer key = ByteBuffer.allocate(RssHash.KEY_BYTES);
        for (final int word : KEY) {
            key.putInt(word);
        }
        receiver.queues.rssHash().key(key.array());
        receiver.queues.rssHash().hashEnable(RssHash.HASH_ENABLE_DEFAULT);
    }

    private byte[] packet(
            final String source, final String destination, final int protocol, final byte[] data)
            throws UnknownHostException {
        final byte[] from = InetAddress.getByName(source).getAddress();
        final byte[] to = InetAddress.getByName(destination).getAddress();
        if (from.length == 4) {
            final int[] addresses = {ByteBuffer.wrap(from).getInt(), ByteBuffer.wrap(to).getInt()};
            return Frames.ipv4(receiver.mac, sender.mac, addresses, protocol, data);
        }
        final byte[] addresses = Arrays.copyOf(from, 32);
        System.arraycopy(to, 0, addresses, 16, 16);
        return Frames.ipv6(receiver.mac, sender.mac, addresses, protocol, data);
    }

    private RingDriver.Received pass(final byte[] frame) {
        sender.send(frame);
        return receiver.one();
    }

    @ParameterizedTest
    @CsvSource({
        "66.9.149.187, 2794, 161.142.100.80, 1766, 323e8fc2, 51ccc178",
        "199.92.111.2, 14230, 65.69.140.83, 4739, d718262a, c626b0ea",
        "24.19.198.95, 12898, 12.22.207.184, 38024, d2d0a5de, 5c2b394a",
        "38.27.205.30, 48228, 209.142.163.6, 2217, 82989176, afc7327f",
        "153.39.163.191, 44251, 202.188.127.2, 1303, 5d1809c5, 10e828a2",
        "3ffe:2501:200:1fff::7, 2794, 3ffe:2501:200:3::1, 1766, 2cc18cd5, 40207d3d",
        "3ffe:501:8::260:97ff:fe40:efab, 14230, ff02::1, 4739, 0f0c461c, dde51bbf",
        "3ffe:1900:4545:3:200:f8ff:fe21:67cf, 44251, fe80::200:f8ff:fe21:67cf, 38024,"
                + " 4b61e985, 02d1feef"
    })
    void shouldComputeTheToeplitzHash(
            final String source,
            final int sourcePort,
            final String destination,
            final int destinationPort,
            final String addressHash,
            final String portHash)
            throws UnknownHostException {
        final byte[] tcp = Frames.tcp(sourcePort, destinationPort, 0x10, new byte[8]);
        final RingDriver.Received withPorts = pass(packet(source, destination, TCP, tcp));
        assertThat(withPorts.legacyHash()).isEqualTo(Integer.parseUnsignedInt(portHash, 16));
        assertThat(withPorts.quadwords()[1] >>> 12 & 3).isEqualTo(FLTSTAT_RSS);

        final byte[] udp = Frames.udp(sourcePort, destinationPort, new byte[8]);
        assertThat(pass(packet(source, destination, UDP, udp)).legacyHash())
                .isEqualTo(Integer.parseUnsignedInt(portHash, 16));
        assertThat(pass(packet(source, destination, 253, new byte[20])).legacyHash())
                .isEqualTo(Integer.parseUnsignedInt(addressHash, 16));
    }

    @Test
    void shouldHashFragmentsByAddressOnly() throws UnknownHostException {
        final byte[] fragment =
                packet("66.9.149.187", "161.142.100.80", TCP, Frames.tcp(1, 2, 0x10, new byte[8]));
        Frames.put(fragment, 20, 0x2000);
        assertThat(pass(fragment).legacyHash()).isEqualTo(0x323e8fc2);
    }

    @Test
    void shouldHashEnabledTypesOnly() throws UnknownHostException {
        final byte[] tcp = packet("1.2.3.4", "5.6.7.8", TCP, Frames.tcp(1, 2, 0x10, new byte[8]));
        final byte[] syn = packet("1.2.3.4", "5.6.7.8", TCP, Frames.tcp(1, 2, 0x02, new byte[8]));
        final byte[] udp = packet("1.2.3.4", "5.6.7.8", UDP, Frames.udp(1, 2, new byte[8]));
        final byte[] udp6 = packet("::1", "::2", UDP, Frames.udp(1, 2, new byte[8]));
        final long tcpBit = 1L << 33;
        receiver.queues.rssHash().hashEnable(tcpBit);
        assertThat(isHashed(tcp)).isTrue();
        assertThat(isHashed(syn)).isFalse();
        assertThat(isHashed(udp)).isFalse();

        receiver.queues.rssHash().hashEnable(1L << 32 | 1L << 31);
        assertThat(isHashed(tcp)).isFalse();
        assertThat(isHashed(syn)).isTrue();
        assertThat(isHashed(udp)).isTrue();
        assertThat(isHashed(udp6)).isFalse();

        receiver.queues.rssHash().hashEnable(1L << 41);
        assertThat(isHashed(udp6)).isTrue();
        assertThat(isHashed(sender.frameTo(receiver.mac, 60))).isFalse();
    }

    private boolean isHashed(final byte[] frame) {
        return (pass(frame).quadwords()[1] >>> 12 & 3) == FLTSTAT_RSS;
    }

    @Test
    void shouldChooseTheQueueByTheTable() throws UnknownHostException {
        final byte[] table = new byte[RssHash.TABLE_ENTRIES];
        for (int i = 0; i < table.length; i++) {
            table[i] = (byte) (i * 7 % 5);
        }
        receiver.queues.rssHash().table(table);
        final SplittableRandom random = new SplittableRandom(1);
        final int[] perQueue = new int[5];
        for (int i = 0; i < 2000; i++) {
            final byte[] datagram =
                    Frames.udp(random.nextInt(65536), random.nextInt(65536), new byte[4]);
            sender.send(packet("10.0.0.1", "10.0.0.2", UDP, datagram));
            int queue = 0;
            while (queue < 4 && receiver.receive(queue).isEmpty()) {
                queue++;
            }
            if (queue < 4) {
                final int hash = receiver.received.removeFirst().legacyHash();
                assertThat(table[hash & 63]).isEqualTo((byte) queue);
            }
            perQueue[queue]++;
        }
        assertThat(Arrays.stream(perQueue).min().orElse(0)).isGreaterThan(100);
        assertThat(receiver.port.counters().drops(DropCause.RX_QUEUE_DISABLED))
                .as("entries for a queue that isn't there")
                .isEqualTo(perQueue[4]);
    }

    @Test
    void shouldSendWhatIsNotHashedToQueueZero() {
        final byte[] table = new byte[RssHash.TABLE_ENTRIES];
        Arrays.fill(table, (byte) 3);
        receiver.queues.rssHash().table(table);
        sender.send(sender.frameTo(receiver.mac, 60));
        assertThat(receiver.receive(0)).hasSize(1);
    }

    @Test
    void shouldShowTheHashInTheFlexibleDescriptor() throws UnknownHostException {
        receiver.start(0, RxQueueContext.FLEX);
        final byte[] frame =
                packet(
                        "66.9.149.187",
                        "161.142.100.80",
                        TCP,
                        Frames.tcp(2794, 1766, 0x10, new byte[8]));
        final long status = pass(frame).quadwords()[1];
        assertThat((int) (status >>> 32)).isEqualTo(0x51ccc178);
        assertThat(status >>> 12 & 1).as("RSS_VALID").isEqualTo(1);
    }

    @Test
    void shouldForgetAllInAResetAndRefuseWrongLengths() {
        final RssHash hash = receiver.queues.rssHash();
        assertThatThrownBy(() -> hash.key(new byte[40])).hasMessageContaining("40 bytes");
        assertThatThrownBy(() -> hash.table(new byte[63])).hasMessageContaining("63 entries");
        assertThat(hash.key()).startsWith(0x6d, 0x5a);
        hash.reset();
        assertThat(hash.key()).containsOnly(0);
        assertThat(hash.table()).containsOnly(0);
        assertThat(hash.hashEnable()).isZero();
    }
}
