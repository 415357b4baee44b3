package dev.javf.virtio.vhost;

import dev.javf.linux.EventFd;

import org.jspecify.annotations.Nullable;

/**
 * What a front-end has said about one ring. It outlives the device status: a front-end may set
 * status 0 and ask for the position afterwards. Only the ring's own requests, a reset of the device
 * and the end of the connection change it.
 */
final class Vring {
    private int size;
    private int position;
    private long descriptorAddress;
    private long availableAddress;
    private long usedAddress;
    private boolean isPlaced;
    private boolean isKicked;
    private boolean isEnabled;
    private @Nullable EventFd call;

    void size(final int descriptors) {
        size = descriptors;
    }

    int size() {
        return size;
    }

    void position(final int next) {
        position = next;
    }

    int position() {
        return position;
    }

    /** Addresses of the front-end's. */
    void place(final long descriptors, final long available, final long used) {
        descriptorAddress = descriptors;
        availableAddress = available;
        usedAddress = used;
        isPlaced = true;
    }

    boolean isAt(final long descriptors, final long available, final long used) {
        return isPlaced
                && descriptorAddress == descriptors
                && availableAddress == available
                && usedAddress == used;
    }

    long descriptorAddress() {
        return descriptorAddress;
    }

    long availableAddress() {
        return availableAddress;
    }

    long usedAddress() {
        return usedAddress;
    }

    void kicked(final boolean isStarted) {
        isKicked = isStarted;
    }

    /** Whether everything is known that a ring needs to be started. */
    boolean isReady() {
        return isKicked && isPlaced && size > 0;
    }

    void enabled(final boolean isOn) {
        isEnabled = isOn;
    }

    boolean isEnabled() {
        return isEnabled;
    }

    /** Who is to be told of used buffers; null for nobody. The one before is closed. */
    void call(final @Nullable EventFd eventFd) {
        if (call != null) {
            call.close();
        }
        call = eventFd;
    }

    void signal() {
        if (call != null) {
            call.signal();
        }
    }

    void reset() {
        call(null);
        size = 0;
        position = 0;
        isPlaced = false;
        isKicked = false;
        isEnabled = false;
    }
}
