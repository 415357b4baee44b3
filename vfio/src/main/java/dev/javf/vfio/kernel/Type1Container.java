package dev.javf.vfio.kernel;

import dev.javf.linux.LinuxException;
import dev.javf.linux.libc.Libc;
import dev.javf.linux.vfio.Vfio;
import dev.javf.linux.vfio.vfio_iommu_type1_dma_map;
import dev.javf.linux.vfio.vfio_iommu_type1_dma_unmap;
import dev.javf.linux.vfio.vfio_iommu_type1_info;
import dev.javf.vfio.IovaAllocator;
import dev.javf.vfio.wire.Wire;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** A VFIO container with its IOMMU of type 1, version 2. For one thread. */
final class Type1Container implements Iommu, AutoCloseable {
    /** Room for the info with its capabilities; asked again if it isn't enough. */
    private static final int INFO_BYTES = 4096;

    private static final int CAP_HEADER_BYTES = 8;

    /** struct vfio_iommu_type1_info_cap_iova_range, before its ranges. */
    private static final int CAP_IOVA_RANGE_BYTES = 16;

    private static final int RANGE_BYTES = 16;

    private final VfioFile file;

    private Type1Container(final VfioFile file) {
        this.file = file;
    }

    /**
     * Opens a new container.
     *
     * @param calls the kernel.
     * @param path {@code /dev/vfio/vfio}.
     * @param type of the IOMMU to be, such as {@code VFIO_TYPE1v2_IOMMU}.
     * @throws LinuxException if it can't be opened.
     * @throws IllegalStateException if the kernel's VFIO isn't one that javf knows.
     */
    static Type1Container open(final VfioCalls calls, final String path, final int type) {
        final VfioFile file;
        try {
            file = calls.open(path);
        } catch (final LinuxException e) {
            throw new LinuxException(
                    "open(\"" + path + "\")",
                    e.errno(),
                    "is the vfio module loaded (modprobe vfio-pci), and may this user open it?");
        }
        final int version = file.tryIoctl(Vfio.VFIO_GET_API_VERSION(), MemorySegment.NULL);
        final int hasType =
                file.tryIoctl(Vfio.VFIO_CHECK_EXTENSION(), MemorySegment.ofAddress(type));
        if (version != Vfio.VFIO_API_VERSION() || hasType <= 0) {
            file.close();
            throw new IllegalStateException(
                    path
                            + " has API version "
                            + version
                            + " and "
                            + (hasType > 0 ? "an" : "no")
                            + " IOMMU of type "
                            + type
                            + "; javf needs version 0 and that type (modprobe vfio_iommu_type1)");
        }
        return new Type1Container(file);
    }

    int fd() {
        return file.fd();
    }

    /** Chooses the IOMMU's type, once a group is in the container. */
    void setType(final int type) {
        final int result = file.tryIoctl(Vfio.VFIO_SET_IOMMU(), MemorySegment.ofAddress(type));
        if (result < 0) {
            throw new LinuxException("ioctl(VFIO_SET_IOMMU, " + type + ")", -result);
        }
    }

    @Override
    public List<IovaAllocator.Range> iovaRanges() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment info = info(arena, INFO_BYTES);
            final int neededBytes = vfio_iommu_type1_info.argsz(info);
            if (neededBytes > INFO_BYTES) {
                info = info(arena, neededBytes);
            }
            return iovaRanges(info);
        }
    }

    private MemorySegment info(final Arena arena, final int lengthBytes) {
        final MemorySegment info = arena.allocate(lengthBytes, Long.BYTES);
        vfio_iommu_type1_info.argsz(info, lengthBytes);
        final int result = file.tryIoctl(Vfio.VFIO_IOMMU_GET_INFO(), info);
        if (result < 0) {
            throw new LinuxException("ioctl(VFIO_IOMMU_GET_INFO)", -result);
        }
        return info;
    }

    private static List<IovaAllocator.Range> iovaRanges(final MemorySegment info) {
        final IovaRanges ranges = new IovaRanges();
        final boolean hasCapabilities =
                (vfio_iommu_type1_info.flags(info) & Vfio.VFIO_IOMMU_INFO_CAPS()) != 0;
        long at = hasCapabilities ? vfio_iommu_type1_info.cap_offset(info) : 0;
        while (at != 0 && at <= info.byteSize() - CAP_HEADER_BYTES) {
            if (info.get(Wire.U16, at) == Vfio.VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE()) {
                final int count = info.get(Wire.U32, at + CAP_HEADER_BYTES);
                for (int i = 0; i < count; i++) {
                    final long range = at + CAP_IOVA_RANGE_BYTES + (long) RANGE_BYTES * i;
                    ranges.add(info.get(Wire.U64, range), info.get(Wire.U64, range + 8));
                }
            }
            at = info.get(Wire.U32, at + 4);
        }
        return ranges.ranges();
    }

    @Override
    public int map(final long iova, final MemorySegment memory) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment map = arena.allocate(vfio_iommu_type1_dma_map.layout());
            vfio_iommu_type1_dma_map.argsz(map, (int) map.byteSize());
            vfio_iommu_type1_dma_map.flags(
                    map, Vfio.VFIO_DMA_MAP_FLAG_READ() | Vfio.VFIO_DMA_MAP_FLAG_WRITE());
            vfio_iommu_type1_dma_map.vaddr(map, memory.address());
            vfio_iommu_type1_dma_map.iova(map, iova);
            vfio_iommu_type1_dma_map.size(map, memory.byteSize());
            return Math.max(0, -file.tryIoctl(Vfio.VFIO_IOMMU_MAP_DMA(), map));
        }
    }

    @Override
    public int unmap(final long iova, final long lengthBytes) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment unmap = arena.allocate(vfio_iommu_type1_dma_unmap.layout());
            vfio_iommu_type1_dma_unmap.argsz(unmap, (int) vfio_iommu_type1_dma_unmap.sizeof());
            vfio_iommu_type1_dma_unmap.iova(unmap, iova);
            vfio_iommu_type1_dma_unmap.size(unmap, lengthBytes);
            final int result = file.tryIoctl(Vfio.VFIO_IOMMU_UNMAP_DMA(), unmap);
            if (result >= 0 && vfio_iommu_type1_dma_unmap.size(unmap) != lengthBytes) {
                return Libc.ENOENT();
            }
            return Math.max(0, -result);
        }
    }

    @Override
    public void close() {
        file.close();
    }
}
