package dev.javf.sim;

import dev.javf.virtchnl.Capability;
import dev.javf.virtchnl.IrqMap;
import dev.javf.virtchnl.QueueSelect;
import dev.javf.virtchnl.RxQueueInfo;
import dev.javf.virtchnl.TxQueueInfo;
import dev.javf.virtchnl.VsiQueueConfig;

import java.util.List;

/** Queues and their interrupt vectors (Linux ice driver, virt/queues.c). */
final class QueueOperations {
    private static final int MIN_RING_LENGTH = 64;
    private static final int MAX_RING_LENGTH = 8160;
    private static final int RING_LENGTH_MULTIPLE = 32;
    private static final int MIN_BUFFER_BYTES = 1024;
    private static final int MAX_BUFFER_BYTES = (16 << 10) - 128;
    private static final int MIN_FRAME_BYTES = 64;

    private QueueOperations() {}

    static void configVsiQueues(final Exchange exchange) {
        final VsiQueueConfig config =
                VsiQueueConfig.decode(exchange.body(), 0, exchange.lengthBytes());
        final VfControl vf = exchange.vf();
        final List<VsiQueueConfig.QueuePair> pairs = config.queuePairs();
        if (!vf.isActive(config.vsiId())
                || pairs.size() > vf.host.queuePairs
                || !mayKeepCrc(vf, pairs)) {
            exchange.answer(false);
            return;
        }
        for (int i = 0; i < pairs.size(); i++) {
            final VsiQueueConfig.QueuePair pair = pairs.get(i);
            if (!isConsistent(vf, config.vsiId(), pair)
                    || !configureTx(exchange, pair.tx())
                    || !configureRx(exchange, pair.rx())) {
                for (int queue = i; queue >= 0; queue--) {
                    disableRx(vf, queue);
                    disableTx(vf, queue);
                }
                exchange.answer(false);
                return;
            }
        }
        exchange.answer(true);
    }

    /** Keeping the frame check sequence must be granted, and doesn't go with stripping tags. */
    private static boolean mayKeepCrc(
            final VfControl vf, final List<VsiQueueConfig.QueuePair> pairs) {
        final VlanOffloadState vlan = vf.vlanOffloads;
        final boolean isAllowed =
                Capability.CRC.isIn(vf.capabilities)
                        && vlan.outerStripping() == 0
                        && vlan.innerStripping() == 0;
        return isAllowed || pairs.stream().allMatch(pair -> pair.rx().crcDisable() == 0);
    }

    private static boolean isConsistent(
            final VfControl vf, final int vsiId, final VsiQueueConfig.QueuePair pair) {
        final TxQueueInfo tx = pair.tx();
        final RxQueueInfo rx = pair.rx();
        return tx.vsiId() == vsiId
                && rx.vsiId() == vsiId
                && rx.queueId() == tx.queueId()
                && tx.queueId() < vf.host.queuePairs
                && tx.headWriteBack() == 0
                && isRingLength(tx.ringLength())
                && isRingLength(rx.ringLength());
    }

    private static boolean isRingLength(final int length) {
        return length == 0
                || (length >= MIN_RING_LENGTH
                        && length <= MAX_RING_LENGTH
                        && length % RING_LENGTH_MULTIPLE == 0);
    }

    private static boolean configureTx(final Exchange exchange, final TxQueueInfo tx) {
        if (tx.ringLength() == 0) {
            return true;
        }
        final VfControl vf = exchange.vf();
        disableTx(vf, tx.queueId());
        if (!exchange.changeRule()) {
            return false;
        }
        vf.rules
                .queues()
                .configureTx(tx.queueId(), new TxQueueContext(tx.ringAddress(), tx.ringLength()));
        return true;
    }

