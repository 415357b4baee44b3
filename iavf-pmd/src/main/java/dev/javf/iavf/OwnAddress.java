package dev.javf.iavf;

import dev.javf.packet.MacAddress;

import org.jspecify.annotations.Nullable;

import java.security.SecureRandom;

/**
 * Which address is the VF's own: the one asked for, else the one that the PF assigns, else one made
 * up, once. An address that the host's administrator sets is adopted, unless another one is asked
 * for.
 */
final class OwnAddress {
    private final MacFilters macs;
    private @Nullable MacAddress wanted;

    OwnAddress(final MacFilters macs, final @Nullable MacAddress wanted) {
        this.macs = macs;
        this.wanted = wanted;
    }

    /** Wants this address, or whatever the PF assigns from now on. */
    void want(final @Nullable MacAddress address) {
        wanted = address;
        if (address != null && macs.own() != null) {
            macs.own(address);
        }
    }

    /** The PF has set the VF up with an address, or with none if it is zero. */
    void begin(final MacAddress assigned) {
        final MacAddress explicit = wanted;
        if (explicit != null) {
            macs.own(explicit);
        } else if (!assigned.isZero() && !assigned.isMulticast()) {
            macs.own(assigned);
        } else if (macs.own() == null) {
            macs.own(madeUp());
        }
        macs.assigned(assigned);
    }

    private static MacAddress madeUp() {
        final long localUnicast = 0x0200_0000_0000L;
        final long group = 0x0100_0000_0000L;
        final long random = new SecureRandom().nextLong() & 0xFFFF_FFFF_FFFFL;
        return new MacAddress((random & ~group) | localUnicast);
    }
}
