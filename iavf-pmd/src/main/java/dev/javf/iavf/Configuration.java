package dev.javf.iavf;

import dev.javf.packet.MacAddress;

import java.security.SecureRandom;
import java.util.function.Consumer;

/**
 * Sets a VF up once it is known what the PF grants: queues the first time, own address, offloads;
 * filters go out meanwhile. It ends when the offloads are answered and all filters are on their
 * way, which a PF handles before anything that is sent later.
 */
final class Configuration {
    /** How long all filters may take to be sent before queues are started regardless. */
    private static final long LIMIT_NS = 2_000_000_000L;

    private final DriverParts parts;
    private final Offloads offloads;
    private final MacFilters macs;
    private final FilterProgram filters;
    private final Consumer<String> differences;
    private MacAddress assigned = MacAddress.ZERO;
    private boolean begun;
    private long begunNs;

    Configuration(
            final DriverParts parts,
            final MacFilters macs,
            final FilterProgram filters,
            final Consumer<String> differences) {
        this.parts = parts;
        this.macs = macs;
        this.filters = filters;
        this.differences = differences;
        offloads = new Offloads(parts);
    }

    /** The VF is to be set up; the work is done in {@link #doWork}. */
    void begin() {
        begun = false;
    }

    /** Whether filters may be sent. */
    boolean isBegun() {
        return begun;
    }

    int doWork(final Negotiated negotiated, final long nowNs) {
        if (!begun) {
            begun = true;
            begunNs = nowNs;
            start(negotiated);
            return 1;
        }
        final int work = offloads.doWork(nowNs);
        if (!offloads.isDone() || (!filters.isSent() && nowNs - begunNs < LIMIT_NS)) {
            return work;
        }
        final QueueSet queues = parts.handOver().queues();
        if (queues != null) {
            queues.vlanLocations(offloads.rxLocation(), offloads.txLocation());
        }
        parts.lifecycle()
                .on(
                        LifecycleEvent.CONFIGURED,
                        "VLAN tags: Rx " + offloads.rxLocation() + ", Tx " + offloads.txLocation());
        return work + 1;
    }

    private void start(final Negotiated negotiated) {
        QueueSet queues = parts.handOver().queues();
        if (queues == null) {
            try {
                queues = makeQueues(negotiated);
            } catch (final RuntimeException e) {
                parts.fail("no memory or DMA addresses for the queues: " + e.getMessage());
                return;
            }
            parts.handOver().queues(queues);
        }
        adoptAddress(negotiated.vsi().defaultMac());
        filters.begin(negotiated);
        offloads.begin(negotiated, queues.pairs());
    }

    private QueueSet makeQueues(final Negotiated negotiated) {
        final VirtualFunction.Context context = parts.context();
        final int granted = negotiated.resources().queuePairs();
        if (granted < context.queuePairs()) {
            differences.accept(
                    "the PF gives the VF "
                            + granted
                            + " queue pairs, "
                            + context.queuePairs()
                            + " were asked for");
        }
        return QueueSet.create(
                parts.device(),
                parts.registers(),
                context.packetPool(),
                new RingLayout(
                        Math.min(granted, context.queuePairs()),
                        context.rxRingLength(),
                        context.txRingLength()),
                context.maxFrameBytes());
    }

    /** The address asked for, else the one the PF assigns, else one made up, once. */
    private void adoptAddress(final MacAddress fromPf) {
        final MacAddress before = assigned;
        assigned = fromPf;
        final MacAddress wanted = parts.context().macAddress();
        if (!before.isZero() && !before.equals(fromPf) && !fromPf.equals(macs.own())) {
            differences.accept(
                    "administrator changed the VF's MAC at the PF from "
                            + before
                            + " to "
                            + fromPf
                            + (wanted == null ? "" : ", but " + wanted + " is asked for"));
        }
        if (wanted != null) {
            macs.own(wanted);
        } else if (!fromPf.isZero() && !fromPf.isMulticast()) {
            macs.own(fromPf);
        } else if (macs.own() == null) {
            macs.own(madeUpAddress());
        }
    }

    private static MacAddress madeUpAddress() {
        final long localUnicast = 0x0200_0000_0000L;
        final long group = 0x0100_0000_0000L;
        final long random = new SecureRandom().nextLong() & 0xFFFF_FFFF_FFFFL;
        return new MacAddress((random & ~group) | localUnicast);
    }
}
