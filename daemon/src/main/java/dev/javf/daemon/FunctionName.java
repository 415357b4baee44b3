package dev.javf.daemon;

import dev.javf.linux.UnixAddress;
import dev.javf.vfio.PciDevice;
import dev.javf.vfio.kernel.PciAddress;
import dev.javf.vfio.kernel.VfioPci;
import dev.javf.vfio.user.VfioUserDevice;

/** How users name a virtual function, by the door that it is reached through. */
public sealed interface FunctionName {
    /** What names of functions that are bound to vfio-pci start with; the PCI address follows. */
    String KERNEL_PREFIX = "vfio-pci:";

    /** What names of functions that a vfio-user server has start with; the path follows. */
    String SERVED_PREFIX = VfioUserDevice.NAME_PREFIX;

    /**
     * A function that is bound to the kernel's vfio-pci driver.
     *
     * @param address where it is.
     */
    record Kernel(PciAddress address) implements FunctionName {
        @Override
        public PciDevice open() {
            return VfioPci.open(address.toString(), new VfioPci.Context());
        }

        @Override
        public String toString() {
            return KERNEL_PREFIX + address;
        }
    }

    /**
     * A function that another process serves, {@code javf sim} for one.
     *
     * @param address of the server's socket.
     */
    record Served(UnixAddress address) implements FunctionName {
        @Override
        public PciDevice open() {
            return VfioUserDevice.open(address, new VfioUserDevice.Context());
        }

        @Override
        public String toString() {
            return SERVED_PREFIX + address;
        }
    }

    /**
     * Opens the function.
     *
     * @throws IllegalStateException if it isn't ready to be driven; the message says why.
     * @throws dev.javf.linux.LinuxException if the kernel refuses, or nobody serves there.
     */
    PciDevice open();

    /**
     * Reads a name.
     *
     * @param text {@code vfio-pci:0000:3b:01.0} or {@code vfio-user:/path/to.sock}.
     * @return what it says.
     * @throws IllegalArgumentException when it is no such name.
     */
    static FunctionName of(final String text) {
        if (text.startsWith(KERNEL_PREFIX)) {
            final PciAddress address = PciAddress.parse(text.substring(KERNEL_PREFIX.length()));
            if (address != null) {
                return new Kernel(address);
            }
        } else if (text.startsWith(SERVED_PREFIX)) {
            return new Served(new UnixAddress(text.substring(SERVED_PREFIX.length())));
        }
        throw new IllegalArgumentException(
                "'"
                        + text
                        + "' names no virtual function; write vfio-pci:ADDRESS for one that is"
                        + " bound to vfio-pci, such as vfio-pci:0000:3b:01.0, or vfio-user:SOCKET"
                        + " for one that is served, such as vfio-user:/run/vf0.sock");
    }
}
