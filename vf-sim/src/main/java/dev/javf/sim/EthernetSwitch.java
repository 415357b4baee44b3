package dev.javf.sim;

import dev.javf.packet.Ethernet;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The switch in a physical function's port: a virtual Ethernet bridge (IEEE 802.1Qbg) between the
 * VFs and the uplink. It doesn't learn: MAC rules say where a destination address is. Unicast goes
 * to the ports that have the address, else to the uplink (or, from there, to the default port);
 * multicast and broadcast to every port with that address and to the uplink. No frame goes back to
 * where it came from.
 *
 * <p>For one thread, which also drives the ports' queues; only the {@link #wire} may be used by
 * another one.
 */
public final class EthernetSwitch {
    /** Ports that a switch has room for, the uplink not counted: an E810's VFs. */
    public static final int MAX_PORTS = 256;

    private final String name;
    private final boolean doubleVlanMode;
    private final List<SwitchPort> ports = new ArrayList<>();
    private final SwitchPort[] portTable = new SwitchPort[MAX_PORTS];
    private final ForwardingTable macs = new ForwardingTable();
    private final PortSet unicastListeners = new PortSet();
    private final PortSet multicastListeners = new PortSet();

    /** Promiscuous ports and default ones. */
    private final PortSet unclaimedListeners = new PortSet();

    private final Frame frame = new Frame();
    private final TxPacket packet = new TxPacket(this, frame);
    private final Wire wire = new Wire();
    private long nowNs;

    /**
     * A switch without ports.
     *
     * @param name for messages.
     * @param doubleVlanMode whether it filters and offloads the outer of two tags, of TPID 0x8100,
     *     0x88a8 or 0x9100; else it knows 0x8100 only.
     */
    public EthernetSwitch(final String name, final boolean doubleVlanMode) {
        this.name = name;
        this.doubleVlanMode = doubleVlanMode;
    }

    /** Name for messages. */
    public String name() {
        return name;
    }

    /** Whether the switch is in double VLAN mode. */
    public boolean doubleVlanMode() {
        return doubleVlanMode;
    }

    /**
     * Adds a port, with its link up and no rules.
     *
     * @param portName for messages.
     * @return the port.
     * @throws IllegalStateException when there are {@link #MAX_PORTS} already.
     */
    public SwitchPort addPort(final String portName) {
        if (ports.size() == MAX_PORTS) {
            throw new IllegalStateException(
                    name + ": no room for port " + portName + ", there are " + MAX_PORTS);
        }
        final SwitchPort port = new SwitchPort(this, portName, ports.size());
        portTable[port.index()] = port;
        ports.add(port);
        return port;
    }

    /** All ports but the uplink. */
    public List<SwitchPort> ports() {
        return Collections.unmodifiableList(ports);
    }

    /** What is plugged into the uplink. */
    public Wire wire() {
        return wire;
    }

    /**
     * Lets in what has come over the wire.
     *
     * @param frameLimit frames at most.
     * @return how many there were.
     */
    public int doWork(final int frameLimit) {
        final FrameRing ring = wire.toSwitch();
        int count = 0;
        while (count < frameLimit) {
            final long at = ring.peek();
            if (at == FrameRing.NONE) {
                break;
            }
            frame.clear();
            frame.borrow(ring.memory(), at, ring.lengthBytes(at), doubleVlanMode);
            forward(frame, null);
            ring.release(at);
            count++;
        }
        return count;
    }

    /** The time of the device's clock, as of this duty cycle. */
    long nowNs() {
        return nowNs;
    }

    /** Says what time it is. */
    void nowNs(final long timeNs) {
        nowNs = timeNs;
    }

    /** What ports' queues gather descriptors in. */
    TxPacket packet() {
        return packet;
    }

    ForwardingTable macs() {
        return macs;
    }

    /** What a port wants to hear beside its MAC rules has changed. */
    void listen(final SwitchPort port) {
        unicastListeners.set(port.index(), port.promiscuousUnicast());
        unclaimedListeners.set(port.index(), port.promiscuousUnicast() || port.defaultVsi());
        multicastListeners.set(port.index(), port.promiscuousMulticast());
    }

