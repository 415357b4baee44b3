package dev.javf.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.javf.packet.MacAddress;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.util.List;

class HostAdministratorTest {
    private static SwitchPort port(final PfRig rig) {
        return rig.pf.ethernetSwitch().ports().getFirst();
    }

    /** A VF with a queue enabled, so that its link is up when the port's is. */
    private static PfRig withLink() {
        final PfRig rig = PfRig.active(context -> {});
        QueueTest.configure(rig, 0);
        rig.send(8, QueueTest.select(1, 1));
        return rig;
    }

    @Test
    void shouldResetOnlyWhenTrustChanges() {
        try (PfRig rig = PfRig.active(context -> {})) {
            rig.pf.host().trust(0, false);
            rig.run();
            assertThat(rig.snapshot().resets()).isZero();
            rig.pf.host().trust(0, true);
            rig.run();
            assertThat(rig.snapshot().resets()).isEqualTo(1);
        }
    }

    @Test
    void shouldResetOnlyWhenPortVlanChanges() {
        try (PfRig rig = PfRig.active(context -> {})) {
            rig.pf.host().portVlan(0, null);
            rig.run();
            assertThat(rig.snapshot().resets()).isZero();
            rig.pf.host().portVlan(0, new PortVlan(0x8100, 5, 0));
            rig.pf.host().portVlan(0, new PortVlan(0x8100, 5, 0));
            rig.run();
            assertThat(rig.snapshot().resets()).isEqualTo(1);
            rig.pf.host().portVlan(0, null);
            rig.run();
            assertThat(rig.snapshot().resets()).isEqualTo(2);
            assertThat(port(rig).hasPortVlan()).isFalse();
            assertThat(port(rig).hasVlan(0, 0)).isTrue();
        }
    }

    @Test
    void shouldHaveVlanZeroRulesByMode() {
        try (PfRig rig = PfRig.active(context -> context.mode(PfMode.ICE_V2_DVM))) {
            assertThat(port(rig).hasVlan(0, 0)).isTrue();
            assertThat(port(rig).hasVlan(0x8100, 0)).isTrue();
            assertThat(port(rig).vlanCount()).isEqualTo(2);
        }
    }

    @Test
    void shouldFilterSentVlansFromTheFirstToTheLast() {
        try (PfRig rig = Vlans.active(PfMode.ICE_V2_SVM)) {
            assertThat(port(rig).macSpoofCheck()).isTrue();
            assertThat(port(rig).txVlanFiltering()).isFalse();
            rig.ask(52, Vlans.inner(1, 100, 101));
            assertThat(port(rig).txVlanFiltering()).isTrue();
            rig.ask(53, Vlans.inner(1, 100));
            assertThat(port(rig).txVlanFiltering()).isTrue();
            rig.ask(53, Vlans.inner(1, 101));
            assertThat(port(rig).txVlanFiltering()).isFalse();
        }
    }

    @Test
    void shouldFilterSentVlansFromTheStartOutOfTree() {
        try (PfRig rig = Vlans.active(PfMode.ICE_OLD)) {
            assertThat(port(rig).txVlanFiltering()).isTrue();
            rig.pf.host().spoofCheck(0, false);
            rig.run();
            assertThat(port(rig).txVlanFiltering()).isFalse();
        }
    }

    @Test
    void shouldChangeSpoofCheckWithoutReset() {
        try (PfRig rig = Vlans.active(PfMode.ICE_V2_SVM)) {
            rig.ask(52, Vlans.inner(1, 100));
            rig.pf.host().spoofCheck(0, false);
            rig.run();
            assertThat(port(rig).macSpoofCheck()).isFalse();
            assertThat(port(rig).txVlanFiltering()).isFalse();
            assertThat(rig.snapshot().isSpoofChecked()).isFalse();
            assertThat(rig.snapshot().resets()).isZero();
            rig.pf.host().spoofCheck(0, true);
            rig.run();
            assertThat(port(rig).txVlanFiltering()).isTrue();
        }
    }

    @Test
    void shouldLeaveVlansToSoftwareForOldVfInDoubleVlanMode() {
        try (PfRig rig =
                PfRig.withMailbox(context -> context.mode(PfMode.ICE_V2_DVM).outOfTree(true))) {
            assertThat(port(rig).txVlanFiltering()).isTrue();
            rig.activate(0, Vlans.V1);
            assertThat(port(rig).txVlanFiltering()).isFalse();
        }
    }

