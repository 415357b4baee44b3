package dev.javf.iavf;

import dev.javf.virtchnl.Capability;
import dev.javf.virtchnl.Message;
import dev.javf.virtchnl.Opcode;
import dev.javf.virtchnl.QueueRequest;
import dev.javf.virtchnl.RxQueueInfo;
import dev.javf.virtchnl.Status;

import org.jspecify.annotations.Nullable;

/**
 * What shape the queues are to have, and whether the PF grants it. A VF that wants more queue pairs
 * than it has asks with REQUEST_QUEUES. A PF that grants them doesn't answer but resets the VF,
 * which then has them; one that doesn't answers how many it could give, and those are asked for.
 */
final class QueueShaping {
    /** Requests without effect after which the VF goes on with the queues that it has. */
    private static final int TRIES_MAX = 3;

    private static final String QUEUES_REMEDY =
            "the port's queues and vectors are shared: use fewer VFs on this port, or give the"
                    + " others fewer queues";
    private static final String LARGE_REMEDY =
            "ask for no more than 16 queue pairs, or use a PF whose driver has large VFs";
    private static final String FRAME_REMEDY =
            "a port VLAN takes 4 bytes of it; on the host: ip link set PF mtu N";

    private final DriverParts parts;
    private final Differences differences;
    private int pairsWanted;
    private int frameBytesWanted;
    private boolean flexibleWanted;
    private final boolean timestampsWanted;

    /** Pairs that the PF said it can give, as long as it isn't asked for others. */
    private int ceiling = VirtualFunctionContext.QUEUE_PAIRS_MAX;

    private int granted;
    private int requested;
    private int fruitless;
    private String refusal = "";

    /** Whether what lacks may have changed since it was said. */
    private boolean unsaid;

    private QueueShape target = QueueShape.NONE;

    QueueShaping(final DriverParts parts, final Differences differences) {
        this.parts = parts;
        this.differences = differences;
        pairsWanted = parts.context().queuePairs();
        frameBytesWanted = parts.context().maxFrameBytes();
        flexibleWanted = parts.context().flexibleDescriptors();
        timestampsWanted = parts.context().rxTimestamps();
    }

    void pairs(final int wanted) {
        pairsWanted = wanted;
        ceiling = VirtualFunctionContext.QUEUE_PAIRS_MAX;
        fruitless = 0;
        refusal = "";
        unsaid = true;
    }

    int pairsWanted() {
        return pairsWanted;
    }

    void frameBytes(final int wanted) {
        frameBytesWanted = wanted;
        unsaid = true;
    }

    int frameBytesWanted() {
        return frameBytesWanted;
    }

    void flexible(final boolean wanted) {
        flexibleWanted = wanted;
        unsaid = true;
    }

    boolean flexibleWanted() {
        return flexibleWanted;
    }

    /** The VF was reset, or is about to be: perhaps because it gets the queues it asked for. */
    void reset() {
        fruitless = requested == 0 ? 0 : fruitless + 1;
        requested = 0;
    }

    /** The PF has said what it gives since the last reset. */
    void begin(final Negotiated negotiated) {
        granted = negotiated.resources().queuePairs();
        refusal = "";
        unsaid = true;
        // Others may have given queues back since the PF refused; one question finds out.
        ceiling = VirtualFunctionContext.QUEUE_PAIRS_MAX;
        if (granted >= pairsWanted) {
            fruitless = 0;
        } else if (fruitless >= TRIES_MAX) {
            refuse("the PF resets the VF and gives it no more queues");
        }
    }

    private int toAskFor(final Negotiated negotiated) {
        return Math.min(Math.min(pairsWanted, ceiling), negotiated.queuePairsMax());
    }

    private boolean hasQuestion(final Negotiated negotiated) {
        return negotiated.has(Capability.REQ_QUEUES) && toAskFor(negotiated) > granted;
    }

    /** Whether nothing is to be asked, and no answer or reset is to come. */
    boolean isSettled(final Negotiated negotiated) {
        return requested == 0 && !hasQuestion(negotiated);
    }

    int doWork(final Negotiated negotiated, final long nowNs) {
        if (isSettled(negotiated) && unsaid) {
            unsaid = false;
            compare(negotiated, target(negotiated));
            compareTimestamps(target(negotiated));
        }
        if (requested != 0 || !hasQuestion(negotiated)) {
            return 0;
        }
        final int asked = toAskFor(negotiated);
        final AnswerHandler handler =
                new AnswerHandler() {
                    @Override
                    public void onAnswer(
                            final int status, final @Nullable Message body, final long now) {
                        requested = 0;
                        onNotGranted(asked, status, body);
                    }

                    @Override
                    public void onTimeout(final long now) {
                        requested = 0;
                        fruitless++;
                        if (fruitless >= TRIES_MAX) {
                            refuse("the PF doesn't answer REQUEST_QUEUES");
                        }
                    }
                };
        if (!parts.channel().send(Opcode.REQUEST_QUEUES, new QueueRequest(asked), handler, nowNs)) {
            return 0;
        }
        requested = asked;
        return 1;
    }

