package dev.javf.virtio.vhost;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.linux.Descriptor;
import dev.javf.linux.EventFd;
import dev.javf.linux.PageSize;
import dev.javf.linux.SharedMemory;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketVector;
import dev.javf.virtio.Feature;
import dev.javf.virtio.driver.HostileRings;
import dev.javf.virtio.net.NetSettings;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A front-end, and the guest behind it, that do whatever they like, without a socket between: the
 * socket has its own tests. Its memory lies between two pages of the same file that nobody may
 * touch; the pool's buffers and all descriptors must come back.
 */
final class HostileFrontEnd implements AutoCloseable {
    private static final long GUEST_ADDRESS = 1L << 32;
    private static final long USER_ADDRESS = 1L << 44;
    private static final int GUARD = 4096;
    private static final byte UNTOUCHED = 0x5A;
    private static final int RINGS = 4;
    private static final long PROTOCOL = 1L << 30;
    private static final List<VhostRequest> REQUESTS = List.of(VhostRequest.values());
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;

    private final PacketPool pool = new PacketPool("hostile-front-end", 128);
    private final SharedMemory shared =
            SharedMemory.allocate(
                    "hostile-front-end", HostileRings.GUEST_BYTES + 2 * GUARD, PageSize.PLAIN_4K);
    private final EventFd call = EventFd.create();
    private final PacketVector vector = new PacketVector(32);
    private final MemorySegment payload = Arena.ofAuto().allocate(512, 8);
    private final VhostRig.Asked network = new VhostRig.Asked();
    private final VhostBackEnd backEnd;
    private final HostileRings rings;
    private final SplittableRandom random;
    private long violations;
    private long refusals;

    HostileFrontEnd(final SplittableRandom random) {
        this.random = random;
        shared.segment().fill(UNTOUCHED);
        shared.seal();
        backEnd =
                new VhostBackEnd(
                        new NetSettings("hostile", VhostRig.MAC, 1500, 2, 64, true, -1, 1),
                        pool,
                        network,
                        false);
        rings =
                new HostileRings(
                        shared.segment().asSlice(GUARD, HostileRings.GUEST_BYTES),
                        GUEST_ADDRESS,
                        RINGS,
                        random);
    }

    /** Does so many things. */
    void act(final int operations) {
        bringUp();
        for (int i = 0; i < operations; i++) {
            switch (random.nextInt(64)) {
                case 0 -> bringUp();
                case 1 -> backEnd.disconnect();
                case 2, 3, 4, 5 -> request();
                case 6, 7, 8, 9, 10, 11, 12, 13 -> backEnd.device().receive(vector);
                case 14, 15, 16, 17, 18, 19 -> transmit();
                default -> rings.act();
            }
            pool.free(vector);
            if (!backEnd.failure().isEmpty()) {
                // As the port does: the front-end loses its connection.
                violations++;
                backEnd.disconnect();
                bringUp();
            }
            if (random.nextInt(1000) == 0) {
                network.requests.clear();
            }
        }
        assertThat(pool.available()).isEqualTo(pool.capacity());
        final MemorySegment all = shared.segment();
        final long end = GUARD + HostileRings.GUEST_BYTES;
        assertThat(all.asSlice(0, GUARD).mismatch(all.asSlice(end, GUARD))).isEqualTo(-1);
        assertThat(all.get(ValueLayout.JAVA_BYTE, 0)).isEqualTo(UNTOUCHED);
    }

    /** How often the front-end lost its connection. */
    long violations() {
        return violations;
    }

    /** Requests that were refused. */
    long refusals() {
        return refusals;
    }

    /** Packets that came from it. */
    long received() {
        return backEnd.device().counters().rxPackets().value();
    }

    /** Packets that it was given. */
    long given() {
        return backEnd.device().counters().txPackets().value();
    }

    private void transmit() {
        for (int i = random.nextInt(4); i >= 0; i--) {
            vector.add(
                    pool.allocate(),
                    pool.headroomBytes(),
                    14 + random.nextInt(1500),
                    0,
                    PacketVector.FLAG_HASH,
                    random.nextInt());
        }
        backEnd.device().transmit(vector);
    }

