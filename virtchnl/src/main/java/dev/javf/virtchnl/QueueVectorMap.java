package dev.javf.virtchnl;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * MAP_QUEUE_VECTOR, VF to PF (virtchnl.h, struct virtchnl_queue_vector_maps; 8 + 16 n bytes).
 *
 * @param vportId the VSI's id, 0..65535.
 * @param entries 1..{@link #MAX_ELEMENTS}.
 */
public record QueueVectorMap(int vportId, List<Entry> entries) implements Message {
    /** The most entries that fit a message. */
    public static final int MAX_ELEMENTS = 255;

    /** A Tx queue. */
    public static final int TX = 0;

    /** An Rx queue. */
    public static final int RX = 1;

    private static final int HEADER_BYTES = 8;
    private static final int ENTRY_BYTES = 16;

    /**
     * The vector of one queue.
     *
     * @param queueId 0..65535.
     * @param vectorId 0..65535.
     * @param itrIndex the throttling index: 0, 1, or 3 for none.
     * @param queueType {@link #TX} or {@link #RX}.
     */
    public record Entry(int queueId, int vectorId, int itrIndex, int queueType) {
        /** Checks the ranges. */
        public Entry {
            Wire.checkU16("queue id", queueId);
            Wire.checkU16("vector id", vectorId);
        }
    }

    /** Checks the ranges and copies the list. */
    public QueueVectorMap {
        Wire.checkU16("vport id", vportId);
        entries = List.copyOf(entries);
        Wire.checkCount("QueueVectorMap", entries.size(), MAX_ELEMENTS);
    }

    @Override
    public int lengthBytes() {
        return HEADER_BYTES + ENTRY_BYTES * entries.size();
    }

    @Override
    public void encode(final MemorySegment buffer, final long offset) {
        Wire.clear(buffer, offset, lengthBytes());
        Wire.put16(buffer, offset, vportId);
        Wire.put16(buffer, offset + 2, entries.size());
        long at = offset + HEADER_BYTES;
        for (final Entry entry : entries) {
            Wire.put16(buffer, at, entry.queueId);
            Wire.put16(buffer, at + 2, entry.vectorId);
            Wire.put32(buffer, at + 8, entry.itrIndex);
            Wire.put32(buffer, at + 12, entry.queueType);
            at += ENTRY_BYTES;
        }
    }

    /**
     * Reads one.
     *
     * @param buffer a private copy of the message.
     * @param offset of its first byte.
     * @param lengthBytes its length.
     * @return the message.
     * @throws MalformedMessageException if the length isn't the one for the number of entries in
     *     it.
     */
    public static QueueVectorMap decode(
            final MemorySegment buffer, final long offset, final int lengthBytes) {
        Wire.requireHeader("QueueVectorMap", lengthBytes, HEADER_BYTES + ENTRY_BYTES);
        final int count = Wire.u16(buffer, offset + 2);
        Wire.requireElements(
                "QueueVectorMap", count, MAX_ELEMENTS, lengthBytes, HEADER_BYTES, ENTRY_BYTES);
        final List<Entry> entries = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            final long at = offset + HEADER_BYTES + (long) ENTRY_BYTES * i;
            entries.add(
                    new Entry(
                            Wire.u16(buffer, at),
                            Wire.u16(buffer, at + 2),
                            Wire.i32(buffer, at + 8),
                            Wire.i32(buffer, at + 12)));
        }
        return new QueueVectorMap(Wire.u16(buffer, offset), entries);
    }
}