    @Test
    void shouldPruneWithThePrivateFlagAndAVlan() {
        try (PfRig rig = Vlans.active(PfMode.ICE_V2_SVM)) {
            rig.ask(52, Vlans.inner(1, 100));
            assertThat(port(rig).rxVlanPruning()).isFalse();
            rig.pf.host().vlanPruning(true);
            rig.run();
            assertThat(port(rig).rxVlanPruning()).isTrue();
            rig.ask(53, Vlans.inner(1, 100));
            assertThat(port(rig).rxVlanPruning()).isFalse();
        }
    }

    /** Mode of the VF's link, port's link, what the VF is told. */
    @ParameterizedTest
    @CsvSource({
        "AUTO, true, true",
        "AUTO, false, false",
        "ENABLE, true, true",
        "ENABLE, false, true",
        "DISABLE, true, false",
        "DISABLE, false, false"
    })
    void shouldTellLinkByModeAndPort(
            final LinkMode mode, final boolean isPortUp, final boolean isUp) {
        try (PfRig rig = withLink()) {
            rig.pf.host().linkMode(0, mode);
            rig.pf.host().portLink(isPortUp);
            rig.run();
            final List<RawDriver.Received> events = rig.driver().receive();
            assertThat(events).hasSize(2);
            assertThat(events.getLast().u8(8)).isEqualTo(isUp ? 1 : 0);
            assertThat(events.getLast().i32(4)).isEqualTo(isUp ? 100_000 : 0);
            assertThat(rig.snapshot().isLinkUp()).isEqualTo(isUp);
            assertThat(rig.snapshot().resets()).isZero();
            assertThat(port(rig).linkUp()).isEqualTo(mode != LinkMode.DISABLE);
            assertThat(rig.pf.ethernetSwitch().wire().linkUp()).isEqualTo(isPortUp);
        }
    }

    @Test
    void shouldTellAllVfsOfThePortsLink() {
        try (PfRig rig = PfRig.active(context -> {})) {
            rig.pf.host().portLink(false);
            rig.run();
            for (final RawDriver driver : rig.drivers) {
                assertThat(driver.receive())
                        .extracting(RawDriver.Received::opcode)
                        .containsExactly(17);
            }
        }
    }

    @Test
    void shouldResetAVfFromTheHost() {
        try (PfRig rig = PfRig.active(context -> {})) {
            rig.pf.host().resetVirtualFunction(1);
            assertThat(rig.drivers.get(1).read(RawDriver.RSTAT)).isZero();
            rig.run();
            assertThat(rig.snapshot(1).resets()).isEqualTo(1);
        }
    }

    @Test
    void shouldRefuseWhatMakesNoSense() {
        try (PfRig rig = PfRig.active(context -> {})) {
            final HostAdministrator host = rig.pf.host();
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> host.trust(2, true))
                    .withMessage("there is no VF 2, only 0 to 1");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> host.mac(0, MacAddress.BROADCAST))
                    .withMessageContaining("multicast");
            for (final PortVlan wrong :
                    List.of(
                            new PortVlan(0x8100, 0, 0),
                            new PortVlan(0x8100, 4095, 0),
                            new PortVlan(0x88A8, 5, 0),
                            new PortVlan(0x8100, 5, 8))) {
                assertThatIllegalArgumentException()
                        .isThrownBy(() -> host.portVlan(0, wrong))
                        .withMessageContaining("expected VLAN 1 to 4094");
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "virtualFunctions, 0",
        "virtualFunctions, 257",
        "queuePairsPerVf, 17",
        "vectorsPerVf, 1",
        "vectorsPerVf, 66",
        "maxFrameBytes, 9729",
        "linkSpeedMbps, 0",
        "index, -1"
    })
    void shouldNameTheSettingThatIsOutOfRange(final String setting, final int value) {
        final SimulatedPhysicalFunctionContext context = new SimulatedPhysicalFunctionContext();
        switch (setting) {
            case "virtualFunctions" -> context.virtualFunctions(value);
            case "queuePairsPerVf" -> context.queuePairsPerVf(value);
            case "vectorsPerVf" -> context.vectorsPerVf(value);
            case "maxFrameBytes" -> context.maxFrameBytes(value);
            case "linkSpeedMbps" -> context.linkSpeedMbps(value);
            default -> context.index(value);
        }
        assertThatIllegalArgumentException()
                .isThrownBy(context::conclude)
                .withMessageContaining(setting + " " + value);
    }

    @Test
    void shouldRefuseNegativeDelays() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SimulatedDelays.NONE.withMailbox(0, -1))
                .withMessage("mailboxToVfNs -1, expected 0 or more");
    }
}
