package dev.javf.iavf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.javf.packet.MacAddress;
import dev.javf.sim.Fault;
import dev.javf.sim.PfMode;
import dev.javf.sim.PlannedFaults;
import dev.javf.sim.PortVlan;
import dev.javf.sim.SimulatedPhysicalFunctionContext;
import dev.javf.virtchnl.Capability;
import dev.javf.virtchnl.Opcode;
import dev.javf.virtchnl.PromiscuousMode;
import dev.javf.virtchnl.RssHashConfig;
import dev.javf.virtchnl.RssHashFunction;
import dev.javf.virtchnl.RssKey;
import dev.javf.virtchnl.RssLut;
import dev.javf.virtchnl.VlanSet;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/** What can be asked of a VF beside VLANs: it reaches the PF, and is back after every reset. */
class DesiredStateTest {
    private static final long MS = 1_000_000;
    private static final MacAddress EXTRA = MacAddress.of("02:00:00:00:00:55");
    private static final MacAddress GROUP = MacAddress.of("01:00:5e:00:00:01");
    private static final MacAddress OWN = MacAddress.of("02:00:00:00:00:99");
    private static final long PACKET_TYPES = 1L << 31 | 1L << 33;

    private static SimulatedPhysicalFunctionContext pf() {
        return new SimulatedPhysicalFunctionContext();
    }

    private static byte[] key() {
        final byte[] key = new byte[ReceiveSideScaling.KEY_BYTES];
        for (int i = 0; i < key.length; i++) {
            key[i] = (byte) (3 * i + 1);
        }
        return key;
    }

    private static void askForEverything(final SimulatedRig rig) {
        final VirtualFunction vf = rig.vf();
        vf.queuePairs(4);
        vf.maxFrameBytes(1400);
        vf.flexibleDescriptors(true);
        vf.rss().key(key());
        vf.rss().table(3, 1, 0, 2, 2);
        vf.rss().hashFunction(ReceiveSideScaling.HashFunction.TOEPLITZ_SYMMETRIC);
        vf.rss().packetTypes(PACKET_TYPES);
        vf.promiscuous(true, true);
        vf.macAddress(OWN);
        vf.addMac(EXTRA, (address, installed, reason) -> {});
        vf.addMac(GROUP, (address, installed, reason) -> {});
        vf.addVlans(VlanSet.range(100, 104), result -> {});
        vf.up();
    }

