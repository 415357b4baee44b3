package dev.javf.daemon.demo;

import dev.javf.daemon.FunctionClient;
import dev.javf.daemon.GuestPort;
import dev.javf.daemon.Javfd;
import dev.javf.daemon.PortBinding;
import dev.javf.iavf.LifecycleState;
import dev.javf.linux.UnixAddress;
import dev.javf.packet.Ethernet;
import dev.javf.packet.MacAddress;
import dev.javf.virtchnl.VlanSet;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * A virtual machine behind the first function, hosts inside this process behind the second: Linux's
 * own virtio driver asks for VLANs, they become the function's filters, and pings go through.
 */
final class GuestRun {
    private static final long PATIENCE_S = 10;

    private final Account account;
    private final Javfd daemon;
    private final Path program;
    private final int[] vlans;
    private final int count;

    /**
     * A run to come.
     *
     * @param account for its lines.
     * @param daemon that drives two functions.
     * @param program that runs a guest.
     * @param vlans to use.
     * @param count of pings in each.
     */
    GuestRun(
            final Account account,
            final Javfd daemon,
            final Path program,
            final VlanSet vlans,
            final int count) {
        this.account = account;
        this.daemon = daemon;
        this.program = program;
        this.vlans = vlans.stream().toArray();
        this.count = count;
    }

    void run() throws Exception {
        final Path folder = Files.createTempDirectory("javf-demo-vm");
        final Path socket = folder.resolve("vm.sock");
        try {
            servePeers(daemon.functions().getLast());
            serveGuest(daemon.functions().getFirst(), socket);
            account.step("boot a virtual machine with Linux's virtio driver (5 to 30 s)");
            try (GuestMachine guest = new GuestMachine(program, socket)) {
                account.line("Linux " + guest.run("uname -r").strip() + " is up");
                ping(guest);
            }
        } finally {
            Files.deleteIfExists(socket);
            Files.deleteIfExists(folder);
        }
    }

    private void servePeers(final FunctionClient function) throws Exception {
        account.step("behind the second function: a host inside this process in each VLAN");
        final EchoTraffic traffic = new EchoTraffic(daemon.packetPool());
        await(function.addVlans(VlanSet.of(vlans)));
        final MacAddress mac = mac(function);
        final List<PortBinding> ports = new ArrayList<>();
        for (final int vlan : vlans) {
            ports.add(traffic.openPort(1, vlan, mac));
        }
        await(function.ports(ports));
        function.up();
        await(function.state(LifecycleState.UP));
    }

    private void serveGuest(final FunctionClient function, final Path socket) throws Exception {
        account.step("behind the first function: a virtual machine's network card");
        final GuestPort port =
                GuestPort.of(
                                GuestPort.Kind.VFIO_USER,
                                "vm",
                                new UnixAddress(socket.toString()),
                                mac(function))
                        .trunk(VlanSet.of(vlans));
        await(function.ports(List.of(await(daemon.guestPort(function, port)))));
        function.up();
        await(function.state(LifecycleState.UP));
        account.line("trunk with VLANs " + port.trunk() + ", served at " + socket);
    }

    private void ping(final GuestMachine guest) throws Exception {
        guest.run(
                "modprobe 8021q; modprobe virtio_net; cd"
                    + " /sys/bus/pci/devices/0000:00:10.0/virtio*/net/* && ip link set ${PWD##*/}"
                    + " name vm && ip link set vm up");
        account.step("the guest adds VLANs, which become the function's filters, and pings");
        for (final int vlan : vlans) {
            final String name = "v" + vlan;
            guest.run(
                    String.format(
                            Locale.ROOT,
                            "ip link add link vm name %1$s type vlan id %2$d && ip link set %1$s up"
                                    + " && ip addr add %3$s/24 dev %1$s",
                            name,
                            vlan,
                            Traffic.text(Traffic.address(0, vlan))));
            final String peer = Traffic.text(Traffic.address(1, vlan));
            final List<Long> roundTripsNs =
                    TapTraffic.roundTripsNs(
                            guest.run("ping -n -c " + count + " -i 0.2 -w 20 " + peer));
            account.line(
                    String.format(
                            Locale.ROOT,
                            "VLAN %-4d %s -> %s  %d of %d answered",
                            vlan,
                            Traffic.text(Traffic.address(0, vlan)),
                            peer,
                            roundTripsNs.size(),
                            count));
        }
        account.step("the guest deletes one");
        guest.run("ip link del v" + vlans[0]);
        final String held =
                await(
                        daemon.functions()
                                .getFirst()
                                .ask(vf ->
                                        "acknowledged by the PF "
                                                + vf.vlans().acknowledged(Ethernet.TPID_8021Q)));
        account.line(held);
    }

    private static MacAddress mac(final FunctionClient function) throws Exception {
        return await(function.ask(vf -> Objects.requireNonNull(vf.macAddress(), "no MAC address")));
    }

    private static <T> T await(final CompletableFuture<T> future) throws Exception {
        return future.get(PATIENCE_S, TimeUnit.SECONDS);
    }
}
