package dev.javf.vfio.kernel;

import dev.javf.linux.UncheckedMemory;
import dev.javf.linux.libc.Libc;
import dev.javf.vfio.DmaSpace;

import java.lang.foreign.MemorySegment;

/** What the kernel does when it maps: limits, alignment, ranges that it keeps, locked memory. */
final class FakeIommu {
    /** Everything that may be mapped: around the window of x86's interrupts. */
    static final long[][] RANGES = {{0, 0xFEDF_FFFFL}, {0xFEF0_0000L, (1L << 39) - 1}};

    private static final long PAGE_MASK = 4095;

    private final DmaSpace space;
    private final long lockableBytes;
    private final long[][] ranges;
    private long lockedBytes;

    FakeIommu(final DmaSpace space, final long lockableBytes, final long[][] ranges) {
        this.space = space;
        this.lockableBytes = lockableBytes;
        this.ranges = ranges;
    }

    int map(final long iova, final long address, final long lengthBytes) {
        if (((iova | address | lengthBytes) & PAGE_MASK) != 0 || lengthBytes <= 0) {
            return -Libc.EINVAL();
        }
        if (space.isMapped(iova, lengthBytes)) {
            return -Libc.EEXIST();
        }
        boolean isAllowed = false;
        for (final long[] range : ranges) {
            isAllowed |= iova >= range[0] && iova + lengthBytes - 1 <= range[1];
        }
        if (!isAllowed) {
            return -Libc.EINVAL();
        }
        if (lockedBytes + lengthBytes > lockableBytes) {
            return -Libc.ENOMEM();
        }
        lockedBytes += lengthBytes;
        final MemorySegment memory = UncheckedMemory.of(address, lengthBytes);
        space.map(iova, memory);
        return 0;
    }

    /** Bytes unmapped, or a negated errno. */
    long unmap(final long iova, final long lengthBytes) {
        if (space.isCutBy(iova, lengthBytes)) {
            return -Libc.EINVAL();
        }
        final long[] bytes = {0};
        space.unmap(iova, lengthBytes, memory -> bytes[0] += memory.byteSize());
        lockedBytes -= bytes[0];
        return bytes[0];
    }

    long lockedBytes() {
        return lockedBytes;
    }

    void unmapAll() {
        space.unmapAll();
        lockedBytes = 0;
    }
}
