package dev.javf.daemon.ring;

import dev.javf.packet.Counter;

import java.util.EnumMap;
import java.util.Map;

/** What has happened at a ring port, besides packets. Each counter has one writer. */
public final class RingCounters {
    private final Counter connections = new Counter();
    private final Counter refusals = new Counter();
    private final Counter withoutClient = new Counter();
    private final Counter notAsked = new Counter();
    private final Counter wakeUps = new Counter();
    private final Map<Violation, Counter> violations = new EnumMap<>(Violation.class);

    /** All zero. */
    RingCounters() {
        for (final Violation violation : Violation.values()) {
            violations.put(violation, new Counter());
        }
    }

    /** Clients that were let in. */
    public Counter connections() {
        return connections;
    }

    /** Clients that were turned away. */
    public Counter refusals() {
        return refusals;
    }

    /** Packets for the port that were dropped because no client was there. */
    public Counter withoutClient() {
        return withoutClient;
    }

    /** Packets, in either direction, of VLANs of the trunk that the client doesn't have now. */
    public Counter notAsked() {
        return notAsked;
    }

    /** Times that a sleeping client was woken up. */
    public Counter wakeUps() {
        return wakeUps;
    }

    /** Times that a client was quarantined for this. */
    public Counter violations(final Violation violation) {
        final Counter counter = violations.get(violation);
        if (counter == null) {
            throw new IllegalStateException("every violation has a counter");
        }
        return counter;
    }
}
