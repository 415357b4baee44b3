package dev.javf.daemon.counters;

import dev.javf.packet.Counter;
import dev.javf.packet.CounterType;
import dev.javf.packet.Counters;

import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.status.CountersManager;
import org.agrona.concurrent.status.CountersReader;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/**
 * Makes a counters file, and the counters in it. Whoever counts writes into the file's memory with
 * the stores that it would count with anyway, so the file is right at any moment, whatever has
 * become of the other threads; nobody copies anything. Any thread may ask for counters.
 *
 * <p>The file is made beside its place and moved there, so that a reader never finds a half-made
 * one, and all of it is written, so that a full disk is an error now and not a signal later. It
 * stays mapped as long as anybody has one of its counters.
 */
public final class CountersFileWriter implements AutoCloseable {
    /** Most counters in a file. */
    public static final int CAPACITY_MAX = 1 << 20;

    private static final System.Logger LOGGER =
            System.getLogger(CountersFileWriter.class.getName());
    private static final int ZEROS_BYTES = 1 << 16;

    private final Path path;
    private final Object fileKey;
    private final int capacity;
    private final MemorySegment file;
    private final CountersManager manager;
    private final Map<Key, Counter> counters = new HashMap<>();
    private long unplaced;

    private record Key(String owner, int type, int index, int item) {}

    private CountersFileWriter(
            final Path path, final Object fileKey, final MemorySegment file, final int capacity) {
        this.path = path;
        this.fileKey = fileKey;
        this.file = file;
        this.capacity = capacity;
        manager =
                new CountersManager(
                        buffer(
                                file.asSlice(
                                        CountersLayout.HEADER_BYTES,
                                        CountersLayout.metadataBytes(capacity))),
                        buffer(file.asSlice(CountersLayout.valuesOffset(capacity))),
                        StandardCharsets.UTF_8);
    }

