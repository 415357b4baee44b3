package dev.javf.iavf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketVector;
import dev.javf.sim.PfMode;
import dev.javf.sim.SimulatedPhysicalFunctionContext;
import dev.javf.sim.VlanOffloadState;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;

/** Which VLAN tags travel in descriptors: what is asked of the PF, and what becomes of frames. */
class VlanTagsTest {
    private static final long MS = 1_000_000;
    private static final MacAddress OWN = MacAddress.of("02:00:00:00:00:42");
    private static final MacAddress PEER = MacAddress.of("02:00:00:00:00:01");
    private static final int OUTER = 0xA064;
    private static final int INNER = 0x20C8;

    private final PacketVector vector = new PacketVector();

    private static SimulatedRig rig(
            final PfMode mode, final VlanTags tags, final boolean isFlexible) {
        final SimulatedRig rig =
                new SimulatedRig(
                        new SimulatedPhysicalFunctionContext().mode(mode),
                        settings ->
                                settings.vlanTags(tags)
                                        .flexibleDescriptors(isFlexible)
                                        .macAddress(OWN));
        rig.wire().attached(true);
        rig.wire().linkUp(true);
        rig.vf().up();
        rig.runUntil(() -> rig.isComplete() && rig.isSettled());
        return rig;
    }

    /** Frames with tags from outside in: EtherType in bits 31..16, the rest in bits 15..0. */
    private static byte[] frame(
            final MacAddress to, final MacAddress from, final List<Integer> tags) {
        final ByteBuffer frame = ByteBuffer.allocate(80 + 4 * tags.size());
        frame.putShort((short) (to.value() >>> 32)).putInt((int) to.value());
        frame.putShort((short) (from.value() >>> 32)).putInt((int) from.value());
        tags.forEach(frame::putInt);
        frame.putShort((short) 0x88B5).putInt(0x0102_0304);
        return frame.array();
    }

    private static List<List<Integer>> allTags(final int tpid) {
        return List.of(
                List.of(),
                List.of(tpid << 16 | OUTER),
                List.of(tpid << 16 | OUTER, 0x8100 << 16 | INNER));
    }

    private static QueueSet queues(final SimulatedRig rig) {
        return Objects.requireNonNull(rig.vf().queues());
    }

    /** How a frame arrives: its bytes, and the tags beside them. */
    private String received(final SimulatedRig rig, final List<Integer> tags) {
        final byte[] bytes = frame(OWN, PEER, tags);
        assertThat(rig.wire().send(MemorySegment.ofArray(bytes), 0, bytes.length)).isTrue();
        rig.run(MS);
        assertThat(queues(rig).rx(0).receive(vector)).isOne();
        final int flags = vector.flags(0);
        final String text =
                text(
                        Frames.bytes(rig.pool(), vector, 0),
                        (flags & PacketVector.FLAG_VLAN) == 0 ? 0 : vector.vlan(0),
                        (flags & PacketVector.FLAG_INNER_VLAN) == 0 ? 0 : vector.innerVlan(0));
        rig.pool().free(vector);
        return text;
    }

    private static String text(final byte[] bytes, final int vlan, final int inner) {
        return vlan + " " + inner + " " + HexFormat.of().formatHex(bytes);
    }

    /** What leaves when a frame is sent with tags beside its bytes. */
    private byte[] sent(
            final SimulatedRig rig, final List<Integer> within, final List<Integer> beside) {
        Frames.add(rig.pool(), vector, frame(PEER, OWN, within), 0, 0);
        if (!beside.isEmpty()) {
            vector.tag(0, beside.getFirst());
        }
        if (beside.size() > 1) {
            vector.tagInner(0, beside.get(1));
        }
        assertThat(queues(rig).tx(0).transmit(vector)).isOne();
        rig.run(MS);
        final List<byte[]> frames = new ArrayList<>();
        rig.wire()
                .receive(
                        (memory, offset, lengthBytes) ->
                                frames.add(
                                        memory.asSlice(offset, lengthBytes)
                                                .toArray(ValueLayout.JAVA_BYTE)),
                        8);
        assertThat(frames).hasSize(1);
        return frames.getFirst();
    }

