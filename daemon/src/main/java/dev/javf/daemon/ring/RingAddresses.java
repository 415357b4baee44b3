package dev.javf.daemon.ring;

import dev.javf.packet.AddressFilter;
import dev.javf.packet.MacAddress;

import java.util.Collection;

/** The addresses behind a ring port: its own, and those that the PF has granted its client. */
final class RingAddresses implements AddressFilter {
    private final long own;
    private volatile long[] granted = {};

    RingAddresses(final MacAddress own) {
        this.own = own.value();
    }

    /** Other addresses are granted from now on. */
    void granted(final Collection<MacAddress> addresses) {
        granted = addresses.stream().mapToLong(MacAddress::value).toArray();
    }

    @Override
    public boolean owns(final long address) {
        if (address == own) {
            return true;
        }
        for (final long other : granted) {
            if (other == address) {
                return true;
            }
        }
        return false;
    }

    @Override
    public boolean accepts(final long destination) {
        return MacAddress.isMulticast(destination) || owns(destination);
    }
}
