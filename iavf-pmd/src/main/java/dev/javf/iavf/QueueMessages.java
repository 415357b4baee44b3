package dev.javf.iavf;

import dev.javf.virtchnl.IrqMap;
import dev.javf.virtchnl.Message;
import dev.javf.virtchnl.Opcode;
import dev.javf.virtchnl.QueueSelect;
import dev.javf.virtchnl.QueueVectorMap;
import dev.javf.virtchnl.QueuesV2;
import dev.javf.virtchnl.RxQueueInfo;
import dev.javf.virtchnl.TxQueueInfo;
import dev.javf.virtchnl.VsiQueueConfig;

import java.util.ArrayList;
import java.util.List;

/**
 * The messages that configure, start and stop queues. Up to {@link
 * Negotiated#QUEUE_PAIRS_OF_USUAL_VF} pairs they are those that every PF knows, whose bitmaps have
 * 16 bits; for more, those of large VFs (LARGE_NUM_QPAIRS).
 */
final class QueueMessages {
    /** Throttling index of all queues. */
    static final int ITR_INDEX = 0;

    /** Queue pairs in a CONFIG_VSI_QUEUES, and entries in a MAP_QUEUE_VECTOR, as DPDK's driver. */
    private static final int PAIRS_PER_MESSAGE = 32;

    private static final int ENTRIES_PER_MESSAGE = 128;

    private QueueMessages() {}

    /**
     * A message that is to be sent.
     *
     * @param opcode its operation.
     * @param message its body.
     */
    record Request(Opcode opcode, Message message) {}

    /** Tells the PF of the rings, and of the vectors that the queues take in turn. */
    static List<Request> configuration(
            final Negotiated negotiated, final QueueSet queues, final QueueShape shape) {
        final List<Request> requests = new ArrayList<>();
        final int pairs = queues.pairs();
        for (int first = 0; first < pairs; first += PAIRS_PER_MESSAGE) {
            final int end = Math.min(pairs, first + PAIRS_PER_MESSAGE);
            requests.add(
                    new Request(
                            Opcode.CONFIG_VSI_QUEUES,
                            rings(vsiId(negotiated), queues, first, end, shape)));
        }
        final int vectors = vectors(negotiated, pairs);
        if (isLarge(pairs)) {
            addVectorMaps(requests, vsiId(negotiated), pairs, vectors);
        } else {
            requests.add(
                    new Request(Opcode.CONFIG_IRQ_MAP, irqMap(vsiId(negotiated), pairs, vectors)));
        }
        return requests;
    }

    /** Starts all queues. */
    static Request enable(final Negotiated negotiated, final QueueSet queues) {
        return isLarge(queues.pairs())
                ? new Request(Opcode.ENABLE_QUEUES_V2, chunks(negotiated, queues))
                : new Request(Opcode.ENABLE_QUEUES, bitmaps(negotiated, queues));
    }

    /** Stops all queues. */
    static Request disable(final Negotiated negotiated, final QueueSet queues) {
        return isLarge(queues.pairs())
                ? new Request(Opcode.DISABLE_QUEUES_V2, chunks(negotiated, queues))
                : new Request(Opcode.DISABLE_QUEUES, bitmaps(negotiated, queues));
    }

    /** Vectors that as many queue pairs take; vector 0 is the mailbox's. */
    static int vectors(final Negotiated negotiated, final int pairs) {
        return Math.min(pairs, negotiated.resources().maxVectors() - 1);
    }

    private static boolean isLarge(final int pairs) {
        return pairs > Negotiated.QUEUE_PAIRS_OF_USUAL_VF;
    }

    private static int vsiId(final Negotiated negotiated) {
        return negotiated.vsi().vsiId();
    }

    private static VsiQueueConfig rings(
            final int vsiId,
            final QueueSet queues,
            final int first,
            final int end,
            final QueueShape shape) {
        final int descriptorId =
                shape.flexible()
                        ? RxQueueInfo.DESCRIPTOR_FLEX_NIC
                        : RxQueueInfo.DESCRIPTOR_LEGACY_32;
        final List<VsiQueueConfig.QueuePair> pairs = new ArrayList<>();
        for (int i = first; i < end; i++) {
            final TxQueue tx = queues.tx(i);
            final RxQueue rx = queues.rx(i);
            pairs.add(
                    new VsiQueueConfig.QueuePair(
                            new TxQueueInfo(vsiId, i, tx.ringLength(), tx.ringIova()),
                            new RxQueueInfo(
                                    vsiId,
                                    i,
                                    rx.ringLength(),
                                    0,
                                    0,
                                    rx.bufferBytes(),
                                    shape.pfFrameBytes(),
                                    0,
                                    descriptorId,
                                    shape.timestamps() ? RxQueueInfo.FLAG_TIMESTAMP : 0,
                                    rx.ringIova(),
                                    0)));
        }
        return new VsiQueueConfig(vsiId, pairs);
    }

    private static IrqMap irqMap(final int vsiId, final int pairs, final int vectors) {
        final List<IrqMap.VectorMap> maps = new ArrayList<>();
        for (int vector = 0; vector < vectors; vector++) {
            int queues = 0;
            for (int queue = vector; queue < pairs; queue += vectors) {
                queues |= 1 << queue;
            }
            maps.add(new IrqMap.VectorMap(vsiId, vector + 1, queues, queues, ITR_INDEX, ITR_INDEX));
        }
        return new IrqMap(maps);
    }

    private static void addVectorMaps(
            final List<Request> requests, final int vsiId, final int pairs, final int vectors) {
        final List<QueueVectorMap.Entry> entries = new ArrayList<>();
        for (int queue = 0; queue < pairs; queue++) {
            final int vector = 1 + queue % vectors;
            entries.add(new QueueVectorMap.Entry(queue, vector, ITR_INDEX, QueueVectorMap.RX));
            entries.add(new QueueVectorMap.Entry(queue, vector, ITR_INDEX, QueueVectorMap.TX));
        }
        for (int first = 0; first < entries.size(); first += ENTRIES_PER_MESSAGE) {
            final int end = Math.min(entries.size(), first + ENTRIES_PER_MESSAGE);
            requests.add(
                    new Request(
                            Opcode.MAP_QUEUE_VECTOR,
                            new QueueVectorMap(vsiId, entries.subList(first, end))));
        }
    }

    private static QueueSelect bitmaps(final Negotiated negotiated, final QueueSet queues) {
        final int all = (1 << queues.pairs()) - 1;
        return new QueueSelect(vsiId(negotiated), all, all);
    }

    private static QueuesV2 chunks(final Negotiated negotiated, final QueueSet queues) {
        return new QueuesV2(
                vsiId(negotiated),
                List.of(
                        new QueuesV2.Chunk(QueueVectorMap.TX, 0, queues.pairs()),
                        new QueuesV2.Chunk(QueueVectorMap.RX, 0, queues.pairs())));
    }
}
