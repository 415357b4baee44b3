package dev.javf.iavf;

import dev.javf.packet.PacketPool;
import dev.javf.vfio.DmaMapping;

import java.lang.foreign.MemorySegment;

/**
 * What a receive and a transmit queue have in common: a ring of descriptors in memory that the
 * device reaches, a doorbell, and a buffer of the pool in each slot that is in use.
 */
public abstract sealed class DescriptorQueue permits RxQueue, TxQueue {
    /** Slot to buffer; slots without one hold what they held last, or {@link PacketPool#NONE}. */
    final int[] buffers;

    final MemorySegment memory;

    /** What to add to a descriptor's offset to reach it with {@link DeviceMemory}. */
    final long base;

    final int ringLength;
    final long poolIova;
    final long strideBytes;
    PacketPool pool;
    VlanTagLocation vlanLocation;
    boolean started;

    private final int index;
    private final DmaMapping ring;
    private final MemorySegment tailRegister;
    private final long tail;

    DescriptorQueue(
            final String direction,
            final int index,
            final DmaMapping ring,
            final int ringLength,
            final int descriptorBytes,
            final PacketPool pool,
            final long poolIova,
            final MemorySegment tailRegister,
            final VlanTagLocation vlanLocation) {
        RingLayout.checkLength(direction, ringLength);
        RingLayout.checkMemory(direction, ring, (long) ringLength * descriptorBytes);
        RingLayout.checkTail(direction, tailRegister);
        this.index = index;
        this.ring = ring;
        this.ringLength = ringLength;
        this.pool = pool;
        this.poolIova = poolIova;
        this.tailRegister = tailRegister;
        this.vlanLocation = vlanLocation;
        memory = ring.memory();
        base = DeviceMemory.base(memory);
        tail = DeviceMemory.base(tailRegister);
        strideBytes = pool.strideBytes();
        buffers = new int[ringLength];
    }

    /** Loads a quadword of a descriptor, plainly. */
    final long qword(final long at) {
        return DeviceMemory.get(memory, at);
    }

    /** Stores a quadword of a descriptor, plainly. */
    final void qword(final long at, final long value) {
        DeviceMemory.set(memory, at, value);
    }

    /** Writes the doorbell, after everything that was written before. */
    final void ring(final int slot) {
        DeviceMemory.ring(tailRegister, tail, slot);
    }

    /** Writes zeros into all descriptors. The device must not be using them. */
    final void clear(final int descriptorBytes) {
        for (long offset = 0; offset < (long) ringLength * descriptorBytes; offset += Long.BYTES) {
            qword(base + offset, 0);
        }
    }

    /** The slot behind one, round the ring's end. */
    final int after(final int slot) {
        return slot + 1 == ringLength ? 0 : slot + 1;
    }

    /**
     * Says where the device carries tags from the next start on, after another negotiation.
     *
     * @param location the place; no other thread may be using the queue.
     */
    final void vlanLocation(final VlanTagLocation location) {
        vlanLocation = location;
    }

    /**
     * Says which pool its buffers are taken from and go back to from now on: that of the poller
     * that it was handed to.
     *
     * @param next shares the memory of the pool that the queue was made with.
     * @throws IllegalArgumentException for a pool of other memory.
     */
    public final void pool(final PacketPool next) {
        if (next.sharedMemory() != pool.sharedMemory()) {
            throw new IllegalArgumentException("the pool's memory is not the queue's");
        }
        pool = next;
    }

    /** The queue's number in its VF. */
    public final int index() {
        return index;
    }

    /** Descriptors in the ring. */
    public final int ringLength() {
        return ringLength;
    }

    /** The device's address of the ring, for VIRTCHNL_OP_CONFIG_VSI_QUEUES. */
    public final long ringIova() {
        return ring.iova();
    }

    /** What a packet goes through here and why, in words; not while the queue is being prepared. */
    public abstract String path();

    /** Publishes how full the ring is; for now and then, not for every burst. */
    public abstract void publishLevels();
}
