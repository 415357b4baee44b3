package dev.javf.daemon.service;

import dev.javf.daemon.DutyCycle;
import dev.javf.daemon.LatencyRecorder;
import dev.javf.packet.PacketPool;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;

/** Metrics of the daemon's threads and memory, and of itself. */
final class ProcessFamilies {
    private static final double NS_PER_S = 1e9;
    private static final double CYCLES_PER_BEAT = 16;
    private static final List<String> THREAD = List.of("thread");
    private static final ProcessFacts FACTS = new ProcessFacts(Path.of("/proc/self"));

    /** The kernel keeps 15 bytes of a thread's name. */
    private static final int NAME_MAX = 15;

    private final FamilyList list;

    private ProcessFamilies(final FamilyList list) {
        this.list = list;
    }

    static void addTo(final FamilyList list) {
        final ProcessFamilies process = new ProcessFamilies(list);
        process.threads();
        process.durations();
        process.memory();
        process.daemon();
    }

    private void perThread(
            final String name,
            final MetricFamily.Type type,
            final String help,
            final ToDoubleFunction<DutyCycle> value) {
        list.add(
                name,
                type,
                THREAD,
                help,
                (service, samples) ->
                        service.dutyCycles()
                                .forEach(cycle ->
                                        samples.add(value.applyAsDouble(cycle), cycle.name())));
    }

    private void threads() {
        perThread(
                "javf_poll_iterations",
                MetricFamily.Type.COUNTER,
                "Duty cycles, counted by sixteens",
                cycle -> cycle.beats() * CYCLES_PER_BEAT);
        perThread(
                "javf_poll_busy_iterations",
                MetricFamily.Type.COUNTER,
                "Duty cycles that found something to do, one in 16 looked at and counted as 16",
                cycle -> cycle.busy() * CYCLES_PER_BEAT);
        perThread(
                "javf_poll_cycle_seconds_max",
                MetricFamily.Type.GAUGE,
                "The longest time between two beats, which are 16 duty cycles apart",
                cycle -> cycle.maxNs() / NS_PER_S);
        perThread(
                "javf_poll_stalls",
                MetricFamily.Type.COUNTER,
                "Times between two beats that were longer than daemon.stall-threshold",
                cycle -> (double) cycle.stalls());
        list.add(
                "javf_poll_context_switches",
                MetricFamily.Type.COUNTER,
                List.of("thread", "voluntary"),
                "Times that the thread was taken off its CPU",
                (service, samples) ->
                        perKnownThread(
                                service,
                                (name, facts) -> {
                                    samples.add(facts.voluntary(), name, "true");
                                    samples.add(facts.involuntary(), name, "false");
                                }));
        list.add(
                "javf_poll_cpu",
                MetricFamily.Type.GAUGE,
                THREAD,
                "The number of the CPU that the thread ran on last; -1 is unknown",
                (service, samples) ->
                        perKnownThread(service, (name, facts) -> samples.add(facts.cpu(), name)));
    }

    private static void perKnownThread(
            final Service service, final BiConsumer<String, ProcessFacts.ThreadFacts> reader) {
        final Map<String, ProcessFacts.ThreadFacts> threads = FACTS.threads();
        for (final DutyCycle cycle : service.dutyCycles()) {
            final String name = cycle.name();
            final ProcessFacts.ThreadFacts facts =
                    threads.get(name.length() > NAME_MAX ? name.substring(0, NAME_MAX) : name);
            if (facts != null) {
                reader.accept(name, facts);
            }
        }
    }

    private void durations() {
        list.add(
                "javf_poll_duration_seconds",
                MetricFamily.Type.HISTOGRAM,
                THREAD,
                "How long duty cycles took; one in 16 is timed",
                (service, samples) ->
                        service.dutyCycles()
                                .forEach(cycle ->
                                        samples.add(cycle.durations().buckets(), cycle.name())));
        list.add(
                "javf_poll_duration_quantile_seconds",
                MetricFamily.Type.SUMMARY,
                List.of("thread"),
                "The same since the start, by quantiles of an HdrHistogram",
                (service, samples) ->
                        service.dutyCycles()
                                .forEach(cycle -> samples.add(cycle.durations(), cycle.name())));
        list.add(
                "javf_poll_cpu_seconds",
                MetricFamily.Type.HISTOGRAM,
                THREAD,
                "How long the thread itself had a CPU in duty cycles, the conductor's only; one in"
                        + " 16 is timed",
                (service, samples) ->
                        perCpuTime(service, (name, times) -> samples.add(times.buckets(), name)));
        list.add(
                "javf_poll_cpu_quantile_seconds",
                MetricFamily.Type.SUMMARY,
                List.of("thread"),
                "The same since the start, by quantiles of an HdrHistogram",
                (service, samples) ->
                        perCpuTime(service, (name, times) -> samples.add(times, name)));
    }

    private static void perCpuTime(
            final Service service, final BiConsumer<String, LatencyRecorder> reader) {
        for (final DutyCycle cycle : service.dutyCycles()) {
            final LatencyRecorder times = cycle.cpuTimes();
            if (times != null) {
                reader.accept(cycle.name(), times);
            }
        }
    }

    private static double sum(final Service service, final ToLongFunction<PacketPool> what) {
        return service.packetPools().stream().mapToLong(what).sum();
    }

    private void memory() {
        final List<String> none = List.of();
        list.add(
                "javf_memory_pool_buffers",
                MetricFamily.Type.GAUGE,
                none,
                "Packet buffers that there are, free or in use",
                (service, samples) -> samples.add(sum(service, PacketPool::capacity)));
        list.add(
                "javf_memory_pool_bytes",
                MetricFamily.Type.GAUGE,
                none,
                "Memory of the packet buffers",
                (service, samples) ->
                        samples.add(
                                sum(service, pool -> (long) pool.capacity() * pool.strideBytes())));
        list.add(
                "javf_memory_used_bytes",
                MetricFamily.Type.GAUGE,
                none,
                "Memory of the packet buffers in use, about: it is read without asking their"
                        + " thread",
                (service, samples) ->
                        samples.add(
                                sum(
                                        service,
                                        pool ->
                                                (long) (pool.capacity() - pool.available())
                                                        * pool.strideBytes())));
        list.add(
                "javf_memory_pinned_bytes",
                MetricFamily.Type.GAUGE,
                none,
                "Memory that this process has locked, what functions may reach included; -1 is"
                        + " unknown",
                (service, samples) -> samples.add(FACTS.lockedBytes()));
        list.add(
                "javf_memlock_limit_bytes",
                MetricFamily.Type.GAUGE,
                none,
                "Memory that it may lock",
                (service, samples) -> samples.add(FACTS.lockedBytesMax()));
    }

    private void daemon() {
        list.add(
                "javf_ready",
                MetricFamily.Type.GAUGE,
                List.of(),
                "1 when every required function is up with all its ports",
                (service, samples) -> samples.add(service.health().isReady() ? 1 : 0));
        list.add(
                "javf_errors",
                MetricFamily.Type.COUNTER,
                List.of(),
                "Errors that a duty cycle threw; there should be none",
                (service, samples) -> samples.add(service.errorCount()));
        list.add(
                "javf_build_info",
                MetricFamily.Type.GAUGE,
                List.of("version", "java"),
                "1",
                (service, samples) -> samples.add(1, Version.TEXT, Runtime.version().toString()));
    }
}
