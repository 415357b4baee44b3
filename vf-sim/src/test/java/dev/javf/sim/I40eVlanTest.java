package dev.javf.sim;

import static dev.javf.sim.RawDriver.ERR_PARAM;
import static dev.javf.sim.RawDriver.bytes;
import static dev.javf.sim.Vlans.ADD;
import static dev.javf.sim.Vlans.ADD_V2;
import static dev.javf.sim.Vlans.CAPS_V2;
import static dev.javf.sim.Vlans.DEL;
import static dev.javf.sim.Vlans.DEL_V2;
import static dev.javf.sim.Vlans.keys;
import static dev.javf.sim.Vlans.outer;
import static dev.javf.sim.Vlans.range;
import static dev.javf.sim.Vlans.v1;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.javf.virtchnl.Opcode;

import org.junit.jupiter.api.Test;

import java.util.BitSet;

/** VLAN filters of an i40e PF: the kernel's with V1, Intel's own with V2. */
class I40eVlanTest {
    private static final int VSI = 400;

    @Test
    void shouldLookAtTheLimitOncePerMessage() {
        try (PfRig rig = Vlans.active(PfMode.I40E_V1)) {
            assertThat(rig.statusOf(ADD, v1(VSI, range(100, 15)))).isZero();
            assertThat(rig.statusOf(ADD, v1(VSI, range(200, 10)))).isZero();
            assertThat(rig.snapshot().vlans()).hasSize(25);
            assertThat(rig.statusOf(ADD, v1(VSI, 300))).isZero();
            assertThat(rig.snapshot().vlans()).hasSize(25).doesNotContain(new VlanKey(0x8100, 300));
        }
    }

    @Test
    void shouldSaySuccessEvenToWrongMessagesBeyondTheLimit() {
        try (PfRig rig = Vlans.active(PfMode.I40E_V1)) {
            assertThat(rig.statusOf(ADD, v1(VSI, 4096))).isEqualTo(ERR_PARAM);
            assertThat(rig.statusOf(ADD, v1(1, 100))).isEqualTo(ERR_PARAM);
            rig.ask(ADD, v1(VSI, range(100, 16)));
            assertThat(rig.statusOf(ADD, v1(VSI, 4096))).isZero();
            assertThat(rig.statusOf(ADD, v1(1, 100))).isZero();
        }
    }

    @Test
    void shouldCountDuplicatesAndVlanZeroAndUncountWhatIsNotThere() {
        try (PfRig rig = Vlans.active(PfMode.I40E_V1)) {
            rig.ask(ADD, v1(VSI, 100, 100, 0));
            assertThat(rig.snapshot().vlans()).isEqualTo(keys(100));
            assertThat(rig.snapshot().countedVlans()).isEqualTo(3);
            assertThat(rig.statusOf(DEL, v1(VSI, 100, 200, 0))).isZero();
            assertThat(rig.snapshot().vlans()).isEmpty();
            assertThat(rig.snapshot().countedVlans()).isZero();
        }
    }

    @Test
    void shouldSaySuccessWhenTheFirmwareRefuses() {
        final PlannedFaults faults =
                new PlannedFaults().on(Opcode.ADD_VLAN, new Fault.FailElement(1));
        try (PfRig rig = PfRig.active(context -> context.mode(PfMode.I40E_V1).faultPlan(faults))) {
            assertThat(rig.statusOf(ADD, v1(VSI, 100, 101, 102))).isZero();
            assertThat(rig.snapshot().vlans()).isEqualTo(keys(100, 102));
            assertThat(rig.snapshot().countedVlans()).isEqualTo(2);
        }
    }

    @Test
    void shouldRefuseFiltersWithPortVlanInSingleVlanMode() {
        try (PfRig rig = Vlans.active(PfMode.I40E_V1)) {
            rig.pf.host().portVlan(0, new PortVlan(0x8100, 5, 0));
            rig.run();
            Vlans.reactivate(rig);
            assertThat(rig.statusOf(ADD, v1(VSI, 100))).isEqualTo(ERR_PARAM);
            assertThat(rig.statusOf(DEL, v1(VSI, 100))).isEqualTo(ERR_PARAM);
            assertThat(rig.statusOf(DEL, v1(VSI, 0))).isZero();
            assertThat(rig.statusOf(DEL, v1(VSI, 0, 0))).isEqualTo(ERR_PARAM);
        }
    }

    @Test
    void shouldStripTagsOnceVlansAreAdded() {
        try (PfRig rig = Vlans.active(PfMode.I40E_V1)) {
            rig.ask(28, new byte[0]);
            assertThat(rig.snapshot().vlanOffloads().innerStripping()).isZero();
            rig.ask(ADD, v1(VSI, 100));
            assertThat(rig.snapshot().vlanOffloads().innerStripping()).isEqualTo(0x8100);
        }
    }