    private static void assertEverything(final SimulatedRig rig) {
        final var held = rig.snapshot();
        assertThat(held.rxQueues()).isEqualTo(0xF);
        assertThat(held.txQueues()).isEqualTo(0xF);
        assertThat(held.rxFrameBytes()).isEqualTo(1408);
        assertThat(held.rxDescriptorId()).isEqualTo(2);
        assertThat(held.rssKey()).isEqualTo(new RssKey(rig.vsiId(), key()));
        assertThat(Objects.requireNonNull(held.rssLut()).table()).startsWith(3, 1, 0, 2, 2, 3, 1);
        assertThat(held.rssAlgorithm()).isEqualTo(RssHashFunction.TOEPLITZ_SYMMETRIC);
        assertThat(held.rssPacketTypes()).isEqualTo(PACKET_TYPES);
        assertThat(held.promiscuity())
                .isEqualTo(PromiscuousMode.UNICAST | PromiscuousMode.MULTICAST);
        assertThat(held.macs()).containsExactlyInAnyOrder(MacAddress.BROADCAST, OWN, EXTRA, GROUP);
        assertThat(held.defaultMac()).isEqualTo(OWN);
        assertThat(rig.heldVlans()).isEqualTo(VlanSet.range(100, 104));
        assertThat(rig.vf().differences()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(PfMode.class)
    void shouldBeHeldByThePfAgainAfterEveryKindOfReset(final PfMode mode) {
        try (SimulatedRig rig = new SimulatedRig(pf().mode(mode))) {
            rig.ask(rig.pf().host().trust(0, true));
            rig.run(300 * MS);
            askForEverything(rig);
            rig.runUntil(rig::isComplete);
            assertEverything(rig);
            final List<Runnable> resets =
                    List.of(
                            () -> rig.pf().host().resetVirtualFunction(0),
                            () -> rig.ask(rig.pf().host().resetPhysicalFunction()),
                            () -> rig.ask(rig.pf().host().resetPhysicalFunctionSilently()));
            for (final Runnable reset : resets) {
                reset.run();
                rig.run(30 * MS);
                assertThat(rig.vf().state()).isNotEqualTo(LifecycleState.UP);
                rig.runUntil(rig::isComplete);
                assertEverything(rig);
            }
            rig.assertClean();
        }
    }

    @Test
    void shouldChangeAllOfItWhileUp() {
        try (SimulatedRig rig = new SimulatedRig(pf())) {
            rig.ask(rig.pf().host().trust(0, true));
            rig.vf().up();
            rig.vf().addVlans(VlanSet.of(7), result -> {});
            rig.run(300 * MS);
            rig.runUntil(rig::isComplete);
            rig.vf().removeVlans(VlanSet.of(7), result -> {});
            askForEverything(rig);
            rig.runUntil(rig::isComplete);
            assertEverything(rig);
            rig.vf().promiscuous(false, false);
            rig.vf().rss().packetTypes(RssHashConfig.DEFAULT_PACKET_TYPES);
            rig.vf().rss().hashFunction(ReceiveSideScaling.HashFunction.TOEPLITZ);
            rig.vf().rss().table();
            rig.vf().queuePairs(2);
            rig.vf().flexibleDescriptors(false);
            rig.runUntil(rig::isComplete);
            final var held = rig.snapshot();
            assertThat(held.promiscuity()).isZero();
            assertThat(held.rssPacketTypes()).isEqualTo(RssHashConfig.DEFAULT_PACKET_TYPES);
            assertThat(held.rssAlgorithm()).isEqualTo(RssHashFunction.TOEPLITZ);
            assertThat(Objects.requireNonNull(held.rssLut()).table()).startsWith(0, 1, 0, 1);
            assertThat(held.rxQueues()).isEqualTo(3);
            assertThat(held.rxDescriptorId()).isEqualTo(1);
            rig.assertClean();
        }
    }

    @Test
    void shouldTouchNoFilterWhenTheLongestFrameChanges() {
        try (SimulatedRig rig = new SimulatedRig(pf())) {
            rig.vf().up();
            rig.vf().addVlans(VlanSet.range(1, 8), result -> {});
            rig.runUntil(rig::isComplete);
            final DriverCounters counters = rig.vf().counters();
            final long resets = counters.resets();
            final long filters =
                    counters.sent(Opcode.ADD_VLAN_V2) + counters.sent(Opcode.DEL_VLAN_V2);
            final long macs = counters.sent(Opcode.ADD_ETH_ADDR);
            rig.vf().maxFrameBytes(2000);
            rig.runUntil(rig::isComplete);
            assertThat(rig.snapshot().rxFrameBytes()).isEqualTo(2008);
            assertThat(counters.resets()).isEqualTo(resets);
            assertThat(counters.sent(Opcode.ADD_VLAN_V2) + counters.sent(Opcode.DEL_VLAN_V2))
                    .isEqualTo(filters);
            assertThat(counters.sent(Opcode.ADD_ETH_ADDR)).isEqualTo(macs);
            rig.assertClean();
        }
    }

    @Test
    void shouldNameTheLimitOfWhatCannotBe() {
        try (SimulatedRig rig = new SimulatedRig(pf())) {
            final VirtualFunction vf = rig.vf();
            assertThatThrownBy(() -> vf.maxFrameBytes(9721)).hasMessageContaining("60 to 9720");
            assertThatThrownBy(() -> vf.maxFrameBytes(59)).hasMessageContaining("60 to 9720");
            assertThatThrownBy(() -> vf.queuePairs(257)).hasMessageContaining("1 to 256");
            assertThatThrownBy(() -> vf.queuePairs(17))
                    .hasMessageContaining("opened with rings for 16; open it with 17 queue pairs");
            assertThatThrownBy(() -> vf.queuePairs(16))
                    .hasMessageContaining("make the pool larger or the rings shorter");
            assertThatThrownBy(() -> vf.rss().key(new byte[40]))
                    .hasMessageContaining("40 bytes: the PF takes exactly 52");
            assertThatThrownBy(() -> vf.rss().table(0, 1))
                    .hasMessageContaining("asked for 1 queue pairs");
            assertThatThrownBy(() -> vf.macAddress(GROUP)).hasMessageContaining("unicast");
            assertThatThrownBy(() -> vf.addMac(MacAddress.ZERO, (address, is, why) -> {}))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void shouldGetMoreQueuesThanThePfGivesByItself() {
        try (SimulatedRig rig = new SimulatedRig(pf().queuePairsPerVf(2).totalQueuePairs(64))) {
            rig.vf().up();
            rig.runUntil(rig::isComplete);
            rig.vf().queuePairs(8);
            rig.runUntil(() -> rig.isComplete() && rig.snapshot().rxQueues().bitCount() == 8);
            assertThat(rig.snapshot().queuePairs()).isEqualTo(8);
            assertThat(rig.vf().differences()).isEmpty();
            rig.pf().host().resetVirtualFunction(0);
            rig.run(30 * MS);
            rig.runUntil(rig::isComplete);
            assertThat(rig.snapshot().rxQueues()).isEqualTo(0xFF);
            rig.assertClean();
        }
    }

    @Test
    void shouldTakeTheQueuesThatThePfCanGiveAndReportTheRest() {
        try (SimulatedRig rig =
                new SimulatedRig(pf().virtualFunctions(1).queuePairsPerVf(2).totalQueuePairs(5))) {
            rig.vf().queuePairs(8);
            rig.vf().up();
            rig.runUntil(() -> rig.isComplete() && rig.snapshot().rxQueues().bitCount() == 5);
            assertThat(rig.vf().differences())
                    .singleElement()
                    .matches(it -> it.item() == Difference.Item.QUEUE_PAIRS)
                    .matches(it -> it.toString().contains("wanted 8 queue pairs"))
                    .matches(it -> it.toString().contains("holds 5 queue pairs"))
                    .matches(it -> it.toString().contains("the PF can give 5"));
            rig.vf().queuePairs(3);
            rig.runUntil(() -> rig.isComplete() && rig.snapshot().rxQueues().bitCount() == 3);
            assertThat(rig.vf().differences()).isEmpty();
            rig.assertClean();
        }
    }

    @Test
    void shouldReportPromiscuityThatAnUntrustedVfOnlySeemsToGet() {
        try (SimulatedRig rig = new SimulatedRig(pf())) {
            rig.vf().up();
            rig.vf().promiscuous(true, false);
            rig.runUntil(rig::isComplete);
            assertThat(rig.snapshot().promiscuity()).isZero();
            assertThat(rig.vf().differences())
                    .singleElement()
                    .matches(it -> it.item() == Difference.Item.PROMISCUITY)
                    .matches(it -> it.remedy().contains("trust on"));
            rig.ask(rig.pf().host().trust(0, true));
            rig.run(30 * MS);
            rig.runUntil(rig::isComplete);
            assertThat(rig.snapshot().promiscuity()).isEqualTo(PromiscuousMode.UNICAST);
            assertThat(rig.vf().differences()).isEmpty();
            assertThat(rig.notices)
                    .containsExactly(
                            "administrator changed the VF's trust: on (the PF allows 4096 VLANs"
                                    + " instead of 8)");
            rig.assertClean();
        }
    }

    @Test
    void shouldReportWhatIsLostWithTrustAndRegainIt() {
        try (SimulatedRig rig = new SimulatedRig(pf())) {
            rig.ask(rig.pf().host().trust(0, true));
            rig.run(300 * MS);
            rig.vf().up();
            rig.vf().addVlans(VlanSet.range(1, 20), result -> {});
            for (int i = 0; i < 30; i++) {
                rig.vf().addMac(new MacAddress(0x0200_0000_0100L + i), (address, is, why) -> {});
            }
            rig.runUntil(rig::isComplete);
            assertThat(rig.vf().differences()).isEmpty();
            assertThat(rig.snapshot().macs()).hasSize(32);
            rig.ask(rig.pf().host().trust(0, false));
            rig.run(30 * MS);
            rig.runUntil(() -> rig.vf().state() == LifecycleState.UP && rig.isSettled());
            assertThat(rig.snapshot().macs()).hasSize(18);
            assertThat(rig.heldVlans().size()).isEqualTo(8);
            assertThat(rig.vf().differences())
                    .filteredOn(it -> it.item() == Difference.Item.MAC)
                    .hasSize(14)
                    .allMatch(it -> it.remedy().contains("at most 18 MAC filters"));
            assertThat(rig.vf().differences())
                    .filteredOn(it -> it.item() == Difference.Item.VLANS)
                    .hasSize(1);
            rig.ask(rig.pf().host().trust(0, true));
            rig.run(30 * MS);
            rig.runUntil(rig::isComplete);
            assertThat(rig.vf().differences()).isEmpty();
            assertThat(rig.snapshot().macs()).hasSize(32);
            rig.assertClean();
        }
    }

    @Test
    void shouldSayThatAnAdministratorHasSetAPortVlanAndTakenItAway() {
        try (SimulatedRig rig = new SimulatedRig(pf())) {
            rig.vf().up();
            rig.vf().addVlans(VlanSet.of(5), result -> {});
            rig.runUntil(rig::isComplete);
            rig.ask(rig.pf().host().portVlan(0, new PortVlan(0x8100, 7, 0)));
            rig.run(30 * MS);
            rig.runUntil(() -> rig.vf().state() == LifecycleState.UP && rig.isSettled());
            assertThat(rig.vf().differences())
                    .singleElement()
                    .matches(it -> it.item() == Difference.Item.VLANS)
                    .matches(it -> it.remedy().contains("vlan 0"));
            rig.ask(rig.pf().host().portVlan(0, null));
            rig.run(30 * MS);
            rig.runUntil(rig::isComplete);
            assertThat(rig.vf().differences()).isEmpty();
            assertThat(rig.notices)
                    .hasSize(2)
                    .allMatch(line -> line.startsWith("administrator changed the VF's port VLAN"));
            rig.assertClean();
        }
    }

    @Test
    void shouldAdoptAnAdministratorsAddressUnlessAnotherIsAskedFor() {
        final MacAddress theirs = MacAddress.of("02:00:00:00:00:77");
        try (SimulatedRig rig = new SimulatedRig(pf())) {
            rig.vf().up();
            rig.runUntil(rig::isComplete);
            rig.ask(rig.pf().host().mac(0, theirs));
            rig.run(30 * MS);
            rig.runUntil(rig::isComplete);
            assertThat(rig.vf().macAddress()).isEqualTo(theirs);
            assertThat(rig.notices).singleElement().asString().endsWith(" to " + theirs);
            rig.vf().macAddress(OWN);
            rig.run(300 * MS);
            assertThat(rig.vf().differences())
                    .singleElement()
                    .matches(it -> it.item() == Difference.Item.OWN_MAC)
                    .matches(it -> it.subject().equals(OWN.toString()))
                    .matches(it -> it.remedy().contains("trust on"));
            assertThat(rig.snapshot().macs()).contains(theirs).doesNotContain(OWN);
            rig.ask(rig.pf().host().trust(0, true));
            rig.run(30 * MS);
            rig.runUntil(rig::isComplete);
            assertThat(rig.vf().differences()).isEmpty();
            assertThat(rig.snapshot().macs()).contains(OWN).doesNotContain(theirs);
            rig.assertClean();
        }
    }

    @Test
    void shouldReportASettingThatThePfRefusesAndGoOnWithTheRest() {
        final PlannedFaults faults = new PlannedFaults();
        for (int i = 0; i < Setting.TRIES_MAX; i++) {
            faults.on(Opcode.CONFIG_RSS_HFUNC, new Fault.Fail(-5));
        }
        try (SimulatedRig rig = new SimulatedRig(pf().faultPlan(faults))) {
            rig.vf().rss().hashFunction(ReceiveSideScaling.HashFunction.TOEPLITZ_SYMMETRIC);
            rig.vf().rss().key(key());
            rig.vf().up();
            rig.runUntil(rig::isComplete);
            assertThat(rig.vf().differences())
                    .singleElement()
                    .matches(it -> it.item() == Difference.Item.RSS_FUNCTION)
                    .matches(it -> it.why().contains("ERR_PARAM"));
            assertThat(rig.snapshot().rssKey()).isEqualTo(new RssKey(1, key()));
            rig.pf().host().resetVirtualFunction(0);
            rig.run(30 * MS);
            rig.runUntil(rig::isComplete);
            assertThat(rig.vf().differences()).isEmpty();
            assertThat(rig.snapshot().rssAlgorithm()).isEqualTo(RssHashFunction.TOEPLITZ_SYMMETRIC);
            rig.assertClean();
        }
    }

    @Test
    void shouldReportWhatAPfWithoutTheCapabilitiesDoesNotOffer() {
        final int all = pf().capabilities();
        final int without =
                Capability.flags(Capability.RSS_PF, Capability.RX_FLEX_DESC, Capability.REQ_QUEUES);
        try (SimulatedRig rig =
                new SimulatedRig(pf().capabilities(all & ~without).queuePairsPerVf(2))) {
            rig.vf().flexibleDescriptors(true);
            rig.vf().rss().key(key());
            rig.vf().queuePairs(4);
            rig.vf().up();
            rig.runUntil(rig::isComplete);
            assertThat(rig.vf().differences().stream().map(Difference::item))
                    .containsExactlyInAnyOrder(
                            Difference.Item.RSS_KEY,
                            Difference.Item.RX_DESCRIPTORS,
                            Difference.Item.QUEUE_PAIRS);
            assertThat(rig.vf().differences().toString())
                    .contains("the PF doesn't offer RSS_PF")
                    .contains("the legacy format")
                    .contains("the PF gives the VF no more");
            rig.assertClean();
        }
    }

    @Test
    void shouldSpreadAShortTableOverThePfs() {
        try (SimulatedRig rig = new SimulatedRig(pf())) {
            rig.vf().queuePairs(4);
            rig.vf().rss().table(1, 3);
            rig.vf().up();
            rig.runUntil(rig::isComplete);
            final RssLut table = Objects.requireNonNull(rig.snapshot().rssLut());
            for (int i = 0; i < table.table().length; i++) {
                assertThat(table.table()[i]).isEqualTo((byte) (i % 2 == 0 ? 1 : 3));
            }
            rig.vf().queuePairs(2);
            rig.runUntil(rig::isComplete);
            assertThat(Objects.requireNonNull(rig.snapshot().rssLut()).table())
                    .isEqualTo(filled(table.table().length, (byte) 1));
            assertThat(rig.vf().differences())
                    .singleElement()
                    .matches(it -> it.item() == Difference.Item.RSS_TABLE)
                    .matches(it -> it.why().contains("only 2 queue pairs"));
            rig.assertClean();
        }
    }

    private static byte[] filled(final int length, final byte value) {
        final byte[] bytes = new byte[length];
        Arrays.fill(bytes, value);
        return bytes;
    }
}
