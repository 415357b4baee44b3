package dev.javf.vfio.kernel;

import dev.javf.linux.LinuxException;
import dev.javf.linux.MemoryLock;
import dev.javf.linux.libc.Libc;
import dev.javf.vfio.DmaMapping;
import dev.javf.vfio.IovaAllocator;

import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;

/** DMA behind an IOMMU. What is mapped is locked in memory, and that is limited. */
final class IommuDma implements DmaMapper {
    private static final long PAGE_MASK = 4095;

    private final String device;
    private final Iommu iommu;
    private final VfioCalls calls;
    private final long lockableBytes;
    private final IovaAllocator iovas;
    private final Map<Long, Long> mapped = new HashMap<>();
    private long mappedBytes;

    /**
     * Nothing is mapped.
     *
     * @param device the function's name, for errors.
     * @param iommu for this function alone.
     * @param calls say how much memory the process may lock, and has locked.
     */
    IommuDma(final String device, final Iommu iommu, final VfioCalls calls) {
        this.device = device;
        this.iommu = iommu;
        this.calls = calls;
        lockableBytes = calls.lockableBytes();
        iovas = new IovaAllocator(iommu.iovaRanges());
    }

    @Override
    public DmaMapping map(final MemorySegment memory) {
        final long lengthBytes = memory.byteSize();
        if (!memory.isNative()
                || lengthBytes == 0
                || ((memory.address() | lengthBytes) & PAGE_MASK) != 0) {
            throw new IllegalArgumentException(
                    device
                            + ": memory for DMA must be native and whole pages of 4096 bytes, not "
                            + memory);
        }
        if (lengthBytes > lockableBytes - mappedBytes) {
            throw notLockable(lengthBytes);
        }
        final long iova = iovas.allocate(lengthBytes);
        final int errno = iommu.map(iova, memory);
        if (errno != 0) {
            iovas.free(iova, lengthBytes);
            throw errno == Libc.ENOMEM() && lockableBytes != MemoryLock.UNLIMITED
                    ? notLockable(lengthBytes)
                    : new LinuxException(
                            device + ": map " + lengthBytes + " bytes for DMA",
                            errno,
                            advice(errno));
        }
        mapped.put(iova, lengthBytes);
        mappedBytes += lengthBytes;
        return new DmaMapping(memory, iova);
    }

    private IllegalStateException notLockable(final long lengthBytes) {
        // The limit is the process's, and each device that memory is mapped for counts it anew.
        final long lockedBytes = Math.max(mappedBytes, calls.lockedBytes());
        final long neededBytes = lockedBytes + lengthBytes;
        return new IllegalStateException(
                device
                        + ": DMA needs "
                        + neededBytes
                        + " bytes of locked memory ("
                        + lengthBytes
                        + " more than the process has locked), the process may lock "
                        + lockableBytes
                        + " in all (RLIMIT_MEMLOCK); set LimitMEMLOCK="
                        + neededBytes
                        + " or more in the systemd unit, or ulimit -l "
                        + (neededBytes + 1023) / 1024
                        + " in a shell, or use fewer packet buffers");
    }

    private static String advice(final int errno) {
        return errno == Libc.ENOSPC()
                ? "too many mappings: raise vfio_iommu_type1's dma_entry_limit, or use larger pages"
                : "the kernel's log says more";
    }

    @Override
    public void unmap(final DmaMapping mapping) {
        final Long lengthBytes = mapped.get(mapping.iova());
        if (lengthBytes == null || lengthBytes != mapping.lengthBytes()) {
            throw new IllegalArgumentException(
                    device + ": nothing is mapped at 0x" + Long.toHexString(mapping.iova()));
        }
        final int errno = iommu.unmap(mapping.iova(), lengthBytes);
        if (errno != 0) {
            throw new LinuxException(
                    device + ": unmap " + lengthBytes + " bytes", errno, advice(errno));
        }
        mapped.remove(mapping.iova());
        mappedBytes -= lengthBytes;
        iovas.free(mapping.iova(), lengthBytes);
    }

    @Override
    public void unmapAll() {
        mapped.forEach(iommu::unmap);
        mapped.clear();
        mappedBytes = 0;
    }
}
