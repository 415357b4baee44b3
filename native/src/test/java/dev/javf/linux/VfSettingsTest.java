package dev.javf.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.javf.linux.VfSettings.LinkState;
import dev.javf.testing.Machine;

import org.junit.jupiter.api.Test;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/** Messages are made up here as linux/if_link.h says, with its numbers and not the parser's. */
class VfSettingsTest {
    private static final int MESSAGE_AND_LINK_BYTES = 16 + 16;
    private static final int VFINFO_LIST = 22;
    private static final int VF_INFO = 1;
    private static final int MAC = 1;
    private static final int VLAN = 2;
    private static final int SPOOF_CHECK = 4;
    private static final int LINK_STATE = 5;
    private static final int TRUST = 9;
    private static final int NESTED = 0x8000;

    private static byte[] attribute(final int type, final byte[]... values) {
        int length = 4;
        for (final byte[] value : values) {
            length += value.length;
        }
        final ByteBuffer bytes =
                ByteBuffer.allocate((length + 3) & ~3).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putShort((short) length).putShort((short) type);
        for (final byte[] value : values) {
            bytes.put(value);
        }
        return bytes.array();
    }

    private static byte[] numbers(final int... numbers) {
        final ByteBuffer bytes =
                ByteBuffer.allocate(numbers.length * 4).order(ByteOrder.LITTLE_ENDIAN);
        for (final int number : numbers) {
            bytes.putInt(number);
        }
        return bytes.array();
    }

    private static byte[] mac(final int function, final int... octets) {
        final ByteBuffer bytes = ByteBuffer.allocate(36).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putInt(function);
        for (final int octet : octets) {
            bytes.put((byte) octet);
        }
        return attribute(MAC, bytes.array());
    }

    private static byte[] message(final byte[]... attributes) {
        int length = MESSAGE_AND_LINK_BYTES;
        for (final byte[] each : attributes) {
            length += each.length;
        }
        final ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putInt(length).position(MESSAGE_AND_LINK_BYTES);
        for (final byte[] each : attributes) {
            bytes.put(each);
        }
        return bytes.array();
    }

    private static List<VfSettings> read(final byte[] message) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment memory = arena.allocate(message.length, 8);
            MemorySegment.copy(message, 0, memory, ValueLayout.JAVA_BYTE, 0, message.length);
            return NetlinkReply.virtualFunctions(memory);
        }
    }

    private static byte[] twoFunctions() {
        return message(
                attribute(3, "ens1f0\0".getBytes(StandardCharsets.US_ASCII)),
                attribute(
                        VFINFO_LIST | NESTED,
                        attribute(
                                VF_INFO | NESTED,
                                mac(0, 0x02, 0x11, 0x22, 0x33, 0x44, 0x55),
                                attribute(VLAN, numbers(0, 0, 0)),
                                attribute(SPOOF_CHECK, numbers(0, 1)),
                                attribute(LINK_STATE, numbers(0, 0)),
                                attribute(TRUST, numbers(0, 0))),
                        attribute(
                                VF_INFO | NESTED,
                                mac(1),
                                attribute(VLAN, numbers(1, 100, 3)),
                                attribute(SPOOF_CHECK, numbers(1, 0)),
                                attribute(LINK_STATE, numbers(1, 2)),
                                attribute(TRUST, numbers(1, 1)))));
    }

    @Test
    void shouldReadWhatAHostHasSet() {
        assertThat(read(twoFunctions()))
                .containsExactly(
                        new VfSettings(0, 0x0211_2233_4455L, 0, true, false, LinkState.AUTO),
                        new VfSettings(1, 0, 100, false, true, LinkState.DISABLE));
    }

    @Test
    void shouldNotTakeForASettingWhatADriverDoesNotSay() {
        final byte[] message =
                message(
                        attribute(
                                VFINFO_LIST,
                                attribute(
                                        VF_INFO,
                                        mac(7),
                                        attribute(SPOOF_CHECK, numbers(7, -1)),
                                        attribute(LINK_STATE, numbers(7, 3)),
                                        attribute(TRUST, numbers(7, -1))),
                                attribute(VF_INFO, attribute(TRUST, numbers(8, 1)))));
        assertThat(read(message))
                .containsExactly(new VfSettings(7, 0, 0, null, null, LinkState.UNKNOWN));
    }

    @Test
    void shouldTakeAnyBytes() {
        final byte[] whole = twoFunctions();
        for (int length = MESSAGE_AND_LINK_BYTES; length < whole.length; length++) {
            // Its list is longer than the message, so there is none.
            assertThat(read(Arrays.copyOf(whole, length))).isEmpty();
        }
        for (int i = MESSAGE_AND_LINK_BYTES; i < whole.length; i++) {
            for (final int value : new int[] {0, 1, 3, 5, 0x7F, 0xFF}) {
                final byte[] broken = whole.clone();
                broken[i] = (byte) value;
                assertThat(read(broken)).hasSizeLessThanOrEqualTo(20);
            }
        }
        // A value that is too short for its structure.
        assertThat(
                        read(
                                message(
                                        attribute(
                                                VFINFO_LIST,
                                                attribute(
                                                        VF_INFO,
                                                        mac(2),
                                                        attribute(TRUST, numbers(2)),
                                                        attribute(VLAN))))))
                .containsExactly(new VfSettings(2, 0, 0, null, null, LinkState.UNKNOWN));
    }

    @Test
    void shouldAskTheKernel() {
        Machine.needsTapAndNamespaces();
        try (NetworkNamespace namespace = NetworkNamespace.create();
                Netlink netlink = Netlink.open(namespace)) {
            assertThat(netlink.virtualFunctions("lo")).isEmpty();
            assertThatThrownBy(() -> netlink.virtualFunctions("nothing"))
                    .isInstanceOf(LinuxException.class)
                    .hasMessageContaining("RTM_GETLINK of the VFs of 'nothing' failed: ENODEV");
        }
    }
}
