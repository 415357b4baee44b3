package dev.javf.virtio.net;

import dev.javf.packet.AddressFilter;
import dev.javf.packet.MacAddress;

import java.util.Arrays;
import java.util.List;

/**
 * The guest's own address, its tables of others, and its receive mode (VirtIO 1.2, 5.1.6.5). The
 * port's poller changes them; other pollers that receive for the port look at them.
 */
final class StationAddresses implements AddressFilter {
    private static final long BROADCAST = MacAddress.BROADCAST.value();
    private static final long[] NONE = {};

    private volatile long own;
    private volatile long[] unicast = NONE;
    private volatile long[] multicast = NONE;
    private volatile boolean isPromiscuous;
    private volatile boolean isAllMulticast;

    StationAddresses(final MacAddress own) {
        this.own = own.value();
    }

    void reset(final MacAddress address) {
        own = address.value();
        unicast = NONE;
        multicast = NONE;
        isPromiscuous = false;
        isAllMulticast = false;
    }

    void own(final MacAddress address) {
        own = address.value();
    }

    void table(final List<MacAddress> stations, final List<MacAddress> groups) {
        unicast = sorted(stations);
        multicast = sorted(groups);
    }

    private static long[] sorted(final List<MacAddress> addresses) {
        return addresses.stream().mapToLong(MacAddress::value).sorted().toArray();
    }

    void mode(final boolean promiscuous, final boolean allMulticast) {
        isPromiscuous = promiscuous;
        isAllMulticast = allMulticast;
    }

    boolean isPromiscuous() {
        return isPromiscuous;
    }

    boolean isAllMulticast() {
        return isAllMulticast;
    }

    @Override
    public boolean owns(final long address) {
        return address == own || Arrays.binarySearch(unicast, address) >= 0;
    }

    @Override
    public boolean accepts(final long destination) {
        if (isPromiscuous || destination == BROADCAST) {
            return true;
        }
        return MacAddress.isMulticast(destination)
                ? isAllMulticast || Arrays.binarySearch(multicast, destination) >= 0
                : owns(destination);
    }
}
