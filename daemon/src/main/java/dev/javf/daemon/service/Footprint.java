package dev.javf.daemon.service;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * What this process holds.
 *
 * @param heapBytes of live objects, right after a collection.
 * @param descriptors open files and sockets.
 * @param threads of the platform's.
 */
record Footprint(long heapBytes, long descriptors, int threads) {
    /** How much more heap than before is no growth: caches, and what's on its way. */
    static final long HEAP_MARGIN_BYTES = 4 << 20;

    /** A scrape's connection comes and goes. */
    static final int DESCRIPTORS_MARGIN = 2;

    /** So does a thread that keeps it. */
    static final int THREADS_MARGIN = 2;

    private static final Path DESCRIPTORS = Path.of("/proc/self/fd");

    /** As it is now; collects garbage. */
    static Footprint now() {
        System.gc();
        final long heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
        try (Stream<Path> files = Files.list(DESCRIPTORS)) {
            return new Footprint(
                    heap, files.count(), ManagementFactory.getThreadMXBean().getThreadCount());
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What has grown since then beyond its margin; empty if nothing has. */
    String growthSince(final Footprint before) {
        final StringBuilder growth = new StringBuilder();
        if (heapBytes > before.heapBytes + HEAP_MARGIN_BYTES) {
            growth.append("the heap has grown from ")
                    .append(before.heapBytes)
                    .append(" to ")
                    .append(heapBytes)
                    .append(" bytes; ");
        }
        if (descriptors > before.descriptors + DESCRIPTORS_MARGIN) {
            growth.append(descriptors - before.descriptors).append(" more descriptors; ");
        }
        if (threads > before.threads + THREADS_MARGIN) {
            growth.append(threads - before.threads).append(" more threads; ");
        }
        return growth.toString();
    }

    /** As a row of a table: MiB, descriptors, threads. */
    String row() {
        return String.format(
                Locale.ROOT, "%.1f | %d | %d", heapBytes / 1048576.0, descriptors, threads);
    }
}
