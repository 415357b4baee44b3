package dev.javf.daemon.config;

import dev.javf.daemon.PollerWaiting;
import dev.javf.daemon.counters.CountersFileWriter;

import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Section {@code daemon}: what concerns the whole process.
 *
 * @param values as read.
 */
public record DaemonSection(Values values) {
    private static final int BUFFERS_MAX = 1 << 20;
    private static final int POLLERS_MAX = 64;

    static final Key<Integer> PACKET_BUFFERS =
            Key.of(
                    "packet-buffers",
                    ValueType.integer(1024, BUFFERS_MAX),
                    "8192",
                    "Packet buffers of 2048 bytes. All rings of all functions take theirs from"
                            + " here: 2 x ring-length for each queue pair, and at least 1024 for"
                            + " each function.");

    static final Key<Integer> POLLERS =
            Key.of(
                    "pollers",
                    ValueType.integer(1, POLLERS_MAX),
                    "1",
                    "Threads that move packets. Each has queues, ports and packet buffers of its"
                            + " own: at least 2 x ring-length for each queue pair, and what is left"
                            + " of packet-buffers in equal parts.");

    static final Key<List<String>> WAITING =
            Key.of(
                    "waiting",
                    ValueType.list(
                            ValueType.choice(
                                    Arrays.stream(PollerWaiting.values())
                                            .map(PollerWaiting::label)
                                            .toList())),
                    "back-off",
                    "What a poller does when there is nothing to do, one for each; the last also"
                            + " for all others. busy-spin looks again at once; back-off naps for up"
                            + " to 50 us after a while; interrupt sleeps until something comes.");

    static final Key<Long> CLOSE_TIMEOUT =
            Key.of(
                    "close-timeout",
                    ValueType.duration(
                            TimeUnit.MILLISECONDS.toNanos(100), TimeUnit.MINUTES.toNanos(10)),
                    "10s",
                    "How long an orderly stop may take; then the daemon goes without waiting for"
                            + " the PF.");

    static final Key<Long> STALL_THRESHOLD =
            Key.of(
                    "stall-threshold",
                    ValueType.duration(
                            TimeUnit.MILLISECONDS.toNanos(1), TimeUnit.MINUTES.toNanos(1)),
                    "1s",
                    "A pause between two duty cycles of the conductor or a poller that is reported"
                            + " as a stall.");

    static final Key<Long> WARM_UP =
            Key.optional(
                    "warm-up",
                    ValueType.duration(0, TimeUnit.SECONDS.toNanos(10)),
                    "Processor time that the first poller spends on packets between simulated"
                            + " functions before it takes any queue, so that the JVM has compiled"
                            + " the packet path when packets come; 0s for none. Unless set it is"
                            + " 100ms, and none when all functions are simulated.");

    static final Key<Path> FLIGHT_RECORDS =
            Key.optional(
                    "flight-records",
                    ValueType.path(),
                    "Folder for flight records, which are written when a function fails: the last"
                            + " 4096 messages, register events and transitions. The newest 16"
                            + " are kept. Without it none are written; `javfctl trace` shows them"
                            + " anyway.");

    static final Key<Path> COUNTERS_FILE =
            Key.optional(
                    "counters-file",
                    ValueType.path(),
                    "File of all counters, for other processes to map: `javfctl top` reads it."
                            + " Unless set it is beside the control socket, with `.counters` for"
                            + " `.sock`; there is none for a socket of the form @NAME.");

    static final Key<Integer> COUNTERS_CAPACITY =
            Key.optional(
                    "counters-capacity",
                    ValueType.integer(0, CountersFileWriter.CAPACITY_MAX),
                    "Counters that there is room for in the file, 640 bytes each; 0 for no file."
                            + " Unless set it is enough for twice what is configured, and at least"
                            + " 2048.");

    static final Key<String> LOG_LEVEL =
            Key.of(
                    "log-level",
                    ValueType.choice(List.of("error", "warning", "info", "debug")),
                    "info",
                    "What is logged to the standard error, which systemd keeps in its journal. A"
                            + " reload changes it.");

    static final List<Key<?>> KEYS =
            List.of(
                    PACKET_BUFFERS,
                    POLLERS,
                    WAITING,
                    CLOSE_TIMEOUT,
                    STALL_THRESHOLD,
                    WARM_UP,
                    FLIGHT_RECORDS,
                    COUNTERS_FILE,
                    COUNTERS_CAPACITY,
                    LOG_LEVEL);

    /** Number of packet buffers. */
    public int packetBuffers() {
        return values.get(PACKET_BUFFERS);
    }

    /** Number of pollers. */
    public int pollers() {
        return values.get(POLLERS);
    }

    /** How they wait, the last also for all others. */
    public List<PollerWaiting> waiting() {
        return values.get(WAITING).stream().map(PollerWaiting::of).toList();
    }

    /** How long an orderly stop may take, in nanoseconds. */
    public long closeTimeoutNs() {
        return values.get(CLOSE_TIMEOUT);
    }

    /** From where on a pause is a stall, in nanoseconds. */
    public long stallThresholdNs() {
        return values.get(STALL_THRESHOLD);
    }

    /** Processor time to spend on a warm-up, in nanoseconds; null for what suits the functions. */
    public @Nullable Long warmUpNs() {
        return values.find(WARM_UP).orElse(null);
    }

    /** Where flight records go; null for nowhere. */
    public @Nullable Path flightRecords() {
        return values.find(FLIGHT_RECORDS).orElse(null);
    }

    /** Where the counters are; null for beside the control socket. */
    public @Nullable Path countersFile() {
        return values.find(COUNTERS_FILE).orElse(null);
    }

    /** How many counters the file has room for; null for what is needed. */
    public @Nullable Integer countersCapacity() {
        return values.find(COUNTERS_CAPACITY).orElse(null);
    }

    /** {@code error}, {@code warning}, {@code info} or {@code debug}. */
    public String logLevel() {
        return values.get(LOG_LEVEL);
    }

    /** The same, but for the level of the log, which can change while the daemon runs. */
    public DaemonSection withLogLevelOf(final DaemonSection other) {
        return new DaemonSection(values.with(LOG_LEVEL, other.values));
    }

    /** Whether all values are the same, wherever they are written. */
    public boolean sameAs(final DaemonSection other) {
        return values.sameAs(other.values);
    }
}
