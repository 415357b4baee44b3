package dev.javf.vfio.kernel;

import dev.javf.linux.EventFd;
import dev.javf.linux.LinuxException;
import dev.javf.vfio.DmaMapping;
import dev.javf.vfio.PciBar;
import dev.javf.vfio.PciConfigSpace;
import dev.javf.vfio.PciDevice;
import dev.javf.vfio.PciDeviceCondition;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;

/** A PCI function by way of VFIO, whichever of the kernel's interfaces opened it. */
class VfioDevice implements PciDevice {
    private final String name;
    private final VfioFunction function;
    private final DmaMapper dma;
    private boolean isReleaseRequested;
    private boolean isClosed;

    /**
     * An open function.
     *
     * @param name its PCI address.
     * @param function what it has.
     * @param dma its way to memory.
     */
    VfioDevice(final String name, final VfioFunction function, final DmaMapper dma) {
        this.name = name;
        this.function = function;
        this.dma = dma;
    }

    @Override
    public final String name() {
        return name;
    }

    @Override
    public final PciConfigSpace config() {
        return function.config();
    }

    @Override
    public final PciBar bar(final int index) {
        final PciBar bar = function.memory(index);
        if (bar == null) {
            throw new IllegalArgumentException(name + " has no memory region " + index);
        }
        return bar;
    }

    @Override
    public final DmaMapping mapDma(final MemorySegment memory) {
        return dma.map(memory);
    }

    @Override
    public final void unmapDma(final DmaMapping mapping) {
        dma.unmap(mapping);
    }

    @Override
    public final int interruptVectors() {
        return function.interrupts().vectors();
    }

    @Override
    public final void interrupt(final int vector, final @Nullable EventFd eventFd) {
        if (vector < 0 || vector >= interruptVectors()) {
            throw new IllegalArgumentException(
                    name
                            + " has no interrupt vector "
                            + vector
                            + ", only 0 to "
                            + (interruptVectors() - 1));
        }
        function.interrupts().attach(vector, eventFd);
    }

    /** The kernel waits for the function, for 100 ms at least. */
    @Override
    public final void reset() {
        function.reset();
    }

    @Override
    public final PciDeviceCondition condition() {
        if (function.interrupts().takeError()) {
            return PciDeviceCondition.ERROR;
        }
        isReleaseRequested |= function.interrupts().takeReleaseRequest();
        return isReleaseRequested
                ? PciDeviceCondition.RELEASE_REQUESTED
                : PciDeviceCondition.PRESENT;
    }

    /** Resets the function so that it stops using memory, then takes the memory away. */
    @Override
    public final void close() {
        if (isClosed) {
            return;
        }
        isClosed = true;
        try {
            function.reset();
        } catch (final LinuxException e) {
            // A function that has gone can't be reset, and the kernel resets others at close.
            isReleaseRequested = true;
        }
        dma.unmapAll();
        function.close();
        closeInterface();
    }

    /** Closes what else was opened. */
    void closeInterface() {}
}
