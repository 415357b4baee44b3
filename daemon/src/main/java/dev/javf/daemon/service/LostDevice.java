package dev.javf.daemon.service;

import dev.javf.daemon.FunctionClient;
import dev.javf.daemon.config.ConfigurationException;
import dev.javf.daemon.config.FunctionSection;
import dev.javf.iavf.LifecycleState;
import dev.javf.vfio.PciDevice;

import org.agrona.concurrent.NanoClock;

import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Looks for the device of a function that was pulled out, or that the system wanted back, and takes
 * it up again when it is there: every {@value #RETRY_S} s, for as long as it takes.
 */
final class LostDevice {
    /** Seconds from one try to the next. */
    static final int RETRY_S = 5;

    private static final System.Logger LOGGER = System.getLogger(LostDevice.class.getName());

    private final String name;
    private final FunctionClient client;
    private final ScheduledExecutorService worker;
    private final Source devices;
    private final NanoClock clock;

    /** Why it isn't there; empty while it is. */
    private volatile String missing = "";

    private volatile boolean isForgotten;

    /** Whether the function had its device. */
    private volatile boolean wasThere;

    /** When it came back; what was seen before doesn't count. */
    private volatile long backNs = Long.MIN_VALUE;

    /** Opens a function's device. */
    @FunctionalInterface
    interface Source {
        /**
         * Opens it.
         *
         * @param section of the function.
         * @return the caller's.
         * @throws ConfigurationException if it can't be opened, or isn't there.
         */
        PciDevice open(FunctionSection section) throws ConfigurationException;
    }

    /**
     * Nothing is lost yet.
     *
     * @param name of the function.
     * @param client of the function.
     * @param worker runs what may block.
     * @param devices opens the device.
     * @param clock of the snapshots.
     */
    LostDevice(
            final String name,
            final FunctionClient client,
            final ScheduledExecutorService worker,
            final Source devices,
            final NanoClock clock) {
        this.name = name;
        this.client = client;
        this.worker = worker;
        this.devices = devices;
        this.clock = clock;
    }

    /** Why it isn't there; empty while it is. Any thread. */
    String missing() {
        return missing;
    }

    /** It isn't looked for any more. Any thread. */
    void forget() {
        isForgotten = true;
    }

    /**
     * Looks whether it is lost, and begins to look for it if so. One thread.
     *
     * @param now how the function is.
     * @param section what is asked for, when it is back.
     * @param onReturn called on the worker's thread when the function is being opened again.
     */
    void look(
            final FunctionSnapshot now,
            final Supplier<FunctionSection> section,
            final Runnable onReturn) {
        if (now.takenNs() < backNs) {
            return;
        }
        switch (now.state()) {
            case REMOVED, CLOSED -> {
                if (wasThere) {
                    wasThere = false;
                    begin(now.state(), section, onReturn);
                }
            }
            case CLOSING -> {}
            default -> wasThere = true;
        }
    }

    private void begin(
            final LifecycleState state,
            final Supplier<FunctionSection> section,
            final Runnable onReturn) {
        missing(
                state == LifecycleState.REMOVED
                        ? "its device is gone"
                        : "the system wanted its device back");
        final var _ =
                client.close()
                        .whenComplete((closed, error) -> again(() -> open(section, onReturn)));
    }

    private void missing(final String why) {
        if (!why.equals(missing)) {
            missing = why;
            LOGGER.log(
                    System.Logger.Level.ERROR,
                    name + ": " + why + "; looking for it every " + RETRY_S + " s");
        }
    }

    private void again(final Runnable attempt) {
        if (!isForgotten) {
            final var _ = worker.schedule(attempt, RETRY_S, TimeUnit.SECONDS);
        }
    }

    /** On the worker's thread. */
    private void open(final Supplier<FunctionSection> section, final Runnable onReturn) {
        if (isForgotten) {
            return;
        }
        final PciDevice device;
        try {
            device = devices.open(section.get());
        } catch (final ConfigurationException e) {
            missing(String.valueOf(e.getMessage()));
            again(() -> open(section, onReturn));
            return;
        }
        final var _ =
                client.reopen(device)
                        .whenCompleteAsync(
                                (state, error) -> {
                                    if (error == null) {
                                        backNs = clock.nanoTime();
                                        wasThere = true;
                                        missing = "";
                                        LOGGER.log(
                                                System.Logger.Level.WARNING,
                                                name + ": its device is back");
                                        onReturn.run();
                                    } else {
                                        device.close();
                                        missing(String.valueOf(error.getMessage()));
                                        again(() -> open(section, onReturn));
                                    }
                                },
                                worker);
    }
}
