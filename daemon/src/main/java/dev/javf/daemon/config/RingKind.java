package dev.javf.daemon.config;

import dev.javf.client.RingLayout;
import dev.javf.daemon.PortBinding;
import dev.javf.daemon.ring.RingServer;
import dev.javf.daemon.ring.RingSettings;
import dev.javf.linux.UnixAddress;
import dev.javf.packet.MacAddress;
import dev.javf.virtchnl.VlanSet;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Ports whose other end is an application in a process of its own. */
final class RingKind implements PortKind {
    private static final long QUARANTINE_NS_MAX = TimeUnit.DAYS.toNanos(1);

    static final Key<Path> SOCKET =
            Key.required(
                    "socket", ValueType.path(), "The UNIX socket where the application connects.");

    static final Key<List<String>> CLIENTS =
            Key.of(
                    "clients",
                    ValueType.list(ControlSection.SUBJECT_TYPE),
                    "root",
                    "Who may connect; the kernel says who it is (SO_PEERCRED, SO_PEERGROUPS). The"
                            + " daemon's own user always may.");

    static final Key<VlanSet> TRUNK =
            Key.optional(
                    "trunk",
                    ValueType.vlans(),
                    "The VLANs that the application may ask for, with tags, besides untagged"
                            + " packets. Not together with vlan.");

    static final Key<List<MacAddress>> ADDRESSES =
            Key.of(
                    "addresses",
                    ValueType.list(ValueType.mac()),
                    "[]",
                    "MAC addresses that the application may ask for, besides its own. It receives"
                            + " what is sent to them, and may send from them.");

    static final Key<String> SLOTS =
            Key.of(
                    "slots",
                    ValueType.choice(
                            IntStream.iterate(
                                            RingLayout.SLOTS_MIN,
                                            n -> n <= RingLayout.SLOTS_MAX,
                                            n -> 2 * n)
                                    .mapToObj(Integer::toString)
                                    .toList()),
                    "512",
                    "Packets that wait in each direction. Each takes a buffer of the function's"
                            + " max-frame.");

    static final Key<Long> QUARANTINE =
            Key.of(
                    "quarantine",
                    ValueType.duration(0, QUARANTINE_NS_MAX),
                    "10s",
                    "How long nobody is let in after an application has broken the rings'"
                            + " rules.");

    @Override
    public String name() {
        return "ring";
    }

    @Override
    public String description() {
        return "An application in a process of its own, through memory that only the two share"
                + " (dev.javf.client). It needs no privilege, and can harm nobody but itself.";
    }

    @Override
    public List<Key<?>> keys() {
        return List.of(
                SOCKET, ControlSection.MODE_KEY, CLIENTS, TRUNK, ADDRESSES, SLOTS, QUARANTINE);
    }

    @Override
    public String resource(final PortSection port) {
        return "socket " + port.values().get(SOCKET);
    }

    @Override
    public PortBinding open(final PortSection port, final PortContext context) {
        final Values values = port.values();
        final RingSettings settings =
                new RingSettings(
                        port.name(),
                        new UnixAddress(values.get(SOCKET).toString()),
                        values.get(ControlSection.MODE_KEY),
                        RingAccess.roles(values.get(CLIENTS)),
                        context.mac(),
                        port.vlan(),
                        values.find(TRUNK).orElse(VlanSet.EMPTY),
                        addresses(values),
                        context.maxFrameBytes(),
                        Integer.parseInt(values.get(SLOTS)),
                        values.get(QUARANTINE));
        return RingServer.bind(context.rings().open(settings, context.function(), context.pool()));
    }

    private static Set<MacAddress> addresses(final Values values) {
        return values.get(ADDRESSES).stream().collect(Collectors.toUnmodifiableSet());
    }
}
