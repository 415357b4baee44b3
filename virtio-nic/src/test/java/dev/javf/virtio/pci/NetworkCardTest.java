package dev.javf.virtio.pci;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.packet.PacketVector;
import dev.javf.testing.Allocations;
import dev.javf.testing.Seed;
import dev.javf.virtio.Feature;
import dev.javf.virtio.driver.ControlPath;
import dev.javf.virtio.driver.PacketQueue;
import dev.javf.virtio.driver.VirtioDriver;
import dev.javf.virtio.net.NetworkControl.Outcome;
import dev.javf.virtio.pci.NicRig.Door;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/** The card as a guest's driver and as the poller see it. */
class NetworkCardTest {
    private static final long BASIC =
            Feature.maskOf(Feature.VERSION_1, Feature.MAC, Feature.CTRL_VQ, Feature.MRG_RXBUF);
    private static final int LINK_UP = 1;
    private static final int ANNOUNCE = 2;

    /** Any set of features that stands to reason works, with traffic. */
    @Test
    void shouldWorkWithRandomFeatures() {
        Seed.forEach(
                1,
                60,
                random -> {
                    try (NicRig rig = NicRig.trunk(Door.IN_PROCESS)) {
                        for (int round = 0; round < 4; round++) {
                            final long offered = rig.driver.offeredFeatures();
                            final long chosen = Choices.of(offered, random, Feature.CTRL_VQ);
                            rig.driver.initialize(chosen);
                            if (Feature.MQ.isIn(chosen)) {
                                rig.driver.control().pairs(rig.driver.pairs());
                            }
                            if (Feature.INDIRECT_DESC.isIn(chosen)) {
                                rig.driver.receiveQueue(0).indirect();
                            }
                            for (int pair = 0; pair < rig.driver.pairs(); pair++) {
                                if (Feature.MRG_RXBUF.isIn(chosen)) {
                                    Traffic.exchange(rig, pair);
                                } else {
                                    small(rig, pair);
                                }
                            }
                            assertThat(rig.reports).isEmpty();
                        }
                    }
                });
    }

