package dev.javf.sim;

import dev.javf.packet.MacAddress;

import org.jspecify.annotations.Nullable;

import java.util.HashSet;
import java.util.Set;

/**
 * A VF's place at the {@link EthernetSwitch}: the rules of its virtual station interface, as the PF
 * sets them. Nothing here has a default that a PF sets up for a new VF: a port starts without any
 * rule, so the PF adds the broadcast address and the VLAN 0 rules itself, and turns the spoof check
 * on. For the switch's thread.
 *
 * <p>MAC rules forward frames to the port, VLAN rules only prune: without {@link
 * #rxVlanPruning(boolean)}, which is off as it is for an E810's VFs (Linux ice driver, private flag
 * vf-vlan-pruning), a tagged frame reaches the port whatever its VLAN rules are. With {@link
 * #txVlanFiltering(boolean)} the port may send with its VLANs only.
 */
public final class SwitchPort {
    private final EthernetSwitch owner;
    private final String name;
    private final int index;
    private final PortCounters counters = new PortCounters();
    private final Set<Long> macs = new HashSet<>();
    private final VlanSet vlans = new VlanSet();
    private @Nullable FrameReceiver receiver;
    private int portVlanTag;
    private boolean macSpoofCheck;
    private boolean txVlanFiltering;
    private boolean rxVlanPruning;
    private boolean promiscuousUnicast;
    private boolean promiscuousMulticast;
    private boolean defaultVsi;
    private boolean linkUp = true;
    private boolean trusted;

    SwitchPort(final EthernetSwitch owner, final String name, final int index) {
        this.owner = owner;
        this.name = name;
        this.index = index;
    }

    /** Name for messages. */
    public String name() {
        return name;
    }

    /** Number of the port at its switch, from 0. */
    public int index() {
        return index;
    }

    /** What the port has counted. */
    public PortCounters counters() {
        return counters;
    }

    /**
     * Forwards frames with a destination address to the port; and lets the port use it as source
     * address.
     *
     * @param mac unicast, multicast, or broadcast.
     * @return false when the rule was there.
     */
    public boolean addMac(final MacAddress mac) {
        if (!macs.add(mac.value())) {
            return false;
        }
        owner.macs().add(mac.value(), index);
        return true;
    }

    /**
     * Takes a MAC rule away.
     *
     * @param mac its address.
     * @return false when there was none.
     */
    public boolean removeMac(final MacAddress mac) {
        if (!macs.remove(mac.value())) {
            return false;
        }
        owner.macs().remove(mac.value(), index);
        return true;
    }

    /**
     * Whether there is a MAC rule.
     *
     * @param mac its address.
     */
    public boolean hasMac(final MacAddress mac) {
        return macs.contains(mac.value());
    }

    /** Number of MAC rules. */
    public int macCount() {
        return macs.size();
    }

    /**
     * Adds a VLAN rule.
     *
     * @param tpid 0x8100, 0x88a8 or 0x9100; 0 with VLAN 0 for untagged frames. In single VLAN mode
     *     that rule passes priority-tagged frames as well.
     * @param vid 0 to 4095.
     * @return false when the rule was there.
     * @throws IllegalArgumentException when there can be no such rule.
     */
    public boolean addVlan(final int tpid, final int vid) {
        return vlans.add(tpid, vid);
    }

    /**
     * Takes a VLAN rule away.
     *
     * @param tpid as in {@link #addVlan}.
     * @param vid 0 to 4095.
     * @return false when there was none.
     */
    public boolean removeVlan(final int tpid, final int vid) {
        return vlans.remove(tpid, vid);
    }

    /**
     * Whether there is a VLAN rule.
     *
     * @param tpid as in {@link #addVlan}.
     * @param vid 0 to 4095.
     */
    public boolean hasVlan(final int tpid, final int vid) {
        return vlans.contains(tpid, vid);
    }

    /** Number of VLAN rules, those of VLAN 0 included. */
    public int vlanCount() {
        return vlans.size();
    }

    /**
     * Puts the port into a VLAN that its driver doesn't see: inserted in what it sends, stripped
     * from what it receives. Turns Rx pruning on, as it is with any port VLAN.
     *
     * @param tpid 0x8100, 0x88a8 or 0x9100.
     * @param vid 1 to 4094.
     * @param qos priority, 0 to 7.
     */
    public void portVlan(final int tpid, final int vid, final int qos) {
        if (VlanSet.table(tpid) < 0 || vid < 1 || vid > 4094 || qos < 0 || qos > 7) {
            throw new IllegalArgumentException(
                    name
                            + ": port VLAN "
                            + vid
                            + " with TPID 0x"
                            + Integer.toHexString(tpid)
                            + " and priority "
                            + qos
                            + "; it has TPID 0x8100, 0x88a8 or 0x9100, VLAN 1 to 4094, priority 0"
                            + " to 7");
        }
        portVlanTag = tpid << 16 | qos << 13 | vid;
    }

