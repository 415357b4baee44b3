package dev.javf.virtio.net;

import dev.javf.packet.Counter;

/**
 * What a virtio network device has carried and dropped. Received is what comes from the guest, as
 * with every port.
 *
 * @param rxPackets packets taken from the guest.
 * @param rxBytes bytes of these packets.
 * @param rxTooLong packets dropped because they are longer than the MTU allows.
 * @param rxTooShort packets dropped because they are shorter than an Ethernet header.
 * @param rxOffload packets dropped because what they ask for, a checksum or segments, isn't true of
 *     them or can't be done.
 * @param txPackets packets given to the guest.
 * @param txBytes bytes of these packets.
 * @param txTooLong packets dropped because the guest's buffers or the MTU are too small for them.
 * @param txVlan packets dropped because the guest doesn't want their VLAN.
 * @param txStopped packets dropped because the guest's driver isn't ready.
 * @param controlRequests requests of the guest, over the control queue.
 * @param controlErrors those of them that were answered with an error.
 * @param violations what the guest's driver did wrong; each costs it a reset.
 */
public record NetCounters(
        Counter rxPackets,
        Counter rxBytes,
        Counter rxTooLong,
        Counter rxTooShort,
        Counter rxOffload,
        Counter txPackets,
        Counter txBytes,
        Counter txTooLong,
        Counter txVlan,
        Counter txStopped,
        Counter controlRequests,
        Counter controlErrors,
        Counter violations) {
    /** All zero. */
    public NetCounters() {
        this(
                new Counter(),
                new Counter(),
                new Counter(),
                new Counter(),
                new Counter(),
                new Counter(),
                new Counter(),
                new Counter(),
                new Counter(),
                new Counter(),
                new Counter(),
                new Counter(),
                new Counter());
    }
}
