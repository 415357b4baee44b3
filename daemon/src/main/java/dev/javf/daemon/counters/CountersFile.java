package dev.javf.daemon.counters;

import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.status.CountersReader;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * A counters file that another process writes, or wrote. Reading asks nobody for anything, and
 * works whatever the writer's threads do. What is in the file is taken for what it is worth: a file
 * of another kind is refused, and nothing in one makes a read go beyond it.
 *
 * <p>For one thread. The file stays mapped until it is closed.
 */
public final class CountersFile implements AutoCloseable {
    private static final String SOCKET_SUFFIX = ".sock";

    private final Arena arena;
    private final MemorySegment file;
    private final CountersReader reader;

    /**
     * A counter.
     *
     * @param id its place in the file; it stays the same as long as the file lives.
     * @param type what it counts, as {@code docs/counters-file.md} lists it.
     * @param owner the virtual function, port or thread.
     * @param index of the queue; -1 for none.
     * @param item of several of one type: the bucket of a histogram; -1 for none.
     * @param label all of it, for people.
     * @param value as of now.
     */
    public record Entry(
            int id, int type, String owner, int index, int item, String label, long value) {}

    private CountersFile(final Arena arena, final MemorySegment file, final int capacity) {
        this.arena = arena;
        this.file = file;
        reader =
                new CountersReader(
                        new UnsafeBuffer(
                                file.asSlice(
                                                CountersLayout.HEADER_BYTES,
                                                CountersLayout.metadataBytes(capacity))
                                        .asByteBuffer()),
                        new UnsafeBuffer(
                                file.asSlice(CountersLayout.valuesOffset(capacity)).asByteBuffer()),
                        StandardCharsets.UTF_8);
    }

    /**
     * Opens a file.
     *
     * @param path of the file.
     * @return the counters.
     * @throws UncheckedIOException naming the file and what helps, when there is none, or it isn't
     *     permitted.
     * @throws IllegalArgumentException when it isn't a counters file of a version that this reads.
     */
    public static CountersFile open(final Path path) {
        final Arena arena = Arena.ofShared();
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            final long bytes = channel.size();
            if (bytes < CountersLayout.HEADER_BYTES) {
                throw new IllegalArgumentException(path + " is no counters file: too short");
            }
            final MemorySegment file = channel.map(FileChannel.MapMode.READ_ONLY, 0, bytes, arena);
            final int capacity = file.get(CountersLayout.INT, CountersLayout.CAPACITY_OFFSET);
            final int version =
                    (int)
                            CountersLayout.INT
                                    .varHandle()
                                    .getAcquire(file, CountersLayout.VERSION_OFFSET);
            if (file.get(CountersLayout.LONG, CountersLayout.MAGIC_OFFSET) != CountersLayout.MAGIC
                    || version != CountersLayout.VERSION
                    || capacity < 1
                    || capacity > CountersFileWriter.CAPACITY_MAX
                    || bytes != CountersLayout.fileBytes(capacity)) {
                throw new IllegalArgumentException(
                        path
                                + " is no counters file of version "
                                + CountersLayout.VERSION
                                + ": use the javfctl that came with its javfd");
            }
            return new CountersFile(arena, file, capacity);
        } catch (final NoSuchFileException e) {
            arena.close();
            throw new UncheckedIOException(
                    "no counters file " + path + "; is javfd running, with daemon.counters-file?",
                    e);
        } catch (final IOException e) {
            arena.close();
            throw new UncheckedIOException("counters file " + path + ": " + e, e);
        } catch (final RuntimeException e) {
            arena.close();
            throw e;
        }
    }

    /**
     * Where the file of a daemon is unless it was told otherwise.
     *
     * @param socket the address of its control socket.
     * @return beside it; null for a socket that isn't a file.
     */
    public static @Nullable Path besideSocket(final String socket) {
        if (!socket.startsWith("/")) {
            return null;
        }
        final String stem =
                socket.endsWith(SOCKET_SUFFIX)
                        ? socket.substring(0, socket.length() - SOCKET_SUFFIX.length())
                        : socket;
        return Path.of(stem + ".counters");
    }

    /** The writer's process id. */
    public long pid() {
        return file.get(CountersLayout.LONG, CountersLayout.PID_OFFSET);
    }

    /** Whether the writer lives; otherwise all values are the last that it left. */
    public boolean isAlive() {
        return Files.exists(Path.of("/proc", Long.toString(pid())));
    }

    /** When the writer was started, in milliseconds since 1970. */
    public long startedMs() {
        return file.get(CountersLayout.LONG, CountersLayout.STARTED_MS_OFFSET);
    }

    /** The same on the clock of all times in the file, which is {@code System.nanoTime}. */
    public long startedNs() {
        return file.get(CountersLayout.LONG, CountersLayout.STARTED_NS_OFFSET);
    }

    /** Counters that found no room in the file. */
    public long unplaced() {
        return (long)
                CountersLayout.LONG.varHandle().getOpaque(file, CountersLayout.UNPLACED_OFFSET);
    }

    /**
     * A counter's value.
     *
     * @param id of its {@link Entry}.
     * @return as of now.
     */
    public long value(final int id) {
        return reader.getCounterValue(id);
    }

    /** All counters that there are now, in the order in which they were made. */
    public List<Entry> entries() {
        final List<Entry> entries = new ArrayList<>();
        reader.forEach((id, typeId, key, label) -> entries.add(entry(id, typeId, key, label)));
        return entries;
    }

    private Entry entry(
            final int id, final int typeId, final DirectBuffer key, final String label) {
        final int ownerBytes =
                Math.clamp(
                        key.getInt(CountersLayout.KEY_OWNER_LENGTH_OFFSET),
                        0,
                        CountersLayout.OWNER_BYTES_MAX);
        final byte[] owner = new byte[ownerBytes];
        key.getBytes(CountersLayout.KEY_OWNER_OFFSET, owner);
        return new Entry(
                id,
                typeId,
                new String(owner, StandardCharsets.UTF_8),
                key.getInt(CountersLayout.KEY_INDEX_OFFSET),
                key.getInt(CountersLayout.KEY_ITEM_OFFSET),
                label,
                reader.getCounterValue(id));
    }

    @Override
    public void close() {
        arena.close();
    }
}
