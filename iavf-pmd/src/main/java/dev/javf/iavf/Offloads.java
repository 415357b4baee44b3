package dev.javf.iavf;

import dev.javf.virtchnl.Capability;
import dev.javf.virtchnl.Message;
import dev.javf.virtchnl.Opcode;
import dev.javf.virtchnl.Status;
import dev.javf.virtchnl.VfResources;

import org.jspecify.annotations.Nullable;

import java.lang.System.Logger.Level;
import java.util.ArrayDeque;

/**
 * Has the PF strip and insert VLAN tags, so that they travel in descriptors, and spread flows over
 * the VF's queues. A PF that refuses, as some do for a VF with a port VLAN, leaves the tags in the
 * packets; that is no failure.
 */
final class Offloads {
    private final DriverParts parts;
    private final ArrayDeque<Request> requests = new ArrayDeque<>();
    private VlanTagLocation rxLocation = VlanTagLocation.NONE;
    private VlanTagLocation txLocation = VlanTagLocation.NONE;
    private int awaited;

    private record Request(Opcode opcode, @Nullable Message message) {}

    Offloads(final DriverParts parts) {
        this.parts = parts;
    }

    void begin(final Negotiated negotiated, final int queuePairs) {
        requests.clear();
        awaited = 0;
        if (negotiated.has(Capability.RSS_PF)) {
            addScaling(negotiated, queuePairs);
        }
        addVlan(VlanOffload.choose(negotiated));
    }

    private void addScaling(final Negotiated negotiated, final int queuePairs) {
        final int vsiId = negotiated.vsi().vsiId();
        final VfResources resources = negotiated.resources();
        if (resources.rssKeyBytes() > 0) {
            requests.add(
                    new Request(Opcode.CONFIG_RSS_KEY, ReceiveSideScaling.key(resources, vsiId)));
        }
        if (resources.rssLutEntries() > 0) {
            requests.add(
                    new Request(
                            Opcode.CONFIG_RSS_LUT,
                            ReceiveSideScaling.table(resources, vsiId, queuePairs)));
        }
    }

    private void addVlan(final VlanOffload offload) {
        rxLocation = offload.rxLocation();
        txLocation = offload.txLocation();
        if (offload.version1()) {
            requests.add(new Request(Opcode.ENABLE_VLAN_STRIPPING, null));
        }
        if (offload.stripping() != null) {
            requests.add(new Request(Opcode.ENABLE_VLAN_STRIPPING_V2, offload.stripping()));
        }
        if (offload.insertion() != null) {
            requests.add(new Request(Opcode.ENABLE_VLAN_INSERTION_V2, offload.insertion()));
        }
    }

    int doWork(final long nowNs) {
        int sent = 0;
        while (!requests.isEmpty() && send(requests.getFirst(), nowNs)) {
            requests.removeFirst();
            sent++;
        }
        return sent;
    }

    private boolean send(final Request request, final long nowNs) {
        final AnswerHandler handler =
                new AnswerHandler() {
                    @Override
                    public void onAnswer(
                            final int status, final @Nullable Message body, final long now) {
                        awaited--;
                        if (status != Status.SUCCESS.code()) {
                            onRefused(request.opcode(), status, now);
                        }
                    }

                    @Override
                    public void onTimeout(final long now) {
                        parts.fail("the PF doesn't answer " + request.opcode());
                    }
                };
        final boolean sent =
                parts.channel().send(request.opcode(), request.message(), handler, nowNs);
        awaited += sent ? 1 : 0;
        return sent;
    }

    private void onRefused(final Opcode opcode, final int status, final long nowNs) {
        parts.log()
                .distinct(
                        Level.WARNING,
                        "refused " + opcode,
                        "the PF refuses "
                                + opcode
                                + " ("
                                + Status.nameOf(status)
                                + "), "
                                + consequence(opcode),
                        nowNs);
    }

    private String consequence(final Opcode opcode) {
        return switch (opcode) {
            case CONFIG_RSS_KEY -> "flows may change queues with every reset";
            case CONFIG_RSS_LUT -> "packets may go to queues that nobody polls";
            case ENABLE_VLAN_INSERTION_V2 -> {
                txLocation = VlanTagLocation.NONE;
                yield "tagged packets can't be sent; does the VF have a port VLAN?";
            }
            default -> {
                rxLocation = VlanTagLocation.NONE;
                yield "VLAN tags stay in the packets; does the VF have a port VLAN?";
            }
        };
    }

    /** Whether the PF has answered everything. */
    boolean isDone() {
        return requests.isEmpty() && awaited == 0;
    }

    /** Where Rx descriptors carry a tag now. */
    VlanTagLocation rxLocation() {
        return rxLocation;
    }

    /** Where Tx descriptors carry a tag now. */
    VlanTagLocation txLocation() {
        return txLocation;
    }
}
