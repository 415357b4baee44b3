package dev.javf.daemon.config;

import dev.javf.daemon.PortBinding;
import dev.javf.daemon.TapPort;
import dev.javf.linux.Netlink;
import dev.javf.linux.NetworkNamespace;
import dev.javf.linux.TapDevice;
import dev.javf.packet.Ethernet;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Ports whose other end is a network device of the kernel. */
final class TapKind implements PortKind {
    private static final Pattern ADDRESS = Pattern.compile("([0-9a-fA-F:.]{2,45})/(\\d{1,3})");
    private static final String ADDRESS_DESCRIPTION =
            "an IP address with its prefix length, such as 10.0.100.1/24";

    static final Key<String> DEVICE =
            Key.optional(
                    "device",
                    ValueType.deviceName(),
                    "The network device's name, of 1 to 15 characters; the port's name unless"
                            + " set.");

    static final Key<String> NAMESPACE =
            Key.optional(
                    "namespace",
                    ValueType.text("the name of a network namespace"),
                    "The network namespace that the device goes to, as named by `ip netns`; the"
                            + " daemon's own unless set. Takes CAP_SYS_ADMIN, which the unit"
                            + " doesn't give.");

    static final Key<List<String>> ADDRESSES =
            Key.of(
                    "addresses",
                    ValueType.list(
                            new ValueType<>(
                                    ADDRESS_DESCRIPTION,
                                    raw -> {
                                        inetAddress(String.valueOf(raw));
                                        return String.valueOf(raw);
                                    })),
                    "[]",
                    "IP addresses for the device, each with its prefix length.");

    static final Key<Boolean> UP =
            Key.of("up", ValueType.flag(), "true", "Whether the device is brought up.");

    static final Key<Boolean> OFFLOADS =
            Key.of(
                    "offloads",
                    ValueType.flag(),
                    "true",
                    "Whether the kernel leaves checksums and TCP segmentation of what it sends to"
                            + " the function.");

    private record Prefix(InetAddress address, int bits) {}

    @Override
    public String name() {
        return "tap";
    }

    @Override
    public String description() {
        return "A network device of the kernel (TAP). Needs CAP_NET_ADMIN. Its MTU is the"
                + " function's max-frame less 14. It is gone when the daemon ends, however it"
                + " ends.";
    }

    @Override
    public List<Key<?>> keys() {
        return List.of(DEVICE, NAMESPACE, ADDRESSES, UP, OFFLOADS);
    }

    @Override
    public String resource(final PortSection port) {
        return "network device '"
                + device(port)
                + "'"
                + port.values().find(NAMESPACE).map(name -> " in namespace " + name).orElse("");
    }

    private static String device(final PortSection port) {
        return port.values().find(DEVICE).orElse(port.name());
    }

    @Override
    public PortBinding open(final PortSection port, final PortContext context) {
        final String namespaceName = port.values().find(NAMESPACE).orElse(null);
        if (namespaceName == null) {
            // Not by way of setns(2), which takes a privilege more than a TAP device does.
            return open(
                    port,
                    context,
                    TapDevice.open(device(port), port.values().get(OFFLOADS)),
                    Netlink::open);
        }
        try (NetworkNamespace namespace = NetworkNamespace.ofName(namespaceName)) {
            return open(
                    port,
                    context,
                    TapDevice.open(device(port), namespace, port.values().get(OFFLOADS)),
                    () -> Netlink.open(namespace));
        }
    }

    private static PortBinding open(
            final PortSection port,
            final PortContext context,
            final TapDevice device,
            final Supplier<Netlink> netlinks) {
        try {
            device.macAddress(context.mac().value());
            device.mtu(context.maxFrameBytes() - Ethernet.HEADER_BYTES);
            device.up(port.values().get(UP));
            final List<String> addresses = port.values().get(ADDRESSES);
            if (!addresses.isEmpty()) {
                try (Netlink netlink = netlinks.get()) {
                    final int index = netlink.link(device(port)).index();
                    for (final String text : addresses) {
                        final Prefix prefix = inetAddress(text);
                        netlink.addAddress(index, prefix.address(), prefix.bits());
                    }
                }
            }
        } catch (final RuntimeException e) {
            device.close();
            throw e;
        }
        final TapPort tap =
                new TapPort(
                        port.name(),
                        device,
                        context.pool(),
                        context.function().portCounters(port.name()),
                        context.maxFrameBytes());
        return new PortBinding(tap, port.vlan(), context.mac(), tap.counters());
    }

    private static Prefix inetAddress(final String text) {
        final Matcher matcher = ADDRESS.matcher(text);
        if (!matcher.matches()) {
            throw ValueType.refusal(text, ADDRESS_DESCRIPTION, null);
        }
        final InetAddress address;
        try {
            address =
                    InetAddress.getByAddress(InetAddress.ofLiteral(matcher.group(1)).getAddress());
        } catch (final IllegalArgumentException | UnknownHostException e) {
            throw ValueType.refusal(text, ADDRESS_DESCRIPTION, e);
        }
        final int bits = Integer.parseInt(matcher.group(2));
        final int max = address.getAddress().length * Byte.SIZE;
        if (bits > max) {
            throw ValueType.refusal(
                    text, ADDRESS_DESCRIPTION + "; the prefix has at most " + max + " bits", null);
        }
        return new Prefix(address, bits);
    }
}
