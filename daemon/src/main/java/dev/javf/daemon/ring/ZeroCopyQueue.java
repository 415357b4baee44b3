package dev.javf.daemon.ring;

import dev.javf.client.RingLayout;
import dev.javf.packet.AddressFilter;
import dev.javf.packet.Ethernet;
import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketVector;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.ValueLayout;

/**
 * A queue whose packets stay in the buffers of the function, which the client maps. A buffer is
 * either the daemon's (in its pool, or with the device) or the client's, at one of its queues:
 *
 * <pre>
 *              a received packet is put, or an empty buffer into a Tx slot
 *            ---------------------------------------------------------------&gt;
 *  DAEMON'S                                                                    CLIENT'S, QUEUE n
 *            &lt;---------------------------------------------------------------
 *              a packet is taken, an Rx slot comes back, or the client is gone
 * </pre>
 *
 * The client may exchange the buffers of slots that are its own, so a buffer that comes back is
 * believed only if it is the client's at this very queue: none comes back twice, and none of
 * another queue, whose poller may be another thread.
 *
 * <p>What is in a buffer the client can change at any time, also after it has been checked here. So
 * headers are read here and nowhere else in the daemon, and decide about nothing but this packet.
 */
final class ZeroCopyQueue extends RingQueue {
    private static final byte DAEMONS = 0;

    private final long poolAddress;
    private final AddressFilter addresses;
    private final int strideBytes;

    /** Buffer to owner; all queues' of the session. Each writes only what is its own. */
    private final byte[] owners;

    private final byte own;

    ZeroCopyQueue(
            final RingPort port, final RingSession session, final int number, final byte[] owners) {
        super(port, session, number);
        this.owners = owners;
        own = (byte) (number + 1);
        poolAddress = pool.memory().address();
        addresses = port.addresses();
        strideBytes = pool.strideBytes();
    }

    @Override
    boolean start() {
        if (pool.available() < slots) {
            return false;
        }
        for (int slot = 0; slot < slots; slot++) {
            stock(slot);
        }
        return true;
    }

    /** Gives the client an empty buffer to send from. */
    private void stock(final int i) {
        final int buffer = pool.allocate();
        owners[buffer] = own;
        tx.replace(i, RingLayout.place(buffer, 0, 0));
    }

    private boolean isOwn(final int buffer) {
        return buffer >= 0 && buffer < owners.length && owners[buffer] == own;
    }

    /** Collects what the client has read: the device may wait for it. */
    @Override
    @Nullable Violation doWork() {
        final int before = rx.given();
        if (rx.room(slots) < 0) {
            return Violation.POSITION;
        }
        final int after = rx.given();
        for (int i = -before; i < -after; i++) {
            final int buffer = RingLayout.buffer(rx.place(i));
            if (!isOwn(buffer)) {
                return Violation.BUFFER;
            }
            owners[buffer] = DAEMONS;
            pool.free(buffer);
        }
        return null;
    }

    @Override
    @Nullable Violation begin(final int wanted) {
        final Violation violation = doWork();
        return violation == null ? super.begin(Math.min(wanted, slots - rx.given())) : violation;
    }

    @Override
    void leave() {
        for (int buffer = 0; buffer < owners.length; buffer++) {
            if (owners[buffer] == own) {
                owners[buffer] = DAEMONS;
                pool.free(buffer);
            }
        }
    }

    @Override
    int takeable() {
        return pool.available();
    }

    @Override
    @Nullable Violation checkPlace(final int slot, final long place) {
        if (!isOwn(RingLayout.buffer(place))) {
            return Violation.BUFFER;
        }
        final int lengthBytes = RingLayout.lengthBytes(place);
        return lengthBytes < Ethernet.HEADER_BYTES
                        || lengthBytes > maxFrameBytes
                        || RingLayout.offsetBytes(place) + lengthBytes > strideBytes
                ? Violation.LENGTH
                : null;
    }

    @Override
    boolean take(
            final PacketVector vector,
            final int i,
            final long place,
            final int vlan,
            final int flags) {
        final int buffer = RingLayout.buffer(place);
        final int offsetBytes = RingLayout.offsetBytes(place);
        if (isWellHeaded(
                poolAddress + pool.bufferOffset(buffer) + offsetBytes,
                flags == 0 || (vlan & Ethernet.VLAN_ID_MASK) == 0)) {
            stock(i);
            owners[buffer] = DAEMONS;
            vector.add(buffer, offsetBytes, RingLayout.lengthBytes(place), vlan, flags, 0);
        }
        return true;
    }

    /** What the forwarder checks of other ports' packets; a packet that isn't stays in its slot. */
    private boolean isWellHeaded(final long address, final boolean isUntagged) {
        if (!addresses.owns(MacAddress.readValue(ALL, address + Ethernet.SOURCE_OFFSET))) {
            counters.rxSpoofed().increment();
            return false;
        }
        final int type =
                Short.toUnsignedInt(
                        Short.reverseBytes(
                                ALL.get(
                                        ValueLayout.JAVA_SHORT_UNALIGNED,
                                        address + Ethernet.TYPE_OFFSET)));
        if (isUntagged && (type == Ethernet.TPID_8021Q || type == Ethernet.TPID_8021AD)) {
            counters.rxTagged().increment();
            return false;
        }
        return true;
    }

    @Override
    long place(final PacketVector vector, final int from, final int i, final int lengthBytes) {
        return (vector.flags(from) & PacketVector.FLAG_SEGMENTED) == 0
                ? RingLayout.place(vector.buffer(from), vector.offsetBytes(from), lengthBytes)
                : NOWHERE;
    }

    @Override
    boolean give(final int buffer) {
        owners[buffer] = own;
        return true;
    }

    /** Buffers that the client has at this queue, for tests. */
    int clientsBuffers() {
        int count = 0;
        for (final byte owner : owners) {
            count += owner == own ? 1 : 0;
        }
        return count;
    }
}
