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
}
