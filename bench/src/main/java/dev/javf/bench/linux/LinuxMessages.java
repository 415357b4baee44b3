package dev.javf.bench.linux;

import dev.javf.iavf.QueueSet;
import dev.javf.iavf.RxQueue;
import dev.javf.iavf.TxQueue;
import dev.javf.packet.Ethernet;
import dev.javf.packet.MacAddress;
import dev.javf.virtchnl.Capability;
import dev.javf.virtchnl.EthAddressList;
import dev.javf.virtchnl.EthAddressType;
import dev.javf.virtchnl.IrqMap;
import dev.javf.virtchnl.Message;
import dev.javf.virtchnl.QueueSelect;
import dev.javf.virtchnl.RxQueueInfo;
import dev.javf.virtchnl.TxQueueInfo;
import dev.javf.virtchnl.VfResources;
import dev.javf.virtchnl.VlanFilterList;
import dev.javf.virtchnl.VlanFilterListV2;
import dev.javf.virtchnl.VlanFilterListV2.VlanFilterV2;
import dev.javf.virtchnl.VlanSetting;
import dev.javf.virtchnl.VlanSupport;
import dev.javf.virtchnl.VlanV2Capabilities;
import dev.javf.virtchnl.VsiQueueConfig;

import java.util.ArrayList;
import java.util.List;

/** What the PF has granted, and the messages that follow from it. */
record LinuxMessages(VfResources resources, VlanV2Capabilities vlans) {
    /** Filters that Linux takes a PF of version 1 to have room for. */
    private static final int VERSION_1_FILTERS = 4096;

    /** Queue pairs that Linux uses at most. */
    static final int QUEUE_PAIRS_MAX = 16;

    private static final int VECTOR = 1;

    /** A full Ethernet frame with two tags and its frame check sequence. */
    private static final int FRAME_BYTES = 1526;

    boolean has(final Capability capability) {
        return capability.isIn(resources.capabilities());
    }

    int vsiId() {
        return resources.vsis().getFirst().vsiId();
    }

    MacAddress assignedMac() {
        return resources.vsis().getFirst().defaultMac();
    }

    /** Whether VLANs are filtered at all. */
    boolean isFiltering() {
        return has(Capability.VLAN_V2)
                ? (vlans.filtering().outer() | vlans.filtering().inner()) != 0
                : has(Capability.VLAN);
    }

    /** The limit that adding a VLAN device is held against. */
    int filtersMax() {
        return has(Capability.VLAN_V2) ? vlans.filtering().maxFilters() : VERSION_1_FILTERS;
    }

    /** The limit that a message of additions is cut to; version 1 knows none. */
    int batchLimit() {
        return has(Capability.VLAN_V2) ? vlans.filtering().maxFilters() : Integer.MAX_VALUE;
    }

    int filtersPerMessage() {
        return has(Capability.VLAN_V2)
                ? VlanFilterListV2.MAX_ELEMENTS
                : VlanFilterList.MAX_ELEMENTS;
    }

    Message vlanFilters(final List<Integer> ids) {
        if (!has(Capability.VLAN_V2)) {
            return new VlanFilterList(vsiId(), ids);
        }
        final boolean isOuter = vlans.filtering().outer() != 0;
        return new VlanFilterListV2(
                vsiId(),
                ids.stream()
                        .map(vlan ->
                                isOuter
                                        ? VlanFilterV2.outer(Ethernet.TPID_8021Q, vlan)
                                        : VlanFilterV2.inner(Ethernet.TPID_8021Q, vlan))
                        .toList());
    }

    /** Whether the PF lets stripping and insertion of inner tags be switched. */
    boolean isTagSwitchable(final VlanV2Capabilities.Support support) {
        return has(Capability.VLAN_V2)
                && VlanSupport.TOGGLE.isIn(support.inner())
                && VlanSupport.TPID_8100.isIn(support.inner());
    }

    VlanSetting innerTags() {
        return new VlanSetting(0, VlanSupport.TPID_8100.mask(), vsiId());
    }

    EthAddressList address(final MacAddress mac) {
        return new EthAddressList(
                vsiId(), List.of(new EthAddressList.EthAddress(mac, EthAddressType.PRIMARY)));
    }

    QueueSelect queues() {
        return new QueueSelect(vsiId(), allQueues(), allQueues());
    }

    private int pairs() {
        return Math.min(resources.queuePairs(), QUEUE_PAIRS_MAX);
    }

    private int allQueues() {
        return (1 << pairs()) - 1;
    }

    IrqMap vectors() {
        return new IrqMap(
                List.of(new IrqMap.VectorMap(vsiId(), VECTOR, allQueues(), allQueues(), 0, 0)));
    }

    VsiQueueConfig rings(final QueueSet queues) {
        final List<VsiQueueConfig.QueuePair> pairs = new ArrayList<>();
        for (int i = 0; i < pairs(); i++) {
            final TxQueue tx = queues.tx(i);
            final RxQueue rx = queues.rx(i);
            pairs.add(
                    new VsiQueueConfig.QueuePair(
                            new TxQueueInfo(vsiId(), i, tx.ringLength(), tx.ringIova()),
                            new RxQueueInfo(
                                    vsiId(),
                                    i,
                                    rx.ringLength(),
                                    rx.bufferBytes(),
                                    FRAME_BYTES,
                                    RxQueueInfo.DESCRIPTOR_LEGACY_32,
                                    rx.ringIova())));
        }
        return new VsiQueueConfig(vsiId(), pairs);
    }
}
