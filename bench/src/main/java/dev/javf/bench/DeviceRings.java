package dev.javf.bench;

import dev.javf.linux.UncheckedMemory;

/**
 * What a device sees of a driver: two rings, two tails, and the buffers. Its {@link #turn} does
 * what a VF does between two looks at its doorbells: packets arrive as long as there are buffers
 * for them, what is to be sent is fetched, and reports are written where they were asked for.
 */
public final class DeviceRings {
    /** Length of every packet, in bytes; one cache line holds it. */
    private static final int LENGTH_BYTES = 60;

    private static final int RX_BYTES = 32;
    private static final int TX_BYTES = 16;

    /** Descriptors between two looks at the other tail. */
    private static final int TURN = 64;

    /** DD, EOF, L2TAG1P, RSS hash valid, the length. */
    private static final long RX_DONE = 0x3007L | (long) LENGTH_BYTES << 38;

    /** Tag 100, a hash. */
    private static final long RX_TAG_AND_HASH = 0x1234_5678_0064_0000L;

    /** Tx: RS. */
    private static final long TX_REPORT = 0x20;

    private static final long TX_DONE = 0xF;

    /** 02:00:00:00:00:02 from 02:00:00:00:00:01, and what follows. */
    private static final long FRAME_0 = 0x0002_0200_0000_0002L;

    private static final long FRAME_8 = 0x88B5_0100_0000L;

    private final long rxRing;
    private final long txRing;
    private final long rxTail;
    private final long txTail;
    private final int mask;
    private final long deviceToMemory;
    private final boolean touchesFrames;
    private int rxHead;
    private int txHead;
    private long fetched;

    /**
     * Rings of one length.
     *
     * @param rxRing address of the Rx descriptors, of 32 bytes.
     * @param txRing address of the Tx descriptors, of 16 bytes.
     * @param rxTail address of the Rx tail register.
     * @param txTail address of the Tx tail register.
     * @param length descriptors of each, a power of two.
     * @param deviceToMemory what makes an address of the process of one in a descriptor.
     * @param touchesFrames whether frames are written and read too, their first cache line.
     */
    public DeviceRings(
            final long rxRing,
            final long txRing,
            final long rxTail,
            final long txTail,
            final int length,
            final long deviceToMemory,
            final boolean touchesFrames) {
        this.rxRing = rxRing;
        this.txRing = txRing;
        this.rxTail = rxTail;
        this.txTail = txTail;
        this.deviceToMemory = deviceToMemory;
        this.touchesFrames = touchesFrames;
        mask = length - 1;
    }

    /** One look at both doorbells and what follows from it. On the device's thread. */
    public void turn() {
        arrive(TURN);
        send(TURN);
    }

    /** What it has read, so that reading isn't optimized away. */
    public long fetched() {
        return fetched;
    }

    /**
     * Packets arrive, as many as there are buffers for.
     *
     * @param limit how many at most.
     * @return how many.
     */
    public int arrive(final int limit) {
        final int tail = UncheckedMemory.getIntAcquire(rxTail);
        int head = rxHead;
        int count = 0;
        for (; count < limit && head != tail; count++) {
            final long at = rxRing + (long) head * RX_BYTES;
            if (touchesFrames) {
                final long frame = UncheckedMemory.getLong(at) + deviceToMemory;
                UncheckedMemory.putLong(frame, FRAME_0);
                UncheckedMemory.putLong(frame + 8, FRAME_8);
            }
            UncheckedMemory.putLong(at, RX_TAG_AND_HASH);
            UncheckedMemory.putLongRelease(at + 8, RX_DONE);
            head = head + 1 & mask;
        }
        rxHead = head;
        return count;
    }

    /**
     * Packets are fetched and sent.
     *
     * @param limit how many at most.
     * @return how many.
     */
    public int send(final int limit) {
        final int tail = UncheckedMemory.getIntAcquire(txTail);
        int head = txHead;
        long sum = 0;
        int count = 0;
        for (; count < limit && head != tail; count++) {
            final long at = txRing + (long) head * TX_BYTES;
            final long buffer = UncheckedMemory.getLong(at);
            final long command = UncheckedMemory.getLong(at + 8);
            sum += touchesFrames ? UncheckedMemory.getLong(buffer + deviceToMemory) : buffer;
            if ((command & TX_REPORT) != 0) {
                UncheckedMemory.putLongRelease(at + 8, command | TX_DONE);
            }
            head = head + 1 & mask;
        }
        txHead = head;
        fetched += sum;
        return count;
    }
}
