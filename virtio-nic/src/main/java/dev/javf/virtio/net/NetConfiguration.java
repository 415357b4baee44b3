package dev.javf.virtio.net;

import dev.javf.linux.virtio.Virtio;
import dev.javf.packet.MacAddress;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** The device configuration that the driver reads (VirtIO 1.2, 5.1.4). For one thread. */
final class NetConfiguration {
    static final int LENGTH_BYTES = 24;

    private static final int STATUS = 6;
    private static final int MAX_QUEUE_PAIRS = 8;
    private static final int MTU = 10;
    private static final int SPEED = 12;
    private static final int DUPLEX = 16;
    private static final int FULL_DUPLEX = 1;
    private static final int UNKNOWN_DUPLEX = 0xFF;
    private static final ValueLayout.OfShort LE16 =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt LE32 =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final MemorySegment bytes = Arena.ofAuto().allocate(LENGTH_BYTES, Long.BYTES);

    NetConfiguration(final NetSettings settings) {
        mac(settings.mac());
        status(Virtio.VIRTIO_NET_S_LINK_UP());
        bytes.set(LE16, MAX_QUEUE_PAIRS, (short) settings.maxQueuePairs());
        bytes.set(LE16, MTU, (short) settings.mtu());
        bytes.set(LE32, SPEED, settings.speedMbps());
        bytes.set(
                ValueLayout.JAVA_BYTE,
                DUPLEX,
                (byte) (settings.speedMbps() < 0 ? UNKNOWN_DUPLEX : FULL_DUPLEX));
    }

    void mac(final MacAddress mac) {
        mac.write(bytes, 0);
    }

    MacAddress mac() {
        return MacAddress.read(bytes, 0);
    }

    int status() {
        return bytes.get(LE16, STATUS);
    }

    void status(final int bits) {
        bytes.set(LE16, STATUS, (short) bits);
    }

    /** One byte; 0 beyond the end. */
    int read(final long offset) {
        return offset < LENGTH_BYTES
                ? Byte.toUnsignedInt(bytes.get(ValueLayout.JAVA_BYTE, offset))
                : 0;
    }
}
