package dev.javf.linux;

import dev.javf.linux.net.Net;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Optional;

/**
 * What a host has set for a virtual function, as its PF's network device tells (rtnetlink(7),
 * IFLA_VFINFO_LIST of linux/if_link.h).
 *
 * @param index the function's number at its PF.
 * @param macAddress 48 bits, the first octet in the most significant; 0 if none is set.
 * @param portVlan 1 to 4094, or 0 without.
 * @param isSpoofChecked whether frames with foreign source addresses are dropped; null if the PF's
 *     driver doesn't say.
 * @param isTrusted whether it may have more filters and promiscuity; null if the PF's driver
 *     doesn't say.
 * @param linkState what its link follows.
 */
public record VfSettings(
        int index,
        long macAddress,
        int portVlan,
        @Nullable Boolean isSpoofChecked,
        @Nullable Boolean isTrusted,
        LinkState linkState) {
    /** What the link of a virtual function follows. */
    public enum LinkState {
        /** The PF's link. */
        AUTO,
        /** Always up. */
        ENABLE,
        /** Always down. */
        DISABLE,
        /** The PF's driver doesn't say. */
        UNKNOWN;

        /** By the numbers of linux/if_link.h, IFLA_VF_LINK_STATE_. */
        private static LinkState of(final int number) {
            return switch (number) {
                case 0 -> AUTO;
                case 1 -> ENABLE;
                case 2 -> DISABLE;
                default -> UNKNOWN;
            };
        }
    }

    /** Every structure begins with the function's number, and its value is behind that. */
    private static final long VALUE = Integer.BYTES;

    private static final long MAC_BYTES = 6;

    /**
     * Reads what is said of one function.
     *
     * @param attributes within its IFLA_VF_INFO; what is too short counts as not there.
     * @return empty if none of them has the function's number.
     */
    static Optional<VfSettings> of(final List<NetlinkReply.Attribute> attributes) {
        int index = -1;
        long mac = 0;
        int vlan = 0;
        @Nullable Boolean isSpoofChecked = null;
        @Nullable Boolean isTrusted = null;
        LinkState linkState = LinkState.UNKNOWN;
        for (final NetlinkReply.Attribute attribute : attributes) {
            final MemorySegment value = attribute.value();
            if (value.byteSize() < VALUE + Integer.BYTES) {
                continue;
            }
            final int type = attribute.type();
            if (type == Net.IFLA_VF_MAC()) {
                index = number(value, 0);
                mac = value.byteSize() < VALUE + MAC_BYTES ? 0 : MacBytes.get(value, VALUE);
            } else if (type == Net.IFLA_VF_VLAN()) {
                vlan = number(value, VALUE);
            } else if (type == Net.IFLA_VF_SPOOFCHK()) {
                isSpoofChecked = flag(number(value, VALUE));
            } else if (type == Net.IFLA_VF_TRUST()) {
                isTrusted = flag(number(value, VALUE));
            } else if (type == LinuxConstants.IFLA_VF_LINK_STATE) {
                linkState = LinkState.of(number(value, VALUE));
            }
        }
        return index < 0
                ? Optional.empty()
                : Optional.of(
                        new VfSettings(index, mac, vlan, isSpoofChecked, isTrusted, linkState));
    }

    private static int number(final MemorySegment value, final long offset) {
        return value.get(ValueLayout.JAVA_INT_UNALIGNED, offset);
    }

    /** All ones is what the kernel fills in for a driver that doesn't say. */
    private static @Nullable Boolean flag(final int setting) {
        return setting == -1 ? null : setting != 0;
    }
}
