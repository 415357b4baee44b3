package dev.javf.daemon.service;

import dev.javf.daemon.DutyCycle;
import dev.javf.daemon.control.ControlServer;
import dev.javf.daemon.telemetry.TelemetryServer;
import dev.javf.linux.Epoll;

import org.agrona.CloseHelper;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.NanoClock;
import org.jspecify.annotations.Nullable;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The thread beside the conductor: it serves the control socket, asks the conductor now and then
 * how the functions are, and tells systemd. Whatever clients do, it is this thread that they keep
 * busy.
 */
final class ServiceAgent implements Agent {
    private static final long REFRESH_NS = TimeUnit.MILLISECONDS.toNanos(100);

    /** Until the daemon is ready for the first time somebody waits for it. */
    private static final long STARTING_REFRESH_NS = TimeUnit.MILLISECONDS.toNanos(10);

    private static final int WAIT_MS = 20;
    private static final int STARTING_WAIT_MS = 5;
    private static final int AWAITING_MS = 1;
    private static final int EPOLL_EVENTS = 64;

    private final Service service;
    private final Sockets sockets;
    private final SystemdNotifier systemd;
    private final NanoClock clock;
    private final Map<String, Long> beats = new HashMap<>();
    private boolean isReady;
    private String status = "";
    private long refreshNs;
    private long watchdogNs;

    /**
     * The sockets that it serves, and what waits for all of them.
     *
     * @param epoll that they are watched by.
     * @param control javfctl's.
     * @param telemetry of DPDK's tools; null for none.
     */
    record Sockets(Epoll epoll, ControlServer control, @Nullable TelemetryServer telemetry)
            implements AutoCloseable {
        /** For sockets of one thread. */
        static Epoll newEpoll() {
            return Epoll.create(EPOLL_EVENTS);
        }

        @Override
        public void close() {
            CloseHelper.closeAll(control, telemetry, epoll);
        }
    }

    /**
     * An agent.
     *
     * @param service what it is about.
     * @param sockets become this object's.
     * @param systemd is told.
     */
    ServiceAgent(final Service service, final Sockets sockets, final SystemdNotifier systemd) {
        this.service = service;
        this.sockets = sockets;
        this.systemd = systemd;
        clock = service.clock();
        refreshNs = clock.nanoTime();
        watchdogNs = refreshNs;
    }

    /** Waits until there may be something to do; for an idle strategy. */
    void await() {
        final int idleMs = isReady ? WAIT_MS : STARTING_WAIT_MS;
        sockets.epoll().poll(sockets.control().isBusy() ? AWAITING_MS : idleMs);
    }

    @Override
    public int doWork() {
        final long nowNs = clock.nanoTime();
        int work = sockets.control().doWork(nowNs);
        final TelemetryServer telemetry = sockets.telemetry();
        if (telemetry != null) {
            work += telemetry.doWork(nowNs);
        }
        if (nowNs - refreshNs >= 0) {
            refreshNs = nowNs + (isReady ? REFRESH_NS : STARTING_REFRESH_NS);
            service.functions().forEach(ServiceFunction::refresh);
            tellState();
            work++;
        }
        final long periodNs = systemd.watchdogPeriodNs();
        if (periodNs > 0 && nowNs - watchdogNs >= 0) {
            watchdogNs = nowNs + periodNs / 2;
            feedWatchdog();
            work++;
        }
        return work;
    }

    private void tellState() {
        final Health health = service.health();
        final String next = describe(health);
        if (health.isReady() && !isReady) {
            isReady = true;
            status = next;
            systemd.send("READY=1\nSTATUS=" + next);
        } else if (!next.equals(status)) {
            status = next;
            systemd.send("STATUS=" + next);
        }
    }

    private static String describe(final Health health) {
        final String first = health.reasons().isEmpty() ? "" : ": " + health.reasons().getFirst();
        return (health.isReady() ? "ready, " : "not ready, ")
                + ServiceCommands.lower(health.level())
                + first.replace('\n', ' ');
    }

    /** Feeds it only if the conductor and every poller have moved since the last time. */
    private void feedWatchdog() {
        final List<DutyCycle> cycles = service.dutyCycles();
        boolean hasMoved = true;
        for (final DutyCycle cycle : cycles) {
            final Long before = beats.put(cycle.name(), cycle.beats());
            hasMoved &= before == null || before != cycle.beats();
        }
        if (hasMoved) {
            systemd.send("WATCHDOG=1");
        }
    }

    @Override
    public String roleName() {
        return "javf-control";
    }

    @Override
    public void onClose() {
        sockets.close();
    }
}
