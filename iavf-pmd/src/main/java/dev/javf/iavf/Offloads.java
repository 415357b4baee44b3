package dev.javf.iavf;

import dev.javf.virtchnl.Message;
import dev.javf.virtchnl.Opcode;
import dev.javf.virtchnl.Status;

import org.jspecify.annotations.Nullable;

import java.lang.System.Logger.Level;
import java.util.ArrayDeque;

/**
 * Has the PF strip and insert VLAN tags, so that they travel in descriptors. A PF that refuses, as
 * some do for a VF with a port VLAN, leaves the tags in the packets; that is no failure.
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

    void begin(final VlanOffload offload) {
        requests.clear();
        awaited = 0;
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
        if (opcode == Opcode.ENABLE_VLAN_INSERTION_V2) {
            txLocation = VlanTagLocation.NONE;
        } else {
            rxLocation = VlanTagLocation.NONE;
        }
        parts.log()
                .distinct(
                        Level.WARNING,
                        "refused " + opcode,
                        "the PF refuses "
                                + opcode
                                + " ("
                                + Status.nameOf(status)
                                + "), VLAN tags stay in the packets; does the VF have a port VLAN?",
                        nowNs);
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
