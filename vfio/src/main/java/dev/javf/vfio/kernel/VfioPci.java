package dev.javf.vfio.kernel;

import dev.javf.vfio.PciDevice;

import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.UUID;

/**
 * Opens PCI functions that are bound to vfio-pci, by their address. Of the kernel's two interfaces
 * it takes the newer one, device nodes with iommufd, where both nodes are there, and groups with a
 * container otherwise.
 */
public final class VfioPci {
    /** The kernel's interfaces. */
    public enum Interface {
        /** Device nodes if they are there, groups otherwise. */
        ANY,
        /** /dev/vfio/GROUP and /dev/vfio/vfio. */
        GROUP,
        /** /dev/vfio/devices/vfioN and /dev/iommu. */
        DEVICE
    }

    private VfioPci() {}

    /** How to open. */
    public static final class Context {
        private Path sysfs = Path.of("/sys");
        private Path dev = Path.of("/dev");
        private Path pagemap = Path.of("/proc/self/pagemap");
        private VfioCalls calls = new LinuxVfioCalls();
        private Interface kernelInterface = Interface.ANY;
        private @Nullable UUID token;
        private boolean isUnsafeNoIommuAllowed;

        /**
         * The token that the PF was given, for VFs of a PF that is bound to vfio-pci itself. It is
         * passed only then.
         *
         * @param vfToken null for none.
         */
        public Context token(final @Nullable UUID vfToken) {
            token = vfToken;
            return this;
        }

        /**
         * Which interface to use.
         *
         * @param wanted ANY by default.
         */
        public Context kernelInterface(final Interface wanted) {
            kernelInterface = wanted;
            return this;
        }

        /**
         * Whether to open functions that no IOMMU holds back: such a function, and whoever makes
         * the driver err, can write to all memory.
         *
         * @param isAllowed false by default.
         */
        public Context unsafeNoIommuAllowed(final boolean isAllowed) {
            isUnsafeNoIommuAllowed = isAllowed;
            return this;
        }

        /**
         * Another sysfs.
         *
         * @param root {@code /sys} by default.
         */
        public Context sysfs(final Path root) {
            sysfs = root;
            return this;
        }

        /**
         * Other device nodes.
         *
         * @param root {@code /dev} by default.
         */
        public Context dev(final Path root) {
            dev = root;
            return this;
        }

        /** Another kernel, and where it says which memory is where. */
        Context kernel(final VfioCalls kernelCalls, final Path kernelPagemap) {
            calls = kernelCalls;
            pagemap = kernelPagemap;
            return this;
        }

        Path sysfs() {
            return sysfs;
        }

        Path dev() {
            return dev;
        }

        Path pagemap() {
            return pagemap;
        }

        VfioCalls calls() {
            return calls;
        }

        @Nullable UUID token() {
            return token;
        }

        boolean isUnsafeNoIommuAllowed() {
            return isUnsafeNoIommuAllowed;
        }
    }

    /**
     * Opens a function.
     *
     * @param name its address, such as {@code 0000:3b:01.0}.
     * @param context how to open it.
     * @throws IllegalArgumentException if the name is no PCI address.
     * @throws IllegalStateException if the function isn't ready to be driven; the message says why
     *     and what to do.
     * @throws dev.javf.linux.LinuxException if the kernel refuses.
     */
    public static PciDevice open(final String name, final Context context) {
        final PciAddress address = PciAddress.parse(name);
        if (address == null) {
            throw new IllegalArgumentException(
                    "'" + name + "' is no PCI address; one looks like 0000:3b:01.0");
        }
        final VfioTarget target = VfioTarget.find(address, context);
        return switch (context.kernelInterface) {
            case ANY ->
                    target.hasCharacterDevice()
                            ? VfioCdevDevice.open(target)
                            : VfioGroupDevice.open(target);
            case GROUP -> VfioGroupDevice.open(target);
            case DEVICE -> {
                if (!target.hasCharacterDevice()) {
                    throw new IllegalStateException(
                            address
                                    + " has no VFIO device of its own with an IOMMU behind it: the"
                                    + " kernel lacks CONFIG_VFIO_DEVICE_CDEV or CONFIG_IOMMUFD");
                }
                yield VfioCdevDevice.open(target);
            }
        };
    }
}