    private static boolean configureRx(final Exchange exchange, final RxQueueInfo rx) {
        if (rx.ringLength() == 0) {
            return true;
        }
        final VfControl vf = exchange.vf();
        final int buffer = rx.bufferBytes();
        final boolean isBufferGood =
                buffer == 0 || (buffer >= MIN_BUFFER_BYTES && buffer <= MAX_BUFFER_BYTES);
        final int maxFrame = exchange.pf().maxFrameBytes(vf);
        if (!isBufferGood
                || rx.maxFrameBytes() > maxFrame
                || rx.maxFrameBytes() < MIN_FRAME_BYTES
                || !exchange.changeRule()) {
            return false;
        }
        int descriptorId = RxQueueInfo.DESCRIPTOR_LEGACY_32;
        if (Capability.RX_FLEX_DESC.isIn(vf.capabilities)) {
            descriptorId = rx.descriptorId();
            if (!RxDescriptorOperations.SUPPORTED.has(descriptorId)) {
                return false;
            }
        }
        vf.rxQueues = vf.rxQueues.clearBit(rx.queueId());
        vf.rxFrameBytes = rx.maxFrameBytes();
        vf.rxDescriptorId = descriptorId;
        vf.crcQueues =
                rx.crcDisable() == 0
                        ? vf.crcQueues.clearBit(rx.queueId())
                        : vf.crcQueues.setBit(rx.queueId());
        vf.rules
                .queues()
                .configureRx(
                        rx.queueId(),
                        new RxQueueContext(
                                rx.ringAddress(),
                                rx.ringLength(),
                                buffer == 0 ? MIN_BUFFER_BYTES : buffer,
                                rx.maxFrameBytes(),
                                descriptorId,
                                rx.crcDisable() != 0,
                                hasTimestamps(vf, rx)));
        return true;
    }

    /** Asked for, and with the capabilities for it (ice_vc_cfg_qs_msg). */
    private static boolean hasTimestamps(final VfControl vf, final RxQueueInfo rx) {
        return (rx.flags() & RxQueueInfo.FLAG_TIMESTAMP) != 0
                && Capability.RX_FLEX_DESC.isIn(vf.capabilities)
                && Capability.PTP.isIn(vf.capabilities);
    }

    static void enableQueues(final Exchange exchange) {
        exchange.tellLink();
        final QueueSelect select = QueueSelect.decode(exchange.body(), 0, exchange.lengthBytes());
        final VfControl vf = exchange.vf();
        if (!vf.isActive(select.vsiId()) || !isSelection(select)) {
            exchange.answer(false);
            return;
        }
        boolean isGood = true;
        for (int queue = 0; isGood && queue < ResourceOperations.QUEUE_PAIRS; queue++) {
            if (isIn(select.rxQueues(), queue)) {
                isGood = queue < vf.host.queuePairs && enableRx(exchange, queue);
            }
        }
        for (int queue = 0; isGood && queue < ResourceOperations.QUEUE_PAIRS; queue++) {
            if (isIn(select.txQueues(), queue)) {
                isGood = queue < vf.host.queuePairs && enableTx(exchange, queue);
            }
        }
        exchange.answer(isGood);
    }

    /** Enables a queue that the VF has; one that is enabled stays so. */
    static boolean enableRx(final Exchange exchange, final int queue) {
        final VfControl vf = exchange.vf();
        if (vf.rxQueues.testBit(queue)) {
            return true;
        }
        if (!exchange.changeRule() || !vf.rules.queues().enableRx(queue)) {
            return false;
        }
        vf.rxQueues = vf.rxQueues.setBit(queue);
        return true;
    }

    /** The same for a Tx queue. */
    static boolean enableTx(final Exchange exchange, final int queue) {
        final VfControl vf = exchange.vf();
        if (vf.txQueues.testBit(queue)) {
            return true;
        }
        if (!exchange.changeRule() || !vf.rules.queues().enableTx(queue)) {
            return false;
        }
        vf.txQueues = vf.txQueues.setBit(queue);
        return true;
    }

