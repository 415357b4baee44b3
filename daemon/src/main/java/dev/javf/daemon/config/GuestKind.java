package dev.javf.daemon.config;

import dev.javf.daemon.GuestPort;
import dev.javf.daemon.PortBinding;
import dev.javf.linux.UnixAddress;
import dev.javf.packet.Ethernet;
import dev.javf.virtchnl.VlanSet;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Ports whose other end is a virtual machine's network card. */
final class GuestKind implements PortKind {
    static final Key<Path> SOCKET =
            Key.required(
                    "socket",
                    ValueType.path(),
                    "The UNIX socket where the virtual machine's monitor and the port meet.");

    static final Key<VlanSet> TRUNK =
            Key.optional(
                    "trunk",
                    ValueType.vlans(),
                    "The VLANs that the guest may have, with tags, besides untagged packets."
                            + " Not together with vlan.");

    static final Key<Integer> QUEUE_PAIRS =
            Key.of(
                    "queue-pairs",
                    ValueType.integer(1, 16),
                    "4",
                    "The most queue pairs that the guest may use.");

    static final Key<Boolean> TRUSTED =
            Key.of(
                    "trusted",
                    ValueType.flag(),
                    "false",
                    "Whether the guest may change its address, have more of them, send from any and"
                        + " be promiscuous; also whether its memory may be of a kind that it can"
                        + " shrink, as DPDK's is.");

    static final Key<Boolean> LISTEN =
            Key.of(
                    "listen",
                    ValueType.flag(),
                    "false",
                    "Whether the port listens at the socket. Otherwise it connects to it, again and"
                            + " again, so that either end can be started anew.");

    static final GuestKind VFIO_USER =
            new GuestKind(
                    "vfio-user",
                    false,
                    "A virtual machine's network card, for QEMU 10.1 and newer (-device"
                            + " vfio-user-pci), which connects to the socket. What the guest asks"
                            + " of its card the function's PF is asked for.");

    static final GuestKind VHOST_USER =
            new GuestKind(
                    "vhost-user",
                    true,
                    "A virtual machine's network card, or a DPDK application's, whose front-end"
                            + " speaks vhost-user. It gets all VLANs of its trunk.");

    private static final long PATIENCE_S = 10;

    private final String name;
    private final boolean isVhost;
    private final String description;

    private GuestKind(final String name, final boolean isVhost, final String description) {
        this.name = name;
        this.isVhost = isVhost;
        this.description = description;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String description() {
        return description;
    }

    @Override
    public List<Key<?>> keys() {
        final List<Key<?>> keys = new ArrayList<>(List.of(SOCKET, TRUNK, QUEUE_PAIRS, TRUSTED));
        if (isVhost) {
            keys.add(LISTEN);
        }
        return List.copyOf(keys);
    }

    @Override
    public String resource(final PortSection port) {
        return "socket " + port.values().get(SOCKET);
    }

    @Override
    public PortBinding open(final PortSection port, final PortContext context) {
        final VlanSet trunk = port.values().find(TRUNK).orElse(VlanSet.EMPTY);
        final GuestPort settings =
                new GuestPort(
                        kind(port),
                        port.name(),
                        new UnixAddress(port.values().get(SOCKET).toString()),
                        context.mac(),
                        port.vlan(),
                        trunk,
                        port.values().get(QUEUE_PAIRS),
                        context.maxFrameBytes()
                                - Ethernet.HEADER_BYTES
                                - (trunk.isEmpty() ? 0 : Ethernet.VLAN_TAG_BYTES),
                        port.values().get(TRUSTED));
        try {
            return settings.open(context.function(), context.pool(), System::nanoTime)
                    .get(PATIENCE_S, TimeUnit.SECONDS);
        } catch (final ExecutionException e) {
            throw e.getCause() instanceof final RuntimeException cause
                    ? cause
                    : new IllegalStateException(e.getCause());
        } catch (final TimeoutException e) {
            throw new IllegalStateException("the function doesn't answer", e);
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    private GuestPort.Kind kind(final PortSection port) {
        if (!isVhost) {
            return GuestPort.Kind.VFIO_USER;
        }
        return port.values().get(LISTEN)
                ? GuestPort.Kind.VHOST_USER_SERVER
                : GuestPort.Kind.VHOST_USER;
    }
}