    /** Without MRG_RXBUF a frame must fit one buffer. */
    private static void small(final NicRig rig, final int pair) {
        final byte[] frame = Frames.of(500, pair);
        rig.add(frame, 0, PacketVector.FLAG_HASH, pair);
        assertThat(rig.net().transmit(rig.vector)).isEqualTo(1);
        assertThat(rig.driver.receive(pair)).containsExactly(frame);
        final long tooLong = rig.net().counters().txTooLong().value();
        assertThat(rig.transmit(Frames.of(PacketQueue.BUFFER_BYTES, 1))).isTrue();
        assertThat(rig.net().counters().txTooLong().value()).isEqualTo(tooLong + 1);
        assertThat(rig.driver.receive(0)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldKeepWhatTheGuestHasNoRoomFor(final boolean isPacked) {
        try (NicRig rig = NicRig.of(Door.IN_PROCESS)) {
            rig.driver.initialize(BASIC | (isPacked ? Feature.RING_PACKED.mask() : 0));
            final List<byte[]> sent = new ArrayList<>();
            for (int i = 0; i < 64; i++) {
                final byte[] frame = Frames.of(1400, i);
                sent.add(frame);
                rig.add(frame, 0, 0, 0);
            }
            // 64 buffers on both formats, but of two descriptors each in a ring of 128; two buffers
            // to a frame.
            assertThat(rig.net().transmit(rig.vector)).isEqualTo(32);
            assertThat(rig.vector.size()).isEqualTo(32);
            final List<byte[]> got = new ArrayList<>(rig.driver.receive(0));
            assertThat(rig.net().transmit(rig.vector)).isEqualTo(32);
            got.addAll(rig.driver.receive(0));
            assertThat(got).containsExactlyElementsOf(sent);
            assertThat(rig.pool.available()).isEqualTo(rig.pool.capacity());
        }
    }

    @Test
    void shouldDropWhatIsTooLongOrTooShort() {
        try (NicRig rig = NicRig.of(Door.IN_PROCESS)) {
            rig.driver.initialize(BASIC);
            rig.driver.transmit(0, new byte[13]);
            rig.driver.transmit(0, new byte[1515]);
            rig.driver.transmit(0, Frames.of(1514, 1));
            assertThat(rig.received()).hasSize(1);
            assertThat(rig.net().counters().rxTooShort().value()).isEqualTo(1);
            assertThat(rig.net().counters().rxTooLong().value()).isEqualTo(1);
            assertThat(rig.transmit(Frames.of(1515, 1))).isTrue();
            assertThat(rig.net().counters().txTooLong().value()).isEqualTo(1);
            assertThat(rig.driver.receive(0)).isEmpty();
        }
    }

    @Test
    void shouldWaitForPacketBuffers() {
        try (NicRig rig = NicRig.of(Door.IN_PROCESS)) {
            rig.driver.initialize(BASIC);
            final List<Integer> taken = new ArrayList<>();
            while (rig.pool.available() > 0) {
                taken.add(rig.pool.allocate());
            }
            final byte[] frame = Frames.of(100, 1);
            rig.driver.transmit(0, frame);
            assertThat(rig.received()).isEmpty();
            taken.forEach(rig.pool::free);
            assertThat(rig.received()).containsExactly(frame);
        }
    }

    /** Nothing moves before DRIVER_OK, without bus mastering, or after an error. */
    @Test
    void shouldMoveNothingUnlessLive() {
        try (NicRig rig = NicRig.of(Door.IN_PROCESS)) {
            assertThat(rig.transmit(Frames.of(100, 1))).as("dropped").isTrue();
            assertThat(rig.net().counters().txStopped().value()).isEqualTo(1);
            rig.driver.initialize(BASIC);
            rig.device().config().write(4, 2, 0);
            rig.driver.transmit(0, Frames.of(100, 1));
            assertThat(rig.received()).isEmpty();
            rig.device().config().enableBusMaster();
            assertThat(rig.received()).hasSize(1);
            rig.driver.status(0x03);
            rig.driver.transmit(0, Frames.of(100, 1));
            assertThat(rig.received()).isEmpty();
            assertThat(rig.driver.status()).isEqualTo(0x4F);
            assertThat(rig.driver.interrupts(0)).as("configuration interrupt").isEqualTo(1);
            rig.driver.initialize(BASIC);
            Traffic.exchange(rig, 0);
        }
    }

    @Test
    void shouldTellOfGoodChecksumsOnlyWhereAgreed() {
        try (NicRig rig = NicRig.of(Door.IN_PROCESS)) {
            for (final long more : new long[] {0, Feature.GUEST_CSUM.mask()}) {
                rig.driver.initialize(BASIC | more);
                rig.add(Frames.of(100, 1), 0, PacketVector.FLAG_L4_CHECKSUM_GOOD, 0);
                rig.net().transmit(rig.vector);
                assertThat(rig.driver.receive(0)).hasSize(1);
                assertThat(rig.driver.receiveQueue(0).lastHeader()[0])
                        .isEqualTo((byte) (more == 0 ? 0 : 2));
            }
        }
    }

    // ---- VLANs ----

    @Test
    void shouldTakeTagsOutAndPutThemIn() {
        try (NicRig rig = NicRig.trunk(Door.IN_PROCESS)) {
            rig.driver.initialize(BASIC);
            final byte[] frame = Frames.of(200, 1);
            final int tag = 5 << 13 | 100;
            rig.driver.transmit(0, Frames.tagged(frame, tag));
            rig.net().receive(rig.vector);
            assertThat(rig.vector.flags(0)).isEqualTo(PacketVector.FLAG_VLAN);
            assertThat(rig.vector.vlan(0)).isEqualTo(tag);
            assertThat(rig.vector.lengthBytes(0)).isEqualTo(200);
            assertThat(rig.net().transmit(rig.vector)).isEqualTo(1);
            assertThat(rig.driver.receive(0)).containsExactly(Frames.tagged(frame, tag));
        }
    }

    @Test
    void shouldKeepATaggedPacketWhole() {
        try (NicRig rig = NicRig.trunk(Door.IN_PROCESS)) {
            rig.driver.initialize(BASIC);
            final byte[] frame = Frames.of(1400, 1);
            for (int i = 0; i < 33; i++) {
                rig.add(frame, 7, PacketVector.FLAG_VLAN, 0);
            }
            assertThat(rig.net().transmit(rig.vector)).isEqualTo(32);
            assertThat(rig.driver.receive(0)).hasSize(32);
            assertThat(rig.net().transmit(rig.vector)).isEqualTo(1);
            assertThat(rig.driver.receive(0)).containsExactly(Frames.tagged(frame, 7));
        }
    }

    /** The table starts empty; untagged frames are none of its business. */
    @Test
    void shouldGiveTheGuestTheVlansThatItWants() {
        try (NicRig rig = NicRig.trunk(Door.IN_PROCESS)) {
            rig.driver.initialize(BASIC | Feature.CTRL_VLAN.mask());
            final ControlPath control = rig.driver.control();
            assertThat(control.vlan(0, true)).isEqualTo(ControlPath.OK);
            assertThat(rig.network.requests).as("VLAN 0 is no VLAN").isEmpty();
            assertThat(delivered(rig, 100)).isFalse();
            assertThat(control.vlan(100, true)).isEqualTo(ControlPath.OK);
            assertThat(control.vlan(100, true)).isEqualTo(ControlPath.OK);
            assertThat(rig.network.requests).containsExactly("add 100");
            assertThat(delivered(rig, 100)).isTrue();
            assertThat(delivered(rig, 101)).isFalse();
            assertThat(control.vlan(100, false)).isEqualTo(ControlPath.OK);
            assertThat(control.vlan(100, false)).isEqualTo(ControlPath.OK);
            assertThat(rig.network.requests).containsExactly("add 100", "delete 100");
            assertThat(delivered(rig, 100)).isFalse();
            assertThat(control.vlan(4095, true)).isEqualTo(ControlPath.ERROR);
            assertThat(rig.transmit(Frames.of(100, 1))).isTrue();
            assertThat(rig.driver.receive(0)).hasSize(1);
        }
    }

    private static boolean delivered(final NicRig rig, final int vlan) {
        rig.add(Frames.of(100, 1), vlan, PacketVector.FLAG_VLAN, 0);
        assertThat(rig.net().transmit(rig.vector)).isEqualTo(1);
        return !rig.driver.receive(0).isEmpty();
    }

    @Test
    void shouldTellTheGuestOfARefusal() {
        try (NicRig rig = NicRig.trunk(Door.IN_PROCESS)) {
            rig.driver.initialize(BASIC | Feature.CTRL_VLAN.mask());
            rig.network.outcome = Outcome.REFUSED;
            assertThat(rig.driver.control().vlan(100, true)).isEqualTo(ControlPath.ERROR);
            assertThat(delivered(rig, 100)).isFalse();
            rig.network.outcome = Outcome.DONE;
            assertThat(rig.driver.control().vlan(100, true)).isEqualTo(ControlPath.OK);
            assertThat(delivered(rig, 100)).isTrue();
            assertThat(rig.net().counters().controlErrors().value()).isEqualTo(1);
        }
    }

    @Test
    void shouldAnswerWhenTheNetworkDoes() {
        try (NicRig rig = NicRig.trunk(Door.IN_PROCESS)) {
            rig.driver.initialize(BASIC | Feature.CTRL_VLAN.mask());
            rig.network.outcome = Outcome.PENDING;
            rig.driver.control().send(2, 0, (byte) 100, (byte) 0);
            for (int i = 0; i < 100; i++) {
                rig.step();
            }
            assertThat(rig.driver.control().isAnswered()).isFalse();
            Traffic.exchange(rig, 0);
            rig.network.outcome = Outcome.DONE;
            assertThat(rig.driver.control().answer()).isEqualTo(ControlPath.OK);
            assertThat(rig.network.vlans).containsExactly(100);
        }
    }

    /** A guest holds a lock while it waits, so it can't wait for ever. */
    @Test
    void shouldAnswerWithAnErrorWhenTheNetworkDoesNot() {
        try (NicRig rig = NicRig.trunk(Door.IN_PROCESS)) {
            rig.driver.initialize(BASIC | Feature.CTRL_VLAN.mask());
            rig.network.outcome = Outcome.PENDING;
            rig.driver.control().send(2, 0, (byte) 100, (byte) 0);
            for (int i = 0; i < 1000; i++) {
                assertThat(rig.driver.control().isAnswered()).as("after %d ms", i).isFalse();
                rig.step();
            }
            assertThat(rig.driver.control().answer()).isEqualTo(ControlPath.ERROR);
            assertThat(rig.network.requests).containsExactly("add 100", "abandoned add 100");
        }
    }

    @Test
    void shouldWithdrawWhatTheGuestWantedAtItsReset() {
        try (NicRig rig = NicRig.trunk(Door.IN_PROCESS)) {
            rig.driver.initialize(BASIC | Feature.CTRL_VLAN.mask());
            rig.driver.control().vlan(100, true);
            rig.network.outcome = Outcome.PENDING;
            rig.driver.control().send(2, 0, (byte) 101, (byte) 0);
            rig.step();
            rig.driver.status(0);
            assertThat(rig.network.vlans).isEmpty();
            assertThat(rig.network.requests)
                    .containsExactly("add 100", "add 101", "abandoned add 101");
            rig.network.outcome = Outcome.DONE;
            rig.driver.initialize(BASIC | Feature.CTRL_VLAN.mask());
            assertThat(delivered(rig, 100)).isFalse();
        }
    }

    // ---- The rest of the control queue ----

    @Test
    void shouldPassReceiveModeAndAddressesOn() {
        try (NicRig rig = NicRig.of(Door.IN_PROCESS)) {
            rig.driver.initialize(BASIC | Feature.maskOf(Feature.CTRL_RX, Feature.CTRL_MAC_ADDR));
            final ControlPath control = rig.driver.control();
            assertThat(control.request(0, 0, (byte) 1)).isEqualTo(ControlPath.OK);
            assertThat(control.request(0, 1, (byte) 1)).isEqualTo(ControlPath.OK);
            assertThat(control.request(0, 0, (byte) 0)).isEqualTo(ControlPath.OK);
            assertThat(control.request(1, 0, bytes("01000000 020000000009 01000000 333300000001")))
                    .isEqualTo(ControlPath.OK);
            assertThat(control.request(1, 1, bytes("020000000007"))).isEqualTo(ControlPath.OK);
            assertThat(rig.network.requests)
                    .containsExactly(
                            "mode true false",
                            "mode true true",
                            "mode false true",
                            "addresses [02:00:00:00:00:09] [33:33:00:00:00:01]",
                            "address 02:00:00:00:00:07");
            assertThat(rig.driver.configuration(5, 1)).isEqualTo(7);
            rig.driver.status(0);
            assertThat(rig.driver.configuration(5, 1)).as("its own again").isEqualTo(1);
        }
    }

    private static byte[] bytes(final String hex) {
        return HexFormat.of().parseHex(hex.replace(" ", ""));
    }

    /** Wrong lengths, wrong kinds of addresses, unknown commands: an error and nothing else. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "00 00",
                "00 00 0101",
                "00 02 01",
                "01 00",
                "01 00 01000000 0200000000",
                "01 00 01000000 330000000001 00000000",
                "01 00 00000000 01000000 020000000001",
                "01 00 00000000 00000000 00",
                "01 00 ffffffff 00000000",
                "01 00 00000040 00000000",
                "01 01 330000000001",
                "01 01 000000000000",
                "01 01 0200000000",
                "02 00 64",
                "02 02 6400",
                "02 00 ff0f",
                "03 01",
                "03 00 00",
                "04 00 0000",
                "04 00 0500",
                "04 00 01",
                "04 01 0100",
                "05 00 0000000000000000",
                "ff ff",
                "00"
            })
    void shouldRefuseMalformedRequests(final String hex) {
        try (NicRig rig = NicRig.trunk(Door.IN_PROCESS)) {
            rig.driver.initialize(
                    BASIC
                            | Feature.maskOf(
                                    Feature.CTRL_RX,
                                    Feature.CTRL_MAC_ADDR,
                                    Feature.CTRL_VLAN,
                                    Feature.GUEST_ANNOUNCE,
                                    Feature.MQ));
            final byte[] request = bytes(hex);
            final byte[] data =
                    Arrays.copyOfRange(request, Math.min(2, request.length), request.length);
            if (request.length >= 2) {
                assertThat(rig.driver.control().request(request[0], request[1], data))
                        .isEqualTo(ControlPath.ERROR);
            }
            assertThat(rig.network.requests).isEmpty();
            assertThat(rig.driver.control().pairs(4)).isEqualTo(ControlPath.OK);
            rig.driver.assertStatusIsGood();
        }
    }

    /** What wasn't agreed on is refused. */
    @Test
    void shouldRefuseRequestsOfFeaturesThatWereNotChosen() {
        try (NicRig rig = NicRig.trunk(Door.IN_PROCESS)) {
            rig.driver.initialize(BASIC);
            final ControlPath control = rig.driver.control();
            assertThat(control.request(0, 0, (byte) 1)).isEqualTo(ControlPath.ERROR);
            assertThat(control.request(1, 0, bytes("0000000000000000")))
                    .isEqualTo(ControlPath.ERROR);
            assertThat(control.request(1, 1, bytes("020000000007"))).isEqualTo(ControlPath.ERROR);
            assertThat(control.vlan(100, true)).isEqualTo(ControlPath.ERROR);
            assertThat(control.request(3, 0)).isEqualTo(ControlPath.ERROR);
            assertThat(control.pairs(1)).isEqualTo(ControlPath.ERROR);
            assertThat(rig.network.requests).isEmpty();
        }
    }

    @Test
    void shouldTellOfLinkAndAnnouncement() {
        try (NicRig rig = NicRig.of(Door.IN_PROCESS)) {
            final VirtioDriver driver = rig.driver;
            rig.net().announce();
            driver.initialize(BASIC | Feature.maskOf(Feature.STATUS, Feature.GUEST_ANNOUNCE));
            assertThat(driver.configuration(6, 2)).isEqualTo(LINK_UP);
            final int generation = driver.read(0x15, 1);
            rig.net().link(false);
            assertThat(driver.interrupts(0)).isEqualTo(1);
            assertThat(driver.configuration(6, 2)).isZero();
            assertThat(driver.read(0x15, 1)).isNotEqualTo(generation);
            assertThat(driver.read(0x15, 1)).isEqualTo(generation + 1);
            rig.net().link(true);
            rig.net().announce();
            assertThat(driver.interrupts(0)).isEqualTo(2);
            assertThat(driver.configuration(6, 2)).isEqualTo(LINK_UP | ANNOUNCE);
            assertThat(driver.control().request(3, 0)).isEqualTo(ControlPath.OK);
            assertThat(driver.configuration(6, 2)).isEqualTo(LINK_UP);
        }
    }

    @Test
    void shouldChangeTheNumberOfPairsWhileRunning() {
        try (NicRig rig = NicRig.of(Door.IN_PROCESS)) {
            rig.driver.initialize(BASIC | Feature.MQ.mask());
            assertThat(rig.net().activePairs()).isEqualTo(1);
            for (final int pairs : new int[] {4, 1, 3, 2, 4}) {
                assertThat(rig.driver.control().pairs(pairs)).isEqualTo(ControlPath.OK);
                for (int hash = 0; hash < 8; hash++) {
                    final byte[] frame = Frames.of(100, hash);
                    rig.add(frame, 0, PacketVector.FLAG_HASH, hash);
                    assertThat(rig.net().transmit(rig.vector)).isEqualTo(1);
                    assertThat(rig.driver.receive(hash % pairs)).containsExactly(frame);
                }
                for (int pair = 0; pair < pairs; pair++) {
                    Traffic.exchange(rig, pair);
                }
            }
        }
    }

    /** RING_RESET: one queue is taken back, set up with another size, and works again. */
    @Test
    void shouldResetOneQueue() {
        try (NicRig rig = NicRig.of(Door.IN_PROCESS)) {
            rig.driver.initialize(BASIC | Feature.maskOf(Feature.RING_RESET, Feature.MQ));
            rig.driver.control().pairs(2);
            rig.driver.write(0x16, 2, 2);
            rig.driver.write(0x3A, 2, 1);
            assertThat(rig.driver.read(0x3A, 2)).isZero();
            assertThat(rig.driver.read(0x1C, 2)).isZero();
            assertThat(rig.driver.read(0x18, 2)).isEqualTo(256);
            rig.add(Frames.of(100, 1), 0, PacketVector.FLAG_HASH, 1);
            assertThat(rig.net().transmit(rig.vector)).as("dropped").isEqualTo(1);
            Traffic.exchange(rig, 0);
            rig.driver.setUpQueue(2, 64);
            rig.driver.assertStatusIsGood();
            Traffic.exchange(rig, 0);
        }
    }

    @Test
    void shouldRefuseAQueueResetThatWasNotAgreedOn() {
        try (NicRig rig = NicRig.of(Door.IN_PROCESS)) {
            rig.driver.initialize(BASIC);
            rig.driver.write(0x16, 2, 0);
            rig.driver.write(0x3A, 2, 1);
            assertThat(rig.driver.status()).isEqualTo(0x4F);
        }
    }

    /** A whole burst both ways costs no allocation. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldAllocateNothing(final boolean isPacked) {
        try (NicRig rig = NicRig.of(Door.IN_PROCESS)) {
            rig.driver.initialize(BASIC | (isPacked ? Feature.RING_PACKED.mask() : 0));
            final Runnable burst =
                    () -> {
                        rig.net().receive(rig.vector);
                        rig.net().transmit(rig.vector);
                        rig.net().doWork(0);
                    };
            final byte[] frame = Frames.of(1000, 1);
            long least = Long.MAX_VALUE;
            for (int round = 0; round < 30_000 && (round < 500 || least > 0); round++) {
                for (int i = 0; i < 16; i++) {
                    rig.driver.transmit(0, frame);
                }
                least = Math.min(least, Allocations.of(burst));
                assertThat(rig.driver.receive(0)).hasSize(16);
            }
            assertThat(least).isZero();
        }
    }
}
