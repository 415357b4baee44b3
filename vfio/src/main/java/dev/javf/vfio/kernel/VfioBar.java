package dev.javf.vfio.kernel;

import dev.javf.vfio.CheckedBar;
import dev.javf.vfio.SparseMmap;
import dev.javf.vfio.wire.RegionInfo;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** A memory region of a VFIO device. What is asked for as memory is mapped then. */
final class VfioBar extends CheckedBar {
    private final VfioFile file;
    private final VfioRegion region;
    private final long fileOffset;
    private final List<SparseMmap.Area> areas;
    private final @Nullable MemorySegment[] mapped;
    private final Arena arena;

    /**
     * A region.
     *
     * @param device the function's name, for errors.
     * @param file the device.
     * @param info of the region.
     * @param areas of it that can be mapped.
     * @param arena its close unmaps.
     */
    VfioBar(
            final String device,
            final VfioFile file,
            final RegionInfo info,
            final List<SparseMmap.Area> areas,
            final Arena arena) {
        super(device, info.index(), info.size());
        this.file = file;
        this.areas = areas;
        this.arena = arena;
        region = new VfioRegion(file, device, info.index(), info.offset(), info.size());
        fileOffset = info.offset();
        mapped = new @Nullable MemorySegment[areas.size()];
    }

    @Override
    protected int readRegister(final long offset, final int widthBytes) {
        return region.read(offset, widthBytes);
    }

    @Override
    protected void writeRegister(final long offset, final int widthBytes, final int value) {
        region.write(offset, widthBytes, value);
    }

    @Override
    protected @Nullable MemorySegment map(final long offset, final long length) {
        for (int i = 0; i < mapped.length; i++) {
            final SparseMmap.Area area = areas.get(i);
            final long start = offset - area.offset();
            if (start >= 0 && length <= area.lengthBytes() - start) {
                MemorySegment memory = mapped[i];
                if (memory == null) {
                    memory = file.map(fileOffset + area.offset(), area.lengthBytes(), arena);
                    mapped[i] = memory;
                }
                return memory.asSlice(start, length);
            }
        }
        return null;
    }
}
