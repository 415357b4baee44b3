package dev.javf.iavf;

import dev.javf.vfio.PciDevice;

/**
 * What the stretches of a VF's lifecycle share.
 *
 * @param context settings.
 * @param device the PCI function.
 * @param registers of the function.
 * @param adminQueue the mailbox.
 * @param channel requests and answers on it.
 * @param lifecycle the state.
 * @param handOver the queues.
 * @param counters of this driver.
 * @param log for people.
 */
record DriverParts(
        VirtualFunction.Context context,
        PciDevice device,
        Registers registers,
        AdminQueue adminQueue,
        VirtchnlChannel channel,
        Lifecycle lifecycle,
        QueueHandOver handOver,
        DriverCounters counters,
        DistinctLog log) {

    /** What happened last. */
    FlightRecorder recorder() {
        return registers.recorder();
    }

    /** Gives up on the current state: only a reset leads out. */
    void fail(final String reason) {
        lifecycle.on(LifecycleEvent.FAILED, reason);
    }
}
