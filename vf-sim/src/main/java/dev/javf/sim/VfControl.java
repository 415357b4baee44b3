package dev.javf.sim;

import dev.javf.packet.MacAddress;
import dev.javf.virtchnl.AllowList;
import dev.javf.virtchnl.RssHashConfig;
import dev.javf.virtchnl.RssKey;
import dev.javf.virtchnl.RssLut;
import dev.javf.virtchnl.VlanV2Capabilities;

import org.jspecify.annotations.Nullable;

import java.math.BigInteger;

/**
 * One VF in the PF's books (Linux ice driver, struct ice_vf): what a reset forgets, beside the
 * {@link HostSettings} that it doesn't. For the model's thread.
 */
final class VfControl {
    /** VSI id of every VF of an ice PF (ICE_VF_VSI_ID). */
    private static final int ICE_VSI_ID = 1;

    /** An i40e PF tells its own numbers; they only must not be those of ice. */
    private static final int I40E_FIRST_VSI_ID = 400;

    final SimulatedVirtualFunction function;
    final Mailbox mailbox;
    final HostSettings host;
    final SwitchRules rules;
    final VlanTable vlans;
    final MacTable macs;
    final int vsiId;
    private final PfMode mode;

    VfPhase phase = VfPhase.IN_RESET;
    int resets;

    /** Grows with each hardware reset: what was sent to the VF before doesn't arrive. */
    int epoch;

    /** Remembered across resets, as ice does. */
    int versionMajor;

    int versionMinor;

    int capabilities;
    AllowList allowList = AllowList.INITIAL;
    VlanV2Capabilities vlanCapabilities = VlanV2Capabilities.NONE;
    VlanOffloadState vlanOffloads = VlanOffloadState.NONE;

    /** The address the VF uses now (dev_lan_addr); zero after the VF has deleted it. */
    MacAddress currentMac = MacAddress.ZERO;

    /** The last unicast address that an old VF driver added, and when. */
    MacAddress lastLegacyMac = MacAddress.ZERO;

    long lastLegacyMacNs;

    int promiscuity;
    boolean isVlanSoftwareOnly;
    int ptpCapabilities;

    /** Enabled queues, a bit for each. */
    BigInteger rxQueues = BigInteger.ZERO;

    BigInteger txQueues = BigInteger.ZERO;

    /** What the Rx queues were configured for last. */
    int rxFrameBytes;

    int rxDescriptorId;

    /** Queues that were configured to keep the frame check sequence. */
    BigInteger crcQueues = BigInteger.ZERO;

    @Nullable RssKey rssKey;
    @Nullable RssLut rssLut;
    int rssAlgorithm;
    long rssPacketTypes = RssHashConfig.DEFAULT_PACKET_TYPES;

    /** Messages from this VF that the PF has not answered yet. */
    int unansweredMessages;

    boolean isMalicious;

    VfControl(
            final SimulatedVirtualFunction function,
            final HostSettings host,
            final SwitchRules rules,
            final PfMode mode) {
        this.function = function;
        this.host = host;
        this.rules = rules;
        this.mode = mode;
        mailbox = new Mailbox(function);
        vlans = new VlanTable(rules);
        macs = new MacTable(rules);
        vsiId = mode.isI40e() ? I40E_FIRST_VSI_ID + function.index() : ICE_VSI_ID;
    }

    int index() {
        return function.index();
    }

    /** Whether the VF may use a message with this VSI id: it is active, and the id is its own. */
    boolean isActive(final int vsi) {
        return phase == VfPhase.ACTIVE && vsi == vsiId;
    }

    boolean isActive() {
        return phase == VfPhase.ACTIVE;
    }

    boolean isVersion11() {
        return versionMajor == 1 && versionMinor == 1;
    }

    boolean isQueueEnabled() {
        return rxQueues.signum() + txQueues.signum() != 0;
    }

    /** What a reset makes the PF forget, all but the rules that it then sets up anew. */
    void forget() {
        capabilities = 0;
        allowList = AllowList.INITIAL;
        vlanCapabilities = VlanV2Capabilities.NONE;
        vlanOffloads = VlanOffloadState.afterReset(mode.isDoubleVlan(), host.portVlan != null);
        promiscuity = 0;
        isVlanSoftwareOnly = false;
        ptpCapabilities = 0;
        rxQueues = BigInteger.ZERO;
        txQueues = BigInteger.ZERO;
        rxFrameBytes = 0;
        rxDescriptorId = 0;
        crcQueues = BigInteger.ZERO;
        rssKey = null;
        rssLut = null;
        rssAlgorithm = 0;
        rssPacketTypes = RssHashConfig.DEFAULT_PACKET_TYPES;
        isMalicious = false;
        rules.clear();
        vlans.clear();
        macs.clear();
    }

    VfSnapshot snapshot(final boolean isLinkUp) {
        return new VfSnapshot(
                phase,
                resets,
                capabilities,
                allowList,
                isMalicious,
                vlans.copy(),
                vlans.counted(),
                vlanCapabilities.filtering().maxFilters(),
                vlanOffloads,
                macs.copy(),
                host.mac,
                promiscuity,
                host.queuePairs,
                rxQueues,
                txQueues,
                rxFrameBytes,
                rxDescriptorId,
                rssKey,
                rssLut,
                rssAlgorithm,
                rssPacketTypes,
                isLinkUp,
                host.isTrusted,
                host.isSpoofChecked,
                host.portVlan,
                host.linkMode);
    }
}
