package dev.javf.sim;

import static dev.javf.sim.RawDriver.ERR_PARAM;
import static dev.javf.sim.RawDriver.NOT_SUPPORTED;
import static dev.javf.sim.RawDriver.bytes;
import static dev.javf.sim.Vlans.ADD;
import static dev.javf.sim.Vlans.ADD_V2;
import static dev.javf.sim.Vlans.CAPS_V2;
import static dev.javf.sim.Vlans.DEL;
import static dev.javf.sim.Vlans.DEL_V2;
import static dev.javf.sim.Vlans.inner;
import static dev.javf.sim.Vlans.keys;
import static dev.javf.sim.Vlans.outer;
import static dev.javf.sim.Vlans.range;
import static dev.javf.sim.Vlans.v1;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.virtchnl.Opcode;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** VLAN filters of an ice PF, in all its modes. */
class IceVlanTest {
    /** The forty bytes of the capabilities, in words. */
    @ParameterizedTest
    @CsvSource({
        "ICE_V2_SVM, false, false,"
                + " 00000000 01000000 01000000 08000000"
                + " 00000000 01010080 00000000 01010080 01000000 00000000",
        "ICE_V2_SVM, false, true,"
                + " 00000000 01000000 01000000 00100000"
                + " 00000000 01010080 00000000 01010080 01000000 00000000",
        "ICE_V2_SVM, true, false,"
                + " 00000000 00000000 00000000 00000000"
                + " 00000000 00000000 00000000 00000000 00000000 00000000",
        "ICE_OLD, false, false,"
                + " 00000000 01000000 01000000 08000000"
                + " 00000000 01010080 00000000 01010080 01000000 00000000",
        "ICE_V2_DVM, false, false,"
                + " 07000020 00000000 07000000 08000000"
                + " 070400c0 01010080 070200c0 01010080 01000000 00000000",
        "ICE_V2_DVM, false, true,"
                + " 07000020 00000000 07000000 00100000"
                + " 070400c0 01010080 070200c0 01010080 01000000 00000000",
        "ICE_V2_DVM, true, false,"
                + " 00000000 00000000 00000000 08000000"
                + " 00000000 01010080 00000000 01010080 01000000 00000000"
    })
    void shouldTellCapabilitiesByteForByte(
            final PfMode mode,
            final boolean hasPortVlan,
            final boolean isTrusted,
            final String words) {
        try (PfRig rig = Vlans.active(mode)) {
            if (hasPortVlan) {
                rig.pf.host().portVlan(0, new PortVlan(0x8100, 5, 0));
            }
            rig.pf.host().trust(0, isTrusted);
            rig.run();
            Vlans.reactivate(rig);
            final RawDriver.Received answer = rig.ask(CAPS_V2, new byte[0]);
            assertThat(answer.status()).isZero();
            assertThat(answer.hex()).isEqualTo(words.replace(" ", ""));
        }
    }

    @Test
    void shouldInstallTheFilterOfTheSpecificationsExample() {
        try (PfRig rig = Vlans.active(PfMode.ICE_V2_DVM)) {
            final byte[] body =
                    bytes().hex(
                                    "0100010000000000 0000000000000000"
                                            + "6400000000810000 00000000000000000000000000000000")
                            .done();
            assertThat(rig.statusOf(ADD_V2, body)).isZero();
            assertThat(rig.snapshot().vlans()).containsExactly(new VlanKey(0x8100, 100));
            assertThat(rig.statusOf(DEL_V2, body)).isZero();
            assertThat(rig.snapshot().vlans()).isEmpty();
        }
    }

    @Test
    void shouldRefuseFiltersBeforeCapabilitiesWereAskedFor() {
        try (PfRig rig = PfRig.active(context -> {})) {
            assertThat(rig.statusOf(ADD_V2, inner(1, 100))).isEqualTo(ERR_PARAM);
            assertThat(rig.statusOf(DEL_V2, inner(1, 100))).isEqualTo(ERR_PARAM);
            rig.ask(CAPS_V2, new byte[0]);
            assertThat(rig.statusOf(ADD_V2, inner(1, 100))).isZero();
        }
    }

