package dev.javf.virtio.net;

import dev.javf.linux.virtio.Virtio;
import dev.javf.virtio.Feature;
import dev.javf.virtio.net.NetworkControl.Answer;

/** Does what the guest asks for over the control queue, or has the network do it. */
final class ControlRequests implements ControlQueue.Handler {
    private final NetSettings settings;
    private final NetQueues queues;
    private final NetworkControl network;
    private final NetConfiguration configuration;
    private final StationAddresses addresses;
    private final VlanTable vlans;

    ControlRequests(
            final NetSettings settings,
            final NetQueues queues,
            final NetworkControl network,
            final NetConfiguration configuration,
            final StationAddresses addresses,
            final VlanTable vlans) {
        this.settings = settings;
        this.queues = queues;
        this.network = network;
        this.configuration = configuration;
        this.addresses = addresses;
        this.vlans = vlans;
    }

    @Override
    public Answer handle(final ControlRequest request) {
        return switch (request) {
            case ControlRequest.ReceiveMode mode -> receiveMode(mode);
            case ControlRequest.Addresses table ->
                    queues.has(Feature.CTRL_RX)
                            ? network.addresses(table.unicast(), table.multicast())
                            : NetworkControl.REFUSED;
            case ControlRequest.Address address ->
                    queues.has(Feature.CTRL_MAC_ADDR)
                            ? network.address(address.mac())
                            : NetworkControl.REFUSED;
            case ControlRequest.Vlan vlan -> vlan(vlan);
            case ControlRequest.Announced announced ->
                    queues.has(Feature.GUEST_ANNOUNCE)
                            ? NetworkControl.DONE
                            : NetworkControl.REFUSED;
            case ControlRequest.QueuePairs pairs ->
                    queues.has(Feature.MQ)
                                    && pairs.pairs() >= 1
                                    && pairs.pairs() <= settings.maxQueuePairs()
                            ? NetworkControl.DONE
                            : NetworkControl.REFUSED;
        };
    }

    private Answer receiveMode(final ControlRequest.ReceiveMode mode) {
        if (!queues.has(Feature.CTRL_RX)) {
            return NetworkControl.REFUSED;
        }
        return mode.isAllMulticast()
                ? network.receiveMode(addresses.isPromiscuous(), mode.isOn())
                : network.receiveMode(mode.isOn(), addresses.isAllMulticast());
    }

    /** VLAN 0 means frames with a priority only, and what is so already is done. */
    private Answer vlan(final ControlRequest.Vlan request) {
        if (!queues.has(Feature.CTRL_VLAN)) {
            return NetworkControl.REFUSED;
        }
        return request.vlan() == 0 || vlans.contains(request.vlan()) == request.isWanted()
                ? NetworkControl.DONE
                : network.vlan(request.vlan(), request.isWanted());
    }

    @Override
    public void done(final ControlRequest request) {
        switch (request) {
            case ControlRequest.ReceiveMode mode -> {
                if (mode.isAllMulticast()) {
                    addresses.mode(addresses.isPromiscuous(), mode.isOn());
                } else {
                    addresses.mode(mode.isOn(), addresses.isAllMulticast());
                }
            }
            case ControlRequest.Address address -> {
                configuration.mac(address.mac());
                addresses.own(address.mac());
            }
            case ControlRequest.Vlan vlan -> vlans.set(vlan.vlan(), vlan.isWanted());
            case ControlRequest.Announced announced ->
                    configuration.status(configuration.status() & ~Virtio.VIRTIO_NET_S_ANNOUNCE());
            case ControlRequest.QueuePairs pairs -> queues.activePairs(pairs.pairs());
            case ControlRequest.Addresses table ->
                    addresses.table(table.unicast(), table.multicast());
        }
    }
}
