package dev.javf.vfio.kernel;

import dev.javf.linux.LinuxException;
import dev.javf.linux.vfio.Vfio;
import dev.javf.vfio.PciBar;
import dev.javf.vfio.PciConfigSpace;
import dev.javf.vfio.SparseMmap;
import dev.javf.vfio.wire.DeviceInfo;
import dev.javf.vfio.wire.RegionInfo;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** A VFIO device that is a PCI function: its regions, interrupts and reset. For one thread. */
final class VfioFunction implements AutoCloseable {
    /** Room for a region's info with capabilities; asked again if it isn't enough. */
    private static final int REGION_INFO_BYTES = 1024;

    private final String name;
    private final VfioFile file;
    private final Arena arena = Arena.ofShared();
    private final @Nullable VfioBar[] bars =
            new @Nullable VfioBar[Vfio.VFIO_PCI_BAR5_REGION_INDEX() + 1];
    private final VfioConfigSpace config;
    private final VfioInterrupts interrupts;

    /**
     * Asks the kernel what the device has.
     *
     * @param name the function's, for errors.
     * @param file the open device; it becomes this object's, unless this fails.
     * @throws LinuxException if the kernel doesn't say.
     * @throws IllegalStateException if it isn't a PCI function that can be reset.
     */
    VfioFunction(final String name, final VfioFile file) {
        this.name = name;
        this.file = file;
        final DeviceInfo info = deviceInfo();
        final int wanted = DeviceInfo.PCI | DeviceInfo.RESET;
        if ((info.flags() & wanted) != wanted) {
            throw new IllegalStateException(
                    name + " isn't a PCI function that the kernel can reset: " + info);
        }
        for (int index = 0; index < bars.length; index++) {
            bars[index] = bar(index);
        }
        final RegionInfo region =
                RegionInfo.decode(regionInfo(Vfio.VFIO_PCI_CONFIG_REGION_INDEX()));
        config =
                new VfioConfigSpace(
                        new VfioRegion(file, name, region.index(), region.offset(), region.size()));
        interrupts = new VfioInterrupts(file, name, info.irqs());
    }

    private DeviceInfo deviceInfo() {
        try (Arena scratch = Arena.ofConfined()) {
            final MemorySegment info = scratch.allocate(DeviceInfo.LENGTH_BYTES, Long.BYTES);
            new DeviceInfo(DeviceInfo.LENGTH_BYTES, 0, 0, 0).encode(info);
            ioctl("VFIO_DEVICE_GET_INFO", Vfio.VFIO_DEVICE_GET_INFO(), info);
            return DeviceInfo.decode(info);
        }
    }

    private @Nullable VfioBar bar(final int index) {
        final MemorySegment answer = regionInfo(index);
        final RegionInfo info = RegionInfo.decode(answer);
        if (info.size() <= 0) {
            return null;
        }
        final List<SparseMmap.Area> areas =
                (info.flags() & RegionInfo.MMAP) == 0 ? List.of() : info.decodeAreas(answer);
        return new VfioBar(name, file, info, areas, arena);
    }

    private MemorySegment regionInfo(final int index) {
        int lengthBytes = REGION_INFO_BYTES;
        while (true) {
            final MemorySegment info = Arena.ofAuto().allocate(lengthBytes, Long.BYTES);
            new RegionInfo(lengthBytes, 0, index, 0, 0, 0).encode(info);
            ioctl("VFIO_DEVICE_GET_REGION_INFO", Vfio.VFIO_DEVICE_GET_REGION_INFO(), info);
            final int neededBytes = RegionInfo.decode(info).argsz();
            if (neededBytes <= lengthBytes) {
                return info;
            }
            lengthBytes = neededBytes;
        }
    }

    private void ioctl(final String call, final long request, final MemorySegment argument) {
        final int result = file.tryIoctl(request, argument);
        if (result < 0) {
            throw new LinuxException(name + ": ioctl(" + call + ")", -result);
        }
    }

    PciConfigSpace config() {
        return config;
    }

    /** Null if there is no such region. */
    @Nullable PciBar memory(final int index) {
        return index < 0 || index >= bars.length ? null : bars[index];
    }

    VfioInterrupts interrupts() {
        return interrupts;
    }

    /** Resets the function. The kernel waits until it answers again, for 100 ms at least. */
    void reset() {
        // The kernel restores the configuration space afterwards, as it was before.
        final int command = config.read(PciConfigSpace.COMMAND, 2);
        config.write(PciConfigSpace.COMMAND, 2, command & ~PciConfigSpace.COMMAND_BUS_MASTER);
        ioctl("VFIO_DEVICE_RESET", Vfio.VFIO_DEVICE_RESET(), MemorySegment.NULL);
    }

    @Override
    public void close() {
        interrupts.close();
        arena.close();
        file.close();
    }
}
