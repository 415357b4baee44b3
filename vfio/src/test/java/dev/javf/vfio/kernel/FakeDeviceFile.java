package dev.javf.vfio.kernel;

import dev.javf.linux.Descriptor;
import dev.javf.linux.EventFd;
import dev.javf.linux.LinuxException;
import dev.javf.linux.libc.Libc;
import dev.javf.linux.vfio.Vfio;
import dev.javf.vfio.CopyDevice;
import dev.javf.vfio.PciConfigSpace;
import dev.javf.vfio.SparseMmap;
import dev.javf.vfio.wire.DeviceInfo;
import dev.javf.vfio.wire.IrqInfo;
import dev.javf.vfio.wire.IrqSet;
import dev.javf.vfio.wire.RegionInfo;
import dev.javf.vfio.wire.Wire;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Objects;

/** {@link CopyDevice} as vfio-pci shows it, once the device may be used. */
class FakeDeviceFile extends FakeFile {
    private static final int CONFIG = Vfio.VFIO_PCI_CONFIG_REGION_INDEX();
    private static final int OFFSET_SHIFT = 40;

    private final CopyDevice model;
    private final @Nullable EventFd[] vectors = new @Nullable EventFd[2];
    private final @Nullable EventFd[] error = new @Nullable EventFd[1];
    private final @Nullable EventFd[] request = new @Nullable EventFd[1];
    private int enabledVectors;

    FakeDeviceFile(final FakeKernel kernel) {
        super(kernel);
        model = kernel.model();
    }

    boolean isUsable() {
        return true;
    }

    @Override
    public int tryIoctl(final long number, final MemorySegment argument) {
        if (!isUsable()) {
            return -Libc.EINVAL();
        }
        if (number == Vfio.VFIO_DEVICE_GET_INFO()) {
            new DeviceInfo(DeviceInfo.LENGTH_BYTES, 3, 9, 5).encode(argument);
            return 0;
        }
        if (number == Vfio.VFIO_DEVICE_GET_REGION_INFO()) {
            return regionInfo(argument);
        }
        if (number == Vfio.VFIO_DEVICE_GET_IRQ_INFO()) {
            final IrqInfo wanted = IrqInfo.decode(argument);
            final @Nullable EventFd[] table = table(wanted.index());
            new IrqInfo(16, 9, wanted.index(), table == null ? 0 : table.length).encode(argument);
            return 0;
        }
        if (number == Vfio.VFIO_DEVICE_SET_IRQS()) {
            return setIrqs(argument);
        }
        if (number == Vfio.VFIO_DEVICE_RESET()) {
            if (kernel().resetErrno() != 0) {
                kernel().note(model.config().isBusMaster() ? "left bus master" : "not reset");
                return -kernel().resetErrno();
            }
            kernel().note(model.config().isBusMaster() ? "reset while bus master" : "reset");
            model.functionLevelReset();
            return 0;
        }
        return -Libc.ENOTTY();
    }

    private int regionInfo(final MemorySegment argument) {
        final RegionInfo wanted = RegionInfo.decode(argument);
        final int index = wanted.index();
        final long size =
                index == CONFIG ? PciConfigSpace.LENGTH_BYTES : model.barLengthBytes(index);
        final long offset = (long) index << OFFSET_SHIFT;
        final SparseMmap mmap = index == CONFIG ? null : model.sparseMmap(index);
        if (mmap == null) {
            new RegionInfo(RegionInfo.LENGTH_BYTES, size == 0 ? 0 : 3, index, 0, size, offset)
                    .encode(argument);
            return 0;
        }
        final List<SparseMmap.Area> areas = mmap.areas();
        final int needed = RegionInfo.lengthBytes(areas);
        final boolean fits = wanted.argsz() >= needed;
        new RegionInfo(needed, 0xF, index, fits ? RegionInfo.LENGTH_BYTES : 0, size, offset)
                .encode(argument);
        if (fits) {
            RegionInfo.encodeAreas(argument, areas);
        }
        return 0;
    }

    private @Nullable EventFd @Nullable [] table(final int index) {
        if (index == Vfio.VFIO_PCI_MSIX_IRQ_INDEX()) {
            return vectors;
        }
        if (index == Vfio.VFIO_PCI_ERR_IRQ_INDEX()) {
            return error;
        }
        return index == Vfio.VFIO_PCI_REQ_IRQ_INDEX() ? request : null;
    }

