package dev.javf.daemon.service;

import dev.javf.daemon.service.MetricFamily.Samples;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;

/** Collects metrics, with the labels that those of functions have in common. */
final class FamilyList {
    private static final List<String> DEVICE =
            List.of("device", "pci_address", "pf", "vf", "numa_node");

    private final List<MetricFamily> all = new ArrayList<>();

    /** What a function's series is told apart by. */
    record Series(ServiceFunction function, Samples samples) {
        void add(final double value, final String... more) {
            samples.add(value, labels(more));
        }

        void add(final long value, final String... more) {
            samples.add(value, labels(more));
        }

        String[] labels(final String... more) {
            final FunctionIdentity identity = function.identity();
            final List<String> labels =
                    new ArrayList<>(
                            List.of(
                                    function.name(),
                                    identity.pciAddress(),
                                    identity.pf(),
                                    identity.vf(),
                                    identity.numaNode()));
            labels.addAll(Arrays.asList(more));
            return labels.toArray(String[]::new);
        }
    }

    /** All, in the order in which they were added. */
    List<MetricFamily> all() {
        return List.copyOf(all);
    }

    /** Adds a metric without anything in common with others. */
    void add(
            final String name,
            final MetricFamily.Type type,
            final List<String> labels,
            final String help,
            final BiConsumer<Service, Samples> reader) {
        all.add(new MetricFamily(name, type, labels, help, reader));
    }

    /** Adds a metric of functions, with more labels than they have in common. */
    void ofFunctions(
            final String name,
            final MetricFamily.Type type,
            final List<String> more,
            final String help,
            final Consumer<Series> reader) {
        final List<String> labels = new ArrayList<>(DEVICE);
        labels.addAll(more);
        add(
                name,
                type,
                labels,
                help,
                (service, samples) ->
                        service.functions()
                                .forEach(function -> reader.accept(new Series(function, samples))));
    }

    /** Adds a metric that each function has one value of. */
    void ofFunctions(
            final String name,
            final MetricFamily.Type type,
            final String help,
            final ToDoubleFunction<ServiceFunction> value) {
        ofFunctions(
                name,
                type,
                List.of(),
                help,
                series -> series.add(value.applyAsDouble(series.function())));
    }
}