    static void disableQueues(final Exchange exchange) {
        final QueueSelect select = QueueSelect.decode(exchange.body(), 0, exchange.lengthBytes());
        final VfControl vf = exchange.vf();
        final boolean mayAsk = vf.isActive() || vf.isQueueEnabled();
        if (!mayAsk || select.vsiId() != vf.vsiId || !isSelection(select)) {
            exchange.answer(false);
            return;
        }
        boolean isGood = true;
        for (int queue = 0; isGood && queue < ResourceOperations.QUEUE_PAIRS; queue++) {
            if (isIn(select.txQueues(), queue)) {
                isGood = queue < vf.host.queuePairs && disableTx(exchange, queue);
            }
        }
        for (int queue = 0; isGood && queue < ResourceOperations.QUEUE_PAIRS; queue++) {
            if (isIn(select.rxQueues(), queue)) {
                isGood = queue < vf.host.queuePairs && disableRx(exchange, queue);
            }
        }
        exchange.answer(isGood);
    }

    /** Disables a queue that the VF has; one that is disabled stays so. */
    static boolean disableRx(final Exchange exchange, final int queue) {
        if (!exchange.vf().rxQueues.testBit(queue)) {
            return true;
        }
        if (!exchange.changeRule()) {
            return false;
        }
        disableRx(exchange.vf(), queue);
        return true;
    }

    /** The same for a Tx queue, which costs the firmware a command whatever its state. */
    static boolean disableTx(final Exchange exchange, final int queue) {
        if (!exchange.changeRule()) {
            return false;
        }
        disableTx(exchange.vf(), queue);
        return true;
    }

    private static void disableRx(final VfControl vf, final int queue) {
        vf.rules.queues().disableRx(queue);
        vf.rxQueues = vf.rxQueues.clearBit(queue);
    }

    private static void disableTx(final VfControl vf, final int queue) {
        vf.rules.queues().disableTx(queue);
        vf.txQueues = vf.txQueues.clearBit(queue);
    }

    private static boolean isSelection(final QueueSelect select) {
        return (select.rxQueues() | select.txQueues()) != 0
                && select.rxQueues() >>> ResourceOperations.QUEUE_PAIRS == 0
                && select.txQueues() >>> ResourceOperations.QUEUE_PAIRS == 0;
    }

    private static boolean isIn(final long queues, final int queue) {
        return ((queues >>> queue) & 1) != 0;
    }

    static void configIrqMap(final Exchange exchange) {
        final List<IrqMap.VectorMap> maps =
                IrqMap.decode(exchange.body(), 0, exchange.lengthBytes()).vectors();
        final VfControl vf = exchange.vf();
        final int vectors = vf.function.interruptVectors();
        if (!vf.isActive() || maps.size() > vectors) {
            exchange.answer(false);
            return;
        }
        for (final IrqMap.VectorMap map : maps) {
            final boolean hasQueues = (map.rxQueueMap() | map.txQueueMap()) != 0;
            if (map.vectorId() >= vectors
                    || map.vsiId() != vf.vsiId
                    || (map.vectorId() == MailboxInterrupt.VECTOR && hasQueues)
                    || !mapQueues(exchange, map)) {
                exchange.answer(false);
                return;
            }
        }
        exchange.answer(true);
    }

    private static boolean mapQueues(final Exchange exchange, final IrqMap.VectorMap map) {
        final VfControl vf = exchange.vf();
        for (int queue = 0; queue < ResourceOperations.QUEUE_PAIRS; queue++) {
            final boolean isRx = isIn(map.rxQueueMap(), queue);
            final boolean isTx = isIn(map.txQueueMap(), queue);
            if ((isRx || isTx) && (queue >= vf.host.queuePairs || !exchange.changeRule())) {
                return false;
            }
            if (isRx) {
                vf.rules.queues().mapRx(queue, map.vectorId(), map.rxItrIndex() & 3);
            }
            if (isTx) {
                vf.rules.queues().mapTx(queue, map.vectorId(), map.txItrIndex() & 3);
            }
        }
        return true;
    }
}
