package dev.javf.daemon.service;

import dev.javf.iavf.Difference;
import dev.javf.iavf.LifecycleState;
import dev.javf.iavf.VirtualFunction;
import dev.javf.iavf.VirtualFunctionListener;

import java.lang.System.Logger.Level;
import java.util.Map;

/** Logs what happens to the functions, under their names in the configuration. */
final class LoggingListener implements VirtualFunctionListener {
    private static final System.Logger LOGGER = System.getLogger("javf.function");

    private final Map<String, String> names;
    private final Map<String, FunctionMeters> meters;

    /**
     * A listener.
     *
     * @param names in the configuration, by device; more may come.
     * @param meters that are told, too, by device; more may come.
     */
    LoggingListener(final Map<String, String> names, final Map<String, FunctionMeters> meters) {
        this.names = names;
        this.meters = meters;
    }

    /** Names in the configuration, by device. */
    Map<String, String> names() {
        return names;
    }

    /** Who is told, too, by device. */
    Map<String, FunctionMeters> meters() {
        return meters;
    }

    private void log(final Level level, final VirtualFunction function, final String what) {
        LOGGER.log(level, names.getOrDefault(function.name(), function.name()) + ": " + what);
    }

    @Override
    public void onStateChange(
            final VirtualFunction virtualFunction,
            final LifecycleState from,
            final LifecycleState to,
            final String reason) {
        log(Level.INFO, virtualFunction, from + " -> " + to + " (" + reason + ")");
        final FunctionMeters own = meters.get(virtualFunction.name());
        if (own != null) {
            own.onStateChange(virtualFunction, from, to, reason);
        }
    }

    @Override
    public void onLinkChange(
            final VirtualFunction virtualFunction, final boolean up, final int speedMbps) {
        log(Level.INFO, virtualFunction, up ? "link up, " + speedMbps + " Mb/s" : "link down");
        final FunctionMeters own = meters.get(virtualFunction.name());
        if (own != null) {
            own.onLinkChange(virtualFunction, up, speedMbps);
        }
    }

    @Override
    public void onDifference(final VirtualFunction virtualFunction, final Difference difference) {
        log(Level.WARNING, virtualFunction, difference.toString());
    }

    @Override
    public void onDifferenceResolved(
            final VirtualFunction virtualFunction, final Difference difference) {
        log(Level.INFO, virtualFunction, "resolved: " + difference);
    }

    @Override
    public void onNotice(final VirtualFunction virtualFunction, final String what) {
        log(Level.INFO, virtualFunction, what);
    }

    @Override
    public void onAlarm(final VirtualFunction virtualFunction, final String what) {
        log(Level.ERROR, virtualFunction, what);
    }
}
