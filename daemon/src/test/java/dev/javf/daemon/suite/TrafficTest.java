package dev.javf.daemon.suite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.packet.Ethernet;
import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketPort;
import dev.javf.packet.PacketVector;
import dev.javf.virtchnl.VlanSet;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.lang.foreign.ValueLayout;
import java.util.List;

/** The checker of the loaded suite is checked: whatever a network can do to a frame is found. */
class TrafficTest {
    private static final List<MacAddress> MACS =
            List.of(MacAddress.of("02:00:00:00:00:01"), MacAddress.of("02:00:00:00:00:02"));

    private final PacketPool pool = new PacketPool("test traffic", 256);
    private final PacketVector wire = new PacketVector();
    private long nowNs;
    private final Traffic traffic = new Traffic(pool, () -> nowNs, VlanSet.of(100, 200), MACS);

    @AfterEach
    void closePool() {
        assertThat(pool.available()).isEqualTo(pool.capacity());
        pool.close();
    }

    private PacketPort port(final int side, final int place) {
        return traffic.ports(side).get(place).port();
    }

    /** One round of a side's ports; what they send is put into the vector. */
    private int send(final int side, final PacketVector vector) {
        nowNs += 1_000_000;
        return port(side, 0).receive(vector) + port(side, 1).receive(vector);
    }

    /** A round of both sides that all arrives. */
    private void exchange() {
        for (int side = 0; side < 2; side++) {
            for (int place = 0; place < 2; place++) {
                nowNs += 1_000_000;
                port(side, place).receive(wire);
                port(1 - side, place).transmit(wire);
            }
        }
    }

    private void deliver(final int frame, final int side, final int place) {
        final PacketVector one = new PacketVector();
        one.add(wire, frame);
        port(side, place).transmit(one);
    }

    private int copyOf(final int frame) {
        final int copy = pool.allocate();
        pool.memory()
                .asSlice(pool.bufferOffset(copy), 1024)
                .copyFrom(pool.memory().asSlice(pool.bufferOffset(wire.buffer(frame)), 1024));
        wire.add(
                copy,
                wire.offsetBytes(frame),
                wire.lengthBytes(frame),
                wire.vlan(frame),
                wire.flags(frame),
                wire.hash(frame));
        return wire.size() - 1;
    }

    @Test
    void shouldBeContentWhenAllArrives() {
        for (int i = 0; i < 300; i++) {
            exchange();
        }

        assertThat(traffic.isServed()).isTrue();
        assertThat(traffic.isQuiet()).isTrue();
        assertThat(traffic.trouble()).isEmpty();
        assertThat(traffic.summary()).isEqualTo("4 flows, 1200 frames, 0 lost in the outage");
    }

    @Test
    void shouldTakeLossesForGoodInsideAnOutageOnly() {
        exchange();
        traffic.outageBegins();
        assertThat(send(0, wire)).isEqualTo(2);
        pool.free(wire);
        traffic.outageEnds();
        assertThat(traffic.isServed()).isFalse();
        exchange();
        assertThat(traffic.trouble()).isEmpty();
        assertThat(traffic.summary()).isEqualTo("4 flows, 10 frames, 2 lost in the outage");

        send(0, wire);
        pool.free(wire);
        exchange();
        assertThat(traffic.trouble())
                .isEqualTo("VLAN 100 from VF1: frames 3 to 3 lost without outage, and more");
    }

    @Test
    void shouldFindALossThatNothingFollows() {
        exchange();
        send(1, wire);
        pool.free(wire);

        assertThat(traffic.trouble()).isEqualTo("frames are missing at the end");
    }

    @Test
    void shouldFindASilentFlow() {
        exchange();
        traffic.outageBegins();
        traffic.outageEnds();

        assertThat(traffic.trouble()).isEqualTo("no frame arrives in 4 flows; VLAN 100 from VF1");
    }

