package dev.javf.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketVector;
import dev.javf.testing.Allocations;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.util.List;

class ForwarderTest {
    private static final int IPV4 = 0x0800;
    private static final MacAddress A = MacAddress.of("02:00:00:00:00:0a");
    private static final MacAddress B = MacAddress.of("02:00:00:00:00:0b");
    private static final MacAddress C = MacAddress.of("02:00:00:00:00:0c");

    private final PacketPool pool = new PacketPool("forwarder-test", 256);
    private final MemoryPort untagged = new MemoryPort("untagged", pool);
    private final MemoryPort alone = new MemoryPort("alone", pool);
    private final MemoryPort first = new MemoryPort("first", pool);
    private final MemoryPort second = new MemoryPort("second", pool);
    private final MemoryPort third = new MemoryPort("third", pool);
    private final PortCounters firstCounters = new PortCounters();
    private final Forwarder forwarder =
            new Forwarder(
                    pool,
                    List.of(
                            new PortBinding(untagged, 0, A, new PortCounters()),
                            new PortBinding(alone, 100, A, new PortCounters()),
                            new PortBinding(first, 200, A, firstCounters),
                            new PortBinding(second, 200, B, new PortCounters()),
                            new PortBinding(third, 200, C, new PortCounters())));
    private final PacketVector vector = new PacketVector();

    @AfterEach
    void shouldHaveLostNoBuffer() {
        assertThat(pool.available()).isEqualTo(pool.capacity());
        pool.close();
    }

    private void receive(final MacAddress destination, final int vlan, final int number) {
        final int flags = vlan == 0 ? 0 : PacketVector.FLAG_VLAN;
        // Priority 5: forwarding looks at the twelve bits of the VLAN only.
        final int tag = vlan == 0 ? 0 : 5 << 13 | vlan;
        vector.add(
                MemoryPort.frame(pool, destination, IPV4, number),
                pool.headroomBytes(),
                60,
                tag,
                flags,
                0);
    }

    @Test
    void shouldSortByVlan() {
        receive(A, 0, 1);
        receive(A, 100, 2);
        receive(MacAddress.BROADCAST, 100, 3);
        receive(A, 0, 4);
        forwarder.toPorts(vector);

        assertThat(untagged.left()).containsExactly(1, 4);
        assertThat(alone.left()).containsExactly(2, 3);
        assertThat(vector.size()).isZero();
    }

    @Test
    void shouldDropWhatHasNoPort() {
        receive(A, 101, 1);
        receive(MacAddress.BROADCAST, 4094, 2);
        receive(MacAddress.of("02:00:00:00:00:0d"), 200, 3);
        forwarder.toPorts(vector);

        assertThat(forwarder.noPort().value()).isEqualTo(3);
        for (final MemoryPort port : List.of(untagged, alone, first, second, third)) {
            assertThat(port.left()).isEmpty();
        }
    }

    @Test
    void shouldChooseByAddressAmongThePortsOfAVlan() {
        receive(B, 200, 1);
        receive(A, 200, 2);
        receive(MacAddress.BROADCAST, 200, 3);
        forwarder.toPorts(vector);

        assertThat(first.left()).containsExactly(2, 3);
        assertThat(second.left()).containsExactly(1, 3);
        assertThat(third.left()).containsExactly(3);
    }

    @Test
    void shouldTagWhatComesFromAPort() {
        alone.arrive(B, IPV4, 1);
        untagged.arrive(B, IPV4, 2);
        assertThat(forwarder.fromPort(1, vector)).isEqualTo(1);
        assertThat(forwarder.fromPort(0, vector)).isEqualTo(1);

        assertThat(vector.size()).isEqualTo(2);
        assertThat(vector.vlan(0)).isEqualTo(100);
        assertThat(vector.flags(0)).isEqualTo(PacketVector.FLAG_VLAN);
        assertThat(vector.flags(1)).isZero();
        pool.free(vector);
    }

    @Test
    void shouldConnectThePortsOfAVlan() {
        first.arrive(B, IPV4, 1);
        first.arrive(MacAddress.BROADCAST, IPV4, 2);
        first.arrive(MacAddress.of("02:00:00:00:00:0d"), IPV4, 3);
        forwarder.fromPort(2, vector);

        assertThat(second.left()).containsExactly(1, 2);
        assertThat(third.left()).containsExactly(2);
        assertThat(first.left()).as("never back to the sender").isEmpty();
        assertThat(vector.size()).as("the broadcast and the stranger leave by the VF").isEqualTo(2);
        pool.free(vector);
    }

    @Test
    void shouldRefuseATagInAnAccessPort() {
        first.arrive(B, 0x8100, 1);
        first.arrive(B, 0x88A8, 2);
        assertThat(forwarder.fromPort(2, vector)).isEqualTo(2);
        assertThat(vector.size()).isZero();
        assertThat(firstCounters.rxTagged().value()).isEqualTo(2);
        assertThat(second.left()).isEmpty();
    }

    @Test
    void shouldDropWhatAPortHasNoRoomFor() {
        first.room(1);
        receive(A, 200, 1);
        receive(A, 200, 2);
        receive(B, 200, 3);
        forwarder.toPorts(vector);

        assertThat(first.left()).containsExactly(1);
        assertThat(second.left()).as("its neighbour is served").containsExactly(3);
        assertThat(firstCounters.txFull().value()).isEqualTo(1);
    }

    @Test
    void shouldNotAllocate() {
        final PacketVector burst = new PacketVector();
        final Runnable body =
                () -> {
                    for (int i = 0; i < 10_000; i++) {
                        burst.add(pool.allocate(), pool.headroomBytes(), 60, 101, 1, 0);
                        forwarder.toPorts(burst);
                    }
                };
        body.run();
        assertThat(Allocations.ofSteady(body)).isZero();
    }

    @Test
    void shouldRefuseTwoPortsThatCannotBeToldApart() {
        assertThatThrownBy(() ->
                        new Forwarder(
                                pool,
                                List.of(
                                        new PortBinding(first, 7, A, firstCounters),
                                        new PortBinding(second, 7, A, firstCounters))))
                .hasMessage(
                        "ports 'first' and 'second' share VLAN 7 and MAC address"
                                + " 02:00:00:00:00:0a; give one of them another address or VLAN");
        assertThatThrownBy(() -> new PortBinding(first, 4095, A, firstCounters))
                .hasMessage("port 'first': VLAN 4095; use 1 to 4094, or 0 for untagged packets");
    }
}
