package dev.javf.vfio.user;

import dev.javf.linux.Descriptor;
import dev.javf.linux.EventFd;
import dev.javf.linux.LinuxException;
import dev.javf.linux.OpenFile;
import dev.javf.linux.libc.Libc;
import dev.javf.linux.vfio.Vfio;
import dev.javf.vfio.PciDeviceModel;
import dev.javf.vfio.wire.IrqSet;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Objects;

/**
 * What a client wants to be told by: eventfds for the MSI-X vectors, and one each for an error of
 * the device and for the request to release it. For one thread.
 */
final class ClientInterrupts implements AutoCloseable {
    private static final MemorySegment NO_BOOLEANS = MemorySegment.NULL;

    private final PciDeviceModel model;
    private final @Nullable EventFd[] vectors;
    private final @Nullable EventFd[] error = new @Nullable EventFd[1];
    private final @Nullable EventFd[] request = new @Nullable EventFd[1];

    ClientInterrupts(final PciDeviceModel model) {
        this.model = model;
        vectors = new @Nullable EventFd[model.interruptVectors()];
    }

    /** How many vectors there are of a kind of interrupt. */
    int count(final int index) {
        final @Nullable EventFd[] table = table(index);
        return table == null ? 0 : table.length;
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

    /**
     * DEVICE_SET_IRQS. Masking isn't possible, as with the kernel's MSI-X.
     *
     * @param message nothing in it is believed.
     * @param data what follows it in the message.
     * @param descriptors that came with it; those that are used are taken out.
     * @return 0 or an errno.
     */
    int set(final IrqSet message, final MemorySegment data, final List<Descriptor> descriptors) {
        final @Nullable EventFd[] table = table(message.index());
        final int start = message.start();
        final int count = message.count();
        if (table == null
                || message.argsz() < IrqSet.LENGTH_BYTES
                || message.action() != IrqSet.ACTION_TRIGGER
                || start < 0
                || count < 0
                || start > table.length
                || count > table.length - start) {
            return Libc.EINVAL();
        }
        final boolean hasDescriptors = !descriptors.isEmpty();
        return switch (message.data()) {
            case IrqSet.DATA_NONE ->
                    data.byteSize() != 0 || hasDescriptors
                            ? Libc.EINVAL()
                            : trigger(message, table, NO_BOOLEANS);
            case IrqSet.DATA_BOOL ->
                    data.byteSize() != count || hasDescriptors
                            ? Libc.EINVAL()
                            : trigger(message, table, data);
            case IrqSet.DATA_EVENTFD ->
                    data.byteSize() != 0 ? Libc.EINVAL() : attach(message, descriptors);
            default -> Libc.EINVAL();
        };
    }

    /** Signals vectors, as if the device had; with none given, turns all off. */
    private int trigger(
            final IrqSet message, final @Nullable EventFd[] table, final MemorySegment booleans) {
        if (message.count() == 0) {
            if (message.data() != IrqSet.DATA_NONE || message.start() != 0) {
                return Libc.EINVAL();
            }
            for (int vector = 0; vector < table.length; vector++) {
                attach(message.index(), vector, null);
            }
            return 0;
        }
        for (int i = 0; i < message.count(); i++) {
            final EventFd eventFd = table[message.start() + i];
            if (eventFd != null
                    && (message.data() == IrqSet.DATA_NONE
                            || booleans.get(ValueLayout.JAVA_BYTE, i) != 0)) {
                eventFd.signal();
            }
        }
        return 0;
    }

    /** Without descriptors the vectors are turned off, which QEMU does to enable MSI-X. */
    private int attach(final IrqSet message, final List<Descriptor> descriptors) {
        final int count = message.count();
        if (count == 0 || (!descriptors.isEmpty() && descriptors.size() != count)) {
            return Libc.EINVAL();
        }
        for (final Descriptor descriptor : descriptors) {
            if (!OpenFile.isEventFd(descriptor)) {
                return Libc.EINVAL();
            }
        }
        final boolean isOff = descriptors.isEmpty();
        for (int i = 0; i < count; i++) {
            if (isOff) {
                attach(message.index(), message.start() + i, null);
                continue;
            }
            try {
                // One is taken from the list only when it has become an eventfd.
                final EventFd eventFd = EventFd.create(descriptors.getFirst());
                descriptors.removeFirst();
                attach(message.index(), message.start() + i, eventFd);
            } catch (final LinuxException e) {
                return e.errno();
            }
        }
        return 0;
    }

    private void attach(final int index, final int vector, final @Nullable EventFd eventFd) {
        final @Nullable EventFd[] table = Objects.requireNonNull(table(index));
        final EventFd before = table[vector];
        table[vector] = eventFd;
        if (index == Vfio.VFIO_PCI_MSIX_IRQ_INDEX()) {
            model.interrupt(vector, eventFd);
        }
        if (before != null) {
            before.close();
        }
    }

    /** Asks the client to let go of the device, if it wants to be asked. */
    void requestRelease() {
        final EventFd eventFd = request[0];
        if (eventFd != null) {
            eventFd.signal();
        }
    }

    /** Tells the client that the device has failed, if it wants to be told. */
    void reportError() {
        final EventFd eventFd = error[0];
        if (eventFd != null) {
            eventFd.signal();
        }
    }

    /** Turns everything off. */
    @Override
    public void close() {
        for (int vector = 0; vector < vectors.length; vector++) {
            attach(Vfio.VFIO_PCI_MSIX_IRQ_INDEX(), vector, null);
        }
        attach(Vfio.VFIO_PCI_ERR_IRQ_INDEX(), 0, null);
        attach(Vfio.VFIO_PCI_REQ_IRQ_INDEX(), 0, null);
    }
}