    @ParameterizedTest
    @CsvSource({
        "0x8100, false, false",
        "0x8100, true, false",
        "0x88A8, false, false",
        "0x88A8, true, false",
        "0x9100, true, false",
        "0x8100, true, true",
        "0x88A8, true, true",
        "0, false, false"
    })
    void shouldPutTagsWhereTheyAreWantedInDoubleVlanMode(
            final String tpidText, final boolean inner, final boolean isFlexible) {
        final int tpid = Integer.decode(tpidText);
        try (SimulatedRig rig = rig(PfMode.ICE_V2_DVM, new VlanTags(tpid, inner), isFlexible)) {
            assertThat(rig.vf().differences()).isEmpty();
            carry(rig, tpid, inner);
            rig.pf().host().resetVirtualFunction(0);
            rig.run(30 * MS);
            rig.runUntil(() -> rig.isComplete() && rig.isSettled());
            carry(rig, tpid, inner);
            rig.assertClean();
        }
    }

    private void carry(final SimulatedRig rig, final int tpid, final boolean inner) {
        final VlanOffloadState held = rig.snapshot().vlanOffloads();
        assertThat(held.outerStripping()).isEqualTo(tpid);
        assertThat(held.outerInsertion()).isEqualTo(tpid);
        assertThat(held.innerStripping()).isEqualTo(inner ? 0x8100 : 0);
        for (final List<Integer> tags : allTags(tpid == 0 ? 0x8100 : tpid)) {
            final int outerBeside = tpid != 0 && !tags.isEmpty() ? 1 : 0;
            final int beside = outerBeside + (inner && tags.size() > 1 ? 1 : 0);
            final List<Integer> within = tags.subList(beside, tags.size());
            assertThat(received(rig, tags))
                    .isEqualTo(
                            text(
                                    frame(OWN, PEER, within),
                                    beside > 0 ? OUTER : 0,
                                    beside > 1 ? INNER : 0));
            final List<Integer> values = List.of(OUTER, INNER).subList(0, beside);
            assertThat(sent(rig, within, values)).isEqualTo(frame(PEER, OWN, tags));
        }
    }

    /** A tag of another EtherType than the one that is wanted is a part of the packet. */
    @Test
    void shouldLeaveOtherTagsInPackets() {
        try (SimulatedRig rig = rig(PfMode.ICE_V2_DVM, new VlanTags(0x88A8, false), false)) {
            final List<Integer> other = List.of(0x8100 << 16 | OUTER);
            assertThat(received(rig, other)).isEqualTo(text(frame(OWN, PEER, other), 0, 0));
        }
    }

    @ParameterizedTest
    @CsvSource({"ICE_V2_SVM", "ICE_V1", "I40E_V1"})
    void shouldTakeOneTagOfAPfThatTellsNoInnerOnes(final PfMode mode) {
        try (SimulatedRig rig = rig(mode, new VlanTags(0x8100, true), false)) {
            final List<Integer> tags = List.of(0x8100 << 16 | OUTER);
            assertThat(received(rig, tags)).isEqualTo(text(frame(OWN, PEER, List.of()), OUTER, 0));
            assertThat(rig.vf().differences())
                    .anyMatch(difference ->
                            difference.item() == Difference.Item.VLAN_STRIPPING
                                    && difference.toString().contains("double VLAN mode"));
        }
        try (SimulatedRig rig = rig(mode, new VlanTags(0x88A8, false), false)) {
            assertThat(rig.vf().differences())
                    .extracting(Difference::item)
                    .contains(Difference.Item.VLAN_STRIPPING);
            assertThat(queues(rig).rx(0).path()).contains("left in the packets");
        }
        try (SimulatedRig rig = rig(mode, VlanTags.NONE, false)) {
            assertThat(rig.vf().differences()).isEmpty();
            assertThat(rig.snapshot().vlanOffloads().innerStripping()).isZero();
            final List<Integer> tags = List.of(0x8100 << 16 | OUTER);
            assertThat(received(rig, tags)).isEqualTo(text(frame(OWN, PEER, tags), 0, 0));
        }
    }

    @Test
    void shouldRefuseTagsThatNoPfKnows() {
        assertThatThrownBy(() -> new VlanTags(0x9200, false))
                .hasMessageContaining("0x9200: must be 0x8100, 0x88a8, 0x9100, or 0 for none");
        assertThatThrownBy(() -> new VlanTags(0, true)).hasMessageContaining("without outer ones");
    }
}
