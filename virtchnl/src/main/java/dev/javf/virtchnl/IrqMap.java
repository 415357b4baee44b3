package dev.javf.virtchnl;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * CONFIG_IRQ_MAP, VF to PF (virtchnl.h, struct virtchnl_irq_map_info). With 12 spare zero bytes
 * after the last vector, which the PF's length check demands: 14 + 12 n bytes.
 *
 * @param vectors 1..{@link #MAX_ELEMENTS}.
 */
public record IrqMap(List<VectorMap> vectors) implements Message {
    /** The most vectors that fit a message. */
    public static final int MAX_ELEMENTS = 340;

    private static final int HEADER_BYTES = 2;
    private static final int VECTOR_BYTES = 12;
    private static final int EMPTY_BYTES = HEADER_BYTES + VECTOR_BYTES;

    /**
     * The queues of one interrupt vector.
     *
     * @param vsiId 0..65535.
     * @param vectorId within the VF, 0..65535; 0 is the mailbox's and takes no queues.
     * @param rxQueueMap bit q set: Rx queue q; 16 bits.
     * @param txQueueMap bit q set: Tx queue q; 16 bits.
     * @param rxItrIndex throttling index of the Rx queues, 0..65535: 0..2, or 3 for none.
     * @param txItrIndex throttling index of the Tx queues, 0..65535: 0..2, or 3 for none.
     */
    public record VectorMap(
            int vsiId,
            int vectorId,
            int rxQueueMap,
            int txQueueMap,
            int rxItrIndex,
            int txItrIndex) {
        /** Checks the ranges. */
        public VectorMap {
            Wire.checkU16("VSI id", vsiId);
            Wire.checkU16("vector id", vectorId);
            Wire.checkU16("Rx queue map", rxQueueMap);
            Wire.checkU16("Tx queue map", txQueueMap);
            Wire.checkU16("Rx ITR index", rxItrIndex);
            Wire.checkU16("Tx ITR index", txItrIndex);
        }
    }

    /** Checks the number and copies the list. */
    public IrqMap {
        vectors = List.copyOf(vectors);
        Wire.checkCount("IrqMap", vectors.size(), MAX_ELEMENTS);
    }

    @Override
    public int lengthBytes() {
        return EMPTY_BYTES + VECTOR_BYTES * vectors.size();
    }

    @Override
    public void encode(final MemorySegment buffer, final long offset) {
        Wire.clear(buffer, offset, lengthBytes());
        Wire.put16(buffer, offset, vectors.size());
        long at = offset + HEADER_BYTES;
        for (final VectorMap vector : vectors) {
            Wire.put16(buffer, at, vector.vsiId);
            Wire.put16(buffer, at + 2, vector.vectorId);
            Wire.put16(buffer, at + 4, vector.rxQueueMap);
            Wire.put16(buffer, at + 6, vector.txQueueMap);
            Wire.put16(buffer, at + 8, vector.rxItrIndex);
            Wire.put16(buffer, at + 10, vector.txItrIndex);
            at += VECTOR_BYTES;
        }
    }

    /**
     * Reads one.
     *
     * @param buffer a private copy of the message.
     * @param offset of its first byte.
     * @param lengthBytes its length.
     * @return the message.
     * @throws MalformedMessageException if the length isn't the one for the number of vectors in
     *     it.
     */
    public static IrqMap decode(
            final MemorySegment buffer, final long offset, final int lengthBytes) {
        Wire.requireHeader("IrqMap", lengthBytes, EMPTY_BYTES);
        final int count = Wire.u16(buffer, offset);
        Wire.requireElements("IrqMap", count, MAX_ELEMENTS, lengthBytes, EMPTY_BYTES, VECTOR_BYTES);
        final List<VectorMap> vectors = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            final long at = offset + HEADER_BYTES + (long) VECTOR_BYTES * i;
            vectors.add(
                    new VectorMap(
                            Wire.u16(buffer, at),
                            Wire.u16(buffer, at + 2),
                            Wire.u16(buffer, at + 4),
                            Wire.u16(buffer, at + 6),
                            Wire.u16(buffer, at + 8),
                            Wire.u16(buffer, at + 10)));
        }
        return new IrqMap(vectors);
    }
}
