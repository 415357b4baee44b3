package dev.javf.sim;

import dev.javf.packet.MacAddress;
import dev.javf.virtchnl.AllowList;
import dev.javf.virtchnl.RssHashConfig;
import dev.javf.virtchnl.RssKey;
import dev.javf.virtchnl.RssLut;

import org.jspecify.annotations.Nullable;

import java.math.BigInteger;
import java.util.Set;

/**
 * What a PF holds for a VF, at the end of a duty cycle. Immutable.
 *
 * @param phase how far the VF has come.
 * @param resets how often the VF has been reset, for whatever reason.
 * @param capabilities granted since the last reset: flags of {@link dev.javf.virtchnl.Capability}.
 * @param allowList operations that the VF may use.
 * @param isMalicious whether the VF has sent too much at once and is ignored until its next reset.
 * @param vlans filters that the VF has asked for and that are installed; neither VLAN 0 nor the
 *     port VLAN.
 * @param countedVlans what the PF counts against its limit; more than installed if it counts
 *     duplicates.
 * @param maxVlans the limit that VLAN_V2 capabilities told the VF since its last reset, else 0.
 * @param vlanOffloads stripping and insertion.
 * @param macs MAC rules, broadcast and default address included.
 * @param defaultMac what GET_VF_RESOURCES tells; zero if none has been set.
 * @param promiscuity effective flags of {@link dev.javf.virtchnl.PromiscuousMode}.
 * @param queuePairs that the VF has.
 * @param rxQueues those that are enabled, bit q for queue q.
 * @param txQueues likewise.
 * @param rxFrameBytes longest frame that the Rx queues were configured for last; 0 for none.
 * @param rxDescriptorId write-back that the Rx queues were configured for last; 0 for none.
 * @param rssKey as set by the VF.
 * @param rssLut as set by the VF.
 * @param rssAlgorithm as set by the VF: 0 is Toeplitz ({@link dev.javf.virtchnl.RssHashFunction}).
 * @param rssPacketTypes that are hashed ({@link RssHashConfig}).
 * @param isLinkUp what the VF is told.
 * @param isTrusted by the host.
 * @param isSpoofChecked by the host's wish.
 * @param portVlan that the host has put the VF into.
 * @param linkMode what decides the VF's link, by the host's wish.
 */
public record VfSnapshot(
        VfPhase phase,
        int resets,
        int capabilities,
        AllowList allowList,
        boolean isMalicious,
        Set<VlanKey> vlans,
        int countedVlans,
        int maxVlans,
        VlanOffloadState vlanOffloads,
        Set<MacAddress> macs,
        MacAddress defaultMac,
        int promiscuity,
        int queuePairs,
        BigInteger rxQueues,
        BigInteger txQueues,
        int rxFrameBytes,
        int rxDescriptorId,
        @Nullable RssKey rssKey,
        @Nullable RssLut rssLut,
        int rssAlgorithm,
        long rssPacketTypes,
        boolean isLinkUp,
        boolean isTrusted,
        boolean isSpoofChecked,
        @Nullable PortVlan portVlan,
        LinkMode linkMode) {
    static final VfSnapshot AT_POWER_UP =
            new VfSnapshot(
                    VfPhase.IN_RESET,
                    0,
                    0,
                    AllowList.INITIAL,
                    false,
                    Set.of(),
                    0,
                    0,
                    VlanOffloadState.NONE,
                    Set.of(),
                    MacAddress.ZERO,
                    0,
                    0,
                    BigInteger.ZERO,
                    BigInteger.ZERO,
                    0,
                    0,
                    null,
                    null,
                    0,
                    RssHashConfig.DEFAULT_PACKET_TYPES,
                    false,
                    false,
                    true,
                    null,
                    LinkMode.AUTO);
}