    private void onNotGranted(final int asked, final int status, final @Nullable Message body) {
        final int offered =
                status == Status.SUCCESS.code() && body instanceof final QueueRequest answer
                        ? answer.queuePairs()
                        : 0;
        if (offered > granted && offered < asked) {
            ceiling = offered;
            refusal = "the PF can give " + offered;
        } else {
            refuse(
                    status == Status.SUCCESS.code()
                            ? "the PF can give " + offered
                            : "the PF refuses REQUEST_QUEUES: " + Status.nameOf(status));
        }
    }

    private void refuse(final String why) {
        ceiling = Math.min(ceiling, granted);
        refusal = why;
        unsaid = true;
    }

    /** The shape that the queues can have now; the same object until it changes. */
    QueueShape target(final Negotiated negotiated) {
        final int pairs = Math.min(Math.min(pairsWanted, granted), negotiated.queuePairsMax());
        final int pfFrameBytes = negotiated.resources().maxFrameBytes();
        final boolean isFlexibleOffered =
                negotiated.has(Capability.RX_FLEX_DESC)
                        && negotiated.rxDescriptors().has(RxQueueInfo.DESCRIPTOR_FLEX_NIC);
        final boolean timestamps =
                timestampsWanted && isFlexibleOffered && negotiated.hasTimestamps();
        final boolean flexible = timestamps || (flexibleWanted && isFlexibleOffered);
        final boolean tunnels = negotiated.has(Capability.ENCAP);
        final int frameBytes = QueueShape.fitting(frameBytesWanted, pfFrameBytes);
        // Asked in every duty cycle.
        if (target.pairs() != pairs
                || target.frameBytes() != frameBytes
                || target.flexible() != flexible
                || target.tunnels() != tunnels
                || target.timestamps() != timestamps) {
            target = new QueueShape(pairs, frameBytes, flexible, tunnels, timestamps);
        }
        return target;
    }

    /**
     * Gives the queues the number that they are to have.
     *
     * @return false while it isn't done, because they are in use or still hold buffers.
     */
    boolean fit(final Negotiated negotiated, final QueueSet queues) {
        final QueueShape shape = target(negotiated);
        if (queues.pairs() == shape.pairs()) {
            return true;
        }
        if (!parts.handOver().isWithConductor()) {
            return false;
        }
        if (shape.pairs() < queues.pairs() && parts.handOver().holdsBuffers()) {
            parts.handOver().reclaim();
            return false;
        }
        queues.shape(shape);
        return true;
    }

    private void compare(final Negotiated negotiated, final QueueShape shape) {
        final boolean isTooLarge = shape.pairs() == negotiated.queuePairsMax();
        say(
                shape.pairs() < pairsWanted,
                new Difference(
                        Difference.Item.QUEUE_PAIRS,
                        "",
                        pairsWanted + " queue pairs",
                        shape.pairs() + " queue pairs",
                        isTooLarge
                                ? "the PF has no large VFs (LARGE_NUM_QPAIRS)"
                                : refusal.isEmpty() ? "the PF gives the VF no more" : refusal,
                        isTooLarge ? LARGE_REMEDY : QUEUES_REMEDY));
        say(
                shape.frameBytes() < frameBytesWanted,
                new Difference(
                        Difference.Item.MAX_FRAME,
                        "",
                        "frames of " + frameBytesWanted + " bytes",
                        "frames of " + shape.frameBytes() + " bytes",
                        "the PF takes no longer ones",
                        FRAME_REMEDY));
        say(
                flexibleWanted && !shape.flexible(),
                new Difference(
                        Difference.Item.RX_DESCRIPTORS,
                        "",
                        "the flexible format (RXDID 2)",
                        "the legacy format",
                        "the PF doesn't offer it",
                        ""));
    }

    private void compareTimestamps(final QueueShape shape) {
        say(
                timestampsWanted && !shape.timestamps(),
                new Difference(
                        Difference.Item.RX_TIMESTAMPS,
                        "",
                        "timestamps of what is received",
                        "none",
                        "the PF doesn't grant PTP with receive timestamps and its clock, or no"
                                + " flexible descriptors",
                        ""));
    }

    private void say(final boolean differs, final Difference difference) {
        if (differs) {
            differences.report(difference);
        } else {
            differences.resolve(difference.item());
        }
    }
}
