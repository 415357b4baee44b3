package dev.javf.vfio;

import dev.javf.linux.EventFd;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * The shortest way from a driver to a device model: both in one process, registers in memory that
 * both see, DMA by looking I/O virtual addresses up in what the driver mapped. These addresses are
 * not the process's own, so a driver that mixes the two up is found out here already.
 */
public final class InProcessDoor implements PciDevice {
    /**
     * Where DMA is mapped: above 4 GiB, out of the way of every 32-bit number and of the MSI
     * window.
     */
    private static final List<IovaAllocator.Range> IOVA_RANGES =
            List.of(new IovaAllocator.Range(1L << 32, (1L << 39) - 1));

    private final PciDeviceModel model;
    private final IovaAllocator iovas = new IovaAllocator(IOVA_RANGES);

    /**
     * Opens the door.
     *
     * @param model the function; no other driver may hold it.
     */
    public InProcessDoor(final PciDeviceModel model) {
        this.model = model;
    }

    @Override
    public String name() {
        return model.name();
    }

    @Override
    public PciConfigSpace config() {
        return model.config();
    }

    @Override
    public PciBar bar(final int index) {
        final long lengthBytes = model.barLengthBytes(index);
        if (lengthBytes == 0) {
            throw new IllegalArgumentException(name() + " has no memory region " + index);
        }
        return new ModelBar(model, index, lengthBytes);
    }

    @Override
    public DmaMapping mapDma(final MemorySegment memory) {
        final long iova = iovas.allocate(memory.byteSize());
        model.dma().map(iova, memory);
        return new DmaMapping(memory, iova);
    }

    @Override
    public void unmapDma(final DmaMapping mapping) {
        if (model.dma().unmap(mapping.iova(), mapping.lengthBytes()) == 0) {
            throw new IllegalArgumentException(
                    name() + ": nothing is mapped at 0x" + Long.toHexString(mapping.iova()));
        }
        iovas.free(mapping.iova(), mapping.lengthBytes());
    }

    @Override
    public int interruptVectors() {
        return model.interruptVectors();
    }

    @Override
    public void interrupt(final int vector, final @Nullable EventFd eventFd) {
        if (vector < 0 || vector >= interruptVectors()) {
            throw new IllegalArgumentException(
                    name()
                            + " has no interrupt vector "
                            + vector
                            + ", only 0 to "
                            + (interruptVectors() - 1));
        }
        model.interrupt(vector, eventFd);
    }

    @Override
    public void reset() {
        model.functionLevelReset();
    }

    /** Resets the function, as the kernel does when the last user of a device closes it. */
    @Override
    public void close() {
        for (int vector = 0; vector < interruptVectors(); vector++) {
            model.interrupt(vector, null);
        }
        model.functionLevelReset();
        model.dma().unmapAll();
    }

    private static final class ModelBar extends CheckedBar {
        private final PciDeviceModel model;
        private final int index;

        ModelBar(final PciDeviceModel model, final int index, final long lengthBytes) {
            super(model.name(), index, lengthBytes);
            this.model = model;
            this.index = index;
        }

        @Override
        protected int readRegister(final long offset, final int widthBytes) {
            return model.readBar(index, offset, widthBytes);
        }

        @Override
        protected void writeRegister(final long offset, final int widthBytes, final int value) {
            // As on a bus: what no register takes is lost.
            model.writeBar(index, offset, widthBytes, value);
        }

        @Override
        protected @Nullable MemorySegment map(final long offset, final long length) {
            return model.barMemory(index, offset, length);
        }
    }
}
