package dev.javf.iavf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.packet.Ethernet;
import dev.javf.packet.MacAddress;
import dev.javf.virtchnl.Capability;
import dev.javf.virtchnl.EthAddressList;
import dev.javf.virtchnl.EthAddressType;
import dev.javf.virtchnl.Event;
import dev.javf.virtchnl.IrqMap;
import dev.javf.virtchnl.Opcode;
import dev.javf.virtchnl.Status;
import dev.javf.virtchnl.VlanRequestResult;
import dev.javf.virtchnl.VlanSet;
import dev.javf.virtchnl.VlanV2Capabilities;
import dev.javf.virtchnl.VsiQueueConfig;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

class VirtualFunctionTest {
    private static final VlanSet VLANS = VlanSet.range(100, 107);

    private final DriverRig rig = new DriverRig();
    private final List<VlanRequestResult> results = new ArrayList<>();

    @AfterEach
    void close() {
        rig.close();
        assertThat(rig.pf.violations).isEmpty();
        assertThat(rig.pf.dma().faults()).isEmpty();
    }

    private List<String> sent() {
        return rig.pf.all.stream().map(message -> Opcode.nameOf(message.opcode())).toList();
    }

    private PfStub.Sent sent(final Opcode opcode) {
        return rig.pf.all.stream().filter(message -> message.is(opcode)).findFirst().orElseThrow();
    }

    @Test
    void shouldComeUpInOrder() {
        rig.up();
        assertThat(rig.states)
                .containsExactly("OPENING", "NEGOTIATING", "CONFIGURING", "DOWN", "STARTING", "UP");
        assertThat(rig.links).containsExactly("up 25000");
        assertThat(sent())
                .containsExactly(
                        "RESET_VF",
                        "VERSION",
                        "GET_VF_RESOURCES",
                        "GET_OFFLOAD_VLAN_V2_CAPS",
                        "GET_SUPPORTED_RXDIDS",
                        "ENABLE_VLAN_STRIPPING_V2",
                        "ENABLE_VLAN_INSERTION_V2",
                        "ADD_ETH_ADDR",
                        "CONFIG_VSI_QUEUES",
                        "CONFIG_IRQ_MAP",
                        "ENABLE_QUEUES");
        assertThat(rig.pf.functionLevelResets).isEqualTo(1);
        assertThat(rig.pf.vfResets).isEqualTo(1);
        assertThat(rig.pf.config().isBusMaster()).isTrue();
        assertThat(rig.vf().counters().resets(ResetCause.OPENED)).isEqualTo(1);
        assertThat(rig.vf().macAddress()).isEqualTo(PfStub.DEFAULT_MAC);
        assertThat(rig.vf().acknowledgedMacs()).containsExactly(PfStub.DEFAULT_MAC);
        assertThat(rig.vf().isLinkUp()).isTrue();
        assertThat(rig.vf().linkSpeedMbps()).isEqualTo(25_000);
    }

    @Test
    void shouldPostEveryBufferBeforeThePfLearnsOfTheQueues() {
        rig.owner.delayed = true;
        rig.open().vf().up();
        rig.runUntil(LifecycleState.STARTING);
        rig.run(100_000_000);
        assertThat(rig.pf.count(Opcode.CONFIG_VSI_QUEUES)).isZero();
        rig.owner.runDelayed();
        rig.runUntil(LifecycleState.UP);
        assertThat(rig.pf.count(Opcode.ENABLE_QUEUES)).isEqualTo(1);
    }

