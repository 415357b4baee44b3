package dev.javf.iavf;

import dev.javf.vfio.PciDevice;
import dev.javf.virtchnl.Opcode;

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
        VirtualFunctionContext context,
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

    /** Gives up because an answer stayed out. */
    void failUnanswered(final Opcode opcode) {
        fail(
                "the PF doesn't answer "
                        + opcode
                        + "; is its driver running, and does the kernel log of its host say why?");
    }

    /** Gives up because of an answer that is an error. */
    void failRefused(final Opcode opcode, final String how) {
        fail("the PF refuses " + opcode + how + "; the kernel log of the PF's host may say why");
    }

    /** Gives up on the current state: only a reset leads out. */
    void fail(final String reason) {
        lifecycle.on(LifecycleEvent.FAILED, reason);
    }
}
