package dev.javf.sim;

import dev.javf.packet.Ethernet;
import dev.javf.packet.MacAddress;
import dev.javf.virtchnl.PromiscuousMode;
import dev.javf.virtchnl.RssHashConfig;

import java.util.Arrays;
import java.util.HexFormat;

/**
 * How the PF's books on a VF become rules of the switch and of the VF's queues. For the model's
 * thread.
 */
final class SwitchRules {
    /** The key of Microsoft's RSS verification suite, and 0 after it. */
    private static final byte[] DEFAULT_RSS_KEY =
            Arrays.copyOf(
                    HexFormat.of()
                            .parseHex(
                                    "6d5a56da255b0ec24167253d43a38fb0"
                                            + "d0ca2bcbae7b30b477cb2da38030f20c"
                                            + "6a42b73bbeac01fa"),
                    RssHash.KEY_BYTES);

    private final SwitchPort port;
    private final VfQueues queues;

    SwitchRules(final VfQueues queues) {
        this.queues = queues;
        port = queues.port();
    }

    VfQueues queues() {
        return queues;
    }

    SwitchPort port() {
        return port;
    }

    void addVlan(final VlanKey vlan) {
        port.addVlan(vlan.tpid(), vlan.vlanId());
    }

    void removeVlan(final VlanKey vlan) {
        port.removeVlan(vlan.tpid(), vlan.vlanId());
    }

    void addMac(final MacAddress mac) {
        port.addMac(mac);
    }

    void removeMac(final MacAddress mac) {
        port.removeMac(mac);
    }

    /** No rules, no queues: what the hardware's part of a reset leaves. */
    void clear() {
        queues.reset();
        port.reset();
    }

    /** Receive-side scaling as it is before the VF says otherwise: over all queues it can. */
    void setRssDefaults(final int queuePairs, final int tableEntries) {
        final int spread = Math.min(queuePairs, RssHash.queuesOf(tableEntries));
        final byte[] table = new byte[tableEntries];
        for (int i = 0; i < table.length; i++) {
            table[i] = (byte) (i % spread);
        }
        queues.rssHash().table(table);
        queues.rssHash().key(DEFAULT_RSS_KEY);
        queues.rssHash().hashEnable(RssHashConfig.DEFAULT_PACKET_TYPES);
    }

    /** The rules that a VF has before it asks for any: VLAN 0 or its port VLAN. */
    void addHostVlans(final VfControl vf, final boolean isDoubleVlan) {
        final PortVlan portVlan = vf.host.portVlan;
        if (portVlan != null) {
            port.portVlan(portVlan.tpid(), portVlan.vlanId(), portVlan.priority());
            return;
        }
        port.clearPortVlan();
        vf.host.trunk.stream().forEach(vlanId -> port.addVlan(Ethernet.TPID_8021Q, vlanId));
        port.addVlan(0, 0);
        if (isDoubleVlan) {
            port.addVlan(Ethernet.TPID_8021Q, 0);
        }
    }

    /**
     * Everything that follows from settings: anti-spoof, pruning, promiscuity, the link.
     *
     * @param vf whose books.
     * @param pf the PF's settings.
     */
    void apply(final VfControl vf, final PfSettings pf) {
        final HostSettings host = vf.host;
        port.trusted(host.isTrusted);
        port.linkUp(host.linkMode != LinkMode.DISABLE);
        port.macSpoofCheck(host.isSpoofChecked);
        final boolean hasVlans = !vf.vlans.isEmpty();
        final boolean hasTrunk = !host.trunk.isEmpty();
        port.txVlanFiltering(
                hasTrunk
                        || (host.isSpoofChecked
                                && !vf.isVlanSoftwareOnly
                                && (hasVlans || pf.context().outOfTree())));
        final boolean isUnicast = (vf.promiscuity & PromiscuousMode.UNICAST) != 0;
        final boolean isMulticast = (vf.promiscuity & PromiscuousMode.MULTICAST) != 0;
        port.rxVlanPruning(
                hasTrunk
                        || (pf.isVlanPruning()
                                && hasVlans
                                && !vf.isVlanSoftwareOnly
                                && !isUnicast
                                && !isMulticast));
        port.promiscuousUnicast(isUnicast && pf.isTruePromiscuous());
        port.defaultVsi(isUnicast && !pf.isTruePromiscuous());
        port.promiscuousMulticast(isMulticast);
        queues.maxFrameBytes(pf.maxFrameBytes(vf));
        final VlanOffloads offloads = queues.vlanOffloads();
        offloads.outerStripping(vf.vlanOffloads.outerStripping());
        offloads.innerStripping(vf.vlanOffloads.innerStripping() != 0);
        offloads.outerInsertion(vf.vlanOffloads.outerInsertion());
        offloads.innerInsertion(vf.vlanOffloads.innerInsertion() != 0);
    }
}
