package dev.javf.vfio.kernel;

import dev.javf.vfio.DmaMapping;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/**
 * DMA without an IOMMU: the function is given physical addresses (Linux,
 * Documentation/admin-guide/mm/pagemap.rst) and can reach all of the machine's memory.
 */
final class PhysicalDma implements DmaMapper {
    private static final long PAGE_BYTES = 4096;
    private static final long PRESENT = 1L << 63;
    private static final long FRAME_MASK = (1L << 55) - 1;

    private final String device;
    private final Path pagemap;
    private final Set<Long> mapped = new HashSet<>();

    /**
     * Nothing is mapped.
     *
     * @param device the function's name, for errors.
     * @param pagemap {@code /proc/self/pagemap}.
     */
    PhysicalDma(final String device, final Path pagemap) {
        this.device = device;
        this.pagemap = pagemap;
    }

    /** The memory must be locked, or huge pages, so that it stays where it is. */
    @Override
    public DmaMapping map(final MemorySegment memory) {
        try (RandomAccessFile file = new RandomAccessFile(pagemap.toFile(), "r")) {
            final long first = frame(file, memory.address());
            final long pages = (memory.byteSize() + PAGE_BYTES - 1) / PAGE_BYTES;
            for (long page = 1; page < pages; page++) {
                if (frame(file, memory.address() + page * PAGE_BYTES) != first + page) {
                    throw new IllegalStateException(
                            device
                                    + ": without an IOMMU the "
                                    + memory.byteSize()
                                    + " bytes for DMA must be in one piece, but are torn after "
                                    + page * PAGE_BYTES
                                    + "; use one huge page for them, or an IOMMU");
                }
            }
            mapped.add(first * PAGE_BYTES);
            return new DmaMapping(memory, first * PAGE_BYTES);
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private long frame(final RandomAccessFile file, final long address) throws IOException {
        file.seek(address / PAGE_BYTES * Long.BYTES);
        final long entry = Long.reverseBytes(file.readLong());
        final long frame = entry & FRAME_MASK;
        if ((entry & PRESENT) == 0 || frame == 0) {
            throw new IllegalStateException(
                    device
                            + ": the physical address of memory at 0x"
                            + Long.toHexString(address)
                            + " is not to be had; without an IOMMU javf needs CAP_SYS_ADMIN and"
                            + " memory that is present");
        }
        return frame;
    }

    @Override
    public void unmap(final DmaMapping mapping) {
        if (!mapped.remove(mapping.iova())) {
            throw new IllegalArgumentException(
                    device + ": nothing is mapped at 0x" + Long.toHexString(mapping.iova()));
        }
    }

    @Override
    public void unmapAll() {
        mapped.clear();
    }
}
