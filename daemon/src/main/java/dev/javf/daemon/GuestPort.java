package dev.javf.daemon;

import dev.javf.linux.UnixAddress;
import dev.javf.packet.Ethernet;
import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketPort;
import dev.javf.virtchnl.VlanSet;
import dev.javf.virtio.net.NetSettings;
import dev.javf.virtio.net.VirtioNet;
import dev.javf.virtio.pci.VfioUserPort;
import dev.javf.virtio.vhost.VhostUserPort;

import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;

/**
 * What a port for a virtual machine is made with: which door, where, and what the guest may have of
 * the VF's network. An access port has one VLAN, which the guest doesn't see; a trunk has several,
 * and the guest's VLAN filters decide which of them the VF's filters let pass.
 *
 * @param kind the door.
 * @param name for messages.
 * @param socket where the virtual machine's monitor and the port meet.
 * @param mac the guest's own address.
 * @param vlan an access port's VLAN, 1 to 4094; 0 for untagged packets of the VF, and for a trunk.
 * @param trunk VLANs that the guest may ask for, besides untagged packets; empty for an access
 *     port.
 * @param queuePairs queue pairs that the guest may use, 1 to 16.
 * @param mtu longest payload of a frame, 68 to 65535 bytes, and no more than the VF sends.
 * @param isTrusted whether the guest may change its address, have more of them, send from any, and
 *     be promiscuous, all of which concerns other ports; also whether it may have memory that it
 *     can shrink, as DPDK's applications do.
 */
public record GuestPort(
        Kind kind,
        String name,
        UnixAddress socket,
        MacAddress mac,
        int vlan,
        VlanSet trunk,
        int queuePairs,
        int mtu,
        boolean isTrusted) {
    /** A door to virtual machines. */
    public enum Kind {
        /** QEMU's vfio-user-pci: the whole PCI device is the daemon's. */
        VFIO_USER,
        /** vhost-user, the port connects: either end can be started again while the other runs. */
        VHOST_USER,
        /** vhost-user, the port listens. */
        VHOST_USER_SERVER
    }

    private static final System.Logger LOGGER = System.getLogger(GuestPort.class.getName());

    private static final int DEFAULT_PAIRS = 4;
    private static final int DEFAULT_MTU = 1500;
    private static final int QUEUE_SIZE = 256;

    /** A vhost-user front-end decides on the size. */
    private static final int MAX_VHOST_QUEUE_SIZE = 1024;

    private static final int UNKNOWN_SPEED = -1;

    /** How long a guest is kept waiting for the PF: it waits with a lock held. */
    private static final long CONTROL_TIMEOUT_NS = 1_000_000_000L;

    public GuestPort {
        if (vlan < 0 || vlan >= Ethernet.VLAN_COUNT - 1) {
            throw new IllegalArgumentException(
                    "port '"
                            + name
                            + "': VLAN "
                            + vlan
                            + "; use 1 to 4094, or 0 for untagged packets");
        }
        if (vlan != 0 && !trunk.isEmpty()) {
            throw new IllegalArgumentException(
                    "port '"
                            + name
                            + "': VLAN "
                            + vlan
                            + " and the trunk "
                            + trunk
                            + "; a port is one or the other");
        }
        settings(kind, name, mac, trunk, queuePairs, mtu);
    }

    /**
     * A port for untagged packets, 4 queue pairs and an MTU of 1500.
     *
     * @param kind the door.
     * @param name for messages.
     * @param socket where the virtual machine's monitor and the port meet.
     * @param mac the guest's own address.
     */
    public static GuestPort of(
            final Kind kind, final String name, final UnixAddress socket, final MacAddress mac) {
        return new GuestPort(
                kind, name, socket, mac, 0, VlanSet.EMPTY, DEFAULT_PAIRS, DEFAULT_MTU, false);
    }

    /**
     * The same as an access port.
     *
     * @param vlanId 1 to 4094, or 0 for untagged packets.
     */
    public GuestPort access(final int vlanId) {
        return new GuestPort(
                kind, name, socket, mac, vlanId, VlanSet.EMPTY, queuePairs, mtu, isTrusted);
    }

    /**
     * The same as a trunk.
     *
     * @param vlans that the guest may ask for, at least one.
     */
    public GuestPort trunk(final VlanSet vlans) {
        return new GuestPort(kind, name, socket, mac, 0, vlans, queuePairs, mtu, isTrusted);
    }

    /**
     * The same with another number of queue pairs.
     *
     * @param pairs 1 to 16.
     */
    public GuestPort queuePairs(final int pairs) {
        return new GuestPort(kind, name, socket, mac, vlan, trunk, pairs, mtu, isTrusted);
    }

    /**
     * The same with another MTU.
     *
     * @param bytes 68 to 65535.
     */
    public GuestPort mtu(final int bytes) {
        return new GuestPort(kind, name, socket, mac, vlan, trunk, queuePairs, bytes, isTrusted);
    }

    /**
     * The same for a guest that is trusted or not.
     *
     * @param isTrustedGuest whether it is.
     */
    public GuestPort trusted(final boolean isTrustedGuest) {
        return new GuestPort(kind, name, socket, mac, vlan, trunk, queuePairs, mtu, isTrustedGuest);
    }

    /**
     * Opens a port. Its door is served as soon as {@link FunctionClient#ports} gives it to its
     * poller.
     *
     * @param function that the guest shares.
     * @param pool of the function's poller.
     * @param nanoClock the time.
     * @return completes with the port and its place; exceptionally with a {@link
     *     dev.javf.linux.LinuxException} when the socket is in use or not permitted.
     */
    public CompletableFuture<PortBinding> open(
            final FunctionClient function, final PacketPool pool, final LongSupplier nanoClock) {
        return function.guest(this).thenApply(network -> open(function, network, pool, nanoClock));
    }

    private PortBinding open(
            final FunctionClient function,
            final GuestNetwork network,
            final PacketPool pool,
            final LongSupplier nanoClock) {
        final DistinctReports reports = new DistinctReports(LOGGER);
        try {
            if (kind == Kind.VFIO_USER) {
                final VfioUserPort port =
                        new VfioUserPort(
                                socket, isTrusted, settings(), pool, network, nanoClock, reports);
                return bind(function, port, port.function().device());
            }
            final VhostUserPort port =
                    new VhostUserPort(
                            socket,
                            kind == Kind.VHOST_USER
                                    ? VhostUserPort.Mode.CLIENT
                                    : VhostUserPort.Mode.SERVER,
                            isTrusted,
                            settings(),
                            pool,
                            network,
                            nanoClock,
                            reports);
            return bind(function, port, port.device());
        } catch (final RuntimeException e) {
            network.close();
            throw e;
        }
    }

    private PortBinding bind(
            final FunctionClient function, final PacketPort port, final VirtioNet device) {
        return new PortBinding(
                port, vlan, trunk, mac, device.addresses(), isTrusted, function.portCounters(name));
    }

    NetSettings settings() {
        return settings(kind, name, mac, trunk, queuePairs, mtu);
    }

    private static NetSettings settings(
            final Kind kind,
            final String name,
            final MacAddress mac,
            final VlanSet trunk,
            final int queuePairs,
            final int mtu) {
        return new NetSettings(
                name,
                mac,
                mtu,
                queuePairs,
                kind == Kind.VFIO_USER ? QUEUE_SIZE : MAX_VHOST_QUEUE_SIZE,
                !trunk.isEmpty(),
                UNKNOWN_SPEED,
                CONTROL_TIMEOUT_NS);
    }
}
