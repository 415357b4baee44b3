package dev.javf.vfio.kernel;

import dev.javf.linux.LinuxException;
import dev.javf.linux.libc.Libc;
import dev.javf.linux.vfio.Vfio;
import dev.javf.linux.vfio.vfio_device_attach_iommufd_pt;
import dev.javf.vfio.wire.Wire;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.UUID;

/**
 * A PCI function by way of its own VFIO device and iommufd (Documentation/driver-api/vfio.rst,
 * "VFIO device cdev").
 */
final class VfioCdevDevice extends VfioDevice {
    /** struct vfio_device_bind_iommufd, and with the token's address that newer kernels take. */
    private static final int BIND_BYTES = 16;

    private static final int BIND_WITH_TOKEN_BYTES = 24;
    private static final int BIND_FLAG_TOKEN = 1;

    private final IommufdSpace space;

    private VfioCdevDevice(
            final String name,
            final VfioFunction function,
            final DmaMapper dma,
            final IommufdSpace space) {
        super(name, function, dma);
        this.space = space;
    }

    /**
     * Opens a function.
     *
     * @param target what to open.
     * @throws LinuxException if the kernel refuses.
     * @throws IllegalStateException if the function isn't ready to be driven.
     */
    static VfioCdevDevice open(final VfioTarget target) {
        final VfioFile device = openDevice(target);
        try {
            final IommufdSpace space = IommufdSpace.open(target.calls(), target.iommuNode());
            try {
                bind(target, device, space.fd());
                attach(device, space.id());
                final DmaMapper dma = new IommuDma(target.name(), space, target.calls());
                final VfioFunction function = new VfioFunction(target.name(), device);
                return new VfioCdevDevice(target.name(), function, dma, space);
            } catch (final RuntimeException e) {
                space.close();
                throw e;
            }
        } catch (final RuntimeException e) {
            device.close();
            throw e;
        }
    }

    private static VfioFile openDevice(final VfioTarget target) {
        final String node = Objects.requireNonNull(target.deviceNode());
        try {
            return target.calls().open(node);
        } catch (final LinuxException e) {
            final String advice =
                    e.errno() == Libc.EBUSY()
                            ? "another process holds it: stop it"
                            : "give " + node + " and " + target.iommuNode() + " to this user";
            throw new LinuxException("open(\"" + node + "\")", e.errno(), advice);
        }
    }

    private static void bind(final VfioTarget target, final VfioFile device, final int iommufd) {
        final UUID token = target.token();
        final int lengthBytes = token == null ? BIND_BYTES : BIND_WITH_TOKEN_BYTES;
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment bind = arena.allocate(lengthBytes, Long.BYTES);
            bind.set(Wire.U32, 0, lengthBytes);
            bind.set(Wire.U32, 8, iommufd);
            if (token != null) {
                final MemorySegment bytes = arena.allocate(16);
                bytes.copyFrom(MemorySegment.ofArray(bytes(token)));
                bind.set(Wire.U32, 4, BIND_FLAG_TOKEN);
                bind.set(Wire.U64, 16, bytes.address());
            }
            final int result = device.tryIoctl(Vfio.VFIO_DEVICE_BIND_IOMMUFD(), bind);
            if (result < 0) {
                // iommufd has no status to ask for: a group that isn't viable can't be bound.
                final String sibling = target.blockingSibling();
                throw new LinuxException(
                        target.name() + ": ioctl(VFIO_DEVICE_BIND_IOMMUFD)",
                        -result,
                        sibling == null ? target.refusalAdvice() : sibling);
            }
        }
    }

    private static byte[] bytes(final UUID token) {
        return ByteBuffer.allocate(16)
                .putLong(token.getMostSignificantBits())
                .putLong(token.getLeastSignificantBits())
                .array();
    }

    private static void attach(final VfioFile device, final int spaceId) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment attach = arena.allocate(vfio_device_attach_iommufd_pt.layout());
            vfio_device_attach_iommufd_pt.argsz(attach, (int) attach.byteSize());
            vfio_device_attach_iommufd_pt.pt_id(attach, spaceId);
            final int result = device.tryIoctl(Vfio.VFIO_DEVICE_ATTACH_IOMMUFD_PT(), attach);
            if (result < 0) {
                throw new LinuxException("ioctl(VFIO_DEVICE_ATTACH_IOMMUFD_PT)", -result);
            }
        }
    }

    @Override
    void closeInterface() {
        space.close();
    }
}
