package dev.javf.sim;

import dev.javf.packet.Counter;
import dev.javf.packet.Ethernet;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The cable at a switch's uplink, in memory: what is behind it {@link #send}s frames to the switch
 * and {@link #receive}s those that leave it. Both directions are bounded queues; a frame that finds
 * no room is lost and counted, as on a real wire. One thread may hold the outer end, another one
 * runs the switch. Frames are without frame check sequence.
 */
public final class Wire {
    /** Room in each direction, in bytes: some hundred long frames. */
    static final int QUEUE_BYTES = 1 << 21;

    /** The longest frame, tags included: 9728 and two tags. */
    public static final int MAX_FRAME_BYTES = 9728 + 2 * Ethernet.VLAN_TAG_BYTES;

    private static final MemorySegment PADDING = Arena.global().allocate(Ethernet.MIN_FRAME_BYTES);

    private final FrameRing toSwitch = new FrameRing(QUEUE_BYTES);
    private final FrameRing fromSwitch = new FrameRing(QUEUE_BYTES);
    private volatile boolean attached;
    private volatile boolean linkUp = true;
    private final Counter sentFrames = new Counter();
    private final Counter sentLost = new Counter();
    private final Counter receivedFrames = new Counter();
    private final Counter receivedLost = new Counter();

    Wire() {}

    /** Whoever takes frames that leave the switch. */
    @FunctionalInterface
    public interface Receiver {
        /**
         * A frame.
         *
         * @param memory where it is, during the call.
         * @param offset of its first byte.
         * @param lengthBytes of the frame, 60 or more.
         */
        void onFrame(MemorySegment memory, long offset, int lengthBytes);
    }

    /**
     * Says whether somebody receives. Frames that leave the switch while nobody does are lost
     * without a count, or the queue would hold the oldest ones for ever.
     *
     * @param on true while {@link #receive} is called.
     */
    public void attached(final boolean on) {
        attached = on;
    }

    /**
     * Plugs the cable in or out; frames on an unplugged one are lost.
     *
     * @param up true for plugged in.
     */
    public void linkUp(final boolean up) {
        linkUp = up;
    }

    /** Whether the cable is plugged in. */
    public boolean linkUp() {
        return linkUp;
    }

    /**
     * Sends a frame to the switch. For the thread at the outer end.
     *
     * @param memory where it is.
     * @param offset of its first byte.
     * @param lengthBytes 14 to {@link #MAX_FRAME_BYTES}.
     * @return false when it is lost: too short or too long, link down, or no room.
     */
    public boolean send(final MemorySegment memory, final long offset, final int lengthBytes) {
        final long at =
                lengthBytes < Ethernet.HEADER_BYTES || lengthBytes > MAX_FRAME_BYTES || !linkUp
                        ? FrameRing.NONE
                        : toSwitch.claim(lengthBytes);
        if (at == FrameRing.NONE) {
            sentLost.increment();
            return false;
        }
        MemorySegment.copy(memory, offset, toSwitch.memory(), at, lengthBytes);
        toSwitch.publish();
        sentFrames.increment();
        return true;
    }

    /**
     * Takes frames that left the switch. For the thread at the outer end.
     *
     * @param receiver what to do with each.
     * @param limit how many at most.
     * @return how many there were.
     */
    public int receive(final Receiver receiver, final int limit) {
        int count = 0;
        while (count < limit) {
            final long at = fromSwitch.peek();
            if (at == FrameRing.NONE) {
                break;
            }
            receiver.onFrame(fromSwitch.memory(), at, fromSwitch.lengthBytes(at));
            fromSwitch.release(at);
            count++;
        }
        return count;
    }

    /** Frames sent to the switch. */
    public long sentFrames() {
        return sentFrames.value();
    }

    /** Frames that {@link #send} lost. */
    public long sentLost() {
        return sentLost.value();
    }

    /** Frames that left the switch and were queued for {@link #receive}. */
    public long receivedFrames() {
        return receivedFrames.value();
    }

    /** Frames that left the switch and were lost: link down, or no room. */
    public long receivedLost() {
        return receivedLost.value();
    }

    FrameRing toSwitch() {
        return toSwitch;
    }

    /** A frame leaves the switch. */
    void transmit(final Frame frame) {
        if (!linkUp) {
            receivedLost.increment();
            return;
        }
        if (!attached) {
            return;
        }
        final int lengthBytes = frame.lengthBytes();
        final int onWireBytes = Math.max(lengthBytes, Ethernet.MIN_FRAME_BYTES);
        final long at = fromSwitch.claim(onWireBytes);
        if (at == FrameRing.NONE) {
            receivedLost.increment();
            return;
        }
        final MemorySegment memory = fromSwitch.memory();
        final long end = frame.copyTo(memory, at);
        if (onWireBytes > lengthBytes) {
            MemorySegment.copy(PADDING, 0, memory, end, onWireBytes - lengthBytes);
        }
        fromSwitch.publish();
        receivedFrames.increment();
    }
}