    @Test
    void shouldTellThePfOfRingsBuffersAndFrames() {
        rig.context.queuePairs(2);
        rig.up();
        final var body = sent(Opcode.CONFIG_VSI_QUEUES).body();
        final VsiQueueConfig config = VsiQueueConfig.decode(body, 0, (int) body.byteSize());
        assertThat(config.queuePairs()).hasSize(2);
        for (int i = 0; i < 2; i++) {
            final VsiQueueConfig.QueuePair pair = config.queuePairs().get(i);
            assertThat(pair.rx().ringLength()).isEqualTo(64);
            assertThat(pair.tx().ringLength()).isEqualTo(64);
            assertThat(pair.rx().bufferBytes()).isEqualTo(2048);
            assertThat(pair.rx().maxFrameBytes()).isEqualTo(1526);
            assertThat(pair.rx().descriptorId()).isEqualTo(1);
            assertThat(pair.rx().ringAddress() % 128).isZero();
        }
    }

    @Test
    void shouldSpreadQueuesOverVectorsButNeverTheMailboxs() {
        rig.context.queuePairs(4);
        rig.pf.vectors = 3;
        rig.up();
        final var body = sent(Opcode.CONFIG_IRQ_MAP).body();
        assertThat(IrqMap.decode(body, 0, (int) body.byteSize()).vectors())
                .containsExactly(
                        new IrqMap.VectorMap(1, 1, 0b0101, 0b0101, 0, 0),
                        new IrqMap.VectorMap(1, 2, 0b1010, 0b1010, 0, 0));
        assertThat(rig.pf.get(Registers.VFINT_DYN_CTLN1)).isEqualTo(0x40000020);
        assertThat(rig.pf.get(Registers.VFINT_DYN_CTLN1 + 4)).isEqualTo(0x40000020);
    }

    @Test
    void shouldMapQueuesToVectorOneWithoutWriteBackOnItr() {
        rig.pf.capabilities &= ~Capability.WB_ON_ITR.mask();
        rig.up();
        final var body = sent(Opcode.CONFIG_IRQ_MAP).body();
        assertThat(IrqMap.decode(body, 0, (int) body.byteSize()).vectors())
                .containsExactly(new IrqMap.VectorMap(1, 1, 1, 1, 0, 0));
        assertThat(rig.pf.get(Registers.VFINT_DYN_CTLN1)).isEqualTo(0x20);
    }

    @Test
    void shouldGoDownAndUpWithoutTouchingFilters() {
        rig.up();
        rig.vf().addVlans(VLANS, results::add);
        rig.runUntil(() -> results.size() == 1);
        assertThat(results.getFirst().done()).isEqualTo(VLANS);
        rig.pf.all.clear();
        rig.vf().down();
        rig.runUntil(LifecycleState.DOWN);
        assertThat(rig.owner.calls).containsExactly("prepare", "revoke");
        rig.vf().up();
        rig.runUntil(LifecycleState.UP);
        assertThat(sent())
                .containsExactly(
                        "DISABLE_QUEUES", "CONFIG_VSI_QUEUES", "CONFIG_IRQ_MAP", "ENABLE_QUEUES");
        assertThat(rig.vf().vlans().acknowledged(Ethernet.TPID_8021Q)).isEqualTo(VLANS);
    }

    @Test
    void shouldTakeTheQueuesBackBeforeDisablingThem() {
        rig.up();
        rig.owner.delayed = true;
        rig.vf().down();
        rig.run(100_000_000);
        assertThat(rig.vf().state()).isEqualTo(LifecycleState.STOPPING);
        assertThat(rig.pf.count(Opcode.DISABLE_QUEUES)).isZero();
        rig.owner.runDelayed();
        rig.runUntil(LifecycleState.DOWN);
        assertThat(rig.pf.count(Opcode.DISABLE_QUEUES)).isEqualTo(1);
    }

    @Test
    void shouldProgramFiltersWhileDown() {
        rig.open();
        rig.runUntil(LifecycleState.DOWN);
        rig.vf().addVlans(VLANS, results::add);
        rig.runUntil(() -> results.size() == 1);
        assertThat(rig.pf.count(Opcode.ADD_VLAN_V2)).isEqualTo(1);
        assertThat(rig.pf.count(Opcode.ENABLE_QUEUES)).isZero();
    }