    /** As a front-end does, with random features; a mistake now and then. */
    private void bringUp() {
        for (int ring = 0; ring < RINGS; ring++) {
            ask(VhostRequest.GET_VRING_BASE, ring, 0);
        }
        final long offered = offered();
        long chosen = PROTOCOL | Feature.VERSION_1.mask();
        for (final Feature feature : Feature.values()) {
            if (feature.isIn(offered) && random.nextBoolean()) {
                chosen |= feature.mask();
            }
        }
        ask(VhostRequest.SET_OWNER, 0, 0);
        ask(VhostRequest.SET_PROTOCOL_FEATURES, 1 << 16 | 1 << 3 | 1, 0);
        ask(VhostRequest.SET_FEATURES, chosen);
        memoryTable();
        rings.make(Feature.RING_PACKED.isIn(chosen));
        for (int ring = 0; ring < RINGS; ring++) {
            ask(VhostRequest.SET_VRING_NUM, ring, rings.size(ring));
            ask(
                    VhostRequest.SET_VRING_BASE,
                    ring,
                    Feature.RING_PACKED.isIn(chosen) ? 0x8000_8000 : 0);
            addresses(ring);
            event(VhostRequest.SET_VRING_CALL, ring);
            ask(VhostRequest.SET_VRING_KICK, ring | 1L << 8);
            ask(VhostRequest.SET_VRING_ENABLE, ring, 1);
        }
        ask(VhostRequest.SET_STATUS, 0x0F);
    }

    private long offered() {
        ask(VhostRequest.GET_FEATURES, 0, 0);
        return backEnd.reply();
    }

    private void memoryTable() {
        payload.set(INT, 0, 1);
        payload.set(INT, 4, 0);
        region(8);
        send(VhostRequest.SET_MEM_TABLE, 40, shared.descriptor().dup());
    }

    private void region(final long at) {
        payload.set(LONG, at, GUEST_ADDRESS);
        payload.set(LONG, at + 8, HostileRings.GUEST_BYTES);
        payload.set(LONG, at + 16, USER_ADDRESS);
        payload.set(LONG, at + 24, GUARD);
    }

    private void addresses(final int ring) {
        payload.set(INT, 0, ring);
        payload.set(INT, 4, 0);
        payload.set(LONG, 8, USER_ADDRESS + HostileRings.area(ring, 0));
        payload.set(LONG, 16, USER_ADDRESS + HostileRings.area(ring, 2));
        payload.set(LONG, 24, USER_ADDRESS + HostileRings.area(ring, 1));
        payload.set(LONG, 32, 0);
        send(VhostRequest.SET_VRING_ADDR, 40, null);
    }

    private void event(final VhostRequest request, final int ring) {
        payload.set(LONG, 0, ring);
        send(request, 8, call.descriptor().dup());
    }

    private void ask(final VhostRequest request, final long word) {
        payload.set(LONG, 0, word);
        send(request, request.isLength(0) ? 0 : 8, null);
    }

    private void ask(final VhostRequest request, final int first, final int second) {
        payload.set(INT, 0, first);
        payload.set(INT, 4, second);
        send(request, request.isLength(0) ? 0 : 8, null);
    }

    /** Any request of its length, with plausible numbers, wild ones, or both. */
    private void request() {
        final VhostRequest request = REQUESTS.get(random.nextInt(REQUESTS.size()));
        int length = random.nextInt(520) & -8;
        for (final int usual : new int[] {0, 8, 40}) {
            length = request.isLength(usual) ? usual : length;
        }
        if (!request.isLength(length)) {
            return;
        }
        region(8);
        for (int at = 0; at < length; at += Integer.BYTES) {
            switch (random.nextInt(8)) {
                case 0 -> payload.set(INT, at, random.nextInt());
                case 1 -> payload.set(INT, at, random.nextInt(8));
                case 2 -> payload.set(INT, at, random.nextInt(4) << random.nextInt(32));
                default -> {
                    if (at < 8) {
                        payload.set(INT, at, random.nextInt(RINGS));
                    }
                }
            }
        }
        if (request == VhostRequest.SET_MEM_TABLE || request == VhostRequest.ADD_MEM_REG) {
            spareTheGuards(length);
        }
        final Descriptor passed =
                request.maxDescriptors() == 0 || random.nextInt(4) == 0
                        ? null
                        : random.nextBoolean()
                                ? shared.descriptor().dup()
                                : call.descriptor().dup();
        send(request, length, passed);
    }

    /** Whoever maps these pages may touch them. */
    private void spareTheGuards(final int lengthBytes) {
        for (int at = 8; at + 32 <= lengthBytes; at += 32) {
            final long size = payload.get(LONG, at + 8);
            final long end = size + payload.get(LONG, at + 24);
            if (size > 0 && end > 0 && end <= shared.lengthBytes()) {
                payload.set(LONG, at + 8, Math.min(size, HostileRings.GUEST_BYTES));
                payload.set(LONG, at + 24, GUARD);
            }
        }
    }

    private void send(
            final VhostRequest request, final int lengthBytes, final @Nullable Descriptor passed) {
        final List<Descriptor> descriptors = new ArrayList<>();
        if (passed != null) {
            descriptors.add(passed);
        }
        if (backEnd.handle(request, payload.asSlice(0, lengthBytes), descriptors) != null) {
            refusals++;
        }
        descriptors.forEach(Descriptor::close);
    }

    @Override
    public void close() {
        backEnd.close();
        call.close();
        shared.close();
        pool.close();
    }
}