    /** A port's driver sends a frame: anti-spoof, port VLAN, then away. */
    void transmit(final Frame sent, final SwitchPort from) {
        final DropCause cause = check(sent, from);
        if (cause != null) {
            from.counters().dropped(cause);
            return;
        }
        if (from.hasPortVlan()) {
            sent.insertTag(from.portVlanTag());
        }
        from.counters().sent(sent.castKind(), sent.lengthBytes());
        forward(sent, from);
    }

    private @Nullable DropCause check(final Frame sent, final SwitchPort from) {
        if (!from.linkUp()) {
            return DropCause.TX_LINK_DOWN;
        }
        if (from.macSpoofCheck() && !isSourceOf(sent.source(), from.index())) {
            return DropCause.TX_SOURCE_ADDRESS;
        }
        if (from.hasPortVlan()) {
            return sent.tagCount() > 0 && !doubleVlanMode ? DropCause.TX_TAG_ON_PORT_VLAN : null;
        }
        return from.txVlanFiltering() && !passesVlan(sent, from) ? DropCause.TX_VLAN : null;
    }

    private boolean isSourceOf(final long mac, final int port) {
        final int row = macs.find(mac);
        return row != ForwardingTable.NONE && (macs.word(row, port / Long.SIZE) >>> port & 1) != 0;
    }

    private boolean passesVlan(final Frame checked, final SwitchPort port) {
        if (checked.tagCount() == 0) {
            return port.vlans().containsUntagged();
        }
        final int tag = checked.tag(0);
        final int vid = tag & Ethernet.VLAN_ID_MASK;
        return port.vlans().contains(tag >>> 16, vid)
                || (vid == 0 && !doubleVlanMode && port.vlans().containsUntagged());
    }

    private void forward(final Frame forwarded, final @Nullable SwitchPort from) {
        final int row = macs.find(forwarded.destination());
        if (forwarded.castKind() != Frame.UNICAST) {
            replicate(forwarded, from, row, multicastListeners);
            if (from != null) {
                wire.transmit(forwarded);
            }
            return;
        }
        if (row == ForwardingTable.NONE) {
            replicate(forwarded, from, row, unclaimedListeners);
            if (from != null) {
                wire.transmit(forwarded);
            }
            return;
        }
        final int only = macs.onlyPort(row);
        if (only == ForwardingTable.NONE || !unicastListeners.isEmpty()) {
            replicate(forwarded, from, row, unicastListeners);
        } else if (portTable[only] != from) {
            deliver(forwarded, portTable[only], from != null);
        }
    }

    /** To all ports of a MAC rule, if there is one, and all listeners. */
    private void replicate(
            final Frame replicated,
            final @Nullable SwitchPort from,
            final int row,
            final PortSet listeners) {
        for (int word = 0; word < ForwardingTable.WORDS; word++) {
            long targets = listeners.word(word);
            if (row != ForwardingTable.NONE) {
                targets |= macs.word(row, word);
            }
            while (targets != 0) {
                final SwitchPort target =
                        portTable[word * Long.SIZE + Long.numberOfTrailingZeros(targets)];
                targets &= targets - 1;
                if (target != from) {
                    deliver(replicated, target, from != null);
                }
            }
        }
    }

    private void deliver(final Frame delivered, final SwitchPort to, final boolean loopback) {
        if (!to.linkUp()) {
            to.counters().dropped(DropCause.RX_LINK_DOWN);
        } else if (to.isPruning() && !passesPruning(delivered, to)) {
            to.counters().dropped(DropCause.RX_VLAN_PRUNED);
        } else {
            final FrameReceiver receiver = to.receiver();
            if (receiver != null) {
                receiver.receive(delivered, loopback);
            }
        }
    }

    private boolean passesPruning(final Frame pruned, final SwitchPort to) {
        if (!to.hasPortVlan()) {
            return passesVlan(pruned, to);
        }
        final int priorityBits = 0xF000;
        return pruned.tagCount() > 0
                && (pruned.tag(0) & ~priorityBits) == (to.portVlanTag() & ~priorityBits);
    }
}
