package dev.javf.sim;

/**
 * A VLAN that the host puts a VF into: inserted on transmit, stripped on receive, unseen by the VF.
 *
 * @param tpid 0x8100, or 0x88A8 in double VLAN mode.
 * @param vlanId 1 to 4094.
 * @param priority 0 to 7.
 */
public record PortVlan(int tpid, int vlanId, int priority) {}
