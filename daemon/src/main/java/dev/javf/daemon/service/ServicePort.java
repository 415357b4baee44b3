package dev.javf.daemon.service;

import dev.javf.daemon.PortBinding;
import dev.javf.daemon.config.PortSection;
import dev.javf.daemon.ring.CapturePort;
import dev.javf.packet.PacketPort;

import org.jspecify.annotations.Nullable;

/**
 * A port as it is now. Immutable.
 *
 * @param section what is asked for.
 * @param binding the open port; null while it isn't open.
 * @param failure why it isn't open; empty if it is, or was not tried yet.
 */
record ServicePort(PortSection section, @Nullable PortBinding binding, String failure) {
    boolean isOpen() {
        return binding != null;
    }

    /**
     * The open port, if it is of a kind.
     *
     * @param type the kind.
     * @return null if it is another, or isn't open.
     */
    <T extends PacketPort> @Nullable T port(final Class<T> type) {
        return binding != null
                        && binding.port() instanceof final CapturePort watchable
                        && type.isInstance(watchable.port())
                ? type.cast(watchable.port())
                : null;
    }

    String state() {
        if (isOpen()) {
            return "open";
        }
        return failure.isEmpty() ? "waiting" : "failed";
    }
}
