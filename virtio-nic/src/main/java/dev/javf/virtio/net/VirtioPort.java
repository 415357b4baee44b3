package dev.javf.virtio.net;

import dev.javf.packet.PacketPort;
import dev.javf.packet.PacketVector;

/**
 * A port whose other end is a virtual machine, or an application that drives a virtio device: the
 * device, and the socket by which it is reached. All of it, the socket included, runs on the
 * poller's thread; so memory that the other end takes away is never touched afterwards, without any
 * lock.
 */
public abstract class VirtioPort implements PacketPort {
    /** Polls between two looks at a socket that has been silent: a look costs system calls. */
    private static final int POLLS_PER_LOOK = 64;

    /** Looks in vain, one at each poll, after which a socket counts as silent. */
    private static final int EAGER_LOOKS = 1024;

    private final VirtioNet device;
    private int pollsUntilLook;
    private int eagerLooks;

    /**
     * A port.
     *
     * @param device behind it, which becomes this object's.
     */
    protected VirtioPort(final VirtioNet device) {
        this.device = device;
    }

    /** The device behind the port. */
    public final VirtioNet device() {
        return device;
    }

    /** Whether a machine's monitor, or a front-end, is connected. */
    public abstract boolean isConnected();

    /** How many have connected so far. */
    protected abstract long connections();

    /**
     * Serves the socket and whatever else there is beside packets.
     *
     * @return how much there was to do; 0 if nothing.
     */
    protected abstract int look();

    /** A page of the other end's memory is gone (SIGBUS): it loses its connection, nobody else. */
    protected abstract void lose(InternalError error);

    /** The next duty cycle is to {@link #look}, whatever was found before. */
    protected final void lookSoon() {
        pollsUntilLook = 0;
    }

    @Override
    public final String name() {
        return device.name();
    }

    @Override
    public final int doWork() {
        if (--pollsUntilLook > 0) {
            return 0;
        }
        final int workCount = look();
        device.counters().connections().set(connections());
        device.counters().connected().set(isConnected() ? 1 : 0);
        // Whoever sets a device up waits for each answer, one after the other.
        eagerLooks = workCount > 0 ? EAGER_LOOKS : Math.max(0, eagerLooks - 1);
        pollsUntilLook = eagerLooks > 0 ? 1 : POLLS_PER_LOOK;
        return workCount;
    }

    @Override
    public final int receive(final PacketVector vector) {
        final int before = vector.size();
        try {
            return device.receive(vector);
        } catch (final InternalError e) {
            lose(e);
            return vector.size() - before;
        }
    }

    @Override
    public final int transmit(final PacketVector vector) {
        final int before = vector.size();
        try {
            return device.transmit(vector);
        } catch (final InternalError e) {
            lose(e);
            return before - vector.size();
        }
    }

    @Override
    public final int offloads() {
        return device.offloads();
    }
}
