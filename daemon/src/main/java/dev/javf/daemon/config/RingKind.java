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
    private static final String COPY = "copy";
    private static final String ZERO_COPY = "zero-copy";
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

    static final Key<String> TRANSFER =
            Key.of(
                    "transfer",
                    ValueType.choice(List.of(COPY, ZERO_COPY)),
                    COPY,
                    "copy: the application has memory of its own, and each packet is copied;"
                            + " zero-copy: it maps the function's own packet buffers, and nothing"
                            + " is copied. Then the port has the function to itself, and every"
                            + " application that was ever let in can see and change all of the"
                            + " function's packets.");

    static final Key<Integer> QUEUES =
            Key.of(
                    "queues",
                    ValueType.integer(1, RingLayout.QUEUES_MAX),
                    "1",
                    "Most pairs of rings that the application may ask for, one for each of its"
                            + " threads. A flow's packets always come by the same one, as its RSS"
                            + " hash says.");

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
                SOCKET,
                ControlSection.MODE_KEY,
                CLIENTS,
                TRUNK,
                ADDRESSES,
                TRANSFER,
                QUEUES,
                SLOTS,
                QUARANTINE);
    }

    @Override
    public String resource(final PortSection port) {
        return "socket " + port.values().get(SOCKET);
    }

    @Override
    public PortBinding open(final PortSection port, final PortContext context) {
        final Values values = port.values();
        if (isZeroCopy(port) && !context.function().hasOwnPools()) {
            throw new IllegalArgumentException(
                    "function "
                            + port.function()
                            + " has packets of other functions in its buffers; restart javfd");
        }
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
                        isZeroCopy(port),
                        values.get(QUEUES),
                        Integer.parseInt(values.get(SLOTS)),
                        values.get(QUARANTINE));
        return RingServer.bind(context.rings().open(settings, context.function(), context.pool()));
    }

    private static boolean isZeroCopy(final PortSection port) {
        return port.values().get(TRANSFER).equals(ZERO_COPY);
    }

    @Override
    public int ownBuffers(final PortSection port) {
        final Values values = port.values();
        return isZeroCopy(port) ? 2 * values.get(QUEUES) * Integer.parseInt(values.get(SLOTS)) : 0;
    }

    private static Set<MacAddress> addresses(final Values values) {
        return values.get(ADDRESSES).stream().collect(Collectors.toUnmodifiableSet());
    }
}
