package dev.javf.sim.program;

import dev.javf.linux.Epoll;
import dev.javf.linux.TapDevice;
import dev.javf.linux.libc.Libc;
import dev.javf.sim.Wire;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The port's cable, plugged into a TAP device of the kernel. What either end has no room for is
 * lost, as on a real wire. For the model's thread.
 */
final class TapUplink implements AutoCloseable {
    private static final int BURST = 64;
    private static final int TOO_LONG = -Libc.EMSGSIZE();

    /** The kernel cuts what doesn't fit; one byte more shows that it has. */
    private static final int ROOM_BYTES = Wire.MAX_FRAME_BYTES + 1;

    private final Wire wire;
    private final TapDevice tap;
    private final MemorySegment frame = Arena.ofAuto().allocate(ROOM_BYTES);
    private final Wire.Receiver receiver = this::toTap;
    private long lost;
    private boolean isGone;

    /**
     * Makes the device and brings it up; it goes when this is closed.
     *
     * @param name of the device, in this process's network namespace.
     * @param wire of the PF's switch.
     * @param epoll is to watch the device.
     * @throws dev.javf.linux.LinuxException if the name is in use, or it isn't permitted.
     * @throws IllegalArgumentException if the name can't be one.
     */
    TapUplink(final String name, final Wire wire, final Epoll epoll) {
        this.wire = wire;
        tap = TapDevice.open(name);
        try {
            tap.up(true);
            epoll.add(tap.descriptor(), Libc.EPOLLIN(), 0);
        } catch (final RuntimeException e) {
            tap.close();
            throw e;
        }
        wire.attached(true);
    }

    /**
     * Moves frames both ways.
     *
     * @return how many.
     */
    int doWork() {
        int count = wire.receive(receiver, BURST);
        for (int i = 0; i < BURST && !isGone; i++) {
            final int lengthBytes = tap.read(frame, 0, ROOM_BYTES);
            if (lengthBytes == 0) {
                break;
            }
            if (lengthBytes < 0 && lengthBytes != TOO_LONG) {
                // Deleted by somebody else: it won't come back.
                isGone = true;
                break;
            }
            if (lengthBytes < 0 || !wire.send(frame, 0, lengthBytes)) {
                lost++;
            }
            count++;
        }
        return count;
    }

    private void toTap(final MemorySegment memory, final long offset, final int lengthBytes) {
        if (tap.write(memory, offset, lengthBytes) != lengthBytes) {
            lost++;
        }
    }

    /** Frames that either end had no room for, or that were too long. */
    long lost() {
        return lost;
    }

    @Override
    public void close() {
        wire.attached(false);
        tap.close();
    }
}
