package dev.javf.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.javf.packet.AddressFilter;
import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketVector;
import dev.javf.testing.Allocations;
import dev.javf.virtchnl.VlanSet;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
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

    private Forwarder trunkBeside(final MemoryPort access, final AddressFilter addresses) {
        return new Forwarder(
                pool,
                List.of(
                        new PortBinding(
                                first, 0, VlanSet.range(10, 12), A, addresses, true, firstCounters),
                        new PortBinding(access, 12, B, new PortCounters())));
    }

    @Test
    void shouldGiveATrunkAllItsVlansAndNoOthers() {
        final Forwarder trunk = trunkBeside(second, AddressFilter.of(A));
        receive(A, 0, 1);
        receive(A, 10, 2);
        receive(A, 11, 3);
        receive(A, 12, 4);
        receive(B, 12, 5);
        receive(A, 13, 6);
        trunk.toPorts(vector);

        assertThat(first.left()).containsExactly(1, 2, 3, 4);
        assertThat(second.left()).containsExactly(5);
        assertThat(trunk.noPort().value()).isEqualTo(1);
    }

    @Test
    void shouldTakeFromATrunkOnlyItsVlans() {
        final int twoTags = 0x8100;
        final Forwarder trunk = trunkBeside(second, AddressFilter.of(A));
        first.arrive(C, IPV4, 1);
        first.arrive(C, IPV4, 2, 3 << 13 | 10);
        first.arrive(C, IPV4, 3, 13);
        first.arrive(C, IPV4, 4, 7 << 13);
        first.arrive(C, twoTags, 5, 11);
        first.arrive(C, twoTags, 6, 0);
        first.arrive(C, twoTags, 7);
        first.arrive(B, IPV4, 8, 12);
        assertThat(trunk.fromPort(0, vector)).isEqualTo(8);

        assertThat(vector.size()).isEqualTo(4);
        assertThat(vector.flags(0)).isZero();
        assertThat(vector.vlan(1)).as("priority and VLAN").isEqualTo(3 << 13 | 10);
        assertThat(vector.flags(2)).as("a priority alone is no VLAN").isZero();
        assertThat(vector.vlan(3)).as("a VLAN inside its own").isEqualTo(11);
        assertThat(firstCounters.rxTagged().value()).isEqualTo(3);
        assertThat(second.left()).as("the neighbour in VLAN 12").containsExactly(8);
        pool.free(vector);
    }

    @Test
    void shouldCopyToWhoeverListensToWhatIsAnothers() {
        final AddressFilter everything =
                new AddressFilter() {
                    @Override
                    public boolean owns(final long address) {
                        return address == A.value();
                    }

                    @Override
                    public boolean accepts(final long destination) {
                        return true;
                    }
                };
        final Forwarder trunk = trunkBeside(second, everything);
        receive(B, 12, 1);
        receive(C, 12, 2);
        trunk.toPorts(vector);
        second.arrive(C, IPV4, 3);
        trunk.fromPort(1, vector);

        assertThat(first.left()).containsExactly(1, 2, 3);
        assertThat(second.left()).containsExactly(1);
        assertThat(vector.size()).as("a stranger's frame leaves by the VF, too").isEqualTo(1);
        pool.free(vector);
    }

    @Test
    void shouldDropWhatAnUntrustedPortSendsFromAnothersAddress() {
        final Forwarder checked =
                new Forwarder(
                        pool,
                        List.of(
                                new PortBinding(
                                        first,
                                        0,
                                        VlanSet.EMPTY,
                                        A,
                                        AddressFilter.of(A),
                                        false,
                                        firstCounters)));
        first.source(B);
        first.arrive(C, IPV4, 1);
        assertThat(checked.fromPort(0, vector)).isEqualTo(1);
        assertThat(vector.size()).isZero();
        assertThat(firstCounters.rxSpoofed().value()).isEqualTo(1);
        first.source(A);
        first.arrive(C, IPV4, 2);
        checked.fromPort(0, vector);
        assertThat(vector.size()).isEqualTo(1);
        pool.free(vector);
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
        assertThatThrownBy(() ->
                        new Forwarder(
                                pool,
                                List.of(
                                        new PortBinding(
                                                first,
                                                0,
                                                VlanSet.range(5, 9),
                                                A,
                                                AddressFilter.of(A),
                                                true,
                                                firstCounters),
                                        new PortBinding(second, 7, A, firstCounters))))
                .hasMessageContaining("share VLAN 7");
        assertThatThrownBy(() -> new PortBinding(first, 4095, A, firstCounters))
                .hasMessage("port 'first': VLAN 4095; use 1 to 4094, or 0 for untagged packets");
    }

    @Test
    void shouldGiveEachOfThousandsOfPortsItsOwn() {
        final List<MemoryPort> ports = new ArrayList<>();
        final List<PortBinding> bindings = new ArrayList<>();
        for (int vlan = 1; vlan <= 4094; vlan++) {
            final MemoryPort port = new MemoryPort("port" + vlan, pool);
            ports.add(port);
            bindings.add(new PortBinding(port, vlan, A, new PortCounters()));
        }
        final Forwarder wide = new Forwarder(pool, bindings);
        for (int first = 1; first <= 4094; first += 64) {
            for (int vlan = first; vlan < Math.min(first + 64, 4095); vlan++) {
                receive(A, vlan, vlan);
            }
            wide.toPorts(vector);
        }
        for (int vlan = 1; vlan <= 4094; vlan++) {
            assertThat(ports.get(vlan - 1).left()).as("VLAN %d", vlan).containsExactly(vlan);
        }
    }
}
