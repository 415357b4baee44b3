package dev.javf.sim;

/**
 * A VLAN filter as the PF holds it.
 *
 * @param tpid the tag's EtherType: 0x8100, 0x88A8 or 0x9100; 0 together with VLAN 0 for untagged.
 * @param vlanId 0 to 4095.
 */
public record VlanKey(int tpid, int vlanId) implements Comparable<VlanKey> {
    @Override
    public int compareTo(final VlanKey other) {
        return tpid != other.tpid
                ? Integer.compare(tpid, other.tpid)
                : Integer.compare(vlanId, other.vlanId);
    }

    @Override
    public String toString() {
        return vlanId + "/0x" + Integer.toHexString(tpid);
    }
}
