package dev.javf.daemon.service;

import dev.javf.daemon.CounterPlaces;
import dev.javf.daemon.config.Configuration;
import dev.javf.daemon.config.DaemonSection;
import dev.javf.daemon.config.FunctionSection;
import dev.javf.daemon.counters.CountersFile;
import dev.javf.daemon.counters.CountersFileWriter;
import dev.javf.packet.Counters;

import org.agrona.concurrent.NanoClock;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.Map;

/**
 * The daemon's counters in its counters file, by the names that the configuration has for things.
 *
 * @param file with the counters.
 * @param names what the configuration calls each device.
 */
record ServiceCounters(CountersFileWriter file, Map<String, String> names)
        implements CounterPlaces {
    private static final int CAPACITY_MIN = 2048;
    private static final int PER_QUEUE_PAIR = 48;
    private static final int PER_FUNCTION = 48;
    private static final int PER_PORT = 16;

    /** Makes the file that a configuration asks for; null if it asks for none. */
    static @Nullable CountersFileWriter create(
            final Configuration configuration, final NanoClock clock) {
        final DaemonSection daemon = configuration.daemon();
        final Path path =
                daemon.countersFile() == null
                        ? CountersFile.besideSocket(configuration.control().socket())
                        : daemon.countersFile();
        final Integer wanted = daemon.countersCapacity();
        final int capacity = wanted == null ? needed(configuration) : wanted;
        return path == null || capacity == 0
                ? null
                : CountersFileWriter.create(path, capacity, clock);
    }

    private static int needed(final Configuration configuration) {
        long needed = (long) PER_PORT * configuration.ports().size();
        for (final FunctionSection function : configuration.functions()) {
            needed += PER_FUNCTION + (long) PER_QUEUE_PAIR * function.queuePairs();
        }
        return Math.clamp(2 * needed, CAPACITY_MIN, CountersFileWriter.CAPACITY_MAX);
    }

    @Override
    public Counters function(final String device) {
        return file.of(nameOf(device));
    }

    @Override
    public Counters port(final String device, final String port) {
        return file.of(nameOf(device) + "/" + port);
    }

    @Override
    public Counters thread(final String name) {
        return file.of(name);
    }

    private String nameOf(final String device) {
        return names.getOrDefault(device, device);
    }
}
