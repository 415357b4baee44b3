package dev.javf.packet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.testing.Seed;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.lang.foreign.MemorySegment;
import java.util.HexFormat;

class PacketHeadersTest {
    private static final String ADDRESSES = "020000000001" + "020000000002";
    private static final String IPV4 = "4500 0000 0000 4000 40PP 0000 0a000001 0a000002";
    private static final String IPV6 =
            "60000000 0000 PP40 20010db8000000000000000000000001 20010db8000000000000000000000002";
    private static final String TCP = "0001 0002 00000000 00000000 5010 0000 0000 0000";
    private static final String UDP = "0001 0002 0008 0000";
    private static final String SCTP = "0001 0002 00000000 00000000";

    private static byte[] frame(final String hex) {
        return HexFormat.of().parseHex((ADDRESSES + hex).replace(" ", ""));
    }

    private static String ip(final String header, final int protocol) {
        return header.replace("PP", String.format("%02x", protocol));
    }

    private static void assertParsed(
            final String hex, final int link, final int network, final int transport, final int t) {
        final byte[] frame = frame(hex);
        final long headers = PacketHeaders.parse(MemorySegment.ofArray(frame), 0, frame.length);
        assertThat(PacketHeaders.linkBytes(headers)).isEqualTo(link);
        assertThat(PacketHeaders.networkBytes(headers)).isEqualTo(network);
        assertThat(PacketHeaders.transportBytes(headers)).isEqualTo(transport);
        assertThat(PacketHeaders.packetType(headers)).isEqualTo(t);
    }

    @Test
    void shouldFindEveryTransport() {
        final int v4 = PacketVector.TYPE_IPV4;
        final int v6 = PacketVector.TYPE_IPV6;
        assertParsed("0800" + ip(IPV4, 6) + TCP, 14, 20, 20, v4 | PacketVector.TYPE_TCP);
        assertParsed("0800" + ip(IPV4, 17) + UDP, 14, 20, 8, v4 | PacketVector.TYPE_UDP);
        assertParsed("0800" + ip(IPV4, 132) + SCTP, 14, 20, 12, v4 | PacketVector.TYPE_SCTP);
        assertParsed("0800" + ip(IPV4, 1) + UDP, 14, 20, 0, v4 | PacketVector.TYPE_ICMP);
        assertParsed("0800" + ip(IPV4, 47) + UDP, 14, 20, 0, v4);
        assertParsed("86dd" + ip(IPV6, 6) + TCP, 14, 40, 20, v6 | PacketVector.TYPE_TCP);
        assertParsed("86dd" + ip(IPV6, 17) + UDP, 14, 40, 8, v6 | PacketVector.TYPE_UDP);
        assertParsed("86dd" + ip(IPV6, 58) + UDP, 14, 40, 0, v6 | PacketVector.TYPE_ICMP);
        assertParsed("0806" + "0001080006040001", 14, 0, 0, 0);
    }

    @Test
    void shouldSkipTagsOptionsAndExtensionHeaders() {
        final int v4 = PacketVector.TYPE_IPV4 | PacketVector.TYPE_TCP;
        final int v6 = PacketVector.TYPE_IPV6 | PacketVector.TYPE_TCP;
        assertParsed("8100 2064 0800" + ip(IPV4, 6) + TCP, 18, 20, 20, v4);
        assertParsed("88a8 0001 8100 2064 86dd" + ip(IPV6, 6) + TCP, 22, 40, 20, v6);
        final String options = ip(IPV4, 6).replace("4500", "4700") + "0101010101010100";
        final String longTcp = TCP.replace("5010", "8010") + "0101080a0000000000000000";
        assertParsed("0800" + options + longTcp, 14, 28, 32, v4);
        final String hopByHop = "2c00010400000000".replace("2c", "3c");
        final String destination = "0601" + "0104000000000104000000000000";
        assertParsed("86dd" + ip(IPV6, 0) + hopByHop + destination + TCP, 14, 64, 20, v6);
    }

    @Test
    void shouldNotLookIntoFragments() {
        final int v4 = PacketVector.TYPE_IPV4 | PacketVector.TYPE_FRAGMENT;
        final int v6 = PacketVector.TYPE_IPV6 | PacketVector.TYPE_FRAGMENT;
        assertParsed("0800" + ip(IPV4, 6).replace("4000", "2000") + TCP, 14, 20, 0, v4);
        assertParsed("0800" + ip(IPV4, 6).replace("4000", "0001") + TCP, 14, 20, 0, v4);
        assertParsed("86dd" + ip(IPV6, 44) + "0600000100000000" + TCP, 14, 40, 0, v6);
    }

    @ParameterizedTest
    @CsvSource({
        "13, 0, 0, 0",
        "14, 14, 0, 0",
        "33, 14, 0, 0",
        "34, 14, 20, 0",
        "53, 14, 20, 0",
        "54, 14, 20, 20"
    })
    void shouldReportWholeHeadersOnly(
            final int length, final int link, final int network, final int transport) {
        final MemorySegment memory = MemorySegment.ofArray(frame("0800" + ip(IPV4, 6) + TCP));
        final long headers = PacketHeaders.parse(memory, 0, length);
        assertThat(PacketHeaders.linkBytes(headers)).isEqualTo(link);
        assertThat(PacketHeaders.networkBytes(headers)).isEqualTo(network);
        assertThat(PacketHeaders.transportBytes(headers)).isEqualTo(transport);
    }

    /** Any bytes: nothing is read outside the frame, and the headers are within it. */
    @Test
    void shouldSurviveAnything() {
        final String[] starts = {"0800" + ip(IPV4, 6), "86dd" + ip(IPV6, 0), "8100", "88a8"};
        Seed.forEach(
                1,
                20_000,
                random -> {
                    final byte[] bytes = new byte[random.nextInt(150)];
                    random.nextBytes(bytes);
                    final byte[] start = frame(starts[random.nextInt(starts.length)]);
                    System.arraycopy(start, 0, bytes, 0, Math.min(start.length, bytes.length));
                    for (int i = random.nextInt(3); i > 0 && bytes.length > 0; i--) {
                        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(64);
                    }
                    // The segment ends where the frame does: reading on would throw.
                    final long headers =
                            PacketHeaders.parse(MemorySegment.ofArray(bytes), 0, bytes.length);
                    assertThat(
                                    PacketHeaders.linkBytes(headers)
                                            + PacketHeaders.networkBytes(headers)
                                            + PacketHeaders.transportBytes(headers))
                            .isLessThanOrEqualTo(bytes.length);
                });
    }
}
