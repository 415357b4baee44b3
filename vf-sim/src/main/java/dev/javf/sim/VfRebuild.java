package dev.javf.sim;

import dev.javf.packet.MacAddress;

/** What a reset does to a VF, in the hardware and in the PF's books. For the model's thread. */
final class VfRebuild {
    private VfRebuild() {}

    /** The mailbox dies, the queues stop, what was on its way to the VF is lost. */
    static void resetHardware(final VfControl vf) {
        vf.function.resetRegisters();
        vf.rules.queues().reset();
        vf.epoch++;
    }

    /**
     * The PF forgets what the VF had, puts the host's settings back, and lets the VF talk: that is
     * the last thing it does.
     */
    static void rebuild(final PfModel pf, final VfControl vf, final long nowNs) {
        vf.forget();
        final HostSettings host = vf.host;
        vf.macs.add(MacAddress.BROADCAST);
        vf.currentMac = host.mac;
        if (!host.mac.isZero()) {
            vf.macs.add(host.mac);
        }
        vf.rules.addHostVlans(vf, pf.settings().mode().isDoubleVlan());
        vf.rules.setRssDefaults(host.queuePairs, pf.settings().context().rssLutEntries());
        vf.rules.apply(vf, pf.settings());
        vf.resets++;
        pf.enterPhase(vf, VfPhase.INITIALIZED, nowNs);
        vf.function.registers().set(VfRegister.VFGEN_RSTAT, VfRegister.RSTAT_VFACTIVE);
    }
}
