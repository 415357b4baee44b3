package dev.javf.iavf;

import dev.javf.vfio.DmaMapping;

import java.lang.foreign.MemorySegment;

/**
 * The descriptor rings of all queue pairs of a VF in one piece of memory, so that they cost one DMA
 * mapping. Every ring has pages of its own:
 *
 * <pre>
 *  0                                                               lengthBytes
 *  +---------+---------+---------+---------+-----+---------+---------+
 *  |  Rx 0   |  Tx 0   |  Rx 1   |  Tx 1   | ... |  Rx n-1 |  Tx n-1 |
 *  +---------+---------+---------+---------+-----+---------+---------+
 * </pre>
 *
 * @param queuePairs 1 to 256.
 * @param rxRingLength descriptors in each Rx ring: 64 to 8096, a multiple of 32.
 * @param txRingLength descriptors in each Tx ring: 64 to 8096, a multiple of 32.
 */
public record RingLayout(int queuePairs, int rxRingLength, int txRingLength) {
    /** Fewest descriptors that an ice PF accepts in a ring. */
    public static final int RING_LENGTH_MIN = 64;

    /** Most descriptors that every iavf device takes in a ring (E830: 8096). */
    public static final int RING_LENGTH_MAX = 8096;

    /** Ring lengths are multiples of this. */
    public static final int RING_LENGTH_MULTIPLE = 32;

    /** Descriptors in a ring unless told otherwise. */
    public static final int RING_LENGTH_DEFAULT = 512;

    /** A ring starts at a multiple of this, in bytes: the unit of the queue context's base. */
    static final int RING_ALIGNMENT_BYTES = 128;

    private static final int QUEUE_PAIRS_MAX = 256;
    private static final int ALIGNMENT_BYTES = 4096;

    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException when one is out of its range.
     */
    public RingLayout {
        if (queuePairs < 1 || queuePairs > QUEUE_PAIRS_MAX) {
            throw new IllegalArgumentException(
                    queuePairs + " queue pairs: must be 1 to " + QUEUE_PAIRS_MAX);
        }
        checkLength("Rx", rxRingLength);
        checkLength("Tx", txRingLength);
    }

    /** Bytes that all rings need together, whole pages of 4096 bytes. */
    public long lengthBytes() {
        return queuePairs * pairBytes();
    }

    /**
     * The ring of an Rx queue.
     *
     * @param memory at least {@link #lengthBytes} of memory that the device can reach.
     * @param queue 0 to {@link #queuePairs} - 1.
     * @return its part of the memory.
     */
    public DmaMapping rx(final DmaMapping memory, final int queue) {
        return slice(memory, queue * pairBytes(), rxRingBytes());
    }

    /**
     * The ring of a Tx queue.
     *
     * @param memory at least {@link #lengthBytes} of memory that the device can reach.
     * @param queue 0 to {@link #queuePairs} - 1.
     * @return its part of the memory.
     */
    public DmaMapping tx(final DmaMapping memory, final int queue) {
        return slice(
                memory,
                queue * pairBytes() + align(rxRingBytes()),
                (long) txRingLength * TxDescriptor.BYTES);
    }

    static void checkLength(final String what, final int ringLength) {
        if (ringLength < RING_LENGTH_MIN
                || ringLength > RING_LENGTH_MAX
                || ringLength % RING_LENGTH_MULTIPLE != 0) {
            throw new IllegalArgumentException(
                    what
                            + " ring of "
                            + ringLength
                            + " descriptors: must be a multiple of "
                            + RING_LENGTH_MULTIPLE
                            + " from "
                            + RING_LENGTH_MIN
                            + " to "
                            + RING_LENGTH_MAX);
        }
    }

    static void checkMemory(final String what, final DmaMapping ring, final long neededBytes) {
        if (ring.lengthBytes() < neededBytes || ring.iova() % RING_ALIGNMENT_BYTES != 0) {
            throw new IllegalArgumentException(
                    what
                            + " ring memory of "
                            + ring.lengthBytes()
                            + " bytes at 0x"
                            + Long.toHexString(ring.iova())
                            + ": needs "
                            + neededBytes
                            + " bytes at a multiple of "
                            + RING_ALIGNMENT_BYTES);
        }
    }

    static void checkTail(final String what, final MemorySegment tailRegister) {
        if (tailRegister.byteSize() < Integer.BYTES || tailRegister.address() % 4 != 0) {
            throw new IllegalArgumentException(
                    what + " tail register: needs 4 bytes at a multiple of 4, is " + tailRegister);
        }
    }

    private long rxRingBytes() {
        return (long) rxRingLength * RxDescriptor.BYTES;
    }

    private long pairBytes() {
        return align(rxRingBytes()) + align((long) txRingLength * TxDescriptor.BYTES);
    }

    private DmaMapping slice(final DmaMapping memory, final long offset, final long bytes) {
        return new DmaMapping(memory.memory().asSlice(offset, bytes), memory.iova(offset));
    }

    private static long align(final long bytes) {
        return (bytes + ALIGNMENT_BYTES - 1) & -ALIGNMENT_BYTES;
    }
}