    /** Takes the port out of its port VLAN. */
    public void clearPortVlan() {
        portVlanTag = 0;
    }

    /** Whether the port has a port VLAN. */
    public boolean hasPortVlan() {
        return portVlanTag != 0;
    }

    /** TPID in bits 31..16 and TCI in bits 15..0 of the port VLAN's tag; 0 when there is none. */
    public int portVlanTag() {
        return portVlanTag;
    }

    /**
     * Whether the source address of a frame sent must be one of the port's MAC rules.
     *
     * @param on true to check.
     */
    public void macSpoofCheck(final boolean on) {
        macSpoofCheck = on;
    }

    /** Whether source addresses are checked. */
    public boolean macSpoofCheck() {
        return macSpoofCheck;
    }

    /**
     * Whether a frame sent must have one of the port's VLANs. The PF decides when: an ice PF from
     * the first VLAN of a spoof-checked VF to the last.
     *
     * @param on true to check.
     */
    public void txVlanFiltering(final boolean on) {
        txVlanFiltering = on;
    }

    /** Whether VLANs of frames sent are checked. */
    public boolean txVlanFiltering() {
        return txVlanFiltering;
    }

    /**
     * Whether a frame received must have one of the port's VLANs. With a port VLAN it must be that,
     * whatever is said here.
     *
     * @param on true to prune.
     */
    public void rxVlanPruning(final boolean on) {
        rxVlanPruning = on;
    }

    /** Whether frames received are pruned by VLAN, as far as no port VLAN decides it. */
    public boolean rxVlanPruning() {
        return rxVlanPruning;
    }

    /**
     * Whether the port gets a copy of every unicast frame.
     *
     * @param on true for all.
     */
    public void promiscuousUnicast(final boolean on) {
        promiscuousUnicast = on;
        owner.listen(this);
    }

    /** Whether the port gets every unicast frame. */
    public boolean promiscuousUnicast() {
        return promiscuousUnicast;
    }

    /**
     * Whether the port gets every multicast and broadcast frame.
     *
     * @param on true for all.
     */
    public void promiscuousMulticast(final boolean on) {
        promiscuousMulticast = on;
        owner.listen(this);
    }

    /** Whether the port gets every multicast frame. */
    public boolean promiscuousMulticast() {
        return promiscuousMulticast;
    }

    /**
     * Whether the port gets the unicast frames that no MAC rule claims.
     *
     * @param on true to get them.
     */
    public void defaultVsi(final boolean on) {
        defaultVsi = on;
        owner.listen(this);
    }

    /** Whether the port gets the unicast frames that no MAC rule claims. */
    public boolean defaultVsi() {
        return defaultVsi;
    }

    /**
     * Whether frames pass at all. {@code ip link set ... vf N state disable} makes the hardware
     * drop what the VF sends (ip-link(8)).
     *
     * @param up true to pass them.
     */
    public void linkUp(final boolean up) {
        linkUp = up;
    }

    /** Whether frames pass. */
    public boolean linkUp() {
        return linkUp;
    }

    /**
     * Remembers whether the host trusts the VF. The switch doesn't care; the PF does.
     *
     * @param on true when trusted.
     */
    public void trusted(final boolean on) {
        trusted = on;
    }

    /** Whether the host trusts the VF. */
    public boolean trusted() {
        return trusted;
    }

    /**
     * Takes all MAC and VLAN rules away, and promiscuity: what belongs to the VF and not to the
     * host's settings for it. Counters start anew.
     */
    public void reset() {
        for (final long mac : macs) {
            owner.macs().remove(mac, index);
        }
        macs.clear();
        vlans.clear();
        promiscuousUnicast(false);
        promiscuousMulticast(false);
        defaultVsi(false);
        txVlanFiltering = false;
        counters.reset();
    }

    void receiver(final FrameReceiver newReceiver) {
        receiver = newReceiver;
    }

    @Nullable FrameReceiver receiver() {
        return receiver;
    }

    VlanSet vlans() {
        return vlans;
    }

    boolean isPruning() {
        return rxVlanPruning || portVlanTag != 0;
    }
}
