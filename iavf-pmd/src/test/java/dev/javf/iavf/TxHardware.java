package dev.javf.iavf;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The device's end of a Tx ring of 16-byte descriptors, with numbers of its own, so that it doesn't
 * share the driver's mistakes.
 */
final class TxHardware {
    private static final ValueLayout.OfLong QWORD = ValueLayout.JAVA_LONG;

    private final MemorySegment ring;
    private final int ringLength;
    private final MemorySegment tail;
    private final MemorySegment pool;
    private final long poolIova;
    private int head;
    private int tag;
    private boolean tagged;

    /** Called for every frame sent. */
    interface Wire {
        /**
         * A frame leaves.
         *
         * @param tag the tag to insert, or -1.
         */
        void frame(byte[] frame, int tag);
    }

    TxHardware(
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

    void reset() {
        head = 0;
    }

    /** Descriptors between head and tail. */
    int pending() {
        final int distance = tail.get(ValueLayout.JAVA_INT, 0) - head;
        return distance < 0 ? distance + ringLength : distance;
    }

    /** Sends everything up to the tail and writes back what asked for it. */
    void send(final Wire wire) {
        send(wire, ringLength);
    }

    /** Sends the frames of up to {@code limit} descriptors. */
    void send(final Wire wire, final int limit) {
        for (int i = 0; i < limit && pending() > 0; i++) {
            final long at = head * 16L;
            final long qword1 = ring.get(QWORD, at + 8);
            final int type = (int) (qword1 & 0xF);
            final int command = (int) (qword1 >>> 4) & 0x3FF;
            if (type == 1) {
                assertThat(tagged).as("two context descriptors in a row").isFalse();
                assertThat(command).isEqualTo(4);
                tag = (int) (ring.get(QWORD, at) >>> 32) & 0xFFFF;
                tagged = true;
            } else {
                assertThat(type).as("type of descriptor %d", head).isZero();
                final int length = (int) (qword1 >>> 34) & 0x3FFF;
                final byte[] frame = new byte[length];
                final long offset = ring.get(QWORD, at) - poolIova;
                assertThat(command & ~0x2 & ~0x8).as("EOP and ICRC only").isEqualTo(0x5);
                assertThat((qword1 >>> 14) & 0xF_FFFF).as("reserved and offsets").isZero();
                MemorySegment.copy(pool, ValueLayout.JAVA_BYTE, offset, frame, 0, length);
                if ((command & 0x8) != 0) {
                    assertThat(tagged).as("tag in two places").isFalse();
                    tag = (int) (qword1 >>> 48);
                    tagged = true;
                }
                wire.frame(frame, tagged ? tag : -1);
                tagged = false;
                if ((command & 0x2) != 0) {
                    ring.set(QWORD, at + 8, qword1 | 0xF);
                }
            }
            head = head + 1 == ringLength ? 0 : head + 1;
        }
    }

    /** Writes back what asked for it, without looking at the frames; allocates nothing. */
    void complete() {
        final int end = tail.get(ValueLayout.JAVA_INT, 0);
        while (head != end) {
            final long at = head * 16L + 8;
            final long qword1 = ring.get(QWORD, at);
            if ((qword1 & 0x20) != 0 && (qword1 & 0xF) == 0) {
                ring.set(QWORD, at, qword1 | 0xF);
            }
            head = head + 1 == ringLength ? 0 : head + 1;
        }
    }

    /** Marks any descriptor as done, whether it asked for it or not. */
    void vandalise(final int slot) {
        ring.set(QWORD, slot * 16L + 8, ring.get(QWORD, slot * 16L + 8) | 0xF);
    }

    long qword(final int slot, final int qword) {
        return ring.get(QWORD, slot * 16L + qword * 8L);
    }
}
