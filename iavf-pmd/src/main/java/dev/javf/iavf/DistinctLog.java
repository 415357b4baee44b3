package dev.javf.iavf;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.HashMap;
import java.util.Map;

/**
 * Log lines that a misbehaving PF can't turn into a flood. Lines are told apart by a key; the first
 * of a key is written at once, those that follow within ten seconds are only counted, and the next
 * one after that says how many there were. For the conductor.
 */
final class DistinctLog {
    static final long QUIET_NS = 10_000_000_000L;

    /** Keys are constants of the driver, so this is only a backstop. */
    private static final int KEYS_MAX = 256;

    private final Logger logger;
    private final String prefix;
    private final FlightRecorder recorder;
    private final Map<String, Entry> entries = new HashMap<>();

    private static final class Entry {
        private long quietUntilNs;
        private long suppressed;
    }

    DistinctLog(final Logger logger, final String prefix) {
        this(logger, prefix, new FlightRecorder());
    }

    DistinctLog(final Logger logger, final String prefix, final FlightRecorder recorder) {
        this.logger = logger;
        this.prefix = prefix;
        this.recorder = recorder;
    }

    /** Writes a line, always: for what happens rarely, such as a change of state. */
    void always(final Level level, final String line) {
        logger.log(level, () -> prefix + line);
    }

    /**
     * Writes a line, or counts it. The flight recorder gets it in any case.
     *
     * @param level of the line.
     * @param key what kind of line it is; a constant.
     * @param line what to write.
     * @param nowNs the time.
     */
    void distinct(final Level level, final String key, final String line, final long nowNs) {
        recorder.note(line);
        limited(level, key, line, nowNs);
    }

    /** The same, for what the flight recorder has in another form. */
    void limited(final Level level, final String key, final String line, final long nowNs) {
        final Entry known = entries.get(key);
        if (known == null && entries.size() >= KEYS_MAX) {
            return;
        }
        final Entry entry = known == null ? new Entry() : known;
        if (known == null) {
            entries.put(key, entry);
        } else if (nowNs - entry.quietUntilNs < 0) {
            entry.suppressed++;
            return;
        }
        entry.quietUntilNs = nowNs + QUIET_NS;
        final String repeated =
                entry.suppressed == 0 ? "" : " (" + entry.suppressed + " more of these since)";
        entry.suppressed = 0;
        always(level, line + repeated);
    }
}
