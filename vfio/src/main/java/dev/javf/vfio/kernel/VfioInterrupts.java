package dev.javf.vfio.kernel;

import dev.javf.linux.EventFd;
import dev.javf.linux.LinuxException;
import dev.javf.linux.vfio.Vfio;
import dev.javf.vfio.wire.IrqInfo;
import dev.javf.vfio.wire.IrqSet;
import dev.javf.vfio.wire.Wire;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * A VFIO device's interrupts. Kernels before 6.5 don't add MSI-X vectors to those in use, so a
 * higher vector than any before turns all off and on again. For one thread.
 */
final class VfioInterrupts implements AutoCloseable {
    private static final int OFF = -1;

    private final VfioFile file;
    private final String device;
    private final int[] vectors;
    private final EventFd error = EventFd.create();
    private final EventFd releaseRequest = EventFd.create();
    private int enabledVectors;

    /**
     * All interrupts are off, but for the two that are about the device itself.
     *
     * @param file the device.
     * @param device its name, for errors.
     * @param kinds how many kinds of interrupts it has.
     * @throws LinuxException if the kernel refuses.
     */
    VfioInterrupts(final VfioFile file, final String device, final int kinds) {
        this.file = file;
        this.device = device;
        vectors = new int[count(Vfio.VFIO_PCI_MSIX_IRQ_INDEX(), kinds)];
        Arrays.fill(vectors, OFF);
        try {
            if (count(Vfio.VFIO_PCI_ERR_IRQ_INDEX(), kinds) > 0) {
                set(Vfio.VFIO_PCI_ERR_IRQ_INDEX(), 0, error.descriptor().fd());
            }
            if (count(Vfio.VFIO_PCI_REQ_IRQ_INDEX(), kinds) > 0) {
                set(Vfio.VFIO_PCI_REQ_IRQ_INDEX(), 0, releaseRequest.descriptor().fd());
            }
        } catch (final LinuxException e) {
            close();
            throw e;
        }
    }

    /** How many interrupts of a kind there are; a function that isn't PCI Express has no ERR. */
    private int count(final int index, final int kinds) {
        if (index >= kinds) {
            return 0;
        }
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment info = arena.allocate(IrqInfo.LENGTH_BYTES, Integer.BYTES);
            new IrqInfo(IrqInfo.LENGTH_BYTES, 0, index, 0).encode(info);
            return file.tryIoctl(Vfio.VFIO_DEVICE_GET_IRQ_INFO(), info) < 0
                    ? 0
                    : IrqInfo.decode(info).count();
        }
    }

    /** How many MSI-X vectors there are. */
    int vectors() {
        return vectors.length;
    }

    /**
     * Says what a vector signals.
     *
     * @param vector 0 to {@link #vectors} - 1.
     * @param eventFd null turns it off.
     * @throws LinuxException if the kernel refuses.
     */
    void attach(final int vector, final @Nullable EventFd eventFd) {
        vectors[vector] = eventFd == null ? OFF : eventFd.descriptor().fd();
        if (vector < enabledVectors) {
            set(Vfio.VFIO_PCI_MSIX_IRQ_INDEX(), vector, vectors[vector]);
        } else if (eventFd != null) {
            disable();
            set(Vfio.VFIO_PCI_MSIX_IRQ_INDEX(), 0, Arrays.copyOf(vectors, vector + 1));
            enabledVectors = vector + 1;
        }
    }

    private void disable() {
        if (enabledVectors > 0) {
            set(
                    IrqSet.DATA_NONE | IrqSet.ACTION_TRIGGER,
                    Vfio.VFIO_PCI_MSIX_IRQ_INDEX(),
                    0,
                    new int[0]);
            enabledVectors = 0;
        }
    }

    private void set(final int index, final int start, final int... fds) {
        set(IrqSet.DATA_EVENTFD | IrqSet.ACTION_TRIGGER, index, start, fds);
    }

    private void set(final int flags, final int index, final int start, final int[] fds) {
        try (Arena arena = Arena.ofConfined()) {
            final int lengthBytes = IrqSet.LENGTH_BYTES + Integer.BYTES * fds.length;
            final MemorySegment message = arena.allocate(lengthBytes, Integer.BYTES);
            new IrqSet(lengthBytes, flags, index, start, fds.length).encode(message);
            for (int i = 0; i < fds.length; i++) {
                message.set(Wire.U32, IrqSet.LENGTH_BYTES + (long) Integer.BYTES * i, fds[i]);
            }
            final int result = file.tryIoctl(Vfio.VFIO_DEVICE_SET_IRQS(), message);
            if (result < 0) {
                throw new LinuxException(
                        device
                                + ": ioctl(VFIO_DEVICE_SET_IRQS, kind "
                                + index
                                + ", from "
                                + start
                                + ", "
                                + fds.length
                                + " eventfds)",
                        -result);
            }
            if (result > 0) {
                throw new IllegalStateException(
                        device
                                + ": the machine has only "
                                + result
                                + " interrupt vectors left for it, not "
                                + fds.length);
            }
        }
    }

    /** Whether the function has reported an error since the last time. */
    boolean takeError() {
        return error.drain() > 0;
    }

    /** Whether the kernel has asked for the function since the last time. */
    boolean takeReleaseRequest() {
        return releaseRequest.drain() > 0;
    }

    /** Turns all off; what the kernel says to that doesn't matter any more. */
    @Override
    public void close() {
        try {
            disable();
        } catch (final LinuxException e) {
            enabledVectors = 0;
        }
        error.close();
        releaseRequest.close();
    }
}
