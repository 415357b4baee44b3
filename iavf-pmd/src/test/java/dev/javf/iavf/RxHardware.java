package dev.javf.iavf;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The device's end of an Rx ring of legacy 32-byte descriptors, with numbers of its own, so that it
 * doesn't share the driver's mistakes. It uses descriptors up to the one before the tail.
 */
final class RxHardware {
    /** Status: done, end of packet. */
    static final long DD_EOF = 0x3;

    private static final int BUFFER_BYTES = 2048;
    private static final ValueLayout.OfLong QWORD = ValueLayout.JAVA_LONG;

    private final MemorySegment ring;
    private final int ringLength;
    private final MemorySegment tail;
    private final MemorySegment pool;
    private final long poolIova;
    private int head;

    RxHardware(
            final MemorySegment ring,
            final int ringLength,
            final MemorySegment tail,
            final MemorySegment pool,
            final long poolIova) {
        this.ring = ring;
        this.ringLength = ringLength;
        this.tail = tail;
        this.pool = pool;
        this.poolIova = poolIova;
    }

    /** Descriptors that the device may use. */
    int free() {
        final int distance = tail.get(ValueLayout.JAVA_INT, 0) - head;
        return distance < 0 ? distance + ringLength : distance;
    }

    int head() {
        return head;
    }

    void reset() {
        head = 0;
    }

    /** A frame arrives, without tag, hash or anything else. */
    void deliver(final byte[] frame) {
        deliver(frame, 0, 0, 0);
    }

    /**
     * A frame arrives, in as many buffers as it needs; the last descriptor says what it is.
     *
     * @param qword0 what to write back over the buffer's address.
     * @param qword1 status, errors and type; length, DD and EOF are added.
     * @param qword2 extended status and tags.
     */
    void deliver(final byte[] frame, final long qword0, final long qword1, final long qword2) {
        int from = 0;
        while (frame.length - from > BUFFER_BYTES) {
            final long data = bufferOffset();
            MemorySegment.copy(frame, from, pool, ValueLayout.JAVA_BYTE, data, BUFFER_BYTES);
            writeBack(0, 1 | (long) BUFFER_BYTES << 38, 0);
            from += BUFFER_BYTES;
        }
        final int rest = frame.length - from;
        final long data = bufferOffset();
        MemorySegment.copy(frame, from, pool, ValueLayout.JAVA_BYTE, data, rest);
        writeBack(qword0, qword1 | DD_EOF | (long) rest << 38, qword2);
    }

    /** Overwrites the next descriptor with exactly this. */
    void writeBack(final long qword0, final long qword1, final long qword2) {
        final long at = head * 32L;
        ring.set(QWORD, at, qword0);
        ring.set(QWORD, at + 16, qword2);
        ring.set(QWORD, at + 24, 0x1357_9BDF_0246_8ACEL);
        ring.set(QWORD, at + 8, qword1);
        head = head + 1 == ringLength ? 0 : head + 1;
    }

    /** Writes one quadword of any descriptor, whether it is the device's or not. */
    void vandalise(final int slot, final int qword, final long value) {
        ring.set(QWORD, slot * 32L + qword * 8L, value);
    }

    long qword(final int slot, final int qword) {
        return ring.get(QWORD, slot * 32L + qword * 8L);
    }

    /** Where in the pool the next descriptor's buffer is; fails unless the descriptor is ready. */
    private long bufferOffset() {
        if (free() == 0) {
            throw new AssertionError("no free descriptor");
        }
        final long at = head * 32L;
        final long offset = ring.get(QWORD, at) - poolIova;
        assertThat(ring.get(QWORD, at + 8)).as("header buffer of descriptor %d", head).isZero();
        assertThat(offset).as("packet buffer of descriptor %d", head).isBetween(0L, poolEnd());
        return offset;
    }

    private long poolEnd() {
        return pool.byteSize() - BUFFER_BYTES;
    }
}
