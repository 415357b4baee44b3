package dev.javf.daemon;

import dev.javf.linux.UnixAddress;
import dev.javf.sim.SimulatedPhysicalFunctionContext;
import dev.javf.vfio.PciDevice;
import dev.javf.vfio.kernel.PciAddress;
import dev.javf.vfio.kernel.VfioPci;
import dev.javf.vfio.user.VfioUserDevice;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How users name a virtual function, by the door that it is reached through. */
public sealed interface FunctionName {
    /** What names of functions that are bound to vfio-pci may start with; the address follows. */
    String KERNEL_PREFIX = "vfio-pci:";

    /** What names of functions that a vfio-user server has start with; the path follows. */
    String SERVED_PREFIX = VfioUserDevice.NAME_PREFIX;

    /** What names by physical function start with. */
    String PHYSICAL_FUNCTION_PREFIX = "pf:";

    /** What names by environment variable start with. */
    String ENVIRONMENT_PREFIX = "env:";

    /** What names of functions that are simulated in this process start with. */
    String SIMULATED_PREFIX = "sim:";

    /**
     * A function that is bound to the kernel's vfio-pci driver.
     *
     * @param address where it is.
     */
    record Kernel(PciAddress address) implements FunctionName {
        @Override
        public FunctionName resolve(final FunctionHost host) {
            if (!Files.exists(host.sysfs().resolve("bus/pci/devices/" + address))) {
                throw new IllegalStateException(
                        "there is no PCI function "
                                + address
                                + "; list them with lspci -D, make VFs by writing their number to"
                                + " /sys/class/net/PF/device/sriov_numvfs");
            }
            return this;
        }

        @Override
        public PciDevice open(final FunctionHost host, final VfioPci.Context vfio) {
            return VfioPci.open(address.toString(), vfio.sysfs(host.sysfs()));
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
        public FunctionName resolve(final FunctionHost host) {
            if (!address.isAbstract() && !Files.exists(Path.of(address.name()))) {
                throw new IllegalStateException(
                        "there is no socket "
                                + address
                                + "; start what serves it, such as: javf sim --sockets "
                                + Path.of(address.name()).getParent());
            }
            return this;
        }

        @Override
        public PciDevice open(final FunctionHost host, final VfioPci.Context vfio) {
            return VfioUserDevice.open(address, new VfioUserDevice.Context());
        }

        @Override
        public String toString() {
            return SERVED_PREFIX + address;
        }
    }

