package dev.javf.daemon.service;

import dev.javf.linux.LinuxException;
import dev.javf.linux.UnixAddress;
import dev.javf.linux.UnixSocket;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * Tells systemd how the service is (sd_notify(3)): datagrams of {@code NAME=VALUE} lines to the
 * socket that the environment names. Without one nothing is sent. One thread at a time.
 */
final class SystemdNotifier {
    private static final System.Logger LOGGER = System.getLogger(SystemdNotifier.class.getName());

    private final @Nullable UnixAddress address;

    /** Half of the time after which systemd kills the service; 0 if it doesn't watch. */
    private final long watchdogPeriodNs;

    /**
     * A notifier.
     *
     * @param environment of the process: NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID count.
     * @param pid of the process.
     */
    SystemdNotifier(final Map<String, String> environment, final long pid) {
        final String socket = environment.get("NOTIFY_SOCKET");
        address = socket == null || socket.isEmpty() ? null : new UnixAddress(socket);
        final String usec = environment.getOrDefault("WATCHDOG_USEC", "0");
        final String watched = environment.getOrDefault("WATCHDOG_PID", Long.toString(pid));
        watchdogPeriodNs =
                watched.equals(Long.toString(pid)) && usec.matches("\\d{1,15}")
                        ? Long.parseLong(usec) * 1000 / 2
                        : 0;
    }

    /** How often systemd wants to hear {@code WATCHDOG=1}, in nanoseconds; 0 for never. */
    long watchdogPeriodNs() {
        return watchdogPeriodNs;
    }

    /**
     * Sends one datagram. What can't be sent is logged: the service goes on.
     *
     * @param lines such as {@code READY=1\nSTATUS=all is well}.
     */
    void send(final String lines) {
        if (address == null) {
            return;
        }
        try (UnixSocket socket = UnixSocket.connect(UnixSocket.Kind.DATAGRAM, address);
                Arena arena = Arena.ofConfined()) {
            final MemorySegment bytes =
                    arena.allocateFrom(
                            ValueLayout.JAVA_BYTE, lines.getBytes(StandardCharsets.UTF_8));
            final int sent = socket.send(bytes, 0, (int) bytes.byteSize());
            if (sent < 0) {
                LOGGER.log(System.Logger.Level.WARNING, "systemd can't be told: errno " + -sent);
            }
        } catch (final LinuxException e) {
            LOGGER.log(System.Logger.Level.WARNING, "systemd can't be told: " + e.getMessage());
        }
    }
}
