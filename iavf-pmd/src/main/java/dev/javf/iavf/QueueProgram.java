package dev.javf.iavf;

import dev.javf.virtchnl.Capability;
import dev.javf.virtchnl.Message;
import dev.javf.virtchnl.Opcode;
import dev.javf.virtchnl.Status;

import org.jspecify.annotations.Nullable;

import java.util.ArrayDeque;

/**
 * Starts and stops the queues, in the order that keeps memory safe. Start: the owner posts every Rx
 * buffer, then the PF is told of rings and vectors ({@link QueueMessages}), then one ENABLE_QUEUES.
 * Stop: the owner gives the queues back, then DISABLE_QUEUES. Any refusal or silence is a failure,
 * because only a reset makes sure again what the device does with the rings.
 */
final class QueueProgram {
    private final DriverParts parts;
    private Step step = Step.IDLE;
    private QueueShape shape = QueueShape.NONE;

    /** What the PF is still to be told before the queues can be enabled. */
    private final ArrayDeque<QueueMessages.Request> untold = new ArrayDeque<>();

    /** What it was told and hasn't answered. */
    private int toConfirm;

    private enum Step {
        IDLE,
        PREPARING,
        CONFIGURING,
        SEND_ENABLE,
        REVOKING,
        SEND_DISABLE,
        WAITING
    }

    QueueProgram(final DriverParts parts) {
        this.parts = parts;
    }

    /** Begins to start the queues, in this shape; their number is that already. */
    void beginStart(final QueueShape newShape) {
        step = Step.PREPARING;
        shape = newShape;
        final QueueSet queues = parts.handOver().queues();
        if (queues != null) {
            queues.shape(newShape);
        }
        untold.clear();
        toConfirm = 0;
        parts.handOver().prepare();
    }

    /** What the queues were started for last. */
    QueueShape shape() {
        return shape;
    }

    /** Begins to stop the queues. */
    void beginStop() {
        step = Step.REVOKING;
        parts.handOver().takeBack();
    }

    int doWork(final Negotiated negotiated, final QueueSet queues, final long nowNs) {
        return switch (step) {
            case PREPARING -> {
                if (parts.handOver().isWithOwner()) {
                    untold.addAll(QueueMessages.configuration(negotiated, queues, shape));
                }
                yield goOn(!untold.isEmpty(), Step.CONFIGURING);
            }
            case CONFIGURING -> {
                final int sent = configure(nowNs);
                final boolean isDone = untold.isEmpty() && toConfirm == 0;
                if (isDone) {
                    programVectors(negotiated, queues);
                }
                yield sent + goOn(isDone, Step.SEND_ENABLE);
            }
            case SEND_ENABLE ->
                    change(
                            QueueMessages.enable(negotiated, queues),
                            LifecycleEvent.STARTED,
                            "queues enabled",
                            nowNs);
            case REVOKING -> goOn(parts.handOver().isWithConductor(), Step.SEND_DISABLE);
            case SEND_DISABLE ->
                    change(
                            QueueMessages.disable(negotiated, queues),
                            LifecycleEvent.STOPPED,
                            "queues disabled",
                            nowNs);
            case IDLE, WAITING -> 0;
        };
    }

    /** Sends what the PF is still to be told, as far as the mailbox takes it. */
    private int configure(final long nowNs) {
        int sent = 0;
        while (!untold.isEmpty() && send(untold.getFirst(), () -> toConfirm--, nowNs)) {
            untold.removeFirst();
            toConfirm++;
            sent++;
        }
        return sent;
    }

    private int change(
            final QueueMessages.Request request,
            final LifecycleEvent event,
            final String what,
            final long nowNs) {
        final Runnable onDone =
                () -> {
                    step = Step.IDLE;
                    parts.lifecycle().on(event, what);
                };
        return goOn(send(request, onDone, nowNs), Step.WAITING);
    }

    private int goOn(final boolean condition, final Step next) {
        if (condition) {
            step = next;
        }
        return condition ? 1 : 0;
    }

    private boolean send(
            final QueueMessages.Request request, final Runnable onDone, final long nowNs) {
        final Opcode opcode = request.opcode();
        final AnswerHandler handler =
                new AnswerHandler() {
                    @Override
                    public void onAnswer(
                            final int status, final @Nullable Message body, final long now) {
                        if (status == Status.SUCCESS.code()) {
                            onDone.run();
                        } else {
                            parts.failRefused(opcode, ": " + explain(opcode, status));
                        }
                    }

                    @Override
                    public void onTimeout(final long now) {
                        parts.failUnanswered(opcode);
                    }
                };
        return parts.channel().send(opcode, request.message(), handler, nowNs);
    }

    private String explain(final Opcode opcode, final int status) {
        final String name = Status.nameOf(status);
        if (opcode != Opcode.CONFIG_VSI_QUEUES) {
            return name;
        }
        final VirtualFunctionContext context = parts.context();
        return name
                + " (rings of "
                + context.rxRingLength()
                + " and "
                + context.txRingLength()
                + " descriptors, buffers of "
                + context.packetPool().dataCapacityBytes()
                + " bytes, frames of "
                + shape.frameBytes()
                + " bytes)";
    }

    /**
     * Makes the device write descriptors back every 2 microseconds at the latest. Without that it
     * waits until a cache line is full, or writes partial ones at its leisure.
     */
    private void programVectors(final Negotiated negotiated, final QueueSet queues) {
        final int interval =
                1 << Registers.DYN_CTL_INTERVAL_SHIFT
                        | QueueMessages.ITR_INDEX << Registers.DYN_CTL_ITR_INDX_SHIFT;
        final int control =
                negotiated.has(Capability.WB_ON_ITR)
                        ? interval | Registers.DYN_CTLN_WB_ON_ITR
                        : interval;
        final int vectors = QueueMessages.vectors(negotiated, queues.pairs());
        for (int vector = 0; vector < vectors; vector++) {
            parts.registers().write(Registers.VFINT_DYN_CTLN1 + 4 * vector, control);
        }
        if (parts.context().queueOwner().wantsInterrupts()) {
            final int none = Registers.DYN_CTL_ITR_INDX_NONE << Registers.DYN_CTL_ITR_INDX_SHIFT;
            queues.connectVectors(
                    vectors,
                    Registers.DYN_CTL_INTENA | none | (control & Registers.DYN_CTLN_WB_ON_ITR));
        }
    }
}