    @Test
    void shouldSendFiltersThatWereWantedBeforeOpeningWasDone() {
        rig.open().vf().addVlans(VLANS, results::add);
        rig.vf().up();
        rig.runUntil(LifecycleState.UP);
        assertThat(results).hasSize(1);
        final List<String> sent = sent();
        assertThat(sent.indexOf("ADD_VLAN_V2")).isLessThan(sent.indexOf("CONFIG_VSI_QUEUES"));
    }

    @Test
    void shouldReportVlansBeyondThePfsLimitAndAddTheOthers() {
        rig.up();
        rig.vf().addVlans(VlanSet.range(100, 109), results::add);
        rig.runUntil(() -> results.size() == 1);
        assertThat(results.getFirst().done().size()).isEqualTo(8);
        assertThat(results.getFirst().rejected().size()).isEqualTo(2);
        assertThat(rig.vf().vlans().rejections().getFirst().remedy()).contains("trust on");
    }

    @Test
    void shouldResynchroniseVlansWhoseAnswerWasLost() {
        rig.up();
        rig.pf.mute.add(Opcode.ADD_VLAN_V2);
        rig.vf().addVlans(VLANS, results::add);
        rig.run(1_000_000_000);
        rig.pf.mute.clear();
        rig.runUntil(() -> results.size() == 1);
        assertThat(results.getFirst().done()).isEqualTo(VLANS);
        assertThat(rig.pf.count(Opcode.DEL_VLAN_V2)).isPositive();
        assertThat(rig.vf().counters().get(DriverCounter.TIMEOUTS)).isEqualTo(1);
        assertThat(rig.vf().state()).isEqualTo(LifecycleState.UP);
        assertThat(rig.vf().counters().resets()).isEqualTo(1);
    }

    @Test
    void shouldUseWhatAVersion1PfOffers() {
        rig.pf.capabilities = Capability.flags(Capability.L2, Capability.VLAN);
        rig.up();
        assertThat(rig.pf.count(Opcode.ENABLE_VLAN_STRIPPING)).isEqualTo(1);
        rig.vf().addVlans(VlanSet.of(100), results::add);
        rig.runUntil(() -> results.size() == 1);
        assertThat(rig.pf.count(Opcode.ADD_VLAN)).isEqualTo(1);
        assertThat(rig.log.lines).anyMatch(line -> line.contains("Rx L2TAG1, Tx L2TAG1"));
    }

    @Test
    void shouldUseOuterTagsInDoubleVlanMode() {
        rig.pf.vlans =
                new VlanV2Capabilities(
                        new VlanV2Capabilities.Filtering(0x20000007, 0, 7, 8),
                        new VlanV2Capabilities.Support(0xC0000407, 0x80000101),
                        new VlanV2Capabilities.Support(0xC0000207, 0x80000101),
                        1,
                        0);
        rig.up();
        assertThat(sent(Opcode.ENABLE_VLAN_STRIPPING_V2).body().get(ValueLayout.JAVA_BYTE, 0))
                .isEqualTo((byte) 1);
        assertThat(rig.log.lines).anyMatch(line -> line.contains("Rx L2TAG2, Tx L2TAG2"));
    }

    @Test
    void shouldLeaveTagsInPacketsWhenThePfOffersNothing() {
        rig.pf.vlans = VlanV2Capabilities.NONE;
        rig.up();
        assertThat(rig.log.lines).anyMatch(line -> line.contains("Rx NONE, Tx NONE"));
        rig.vf().addVlans(VlanSet.of(100), results::add);
        rig.runUntil(() -> results.size() == 1);
        assertThat(results.getFirst().rejected()).isEqualTo(VlanSet.of(100));
    }

