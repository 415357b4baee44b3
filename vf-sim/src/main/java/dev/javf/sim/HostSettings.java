package dev.javf.sim;

import dev.javf.packet.MacAddress;

import org.jspecify.annotations.Nullable;

import java.util.BitSet;

/**
 * What survives a VF's resets: the host administrator's settings for it, the number of queue pairs
 * it was granted, and the address it was last known by. For the model's thread.
 */
final class HostSettings {
    /** What GET_VF_RESOURCES tells: set by the host, or by the VF's primary address. */
    MacAddress mac;

    /** Whether the host has set the address; an untrusted VF may not change it then. */
    boolean isMacSetByHost;

    boolean isTrusted;
    boolean isSpoofChecked = true;
    LinkMode linkMode = LinkMode.AUTO;
    @Nullable PortVlan portVlan;

    /** VLANs that the host has given the VF (i40e only); empty if it hasn't. */
    final BitSet trunk = new BitSet();

    int queuePairs;

    HostSettings(final MacAddress mac, final int queuePairs) {
        this.mac = mac;
        this.queuePairs = queuePairs;
    }
}
