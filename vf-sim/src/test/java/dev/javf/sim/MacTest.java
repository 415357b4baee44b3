package dev.javf.sim;

import static dev.javf.sim.RawDriver.ERR_PARAM;
import static dev.javf.sim.RawDriver.bytes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.packet.MacAddress;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.util.function.Consumer;

class MacTest {
    private static final int ADD = 10;
    private static final int DEL = 11;
    private static final int LEGACY = 0;
    private static final int PRIMARY = 1;
    private static final int EXTRA = 2;
    private static final int ADMIN_QUEUE_ERROR = -53;

    private static final MacAddress A = MacAddress.of("02:00:00:00:00:0a");
    private static final MacAddress B = MacAddress.of("02:00:00:00:00:0b");
    private static final MacAddress MULTICAST = MacAddress.of("33:33:00:00:00:01");

    private static byte[] list(final int type, final MacAddress... macs) {
        final RawDriver.Bytes out = bytes().u16(1).u16(macs.length);
        for (final MacAddress mac : macs) {
            for (int shift = 40; shift >= 0; shift -= 8) {
                out.u8((int) (mac.value() >>> shift));
            }
            out.u8(type).u8(0);
        }
        return out.zeros(8).done();
    }

    private static MacAddress mac(final int number) {
        return new MacAddress(0x0200_0000_1000L + number);
    }

    private static MacAddress[] macs(final int first, final int count) {
        final MacAddress[] macs = new MacAddress[count];
        for (int i = 0; i < count; i++) {
            macs[i] = mac(first + i);
        }
        return macs;
    }

    private static PfRig active() {
        return PfRig.active(context -> {});
    }

    private static void host(final PfRig rig, final Consumer<HostAdministrator> action) {
        action.accept(rig.pf.host());
        rig.run();
        rig.driver().startMailbox();
        rig.activate(0, RawDriver.LINUX_CAPABILITIES);
    }

    @Test
    void shouldHaveBroadcastRuleFromTheStart() {
        try (PfRig rig = active()) {
            assertThat(rig.snapshot().macs()).containsExactly(MacAddress.BROADCAST);
        }
    }

    @Test
    void shouldHaveRuleForAssignedAddress() {
        try (PfRig rig = PfRig.active(context -> context.firstMac(A))) {
            assertThat(rig.snapshot(0).macs()).containsExactly(MacAddress.BROADCAST, A);
            assertThat(rig.snapshot(1).macs()).containsExactly(MacAddress.BROADCAST, B);
            assertThat(rig.snapshot(1).defaultMac()).isEqualTo(B);
        }
    }

    @Test
    void shouldAddAndDelete() {
        try (PfRig rig = active()) {
            assertThat(rig.statusOf(ADD, list(EXTRA, A, B, MULTICAST))).isZero();
            assertThat(rig.snapshot().macs())
                    .containsExactly(MacAddress.BROADCAST, A, B, MULTICAST);
            assertThat(rig.statusOf(DEL, list(EXTRA, A, MULTICAST))).isZero();
            assertThat(rig.snapshot().macs()).containsExactly(MacAddress.BROADCAST, B);
            assertThat(rig.snapshot().defaultMac()).isEqualTo(MacAddress.ZERO);
        }
    }

    @Test
    void shouldTakeDuplicatesAndUnknownOnesAsDone() {
        try (PfRig rig = active()) {
            assertThat(rig.statusOf(ADD, list(EXTRA, A, A))).isZero();
            assertThat(rig.statusOf(ADD, list(EXTRA, A))).isZero();
            assertThat(rig.statusOf(DEL, list(EXTRA, B))).isZero();
            assertThat(rig.snapshot().macs()).containsExactly(MacAddress.BROADCAST, A);
        }
    }

    @Test
    void shouldPassBroadcastAndZeroBy() {
        try (PfRig rig = active()) {
            assertThat(rig.statusOf(ADD, list(EXTRA, MacAddress.ZERO, MacAddress.BROADCAST)))
                    .isZero();
            assertThat(rig.statusOf(DEL, list(EXTRA, MacAddress.ZERO, MacAddress.BROADCAST)))
                    .isZero();
            assertThat(rig.snapshot().macs()).containsExactly(MacAddress.BROADCAST);
        }
    }

    @Test
    void shouldRefuseTheNineteenthForUntrustedVf() {
        try (PfRig rig = active()) {
            assertThat(rig.statusOf(ADD, list(EXTRA, macs(0, 18)))).isEqualTo(ERR_PARAM);
            assertThat(rig.snapshot().macs()).hasSize(1);
            assertThat(rig.statusOf(ADD, list(EXTRA, macs(0, 17)))).isZero();
            assertThat(rig.statusOf(ADD, list(EXTRA, mac(0)))).isEqualTo(ERR_PARAM);
            assertThat(rig.snapshot().macs()).hasSize(18);
        }
    }

