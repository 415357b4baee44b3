package dev.javf.daemon.counters;

import org.agrona.concurrent.status.CountersReader;

import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * How a counters file is laid out, in little endian. Both regions are those of Agrona's {@code
 * CountersManager}; {@code docs/counters-file.md} says it for readers that don't use Agrona.
 *
 * <pre>
 *   0  8  magic "JAVFCNTR"
 *   8  4  version: 1; 0 while the file is being made
 *  12  4  counters that there is room for: n
 *  16  8  the writer's process id
 *  24  8  when it was made, in milliseconds since 1970
 *  32  8  the same moment on the clock of all times in the file, in nanoseconds
 *  40  8  counters that found no room and are not in the file
 *  48     zeros
 * 4096            n x 512 bytes of metadata
 * 4096 + n x 512  n x 128 bytes of values
 * </pre>
 *
 * <p>A counter's key in its metadata: index (4 bytes), item (4 bytes), -1 for none; the owner's
 * length in bytes (4 bytes), and the owner in UTF-8.
 */
final class CountersLayout {
    static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** "JAVFCNTR", the first letter in the lowest byte. */
    static final long MAGIC = 0x52544E43_4656414AL;

    static final int VERSION = 1;

    static final long MAGIC_OFFSET = 0;
    static final long VERSION_OFFSET = 8;
    static final long CAPACITY_OFFSET = 12;
    static final long PID_OFFSET = 16;
    static final long STARTED_MS_OFFSET = 24;
    static final long STARTED_NS_OFFSET = 32;
    static final long UNPLACED_OFFSET = 40;
    static final long HEADER_BYTES = 4096;

    static final int KEY_INDEX_OFFSET = 0;
    static final int KEY_ITEM_OFFSET = 4;
    static final int KEY_OWNER_LENGTH_OFFSET = 8;
    static final int KEY_OWNER_OFFSET = 12;
    static final int OWNER_BYTES_MAX = CountersReader.MAX_KEY_LENGTH - KEY_OWNER_OFFSET;

    private CountersLayout() {}

    static long metadataBytes(final int capacity) {
        return (long) capacity * CountersReader.METADATA_LENGTH;
    }

    static long valuesOffset(final int capacity) {
        return HEADER_BYTES + metadataBytes(capacity);
    }

    static long fileBytes(final int capacity) {
        return valuesOffset(capacity) + (long) capacity * CountersReader.COUNTER_LENGTH;
    }
}
