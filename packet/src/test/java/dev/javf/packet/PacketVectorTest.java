package dev.javf.packet;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PacketVectorTest {
    @Test
    void shouldKeepTheRestInOrderWhenTheFirstLeave() {
        final PacketVector vector = new PacketVector(8);
        for (int i = 0; i < 8; i++) {
            vector.add(i, 10 + i, 20 + i, 30 + i, 1 << i, 50 + i);
        }
        assertThat(vector.room()).isZero();

        vector.removeFirst(3);

        assertThat(vector.size()).isEqualTo(5);
        assertThat(vector.room()).isEqualTo(3);
        for (int i = 0; i < 5; i++) {
            assertThat(vector.buffer(i)).isEqualTo(3 + i);
            assertThat(vector.offsetBytes(i)).isEqualTo(13 + i);
            assertThat(vector.lengthBytes(i)).isEqualTo(23 + i);
            assertThat(vector.vlan(i)).isEqualTo(33 + i);
            assertThat(vector.flags(i)).isEqualTo(8 << i);
            assertThat(vector.hash(i)).isEqualTo(53 + i);
        }

        vector.removeFirst(5);
        assertThat(vector.size()).isZero();
    }

    @Test
    void shouldTagAndCopyAPacket() {
        final PacketVector from = new PacketVector(1);
        final PacketVector to = new PacketVector(1);
        from.add(7, 128, 60, 0, PacketVector.FLAG_HASH, 99);
        from.tag(0, 100);
        to.add(from, 0);

        assertThat(to.vlan(0)).isEqualTo(100);
        assertThat(to.flags(0)).isEqualTo(PacketVector.FLAG_HASH | PacketVector.FLAG_VLAN);
        assertThat(to.buffer(0)).isEqualTo(7);
        assertThat(to.hash(0)).isEqualTo(99);
        assertThat(from.size()).isEqualTo(1);
    }

    @Test
    void shouldKeepTwoTagsApart() {
        final PacketVector vector = new PacketVector(2);
        vector.add(1, 0, 60, 0xE064, PacketVector.FLAG_VLAN, 0);
        vector.tagInner(0, 0xF0C8);
        assertThat(vector.vlan(0)).isEqualTo(0xE064);
        assertThat(vector.innerVlan(0)).isEqualTo(0xF0C8);
        assertThat(vector.flags(0))
                .isEqualTo(PacketVector.FLAG_VLAN | PacketVector.FLAG_INNER_VLAN);
        vector.tag(0, 7);
        assertThat(vector.vlan(0)).isEqualTo(7);
        assertThat(vector.innerVlan(0)).isEqualTo(0xF0C8);
        vector.add(2, 0, 60, 0xF0C8_E064, 0, 0);
        assertThat(vector.vlan(1)).isEqualTo(0xE064);
        assertThat(vector.innerVlan(1)).isEqualTo(0xF0C8);
    }

    @Test
    void shouldCarryARequestForOffloadsAlong() {
        final PacketVector from = new PacketVector(2);
        from.add(1, 0, 60, 0, 0, 0);
        from.add(2, 0, 60, 0, PacketVector.FLAG_HASH | PacketVector.TYPE_IPV6, 9);
        final int request =
                PacketVector.FLAG_TX_SEGMENT | PacketVector.TYPE_IPV4 | PacketVector.TYPE_TCP;
        from.offload(1, request, 14, 60, 32, 0xFFFF);
        final PacketVector to = new PacketVector(4);
        to.add(from, 1);
        from.removeFirst(1);
        for (final PacketVector vector : new PacketVector[] {from, to}) {
            assertThat(vector.flags(0))
                    .isEqualTo(PacketVector.FLAG_HASH | PacketVector.FLAG_TX_SEGMENT);
            assertThat(vector.packetType(0))
                    .isEqualTo(PacketVector.TYPE_IPV4 | PacketVector.TYPE_TCP);
            assertThat(vector.linkBytes(0)).isEqualTo(14);
            assertThat(vector.networkBytes(0)).isEqualTo(60);
            assertThat(vector.transportBytes(0)).isEqualTo(32);
            assertThat(vector.segmentBytes(0)).isEqualTo(0xFFFF);
        }
        to.offloaded(0);
        assertThat(to.flags(0)).isEqualTo(PacketVector.FLAG_HASH);
    }

    @Test
    void shouldKnowThePacketsLengthInAllItsBuffers() {
        final PacketVector from = new PacketVector(2);
        from.add(1, 0, 60, 0, 0, 0);
        from.addSegmented(2, 128, 2048, 7000, 5, PacketVector.FLAG_VLAN, 0);
        final PacketVector to = new PacketVector(1);
        to.add(from, 1);
        from.removeFirst(1);
        for (final PacketVector vector : new PacketVector[] {from, to}) {
            assertThat(vector.lengthBytes(0)).isEqualTo(2048);
            assertThat(vector.totalBytes(0)).isEqualTo(9048);
            assertThat(vector.flags(0))
                    .isEqualTo(PacketVector.FLAG_VLAN | PacketVector.FLAG_SEGMENTED);
            vector.strip(0, 14);
            assertThat(vector.totalBytes(0)).isEqualTo(9034);
        }
        to.clear();
        to.add(3, 0, 60, 0, 0, 0);
        assertThat(to.totalBytes(0)).isEqualTo(60);
    }

    @Test
    void shouldKeepTimestampsAndTunnelsWithTheirPackets() {
        final PacketVector vector = new PacketVector(4);
        for (int i = 0; i < 3; i++) {
            vector.add(i, 128, 60, 0, 0, 7);
        }
        vector.timestamp(1, 1_000_000_007L);
        vector.offload(2, PacketVector.FLAG_TX_L4_CHECKSUM | PacketVector.TYPE_IPV4, 14, 20, 20, 0);
        vector.tunnel(2, PacketVector.TUNNEL_UDP_CHECKSUM, true, 40, 30);
        vector.removeFirst(1);
        assertThat(vector.flags(0)).isEqualTo(PacketVector.FLAG_TIMESTAMP);
        assertThat(vector.timestampNs(0)).isEqualTo(1_000_000_007L);
        final PacketVector other = new PacketVector(4);
        other.add(vector, 0);
        other.add(vector, 1);
        assertThat(other.timestampNs(0)).isEqualTo(1_000_000_007L);
        assertThat(other.flags(1))
                .isEqualTo(PacketVector.FLAG_TX_L4_CHECKSUM | PacketVector.FLAG_TX_TUNNEL);
        assertThat(other.tunnelKind(1)).isEqualTo(PacketVector.TUNNEL_UDP_CHECKSUM);
        assertThat(other.isOuterIpv6(1)).isTrue();
        assertThat(other.outerNetworkBytes(1)).isEqualTo(40);
        assertThat(other.tunnelBytes(1)).isEqualTo(30);
        other.offloaded(1);
        assertThat(other.flags(1)).isZero();
        other.removeFirst(1);
        other.clear();
        other.add(5, 128, 60, 0, 0, 0);
        assertThat(other.flags(0)).isZero();
    }
}
