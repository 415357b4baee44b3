package dev.javf.iavf;

import dev.javf.packet.MacAddress;
import dev.javf.virtchnl.RssHashConfig;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** What a schedule has asked of its VF beside VLANs, kept apart from what the driver remembers. */
final class ScheduleWishes {
    final Map<MacAddress, Integer> macs = new HashMap<>();
    final Set<MacAddress> everOwn = new HashSet<>(Set.of(ScheduleWorld.OWN_MAC));
    MacAddress ownMac = ScheduleWorld.OWN_MAC;
    int promiscuity;
    int queuePairs = 1;
    int frameBytes = VirtualFunctionContext.FRAME_BYTES_DEFAULT;
    boolean flexible;

    /** The first byte of the key; -1 for the driver's own. */
    int key = -1;

    int[] table = {};
    int algorithm;
    long packetTypes = RssHashConfig.DEFAULT_PACKET_TYPES;

    /** A key that nobody else would choose. */
    static byte[] keyOf(final int first) {
        final byte[] key = new byte[ReceiveSideScaling.KEY_BYTES];
        for (int i = 0; i < key.length; i++) {
            key[i] = (byte) (first + i);
        }
        return key;
    }

    void addMac(final MacAddress address) {
        macs.merge(address, 1, Integer::sum);
    }

    void removeMac(final MacAddress address) {
        macs.computeIfPresent(address, (key1, count) -> count == 1 ? null : count - 1);
    }

    /** All addresses whose frames are wanted. */
    Set<MacAddress> allMacs() {
        final Set<MacAddress> all = new HashSet<>(macs.keySet());
        all.add(ownMac);
        all.add(MacAddress.BROADCAST);
        return all;
    }
}
