package dev.javf.daemon.suite;

import dev.javf.daemon.PortBinding;
import dev.javf.daemon.PortCounters;
import dev.javf.daemon.demo.EchoHost;
import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketPool;

import org.agrona.concurrent.SystemNanoClock;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** Hosts inside this process, with their own ARP and ICMP echo. */
final class InProcessHosts implements Hosts {
    private final PacketPool pool;
    private final Map<Integer, EchoHost> firstHost = new HashMap<>();

    InProcessHosts(final PacketPool pool) {
        this.pool = pool;
    }

    @Override
    public String name(final int side) {
        return "host " + (side + 1) + " inside this process";
    }

    @Override
    public boolean isKernel() {
        return false;
    }

    @Override
    public PortBinding openLeg(
            final int side, final int vlan, final int subnet, final MacAddress mac) {
        final EchoHost leg =
                new EchoHost(
                        "host" + side + "-vlan" + vlan,
                        mac,
                        Hosts.address(side, subnet),
                        pool,
                        SystemNanoClock.INSTANCE);
        if (side == 0) {
            firstHost.put(vlan, leg);
        }
        return new PortBinding(leg, vlan, mac, new PortCounters());
    }

    /** There are no namespaces here: the leg stays where it is. */
    @Override
    public void moveLeg(final int side, final int vlan, final int subnet) {
        if (side == 0 && !firstHost.containsKey(vlan)) {
            throw new IllegalArgumentException("host 1 has no leg in VLAN " + vlan);
        }
    }

    @Override
    public CompletableFuture<Boolean> ping(final int vlan, final int subnet) {
        final EchoHost leg = firstHost.get(vlan);
        if (leg == null) {
            throw new IllegalArgumentException("host 1 has no leg in VLAN " + vlan);
        }
        return leg.ping(Hosts.address(1, subnet)).thenApply(roundTripNs -> true);
    }

    @Override
    public void close() {
        firstHost.clear();
    }
}
