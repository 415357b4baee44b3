package dev.javf.virtio.net;

import dev.javf.linux.virtio.Virtio;
import dev.javf.packet.MacAddress;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** A request over the control queue (VirtIO 1.2, 5.1.6.5), taken apart. */
sealed interface ControlRequest {
    /** Longest request: two tables of addresses. */
    int MAX_BYTES = 2 + 2 * (Integer.BYTES + Limits.ADDRESSES * MacAddress.LENGTH_BYTES);

    /** Receive mode. */
    record ReceiveMode(boolean isAllMulticast, boolean isOn) implements ControlRequest {}

    /** Which addresses to receive. */
    record Addresses(List<MacAddress> unicast, List<MacAddress> multicast)
            implements ControlRequest {}

    /** The device's own address. */
    record Address(MacAddress mac) implements ControlRequest {}

    /** A VLAN filter. */
    record Vlan(int vlan, boolean isWanted) implements ControlRequest {}

    /** The guest has announced itself. */
    record Announced() implements ControlRequest {}

    /** How many queue pairs the guest uses. */
    record QueuePairs(int pairs) implements ControlRequest {}

    /** Numbers of requests that are refused when they are exceeded. */
    final class Limits {
        /** Entries of one table of addresses. */
        static final int ADDRESSES = 256;

        private Limits() {}
    }

    /**
     * Takes a request apart.
     *
     * @param bytes class, command and data; nothing in it is believed.
     * @param lengthBytes 0 to {@link #MAX_BYTES}.
     * @return the request, or null if it isn't one that this device knows, in its exact length.
     */
    static @Nullable ControlRequest decode(final MemorySegment bytes, final int lengthBytes) {
        if (lengthBytes < 2) {
            return null;
        }
        final int requestClass = Byte.toUnsignedInt(bytes.get(ValueLayout.JAVA_BYTE, 0));
        final int command = Byte.toUnsignedInt(bytes.get(ValueLayout.JAVA_BYTE, 1));
        final MemorySegment data = bytes.asSlice(2, lengthBytes - 2);
        if (requestClass == Virtio.VIRTIO_NET_CTRL_RX()) {
            return receiveMode(command, data);
        }
        if (requestClass == Virtio.VIRTIO_NET_CTRL_MAC()) {
            return command == Virtio.VIRTIO_NET_CTRL_MAC_TABLE_SET()
                    ? addresses(data)
                    : command == Virtio.VIRTIO_NET_CTRL_MAC_ADDR_SET() ? address(data) : null;
        }
        if (requestClass == Virtio.VIRTIO_NET_CTRL_VLAN()) {
            return vlan(command, data);
        }
        if (requestClass == Virtio.VIRTIO_NET_CTRL_ANNOUNCE()) {
            return command == Virtio.VIRTIO_NET_CTRL_ANNOUNCE_ACK() && data.byteSize() == 0
                    ? new Announced()
                    : null;
        }
        return requestClass == Virtio.VIRTIO_NET_CTRL_MQ()
                        && command == Virtio.VIRTIO_NET_CTRL_MQ_VQ_PAIRS_SET()
                        && data.byteSize() == Short.BYTES
                ? new QueuePairs(get16(data))
                : null;
    }

    private static @Nullable ControlRequest receiveMode(
            final int command, final MemorySegment data) {
        if (data.byteSize() != 1 || command > Virtio.VIRTIO_NET_CTRL_RX_ALLMULTI()) {
            return null;
        }
        return new ReceiveMode(
                command == Virtio.VIRTIO_NET_CTRL_RX_ALLMULTI(),
                data.get(ValueLayout.JAVA_BYTE, 0) != 0);
    }

    private static @Nullable ControlRequest address(final MemorySegment data) {
        if (data.byteSize() != MacAddress.LENGTH_BYTES) {
            return null;
        }
        final MacAddress mac = MacAddress.read(data, 0);
        return mac.isMulticast() || mac.isZero() ? null : new Address(mac);
    }

    private static @Nullable ControlRequest vlan(final int command, final MemorySegment data) {
        final int lastVlan = 4094;
        if (data.byteSize() != Short.BYTES || command > Virtio.VIRTIO_NET_CTRL_VLAN_DEL()) {
            return null;
        }
        final int vlan = get16(data);
        return vlan > lastVlan
                ? null
                : new Vlan(vlan, command == Virtio.VIRTIO_NET_CTRL_VLAN_ADD());
    }

    private static @Nullable ControlRequest addresses(final MemorySegment data) {
        final List<MacAddress> unicast = table(data, 0, false);
        if (unicast == null) {
            return null;
        }
        final long second = Integer.BYTES + (long) unicast.size() * MacAddress.LENGTH_BYTES;
        final List<MacAddress> multicast = table(data, second, true);
        return multicast == null
                        || second
                                        + Integer.BYTES
                                        + (long) multicast.size() * MacAddress.LENGTH_BYTES
                                != data.byteSize()
                ? null
                : new Addresses(unicast, multicast);
    }

    /** One table; null if it isn't whole, too long, or has an address of the other kind. */
    private static @Nullable List<MacAddress> table(
            final MemorySegment data, final long offset, final boolean isMulticast) {
        if (data.byteSize() < offset + Integer.BYTES) {
            return null;
        }
        final int entries =
                data.get(ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), offset);
        final long start = offset + Integer.BYTES;
        if (entries < 0
                || entries > Limits.ADDRESSES
                || data.byteSize() - start < (long) entries * MacAddress.LENGTH_BYTES) {
            return null;
        }
        final List<MacAddress> table = new ArrayList<>(entries);
        for (int i = 0; i < entries; i++) {
            final MacAddress mac =
                    MacAddress.read(data, start + (long) i * MacAddress.LENGTH_BYTES);
            if (mac.isMulticast() != isMulticast) {
                return null;
            }
            table.add(mac);
        }
        return List.copyOf(table);
    }

    private static int get16(final MemorySegment data) {
        return Short.toUnsignedInt(
                data.get(ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), 0));
    }
}
