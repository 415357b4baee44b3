package dev.javf.daemon.demo;

import dev.javf.packet.Ethernet;
import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketPort;
import dev.javf.packet.PacketVector;

import org.agrona.concurrent.ManyToOneConcurrentArrayQueue;
import org.agrona.concurrent.NanoClock;
import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;

/**
 * A port with a small IPv4 host behind it: it answers ARP requests for its address (RFC 826) and
 * ICMP echo requests (RFC 792), and sends echo requests of its own. It stands in for a TAP device
 * where the privilege for one is missing.
 *
 * <p>Everything but {@link #ping} runs on the poller's thread.
 */
public final class EchoHost implements PacketPort {
    private static final int ARP_REQUEST = 1;
    private static final int ARP_REPLY = 2;
    private static final int ICMP_ECHO_REPLY = 0;
    private static final int ICMP_ECHO_REQUEST = 8;
    private static final int COMMANDS = 64;
    private static final int UNANSWERED = 256;
    private static final int SEQUENCE_MASK = 0xFFFF;

    private final String name;
    private final MacAddress mac;
    private final int address;
    private final PacketPool pool;
    private final MemorySegment memory;
    private final NanoClock clock;
    private final PacketVector outbox = new PacketVector();
    private final ManyToOneConcurrentArrayQueue<Ping> requests =
            new ManyToOneConcurrentArrayQueue<>(COMMANDS);
    private final Map<Integer, Ping> sent = new LinkedHashMap<>();
    private final Map<Integer, Long> neighbours = new HashMap<>();
    private int sequence;

    private static final class Ping {
        final int destination;
        final CompletableFuture<Long> roundTripNs = new CompletableFuture<>();
        long sentNs;

        Ping(final int destination) {
            this.destination = destination;
        }
    }

    /**
     * A host.
     *
     * @param name of the port.
     * @param mac its Ethernet address.
     * @param address its IPv4 address, first octet in the high byte.
     * @param pool for its packets.
     * @param clock for round trips.
     */
    public EchoHost(
            final String name,
            final MacAddress mac,
            final int address,
            final PacketPool pool,
            final NanoClock clock) {
        this.name = name;
        this.mac = mac;
        this.address = address;
        this.pool = pool;
        this.clock = clock;
        memory = pool.memory();
    }

    /**
     * Sends an echo request, after an ARP request if need be. Any thread.
     *
     * @param destination IPv4 address.
     * @return the round trip in ns; fails when 256 later ones are without answer too.
     */
    public CompletableFuture<Long> ping(final int destination) {
        final Ping ping = new Ping(destination);
        if (!requests.offer(ping)) {
            ping.roundTripNs.completeExceptionally(
                    new IllegalStateException(
                            name + ": more than " + COMMANDS + " echo requests waiting"));
        }
        return ping.roundTripNs;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int receive(final PacketVector vector) {
        for (Ping ping = requests.poll(); ping != null; ping = requests.poll()) {
            sequence = sequence + 1 & SEQUENCE_MASK;
            sent.put(sequence, ping);
            forgetEldest();
            if (neighbours.containsKey(ping.destination)) {
                sendEchoRequest(sequence, ping);
            } else {
                sendArp(ARP_REQUEST, MacAddress.BROADCAST.value(), ping.destination);
            }
        }
        final int count = Math.min(outbox.size(), vector.room());
        for (int i = 0; i < count; i++) {
            vector.add(outbox, i);
        }
        outbox.removeFirst(count);
        return count;
    }

    @Override
    public int transmit(final PacketVector vector) {
        final int count = vector.size();
        for (int i = 0; i < count; i++) {
            final long start = pool.bufferOffset(vector.buffer(i)) + vector.offsetBytes(i);
            onFrame(new Frame(memory, start, vector.lengthBytes(i)));
        }
        pool.free(vector);
        return count;
    }

    private void forgetEldest() {
        if (sent.size() > UNANSWERED) {
            final Iterator<Ping> eldest = sent.values().iterator();
            final Ping ping = eldest.next();
            eldest.remove();
            ping.roundTripNs.completeExceptionally(
                    new TimeoutException(name + ": no answer to an echo request"));
        }
    }

    private void onFrame(final Frame frame) {
        final long destination = frame.destination();
        if (destination != mac.value() && destination != MacAddress.BROADCAST.value()) {
            return;
        }
        if (frame.isArp() && frame.arpTarget() == address) {
            onArp(frame);
        } else if (frame.isIcmp() && frame.ipDestination() == address) {
            onIcmp(frame);
        }
    }

    private void onArp(final Frame frame) {
        final int sender = frame.arpSender();
        neighbours.put(sender, frame.arpSenderMac());
        if (frame.arpOperation() == ARP_REQUEST) {
            sendArp(ARP_REPLY, frame.arpSenderMac(), sender);
            return;
        }
        sent.forEach((number, ping) -> {
            if (ping.destination == sender && ping.sentNs == 0) {
                sendEchoRequest(number, ping);
            }
        });
    }

    private void onIcmp(final Frame frame) {
        if (frame.icmpType() == ICMP_ECHO_REQUEST) {
            final Frame reply = newFrame(frame.lengthBytes());
            if (reply != null) {
                reply.answer(frame, mac.value(), ICMP_ECHO_REPLY);
            }
        } else if (frame.icmpType() == ICMP_ECHO_REPLY) {
            final Ping ping = sent.remove(frame.icmpSequence());
            if (ping != null) {
                ping.roundTripNs.complete(clock.nanoTime() - ping.sentNs);
            }
        }
    }

    private void sendEchoRequest(final int number, final Ping ping) {
        final Frame frame = newFrame(Frame.ECHO_BYTES);
        final Long neighbour = neighbours.get(ping.destination);
        if (frame != null && neighbour != null) {
            frame.echo(
                    neighbour, mac.value(), address, ping.destination, ICMP_ECHO_REQUEST, number);
            ping.sentNs = clock.nanoTime();
        }
    }

    private void sendArp(final int operation, final long destination, final int target) {
        final Frame frame = newFrame(Ethernet.MIN_FRAME_BYTES);
        if (frame != null) {
            frame.arp(operation, destination, mac.value(), address, target);
        }
    }

    private @Nullable Frame newFrame(final int lengthBytes) {
        if (outbox.room() == 0) {
            return null;
        }
        final int buffer = pool.allocate();
        if (buffer == PacketPool.NONE) {
            return null;
        }
        outbox.add(buffer, pool.headroomBytes(), lengthBytes, 0, 0, 0);
        return new Frame(memory, pool.dataOffset(buffer), lengthBytes);
    }

    @Override
    public void releaseBuffers() {
        pool.free(outbox);
    }

    /** There is nothing behind it but memory. */
    @Override
    public void close() {}
}
