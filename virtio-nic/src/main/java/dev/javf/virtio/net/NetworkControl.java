package dev.javf.virtio.net;

import dev.javf.packet.MacAddress;

import java.util.List;

/**
 * What a guest wants of the network: which VLANs, which addresses. Whoever has the network, a VF's
 * owner, makes it so and answers when it is. All methods are called on the device's thread and
 * return at once.
 */
public interface NetworkControl {
    /** How far a request has got. */
    enum Outcome {
        /** Not known yet. */
        PENDING,
        /** Done, and it stays so until another request. */
        DONE,
        /** Not done; nothing has changed. */
        REFUSED
    }

    /** A request on its way. */
    interface Answer {
        /** How far it has got. Asked in every duty cycle, so it must be cheap. */
        Outcome outcome();

        /**
         * Nobody waits for the answer any more, and the guest was told that the request failed.
         * What was wanted isn't.
         */
        default void abandon() {}
    }

    /** Done already. */
    Answer DONE = () -> Outcome.DONE;

    /** Refused already. */
    Answer REFUSED = () -> Outcome.REFUSED;

    /** A network that nobody can ask, for ports whose guests have all that they need. */
    NetworkControl NOBODY =
            new NetworkControl() {
                @Override
                public Answer vlan(final int vlan, final boolean isWanted) {
                    return REFUSED;
                }

                @Override
                public Answer receiveMode(
                        final boolean isPromiscuous, final boolean isAllMulticast) {
                    return REFUSED;
                }

                @Override
                public Answer addresses(
                        final List<MacAddress> unicast, final List<MacAddress> multicast) {
                    return REFUSED;
                }

                @Override
                public Answer address(final MacAddress address) {
                    return REFUSED;
                }

                @Override
                public void reset() {
                    // Nothing was wanted.
                }
            };

    /**
     * A VLAN.
     *
     * @param vlan 1 to 4094.
     * @param isWanted whether its frames are wanted from now on, or no longer.
     * @return tells what came of it.
     */
    Answer vlan(int vlan, boolean isWanted);

    /**
     * Receive mode.
     *
     * @param isPromiscuous whether all frames are wanted.
     * @param isAllMulticast whether all multicast frames are wanted.
     * @return tells what came of it.
     */
    Answer receiveMode(boolean isPromiscuous, boolean isAllMulticast);

    /**
     * The addresses that are wanted besides the device's own, instead of those of the last time.
     *
     * @param unicast addresses of single stations.
     * @param multicast addresses of groups.
     * @return tells what came of it.
     */
    Answer addresses(List<MacAddress> unicast, List<MacAddress> multicast);

    /**
     * The device's own address.
     *
     * @param address not a group's, not zero.
     * @return tells what came of it.
     */
    Answer address(MacAddress address);

    /**
     * The guest's driver doesn't say which VLANs it wants, so it gets all that it may have. There
     * is nobody to tell what came of it.
     */
    default void allVlans() {}

    /** The guest's driver doesn't say which groups it listens to, so it gets all of them. */
    default void allMulticast() {}

    /** The guest has reset the device: it wants nothing more than what the device starts with. */
    void reset();

    /** Whether the network's link is up. Asked often. */
    default boolean isLinkUp() {
        return true;
    }

    /** The device is gone, and wants nothing at all any more. On any thread. */
    default void close() {}
}
