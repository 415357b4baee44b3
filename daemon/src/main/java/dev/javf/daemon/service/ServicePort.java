package dev.javf.daemon.service;

import dev.javf.daemon.PortBinding;
import dev.javf.daemon.config.PortSection;

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

    String state() {
        if (isOpen()) {
            return "open";
        }
        return failure.isEmpty() ? "waiting" : "failed";
    }
}
