package dev.javf.iavf;

import dev.javf.virtchnl.Capability;
import dev.javf.virtchnl.Message;
import dev.javf.virtchnl.Opcode;
import dev.javf.virtchnl.RssKey;
import dev.javf.virtchnl.RssLut;
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

    /** A PF may refuse for a passing reason; each setting is asked for so often, with pauses. */
    private static final int TRIES_MAX = 3;

    private static final long PAUSE_NS = 10_000_000;

    private record Request(Opcode opcode, @Nullable Message message, int tries, long notBeforeNs) {
        Request(final Opcode opcode, final @Nullable Message message) {
            this(opcode, message, 1, 0);
        }

        Request again(final long nowNs) {
            return new Request(opcode, message, tries + 1, nowNs + PAUSE_NS);
        }

        boolean isDue(final long nowNs) {
            return tries == 1 || nowNs - notBeforeNs >= 0;
        }
    }

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
        // Sizes that no message has room for are not believed.
        if (resources.rssKeyBytes() > 0 && resources.rssKeyBytes() <= RssKey.MAX_ELEMENTS) {
            requests.add(
                    new Request(Opcode.CONFIG_RSS_KEY, ReceiveSideScaling.key(resources, vsiId)));
        }
        if (resources.rssLutEntries() > 0 && resources.rssLutEntries() <= RssLut.MAX_ELEMENTS) {
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
        while (!requests.isEmpty()
                && requests.getFirst().isDue(nowNs)
                && send(requests.getFirst(), nowNs)) {
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
                            onRefused(request, status, now);
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

    private void onRefused(final Request request, final int status, final long nowNs) {
        if (request.tries() < TRIES_MAX) {
            requests.add(request.again(nowNs));
            return;
        }
        final Opcode opcode = request.opcode();
        final String consequence = giveUp(opcode);
        parts.log()
                .distinct(
                        Level.WARNING,
                        "refused " + opcode,
                        "the PF refuses "
                                + opcode
                                + " ("
                                + Status.nameOf(status)
                                + "), "
                                + consequence,
                        nowNs);
    }

    private String giveUp(final Opcode opcode) {
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
