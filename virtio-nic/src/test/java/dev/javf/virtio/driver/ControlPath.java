package dev.javf.virtio.driver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.virtio.driver.DriverRing.Buffer;

import java.util.List;

/** A guest's control queue. */
public final class ControlPath {
    /** The device did it. */
    public static final int OK = 0;

    /** The device refused. */
    public static final int ERROR = 1;

    private static final int UNANSWERED = 0xFF;
    private static final int PATIENCE = 1_000_000;

    private final GuestMemory memory;
    private final DriverRing ring;
    private final Runnable kick;
    private final Runnable step;
    private final long bytes;

    ControlPath(
            final GuestMemory memory,
            final DriverRing ring,
            final Runnable kick,
            final Runnable step) {
        this.memory = memory;
        this.ring = ring;
        this.kick = kick;
        this.step = step;
        bytes = memory.allocate(8192, 16);
        // As Linux does: the answer is polled for.
        ring.wantInterrupt(false);
    }

    /** Sends a request without waiting. */
    public void send(final int requestClass, final int command, final byte... data) {
        memory.put(bytes, new byte[] {(byte) requestClass, (byte) command});
        memory.put(bytes + 16, data);
        memory.put(bytes + 8191, new byte[] {(byte) UNANSWERED});
        final List<Buffer> chain =
                data.length == 0
                        ? List.of(new Buffer(bytes, 2, false), new Buffer(bytes + 8191, 1, true))
                        : List.of(
                                new Buffer(bytes, 2, false),
                                new Buffer(bytes + 16, data.length, false),
                                new Buffer(bytes + 8191, 1, true));
        assertThat(ring.add(chain, false)).isNotNegative();
        kick.run();
    }

    /** Whether the answer has come. */
    public boolean isAnswered() {
        return memory.get8(bytes + 8191) != UNANSWERED;
    }

    /** Awaits the answer. */
    public int answer() {
        for (int i = 0; i < PATIENCE; i++) {
            if (ring.poll() >= 0) {
                assertThat(ring.usedLength()).isEqualTo(1);
                return memory.get8(bytes + 8191);
            }
            step.run();
        }
        throw new AssertionError("the control queue doesn't answer");
    }

    /** Sends a request and awaits its answer. */
    public int request(final int requestClass, final int command, final byte... data) {
        send(requestClass, command, data);
        return answer();
    }

    public int vlan(final int vlan, final boolean isWanted) {
        return request(2, isWanted ? 0 : 1, (byte) vlan, (byte) (vlan >>> 8));
    }

    public int pairs(final int pairs) {
        return request(4, 0, (byte) pairs, (byte) (pairs >>> 8));
    }
}
