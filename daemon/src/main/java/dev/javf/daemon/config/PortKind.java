package dev.javf.daemon.config;

import dev.javf.daemon.PortBinding;

import java.util.List;

/** A kind of ports: its keys in the configuration, and how one is opened. See {@link PortKinds}. */
public interface PortKind {
    /** As written after {@code kind =}. */
    String name();

    /** One sentence for the reference. */
    String description();

    /** The kind's own keys. */
    List<Key<?>> keys();

    /**
     * What two ports can't both have, such as a device or a socket.
     *
     * @param port of this kind.
     * @return what it takes, in words; it is compared with those of all other ports.
     */
    String resource(PortSection port);

    /**
     * Packet buffers that a port needs of its function when it has the function, with buffers that
     * no other function uses, to itself.
     *
     * @param port of this kind.
     * @return 0 for a port that shares them.
     */
    default int ownBuffers(final PortSection port) {
        return 0;
    }

    /**
     * Opens a port. May block; not on the conductor's or a poller's thread.
     *
     * @param port of this kind.
     * @param context what it is to be opened with.
     * @return the port in its place.
     * @throws dev.javf.linux.LinuxException when the kernel refuses.
     * @throws IllegalArgumentException when a setting can't be.
     */
    PortBinding open(PortSection port, PortContext context);
}
