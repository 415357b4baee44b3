package dev.javf.sim;

import dev.javf.packet.Ethernet;
import dev.javf.virtchnl.Capability;
import dev.javf.virtchnl.QueueRequest;
import dev.javf.virtchnl.Status;
import dev.javf.virtchnl.VersionInfo;
import dev.javf.virtchnl.VfResources;
import dev.javf.virtchnl.VfResourcesRequest;

import java.util.List;

/** Version, capabilities, number of queues, reset (Linux ice driver, virt/virtchnl.c). */
final class ResourceOperations {
    /** Queue pairs that a VF can have without LARGE_NUM_QPAIRS (ICE_MAX_RSS_QS_PER_VF). */
    static final int QUEUE_PAIRS = 16;

    private ResourceOperations() {}

    static void version(final Exchange exchange) {
        final VersionInfo wanted = VersionInfo.decode(exchange.body(), 0, exchange.lengthBytes());
        exchange.vf().versionMajor = wanted.major();
        exchange.vf().versionMinor = wanted.minor();
        exchange.answer(
                wanted.major() == 1 && wanted.minor() == 0
                        ? new VersionInfo(1, 0)
                        : VersionInfo.VERSION_1_1);
    }

    static void getVfResources(final Exchange exchange) {
        final VfControl vf = exchange.vf();
        final PfSettings pf = exchange.pf();
        exchange.tellLink();
        if (vf.phase == VfPhase.IN_RESET) {
            exchange.answer(Status.ERR_PARAM);
            return;
        }
        final int wanted =
                vf.isVersion11()
                        ? VfResourcesRequest.decode(exchange.body(), 0, exchange.lengthBytes())
                                .capabilities()
                        : Capability.flags(Capability.L2, Capability.VLAN);
        final int vlan = vlanCapability(vf, pf, wanted);
        final int others = ~Capability.flags(Capability.VLAN, Capability.VLAN_V2);
        vf.capabilities =
                Capability.L2.mask() | vlan | (wanted & pf.context().capabilities() & others);
        vf.allowList = vf.allowList.with(vf.capabilities);
        vf.phase = VfPhase.ACTIVE;
        initOffloads(vf, pf);
        vf.rules.apply(vf, pf);
        exchange.answer(
                new VfResources(
                        vf.host.queuePairs,
                        vf.function.interruptVectors(),
                        pf.maxFrameBytes(vf),
                        vf.capabilities,
                        pf.context().rssKeyBytes(),
                        pf.context().rssLutEntries(),
                        List.of(
                                new VfResources.Vsi(
                                        vf.vsiId,
                                        vf.host.queuePairs,
                                        VfResources.Vsi.TYPE_SRIOV,
                                        vf.host.mac))));
    }

    /**
     * VLAN_V2 if the PF has it and the VF knows it; else VLAN, if an inner or single tag is all
     * that the VF could filter or strip with it.
     */
    private static int vlanCapability(final VfControl vf, final PfSettings pf, final int wanted) {
        final int offered = wanted & pf.context().capabilities();
        if (pf.mode().hasVlanV2() && Capability.VLAN_V2.isIn(offered)) {
            return Capability.VLAN_V2.mask();
        }
        if (!Capability.VLAN.isIn(offered)) {
            return 0;
        }
        if (pf.mode().isI40e() || pf.mode().isDoubleVlan() == (vf.host.portVlan != null)) {
            return Capability.VLAN.mask();
        }
        vf.isVlanSoftwareOnly = pf.mode().isDoubleVlan();
        return 0;
    }

    /** An old VF driver expects stripping to be on; the new ones say what they want. */
    private static void initOffloads(final VfControl vf, final PfSettings pf) {
        if (vf.host.portVlan != null && !pf.mode().isDoubleVlan()) {
            return;
        }
        final int version1 = Capability.VLAN.isIn(vf.capabilities) ? Ethernet.TPID_8021Q : 0;
        vf.vlanOffloads = vf.vlanOffloads.withInnerStripping(version1);
    }

    static void resetVf(final Exchange exchange) {
        if (exchange.vf().phase != VfPhase.IN_RESET) {
            exchange.reset(ResetKind.REQUESTED);
        }
    }

    static void requestQueues(final Exchange exchange) {
        final VfControl vf = exchange.vf();
        final int wanted =
                QueueRequest.decode(exchange.body(), 0, exchange.lengthBytes()).queuePairs();
        if (!vf.isActive()) {
            exchange.answer(Status.ERR_PARAM, new QueueRequest(wanted));
            return;
        }
        final int free = exchange.pf().freeQueuePairs();
        final int has = vf.host.queuePairs;
        final int most =
                Capability.LARGE_NUM_QPAIRS.isIn(vf.capabilities)
                        ? exchange.pf().context().maxQueuePairsPerVf()
                        : QUEUE_PAIRS;
        if (wanted == 0) {
            exchange.answer(new QueueRequest(0));
        } else if (wanted > most) {
            exchange.answer(new QueueRequest(most));
        } else if (wanted - has > free) {
            exchange.answer(new QueueRequest(Math.min(has + free, most)));
        } else {
            exchange.pf().takeQueuePairs(wanted - has);
            vf.host.queuePairs = wanted;
            exchange.reset(ResetKind.NOTIFIED);
        }
    }
}
