package dev.javf.bench.ring;

import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.MessageHandler;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;

import java.nio.ByteBuffer;

/** Agrona's ring buffer, with a record for each packet. */
final class AgronaRing implements RingContestant, MessageHandler {
    private static final int RECORD_BYTES = 16;

    /** A record has a header of 8 bytes. */
    private static final int RECORD_WITH_HEADER_BYTES = 24;

    private static final int TYPE = 1;

    private final OneToOneRingBuffer ring =
            new OneToOneRingBuffer(
                    new UnsafeBuffer(
                            ByteBuffer.allocateDirect(
                                    Integer.highestOneBit(CAPACITY * RECORD_WITH_HEADER_BYTES) * 2
                                            + RingBufferDescriptor.TRAILER_LENGTH)));
    private long expected;

    @Override
    public String name() {
        return "Agrona, record per packet";
    }

    @Override
    public int write(final long first, final int burst) {
        for (int i = 0; i < burst; i++) {
            final int index = ring.tryClaim(TYPE, RECORD_BYTES);
            if (index < 0) {
                return i;
            }
            ring.buffer().putLong(index, i);
            ring.buffer().putLong(index + Long.BYTES, first + i);
            ring.commit(index);
        }
        return burst;
    }

    @Override
    public int read(final long first, final int burst) {
        expected = first;
        return ring.read(this, burst);
    }

    @Override
    public void onMessage(
            final int type, final MutableDirectBuffer buffer, final int index, final int length) {
        if (buffer.getLong(index) < 0 || buffer.getLong(index + Long.BYTES) != expected++) {
            throw new IllegalStateException("a record was lost");
        }
    }
}
