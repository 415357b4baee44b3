package dev.javf.daemon.service;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;

import java.time.Duration;

/** What a scrape shows: javf's metrics, and those of the JVM and the process. Any thread. */
final class MetricsRegistry implements AutoCloseable {
    private static final double MS_PER_S = 1000;

    private final PrometheusMeterRegistry registry =
            new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final JvmGcMetrics collections = new JvmGcMetrics();

    /**
     * All metrics of a service.
     *
     * @param service what they are about.
     */
    MetricsRegistry(final Service service) {
        // First, since it holds for what is registered after it.
        leaveOutWhatPrometheusForbids();
        registry.getPrometheusRegistry().register(new MetricCollector(service));
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        processor();
        new FileDescriptorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
        collections.bindTo(registry);
    }

    /** Two of Micrometer's have names that Prometheus' conventions forbid. */
    private void leaveOutWhatPrometheusForbids() {
        registry.config()
                .meterFilter(
                        MeterFilter.deny(id ->
                                id.getName().equals("process.cpu.time")
                                        || id.getName().equals("system.cpu.count")));
    }

    /** The processor time under the name that everybody else has for it. */
    private void processor() {
        new ProcessorMetrics().bindTo(registry);
        FunctionCounter.builder("process.cpu", ProcessHandle.current(), MetricsRegistry::cpuS)
                .baseUnit("seconds")
                .description("User and system time of the process")
                .register(registry);
    }

    private static double cpuS(final ProcessHandle process) {
        return process.info().totalCpuDuration().orElse(Duration.ZERO).toMillis() / MS_PER_S;
    }

    /**
     * All of them.
     *
     * @param type the content type, which says in which form.
     * @return the text.
     */
    String scrape(final String type) {
        return registry.scrape(type);
    }

    @Override
    public void close() {
        collections.close();
        registry.close();
    }
}
