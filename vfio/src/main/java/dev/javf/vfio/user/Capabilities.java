package dev.javf.vfio.user;

import org.jspecify.annotations.Nullable;

import java.util.Map;

/**
 * What one end of a connection takes, as VERSION's JSON text says.
 *
 * @param maxMsgFds descriptors in one message.
 * @param maxDataXferSize bytes of data in one message.
 * @param maxDmaMaps mappings at a time.
 */
record Capabilities(int maxMsgFds, int maxDataXferSize, int maxDmaMaps) {
    /** What holds for an end that says nothing. */
    static final Capabilities UNSPECIFIED = new Capabilities(1, 1 << 20, 65535);

    /**
     * Reads what a peer has sent.
     *
     * @param json its text; an empty one says nothing.
     * @throws IllegalArgumentException if it isn't a JSON object, or a value makes no sense.
     */
    static Capabilities parse(final String json) {
        if (json.isEmpty()) {
            return UNSPECIFIED;
        }
        if (!(JsonText.parse(json) instanceof final Map<?, ?> version)) {
            throw new IllegalArgumentException("JSON: an object expected");
        }
        final Object said = version.get("capabilities");
        if (said == null) {
            return UNSPECIFIED;
        }
        if (!(said instanceof final Map<?, ?> capabilities)) {
            throw new IllegalArgumentException("JSON: capabilities must be an object");
        }
        return new Capabilities(
                number(capabilities.get("max_msg_fds"), UNSPECIFIED.maxMsgFds),
                number(capabilities.get("max_data_xfer_size"), UNSPECIFIED.maxDataXferSize),
                number(capabilities.get("max_dma_maps"), UNSPECIFIED.maxDmaMaps));
    }

    private static int number(final @Nullable Object value, final int otherwise) {
        if (value == null) {
            return otherwise;
        }
        if (!(value instanceof final Long number) || number < 0) {
            throw new IllegalArgumentException("JSON: a count must be a number of 0 or more");
        }
        return (int) Math.min(number, Integer.MAX_VALUE);
    }

    String toJson() {
        return "{\"capabilities\":{\"max_msg_fds\":"
                + maxMsgFds
                + ",\"max_data_xfer_size\":"
                + maxDataXferSize
                + ",\"max_dma_maps\":"
                + maxDmaMaps
                + ",\"pgsizes\":4096}}";
    }
}
