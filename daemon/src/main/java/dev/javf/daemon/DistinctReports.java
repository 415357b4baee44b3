package dev.javf.daemon;

import java.util.HashSet;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Logs what a guest or its monitor makes a port say, each line once: either can make the same thing
 * happen as often as it likes. For one thread.
 */
final class DistinctReports implements Consumer<String> {
    private static final int LINES = 128;

    private final System.Logger logger;
    private final Set<String> lines = new HashSet<>();

    /**
     * Logs to a logger.
     *
     * @param logger where to.
     */
    DistinctReports(final System.Logger logger) {
        this.logger = logger;
    }

    @Override
    public void accept(final String line) {
        if (lines.size() < LINES && lines.add(line)) {
            logger.log(System.Logger.Level.INFO, line);
        } else if (lines.size() == LINES && lines.add("")) {
            logger.log(
                    System.Logger.Level.WARNING,
                    "further lines of this port are left out; the last was: " + line);
        }
    }
}