    @Test
    void shouldTellV2CapabilitiesByteForByte() {
        try (PfRig rig = Vlans.active(PfMode.I40E_V2)) {
            assertThat(rig.ask(CAPS_V2, new byte[0]).hex())
                    .isEqualTo(
                            "03000020 00000000 03000020 10000000".replace(" ", "")
                                    + "010500c0 01010000 01020080 00000000 01000000 00000000"
                                            .replace(" ", ""));
            rig.pf.host().trust(0, true);
            rig.run();
            Vlans.reactivate(rig);
            // (3072 - 2 VFs x 18) / 2 VFs + 18
            assertThat(rig.snapshot().maxVlans()).isEqualTo(1536);
            rig.pf.host().portVlan(0, new PortVlan(0x8100, 5, 0));
            rig.run();
            Vlans.reactivate(rig);
            assertThat(rig.ask(CAPS_V2, new byte[0]).hex())
                    .isEqualTo(
                            "00000000 00000000 00000000 00060000".replace(" ", "")
                                    + "00000000 00000000 00000000 00000000 01000000 00000000"
                                            .replace(" ", ""));
        }
    }

    @Test
    void shouldKeepFiltersUpToTheLimitAndRefuseTheRest() {
        try (PfRig rig = Vlans.active(PfMode.I40E_V2)) {
            assertThat(rig.statusOf(ADD_V2, outer(VSI, 0x8100, range(100, 20))))
                    .isEqualTo(ERR_PARAM);
            assertThat(rig.snapshot().vlans()).isEqualTo(keys(range(100, 16)));
            assertThat(rig.statusOf(DEL_V2, outer(VSI, 0x8100, range(100, 20)))).isZero();
            assertThat(rig.snapshot().countedVlans()).isZero();
        }
    }

    @Test
    void shouldNotTellTpidsApart() {
        try (PfRig rig = Vlans.active(PfMode.I40E_V2)) {
            assertThat(rig.statusOf(ADD_V2, outer(VSI, 0x88A8, 100))).isZero();
            assertThat(rig.snapshot().vlans()).isEqualTo(keys(100));
            assertThat(rig.statusOf(DEL_V2, outer(VSI, 0x9100, 100))).isZero();
            assertThat(rig.snapshot().vlans()).isEmpty();
        }
    }

    @Test
    void shouldSaySuccessAndDoNothingWithPortVlanInDoubleVlanMode() {
        try (PfRig rig = Vlans.active(PfMode.I40E_V2)) {
            rig.pf.host().portVlan(0, new PortVlan(0x88A8, 5, 0));
            rig.run();
            Vlans.reactivate(rig);
            assertThat(rig.statusOf(ADD_V2, outer(VSI, 0x8100, 100))).isZero();
            assertThat(rig.snapshot().vlans()).isEmpty();
            assertThat(rig.statusOf(DEL_V2, outer(VSI, 0x8100, 100))).isEqualTo(ERR_PARAM);
        }
    }

    @Test
    void shouldRefuseAddsAndIgnoreDeletesWithATrunk() {
        try (PfRig rig = Vlans.active(PfMode.I40E_V2)) {
            rig.ask(ADD_V2, outer(VSI, 0x8100, 100));
            final BitSet trunk = new BitSet();
            trunk.set(200, 210);
            rig.pf.host().trunk(0, trunk);
            rig.run();
            assertThat(rig.statusOf(ADD_V2, outer(VSI, 0x8100, 101))).isEqualTo(ERR_PARAM);
            assertThat(rig.statusOf(DEL_V2, outer(VSI, 0x8100, 100))).isZero();
            assertThat(rig.snapshot().vlans()).isEqualTo(keys(100));
            final SwitchPort port = rig.pf.ethernetSwitch().ports().getFirst();
            assertThat(port.hasVlan(0x8100, 205)).isTrue();
            assertThat(port.txVlanFiltering()).isTrue();

            rig.pf.host().trunk(0, new BitSet());
            rig.run();
            assertThat(port.hasVlan(0x8100, 205)).isFalse();
            assertThat(rig.statusOf(ADD_V2, outer(VSI, 0x8100, 101))).isZero();
        }
    }

    @Test
    void shouldHaveTrunksInOneModeOnly() {
        try (PfRig rig = Vlans.active(PfMode.ICE_V2_SVM)) {
            assertThatIllegalStateException()
                    .isThrownBy(() -> rig.pf.host().trunk(0, new BitSet()))
                    .withMessageContaining("ice-v2-svm")
                    .withMessageContaining("i40e-v2");
        }
        try (PfRig rig = Vlans.active(PfMode.I40E_V2)) {
            final BitSet wrong = new BitSet();
            wrong.set(4095);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> rig.pf.host().trunk(0, wrong))
                    .withMessageContaining("4095");
        }
    }

    @Test
    void shouldSaySuccessToInsertionSettings() {
        try (PfRig rig = Vlans.active(PfMode.I40E_V2)) {
            final byte[] body = bytes().u32(0).u32(0).u16(VSI).zeros(6).done();
            assertThat(rig.statusOf(56, body)).isZero();
            assertThat(rig.statusOf(57, body)).isZero();
        }
    }
}
