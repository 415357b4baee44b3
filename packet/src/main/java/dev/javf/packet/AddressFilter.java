package dev.javf.packet;

/**
 * Which addresses are behind a port. Asked for each packet, on the poller's thread; an address is a
 * number as {@link MacAddress#value} has it.
 */
public interface AddressFilter {
    /**
     * Whether an address is that of a station behind the port.
     *
     * @param address of one station.
     */
    boolean owns(long address);

    /**
     * Whether frames to an address are wanted: those to the port's own, and whatever else it
     * listens to.
     *
     * @param destination of one station or a group.
     */
    boolean accepts(long destination);

    /**
     * One station, which listens to all groups.
     *
     * @param station its address.
     */
    static AddressFilter of(final MacAddress station) {
        final long own = station.value();
        return new AddressFilter() {
            @Override
            public boolean owns(final long address) {
                return address == own;
            }

            @Override
            public boolean accepts(final long destination) {
                return destination == own || MacAddress.isMulticast(destination);
            }
        };
    }
}
