package dev.javf.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.testing.TcpFrame;
import dev.javf.virtio.Feature;
import dev.javf.virtio.driver.VirtioDriver;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * What a guest leaves to its NIC, done by whoever comes next: the VF, the guest next to it, or the
 * forwarding.
 */
class GuestOffloadTest extends GuestRig {
    private static final int SEGMENT = 1400;
    private static final long SENDS =
            FULL
                    | Feature.maskOf(
                            Feature.CSUM, Feature.GUEST_CSUM, Feature.HOST_TSO4, Feature.HOST_TSO6);
    private static final long ALL = SENDS | Feature.maskOf(Feature.GUEST_TSO4, Feature.GUEST_TSO6);

    private static byte[] header(final boolean isIpv6, final int segmentBytes) {
        return ByteBuffer.allocate(12)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put((byte) 1)
                .put((byte) (segmentBytes == 0 ? 0 : isIpv6 ? 4 : 1))
                .putShort((short) 0)
                .putShort((short) segmentBytes)
                .putShort((short) (TcpFrame.LINK_BYTES + TcpFrame.networkBytes(isIpv6)))
                .putShort((short) 16)
                .array();
    }

    private VirtioDriver serveTheOther() {
        final GuestPort settings = settings("other", OTHER).access(100);
        up(right, settings);
        return boot(settings, FULL & ~Feature.CTRL_VLAN.mask());
    }

    private List<byte[]> receive(final VirtioDriver driver) {
        final List<byte[]> frames = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            system.run(20);
            frames.addAll(driver.receive(0));
        }
        return frames;
    }

    /** Through the VF and the PF's switch to a guest on another VF, which offers nothing. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldHaveTheFunctionDoIt(final boolean isIpv6) {
        final VirtioDriver driver =
                serve(settings("vm", GUEST).access(100), SENDS & ~Feature.CTRL_VLAN.mask());
        final VirtioDriver other = serveTheOther();

        final byte[] small = TcpFrame.begun(isIpv6, OTHER.value(), GUEST.value(), 333, 1);
        driver.transmit(0, header(isIpv6, 0), small);
        assertThat(receive(other))
                .containsExactly(TcpFrame.of(isIpv6, OTHER.value(), GUEST.value(), 333, 1));

        final byte[] large = TcpFrame.begun(isIpv6, OTHER.value(), GUEST.value(), 20_000, 2);
        driver.transmit(0, header(isIpv6, SEGMENT), large);
        final List<byte[]> segments = receive(other);
        assertThat(segments).hasSize((20_000 + SEGMENT - 1) / SEGMENT);
        assertThat(TcpFrame.payload(segments)).isEqualTo(TcpFrame.payload(large));
    }

    private VirtioDriver[] neighbours(final long features) {
        final GuestPort first = settings("vm", GUEST);
        final GuestPort second = settings("other", OTHER);
        up(left, first, second);
        return new VirtioDriver[] {
            boot(first, SENDS & ~Feature.CTRL_VLAN.mask()),
            boot(second, features & ~Feature.CTRL_VLAN.mask())
        };
    }

    /** To a neighbour on the same VF, which no NIC is between. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldDoItForANeighbourThatCannot(final boolean isIpv6) {
        final VirtioDriver[] guests = neighbours(FULL);
        final byte[] small = TcpFrame.begun(isIpv6, OTHER.value(), GUEST.value(), 333, 1);
        guests[0].transmit(0, header(isIpv6, 0), small);
        assertThat(receive(guests[1]))
                .containsExactly(TcpFrame.of(isIpv6, OTHER.value(), GUEST.value(), 333, 1));

        final byte[] large = TcpFrame.begun(isIpv6, OTHER.value(), GUEST.value(), 30_000, 2);
        guests[0].transmit(0, header(isIpv6, SEGMENT), large);
        final List<byte[]> segments = receive(guests[1]);
        assertThat(segments).hasSize((30_000 + SEGMENT - 1) / SEGMENT);
        assertThat(TcpFrame.payload(segments)).isEqualTo(TcpFrame.payload(large));
    }

    /** More segments than a burst has room for: the guest gets those that it has room for. */
    @Test
    void shouldCutIntoMoreSegmentsThanABurst() {
        final VirtioDriver[] guests = neighbours(FULL);
        final byte[] large = TcpFrame.begun(false, OTHER.value(), GUEST.value(), 10_000, 2);
        guests[0].transmit(0, header(false, 64), large);
        final List<byte[]> segments = receive(guests[1]);
        // Its ring holds 64 frames of one buffer each.
        assertThat(segments).hasSize(64).allMatch(TcpFrame::isRight);
    }

    @Test
    void shouldLeaveItToANeighbourThatCan() {
        final VirtioDriver[] guests = neighbours(ALL);
        final byte[] large = TcpFrame.begun(false, OTHER.value(), GUEST.value(), 30_000, 2);
        guests[0].transmit(0, header(false, SEGMENT), large);
        assertThat(receive(guests[1])).containsExactly(large);
        assertThat(guests[1].receiveQueue(0).lastHeader()[1]).isEqualTo((byte) 1);
    }
}