    @Test
    void shouldFindAFrameThatComesTwice() {
        send(0, wire);
        final int copy = copyOf(0);
        deliver(0, 1, 0);
        deliver(1, 1, 1);
        deliver(copy, 1, 0);
        wire.clear();

        assertThat(traffic.trouble()).startsWith("VLAN 100 from VF1: frame 0 after 0");
    }

    @Test
    void shouldFindFramesOutOfOrderEvenInAnOutage() {
        traffic.outageBegins();
        send(0, wire);
        send(0, wire);
        deliver(2, 1, 0);
        deliver(0, 1, 0);
        deliver(1, 1, 1);
        deliver(3, 1, 1);
        wire.clear();

        assertThat(traffic.trouble()).startsWith("VLAN 100 from VF1: frame 0 after 1");
    }

    @Test
    void shouldFindALeakIntoAnotherVlan() {
        send(0, wire);
        deliver(0, 1, 1);
        deliver(1, 1, 0);
        wire.clear();

        assertThat(traffic.trouble()).startsWith("VLAN 200 from VF1: a frame of VLAN 100 from VF1");
    }

    @Test
    void shouldFindAFrameThatCameBackToItsSender() {
        send(0, wire);
        deliver(0, 0, 0);
        deliver(1, 1, 1);
        wire.clear();

        assertThat(traffic.trouble()).startsWith("VLAN 100 from VF2: a corrupted frame");
    }

    @Test
    void shouldFindEveryChangedByteOfItsOwn() {
        for (int at = 0; at < Ethernet.MIN_FRAME_BYTES; at++) {
            if (at >= Ethernet.SOURCE_OFFSET && at < Ethernet.TYPE_OFFSET) {
                continue; // Who the sender is says the frame itself, further behind.
            }
            final Traffic fresh = new Traffic(pool, () -> nowNs, VlanSet.of(100, 200), MACS);
            nowNs += 1_000_000;
            fresh.ports(0).get(0).port().receive(wire);
            final long address = pool.bufferOffset(wire.buffer(0)) + wire.offsetBytes(0) + at;
            final byte was = pool.memory().get(ValueLayout.JAVA_BYTE, address);
            pool.memory().set(ValueLayout.JAVA_BYTE, address, (byte) (was ^ 0x10));
            fresh.ports(1).get(0).port().transmit(wire);

            assertThat(fresh.trouble()).as("byte %s", at).contains("VLAN 100 from VF1: ");
        }
    }

    @Test
    void shouldFindAStranger() {
        exchange();
        final int buffer = pool.allocate();
        pool.memory().asSlice(pool.dataOffset(buffer), 64).fill((byte) 0);
        wire.add(buffer, pool.headroomBytes(), 64, 0, 0, 0);
        port(0, 0).transmit(wire);

        assertThat(traffic.trouble())
                .isEqualTo("VLAN 100 from VF2: a stranger's frame of 64 bytes");
    }

    @Test
    void shouldHaveNoMoreFramesOnTheirWayThanRingsHold() {
        assertThat(sentIn(100)).isEqualTo(2 * 64);
        traffic.outageBegins();
        assertThat(sentIn(100)).as("in an outage they may be lost").isEqualTo(2 * 100);
        traffic.outageEnds();
        assertThat(sentIn(100)).as("until one of them arrives").isEqualTo(2 * 64);
    }

    /** Frames that are sent by the first side in so many rounds, and lost. */
    private int sentIn(final int rounds) {
        int sent = 0;
        for (int i = 0; i < rounds; i++) {
            sent += send(0, wire);
            pool.free(wire);
        }
        return sent;
    }

    @Test
    void shouldSendNoMoreThanItsPaceAndNothingWhenStopped() {
        int sent = 0;
        for (int i = 0; i < 100; i++) {
            nowNs += 100; // 10 us in all: less than a pause
            sent += port(0, 0).receive(wire) + port(0, 1).receive(wire);
        }
        assertThat(sent).isEqualTo(64);
        traffic.stop();
        assertThat(send(0, wire)).isZero();
        pool.free(wire);
    }
}
