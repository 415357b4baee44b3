package dev.javf.daemon.demo;

import dev.javf.daemon.PortBinding;
import dev.javf.daemon.PortCounters;
import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketPool;

import org.agrona.concurrent.SystemNanoClock;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/** Hosts in this process, for those who may not make TAP devices. */
final class EchoTraffic implements Traffic {
    private static final long ANSWER_TIMEOUT_MS = 1000;
    private static final long UNANSWERED = -1;

    private final PacketPool pool;
    private final Map<Integer, EchoHost> hosts = new HashMap<>();

    EchoTraffic(final PacketPool pool) {
        this.pool = pool;
    }

    @Override
    public String description() {
        return "two hosts inside this process, with their own ARP and ICMP echo";
    }

    @Override
    public PortBinding openPort(final int side, final int vlan, final MacAddress mac) {
        final EchoHost host =
                new EchoHost(
                        "host" + side + "-vlan" + vlan,
                        mac,
                        Traffic.address(side, vlan),
                        pool,
                        SystemNanoClock.INSTANCE);
        if (side == 0) {
            hosts.put(vlan, host);
        }
        return new PortBinding(host, vlan, mac, new PortCounters());
    }

    @Override
    public List<Long> ping(final int vlan, final int addressVlan, final int count)
            throws InterruptedException {
        final EchoHost host = hosts.get(vlan);
        final List<Long> roundTripsNs = new ArrayList<>();
        for (int i = 0; host != null && i < count; i++) {
            try {
                final long roundTripNs =
                        host.ping(Traffic.address(1, addressVlan))
                                .completeOnTimeout(
                                        UNANSWERED, ANSWER_TIMEOUT_MS, TimeUnit.MILLISECONDS)
                                .get();
                if (roundTripNs != UNANSWERED) {
                    roundTripsNs.add(roundTripNs);
                }
            } catch (final ExecutionException e) {
                throw new IllegalStateException(e.getCause());
            }
        }
        return roundTripsNs;
    }

    @Override
    public void close() {
        hosts.clear();
    }
}
