package dev.javf.sim;

import static dev.javf.sim.RawDriver.ERR_PARAM;
import static dev.javf.sim.RawDriver.NOT_SUPPORTED;
import static dev.javf.sim.RawDriver.bytes;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VlanOffloadTest {
    private static final int ENABLE_STRIPPING = 54;
    private static final int DISABLE_STRIPPING = 55;
    private static final int ENABLE_INSERTION = 56;
    private static final int DISABLE_INSERTION = 57;

    private static byte[] setting(final int outer, final int inner) {
        return bytes().u32(outer).u32(inner).u16(1).zeros(6).done();
    }

    /** Outer and inner setting; taken in SVM; taken in DVM; outer and inner TPID then in DVM. */
    @ParameterizedTest
    @CsvSource({
        "0, 0, false, false, 0, 0",
        "0, 1, true, true, 0, 0x8100",
        "1, 0, false, true, 0x8100, 0",
        "2, 0, false, true, 0x88A8, 0",
        "4, 0, false, true, 0x9100, 0",
        "1, 1, false, true, 0x8100, 0x8100",
        "3, 0, false, false, 0, 0",
        "0, 2, false, false, 0, 0",
        "0, 3, false, false, 0, 0",
        "8, 0, false, false, 0, 0",
        "0, 0x100, false, false, 0, 0",
        "0x400, 0, false, false, 0, 0",
        "0x80000000, 0, false, false, 0, 0"
    })
    void shouldTakeSettingsThatItOffers(
            final String outer,
            final String inner,
            final boolean isGoodInSvm,
            final boolean isGoodInDvm,
            final String outerTpid,
            final String innerTpid) {
        final byte[] body =
                setting((int) (long) Long.decode(outer), (int) (long) Long.decode(inner));
        for (final PfMode mode : new PfMode[] {PfMode.ICE_V2_SVM, PfMode.ICE_V2_DVM}) {
            final boolean isGood = mode.isDoubleVlan() ? isGoodInDvm : isGoodInSvm;
            final int status = isGood ? 0 : ERR_PARAM;
            try (PfRig rig = Vlans.active(mode)) {
                assertThat(rig.statusOf(ENABLE_STRIPPING, body)).isEqualTo(status);
                if (mode.isDoubleVlan()) {
                    final VlanOffloadState state = rig.snapshot().vlanOffloads();
                    assertThat(state.outerStripping()).isEqualTo(Integer.decode(outerTpid));
                    assertThat(state.innerStripping()).isEqualTo(Integer.decode(innerTpid));
                }
                assertThat(rig.statusOf(DISABLE_STRIPPING, body)).isEqualTo(status);
                assertThat(rig.snapshot().vlanOffloads().outerStripping()).isZero();
                assertThat(rig.snapshot().vlanOffloads().innerStripping()).isZero();
                assertThat(rig.statusOf(DISABLE_INSERTION, body)).isEqualTo(status);
                assertThat(rig.statusOf(ENABLE_INSERTION, body)).isEqualTo(status);
            }
        }
    }

    @Test
    void shouldProgramTheQueues() {
        try (PfRig rig = Vlans.active(PfMode.ICE_V2_DVM)) {
            final VlanOffloads offloads = rig.pf.virtualFunction(0).queues().vlanOffloads();
            rig.ask(ENABLE_STRIPPING, setting(2, 1));
            assertThat(offloads.outerStripping()).isEqualTo(0x88A8);
            assertThat(offloads.innerStripping()).isTrue();
            rig.ask(ENABLE_INSERTION, setting(2, 0));
            assertThat(offloads.outerInsertion()).isEqualTo(0x88A8);
            rig.ask(DISABLE_INSERTION, setting(1, 1));
            assertThat(offloads.outerInsertion()).isZero();
            assertThat(offloads.innerInsertion()).isTrue();
        }
    }

    /**
     * Linux's iavf doesn't ask for insertion again after a reset, and its VLANs work all the same.
     */
    @Test
    void shouldInsertTagsUnaskedAfterAReset() {
        for (final PfMode mode : PfMode.values()) {
            try (PfRig rig = Vlans.active(mode)) {
                final VlanOffloads offloads = rig.pf.virtualFunction(0).queues().vlanOffloads();
                assertThat(offloads.innerInsertion()).isTrue();
                assertThat(offloads.outerInsertion()).isEqualTo(mode.isDoubleVlan() ? 0x8100 : 0);
                rig.ask(DISABLE_INSERTION, setting(mode.isDoubleVlan() ? 1 : 0, 1));
                assertThat(offloads.innerInsertion()).isTrue();
                rig.pf.host().resetVirtualFunction(0);
                rig.run();
                assertThat(offloads.innerInsertion()).isTrue();
                assertThat(offloads.outerInsertion()).isEqualTo(mode.isDoubleVlan() ? 0x8100 : 0);
            }
        }
    }

    @Test
    void shouldRefuseSettingsBeforeCapabilitiesWereAskedFor() {
        try (PfRig rig = PfRig.active(context -> {})) {
            assertThat(rig.statusOf(ENABLE_STRIPPING, setting(0, 1))).isEqualTo(ERR_PARAM);
            assertThat(rig.statusOf(ENABLE_INSERTION, setting(0, 1))).isEqualTo(ERR_PARAM);
        }
    }

    @Test
    void shouldRefuseAnotherVsi() {
        try (PfRig rig = Vlans.active(PfMode.ICE_V2_SVM)) {
            final byte[] body = setting(0, 1);
            body[8] = 2;
            for (int opcode = ENABLE_STRIPPING; opcode <= DISABLE_INSERTION; opcode++) {
                assertThat(rig.statusOf(opcode, body)).isEqualTo(ERR_PARAM);
            }
        }
    }

    @Test
    void shouldNotStripWhileAQueueKeepsTheCrc() {
        try (PfRig rig = Vlans.active(PfMode.ICE_V2_SVM)) {
            rig.ask(6, QueueTest.queues(1, QueueTest.Pair.of(0).with("crcDisable", 1)));
            assertThat(rig.statusOf(ENABLE_STRIPPING, setting(0, 1))).isEqualTo(NOT_SUPPORTED);
            assertThat(rig.statusOf(DISABLE_STRIPPING, setting(0, 1))).isZero();
        }
    }

    @Test
    void shouldStripAtFirstForVfWithV1AndNotForVfWithV2() {
        try (PfRig rig = Vlans.active(PfMode.ICE_V1)) {
            assertThat(rig.snapshot().vlanOffloads().innerStripping()).isEqualTo(0x8100);
            assertThat(rig.statusOf(28, new byte[0])).isZero();
            assertThat(rig.snapshot().vlanOffloads().innerStripping()).isZero();
            assertThat(rig.statusOf(27, new byte[0])).isZero();
            assertThat(rig.snapshot().vlanOffloads().innerStripping()).isEqualTo(0x8100);
        }
        try (PfRig rig = Vlans.active(PfMode.ICE_V2_SVM)) {
            assertThat(rig.snapshot().vlanOffloads().innerStripping()).isZero();
        }
    }
}
