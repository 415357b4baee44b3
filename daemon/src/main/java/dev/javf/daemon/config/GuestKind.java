package dev.javf.daemon.config;

import dev.javf.daemon.GuestPort;
import dev.javf.daemon.PortBinding;
import dev.javf.linux.UnixAddress;
import dev.javf.packet.Ethernet;
import dev.javf.virtchnl.VlanSet;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Ports whose other end is a virtual machine's network card, by one of two doors. */
final class GuestKind implements PortKind {
    private static final int QUEUE_PAIRS_MAX = 16;
    private static final int MTU_MIN = 68;
    private static final int MTU_MAX = 2030;
    private static final long CONDUCTOR_S = 10;

    static final Key<UnixAddress> SOCKET =
            Key.required(
                    "socket",
                    new ValueType<>(
                            "an absolute path of at most 107 bytes",
                            raw -> {
                                final String text = String.valueOf(raw);
                                if (!text.startsWith("/")) {
                                    throw ValueType.refusal(
                                            raw, "an absolute path of at most 107 bytes", null);
                                }
                                return new UnixAddress(text);
                            }),
                    "Where the virtual machine's monitor and the port meet.");

    static final Key<VlanSet> TRUNK =
            Key.of(
                    "trunk",
                    ValueType.vlans(),
                    "none",
                    "VLANs that the guest may ask for, beside untagged frames; only without vlan.");

    static final Key<Integer> QUEUE_PAIRS =
            Key.of(
                    "queue-pairs",
                    ValueType.integer(1, QUEUE_PAIRS_MAX),
                    "4",
                    "Queue pairs that the guest may use.");

    static final Key<Integer> MTU =
            Key.of(
                    "mtu",
                    ValueType.integer(MTU_MIN, MTU_MAX),
                    "1500",
                    "Longest payload of a frame.");

    static final Key<Boolean> TRUSTED =
            Key.of(
                    "trusted",
                    ValueType.flag(),
                    "false",
                    "Whether the guest may change its address, send from any, and be promiscuous.");

    static final Key<Boolean> SERVER =
            Key.of(
                    "server",
                    ValueType.flag(),
                    "false",
                    "Whether the port listens and the monitor connects. As it is, the monitor"
                            + " listens, and either end can be started again while the other"
                            + " runs.");

    private final boolean isVhost;

    /**
     * A kind.
     *
     * @param isVhost for vhost-user, else for vfio-user.
     */
    GuestKind(final boolean isVhost) {
        this.isVhost = isVhost;
    }

    @Override
    public String name() {
        return isVhost ? "vhost-user" : "vfio-user";
    }

    @Override
    public String description() {
        return isVhost
                ? "A virtual machine's network card over vhost-user, for QEMU and DPDK's"
                        + " applications."
                : "A virtual machine's network card over vfio-user, for QEMU 10.1 and newer: the"
                        + " whole PCI device is the daemon's.";
    }

    @Override
    public List<Key<?>> keys() {
        final List<Key<?>> keys =
                new ArrayList<>(List.of(SOCKET, TRUNK, QUEUE_PAIRS, MTU, TRUSTED));
        if (isVhost) {
            keys.add(SERVER);
        }
        return List.copyOf(keys);
    }

    @Override
    public String resource(final PortSection port) {
        return "socket " + port.values().get(SOCKET);
    }

    @Override
    public PortBinding open(final PortSection port, final PortContext context) {
        final GuestPort settings =
                new GuestPort(
                        kind(port),
                        port.name(),
                        port.values().get(SOCKET),
                        context.mac(),
                        port.vlan(),
                        port.values().get(TRUNK),
                        port.values().get(QUEUE_PAIRS),
                        Math.min(
                                port.values().get(MTU),
                                context.maxFrameBytes() - Ethernet.HEADER_BYTES),
                        port.values().get(TRUSTED));
        try {
            return context.daemon()
                    .guestPort(context.function(), settings)
                    .get(CONDUCTOR_S, TimeUnit.SECONDS);
        } catch (final ExecutionException e) {
            throw e.getCause() instanceof final RuntimeException cause
                    ? cause
                    : new IllegalStateException(e);
        } catch (final TimeoutException e) {
            throw new IllegalStateException(
                    "the conductor hasn't answered for " + CONDUCTOR_S + " s", e);
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while the port was opened", e);
        }
    }

    private GuestPort.Kind kind(final PortSection port) {
        if (!isVhost) {
            return GuestPort.Kind.VFIO_USER;
        }
        return port.values().get(SERVER)
                ? GuestPort.Kind.VHOST_USER_SERVER
                : GuestPort.Kind.VHOST_USER;
    }
}