    /**
     * A function by the network device of its physical function.
     *
     * @param device name of the PF's network device.
     * @param index of the VF, from 0.
     */
    record OfPhysicalFunction(String device, int index) implements FunctionName {
        @Override
        public FunctionName resolve(final FunctionHost host) {
            final Path pf = host.sysfs().resolve("class/net/" + device + "/device");
            if (!Files.exists(pf)) {
                throw new IllegalStateException(
                        "there is no network device '" + device + "'; list them with ip link");
            }
            final Path link = pf.resolve("virtfn" + index);
            if (!Files.isSymbolicLink(link)) {
                throw new IllegalStateException(
                        device
                                + " has no VF "
                                + index
                                + "; make some: echo "
                                + (index + 1)
                                + " > /sys/class/net/"
                                + device
                                + "/device/sriov_numvfs");
            }
            try {
                final String name = String.valueOf(Files.readSymbolicLink(link).getFileName());
                final PciAddress address = PciAddress.parse(name);
                if (address == null) {
                    throw new IllegalStateException(link + " leads to no PCI address: " + name);
                }
                return new Kernel(address).resolve(host);
            } catch (final IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public PciDevice open(final FunctionHost host, final VfioPci.Context vfio) {
            return resolve(host).open(host, vfio);
        }

        @Override
        public String toString() {
            return PHYSICAL_FUNCTION_PREFIX + device + "/" + index;
        }
    }

    /**
     * A function by an environment variable with PCI addresses between commas, as Kubernetes'
     * SR-IOV device plugin sets them.
     *
     * @param variable its name.
     * @param index of the address, from 0.
     */
    record OfEnvironment(String variable, int index) implements FunctionName {
        @Override
        public FunctionName resolve(final FunctionHost host) {
            final String value = host.environment().get(variable);
            if (value == null) {
                throw new IllegalStateException(
                        "the environment variable "
                                + variable
                                + " isn't set; Kubernetes' SR-IOV device plugin sets"
                                + " PCIDEVICE_... for a pod that requests the resource");
            }
            final List<String> addresses = List.of(value.split(",", -1));
            final PciAddress address =
                    index < addresses.size()
                            ? PciAddress.parse(addresses.get(index).strip())
                            : null;
            if (address == null) {
                throw new IllegalStateException(
                        "the environment variable "
                                + variable
                                + " is '"
                                + value
                                + "', which has no PCI address number "
                                + index);
            }
            return new Kernel(address).resolve(host);
        }

        @Override
        public PciDevice open(final FunctionHost host, final VfioPci.Context vfio) {
            return resolve(host).open(host, vfio);
        }

        @Override
        public String toString() {
            return ENVIRONMENT_PREFIX + variable + "/" + index;
        }
    }

    /**
     * A function that is simulated in this process.
     *
     * @param physicalFunction number of its PF.
     * @param index of the VF, from 0.
     */
    record Simulated(int physicalFunction, int index) implements FunctionName {
        @Override
        public FunctionName resolve(final FunctionHost host) {
            return this;
        }

        @Override
        public PciDevice open(final FunctionHost host, final VfioPci.Context vfio) {
            return host.simulators().open(this);
        }

        @Override
        public String toString() {
            return SIMULATED_PREFIX + physicalFunction + "/" + index;
        }
    }

    /**
     * Finds out which function it is now. Opens nothing.
     *
     * @param host where to look.
     * @return a name that says where the function is.
     * @throws IllegalStateException when there is no such function; the message says what helps.
     */
    FunctionName resolve(FunctionHost host);

    /**
     * Opens the function.
     *
     * @param host where to look for it.
     * @param vfio how the kernel is to be asked, if it is.
     * @throws IllegalStateException if it isn't ready to be driven; the message says why.
     * @throws dev.javf.linux.LinuxException if the kernel refuses, or nobody serves there.
     */
    PciDevice open(FunctionHost host, VfioPci.Context vfio);

    /**
     * Opens the function on this machine.
     *
     * @throws IllegalStateException if it isn't ready to be driven; the message says why.
     * @throws dev.javf.linux.LinuxException if the kernel refuses, or nobody serves there.
     */
    default PciDevice open() {
        return open(FunctionHost.system(), new VfioPci.Context());
    }

    /**
     * Reads a name.
     *
     * @param text {@code 0000:3b:01.0}, {@code vfio-pci:0000:3b:01.0}, {@code pf:ens1f0/3}, {@code
     *     env:PCIDEVICE_INTEL_COM_VF/0}, {@code vfio-user:/path/to.sock} or {@code sim:0/1}.
     * @return what it says.
     * @throws IllegalArgumentException when it is no such name.
     */
    static FunctionName of(final String text) {
        if (text.startsWith(SERVED_PREFIX)) {
            return new Served(new UnixAddress(text.substring(SERVED_PREFIX.length())));
        }
        final PciAddress address =
                PciAddress.parse(
                        text.startsWith(KERNEL_PREFIX)
                                ? text.substring(KERNEL_PREFIX.length())
                                : text);
        if (address != null) {
            return new Kernel(address);
        }
        final Matcher indexed = FunctionNames.INDEXED.matcher(text);
        if (indexed.matches()) {
            final String name = indexed.group(2);
            final int index = indexed.group(3) == null ? 0 : Integer.parseInt(indexed.group(3));
            switch (indexed.group(1)) {
                case ENVIRONMENT_PREFIX -> {
                    return new OfEnvironment(name, index);
                }
                case PHYSICAL_FUNCTION_PREFIX -> {
                    if (indexed.group(3) != null) {
                        return new OfPhysicalFunction(name, index);
                    }
                }
                default -> {
                    if (indexed.group(3) != null && FunctionNames.NUMBER.matcher(name).matches()) {
                        return simulated(text, Integer.parseInt(name), index);
                    }
                }
            }
        }
        throw new IllegalArgumentException(
                "'"
                        + text
                        + "' names no virtual function; write its PCI address if it is bound to"
                        + " vfio-pci, such as 0000:3b:01.0 or vfio-pci:0000:3b:01.0; pf:NAME/N,"
                        + " such as pf:ens1f0/3; env:VARIABLE, such as env:PCIDEVICE_INTEL_COM_VF;"
                        + " vfio-user:SOCKET for one that is served, such as"
                        + " vfio-user:/run/vf0.sock; or sim:PF/VF for a simulated one, such as"
                        + " sim:0/1");
    }

    private static Simulated simulated(final String text, final int pf, final int index) {
        final int functions = SimulatedPhysicalFunctionContext.MAX_VIRTUAL_FUNCTIONS;
        if (pf > SimulatedPhysicalFunctionContext.MAX_INDEX || index >= functions) {
            throw new IllegalArgumentException(
                    "'"
                            + text
                            + "': a simulated PF is 0 to "
                            + SimulatedPhysicalFunctionContext.MAX_INDEX
                            + ", a VF 0 to "
                            + (functions - 1));
        }
        return new Simulated(pf, index);
    }
}

/** What names look like. */
final class FunctionNames {
    static final Pattern INDEXED =
            Pattern.compile("(pf:|env:|sim:)([A-Za-z0-9_.@-]{1,128})(?:/(\\d{1,4}))?");
    static final Pattern NUMBER = Pattern.compile("\\d{1,4}");

    private FunctionNames() {}
}
