package dev.javf.daemon.service;

import dev.javf.daemon.DutyCycle;

import java.util.ArrayList;
import java.util.List;

/**
 * How the daemon is.
 *
 * @param level the worst of all.
 * @param isReady whether every required function is up with all its ports.
 * @param reasons why it isn't fine, a line each.
 */
record Health(Level level, boolean isReady, List<String> reasons) {
    /** How old the conductor's last answer may be. */
    static final long STUCK_NS = 5_000_000_000L;

    /** From fine to not fine at all; the place in the list is javfctl's exit status. */
    enum Level {
        /** All is as it should be. */
        OK,
        /** It works, but not all is as it is asked for. */
        DEGRADED,
        /** A required function doesn't move packets, or the conductor is stuck. */
        FAILED
    }

    static Health of(final Service service) {
        final List<String> degraded = new ArrayList<>();
        final List<String> failed = new ArrayList<>();
        boolean isReady = !service.isDraining();
        if (service.isDraining()) {
            failed.add("drained: all functions are let go");
        }
        for (final ServiceFunction function : service.functions()) {
            final FunctionSnapshot snapshot = function.snapshot();
            final List<String> reasons = function.section().isRequired() ? failed : degraded;
            final long ageNs = service.clock().nanoTime() - snapshot.takenNs();
            if (snapshot.takenNs() != 0 && ageNs > STUCK_NS) {
                failed.add(
                        "the conductor hasn't answered for "
                                + ageNs / 1_000_000_000L
                                + " s: "
                                + stalls(service.dutyCycles()));
                isReady = false;
                break;
            }
            isReady &= function.isReady() || !function.section().isRequired();
            if (service.isDraining()) {
                continue;
            }
            if (!snapshot.isUp()) {
                reasons.add(
                        function.name()
                                + " is "
                                + snapshot.state()
                                + why(function.missing(), snapshot.failure()));
            } else if (!snapshot.isLinkUp()) {
                degraded.add(function.name() + " has no link");
            }
            snapshot.differences()
                    .forEach(difference -> degraded.add(function.name() + ": " + difference));
            for (final ServicePort port : function.ports()) {
                if (!port.isOpen()) {
                    reasons.add(
                            "port "
                                    + port.section().name()
                                    + " isn't open"
                                    + (port.failure().isEmpty() ? "" : ": " + port.failure()));
                }
            }
        }
        if (service.errorCount() > 0) {
            degraded.add(service.errorCount() + " errors in duty cycles; see the log");
        }
        final Level level =
                !failed.isEmpty() ? Level.FAILED : degraded.isEmpty() ? Level.OK : Level.DEGRADED;
        failed.addAll(degraded);
        return new Health(level, isReady, List.copyOf(failed));
    }

    private static String why(final String missing, final String failure) {
        final String text = missing.isEmpty() ? failure : missing;
        return text.isEmpty() ? "" : ": " + text;
    }

    private static String stalls(final List<DutyCycle> cycles) {
        return cycles.stream()
                .map(cycle -> cycle.name() + " " + cycle.beats() + " beats")
                .toList()
                .toString();
    }
}