    @Test
    void shouldRefuseWholeMessageOverTheLimit() {
        try (PfRig rig = Vlans.active(PfMode.ICE_V2_SVM)) {
            assertThat(rig.statusOf(ADD_V2, inner(1, range(100, 9)))).isEqualTo(ERR_PARAM);
            assertThat(rig.snapshot().vlans()).isEmpty();
            assertThat(rig.statusOf(ADD_V2, inner(1, range(100, 5)))).isZero();
            assertThat(rig.statusOf(ADD_V2, inner(1, range(200, 4)))).isEqualTo(ERR_PARAM);
            assertThat(rig.statusOf(ADD_V2, inner(1, range(200, 3)))).isZero();
            assertThat(rig.statusOf(ADD_V2, inner(1, 300))).isEqualTo(ERR_PARAM);
            assertThat(rig.snapshot().vlans())
                    .isEqualTo(keys(100, 101, 102, 103, 104, 200, 201, 202));
            assertThat(rig.snapshot().maxVlans()).isEqualTo(8);
        }
    }

    /** Elements of the message count, whether they are installed already or twice in it. */
    @Test
    void shouldCountDuplicatesAgainstTheLimitOfAMessage() {
        try (PfRig rig = Vlans.active(PfMode.ICE_V2_SVM)) {
            rig.ask(ADD_V2, inner(1, range(100, 6)));
            assertThat(rig.statusOf(ADD_V2, inner(1, 100, 100, 100))).isEqualTo(ERR_PARAM);
            assertThat(rig.statusOf(ADD_V2, inner(1, 100, 100))).isZero();
            assertThat(rig.snapshot().countedVlans()).isEqualTo(6);
        }
    }

