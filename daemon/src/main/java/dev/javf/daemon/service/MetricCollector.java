package dev.javf.daemon.service;

import dev.javf.daemon.BucketHistogram;
import dev.javf.daemon.LatencyRecorder;

import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.prometheus.metrics.model.snapshots.Quantiles;
import io.prometheus.metrics.model.snapshots.SummarySnapshot;

import org.HdrHistogram.Histogram;

/** Reads all of javf's metrics for a scrape. It asks nobody: all is published already. */
final class MetricCollector implements MultiCollector {
    private static final double NS_PER_S = 1e9;
    private static final double[] QUANTILES = {0.5, 0.9, 0.99, 0.999, 1};

    private final Service service;

    MetricCollector(final Service service) {
        this.service = service;
    }

    @Override
    public MetricSnapshots collect() {
        final MetricSnapshots.Builder all = MetricSnapshots.builder();
        MetricFamilies.ALL.forEach(family -> all.metricSnapshot(read(family)));
        return all.build();
    }

    private MetricSnapshot read(final MetricFamily family) {
        return switch (family.type()) {
            case COUNTER -> {
                final CounterSnapshot.Builder builder =
                        CounterSnapshot.builder().name(family.name()).help(family.help());
                read(
                        family,
                        (value, labels) ->
                                builder.dataPoint(
                                        CounterSnapshot.CounterDataPointSnapshot.builder()
                                                .value(value)
                                                .labels(labels)
                                                .build()));
                yield builder.build();
            }
            case GAUGE -> {
                final GaugeSnapshot.Builder builder =
                        GaugeSnapshot.builder().name(family.name()).help(family.help());
                read(
                        family,
                        (value, labels) ->
                                builder.dataPoint(
                                        GaugeSnapshot.GaugeDataPointSnapshot.builder()
                                                .value(value)
                                                .labels(labels)
                                                .build()));
                yield builder.build();
            }
            case HISTOGRAM -> {
                final HistogramSnapshot.Builder builder =
                        HistogramSnapshot.builder().name(family.name()).help(family.help());
                family.reader()
                        .accept(
                                service,
                                new Only(family) {
                                    @Override
                                    public void add(
                                            final BucketHistogram histogram,
                                            final String... labels) {
                                        builder.dataPoint(
                                                point(family, histogram, labels(family, labels)));
                                    }
                                });
                yield builder.build();
            }
            case SUMMARY -> {
                final SummarySnapshot.Builder builder =
                        SummarySnapshot.builder().name(family.name()).help(family.help());
                family.reader()
                        .accept(
                                service,
                                new Only(family) {
                                    @Override
                                    public void add(
                                            final LatencyRecorder recorder,
                                            final String... labels) {
                                        builder.dataPoint(point(recorder, labels(family, labels)));
                                    }
                                });
                yield builder.build();
            }
        };
    }

    /** Takes one kind of series, which a subclass says; the others are a mistake. */
    private static class Only implements MetricFamily.Samples {
        private final MetricFamily family;

        Only(final MetricFamily family) {
            this.family = family;
        }

        private IllegalStateException mistake() {
            return new IllegalStateException(
                    family.name() + " is a " + ServiceCommands.lower(family.type()));
        }

        @Override
        public void add(final double value, final String... labels) {
            throw mistake();
        }

        @Override
        public void add(final BucketHistogram histogram, final String... labels) {
            throw mistake();
        }

        @Override
        public void add(final LatencyRecorder recorder, final String... labels) {
            throw mistake();
        }
    }

    private interface Point {
        void add(double value, Labels labels);
    }

    private void read(final MetricFamily family, final Point point) {
        family.reader()
                .accept(
                        service,
                        new Only(family) {
                            @Override
                            public void add(final double value, final String... labels) {
                                point.add(value, labels(family, labels));
                            }
                        });
    }

    private static SummarySnapshot.SummaryDataPointSnapshot point(
            final LatencyRecorder recorder, final Labels labels) {
        final Histogram histogram = recorder.snapshot();
        final Quantiles.Builder quantiles = Quantiles.builder();
        if (histogram.getTotalCount() > 0) {
            for (final double quantile : QUANTILES) {
                quantiles.quantile(
                        quantile, histogram.getValueAtPercentile(quantile * 100) / NS_PER_S);
            }
        }
        return SummarySnapshot.SummaryDataPointSnapshot.builder()
                .quantiles(quantiles.build())
                .count(histogram.getTotalCount())
                .sum(recorder.buckets().sum() / NS_PER_S)
                .labels(labels)
                .build();
    }

    private static Labels labels(final MetricFamily family, final String... values) {
        return Labels.of(family.labels().toArray(String[]::new), values);
    }

    private static HistogramSnapshot.HistogramDataPointSnapshot point(
            final MetricFamily family, final BucketHistogram histogram, final Labels labels) {
        final double unit = family.name().endsWith("_seconds") ? NS_PER_S : 1;
        final ClassicHistogramBuckets.Builder buckets = ClassicHistogramBuckets.builder();
        final int last = histogram.boundCount();
        for (int i = 0; i < last; i++) {
            buckets.bucket(histogram.bound(i) / unit, histogram.count(i));
        }
        buckets.bucket(Double.POSITIVE_INFINITY, histogram.count(last));
        return HistogramSnapshot.HistogramDataPointSnapshot.builder()
                .classicHistogramBuckets(buckets.build())
                .sum(histogram.sum() / unit)
                .labels(labels)
                .build();
    }
}
