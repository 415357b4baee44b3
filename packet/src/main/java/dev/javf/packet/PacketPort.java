package dev.javf.packet;

import dev.javf.linux.Descriptor;

import org.jspecify.annotations.Nullable;

/**
 * Where packets enter and leave the forwarding: a TAP device, another process's ring, a virtual
 * machine. A port belongs to one poller, and all its methods but {@link #close} are called on that
 * poller's thread. None of these blocks, allocates or throws for anything that traffic can cause.
 */
public interface PacketPort extends AutoCloseable {
    /** The name that configuration, counters and messages give it. */
    String name();

    /**
     * Appends the packets that have arrived to a vector, as many as it has room for. Their buffers
     * come from the pool that the port was made with and belong to the caller.
     *
     * @param vector gets them.
     * @return how many.
     */
    int receive(PacketVector vector);

    /**
     * Sends packets, in order. Those taken leave the vector and their buffers belong to the port,
     * which frees them; the rest, for which there is no room now, stay in the vector and belong to
     * the caller. A packet that can't be sent at all (too long, too short) is taken, counted and
     * dropped.
     *
     * @param vector the packets.
     * @return how many were taken.
     */
    int transmit(PacketVector vector);

    /**
     * What {@link #transmit} takes care of by itself for packets that ask for it. For everything
     * else ({@link SoftwareOffload}, {@link SegmentCutter}) whoever gives it the packets has to;
     * those of a virtual function ask for nothing.
     *
     * @return some of {@link PacketVector#FLAGS_TX_OFFLOAD}; may change between two calls.
     */
    default int offloads() {
        return 0;
    }

    /**
     * Whether {@link #receive} has looked at the packets' headers itself, because somebody else can
     * change them afterwards: none has another source address than those behind the port, and none
     * that is untagged has a VLAN tag among its bytes. Nobody reads them again then.
     */
    default boolean checksHeaders() {
        return false;
    }

    /**
     * What becomes readable when {@link #receive} finds something, for a poller that sleeps.
     *
     * @return null when nothing does: then the port has to be polled.
     */
    default @Nullable Descriptor readiness() {
        return null;
    }

    /**
     * What the port has to do besides packets. Called in every duty cycle of its poller, also while
     * the virtual function moves no packets; unlike {@link #receive} it may cost system calls and,
     * for what isn't traffic, allocations.
     *
     * @return how much there was to do; 0 if nothing.
     */
    default int doWork() {
        return 0;
    }

    /** Frees the packets that the port still holds. The poller calls nothing after it. */
    default void releaseBuffers() {}

    /**
     * Closes what is behind the port. Called after {@link #releaseBuffers}, on any thread but the
     * poller's or the conductor's: it may block, as closing a TAP device does for tens of
     * milliseconds.
     */
    @Override
    void close();
}
