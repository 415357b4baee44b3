package dev.javf.iavf;

/**
 * Brings the PF to what is asked of a VF, once it is known what the PF grants since a reset; the
 * whole desired state is replayed here, in the order of its dependencies: the number of queues
 * first, because getting more of them is another reset; then all that one message sets each (RSS,
 * VLAN tags, promiscuity), own address, other addresses and VLANs, in batches and several at once.
 * It ends when the settings are answered and all addresses and the first message of VLANs are on
 * their way, which a PF handles before anything that is sent later; the other VLANs follow when the
 * queues are started.
 */
final class Configuration {
    /** How long the filters may take to be sent before queues are started regardless. */
    private static final long LIMIT_NS = 2_000_000_000L;

    private final DriverParts parts;
    private final DesiredState desired;
    private boolean begun;
    private long begunNs;

    Configuration(final DriverParts parts, final DesiredState desired) {
        this.parts = parts;
        this.desired = desired;
    }

    /** The VF is to be set up; the work is done in {@link #doWork}. */
    void begin() {
        begun = false;
    }

    /** Whether anything may be sent. */
    boolean isBegun() {
        return begun;
    }

    int doWork(final Negotiated negotiated, final long nowNs) {
        if (!begun) {
            begun = true;
            begunNs = nowNs;
            start(negotiated, nowNs);
            return 1;
        }
        final QueueSet queues = parts.handOver().queues();
        if (queues == null
                || !desired.shaping().isSettled(negotiated)
                || !desired.fit(negotiated, queues)
                || !desired.settings().isSettled()
                || (!desired.filters().isStartSent() && nowNs - begunNs < LIMIT_NS)) {
            return 0;
        }
        final Offloads offloads = desired.offloads();
        queues.vlanLocations(offloads.rxLocation(), offloads.txLocation(), offloads.innerTags());
        parts.lifecycle()
                .on(
                        LifecycleEvent.CONFIGURED,
                        "VLAN tags: Rx " + offloads.rxLocation() + ", Tx " + offloads.txLocation());
        return 1;
    }

    private void start(final Negotiated negotiated, final long nowNs) {
        if (parts.handOver().queues() == null) {
            try {
                parts.handOver().queues(makeQueues());
            } catch (final RuntimeException e) {
                parts.fail("no memory or DMA addresses for the queues: " + e.getMessage());
                return;
            }
        }
        desired.begin(negotiated, nowNs);
    }

    private QueueSet makeQueues() {
        final VirtualFunctionContext context = parts.context();
        final QueueSet queues =
                QueueSet.create(
                        parts.device(),
                        parts.registers(),
                        context.packetPool(),
                        new RingLayout(
                                context.queuePairsRoom(),
                                context.rxRingLength(),
                                context.txRingLength()),
                        context.counters());
        queues.clock(desired.clock());
        desired.traffic().queues(queues);
        return queues;
    }
}
