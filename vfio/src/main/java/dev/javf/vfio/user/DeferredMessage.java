package dev.javf.vfio.user;

import dev.javf.linux.Descriptor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * A message that came while an answer was awaited, and is to be dealt with later.
 *
 * @param header its header.
 * @param payload a copy.
 * @param descriptors that came with it, owned.
 */
record DeferredMessage(Header header, MemorySegment payload, List<Descriptor> descriptors)
        implements AutoCloseable {
    /** Takes the message that a socket has just received, with its descriptors. */
    static DeferredMessage takeFrom(final MessageSocket socket) {
        final MemorySegment copy =
                MemorySegment.ofArray(socket.payload().toArray(ValueLayout.JAVA_BYTE));
        final List<Descriptor> descriptors = new ArrayList<>(socket.descriptors());
        socket.descriptors().clear();
        return new DeferredMessage(socket.header(), copy, descriptors);
    }

    /** Closes the descriptors that nobody took. */
    @Override
    public void close() {
        descriptors.forEach(Descriptor::close);
        descriptors.clear();
    }
}