    @Test
    void shouldSetTheAddressAskedForAsPrimary() {
        final MacAddress wanted = MacAddress.of("02:00:00:00:00:99");
        rig.context.macAddress(wanted);
        rig.up();
        final var body = sent(Opcode.ADD_ETH_ADDR).body();
        assertThat(EthAddressList.decode(body, 0, (int) body.byteSize()).addresses())
                .containsExactly(new EthAddressList.EthAddress(wanted, EthAddressType.PRIMARY));
        assertThat(rig.vf().macAddress()).isEqualTo(wanted);
    }

    @Test
    void shouldMakeAnAddressUpWhenThePfAssignsNone() {
        rig.pf.defaultMac = MacAddress.ZERO;
        rig.up();
        final MacAddress made = Objects.requireNonNull(rig.vf().macAddress());
        assertThat(made.isMulticast()).isFalse();
        assertThat(made.value() >>> 40 & 2).isEqualTo(2);
    }

    @Test
    void shouldAskForExtraAddressesAndPromiscuity() {
        final List<String> told = new ArrayList<>();
        rig.up();
        rig.vf()
                .addMac(
                        MacAddress.of("01:00:5e:00:00:01"),
                        (address, installed, reason) -> told.add(address + " " + installed));
        rig.vf().promiscuous(true, true);
        rig.runUntil(() -> told.size() == 1);
        assertThat(told).containsExactly("01:00:5e:00:00:01 true");
        rig.run(10_000_000);
        assertThat(rig.pf.count(Opcode.CONFIG_PROMISCUOUS_MODE)).isEqualTo(1);
        assertThat(rig.vf().acknowledgedMacs()).hasSize(2);
    }

    @Test
    void shouldFetchStatisticsOnRequest() {
        rig.up();
        rig.vf().requestStatistics();
        rig.runUntil(() -> !rig.statistics.isEmpty());
        rig.run(10_000_000);
        assertThat(rig.statistics).containsExactly(PfStub.STATISTICS);
    }

    @Test
    void shouldReportThatThePfGivesFewerQueues() {
        rig.context.queuePairs(8);
        rig.up();
        assertThat(rig.vf().queues()).isNotNull().matches(queues -> queues.pairs() == 4);
        assertThat(rig.differences).anyMatch(line -> line.contains("4 queue pairs"));
    }

    @Test
    void shouldAskAgainWhenThePfIsNotReadyYet() {
        rig.pf.refusals.addAll(List.of(Status.ERR_PARAM.code(), Status.ERR_PARAM.code()));
        rig.up();
        assertThat(rig.pf.count(Opcode.GET_VF_RESOURCES)).isEqualTo(3);
        assertThat(rig.vf().counters().get(DriverCounter.FAILURES)).isZero();
    }

    @Test
    void shouldSayWhyAPfIsUnusableAndKeepTryingWithPauses() {
        rig.pf.vectors = 1;
        rig.open();
        rig.run(3_000_000_000L);
        assertThat(rig.vf().failure()).contains("1 interrupt vectors, 2 are needed");
        final long failures = rig.vf().counters().get(DriverCounter.FAILURES);
        assertThat(failures).isBetween(4L, 8L);
        rig.pf.vectors = 2;
        rig.runUntil(LifecycleState.DOWN);
    }

    @Test
    void shouldIgnoreEventsThatMeanNothing() {
        rig.up();
        rig.pf.event(new Event.Unknown(77, 0, 0));
        rig.run(10_000_000);
        assertThat(rig.vf().state()).isEqualTo(LifecycleState.UP);
        assertThat(rig.vf().counters().get(DriverCounter.UNKNOWN_EVENTS)).isEqualTo(1);
    }

    @Test
    void shouldTellOfEveryChangeOfTheLink() {
        rig.up();
        rig.pf.event(new Event.LinkChange(false, 0, true));
        rig.pf.event(new Event.LinkChange(false, 0, true));
        rig.pf.event(new Event.LinkChange(true, 10_000, true));
        rig.run(1_000_000);
        assertThat(rig.links).containsExactly("up 25000", "down", "up 10000");
    }
}
