package dev.javf.virtio.net;

import dev.javf.packet.Counter;

/**
 * What a virtio network device has carried and dropped, and what has happened to it. Received is
 * what comes from the guest, as with every port. The poller's thread counts.
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
 * @param interrupts interrupts of queues that were sent to the guest.
 * @param kicks notifications of the guest's driver; none over vhost-user, where nobody reads them.
 * @param controlRequests requests of the guest, over the control queue.
 * @param controlErrors those of them that were answered with an error.
 * @param starts times that a driver has made the device ready (DRIVER_OK).
 * @param resets times that the device was reset, by its driver, its machine or its front-end.
 * @param needsReset times that the device couldn't go on (NEEDS_RESET), for what its driver did
 *     wrong or because a page of its memory was gone.
 * @param connections machines' monitors and front-ends that have connected.
 * @param connected 1 while one is connected; a level.
 * @param ready 1 while packets may move; a level.
 * @param queuePairs queue pairs that the guest uses; a level.
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
        Counter interrupts,
        Counter kicks,
        Counter controlRequests,
        Counter controlErrors,
        Counter starts,
        Counter resets,
        Counter needsReset,
        Counter connections,
        Counter connected,
        Counter ready,
        Counter queuePairs) {
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
