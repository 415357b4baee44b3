package dev.javf.virtchnl;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * ENABLE_QUEUES_V2 and DISABLE_QUEUES_V2, VF to PF (virtchnl.h, struct virtchnl_del_ena_dis_queues;
 * 8 + 8 n bytes).
 *
 * @param vportId the VSI's id, 0..65535.
 * @param chunks 1..{@link #MAX_ELEMENTS}.
 */
public record QueuesV2(int vportId, List<Chunk> chunks) implements Message {
    /** The most chunks that fit a message. */
    public static final int MAX_ELEMENTS = 511;

    private static final int HEADER_BYTES = 8;
    private static final int CHUNK_BYTES = 8;

    /**
     * Queues with consecutive numbers.
     *
     * @param type {@link QueueVectorMap#TX} or {@link QueueVectorMap#RX}.
     * @param firstQueueId 0..65535.
     * @param queues how many, 0..65535.
     */
    public record Chunk(int type, int firstQueueId, int queues) {
        /** Checks the ranges. */
        public Chunk {
            Wire.checkU16("queue id", firstQueueId);
            Wire.checkU16("queues", queues);
        }
    }

    /** Checks the ranges and copies the list. */
    public QueuesV2 {
        Wire.checkU16("vport id", vportId);
        chunks = List.copyOf(chunks);
        Wire.checkCount("QueuesV2", chunks.size(), MAX_ELEMENTS);
    }

    @Override
    public int lengthBytes() {
        return HEADER_BYTES + CHUNK_BYTES * chunks.size();
    }

    @Override
    public void encode(final MemorySegment buffer, final long offset) {
        Wire.clear(buffer, offset, HEADER_BYTES);
        Wire.put16(buffer, offset, vportId);
        Wire.put16(buffer, offset + 4, chunks.size());
        long at = offset + HEADER_BYTES;
        for (final Chunk chunk : chunks) {
            Wire.put32(buffer, at, chunk.type);
            Wire.put16(buffer, at + 4, chunk.firstQueueId);
            Wire.put16(buffer, at + 6, chunk.queues);
            at += CHUNK_BYTES;
        }
    }

    /**
     * Reads one.
     *
     * @param buffer a private copy of the message.
     * @param offset of its first byte.
     * @param lengthBytes its length.
     * @return the message.
     * @throws MalformedMessageException if the length isn't the one for the number of chunks in it.
     */
    public static QueuesV2 decode(
            final MemorySegment buffer, final long offset, final int lengthBytes) {
        Wire.requireHeader("QueuesV2", lengthBytes, HEADER_BYTES + CHUNK_BYTES);
        final int count = Wire.u16(buffer, offset + 4);
        Wire.requireElements(
                "QueuesV2", count, MAX_ELEMENTS, lengthBytes, HEADER_BYTES, CHUNK_BYTES);
        final List<Chunk> chunks = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            final long at = offset + HEADER_BYTES + (long) CHUNK_BYTES * i;
            chunks.add(
                    new Chunk(
                            Wire.i32(buffer, at),
                            Wire.u16(buffer, at + 4),
                            Wire.u16(buffer, at + 6)));
        }
        return new QueuesV2(Wire.u16(buffer, offset), chunks);
    }
}
