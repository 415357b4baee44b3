package dev.javf.virtio.driver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.virtio.driver.DriverRing.Buffer;

import java.io.ByteArrayOutputStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** A receive or transmit queue of a guest, with the buffers that go through it. */
public final class PacketQueue {
    /** Room in a buffer: less than a frame, so that frames need several. */
    public static final int BUFFER_BYTES = 1024;

    private static final int BUFFERS = 64;

    private final GuestMemory memory;
    private final DriverRing ring;
    private final Deque<Long> free = new ArrayDeque<>();
    private final Map<Integer, List<Buffer>> inFlight = new HashMap<>();
    private boolean isIndirect;
    private byte[] lastHeader = {};

    PacketQueue(final GuestMemory memory, final DriverRing ring, final boolean isReceive) {
        this.memory = memory;
        this.ring = ring;
        final long data = memory.allocate((long) BUFFERS * BUFFER_BYTES, 64);
        for (int i = 0; i < BUFFERS; i++) {
            free.add(data + (long) i * BUFFER_BYTES);
        }
        ring.wantInterrupt(isReceive);
    }

    /** The ring beneath. */
    public DriverRing ring() {
        return ring;
    }

    /** Puts chains into tables of their own from now on. */
    public void indirect() {
        isIndirect = true;
    }

    /** Gives every free buffer to the device, each a chain of header and data. */
    void fill() {
        while (!free.isEmpty()) {
            final long at = free.peek();
            final List<Buffer> chain =
                    List.of(new Buffer(at, 20, true), new Buffer(at + 20, BUFFER_BYTES - 20, true));
            final int id = ring.add(chain, isIndirect);
            if (id < 0) {
                return;
            }
            free.remove();
            inFlight.put(id, chain);
        }
    }

    boolean send(final byte[] frame) {
        return send(new byte[VirtioDriver.HEADER_BYTES], frame);
    }

    boolean send(final byte[] header, final byte[] frame) {
        collect();
        final int pieces = (VirtioDriver.HEADER_BYTES + frame.length) / BUFFER_BYTES + 1;
        if (free.size() < pieces) {
            return false;
        }
        final byte[] bytes = Arrays.copyOf(header, header.length + frame.length);
        System.arraycopy(frame, 0, bytes, header.length, frame.length);
        final List<Buffer> chain = new ArrayList<>();
        for (int done = 0; done < bytes.length; done += BUFFER_BYTES) {
            final int length = Math.min(BUFFER_BYTES, bytes.length - done);
            final long at = free.remove();
            memory.put(at, Arrays.copyOfRange(bytes, done, done + length));
            chain.add(new Buffer(at, length, false));
        }
        final int id = ring.add(chain, isIndirect);
        if (id < 0) {
            chain.forEach(buffer -> free.add(buffer.offset()));
            return false;
        }
        inFlight.put(id, chain);
        return true;
    }

    private void collect() {
        for (int id = ring.poll(); id >= 0; id = ring.poll()) {
            assertThat(ring.usedLength()).as("nothing is written to what was sent").isZero();
            for (final Buffer buffer : chain(id)) {
                free.add(buffer.offset());
            }
        }
    }

    List<byte[]> receive(final boolean isMergeable) {
        final List<byte[]> frames = new ArrayList<>();
        for (int id = ring.poll(); id >= 0; id = ring.poll()) {
            final ByteArrayOutputStream packet = new ByteArrayOutputStream();
            append(packet, id);
            final byte[] first = packet.toByteArray();
            lastHeader = Arrays.copyOf(first, VirtioDriver.HEADER_BYTES);
            final int buffers = (first[10] & 0xFF) | (first[11] << 8);
            assertThat(buffers).isPositive();
            assertThat(isMergeable || buffers == 1).isTrue();
            for (int i = 1; i < buffers; i++) {
                final int next = ring.poll();
                assertThat(next).as("all buffers of a packet come at once").isNotNegative();
                append(packet, next);
            }
            final byte[] bytes = packet.toByteArray();
            frames.add(Arrays.copyOfRange(bytes, VirtioDriver.HEADER_BYTES, bytes.length));
        }
        fill();
        ring.wantInterrupt(true);
        return frames;
    }

    private List<Buffer> chain(final int id) {
        return Objects.requireNonNull(inFlight.remove(id), "the device used what it wasn't given");
    }

    private void append(final ByteArrayOutputStream packet, final int id) {
        final List<Buffer> chain = chain(id);
        packet.writeBytes(memory.get(chain.getFirst().offset(), ring.usedLength()));
        free.add(chain.getFirst().offset());
    }

    /** The last received packet's header. */
    public byte[] lastHeader() {
        return lastHeader.clone();
    }
}
