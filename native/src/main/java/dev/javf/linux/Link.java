package dev.javf.linux;

import dev.javf.linux.net.Net;

/**
 * A network device as rtnetlink describes it.
 *
 * @param index the kernel's number for it, unique in its network namespace.
 * @param name of the device.
 * @param flags the IFF_ bits of linux/if.h.
 * @param mtu in bytes.
 * @param macAddress 48 bits, the first octet in the most significant; 0 if it has no Ethernet
 *     address.
 */
public record Link(int index, String name, int flags, int mtu, long macAddress) {
    /** Whether it was brought up. */
    public boolean isUp() {
        return (flags & Net.IFF_UP()) != 0;
    }

    /** Whether it is up and its other end is there. */
    public boolean isRunning() {
        return (flags & Net.IFF_RUNNING()) != 0;
    }
}
