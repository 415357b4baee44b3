package dev.javf.sim;

import dev.javf.packet.Ethernet;
import dev.javf.packet.MacAddress;

import org.jspecify.annotations.Nullable;

import java.util.BitSet;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.LongConsumer;

/**
 * What the administrator of the host can do with a PF and its VFs: {@code ip link set PF vf N ...},
 * private flags, resets. Any thread may ask; it is done in the model's duty cycle, in order, while
 * the VF is not in reset. The stages complete on the model's thread, once it is done and, where a
 * reset goes with it, the VF may talk again; with an {@link IllegalStateException} when the VF
 * doesn't leave its reset for 800 ms.
 */
public final class HostAdministrator {
    private static final int MAX_VLAN = 4094;
    private static final int MAX_PRIORITY = 7;

    private final PfModel pf;
    private final ServiceTask service;
    private final Requests requests;

    /** Takes requests from any thread to the model's. */
    @FunctionalInterface
    interface Requests {
        /** Has {@code request} run at the beginning of the next duty cycle, with its time. */
        void submit(LongConsumer request);
    }

    HostAdministrator(final PfModel pf, final ServiceTask service, final Requests requests) {
        this.pf = pf;
        this.service = service;
        this.requests = requests;
    }

    /**
     * {@code trust on|off}. A change resets the VF.
     *
     * @param virtualFunction its number.
     * @param isTrusted lifts the limits for VLANs and MAC addresses, and allows promiscuity.
     * @return completes when done.
     */
    public CompletionStage<Void> trust(final int virtualFunction, final boolean isTrusted) {
        final VfControl vf = vf(virtualFunction);
        return submit(
                vf,
                nowNs -> {
                    final boolean isChange = vf.host.isTrusted != isTrusted;
                    vf.host.isTrusted = isTrusted;
                    return isChange;
                });
    }

    /**
     * {@code spoofchk on|off}. Without reset.
     *
     * @param virtualFunction its number.
     * @param isChecked whether the VF may send only from its own addresses and VLANs.
     * @return completes when done.
     */
    public CompletionStage<Void> spoofCheck(final int virtualFunction, final boolean isChecked) {
        final VfControl vf = vf(virtualFunction);
        return submit(
                vf,
                nowNs -> {
                    vf.host.isSpoofChecked = isChecked;
                    vf.rules.apply(vf, pf.settings());
                    return false;
                });
    }

    /**
     * {@code mac ADDRESS}. Resets the VF.
     *
     * @param virtualFunction its number.
     * @param mac unicast; zero gives the choice back to the VF.
     * @return completes when done.
     */
    public CompletionStage<Void> mac(final int virtualFunction, final MacAddress mac) {
        if (mac.isMulticast()) {
            throw new IllegalArgumentException(
                    "VF " + virtualFunction + " can't have " + mac + ", a multicast address");
        }
        final VfControl vf = vf(virtualFunction);
        return submit(
                vf,
                nowNs -> {
                    vf.host.mac = mac;
                    vf.host.isMacSetByHost = !mac.isZero();
                    return true;
                });
    }

    /**
     * {@code vlan VLAN qos PRIORITY proto TPID}; {@code vlan 0} with null. A change resets the VF.
     *
     * @param virtualFunction its number.
     * @param portVlan null takes the VF out of its port VLAN.
     * @return completes when done.
     */
    public CompletionStage<Void> portVlan(
            final int virtualFunction, final @Nullable PortVlan portVlan) {
        if (portVlan != null) {
            check(portVlan);
        }
        final VfControl vf = vf(virtualFunction);
        return submit(
                vf,
                nowNs -> {
                    final PortVlan before = vf.host.portVlan;
                    vf.host.portVlan = portVlan;
                    return !Objects.equals(before, portVlan);
                });
    }

    private void check(final PortVlan portVlan) {
        final boolean isDouble = pf.settings().mode().isDoubleVlan();
        final boolean isTpidGood =
                portVlan.tpid() == Ethernet.TPID_8021Q
                        || (isDouble && portVlan.tpid() == Ethernet.TPID_8021AD);
        if (!isTpidGood
                || portVlan.vlanId() < 1
                || portVlan.vlanId() > MAX_VLAN
                || portVlan.priority() < 0
                || portVlan.priority() > MAX_PRIORITY) {
            throw new IllegalArgumentException(
                    "port VLAN "
                            + portVlan.vlanId()
                            + ", priority "
                            + portVlan.priority()
                            + ", TPID 0x"
                            + Integer.toHexString(portVlan.tpid())
                            + ": expected VLAN 1 to 4094, priority 0 to 7, TPID 0x8100"
                            + (isDouble ? " or 0x88a8" : ""));
        }
    }

    /**
     * {@code state auto|enable|disable}. Without reset; the VF gets an event.
     *
     * @param virtualFunction its number.
     * @param mode what decides the VF's link.
     * @return completes when done.
     */
    public CompletionStage<Void> linkMode(final int virtualFunction, final LinkMode mode) {
        final VfControl vf = vf(virtualFunction);
        return submit(
                vf,
                nowNs -> {
                    vf.host.linkMode = mode;
                    vf.rules.apply(vf, pf.settings());
                    pf.tellLink(vf, nowNs);
                    return false;
                });
    }