    @Test
    void shouldTakeAnyNumberFromTrustedVf() {
        try (PfRig rig = active()) {
            host(rig, admin -> admin.trust(0, true));
            assertThat(rig.statusOf(ADD, list(EXTRA, macs(0, 500)))).isZero();
            assertThat(rig.snapshot().macs()).hasSize(501);
        }
    }

    @ParameterizedTest
    @CsvSource({"1, true", "0, true", "2, false", "3, false", "129, true"})
    void shouldRememberPrimaryOrFirstLegacyAddress(final int type, final boolean isRemembered) {
        try (PfRig rig = active()) {
            rig.ask(ADD, list(type, A));
            assertThat(rig.snapshot().defaultMac()).isEqualTo(isRemembered ? A : MacAddress.ZERO);
        }
    }

    @Test
    void shouldTellPrimaryAddressAfterReset() {
        try (PfRig rig = active()) {
            rig.ask(ADD, list(PRIMARY, A));
            rig.ask(ADD, list(EXTRA, B));
            rig.send(2, new byte[0]);
            assertThat(rig.snapshot().macs()).containsExactly(MacAddress.BROADCAST, A);
            rig.driver().startMailbox();
            assertThat(rig.ask(3, bytes().u32(0).done()).hex()).endsWith("02000000000a");
        }
    }

    @Test
    void shouldKeepKnowingPrimaryAddressThatIsDeleted() {
        try (PfRig rig = active()) {
            rig.ask(ADD, list(PRIMARY, A));
            rig.ask(DEL, list(PRIMARY, A));
            assertThat(rig.snapshot().macs()).containsExactly(MacAddress.BROADCAST);
            assertThat(rig.snapshot().defaultMac()).isEqualTo(A);
            rig.ask(ADD, list(PRIMARY, A));
            assertThat(rig.snapshot().macs()).contains(A);
        }
    }

    @Test
    void shouldFollowOldDriverThatChangesItsAddressWithinThreeSeconds() {
        try (PfRig rig = active()) {
            rig.ask(ADD, list(LEGACY, A));
            rig.ask(ADD, list(LEGACY, B));
            assertThat(rig.snapshot().defaultMac()).isEqualTo(A);
            rig.advance(3_000_000_000L);
            rig.ask(DEL, list(LEGACY, A));
            assertThat(rig.snapshot().defaultMac()).isEqualTo(B);
        }
    }

    @Test
    void shouldNotFollowOldDriverLater() {
        try (PfRig rig = active()) {
            rig.ask(ADD, list(LEGACY, A));
            rig.ask(ADD, list(LEGACY, B));
            rig.advance(3_000_000_001L);
            rig.ask(DEL, list(LEGACY, A));
            assertThat(rig.snapshot().defaultMac()).isEqualTo(A);
        }
    }

    @Test
    void shouldNotLetUntrustedVfChangeTheHostsAddress() {
        try (PfRig rig = active()) {
            host(rig, admin -> admin.mac(0, A));
            assertThat(rig.snapshot().macs()).containsExactly(MacAddress.BROADCAST, A);
            assertThat(rig.statusOf(ADD, list(PRIMARY, A))).isZero();
            assertThat(rig.statusOf(ADD, list(EXTRA, B))).isEqualTo(ADMIN_QUEUE_ERROR);
            assertThat(rig.statusOf(ADD, list(EXTRA, MULTICAST, B, mac(1))))
                    .isEqualTo(ADMIN_QUEUE_ERROR);
            assertThat(rig.statusOf(DEL, list(PRIMARY, A))).isZero();
            assertThat(rig.snapshot().macs()).containsExactly(MacAddress.BROADCAST, A, MULTICAST);
        }
    }

    @Test
    void shouldLetTrustedVfChangeTheHostsAddress() {
        try (PfRig rig = active()) {
            host(rig, admin -> admin.mac(0, A));
            host(rig, admin -> admin.trust(0, true));
            assertThat(rig.statusOf(DEL, list(PRIMARY, A))).isZero();
            assertThat(rig.statusOf(ADD, list(PRIMARY, B))).isZero();
            assertThat(rig.snapshot().macs()).containsExactly(MacAddress.BROADCAST, B);
            assertThat(rig.snapshot().defaultMac()).isEqualTo(B);
        }
    }

    @Test
    void shouldGiveTheChoiceBackWhenTheHostTakesItsAddressAway() {
        try (PfRig rig = active()) {
            host(rig, admin -> admin.mac(0, A));
            host(rig, admin -> admin.mac(0, MacAddress.ZERO));
            assertThat(rig.snapshot().macs()).containsExactly(MacAddress.BROADCAST);
            assertThat(rig.statusOf(ADD, list(PRIMARY, B))).isZero();
        }
    }

    @Test
    void shouldRefuseAnotherVsi() {
        try (PfRig rig = active()) {
            final byte[] body = list(EXTRA, A);
            body[0] = 2;
            assertThat(rig.statusOf(ADD, body)).isEqualTo(ERR_PARAM);
            assertThat(rig.statusOf(DEL, body)).isEqualTo(ERR_PARAM);
        }
    }
}
