package dev.javf.client;

import dev.javf.packet.Ethernet;
import dev.javf.packet.PacketVector;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;

/**
 * Writes packets to a file that tcpdump and Wireshark read: pcap with nanoseconds
 * (draft-ietf-opsawg-pcap, section 4), link type Ethernet. A VLAN tag is put back among the bytes.
 * One thread. Nothing is allocated for a packet.
 */
public final class PcapWriter implements AutoCloseable {
    private static final int MAGIC_NANOSECONDS = 0xA1B23C4D;
    private static final short MAJOR = 2;
    private static final short MINOR = 4;
    private static final int LINKTYPE_ETHERNET = 1;
    private static final int SNAP_BYTES = 65535;
    private static final int RECORD_HEADER_BYTES = 16;
    private static final int BUFFER_BYTES = 1 << 18;
    private static final long NS_PER_S = 1_000_000_000L;

    private final WritableByteChannel channel;
    private final ByteBuffer buffer =
            ByteBuffer.allocateDirect(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private final MemorySegment memory = MemorySegment.ofBuffer(buffer.duplicate());

    /**
     * Starts a file.
     *
     * @param channel of the file; becomes this object's.
     */
    public PcapWriter(final WritableByteChannel channel) {
        this.channel = channel;
        buffer.putInt(MAGIC_NANOSECONDS).putShort(MAJOR).putShort(MINOR);
        buffer.putInt(0).putInt(0).putInt(SNAP_BYTES).putInt(LINKTYPE_ETHERNET);
    }

    /**
     * Appends a packet.
     *
     * @param source where it is.
     * @param offset of its first byte.
     * @param lengthBytes 14 to 65531.
     * @param vlan its tag, if the flags say so.
     * @param flags {@code PacketVector.FLAG_...} bits.
     * @param epochNs when it came, in nanoseconds since 1970.
     * @throws IOException when the file can't be written.
     */
    public void write(
            final MemorySegment source,
            final long offset,
            final int lengthBytes,
            final int vlan,
            final int flags,
            final long epochNs)
            throws IOException {
        final boolean isTagged = (flags & PacketVector.FLAG_VLAN) != 0;
        final int written = lengthBytes + (isTagged ? Ethernet.VLAN_TAG_BYTES : 0);
        if (buffer.remaining() < RECORD_HEADER_BYTES + written) {
            flush();
        }
        buffer.putInt((int) (epochNs / NS_PER_S)).putInt((int) (epochNs % NS_PER_S));
        buffer.putInt(written).putInt(written);
        if (isTagged) {
            append(source, offset, Ethernet.TYPE_OFFSET);
            buffer.putShort(Short.reverseBytes((short) Ethernet.TPID_8021Q));
            buffer.putShort(Short.reverseBytes((short) vlan));
            append(source, offset + Ethernet.TYPE_OFFSET, lengthBytes - Ethernet.TYPE_OFFSET);
        } else {
            append(source, offset, lengthBytes);
        }
    }

    private void append(final MemorySegment source, final long offset, final int lengthBytes) {
        MemorySegment.copy(
                source,
                ValueLayout.JAVA_BYTE,
                offset,
                memory,
                ValueLayout.JAVA_BYTE,
                buffer.position(),
                lengthBytes);
        buffer.position(buffer.position() + lengthBytes);
    }

    /**
     * Writes what is in the buffer.
     *
     * @throws IOException when the file can't be written.
     */
    public void flush() throws IOException {
        buffer.flip();
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
        buffer.clear();
    }

    @Override
    public void close() throws IOException {
        try (channel) {
            flush();
        }
    }
}