    /** As kernels before 6.5: vectors beyond those enabled at first are refused. */
    private int setIrqs(final MemorySegment argument) {
        final IrqSet message = IrqSet.decode(argument);
        final @Nullable EventFd[] table = table(message.index());
        if (table == null || message.argsz() != argument.byteSize()) {
            return -Libc.EINVAL();
        }
        final boolean isMsix = message.index() == Vfio.VFIO_PCI_MSIX_IRQ_INDEX();
        if (message.count() == 0) {
            for (int vector = 0; vector < table.length; vector++) {
                attach(message.index(), vector, -1);
            }
            enabledVectors = 0;
            return 0;
        }
        final int end = message.start() + message.count();
        if (end > table.length || (isMsix && enabledVectors > 0 && end > enabledVectors)) {
            return -Libc.EINVAL();
        }
        if (isMsix && enabledVectors == 0) {
            if (end > kernel().interruptVectorsLeft()) {
                return kernel().interruptVectorsLeft();
            }
            kernel().note("enabled " + end);
            enabledVectors = end;
        }
        for (int i = 0; i < message.count(); i++) {
            final int fd = argument.get(Wire.U32, IrqSet.LENGTH_BYTES + 4L * i);
            attach(message.index(), message.start() + i, fd);
        }
        return 0;
    }

    private void attach(final int index, final int vector, final int fd) {
        final @Nullable EventFd[] table = Objects.requireNonNull(table(index));
        final EventFd before = table[vector];
        final EventFd next = fd < 0 ? null : EventFd.create(Descriptor.owned(fd).dup());
        table[vector] = next;
        if (index == Vfio.VFIO_PCI_MSIX_IRQ_INDEX()) {
            model.interrupt(vector, next);
        }
        if (before != null) {
            before.close();
        }
    }

    void signalError() {
        signal(error);
    }

    void requestRelease() {
        signal(request);
    }

    private static void signal(final @Nullable EventFd[] table) {
        final EventFd eventFd = table[0];
        if (eventFd != null) {
            eventFd.signal();
        }
    }

    @Override
    public long pread(final MemorySegment memory, final long offset) {
        final int index = (int) (offset >>> OFFSET_SHIFT);
        final int width = (int) memory.byteSize();
        final long at = offset & ((1L << OFFSET_SHIFT) - 1);
        if (kernel().isUnplugged()) {
            return -Libc.EIO();
        }
        final int value =
                index == CONFIG
                        ? model.config().read((int) at, width)
                        : model.readBar(index, at, width);
        for (int i = 0; i < width; i++) {
            memory.set(ValueLayout.JAVA_BYTE, i, (byte) (value >>> (8 * i)));
        }
        return width;
    }

    @Override
    public long pwrite(final MemorySegment memory, final long offset) {
        final int index = (int) (offset >>> OFFSET_SHIFT);
        final int width = (int) memory.byteSize();
        final long at = offset & ((1L << OFFSET_SHIFT) - 1);
        if (kernel().isUnplugged()) {
            return -Libc.EIO();
        }
        int value = 0;
        for (int i = 0; i < width; i++) {
            value |= Byte.toUnsignedInt(memory.get(ValueLayout.JAVA_BYTE, i)) << (8 * i);
        }
        if (index == CONFIG) {
            model.config().write((int) at, width, value);
        } else {
            model.writeBar(index, at, width, value);
        }
        return width;
    }

    @Override
    public MemorySegment map(final long offset, final long lengthBytes, final Arena arena) {
        final MemorySegment memory =
                model.barMemory((int) (offset >>> OFFSET_SHIFT), 0, lengthBytes);
        if (memory == null) {
            throw new LinuxException("mmap", Libc.EINVAL());
        }
        kernel().note("mapped " + lengthBytes);
        return memory;
    }

    @Override
    void onClose() {
        for (int vector = 0; vector < vectors.length; vector++) {
            attach(Vfio.VFIO_PCI_MSIX_IRQ_INDEX(), vector, -1);
        }
        attach(Vfio.VFIO_PCI_ERR_IRQ_INDEX(), 0, -1);
        attach(Vfio.VFIO_PCI_REQ_IRQ_INDEX(), 0, -1);
    }
}