    @Test
    void shouldLetTrustedVfHaveThemAll() {
        try (PfRig rig = Vlans.active(PfMode.ICE_V2_SVM)) {
            rig.pf.host().trust(0, true);
            rig.run();
            Vlans.reactivate(rig);
            for (int first = 1; first < 4095; first += 127) {
                final int count = Math.min(127, 4095 - first);
                assertThat(rig.statusOf(ADD_V2, inner(1, range(first, count)))).isZero();
            }
            assertThat(rig.snapshot().vlans()).hasSize(4094);
            assertThat(rig.snapshot().maxVlans()).isEqualTo(4096);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = PfMode.class,
            names = {"ICE_V2_SVM", "ICE_V2_DVM"})
    void shouldNotCountDuplicates(final PfMode mode) {
        try (PfRig rig = Vlans.active(mode)) {
            final byte[] body = mode.isDoubleVlan() ? outer(1, 0x8100, 100) : inner(1, 100);
            for (int i = 0; i < 20; i++) {
                assertThat(rig.statusOf(ADD_V2, body)).isZero();
            }
            assertThat(rig.snapshot().countedVlans()).isEqualTo(1);
        }
    }

    /** The driver before May 2024: what was added twice is counted for ever. */
    @Test
    void shouldCountDuplicatesForEverInOldDriver() {
        try (PfRig rig = Vlans.active(PfMode.ICE_OLD)) {
            rig.ask(ADD_V2, inner(1, 100));
            rig.ask(ADD_V2, inner(1, 100));
            rig.ask(DEL_V2, inner(1, 100));
            assertThat(rig.snapshot().vlans()).isEmpty();
            assertThat(rig.snapshot().countedVlans()).isEqualTo(1);
            assertThat(rig.statusOf(ADD_V2, inner(1, range(100, 8)))).isEqualTo(ERR_PARAM);
            assertThat(rig.statusOf(ADD_V2, inner(1, range(100, 7)))).isZero();
            rig.send(2, new byte[0]);
            Vlans.reactivate(rig);
            assertThat(rig.statusOf(ADD_V2, inner(1, range(100, 8)))).isZero();
        }
    }

    @Test
    void shouldTakeDeletingWhatIsNotThereAsDone() {
        try (PfRig rig = Vlans.active(PfMode.ICE_V2_SVM)) {
            rig.ask(ADD_V2, inner(1, 100));
            assertThat(rig.statusOf(DEL_V2, inner(1, 200, 100, 100))).isZero();
            assertThat(rig.snapshot().countedVlans()).isZero();
        }
    }

    @ParameterizedTest
    @CsvSource({"ICE_V2_SVM, false, 0", "ICE_OLD, false, -5", "ICE_V2_SVM, true, -5"})
    void shouldRefuseToDeleteMoreThanThereIsOutOfTree(
            final PfMode mode, final boolean outOfTree, final int status) {
        try (PfRig rig =
                PfRig.active(context -> {
                    context.mode(mode);
                    if (outOfTree) {
                        context.outOfTree(true);
                    }
                })) {
            rig.ask(CAPS_V2, new byte[0]);
            rig.ask(ADD_V2, inner(1, 100, 101));
            assertThat(rig.statusOf(DEL_V2, inner(1, 100, 101, 102))).isEqualTo(status);
            assertThat(rig.snapshot().vlans()).hasSize(status == 0 ? 0 : 2);
            assertThat(rig.statusOf(DEL_V2, inner(1, 100))).isEqualTo(0);
        }
    }

    /** A batch stops at the first filter that fails, and keeps those before it. */
    @ParameterizedTest
    @CsvSource({"0", "3", "7"})
    void shouldKeepFiltersBeforeTheOneThatFails(final int failing) {
        final PlannedFaults faults =
                new PlannedFaults().on(Opcode.ADD_VLAN_V2, new Fault.FailElement(failing));
        try (PfRig rig = PfRig.active(context -> context.faultPlan(faults))) {
            rig.ask(CAPS_V2, new byte[0]);
            assertThat(rig.statusOf(ADD_V2, inner(1, range(100, 8)))).isEqualTo(ERR_PARAM);
            assertThat(rig.snapshot().vlans()).isEqualTo(keys(range(100, failing)));
            assertThat(rig.snapshot().countedVlans()).isEqualTo(failing);
        }
    }

    @Test
    void shouldStopDeletingAtTheFirstThatFails() {
        final PlannedFaults faults =
                new PlannedFaults().on(Opcode.DEL_VLAN_V2, new Fault.FailElement(2));
        try (PfRig rig = PfRig.active(context -> context.faultPlan(faults))) {
            rig.ask(CAPS_V2, new byte[0]);
            rig.ask(ADD_V2, inner(1, range(100, 5)));
            assertThat(rig.statusOf(DEL_V2, inner(1, range(100, 5)))).isEqualTo(ERR_PARAM);
            assertThat(rig.snapshot().vlans()).isEqualTo(keys(102, 103, 104));
        }
    }

    /** inner TCI, mask, TPID; outer TCI, mask, TPID; taken in SVM; taken in DVM. */
    @ParameterizedTest
    @CsvSource({
        "100, 0, 0x8100, 0, 0, 0, true, false",
        "0, 0, 0, 100, 0, 0x8100, false, true",
        "0, 0, 0, 100, 0, 0x88A8, false, true",
        "0, 0, 0, 100, 0, 0x9100, false, true",
        "0, 0, 0, 100, 0, 0x9200, false, false",
        "100, 0, 0x88A8, 0, 0, 0, false, false",
        "100, 0, 0x8100, 100, 0, 0x8100, false, false",
        "100, 1, 0x8100, 0, 0, 0, false, false",
        "0, 0, 0, 100, 0xFFF, 0x8100, false, false",
        "0, 1, 0, 0, 0, 0, false, false",
        "0x2064, 0, 0x8100, 0, 0, 0, false, false",
        "0, 0, 0, 0x8064, 0, 0x8100, false, false",
        "0x1064, 0, 0x8100, 0, 0, 0, true, false",
        "0, 0, 0x8100, 0, 0, 0x8100, true, true",
        "100, 0, 0, 100, 0, 0, true, true",
        "0, 0, 0, 0, 0, 0, true, true",
        "4095, 0, 0x8100, 0, 0, 0, true, false"
    })
    void shouldCheckTagsAgainstWhatItOffers(
            final String innerTci,
            final String innerMask,
            final String innerTpid,
            final String outerTci,
            final String outerMask,
            final String outerTpid,
            final boolean isGoodInSvm,
            final boolean isGoodInDvm) {
        final byte[] body =
                bytes().u16(1)
                        .u16(1)
                        .u32(0)
                        .u16(Integer.decode(innerTci))
                        .u16(Integer.decode(innerMask))
                        .u16(Integer.decode(innerTpid))
                        .u16(0)
                        .u16(Integer.decode(outerTci))
                        .u16(Integer.decode(outerMask))
                        .u16(Integer.decode(outerTpid))
                        .u16(0)
                        .zeros(16)
                        .done();
        for (final PfMode mode : new PfMode[] {PfMode.ICE_V2_SVM, PfMode.ICE_V2_DVM}) {
            final boolean isGood = mode.isDoubleVlan() ? isGoodInDvm : isGoodInSvm;
            try (PfRig rig = Vlans.active(mode)) {
                assertThat(rig.statusOf(ADD_V2, body)).isEqualTo(isGood ? 0 : ERR_PARAM);
                assertThat(rig.statusOf(DEL_V2, body)).isEqualTo(isGood ? 0 : ERR_PARAM);
            }
        }
    }

    @Test
    void shouldTellTpidsApartInDoubleVlanMode() {
        try (PfRig rig = Vlans.active(PfMode.ICE_V2_DVM)) {
            rig.ask(ADD_V2, outer(1, 0x8100, 100));
            rig.ask(ADD_V2, outer(1, 0x88A8, 100));
            rig.ask(DEL_V2, outer(1, 0x8100, 100));
            assertThat(rig.snapshot().vlans()).containsExactly(new VlanKey(0x88A8, 100));
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = PfMode.class,
            names = {"ICE_V2_SVM", "ICE_V2_DVM", "ICE_OLD"})
    void shouldRefuseFiltersWithPortVlan(final PfMode mode) {
        try (PfRig rig = Vlans.active(mode)) {
            rig.pf.host().portVlan(0, new PortVlan(0x8100, 5, 0));
            rig.run();
            Vlans.reactivate(rig);
            assertThat(rig.statusOf(ADD_V2, inner(1, 100))).isEqualTo(ERR_PARAM);
            assertThat(rig.statusOf(ADD_V2, outer(1, 0x8100, 100))).isEqualTo(ERR_PARAM);
        }
    }

    @Test
    void shouldRefuseAnotherVsi() {
        try (PfRig rig = Vlans.active(PfMode.ICE_V2_SVM)) {
            assertThat(rig.statusOf(ADD_V2, inner(2, 100))).isEqualTo(ERR_PARAM);
            assertThat(rig.statusOf(DEL_V2, inner(0, 100))).isEqualTo(ERR_PARAM);
        }
    }

    @Test
    void shouldNotTakeV1FromVfWithV2() {
        try (PfRig rig = Vlans.active(PfMode.ICE_V2_SVM)) {
            assertThat(rig.statusOf(ADD, v1(1, 100))).isEqualTo(NOT_SUPPORTED);
            assertThat(rig.statusOf(DEL, v1(1, 100))).isEqualTo(NOT_SUPPORTED);
        }
    }

    /** Seven, as VLAN 0 counts; the PF says SUCCESS for what it leaves out. */
    @Test
    void shouldSaySuccessAndInstallSevenWithV1() {
        try (PfRig rig = Vlans.active(PfMode.ICE_V1)) {
            assertThat(rig.statusOf(ADD, v1(1, range(100, 12)))).isZero();
            assertThat(rig.snapshot().vlans()).isEqualTo(keys(range(100, 7)));
            assertThat(rig.statusOf(ADD, v1(1, 500))).isZero();
            assertThat(rig.snapshot().vlans()).isEqualTo(keys(range(100, 7)));
            assertThat(rig.statusOf(DEL, v1(1, 100))).isZero();
            assertThat(rig.statusOf(ADD, v1(1, 500))).isZero();
            assertThat(rig.snapshot().vlans()).isEqualTo(keys(101, 102, 103, 104, 105, 106, 500));
        }
    }

    @Test
    void shouldInstallAllOfThemForTrustedVfWithV1() {
        try (PfRig rig = Vlans.active(PfMode.ICE_V1)) {
            rig.pf.host().trust(0, true);
            rig.run();
            Vlans.reactivate(rig);
            assertThat(rig.statusOf(ADD, v1(1, range(1, 2045)))).isZero();
            assertThat(rig.statusOf(ADD, v1(1, range(2046, 2045)))).isZero();
            assertThat(rig.statusOf(ADD, v1(1, range(4091, 4)))).isZero();
            assertThat(rig.snapshot().vlans()).hasSize(4094);
        }
    }

    @Test
    void shouldRefuseV1MessageWithAnyIdTooHigh() {
        try (PfRig rig = Vlans.active(PfMode.ICE_V1)) {
            assertThat(rig.statusOf(ADD, v1(1, 100, 4096))).isEqualTo(ERR_PARAM);
            assertThat(rig.statusOf(DEL, v1(1, 65535))).isEqualTo(ERR_PARAM);
            assertThat(rig.snapshot().vlans()).isEmpty();
            assertThat(rig.statusOf(ADD, v1(1, 4095))).isZero();
        }
    }

    @Test
    void shouldPassVlanZeroBy() {
        try (PfRig rig = Vlans.active(PfMode.ICE_V1)) {
            assertThat(rig.statusOf(ADD, v1(1, 0, 100))).isZero();
            assertThat(rig.snapshot().countedVlans()).isEqualTo(1);
            assertThat(rig.statusOf(DEL, v1(1, 0))).isZero();
            assertThat(rig.snapshot().vlans()).isEqualTo(keys(100));
        }
    }

    /** A V1 delete looks at no more elements than there are VLANs, VLAN 0 included. */
    @Test
    void shouldLookAtNoMoreElementsThanThereAreVlans() {
        try (PfRig rig = Vlans.active(PfMode.ICE_V1)) {
            rig.ask(ADD, v1(1, 100));
            assertThat(rig.statusOf(DEL, v1(1, 300, 301, 100))).isZero();
            assertThat(rig.snapshot().vlans()).isEqualTo(keys(100));
            assertThat(rig.statusOf(DEL, v1(1, 300, 100))).isZero();
            assertThat(rig.snapshot().vlans()).isEmpty();
        }
    }

    @Test
    void shouldKeepV1FiltersBeforeTheOneThatFails() {
        final PlannedFaults faults =
                new PlannedFaults().on(Opcode.ADD_VLAN, new Fault.FailElement(2));
        try (PfRig rig = PfRig.active(context -> context.mode(PfMode.ICE_V1).faultPlan(faults))) {
            assertThat(rig.statusOf(ADD, v1(1, range(100, 5)))).isEqualTo(ERR_PARAM);
            assertThat(rig.snapshot().vlans()).isEqualTo(keys(100, 101));
        }
    }

    @Test
    void shouldTakeV1AndDoNothingWithPortVlanInDoubleVlanMode() {
        try (PfRig rig = PfRig.withMailbox(context -> context.mode(PfMode.ICE_V2_DVM))) {
            rig.pf.host().portVlan(0, new PortVlan(0x88A8, 5, 3));
            rig.run();
            rig.driver().startMailbox();
            rig.activate(0, Vlans.V1);
            assertThat(rig.statusOf(ADD, v1(1, 100))).isZero();
            assertThat(rig.snapshot().vlans()).isEmpty();
            assertThat(rig.statusOf(DEL, v1(1, 100))).isZero();
        }
    }
}
