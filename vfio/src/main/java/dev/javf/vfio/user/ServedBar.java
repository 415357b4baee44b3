package dev.javf.vfio.user;

import dev.javf.linux.Descriptor;
import dev.javf.linux.LinuxException;
import dev.javf.linux.OpenFile;
import dev.javf.linux.libc.Libc;
import dev.javf.vfio.CheckedBar;
import dev.javf.vfio.SparseMmap;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** A memory region of a served function: memory where the server passed it, messages elsewhere. */
final class ServedBar extends CheckedBar {
    private static final VarHandle REGISTER =
            ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();
    private static final long PAGE_MASK = 4095;

    private final ServedRegion region;
    private final List<MappedArea> mappedAreas;

    private record MappedArea(long offset, MemorySegment memory) {
        boolean contains(final long start, final long length) {
            return start >= offset && length <= memory.byteSize() - (start - offset);
        }
    }

    private ServedBar(
            final String device, final ServedRegion region, final List<MappedArea> mappedAreas) {
        super(device, region.index(), region.lengthBytes());
        this.region = region;
        this.mappedAreas = mappedAreas;
    }

    /** A region that nothing of can be mapped. */
    static ServedBar of(final String device, final ServedRegion region) {
        return new ServedBar(device, region, List.of());
    }

    /**
     * A region with parts to be mapped.
     *
     * @param device the function's name, for errors.
     * @param region for the other parts.
     * @param areas as the server said; nothing is believed.
     * @param file as the server passed it; remains the caller's.
     * @param fileOffset of the region in the file, as the server said.
     * @param arena its close unmaps.
     * @throws LinuxException if the file can't be mapped.
     * @throws IllegalArgumentException if the areas aren't within region and file.
     */
    static ServedBar map(
            final String device,
            final ServedRegion region,
            final List<SparseMmap.Area> areas,
            final Descriptor file,
            final long fileOffset,
            final Arena arena) {
        final OpenFile status = OpenFile.of(file);
        // Pages of a file that has been shrunk are gone, and ringing a doorbell there an error.
        if ((status.seals() & Libc.F_SEAL_SHRINK()) == 0) {
            throw new IllegalArgumentException(
                    "the file of region " + region.index() + " isn't sealed (F_SEAL_SHRINK)");
        }
        final List<MappedArea> mapped = new ArrayList<>();
        for (final SparseMmap.Area area : areas) {
            final long offset = area.offset();
            final long length = area.lengthBytes();
            if (((offset | length | fileOffset) & PAGE_MASK) != 0
                    || length <= 0
                    || !isWithin(offset, length, region.lengthBytes())
                    || !isWithin(fileOffset, offset + length, status.lengthBytes())) {
                throw new IllegalArgumentException(
                        area
                                + " of region "
                                + region.index()
                                + " isn't whole pages within the region's "
                                + region.lengthBytes()
                                + " bytes and within its file");
            }
            final int protection = Libc.PROT_READ() | Libc.PROT_WRITE();
            mapped.add(
                    new MappedArea(
                            offset, file.map(fileOffset + offset, length, protection, arena)));
        }
        return new ServedBar(device, region, List.copyOf(mapped));
    }

    private static boolean isWithin(final long offset, final long length, final long lengthBytes) {
        return offset >= 0 && offset <= lengthBytes && length <= lengthBytes - offset;
    }

    @Override
    protected int readRegister(final long offset, final int widthBytes) {
        // Registers that are memory are 32 bits wide; a narrower access goes the long way.
        final MemorySegment memory =
                widthBytes == Integer.BYTES ? map(offset, Integer.BYTES) : null;
        return memory == null
                ? region.read(offset, widthBytes)
                : (int) REGISTER.getAcquire(memory, 0L);
    }

    @Override
    protected void writeRegister(final long offset, final int widthBytes, final int value) {
        final MemorySegment memory =
                widthBytes == Integer.BYTES ? map(offset, Integer.BYTES) : null;
        if (memory == null) {
            region.post(offset, widthBytes, value);
        } else {
            REGISTER.setRelease(memory, 0L, value);
        }
    }

    @Override
    protected @Nullable MemorySegment map(final long offset, final long length) {
        for (final MappedArea area : mappedAreas) {
            if (area.contains(offset, length)) {
                return area.memory().asSlice(offset - area.offset(), length);
            }
        }
        return null;
    }
}
