package dev.javf.vfio.kernel;

import dev.javf.linux.LinuxException;
import dev.javf.linux.libc.Libc;
import dev.javf.linux.vfio.Vfio;
import dev.javf.linux.vfio.vfio_group_status;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A PCI function by way of its IOMMU group and a container (Documentation/driver-api/vfio.rst). The
 * group's number is looked up at each opening, as it changes from boot to boot.
 */
final class VfioGroupDevice extends VfioDevice {
    private final Type1Container container;
    private final VfioFile group;

    private VfioGroupDevice(
            final String name,
            final VfioFunction function,
            final DmaMapper dma,
            final Type1Container container,
            final VfioFile group) {
        super(name, function, dma);
        this.container = container;
        this.group = group;
    }

    /**
     * Opens a function.
     *
     * @param target what to open.
     * @throws LinuxException if the kernel refuses.
     * @throws IllegalStateException if the function isn't ready to be driven.
     */
    static VfioGroupDevice open(final VfioTarget target) {
        final int type = target.isNoIommu() ? Vfio.VFIO_NOIOMMU_IOMMU() : Vfio.VFIO_TYPE1v2_IOMMU();
        final Type1Container container =
                Type1Container.open(target.calls(), target.containerNode(), type);
        try {
            return open(target, container, type);
        } catch (final RuntimeException e) {
            container.close();
            throw e;
        }
    }

    private static VfioGroupDevice open(
            final VfioTarget target, final Type1Container container, final int type) {
        final VfioFile group = openGroup(target);
        try {
            requireViable(target, group);
            setContainer(group, container);
            container.setType(type);
            final DmaMapper dma =
                    target.isNoIommu()
                            ? new PhysicalDma(target.name(), target.pagemap())
                            : new IommuDma(target.name(), container, target.calls());
            final VfioFunction function = openFunction(target, group);
            return new VfioGroupDevice(target.name(), function, dma, container, group);
        } catch (final RuntimeException e) {
            group.close();
            throw e;
        }
    }

    private static VfioFile openGroup(final VfioTarget target) {
        final String node = target.groupNode();
        try {
            return target.calls().open(node);
        } catch (final LinuxException e) {
            throw new LinuxException(
                    "open(\"" + node + "\")", e.errno(), advice(e.errno(), target.isNoIommu()));
        }
    }

    private static String advice(final int errno, final boolean isNoIommu) {
        if (errno == Libc.EBUSY()) {
            return "another process holds the group: stop it";
        }
        if (errno == Libc.EPERM() && isNoIommu) {
            return "a function without an IOMMU is only for processes with CAP_SYS_RAWIO";
        }
        return errno == Libc.EACCES() || errno == Libc.EPERM()
                ? "give the node to this user by a udev rule:"
                        + " SUBSYSTEM==\"vfio\", GROUP=\"javf\", MODE=\"0660\""
                : "load the vfio-pci module";
    }

    private static void requireViable(final VfioTarget target, final VfioFile group) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment status = arena.allocate(vfio_group_status.layout());
            vfio_group_status.argsz(status, (int) status.byteSize());
            final int result = group.tryIoctl(Vfio.VFIO_GROUP_GET_STATUS(), status);
            if (result < 0) {
                throw new LinuxException("ioctl(VFIO_GROUP_GET_STATUS)", -result);
            }
            if ((vfio_group_status.flags(status) & Vfio.VFIO_GROUP_FLAGS_VIABLE()) == 0) {
                throw new IllegalStateException(target.whyNotViable());
            }
        }
    }

    private static void setContainer(final VfioFile group, final Type1Container container) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment fd = arena.allocateFrom(ValueLayout.JAVA_INT, container.fd());
            final int result = group.tryIoctl(Vfio.VFIO_GROUP_SET_CONTAINER(), fd);
            if (result < 0) {
                throw new LinuxException("ioctl(VFIO_GROUP_SET_CONTAINER)", -result);
            }
        }
    }

    private static VfioFunction openFunction(final VfioTarget target, final VfioFile group) {
        final VfioFile device;
        try (Arena arena = Arena.ofConfined()) {
            final String token = target.token() == null ? "" : " vf_token=" + target.token();
            final MemorySegment text = arena.allocateFrom(target.name() + token);
            final int result = group.tryIoctl(Vfio.VFIO_GROUP_GET_DEVICE_FD(), text);
            if (result < 0) {
                throw new LinuxException(
                        "ioctl(VFIO_GROUP_GET_DEVICE_FD, " + target.name() + ")",
                        -result,
                        target.refusalAdvice());
            }
            device = target.calls().adopt(result);
        }
        try {
            return new VfioFunction(target.name(), device);
        } catch (final RuntimeException e) {
            device.close();
            throw e;
        }
    }

    @Override
    void closeInterface() {
        group.close();
        container.close();
    }
}
