package dev.javf.vfio.kernel;

import dev.javf.linux.LinuxException;
import dev.javf.linux.libc.Libc;
import dev.javf.linux.vfio.Vfio;
import dev.javf.linux.vfio.iommu_ioas_alloc;
import dev.javf.linux.vfio.iommu_ioas_iova_ranges;
import dev.javf.linux.vfio.iommu_ioas_map;
import dev.javf.linux.vfio.iommu_ioas_unmap;
import dev.javf.linux.vfio.iommu_iova_range;
import dev.javf.vfio.IovaAllocator;
import dev.javf.vfio.wire.Wire;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** An I/O address space of iommufd (Documentation/userspace-api/iommufd.rst). For one thread. */
final class IommufdSpace implements Iommu, AutoCloseable {
    private static final int FIRST_RANGES = 64;
    private static final long RANGE_BYTES = iommu_iova_range.sizeof();

    private final VfioFile file;
    private final int id;

    private IommufdSpace(final VfioFile file, final int id) {
        this.file = file;
        this.id = id;
    }

    /**
     * Opens iommufd and makes an empty address space there.
     *
     * @param calls the kernel.
     * @param path {@code /dev/iommu}.
     * @throws LinuxException if it can't be opened.
     */
    static IommufdSpace open(final VfioCalls calls, final String path) {
        final VfioFile file = calls.open(path);
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment alloc = arena.allocate(iommu_ioas_alloc.layout());
            iommu_ioas_alloc.size(alloc, (int) alloc.byteSize());
            final int result = file.tryIoctl(Vfio.IOMMU_IOAS_ALLOC(), alloc);
            if (result < 0) {
                file.close();
                throw new LinuxException("ioctl(IOMMU_IOAS_ALLOC)", -result);
            }
            return new IommufdSpace(file, iommu_ioas_alloc.out_ioas_id(alloc));
        }
    }

    int fd() {
        return file.fd();
    }

    /** The address space's id, for devices to be attached to. */
    int id() {
        return id;
    }

    @Override
    public List<IovaAllocator.Range> iovaRanges() {
        try (Arena arena = Arena.ofConfined()) {
            int count = FIRST_RANGES;
            while (true) {
                final MemorySegment ranges = arena.allocate(RANGE_BYTES * count, Long.BYTES);
                final MemorySegment ask = arena.allocate(iommu_ioas_iova_ranges.layout());
                iommu_ioas_iova_ranges.size(ask, (int) ask.byteSize());
                iommu_ioas_iova_ranges.ioas_id(ask, id);
                iommu_ioas_iova_ranges.num_iovas(ask, count);
                iommu_ioas_iova_ranges.allowed_iovas(ask, ranges.address());
                final int result = file.tryIoctl(Vfio.IOMMU_IOAS_IOVA_RANGES(), ask);
                final int found = iommu_ioas_iova_ranges.num_iovas(ask);
                if (result == -Libc.EMSGSIZE() && found > count) {
                    count = found;
                    continue;
                }
                if (result < 0) {
                    throw new LinuxException("ioctl(IOMMU_IOAS_IOVA_RANGES)", -result);
                }
                return ranges(ranges, found);
            }
        }
    }

    private static List<IovaAllocator.Range> ranges(final MemorySegment found, final int count) {
        final IovaRanges ranges = new IovaRanges();
        for (int i = 0; i < count; i++) {
            final long at = RANGE_BYTES * i;
            ranges.add(found.get(Wire.U64, at), found.get(Wire.U64, at + 8));
        }
        return ranges.ranges();
    }

    @Override
    public int map(final long iova, final MemorySegment memory) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment map = arena.allocate(iommu_ioas_map.layout());
            iommu_ioas_map.size(map, (int) map.byteSize());
            iommu_ioas_map.flags(
                    map,
                    Vfio.IOMMU_IOAS_MAP_FIXED_IOVA()
                            | Vfio.IOMMU_IOAS_MAP_READABLE()
                            | Vfio.IOMMU_IOAS_MAP_WRITEABLE());
            iommu_ioas_map.ioas_id(map, id);
            iommu_ioas_map.user_va(map, memory.address());
            iommu_ioas_map.length(map, memory.byteSize());
            iommu_ioas_map.iova(map, iova);
            return Math.max(0, -file.tryIoctl(Vfio.IOMMU_IOAS_MAP(), map));
        }
    }

    @Override
    public int unmap(final long iova, final long lengthBytes) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment unmap = arena.allocate(iommu_ioas_unmap.layout());
            iommu_ioas_unmap.size(unmap, (int) unmap.byteSize());
            iommu_ioas_unmap.ioas_id(unmap, id);
            iommu_ioas_unmap.iova(unmap, iova);
            iommu_ioas_unmap.length(unmap, lengthBytes);
            return Math.max(0, -file.tryIoctl(Vfio.IOMMU_IOAS_UNMAP(), unmap));
        }
    }

    @Override
    public void close() {
        file.close();
    }
}
