package dev.javf.daemon.service;

import dev.javf.daemon.BucketHistogram;
import dev.javf.daemon.LatencyRecorder;

import java.util.List;
import java.util.function.BiConsumer;

/**
 * A metric: how Prometheus sees it, and where its values come from. The scrape and the reference
 * are both made from these.
 *
 * @param name without the suffix that Prometheus adds to counters, {@code _total}.
 * @param type of the metric.
 * @param labels of each of its series, in the order of a sample's values.
 * @param help one sentence.
 * @param reader gives a value for each series, by reading what is published: it asks nobody.
 */
record MetricFamily(
        String name,
        Type type,
        List<String> labels,
        String help,
        BiConsumer<Service, Samples> reader) {
    /** Types of metrics. */
    enum Type {
        /** Only rises. */
        COUNTER,
        /** Rises and falls. */
        GAUGE,
        /** How often, by how much: seconds if the name ends so. */
        HISTOGRAM,
        /** Quantiles, of times in seconds. */
        SUMMARY
    }

    /** Takes the series of a metric. */
    interface Samples {
        /**
         * A counter's or a gauge's.
         *
         * @param value now.
         * @param labels values of the labels.
         */
        void add(double value, String... labels);

        /**
         * A counter's or a gauge's that is a whole number; Prometheus has only doubles.
         *
         * @param value now.
         * @param labels values of the labels.
         */
        default void add(final long value, final String... labels) {
            add((double) value, labels);
        }

        /**
         * A histogram's.
         *
         * @param histogram now.
         * @param labels values of the labels.
         */
        void add(BucketHistogram histogram, String... labels);

        /**
         * A summary's.
         *
         * @param recorder of times.
         * @param labels values of the labels.
         */
        void add(LatencyRecorder recorder, String... labels);
    }

    /** As Prometheus names it. */
    String exposedName() {
        return type == Type.COUNTER ? name + "_total" : name;
    }
}