    /**
     * Makes a file, in place of one that is there.
     *
     * @param path of the file; its folder exists and the process may write to it.
     * @param capacity counters that it has room for, 1 to {@link #CAPACITY_MAX}.
     * @param clock of all times in it; another process understands {@code System.nanoTime}.
     * @return the writer.
     * @throws IllegalArgumentException for another capacity.
     * @throws UncheckedIOException naming the file, when it can't be made.
     */
    public static CountersFileWriter create(
            final Path path, final int capacity, final NanoClock clock) {
        if (capacity < 1 || capacity > CAPACITY_MAX) {
            throw new IllegalArgumentException(
                    "a counters file for " + capacity + " counters: must be 1 to " + CAPACITY_MAX);
        }
        final Path fresh =
                path.resolveSibling(path.getFileName() + "." + ProcessHandle.current().pid());
        try {
            Files.deleteIfExists(fresh);
            final CountersFileWriter writer;
            try (FileChannel channel =
                    FileChannel.open(
                            fresh,
                            StandardOpenOption.CREATE_NEW,
                            StandardOpenOption.READ,
                            StandardOpenOption.WRITE)) {
                Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString("rw-r-----"));
                final long bytes = CountersLayout.fileBytes(capacity);
                fill(channel, bytes);
                final MemorySegment file =
                        channel.map(FileChannel.MapMode.READ_WRITE, 0, bytes, Arena.ofAuto());
                writer = new CountersFileWriter(path, fileKey(fresh), file, capacity);
                writer.head(clock);
            }
            Files.move(fresh, path, StandardCopyOption.ATOMIC_MOVE);
            return writer;
        } catch (final IOException e) {
            throw new UncheckedIOException("counters file " + path + " can't be made: " + e, e);
        }
    }

    private static void fill(final FileChannel channel, final long bytes) throws IOException {
        final ByteBuffer zeros = ByteBuffer.allocate(ZEROS_BYTES);
        for (long left = bytes; left > 0; left -= zeros.position()) {
            zeros.clear().limit((int) Math.min(left, ZEROS_BYTES));
            while (zeros.hasRemaining()) {
                channel.write(zeros);
            }
        }
    }

    private static Object fileKey(final Path path) throws IOException {
        return Files.getAttribute(path, "unix:ino");
    }

    private void head(final NanoClock clock) {
        file.set(CountersLayout.LONG, CountersLayout.MAGIC_OFFSET, CountersLayout.MAGIC);
        file.set(CountersLayout.INT, CountersLayout.CAPACITY_OFFSET, capacity);
        file.set(CountersLayout.LONG, CountersLayout.PID_OFFSET, ProcessHandle.current().pid());
        file.set(CountersLayout.LONG, CountersLayout.STARTED_MS_OFFSET, System.currentTimeMillis());
        file.set(CountersLayout.LONG, CountersLayout.STARTED_NS_OFFSET, clock.nanoTime());
        CountersLayout.INT
                .varHandle()
                .setRelease(file, CountersLayout.VERSION_OFFSET, CountersLayout.VERSION);
    }

    private static UnsafeBuffer buffer(final MemorySegment memory) {
        return new UnsafeBuffer(memory.asByteBuffer());
    }

    /** Where it is. */
    public Path path() {
        return path;
    }

    /**
     * Counters of an owner.
     *
     * @param owner a virtual function, a port or a thread; what is beyond 100 bytes is cut off.
     * @return makes counters in the file, or finds those that are there already.
     */
    public Counters of(final String owner) {
        return (type, index, item) -> place(owner, type, index, item);
    }

    private synchronized Counter place(
            final String owner, final CounterType type, final int index, final int item) {
        return counters.computeIfAbsent(
                new Key(owner, type.id(), index, item), key -> make(key, type));
    }

    private Counter make(final Key key, final CounterType type) {
        if (manager.available() == 0) {
            if (unplaced++ == 0) {
                LOGGER.log(
                        System.Logger.Level.WARNING,
                        path
                                + " has room for "
                                + capacity
                                + " counters: '"
                                + label(key, type)
                                + "' and later ones are not in it; set daemon.counters-capacity");
            }
            CountersLayout.LONG
                    .varHandle()
                    .setOpaque(file, CountersLayout.UNPLACED_OFFSET, unplaced);
            return new Counter();
        }
        final UnsafeBuffer keyBuffer = new UnsafeBuffer(new byte[CountersReader.MAX_KEY_LENGTH]);
        final byte[] owner = key.owner().getBytes(StandardCharsets.UTF_8);
        final int ownerBytes = Math.min(owner.length, CountersLayout.OWNER_BYTES_MAX);
        keyBuffer.putInt(CountersLayout.KEY_INDEX_OFFSET, key.index());
        keyBuffer.putInt(CountersLayout.KEY_ITEM_OFFSET, key.item());
        keyBuffer.putInt(CountersLayout.KEY_OWNER_LENGTH_OFFSET, ownerBytes);
        keyBuffer.putBytes(CountersLayout.KEY_OWNER_OFFSET, owner, 0, ownerBytes);
        final byte[] label = label(key, type).getBytes(StandardCharsets.UTF_8);
        final int labelBytes = Math.min(label.length, CountersReader.MAX_LABEL_LENGTH);
        final int id =
                manager.allocate(
                        type.id(),
                        keyBuffer,
                        0,
                        CountersLayout.KEY_OWNER_OFFSET + ownerBytes,
                        new UnsafeBuffer(label),
                        0,
                        labelBytes);
        return new Counter(
                file.asSlice(
                        CountersLayout.valuesOffset(capacity) + CountersReader.counterOffset(id),
                        Long.BYTES));
    }

    private static String label(final Key key, final CounterType type) {
        return key.owner()
                + (key.index() == Counters.NONE ? "" : " " + key.index())
                + ": "
                + type.label()
                + (key.item() == Counters.NONE ? "" : " [" + key.item() + "]");
    }

    /** Takes the file away, unless another one is in its place already. */
    @Override
    public void close() {
        try {
            if (Files.exists(path) && Objects.equals(fileKey(path), fileKey)) {
                Files.delete(path);
            }
        } catch (final IOException e) {
            LOGGER.log(System.Logger.Level.WARNING, path + " can't be deleted: " + e);
        }
    }
}
