package dev.javf.sim;

import dev.javf.virtchnl.AllowList;
import dev.javf.virtchnl.Capability;
import dev.javf.virtchnl.MalformedMessageException;
import dev.javf.virtchnl.MessageLength;
import dev.javf.virtchnl.Opcode;
import dev.javf.virtchnl.Status;

import org.jspecify.annotations.Nullable;

import java.util.Set;
import java.util.stream.Collectors;

/**
 * Where the PF's driver decides what to do with a message, in this order: a VF in reset is told
 * ERR_PARAM, as is a wrong length or unknown operation; an operation that isn't allowed (yet) is
 * NOT_SUPPORTED; all others have their handler (Linux ice driver, ice_vc_process_vf_msg).
 */
final class MessageDispatcher {
    private final @Nullable Operation[] operations =
            new @Nullable Operation[Opcode.HQOS_ELEMS_CONF.code() + 1];

    /** The messages of large VFs, to a PF that has none. */
    private final Set<Integer> unknown;

    MessageDispatcher(final PfMode mode, final boolean hasLargeVfs) {
        unknown =
                AllowList.ROWS.stream()
                        .filter(row -> row.capability() == Capability.LARGE_NUM_QPAIRS)
                        .flatMap(row -> row.opcodes().stream())
                        .filter(opcode -> !hasLargeVfs)
                        .map(Opcode::code)
                        .collect(Collectors.toUnmodifiableSet());
        put(Opcode.VERSION, ResourceOperations::version);
        put(Opcode.RESET_VF, ResourceOperations::resetVf);
        put(Opcode.GET_VF_RESOURCES, ResourceOperations::getVfResources);
        put(Opcode.REQUEST_QUEUES, ResourceOperations::requestQueues);
        put(Opcode.CONFIG_VSI_QUEUES, QueueOperations::configVsiQueues);
        put(Opcode.CONFIG_IRQ_MAP, QueueOperations::configIrqMap);
        put(Opcode.ENABLE_QUEUES, QueueOperations::enableQueues);
        put(Opcode.DISABLE_QUEUES, QueueOperations::disableQueues);
        put(Opcode.ENABLE_QUEUES_V2, LargeQueueOperations::enableQueues);
        put(Opcode.DISABLE_QUEUES_V2, LargeQueueOperations::disableQueues);
        put(Opcode.MAP_QUEUE_VECTOR, LargeQueueOperations::mapQueueVector);
        put(Opcode.GET_MAX_RSS_QREGION, RssOperations::getMaxQueueRegion);
        put(Opcode.ADD_ETH_ADDR, MacOperations::addEthAddr);
        put(Opcode.DEL_ETH_ADDR, MacOperations::delEthAddr);
        put(Opcode.CONFIG_PROMISCUOUS_MODE, PromiscuousOperations::configPromiscuousMode);
        put(Opcode.GET_STATS, StatisticsOperations::getStats);
        put(Opcode.CONFIG_RSS_KEY, RssOperations::configKey);
        put(Opcode.CONFIG_RSS_LUT, RssOperations::configLut);
        put(Opcode.CONFIG_RSS_HFUNC, RssOperations::configHashFunction);
        put(Opcode.GET_RSS_HASHCFG, RssOperations::getHashConfig);
        put(Opcode.SET_RSS_HASHCFG, RssOperations::setHashConfig);
        put(Opcode.GET_SUPPORTED_RXDIDS, RxDescriptorOperations::getSupportedRxdids);
        put(Opcode.PTP_GET_CAPS, PtpOperations::getCaps);
        put(Opcode.PTP_GET_TIME, PtpOperations::getTime);
        put(Opcode.ENABLE_VLAN_STRIPPING, VlanOperations::enableStripping);
        put(Opcode.DISABLE_VLAN_STRIPPING, VlanOperations::disableStripping);
        put(Opcode.GET_OFFLOAD_VLAN_V2_CAPS, VlanV2Operations::getCaps);
        put(Opcode.ENABLE_VLAN_STRIPPING_V2, VlanOffloadOperations::enableStripping);
        put(Opcode.DISABLE_VLAN_STRIPPING_V2, VlanOffloadOperations::disableStripping);
        put(Opcode.ENABLE_VLAN_INSERTION_V2, VlanOffloadOperations::enableInsertion);
        put(Opcode.DISABLE_VLAN_INSERTION_V2, VlanOffloadOperations::disableInsertion);
        if (mode.isI40e()) {
            put(Opcode.ADD_VLAN, I40eVlanOperations::addVlan);
            put(Opcode.DEL_VLAN, I40eVlanOperations::delVlan);
            put(Opcode.ADD_VLAN_V2, I40eVlanOperations::addVlanV2);
            put(Opcode.DEL_VLAN_V2, I40eVlanOperations::delVlanV2);
        } else {
            put(Opcode.ADD_VLAN, VlanOperations::addVlan);
            put(Opcode.DEL_VLAN, VlanOperations::delVlan);
            put(Opcode.ADD_VLAN_V2, VlanV2Operations::addVlan);
            put(Opcode.DEL_VLAN_V2, VlanV2Operations::delVlan);
        }
    }

    private void put(final Opcode opcode, final Operation operation) {
        operations[opcode.code()] = operation;
    }

    /** Does what the message asks for, and leaves the answer in the exchange. */
    void dispatch(final Exchange exchange) {
        final VfControl vf = exchange.vf();
        final int opcode = exchange.opcode();
        if (vf.phase == VfPhase.IN_RESET
                || unknown.contains(opcode)
                || !MessageLength.isValid(
                        opcode, exchange.body(), 0, exchange.lengthBytes(), !vf.isVersion11())) {
            exchange.answer(Status.ERR_PARAM);
        } else if (!vf.allowList.allows(opcode)) {
            exchange.answer(Status.ERR_NOT_SUPPORTED);
        } else {
            final Operation operation = operations[opcode];
            if (operation == null) {
                exchange.answer(Status.ERR_NOT_SUPPORTED);
            } else {
                handle(operation, exchange);
            }
        }
    }

    private static void handle(final Operation operation, final Exchange exchange) {
        try {
            operation.handle(exchange);
        } catch (final MalformedMessageException e) {
            exchange.answer(Status.ERR_PARAM);
        }
    }
}
