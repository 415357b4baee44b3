package dev.javf.virtio.queue;

/**
 * Where a device stopped in a packed ring whose buffers have one descriptor each (or a table), as
 * the ring itself shows it. Only the device turns a descriptor's USED flag over, once in each lap;
 * the driver, making it available again, leaves it as it is. So the flags are one way before the
 * device's place and the other way from there on. That is what counts when the front-end doesn't
 * know where an earlier process was when it was killed: QEMU then says where the last orderly stop
 * was.
 *
 * <p>A process that is killed while it shows the driver a burst has marked all of it but the first
 * descriptor, which is marked last. That one is then used, with nothing written, and the rest of
 * the burst counts. A buffer of several descriptors has only its first one marked; where that
 * explains what the front-end says, it is believed. Whatever a driver writes, the place is one of
 * the ring.
 */
final class PackedTrace {
    private static final int NONE = -1;

    private final RingMemory descriptors;
    private final int size;
    private int place;
    private int unfinished = NONE;

    PackedTrace(final RingMemory descriptors, final int size) {
        this.descriptors = descriptors;
        this.size = size;
    }

    private long rest(final int slot) {
        return descriptors.get64((long) slot * Descriptor.BYTES + Long.BYTES);
    }

    private boolean isMarked(final int slot) {
        return (Descriptor.fourth(rest(slot)) & Descriptor.USED) != 0;
    }

    /** Whether the flag changes its way at a descriptor; from one lap to the next that is usual. */
    private boolean isBoundary(final int slot) {
        return slot == 0 ? isMarked(size - 1) == isMarked(0) : isMarked(slot - 1) != isMarked(slot);
    }

    /**
     * Looks for the place.
     *
     * @param slot where the front-end says it is, 0 to the ring's size, exclusive.
     * @param wrap the device's wrap counter there.
     * @return whether the ring shows that it is somewhere else.
     */
    boolean contradicts(final int slot, final boolean wrap) {
        if (!find()) {
            return false;
        }
        if (unfinished == slot && place != slot) {
            return true;
        }
        final int said = slot + (wrap ? 0 : size);
        final int shown = place + (wrap() ? 0 : size);
        return said != shown
                && !isRestOfBuffer(place, Math.floorMod(said - shown, 2 * size))
                && !isRestOfBuffer(slot, Math.floorMod(shown - said, 2 * size));
    }

    /** Whether descriptors may be those of one buffer, of this lap or the last, but its first. */
    private boolean isRestOfBuffer(final int slot, final int length) {
        if (length >= size) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            final int at = (slot + i) % size;
            final boolean goesOn = (Descriptor.fourth(rest(at)) & Descriptor.NEXT) != 0;
            if (!isAvailable(at) || goesOn != (i < length - 1)) {
                return false;
            }
        }
        return true;
    }

    private boolean find() {
        final int[] boundaries = new int[3];
        int count = 0;
        for (int slot = 0; slot < size; slot++) {
            if (isBoundary(slot)) {
                if (count == boundaries.length) {
                    return false;
                }
                boundaries[count] = slot;
                count++;
            }
        }
        if (count == 1) {
            place = boundaries[0];
            return true;
        }
        return count == boundaries.length && findUnfinished(boundaries);
    }

    /** The longest stretch ends at the descriptor that is not marked, and the burst follows it. */
    private boolean findUnfinished(final int[] boundaries) {
        for (int i = 0; i < boundaries.length; i++) {
            final int hole = boundaries[i];
            final int burst = boundaries[(i + 1) % boundaries.length];
            final int end = boundaries[(i + 2) % boundaries.length];
            final int burstLength = Math.floorMod(end - burst, size);
            if (Math.floorMod(burst - hole, size) == 1
                    && burstLength < size - 1 - burstLength
                    && isAvailable(hole)
                    && isReturned(burst, burstLength)) {
                unfinished = hole;
                place = end;
                return true;
            }
        }
        return false;
    }

    private boolean isAvailable(final int slot) {
        return isMarked(slot) != ((Descriptor.fourth(rest(slot)) & Descriptor.AVAIL) != 0);
    }

    private boolean isReturned(final int slot, final int length) {
        for (int i = 0; i < length; i++) {
            if (isAvailable((slot + i) % size)) {
                return false;
            }
        }
        return true;
    }

    /** The place that was found. */
    int place() {
        return place;
    }

    /** The device's wrap counter there: nothing from there on is used in this lap. */
    boolean wrap() {
        return !isMarked(place);
    }

    /** Finishes the burst that an earlier process was about to show, if there was one. */
    void finish() {
        if (unfinished == NONE) {
            return;
        }
        final int id = Descriptor.third(rest(unfinished));
        final int flags = isMarked(unfinished) ? 0 : Descriptor.AVAIL | Descriptor.USED;
        descriptors.set64Release(
                (long) unfinished * Descriptor.BYTES + Long.BYTES,
                (long) flags << 48 | (long) id << 32);
        unfinished = NONE;
    }
}