    /**
     * The VLANs that the VF may use, set by the host: an attribute of Intel's out-of-tree i40e
     * driver. With them, the VF can't add any itself.
     *
     * @param virtualFunction its number.
     * @param vlanIds 1 to 4094; none takes the trunk away.
     * @return completes when done.
     * @throws IllegalStateException when the PF's mode has no trunks.
     */
    public CompletionStage<Void> trunk(final int virtualFunction, final BitSet vlanIds) {
        if (pf.settings().mode() != PfMode.I40E_V2) {
            throw new IllegalStateException(
                    pf.settings().mode().text() + " has no trunks, only " + PfMode.I40E_V2.text());
        }
        if (vlanIds.get(0) || vlanIds.length() > MAX_VLAN + 1) {
            throw new IllegalArgumentException(
                    "trunk " + vlanIds + ": expected VLANs from 1 to 4094");
        }
        final BitSet copy = (BitSet) vlanIds.clone();
        final VfControl vf = vf(virtualFunction);
        return submit(
                vf,
                nowNs -> {
                    vf.host.trunk.stream().forEach(vlan -> vf.rules.removeVlan(trunkKey(vlan)));
                    vf.host.trunk.clear();
                    vf.host.trunk.or(copy);
                    copy.stream().forEach(vlan -> vf.rules.addVlan(trunkKey(vlan)));
                    vf.rules.apply(vf, pf.settings());
                    return false;
                });
    }

    private static VlanKey trunkKey(final int vlanId) {
        return new VlanKey(Ethernet.TPID_8021Q, vlanId);
    }

    /**
     * The port's link. All VFs get an event.
     *
     * @param isUp its new state.
     * @return completes when done.
     */
    public CompletionStage<Void> portLink(final boolean isUp) {
        return submit(
                null,
                nowNs -> {
                    pf.portLink(isUp, nowNs);
                    return false;
                });
    }

    /**
     * Private flag vf-vlan-pruning: whether what a VF receives is pruned to its VLANs.
     *
     * @param isOn its new state.
     * @return completes when done.
     */
    public CompletionStage<Void> vlanPruning(final boolean isOn) {
        return submit(
                null,
                nowNs -> {
                    pf.settings().vlanPruning(isOn);
                    pf.vfs().forEach(vf -> vf.rules.apply(vf, pf.settings()));
                    return false;
                });
    }

    /**
     * Private flag vf-true-promisc-support: whether a promiscuous VF gets all unicast frames, and
     * not just those that nobody else gets.
     *
     * @param isOn its new state.
     * @return completes when done.
     */
    public CompletionStage<Void> truePromiscuous(final boolean isOn) {
        return submit(
                null,
                nowNs -> {
                    pf.settings().truePromiscuous(isOn);
                    pf.vfs().forEach(vf -> vf.rules.apply(vf, pf.settings()));
                    return false;
                });
    }

    /** Private flag vf-vlan-pruning. For the model's thread. */
    public boolean isVlanPruning() {
        return pf.settings().isVlanPruning();
    }

    /** Private flag vf-true-promisc-support. For the model's thread. */
    public boolean isTruePromiscuous() {
        return pf.settings().isTruePromiscuous();
    }

    /**
     * A reset of a VF as goes with a change of its trust, address or port VLAN, without any change.
     * The VF is told beforehand.
     *
     * @param virtualFunction its number.
     * @return completes when done.
     */
    public CompletionStage<Void> announcedReset(final int virtualFunction) {
        return submit(vf(virtualFunction), nowNs -> true);
    }

    /**
     * A function-level reset of a VF from the host ({@code /sys/bus/pci/devices/.../reset}). It
     * begins at once; the VF isn't told.
     *
     * @param virtualFunction its number.
     */
    public void resetVirtualFunction(final int virtualFunction) {
        vf(virtualFunction).function.functionLevelReset();
    }

    /**
     * A reset of the whole PF. All VFs are told.
     *
     * @return completes when the last VF may talk again.
     */
    public CompletionStage<Void> resetPhysicalFunction() {
        return resetAll(true);
    }

    /**
     * A reset of the whole PF that no VF is told of, as when its driver has crashed.
     *
     * @return completes when the last VF may talk again.
     */
    public CompletionStage<Void> resetPhysicalFunctionSilently() {
        return resetAll(false);
    }

    private CompletionStage<Void> resetAll(final boolean isAnnounced) {
        final CompletableFuture<Void> done = new CompletableFuture<>();
        requests.submit(
                nowNs -> service.resetAll(isAnnounced, nowNs, isReady -> done.complete(null)));
        return done;
    }

    private VfControl vf(final int virtualFunction) {
        if (virtualFunction < 0 || virtualFunction >= pf.vfs().size()) {
            throw new IllegalArgumentException(
                    "there is no VF " + virtualFunction + ", only 0 to " + (pf.vfs().size() - 1));
        }
        return pf.vf(virtualFunction);
    }

    private CompletionStage<Void> submit(
            final @Nullable VfControl vf, final HostCommand.Action action) {
        final CompletableFuture<Void> done = new CompletableFuture<>();
        requests.submit(
                nowNs -> service.add(new HostCommand(pf, service, vf, action, done, nowNs)));
        return done;
    }
}
